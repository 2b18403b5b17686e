import { type Axis, Draw } from './draw.ts';
import {
  broadcast,
  count,
  factors,
  isKnown,
  type Known,
  most,
  partner,
  pythonTuple,
  replaced,
  type Sizes,
  type Step,
  slice,
  type Tensor,
  without,
} from './tensors.ts';
import { ProgramWriter } from './writer.ts';

/** Random programs of JAX, the same for the same number. */

const imports = [
  'import jax, functools',
  'import jax.numpy as jnp',
  'from jax import grad, vmap, jit, jacrev, jacfwd, hessian, lax, random',
  'key = random.PRNGKey(0)',
];

/** How many programs the recorded facts are of. */
export const jaxProgramCount = 3000;

export function jaxProgram(k: number): string {
  const writer = new Writer(new Draw(k + 5_000_000));
  const parts = 3 + writer.draw.below(4);
  for (let part = 0; part < parts; part++) writer.part();
  return `${[...imports, ...writer.lines].join('\n')}\n`;
}

const floats = (code: string, shape: Sizes | null): Tensor => ({ code, shape, type: 'float' });

function fresh(d: Draw, shape: Sizes): Known {
  const sizes = pythonTuple(shape);
  const code = d.pick([
    `jnp.ones(${sizes})`,
    `jnp.zeros(${sizes})`,
    `random.normal(key, ${sizes})`,
    `random.uniform(key, ${sizes})`,
    `jnp.full(${sizes}, 0.5)`,
  ]);
  return { code, shape, type: 'float' };
}

const integers = (d: Draw, shape: Sizes, below: number): string =>
  shape.length === 1 && (shape[0] ?? 0) > 0 && d.chance(0.6)
    ? `jnp.array([${d.times(shape[0] ?? 0, () => d.below(below)).join(', ')}])`
    : `random.randint(key, ${pythonTuple(shape)}, 0, ${Math.max(below, 1)})`;

const axisOf = (d: Draw, x: Known): Axis => d.axis(x.shape.length);

const unary: Step = (d, x) => {
  const name = d.word(
    'abs exp sin cos tanh square negative sign floor log1p expm1 arctan sqrt reciprocal log cbrt round isfinite',
  );
  if (d.chance(0.3))
    return floats(`jax.nn.${d.word('relu sigmoid softplus gelu silu elu leaky_relu tanh selu')}(${x.code})`, x.shape);
  if (d.chance(0.15))
    return {
      ...x,
      code: d.pick([
        `${x.code}.astype(jnp.float32)`,
        `lax.stop_gradient(${x.code})`,
        `jnp.clip(${x.code}, 0, 1)`,
        `jnp.nan_to_num(${x.code})`,
        `jnp.asarray(${x.code})`,
      ]),
      type: 'float',
    };
  return { ...x, code: `jnp.${name}(${x.code})`, type: name === 'isfinite' ? 'bool' : x.type };
};

const binary: Step = (d, x) => {
  if (d.chance(0.35))
    return {
      ...x,
      code: d.pick([
        `(${x.code} ${d.word('+ - * / ** %')} ${d.word('2 0.5 3')})`,
        `(${d.word('1 2.0')} ${d.word('+ - *')} ${x.code})`,
      ]),
    };
  const other = fresh(d, partner(d, x.shape));
  const shape = broadcast(x.shape, other.shape);
  const [a, b] = d.chance(0.5) ? [x.code, other.code] : [other.code, x.code];
  if (d.chance(0.1)) return { code: `(${a} ${d.word('< > <= >= == !=')} ${b})`, shape, type: 'bool' };
  return floats(
    d.pick([
      `(${a} ${d.word('+ - * /')} ${b})`,
      `jnp.${d.word('maximum minimum arctan2 hypot logaddexp add multiply power')}(${a}, ${b})`,
      `jnp.where(${a} > 0, ${b}, 0.0)`,
    ]),
    shape,
  );
};

const reduction: Step = (d, x) => {
  const rank = x.shape.length;
  const name = d.word(
    'sum mean prod max min std var any all argmax argmin median nansum ptp count_nonzero logsumexp norm',
  );
  const call =
    name === 'logsumexp' ? 'jax.scipy.special.logsumexp' : name === 'norm' ? 'jnp.linalg.norm' : `jnp.${name}`;
  const several = rank > 1 && !/arg|norm/.test(name) && d.chance(0.25);
  const type = /any|all/.test(name) ? 'bool' : /arg|count/.test(name) ? 'int' : x.type;
  if (d.chance(0.2)) return { code: `${call}(${x.code})`, shape: [], type };
  const axes = several ? d.some(x.shape.map((_, k) => k)) : [];
  const one = axisOf(d, x);
  const over = several ? axes : rank === 0 ? [] : [one.at];
  const keeps = d.chance(0.3);
  const shape = keeps ? x.shape.map((n, k) => (over.includes(k) ? 1 : n)) : without(x.shape, ...over);
  const text = several ? pythonTuple(axes.map((k) => (d.chance(0.3) ? k - rank : k))) : one.text;
  const asMethod = /^(sum|mean|prod|max|min|std|var|any|all|argmax)$/.test(name) && d.chance(0.4);
  const rest = `axis=${text}${keeps ? ', keepdims=True' : ''}`;
  return { code: asMethod ? `${x.code}.${name}(${rest})` : `${call}(${x.code}, ${rest})`, shape, type };
};

const scan: Step = (d, x) => {
  const { at, text } = axisOf(d, x);
  const name = d.word('cumsum cumprod sort argsort flip softmax log_softmax roll diff');
  switch (name) {
    case 'softmax':
    case 'log_softmax':
      return floats(`jax.nn.${name}(${x.code}, axis=${text})`, x.shape);
    case 'roll':
      return { ...x, code: `jnp.roll(${x.code}, ${d.below(4) - 1}${d.chance(0.6) ? `, axis=${text}` : ''})` };
    case 'diff':
      return {
        ...x,
        code: `jnp.diff(${x.code}, axis=${text})`,
        shape: replaced(x.shape, at, Math.max(0, (x.shape[at] ?? 1) - 1)),
      };
    default:
      return { ...x, code: `jnp.${name}(${x.code}, axis=${text})`, type: name === 'argsort' ? 'int' : x.type };
  }
};

const shaped: Step = (d, x) => {
  const rank = x.shape.length;
  const { at, text } = axisOf(d, x);
  const [n] = x.shape;
  switch (d.below(11)) {
    case 0: {
      const shape = d.slips() ? d.shape(2) : factors(d, count(x.shape));
      const open = d.chance(0.4) && shape.length > 0 ? d.below(shape.length) : -1;
      const sizes = shape.map((size, k) => (k === open ? -1 : size));
      return {
        ...x,
        code:
          d.chance(0.6) || sizes.length === 0
            ? `${x.code}.reshape(${pythonTuple(sizes)})`
            : d.pick([`${x.code}.reshape(${sizes.join(', ')})`, `jnp.reshape(${x.code}, ${pythonTuple(sizes)})`]),
        shape,
      };
    }
    case 1:
      return {
        ...x,
        code: d.pick([`${x.code}.ravel()`, `${x.code}.flatten()`, `jnp.ravel(${x.code})`, `${x.code}.reshape(-1)`]),
        shape: [count(x.shape)],
      };
    case 2: {
      const order = d.shuffled(x.shape.map((_, k) => k));
      const shape = order.map((k) => x.shape[k] ?? 1);
      if (rank < 2) return { ...x, code: `${x.code}.T` };
      if (d.chance(0.3))
        return { ...x, code: d.pick([`${x.code}.T`, `jnp.transpose(${x.code})`]), shape: x.shape.toReversed() };
      return {
        ...x,
        code: d.pick([`jnp.transpose(${x.code}, ${pythonTuple(order)})`, `${x.code}.transpose(${order.join(', ')})`]),
        shape,
      };
    }
    case 3:
      if (rank < 2) return null;
      return {
        ...x,
        code: d.pick([`jnp.swapaxes(${x.code}, 0, -1)`, `jnp.swapaxes(${x.code}, -1, 0)`]),
        shape: x.shape.map((size, k) => (k === 0 ? (x.shape[rank - 1] ?? 1) : k === rank - 1 ? (n ?? 1) : size)),
      };
    case 4: {
      const place = d.axis(rank + 1);
      return { ...x, code: `jnp.expand_dims(${x.code}, ${place.text})`, shape: x.shape.toSpliced(place.at, 0, 1) };
    }
    case 5:
      return { ...x, code: `jnp.squeeze(${x.code})`, shape: x.shape.filter((size) => size !== 1) };
    case 6: {
      const shape = [...(d.chance(0.4) ? [2] : []), ...x.shape.map((size) => (size === 1 ? d.positive() : size))];
      return { ...x, code: `jnp.broadcast_to(${x.code}, ${pythonTuple(shape)})`, shape };
    }
    case 7:
      return rank === 0
        ? null
        : {
            ...x,
            code: `jnp.repeat(${x.code}, 2, axis=${text})`,
            shape: replaced(x.shape, at, 2 * (x.shape[at] ?? 1)),
          };
    case 8:
      return {
        ...x,
        code: `jnp.tile(${x.code}, ${pythonTuple(x.shape.map(() => 2))})`,
        shape: x.shape.map((size) => 2 * size),
      };
    case 9:
      if (rank < 2)
        return { ...x, code: `jnp.diag(jnp.atleast_1d(${x.code}))`, shape: rank === 1 ? [n ?? 0, n ?? 0] : [1, 1] };
      return { ...x, code: d.pick([`jnp.tril(${x.code})`, `jnp.triu(${x.code}, 1)`]) };
    default: {
      if (rank < 2) return null;
      const [a = 0, b = 1] = d.shuffled(x.shape.map((_, k) => k));
      return {
        ...x,
        code: `jnp.diagonal(${x.code}, axis1=${a}, axis2=${b})`,
        shape: [...without(x.shape, a, b), Math.min(x.shape[a] ?? 0, x.shape[b] ?? 0)],
      };
    }
  }
};

const index: Step = (d, x) => {
  const parts: string[] = [];
  const shape: number[] = [];
  let fancy = false;
  const used = d.below(x.shape.length + 1);
  for (let k = 0; k < used; k++) {
    const n = x.shape[k] ?? 0;
    const how = d.below(9);
    if (d.chance(0.1)) {
      parts.push('None');
      shape.push(1);
    }
    if (how < 3 && n > 0) parts.push(String(d.below(2 * n) - n));
    else if (how === 8 && !fancy && n > 0) {
      fancy = true;
      const picked = d.positive();
      parts.push(integers(d, [picked], n));
      shape.push(picked);
    } else {
      const { text, length } = slice(d, n);
      parts.push(text);
      shape.push(length);
    }
  }
  if (d.chance(0.3) || parts.length === 0) {
    parts.push('...');
    shape.push(...x.shape.slice(used));
    if (d.chance(0.4)) {
      parts.push('None');
      shape.push(1);
    }
  } else shape.push(...x.shape.slice(used));
  const code = `[${parts.join(', ')}]`;
  if (d.chance(0.15))
    return { ...x, code: `${x.code}.at${code}.${d.word('set add multiply max')}(${d.word('0.0 1.0 2.0')})` };
  const plain = !fancy || parts.every((part) => !/^-?\d+$/.test(part));
  return { ...x, code: `${x.code}${code}`, shape: plain ? shape : null };
};

const gathered: Step = (d, x) => {
  if (x.shape.length === 0 || count(x.shape) === 0) return null;
  const { at, text } = axisOf(d, x);
  const n = x.shape[at] ?? 1;
  const picked = d.positive();
  return d.pick([
    () => ({
      ...x,
      code: `jnp.take(${x.code}, ${integers(d, [picked], n)}, axis=${text})`,
      shape: replaced(x.shape, at, picked),
    }),
    () => ({
      ...x,
      code: `jnp.take_along_axis(${x.code}, ${integers(d, replaced(x.shape, at, picked), n)}, axis=${text})`,
      shape: replaced(x.shape, at, picked),
    }),
  ])();
};

const joined: Step = (d, x) => {
  const rank = x.shape.length;
  const { at, text } = d.axis(rank + 1);
  if (rank === 0 || d.chance(0.4))
    return floats(
      `jnp.stack([${x.code}, ${fresh(d, d.slips() ? d.shape() : x.shape).code}], axis=${text})`,
      x.shape.toSpliced(at, 0, 2),
    );
  const place = axisOf(d, x);
  const other = d.size();
  const parts = d
    .shuffled([x.code, fresh(d, d.slips() ? d.shape() : replaced(x.shape, place.at, other)).code])
    .join(', ');
  if (d.chance(0.2)) return floats(`jnp.${d.word('hstack vstack dstack')}([${x.code}, ${x.code}])`, null);
  return floats(
    `jnp.concatenate(${d.pick([`[${parts}]`, `(${parts})`])}, axis=${place.text})`,
    replaced(x.shape, place.at, (x.shape[place.at] ?? 0) + other),
  );
};

const product: Step = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0) return null;
  const last = x.shape[rank - 1] ?? 0;
  const inner = d.slips() ? last + 1 : last;
  const out = d.positive();
  const lead = x.shape.slice(0, -1);
  switch (d.below(6)) {
    case 0:
      return floats(
        d.pick([`(${x.code} @ ${fresh(d, [inner]).code})`, `jnp.dot(${x.code}, ${fresh(d, [inner]).code})`]),
        lead,
      );
    case 1:
      return floats(
        d.pick([
          `(${x.code} @ ${fresh(d, [inner, out]).code})`,
          `jnp.dot(${x.code}, ${fresh(d, [inner, out]).code})`,
          `jnp.matmul(${x.code}, ${fresh(d, [inner, out]).code})`,
        ]),
        [...lead, out],
      );
    case 2:
      return rank < 2
        ? floats(`jnp.outer(${x.code}, ${fresh(d, [out]).code})`, [last, out])
        : floats(`(${x.code} @ jnp.swapaxes(${x.code}, -1, -2))`, [...lead, x.shape[rank - 2] ?? 1]);
    case 3:
      return floats(`jnp.tensordot(${x.code}, ${fresh(d, [inner, out]).code}, axes=1)`, [...lead, out]);
    case 4:
      return floats(`jnp.kron(${x.code}, ${fresh(d, [2]).code})`, [...lead, last * 2]);
    default: {
      const letters = ['i', 'j', 'k', 'l', 'm', 'n'].slice(0, rank);
      const kept = d.shuffled([...letters, 'z'].filter(() => d.chance(0.6)));
      const summed = d.pick(letters);
      const sizes = new Map([...letters.map((letter, k): [string, number] => [letter, x.shape[k] ?? 1]), ['z', out]]);
      const shape = kept.map((letter) => sizes.get(letter) ?? 1);
      return floats(
        `jnp.einsum('${letters.join('')},${summed}z->${kept.join('')}', ${x.code}, ${fresh(d, [sizes.get(summed) ?? 1, out]).code})`,
        shape,
      );
    }
  }
};

const linalg: Step = (d, x) => {
  const rank = x.shape.length;
  if (rank < 2 || count(x.shape) === 0) return null;
  const lead = x.shape.slice(0, -2);
  const n = x.shape[rank - 2] ?? 0;
  const spd = `(${x.code} @ jnp.swapaxes(${x.code}, -1, -2) + jnp.eye(${n}))`;
  return d.pick([
    () => floats(`jnp.linalg.det(${spd})`, lead),
    () => floats(`jnp.linalg.${d.word('inv cholesky pinv')}(${spd})`, [...lead, n, n]),
    () => floats(`jnp.linalg.slogdet(${spd})[1]`, lead),
    () => floats(`jnp.linalg.eigvalsh(${spd})`, [...lead, n]),
    () => floats(`jnp.linalg.solve(${spd}, ${x.code})`, x.shape),
    () => floats(`jnp.linalg.svd(${x.code}, compute_uv=False)`, [...lead, Math.min(n, x.shape[rank - 1] ?? 0)]),
    () => floats(`jnp.linalg.norm(${x.code}, axis=(-2, -1))`, lead),
  ])();
};

const table: readonly (readonly [Step, number])[] = [
  [unary, 10],
  [binary, 10],
  [reduction, 8],
  [scan, 4],
  [shaped, 14],
  [index, 9],
  [gathered, 2],
  [joined, 4],
  [product, 8],
  [linalg, 2],
];
const steps = table.flatMap(([step, weight]) => Array.from({ length: weight }, () => step));

function chain(d: Draw, x: Tensor, length: number): Tensor {
  let now = x;
  for (let k = 0; k < length; k++) now = after(d, now);
  return now;
}

function after(d: Draw, x: Tensor): Tensor {
  if (!isKnown(x))
    return { ...x, code: d.pick([`${x.code}.sum()`, `(${x.code} * 2)`, `jnp.ravel(${x.code})`]), shape: null };
  for (let tries = 0; tries < 6; tries++) {
    const next = d.pick(steps)(d, x);
    if (next !== null && (next.shape === null || count(next.shape) <= most) && next.code.length < 150) return next;
  }
  return x;
}

class Writer extends ProgramWriter {
  tensor(): Known {
    const before = this.bound(0.7);
    if (before !== null) return before;
    const d = this.draw;
    const n = d.positive();
    const made = this.bind(
      d.chance(0.85)
        ? fresh(d, d.shape())
        : d.pick<Tensor>([
            { code: `jnp.arange(${n})`, shape: [n], type: 'int' },
            { code: `jnp.linspace(0, 1, ${n})`, shape: [n], type: 'float' },
            { code: `jnp.eye(${n})`, shape: [n, n], type: 'float' },
            { code: `jnp.array([[1.0, 2.0]] * ${n})`, shape: [n, 2], type: 'float' },
          ]),
    );
    return isKnown(made) ? made : this.tensor();
  }

  part(): void {
    const kind = this.draw.below(100);
    if (kind < 40) this.bind(chain(this.draw, this.tensor(), 1 + this.draw.below(4)));
    else if (kind < 75) this.derivative();
    else this.control();
  }

  /** `lambda x: ...`; summed up where a scalar is wanted. */
  lambda(shape: Sizes, scalar = false): { readonly code: string; readonly shape: Sizes | null } {
    const body = chain(this.draw, { code: 'x', shape, type: 'float' }, 1 + this.draw.below(3));
    return scalar
      ? { code: `lambda x: jnp.sum(${body.code})`, shape: [] }
      : { code: `lambda x: ${body.code}`, shape: body.shape };
  }

  derivative(): void {
    const d = this.draw;
    const x = this.tensor();
    if (count(x.shape) > 30) return;
    const { code, shape } = x;
    const f = this.lambda(shape).code;
    const s = this.lambda(shape, true).code;
    const by = d.word('jacrev jacfwd jax.jacobian');
    const a = this.name();
    const b = this.name();
    const last = shape.at(-1);
    const w = fresh(d, last === undefined ? [] : [last, d.positive()]).code;
    const two = `lambda x, w: ${last === undefined ? 'x * w' : d.pick(['x @ w', 'jnp.tanh(x @ w)', 'jnp.sum(x @ w, axis=0)', '(x @ w, x)'])}`;
    const { at, text } = axisOf(d, x);
    const inner = without(shape, at);
    const v = this.lambda(inner);
    const vs = this.lambda(inner, true).code;
    const dims = d.pick([`, in_axes=${text}`, `, in_axes=(${text},)`]);
    const out = d.pick(['', '', ', out_axes=-1', ', out_axes=1']);
    const forms: readonly (() => readonly string[])[] = [
      () => [`${a} = ${by}(${f})(${code})`],
      () => [`${a} = ${by}(${two}, argnums=${d.pick(['0', '1', '(0, 1)', '(1,)', '-1'])})(${code}, ${w})`],
      () => [`${a} = grad(${s})(${code})`],
      () => [`${a}, ${b} = jax.value_and_grad(${s})(${code})`],
      () => [`${a} = hessian(${s})(${code})`, `${b} = ${a}.shape`],
      () => [`${a} = jacfwd(jacrev(${f}))(${code})`],
      () => [`${a} = jit(${by}(${f}))(${code})`],
      () => [`${a}, g${a} = jax.vjp(${f}, ${code})`, `${b} = g${a}(jnp.ones_like(${a}))`],
      () => [`${a}, ${b} = jax.jvp(${f}, (${code},), (${fresh(d, d.slips() ? d.shape() : shape).code},))`],
      () => [`${a} = grad(${s.replace(': ', ': (')}, jnp.ones(2)), has_aux=True)(${code})`],
      () => [`${a} = ${by}(lambda p: {'y': p['x'] * 2, 'z': jnp.sum(p['x'])})({'x': ${code}})`],
      ...(shape.length === 0
        ? []
        : [
            () => [`${a} = vmap(${v.code}${dims}${out})(${code})`],
            () => [`${a} = vmap(${by}(${v.code})${dims})(${code})`],
            () => [`${a} = vmap(hessian(${vs})${dims})(${code})`],
            () => [`${a} = vmap(grad(${vs}))(jnp.moveaxis(${code}, ${at}, 0))`],
            () => [
              `${a} = vmap(lambda p, q: jnp.sum(p) * q, in_axes=(${text}, None)${out})(${code}, ${fresh(d, d.shape(1)).code})`,
            ],
            () => [
              `${a} = vmap(lambda p, q: (jnp.sum(p) * q, p), in_axes=(${text}, 0))(${code}, ${fresh(d, [d.slips() ? 7 : (shape[at] ?? 1), 2]).code})`,
            ],
            () => [
              `${a}, ${b} = lax.scan(lambda c, r: (c + jnp.sum(r), ${d.pick(['r * 2', 'c', '(c, r)'])}), 0.0, ${code})`,
            ],
            () => [`${a} = lax.map(${this.lambda(shape.slice(1)).code}, ${code})`],
            () => [`${a} = jnp.stack([(${this.lambda(shape.slice(1)).code})(r) for r in ${code}])`],
          ]),
    ];
    this.lines.push(...d.pick(forms)());
  }

  control(): void {
    const d = this.draw;
    const x = this.tensor();
    const { code, shape } = x;
    const [a, b] = [this.name(), this.name()];
    const body = chain(d, { ...x, code: 'x' }, 1 + d.below(3));
    const forms: readonly (() => readonly string[])[] = [
      () => [
        `def g${a}(x, scale=2.0):`,
        `    h = ${body.code}`,
        '    return h * scale',
        `${a} = g${a}(${code})`,
        `${b} = jit(g${a})(${code})`,
      ],
      () => ['@jit', `def g${a}(x):`, `    return ${body.code}, jnp.sum(x)`, `${a}, ${b} = g${a}(${code})`],
      () => [
        `@functools.partial(jit, static_argnums=(1,))`,
        `def g${a}(x, n):`,
        '    for _ in range(n):',
        '        x = jnp.sin(x)',
        '    return x',
        `${a} = g${a}(${code}, ${1 + d.below(3)})`,
      ],
      () => [`${a} = lax.fori_loop(0, 3, lambda i, c: c * 2, ${code})`],
      () => [`${a} = lax.cond(jnp.sum(${code}) > 0, lambda x: x + 1, lambda x: x * 2, ${code})`],
      () => [`${a} = jax.tree_util.tree_map(lambda t: t * 2, {'p': ${code}, 'q': (${code}, 1.0)})`],
      () => [`${a} = jax.tree.map(jnp.shape, [${code}, {'q': ${code}}])`.replace('jnp.shape', 'jnp.sum')],
      () => [
        `${a} = {'w': ${code}, 'b': jnp.zeros(3)}`,
        `${b} = grad(lambda p: jnp.sum(p['w'] ** 2) + jnp.sum(p['b']))(${a})`,
      ],
      () => [`${a}, *${b} = ${code}.shape if ${code}.ndim else (1,)`],
      () => [`${a} = [${chain(d, x, 1).code} for _ in range(${d.below(3)})]`, `${b} = len(${a})`],
      () => [
        `if ${code}.ndim > ${d.below(3)}:`,
        `    ${a} = ${chain(d, x, 1).code}`,
        'else:',
        `    ${a} = ${code}.sum()`,
      ],
      () => [`${a} = ${code}.size`, `${b} = ${code}.shape`],
      () => [`${a}, ${b} = jnp.meshgrid(jnp.arange(2), jnp.arange(${1 + d.below(3)}), indexing='ij')`],
      () => [`k1, k2 = random.split(key)`, `${a} = random.normal(k1, ${code}.shape) + ${code}`],
      () => [`${a} = jnp.split(${code}, ${d.pick(['[1]', '1'])}, axis=${Math.max(0, shape.length - 1)})`],
      () => [`${a} = jnp.vectorize(lambda p: jnp.sum(p), signature='(n)->()')(${code})`],
      () => [`${a} = jax.nn.one_hot(${integers(d, d.shape(1), 3)}, 3)`, `${b} = jnp.zeros_like(${code})`],
      () => [
        `class C${a}:`,
        '    def __init__(self, w):',
        '        self.w = w',
        '    def __call__(self, x):',
        '        return x * self.w',
        `${a} = C${a}(2.0)(${code})`,
      ],
    ];
    this.lines.push(...d.pick(forms)());
  }
}
