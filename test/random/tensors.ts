import type { Draw } from './draw.ts';

/** Python expressions of tensors, and what the writer takes them for: only a guide for what to write next, never the truth. */

export type Sizes = readonly number[];

export interface Tensor {
  readonly code: string;
  /** null: not followed. */
  readonly shape: Sizes | null;
  readonly type: 'float' | 'int' | 'bool';
}

export interface Known extends Tensor {
  readonly shape: Sizes;
}

/** Something that is done with a tensor; null where it does not fit. */
export type Step = (d: Draw, x: Known) => Tensor | null;

export const most = 150;

export function count(shape: Sizes): number {
  return shape.reduce((a, b) => a * b, 1);
}

export function floats(code: string, shape: Sizes | null): Tensor {
  return { code, shape, type: 'float' };
}

export function isKnown(x: Tensor): x is Known {
  return x.shape !== null;
}

export const without = (shape: Sizes, ...gone: readonly number[]): Sizes => shape.filter((_, k) => !gone.includes(k));
export const replaced = (shape: Sizes, at: number, size: number): Sizes => shape.map((n, k) => (k === at ? size : n));

/** `(3, 4)`, `(3,)`, `()`. */
export function pythonTuple(items: readonly (number | string)[]): string {
  return `(${items.join(', ')}${items.length === 1 ? ',' : ''})`;
}

/** A new tensor of random numbers. */
export function fresh(d: Draw, shape: Sizes): Known {
  const sizes = shape.length === 0 ? '()' : d.chance(0.8) ? shape.join(', ') : pythonTuple(shape);
  return { code: `torch.${d.word('randn randn rand ones zeros')}(${sizes})`, shape, type: 'float' };
}

function integers(d: Draw, shape: Sizes, below: number): string {
  if (shape.length === 1 && d.chance(0.5) && below > 0)
    return `torch.tensor([${d.times(shape[0] ?? 0, () => d.below(below)).join(', ')}]${shape[0] === 0 ? ', dtype=torch.long' : ''})`;
  return `torch.randint(${Math.max(below, 1)}, ${pythonTuple(shape)})`;
}

/** A shape that goes with the given one by broadcasting. */
export function partner(d: Draw, shape: Sizes): Sizes {
  if (d.slips()) return d.shape();
  const own = shape.map((n) => (d.chance(0.2) ? 1 : n));
  return own.slice(d.chance(0.3) ? d.below(own.length + 1) : 0);
}

export function broadcast(a: Sizes, b: Sizes): Sizes | null {
  const rank = Math.max(a.length, b.length);
  const result = Array.from({ length: rank }, (_, k) => {
    const [x = 1, y = 1] = [a[k - rank + a.length], b[k - rank + b.length]];
    return x === 1 ? y : y === 1 || x === y ? x : -1;
  });
  return result.includes(-1) ? null : result;
}

// Elementwise

const unaryNames = `abs exp sin cos tanh sigmoid relu neg square sqrt log1p expm1 sign floor round erf reciprocal rsqrt log clone
  detach positive trunc frac nan_to_num atan asinh contiguous double float`;
const functionalNames = 'relu gelu silu softplus elu selu tanh leaky_relu mish hardtanh logsigmoid relu6 softsign celu';

const unary: Step = (d, x) => {
  if (d.chance(0.3)) return { ...x, code: `F.${d.word(functionalNames)}(${x.code})`, type: 'float' };
  const name = d.word(unaryNames);
  const asMethod = d.chance(0.6) || /contiguous|double|float/.test(name);
  return { ...x, code: asMethod ? `${x.code}.${name}()` : `torch.${name}(${x.code})` };
};

const scalar: Step = (d, x) => {
  const [op, number] = [d.word('+ - * / ** // %'), d.word('1 2 0.5 -1.0 3')];
  if (d.chance(0.3)) return { ...x, code: `(${number} ${d.word('+ - * /')} ${x.code})` };
  return { ...x, code: `(${x.code} ${op} ${op === '**' ? '2' : number})` };
};

const binary: Step = (d, x) => {
  const other = fresh(d, partner(d, x.shape));
  const [a, b] = d.chance(0.5) ? [x.code, other.code] : [other.code, x.code];
  const shape = broadcast(x.shape, other.shape);
  const how = d.below(10);
  if (how < 6) return floats(`(${a} ${d.word('+ - * / **')} ${b})`, shape);
  if (how < 7) return { code: `(${a} ${d.word('< > <= >= == !=')} ${b})`, shape, type: 'bool' };
  if (how < 9)
    return floats(`torch.${d.word('add sub mul maximum minimum atan2 hypot fmod logaddexp')}(${a}, ${b})`, shape);
  return floats(
    d.pick([`torch.lerp(${a}, ${b}, 0.3)`, `torch.where(${a} > 0, ${b}, 0.0)`, `${x.code}.mul(${b})`]),
    shape,
  );
};

const clamped: Step = (d, x) => ({
  ...x,
  code: `${x.code}.${d.pick(['clamp(0, 1)', 'clamp(min=0)', 'clip(max=0.5)', 'pow(2)', 'fill_(0.5)', 'add(1)', 'mul(2)', 'to(torch.float32)', 'requires_grad_()', 'masked_fill(torch.tensor(True), 0)'])}`,
});

// Reductions

const reductionNames = 'sum mean prod amax amin std var logsumexp norm all any nansum argmax argmin count_nonzero';
const severalNames = 'sum mean amax amin std var logsumexp norm nansum count_nonzero all any';

const reduction: Step = (d, x) => {
  const rank = x.shape.length;
  const several = rank > 1 && d.chance(0.25);
  const name = d.word(several ? severalNames : reductionNames);
  const type = /all|any/.test(name) ? 'bool' : /arg|count/.test(name) ? 'int' : x.type === 'float' ? 'float' : 'int';
  if (d.chance(0.2)) return { code: `${x.code}.${name}()`, shape: [], type };
  const axes = several ? d.some(x.shape.map((_, k) => k)) : [];
  const one = d.axis(rank);
  const over = several ? axes : rank === 0 ? [] : [one.at];
  const dims = several ? pythonTuple(axes.map((k) => (d.chance(0.3) ? k - rank : k))) : one.text;
  const keeps = name !== 'count_nonzero' && d.chance(0.35);
  const shape = keeps ? x.shape.map((n, k) => (over.includes(k) ? 1 : n)) : without(x.shape, ...over);
  const named = name === 'norm' || d.chance(0.5);
  const rest = `${named ? 'dim=' : ''}${dims}${keeps ? ', keepdim=True' : ''}`;
  return { code: d.chance(0.6) ? `${x.code}.${name}(${rest})` : `torch.${name}(${x.code}, ${rest})`, shape, type };
};

const extreme: Step = (d, x) => {
  const name = d.word('max min median mode kthvalue cummax cummin sort topk');
  const { at, text } = d.axis(x.shape.length);
  const size = x.shape[at] ?? 1;
  const part = d.word('values indices [0] [1]');
  const type = /indices|1/.test(part) ? 'int' : x.type;
  const get = part.startsWith('[') ? part : `.${part}`;
  if (/cum|sort/.test(name))
    return {
      code: `${d.chance(0.5) ? `${x.code}.${name}(` : `torch.${name}(${x.code}, `}dim=${text})${get}`,
      shape: x.shape,
      type,
    };
  const k = 1 + d.below(Math.max(size, 1)) + (d.slips() ? 3 : 0);
  if (name === 'topk')
    return {
      code: `${x.code}.topk(${k}${at === x.shape.length - 1 && d.chance(0.6) ? '' : `, dim=${text}`})${get}`,
      shape: replaced(x.shape, at, k),
      type,
    };
  const keeps = d.chance(0.3);
  const shape = keeps ? replaced(x.shape, at, 1) : without(x.shape, at);
  const call = name === 'kthvalue' ? `kthvalue(${k}, ` : `${name}(`;
  return {
    code: `${x.code}.${call}${d.chance(0.5) ? 'dim=' : ''}${text}${keeps ? ', keepdim=True' : ''})${get}`,
    shape,
    type,
  };
};

const scan: Step = (d, x) => {
  const { at, text } = d.axis(x.shape.length);
  const name = d.word(
    'cumsum cumprod softmax log_softmax logcumsumexp flip roll argsort diff softmin normalize flipud unflip glu',
  );
  const dim = d.chance(0.6) ? `dim=${text}` : text;
  switch (name) {
    case 'flip':
      return { ...x, code: `${x.code}.flip(${text})` };
    case 'roll':
      return { ...x, code: d.chance(0.5) ? `torch.roll(${x.code}, 1, ${text})` : `${x.code}.roll(${d.below(4) - 2})` };
    case 'diff':
      return {
        ...x,
        code: `torch.diff(${x.code}, dim=${text})`,
        shape: replaced(x.shape, at, Math.max(0, (x.shape[at] ?? 1) - 1)),
      };
    case 'glu':
      return floats(`F.glu(${x.code}, ${dim})`, replaced(x.shape, at, Math.floor((x.shape[at] ?? 0) / 2)));
    case 'softmin':
    case 'normalize':
      return floats(`F.${name}(${x.code}, dim=${text})`, x.shape);
    case 'flipud':
    case 'unflip':
      return { ...x, code: `torch.${d.word('flipud fliplr')}(${x.code})` };
    case 'argsort':
      return { code: `${x.code}.argsort(${dim})`, shape: x.shape, type: 'int' };
    default:
      return { ...x, code: d.chance(0.6) ? `${x.code}.${name}(${dim})` : `torch.${name}(${x.code}, ${dim})` };
  }
};

// Shapes

/** Sizes whose product is n. */
export function factors(d: Draw, n: number): number[] {
  if (n === 0) return d.shuffled([0, d.positive()]);
  const parts: number[] = [];
  let left = n;
  while (left > 1 && parts.length < 3) {
    const divisors = Array.from({ length: left }, (_, k) => k + 1).filter((k) => left % k === 0 && k > 1);
    const part = d.pick(divisors);
    parts.push(part);
    left /= part;
  }
  if (left > 1) parts.push(left);
  if (d.chance(0.2)) parts.splice(d.below(parts.length + 1), 0, 1);
  return parts;
}

const reshape: Step = (d, x) => {
  const shape = d.slips() ? d.shape(2) : factors(d, count(x.shape));
  const open = d.chance(0.4) && shape.length > 0 ? d.below(shape.length) : -1;
  const sizes = shape.map((n, k) => (k === open ? -1 : n));
  const [text, name] = [sizes.join(', '), d.word('reshape view reshape')];
  const given = d.chance(0.6) && sizes.length > 0 ? text : pythonTuple(sizes);
  return {
    ...x,
    code: d.chance(0.8) ? `${x.code}.${name}(${given})` : `torch.reshape(${x.code}, ${pythonTuple(sizes)})`,
    shape,
  };
};

const flatten: Step = (d, x) => {
  if (d.chance(0.3) || x.shape.length < 2)
    return {
      ...x,
      code: d.pick([`${x.code}.flatten()`, `torch.flatten(${x.code})`, `${x.code}.ravel()`, `${x.code}.view(-1)`]),
      shape: [count(x.shape)],
    };
  const from = d.below(x.shape.length);
  const to = from + d.below(x.shape.length - from);
  const shape = [...x.shape.slice(0, from), count(x.shape.slice(from, to + 1)), ...x.shape.slice(to + 1)];
  const end = to === x.shape.length - 1 && d.chance(0.6) ? '' : `, ${d.chance(0.3) ? to - x.shape.length : to}`;
  return { ...x, code: d.pick([`${x.code}.flatten(${from}${end})`, `torch.flatten(${x.code}, ${from}${end})`]), shape };
};

const unflatten: Step = (d, x) => {
  if (x.shape.length === 0) return null;
  const { at, text } = d.axis(x.shape.length);
  const parts = factors(d, x.shape[at] ?? 1);
  if (parts.length === 0) return null;
  const sizes = pythonTuple(d.chance(0.3) ? [-1, ...parts.slice(1)] : parts);
  return { ...x, code: `${x.code}.unflatten(${text}, ${sizes})`, shape: x.shape.toSpliced(at, 1, ...parts) };
};

const squeeze: Step = (d, x) => {
  if (d.chance(0.4)) return { ...x, code: `${x.code}.squeeze()`, shape: x.shape.filter((n) => n !== 1) };
  const { at, text } = d.axis(x.shape.length);
  return { ...x, code: `${x.code}.squeeze(${text})`, shape: x.shape[at] === 1 ? without(x.shape, at) : x.shape };
};

const unsqueeze: Step = (d, x) => {
  const { at, text } = d.axis(x.shape.length + 1);
  return {
    ...x,
    code: d.pick([`${x.code}.unsqueeze(${text})`, `torch.unsqueeze(${x.code}, ${text})`]),
    shape: x.shape.toSpliced(at, 0, 1),
  };
};

const permute: Step = (d, x) => {
  const rank = x.shape.length;
  const order = d.shuffled(x.shape.map((_, k) => k));
  const shape = order.map((k) => x.shape[k] ?? 1);
  const text = order.map((k) => (d.chance(0.2) ? k - rank : k)).join(', ');
  if (rank < 2 || d.chance(0.3)) {
    if (rank < 2) return { ...x, code: d.pick([`${x.code}.t()`, `${x.code}.T`]) };
    const last = [...x.shape.slice(0, -2), x.shape[rank - 1] ?? 1, x.shape[rank - 2] ?? 1];
    if (d.chance(0.4)) return { ...x, code: `${x.code}.mT`, shape: last };
    if (rank === 2) return { ...x, code: d.pick([`${x.code}.T`, `${x.code}.t()`]), shape: last };
    return {
      ...x,
      code: `${x.code}.transpose(${d.pick(['-1, -2', '-2, -1', `${rank - 1}, ${rank - 2}`])})`,
      shape: last,
    };
  }
  if (d.chance(0.3)) {
    const [a, b] = [d.below(rank), d.below(rank)];
    const moved = without(x.shape, a).toSpliced(b, 0, x.shape[a] ?? 1);
    return { ...x, code: `${d.pick(['torch.movedim', 'torch.moveaxis'])}(${x.code}, ${a}, ${b})`, shape: moved };
  }
  return {
    ...x,
    code: d.pick([
      `${x.code}.permute(${text})`,
      `${x.code}.permute(${pythonTuple([text])})`.replace(',)', ')'),
      `torch.permute(${x.code}, (${text}))`,
    ]),
    shape,
  };
};

const expand: Step = (d, x) => {
  const lead = d.chance(0.4) ? [d.positive()] : [];
  const shape = [...lead, ...x.shape.map((n) => (n === 1 || d.slips() ? d.positive() : n))];
  const text = shape.map((n, k) => (k >= lead.length && x.shape[k - lead.length] === n && d.chance(0.3) ? -1 : n));
  if (shape.length === 0) return null;
  return {
    ...x,
    code: d.chance(0.7)
      ? `${x.code}.expand(${text.join(', ')})`
      : `torch.broadcast_to(${x.code}, ${pythonTuple(shape)})`,
    shape,
  };
};

const repeat: Step = (d, x) => {
  const { at, text } = d.axis(x.shape.length);
  const times = d.pick([1, 2, 2, 3]);
  if (d.chance(0.4) && x.shape.length > 0) {
    const shape = replaced(x.shape, at, (x.shape[at] ?? 1) * times);
    return {
      ...x,
      code: d.pick([
        `${x.code}.repeat_interleave(${times}, dim=${text})`,
        `torch.repeat_interleave(${x.code}, ${times}, ${text})`,
      ]),
      shape,
    };
  }
  const counts = [...(d.chance(0.3) ? [2] : []), ...x.shape.map(() => d.pick([1, 1, 2]))];
  if (counts.length === 0) return null;
  const lead = counts.length - x.shape.length;
  const shape = counts.map((n, k) => n * (x.shape[k - lead] ?? 1));
  return {
    ...x,
    code: d.pick([`${x.code}.repeat(${counts.join(', ')})`, `${x.code}.tile(${pythonTuple(counts)})`]),
    shape,
  };
};

const diagonal: Step = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0) return null;
  if (rank === 1)
    return {
      ...x,
      code: d.pick([`torch.diag(${x.code})`, `${x.code}.diag()`, `torch.diag_embed(${x.code})`]),
      shape: [x.shape[0] ?? 0, x.shape[0] ?? 0],
    };
  const [a = 0, b = 1] = d.shuffled(x.shape.map((_, k) => k));
  const length = Math.min(x.shape[a] ?? 0, x.shape[b] ?? 0);
  const shape = [...without(x.shape, a, b), length];
  const code = d.pick([
    `${x.code}.diagonal(dim1=${a}, dim2=${b})`,
    `torch.diagonal(${x.code}, 0, ${a}, ${b})`,
    `${x.code}.diagonal(0, ${a - rank}, ${b})`,
  ]);
  if (rank === 2 && d.chance(0.4)) return { ...x, code: `${x.code}.${d.word('tril triu')}()` };
  return { ...x, code, shape };
};

const windows: Step = (d, x) => {
  if (x.shape.length === 0) return null;
  const { at, text } = d.axis(x.shape.length);
  const size = x.shape[at] ?? 0;
  const [width, step] = [1 + d.below(Math.max(size, 1)), 1 + d.below(2)];
  const shape = [...replaced(x.shape, at, Math.floor((size - width) / step) + 1), width];
  return size < width ? null : { ...x, code: `${x.code}.unfold(${text}, ${width}, ${step})`, shape };
};

// Indexing

export function slice(d: Draw, n: number): { readonly text: string; readonly length: number } {
  const [a, b, step] = [d.below(n + 1), d.below(n + 2), d.pick([1, 1, 1, 2])];
  const text = `${d.chance(0.4) ? '' : d.chance(0.25) && a > 0 ? a - n : a}:${d.chance(0.5) ? '' : b}${step === 1 ? '' : `:${step}`}`;
  const [from = '', to = ''] = text.split(':');
  const wrap = (at: number): number => Math.min(n, at < 0 ? Math.max(0, at + n) : at);
  const [start, stop] = [from === '' ? 0 : wrap(Number(from)), to === '' ? n : wrap(Number(to))];
  return { text, length: Math.max(0, Math.ceil((stop - start) / step)) };
}

const index: Step = (d, x) => {
  const parts: string[] = [];
  const shape: number[] = [];
  const used = d.below(x.shape.length + 1);
  let fancy = false;
  for (let k = 0; k < used; k++) {
    const n = x.shape[k] ?? 0;
    const how = d.below(10);
    if (d.chance(0.1)) {
      parts.push('None');
      shape.push(1);
    }
    if (how < 3 && n > 0) parts.push(String(d.slips() ? n : d.below(2 * n) - n));
    else if (how === 8 && !fancy && n > 0) {
      fancy = true;
      const picks = d.times(d.positive(), () => d.below(n));
      parts.push(
        d.pick([`[${picks.join(', ')}]`, `torch.tensor([${picks.join(', ')}])`, integers(d, [picks.length], n)]),
      );
      shape.push(picks.length);
    } else if (how === 9 && !fancy && n > 0) {
      fancy = true;
      const mask = d.times(n, () => d.below(2));
      parts.push(`torch.tensor([${mask.map((on) => (on ? 'True' : 'False')).join(', ')}])`);
      shape.push(mask.filter(Boolean).length);
    } else {
      const { text, length } = slice(d, n);
      parts.push(how === 7 ? ':' : text);
      shape.push(how === 7 ? n : length);
    }
  }
  if (d.chance(0.25)) {
    parts.push('...');
    shape.push(...x.shape.slice(used));
    if (d.chance(0.4)) {
      parts.push('None');
      shape.push(1);
    }
  } else shape.push(...x.shape.slice(used));
  if (parts.length === 0) parts.push('...');
  // Integers among lists of indices move what they pick: left to the library.
  const plain = !fancy || parts.every((part) => !/^-?\d+$/.test(part));
  return { ...x, code: `${x.code}[${parts.join(', ')}]`, shape: plain ? shape : null };
};

const pairs: Step = (d, x) => {
  const [a = 0, b = 0] = x.shape;
  if (x.shape.length < 2 || a * b === 0) return null;
  const length = Math.min(a, b);
  const code = d.pick([
    `${x.code}[torch.arange(${length}), torch.arange(${length})]`,
    `${x.code}[range(${length}), range(${length})]`,
    `${x.code}[list(range(${length})), ${d.below(b)}]`,
  ]);
  return { ...x, code, shape: [length, ...x.shape.slice(2)] };
};

const mask: Step = (d, x) => ({
  ...x,
  code: d.pick([
    `${x.code}[${x.code} > 0]`,
    `${x.code}.masked_select(${x.code} > 0)`,
    `${x.code}.nonzero()`,
    `torch.where(${x.code} > 0)[0]`,
  ]),
  shape: null,
});

const gather: Step = (d, x) => {
  if (x.shape.length === 0 || count(x.shape) === 0) return null;
  const { at, text } = d.axis(x.shape.length);
  const size = x.shape[at] ?? 1;
  const length = d.positive();
  const shape = replaced(x.shape, at, length);
  return {
    ...x,
    code: d.pick([
      `${x.code}.gather(${text}, ${integers(d, shape, size)})`,
      `torch.gather(${x.code}, ${text}, ${integers(d, shape, size)})`,
      `${x.code}.index_select(${text}, ${integers(d, [length], size)})`,
      `torch.take_along_dim(${x.code}, ${integers(d, shape, size)}, dim=${text})`,
    ]),
    shape,
  };
};

const narrow: Step = (d, x) => {
  if (x.shape.length === 0) return null;
  const { at, text } = d.axis(x.shape.length);
  const size = x.shape[at] ?? 0;
  const start = d.below(size + 1);
  const length = d.below(size - start + 1) + (d.slips() ? 4 : 0);
  if (d.chance(0.5))
    return { ...x, code: `${x.code}.narrow(${text}, ${start}, ${length})`, shape: replaced(x.shape, at, length) };
  return size === 0 ? null : { ...x, code: `${x.code}.select(${text}, ${start % size})`, shape: without(x.shape, at) };
};

// Joining and splitting

const join: Step = (d, x) => {
  const rank = x.shape.length;
  if (d.chance(0.4)) {
    const { at, text } = d.axis(rank + 1);
    const n = d.pick([1, 2, 3]);
    const items = d.times(n, (k) =>
      k === 0 ? x.code : d.pick([x.code, fresh(d, d.slips() ? d.shape() : x.shape).code]),
    );
    return floats(
      `torch.stack([${d.shuffled(items).join(', ')}]${d.chance(0.3) && text === '0' ? '' : `, dim=${text}`})`,
      x.shape.toSpliced(at, 0, n),
    );
  }
  if (rank === 0) return null;
  const { at, text } = d.axis(rank);
  const other = d.size();
  const item = fresh(d, d.slips() ? d.shape() : replaced(x.shape, at, other));
  const items = d.shuffled([x.code, item.code]).join(', ');
  const shape = replaced(x.shape, at, (x.shape[at] ?? 0) + other);
  return floats(
    `${d.word('torch.cat torch.cat torch.concat')}(${d.pick([`[${items}]`, `(${items})`])}, ${d.word('dim= axis=')}${text})`,
    shape,
  );
};

const stacked: Step = (d, x) =>
  floats(`torch.${d.word('hstack vstack dstack column_stack')}([${x.code}, ${x.code}])`, null);

const split: Step = (d, x) => {
  if (x.shape.length === 0) return null;
  const { at, text } = d.axis(x.shape.length);
  const size = x.shape[at] ?? 0;
  if (size === 0) return null;
  const how = d.below(4);
  const n = 1 + d.below(size);
  if (how === 0) return { ...x, code: `${x.code}.split(${n}, dim=${text})[0]`, shape: replaced(x.shape, at, n) };
  if (how === 1)
    return { ...x, code: `${x.code}.chunk(${n}, ${text})[0]`, shape: replaced(x.shape, at, Math.ceil(size / n)) };
  if (how === 2)
    return {
      ...x,
      code: `torch.split(${x.code}, [${n}, ${size - n}], dim=${text})[1]`,
      shape: replaced(x.shape, at, size - n),
    };
  return { ...x, code: `${x.code}.unbind(${text})[-1]`, shape: without(x.shape, at) };
};

// Products

const product: Step = (d, x) => {
  const rank = x.shape.length;
  if (rank === 0) return null;
  const last = x.shape[rank - 1] ?? 0;
  const inner = d.slips() ? last + 1 : last;
  const out = d.positive();
  const lead = x.shape.slice(0, -1);
  switch (d.below(8)) {
    case 0:
      return floats(`(${x.code} @ ${fresh(d, [inner]).code})`, lead);
    case 1:
      return floats(
        `F.linear(${x.code}, ${fresh(d, [out, inner]).code}${d.chance(0.5) ? `, ${fresh(d, [out]).code}` : ''})`,
        [...lead, out],
      );
    case 2:
      return rank < 2 ? null : floats(`(${x.code} @ ${x.code}.mT)`, [...lead, x.shape[rank - 2] ?? 1]);
    case 3: {
      const first = x.shape[Math.max(0, rank - 2)] ?? 1;
      const rows = rank === 1 ? last : first;
      return floats(
        `(${fresh(d, [out, rows]).code} @ ${x.code})`,
        rank === 1 ? [out] : [...x.shape.slice(0, -2), out, last],
      );
    }
    case 4:
      return rank === 1
        ? floats(`torch.outer(${x.code}, ${fresh(d, [out]).code})`, [last, out])
        : floats(
            `torch.matmul(${x.code}, ${fresh(d, [...(rank > 2 && d.chance(0.5) ? x.shape.slice(0, -2) : []), inner, out]).code})`,
            [...lead, out],
          );
    case 5:
      return floats(`torch.tensordot(${x.code}, ${fresh(d, [inner, out]).code}, dims=1)`, [...lead, out]);
    case 6:
      return rank === 1
        ? floats(`${x.code}.dot(${fresh(d, [inner]).code})`, [])
        : rank === 2
          ? floats(`torch.mm(${x.code}, ${fresh(d, [inner, out]).code})`, [...lead, out])
          : rank === 3
            ? floats(`torch.bmm(${x.code}, ${fresh(d, [x.shape[0] ?? 0, inner, out]).code})`, [...lead, out])
            : null;
    default:
      return floats(`torch.kron(${x.code}, ${fresh(d, [2]).code})`, [...lead, last * 2]);
  }
};

const einsum: Step = (d, x) => {
  const letters = ['i', 'j', 'k', 'l', 'm', 'n'].slice(0, x.shape.length);
  const sizes = new Map(letters.map((letter, k) => [letter, x.shape[k] ?? 1]));
  if (d.chance(0.35)) {
    const kept = d.shuffled(letters.filter(() => d.chance(0.6)));
    return floats(
      `torch.einsum('${letters.join('')}->${kept.join('')}', ${x.code})`,
      kept.map((letter) => sizes.get(letter) ?? 1),
    );
  }
  sizes.set('z', d.positive());
  const other = d.shuffled([...letters.filter(() => d.chance(0.5)), ...(d.chance(0.6) ? ['z'] : [])]);
  const all = [...new Set([...letters, ...other])];
  const kept = d.shuffled(all.filter(() => d.chance(0.6)));
  const b = fresh(
    d,
    other.map((letter) => (d.slips() ? 7 : (sizes.get(letter) ?? 1))),
  );
  return floats(
    `torch.einsum('${letters.join('')},${other.join('')}->${kept.join('')}', ${x.code}, ${b.code})`,
    kept.map((letter) => sizes.get(letter) ?? 1),
  );
};

const distances: Step = (d, x) => {
  if (x.shape.length < 2) return null;
  const rank = x.shape.length;
  const m = d.positive();
  return d.pick([
    () =>
      floats(`torch.cdist(${x.code}, ${fresh(d, [...x.shape.slice(0, -2), m, x.shape[rank - 1] ?? 1]).code})`, [
        ...x.shape.slice(0, -1),
        m,
      ]),
    () => floats(`F.cosine_similarity(${x.code}, ${fresh(d, x.shape).code}, dim=-1)`, x.shape.slice(0, -1)),
    () => floats(`F.pairwise_distance(${x.code}, ${fresh(d, x.shape).code})`, x.shape.slice(0, -1)),
    () => floats(`torch.linalg.vecdot(${x.code}, ${fresh(d, x.shape).code})`, x.shape.slice(0, -1)),
  ])();
};

// Linear algebra

const linalg: Step = (d, x) => {
  const rank = x.shape.length;
  if (rank < 2) return floats(`torch.linalg.${d.word('norm vector_norm')}(${x.code})`, []);
  const lead = x.shape.slice(0, -2);
  const n = x.shape[rank - 2] ?? 0;
  const m = x.shape[rank - 1] ?? 0;
  const spd = `(${x.code} @ ${x.code}.mT + torch.eye(${n}))`;
  const square = n === m && d.chance(0.5) ? x.code : spd;
  switch (d.below(9)) {
    case 0:
      return floats(
        `torch.linalg.${d.word('det matrix_rank cond slogdet slogdet')}(${square})`.replace(/(slogdet\(.*)/, '$1[1]'),
        lead,
      );
    case 1:
      return floats(`torch.linalg.${d.word('inv pinv matrix_exp')}(${square})`, [...lead, n, n]);
    case 2:
      return floats(`torch.linalg.${d.pick(['cholesky', 'cholesky', 'eigvalsh'])}(${spd})`, null);
    case 3:
      return floats(`torch.linalg.svdvals(${x.code})`, [...lead, Math.min(n, m)]);
    case 4:
      return floats(`torch.linalg.qr(${x.code})${d.pick(['[0]', '.R', '[1]'])}`, null);
    case 5:
      return floats(`torch.linalg.solve(${square}, ${fresh(d, [...lead, n, 2]).code})`, [...lead, n, 2]);
    case 6:
      return floats(
        `torch.linalg.${d.pick([`matrix_norm(${x.code})`, `norm(${x.code}, dim=(-2, -1))`, `norm(${x.code}, ord=2, dim=(-2, -1))`])}`,
        lead,
      );
    case 7:
      return floats(`torch.linalg.vector_norm(${x.code}, dim=-1${d.chance(0.4) ? ', keepdim=True)' : ')'}`, null);
    default:
      return floats(
        d.pick([
          `torch.linalg.svd(${x.code}, full_matrices=False)[0]`,
          `torch.linalg.eigh(${spd})[1]`,
          `torch.linalg.svd(${x.code}).Vh`,
          `torch.trace(${x.code})`,
          `torch.linalg.lstsq(${x.code}, ${x.code}).solution`,
        ]),
        null,
      );
  }
};

const numbers: Step = (d, x) => ({
  ...x,
  code: d.pick([
    `torch.zeros_like(${x.code})`,
    `torch.full_like(${x.code}, 2.0)`,
    `${x.code}.new_zeros(${pythonTuple(x.shape)})`,
    `torch.zeros(${x.code}.shape)`,
    `torch.ones(*${x.code}.shape)`,
    `torch.randn_like(${x.code})`,
    `torch.empty_like(${x.code}).normal_()`,
  ]),
});

/** Steps with how often each is taken. */
const steps: readonly (readonly [Step, number])[] = [
  [unary, 12],
  [scalar, 8],
  [binary, 12],
  [clamped, 3],
  [reduction, 10],
  [extreme, 5],
  [scan, 6],
  [reshape, 8],
  [flatten, 4],
  [unflatten, 2],
  [squeeze, 3],
  [unsqueeze, 4],
  [permute, 7],
  [expand, 4],
  [repeat, 3],
  [diagonal, 3],
  [windows, 1],
  [index, 12],
  [pairs, 2],
  [mask, 1],
  [gather, 3],
  [narrow, 3],
  [join, 6],
  [stacked, 1],
  [split, 4],
  [product, 9],
  [einsum, 4],
  [distances, 1],
  [linalg, 3],
  [numbers, 2],
];
const weighted = steps.flatMap(([step, weight]) => Array.from({ length: weight }, () => step));

/** Steps that are the same on each sample and have a derivative. */
const smooth: readonly Step[] = [
  unary,
  scalar,
  binary,
  reduction,
  scan,
  reshape,
  permute,
  index,
  product,
  einsum,
  split,
  join,
  flatten,
];

/** The tensor after so many steps; what the writer no longer follows is only changed elementwise. */
export function chain(d: Draw, x: Tensor, length: number, from: readonly Step[] = weighted): Tensor {
  let now = x;
  for (let k = 0; k < length; k++) now = after(d, now, from);
  return now;
}

export function smoothChain(d: Draw, x: Tensor, length: number): Tensor {
  return chain(d, x, length, smooth);
}

function after(d: Draw, x: Tensor, from: readonly Step[]): Tensor {
  if (!isKnown(x))
    return d.chance(0.5)
      ? x
      : {
          ...x,
          code: d.pick([`${x.code}.sum()`, `(${x.code} * 2)`, `${x.code}.flatten()`, `torch.tanh(${x.code})`]),
          shape: null,
        };
  const own: Known = x.type === 'float' || d.chance(0.3) ? x : { ...x, code: `${x.code}.float()`, type: 'float' };
  for (let tries = 0; tries < 6; tries++) {
    const next = d.pick(from)(d, own);
    // Codes that double their length would fill the file.
    if (next !== null && (next.shape === null || count(next.shape) <= most) && next.code.length < 160) return next;
  }
  return own;
}
