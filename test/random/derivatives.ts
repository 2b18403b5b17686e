import type { Draw } from './draw.ts';
import { count, fresh, type Known, type Sizes, smoothChain, type Tensor } from './tensors.ts';

/** A function of one tensor as Python writes it, and the shape that it gives. */
export interface Fun {
  readonly code: string;
  readonly shape: Sizes | null;
}

/** `lambda x: ...` of a smooth function. */
export function lambda(d: Draw, shape: Sizes, scalar = false): Fun {
  const name = d.word('x z t p');
  const body = smoothChain(d, { code: name, shape, type: 'float' }, 1 + d.below(3));
  if (!scalar) return { code: `lambda ${name}: ${body.code}`, shape: body.shape };
  return {
    code: `lambda ${name}: ${d.pick([`${body.code}.sum()`, `(${body.code} ** 2).sum()`, `torch.sum(${body.code})`, `${body.code}.pow(2).mean()`])}`,
    shape: [],
  };
}

/** Statements that take a derivative and bind the names given out by `name`. */
export function derivative(d: Draw, x: Known, name: () => string): readonly string[] {
  if (count(x.shape) > 30) return [];
  return d.pick(forms)(d, x, name);
}

type Form = (d: Draw, x: Known, name: () => string) => readonly string[];

const oneArgument = (d: Draw, x: Known, scalar: boolean): Fun => lambda(d, x.shape, scalar);

/** A function of two tensors and a second argument for it. */
function ofTwo(d: Draw, x: Known): { readonly code: string; readonly other: Tensor } {
  const last = x.shape.at(-1);
  const [other, body] =
    last !== undefined && d.chance(0.6)
      ? [fresh(d, [last, d.positive()]), '(x @ w)']
      : [
          fresh(d, x.shape),
          d.pick(['x * w', '(x + w)', 'torch.stack([x, w])', 'torch.outer(x.flatten(), w.flatten())']),
        ];
  return {
    code: `lambda x, w: ${d.pick([`${body}.tanh()`, body, `(${body}).sum(0)`, `(${body}, (x ** 2).sum())`])}`,
    other,
  };
}

const functional: Form = (d, x, name) => {
  const f = oneArgument(d, x, false);
  const option = d.pick([
    '',
    '',
    '',
    ', create_graph=True',
    ', vectorize=True',
    ", strategy='forward-mode', vectorize=True",
    ', strict=False',
  ]);
  return [`${name()} = ${d.pick(['jacobian', 'torch.autograd.functional.jacobian'])}(${f.code}, ${x.code}${option})`];
};

const functionalHessian: Form = (d, x, name) => [
  `${name()} = ${d.pick(['hessian', 'torch.autograd.functional.hessian'])}(${oneArgument(d, x, true).code}, ${x.code}${d.pick(['', '', ', create_graph=True', ', vectorize=True', ', outer_jacobian_strategy="reverse-mode"'])})`,
];

const functionalOfTwo: Form = (d, x, name) => {
  const { code, other } = ofTwo(d, x);
  if (d.chance(0.3))
    return [
      `${name()} = torch.autograd.functional.hessian(lambda x, w: (x.sum() * w ** 2).sum(), (${x.code}, ${other.code}))`,
    ];
  return [`${name()} = torch.autograd.functional.jacobian(${code}, (${x.code}, ${other.code}))`];
};

const functionalProduct: Form = (d, x, name) => {
  const scalar = d.chance(0.5);
  const f = oneArgument(d, x, scalar);
  const kind = scalar ? d.word('vjp jvp vhp hvp') : d.word('vjp jvp');
  const v =
    kind === 'vjp'
      ? f.shape === null
        ? null
        : fresh(d, f.shape).code
      : fresh(d, d.slips() ? d.shape() : x.shape).code;
  if (v === null) return [];
  return [`${name()}, ${name()} = torch.autograd.functional.${kind}(${f.code}, ${x.code}, ${v})`];
};

const transformed: Form = (d, x, name) => {
  const f = oneArgument(d, x, false);
  const by = d.word('jacrev jacfwd');
  return d.pick([
    () => [`${name()} = ${by}(${f.code})(${x.code})`],
    () => [`${name()} = torch.func.${by}(${f.code}, argnums=0)(${x.code})`],
    () => {
      const g = name();
      return [`${g} = torch.func.${by}(${f.code})`, `${name()} = ${g}(${x.code})`];
    },
    () => [`${name()} = ${d.word('jacrev jacfwd')}(${by}(${f.code}))(${x.code})`],
    () => [
      `${name()}, ${name()} = torch.func.${by}(${f.code.replace(': ', ': (')}, torch.ones(2)), has_aux=True)(${x.code})`,
    ],
    () => [`${name()}, ${name()} = torch.func.vjp(${f.code}, ${x.code})`],
    () => [`${name()}, ${name()} = torch.func.jvp(${f.code}, (${x.code},), (${fresh(d, x.shape).code},))`],
  ])();
};

const transformedScalar: Form = (d, x, name) => {
  const f = oneArgument(d, x, true);
  return d.pick([
    () => [`${name()} = torch.func.grad(${f.code})(${x.code})`],
    () => [`${name()}, ${name()} = torch.func.grad_and_value(${f.code})(${x.code})`],
    () => [`${name()} = torch.func.hessian(${f.code})(${x.code})`],
    () => [`${name()} = jacrev(torch.func.grad(${f.code}))(${x.code})`],
    () => [`${name()} = jacfwd(torch.func.grad(${f.code}))(${x.code})`],
    () => [`${name()} = torch.func.grad(lambda q: torch.func.grad(${f.code})(q).sum())(${x.code})`],
  ])();
};

const transformedOfTwo: Form = (d, x, name) => {
  const { code, other } = ofTwo(d, x);
  const argnums = d.pick(['argnums=1', 'argnums=(0, 1)', 'argnums=(1,)', 'argnums=0', 'argnums=-1', 'argnums=2']);
  const by = d.word('jacrev jacfwd');
  return [`${name()} = ${by}(${code}, ${argnums})(${x.code}, ${other.code})`];
};

const mapped: Form = (d, x, name) => {
  if (x.shape.length === 0) return [];
  const { at, text } = d.axis(x.shape.length);
  const inner = x.shape.filter((_, k) => k !== at);
  const dims = at === 0 && d.chance(0.7) ? '' : `, in_dims=${text}`;
  const out = d.pick(['', '', '', ', out_dims=-1', ', out_dims=1']);
  const f = lambda(d, inner);
  const first = fresh(d, [x.shape[at] ?? 1, ...d.shape(d.below(2))]);
  return d.pick([
    () => [`${name()} = vmap(${f.code}${dims}${out})(${x.code})`],
    () => [`${name()} = vmap(${d.word('jacrev jacfwd')}(${f.code})${dims})(${x.code})`],
    () => [`${name()} = vmap(torch.func.hessian(${lambda(d, inner, true).code})${dims})(${x.code})`],
    () => [`${name()} = torch.func.vmap(torch.func.grad(${lambda(d, inner, true).code})${dims}${out})(${x.code})`],
    () => [`${name()} = vmap(lambda a, b: (a.sum() * b, a), in_dims=(${text}, 0))(${x.code}, ${first.code})`],
    () => [
      `${name()} = vmap(lambda a, b: a.sum() + b, in_dims=(${text}, None))(${x.code}, ${fresh(d, d.shape(1)).code})`,
    ],
    () => [`${name()} = vmap(vmap(lambda q: q.sin()))(${x.code})`],
    () => [`${name()} = vmap(lambda a: a * ${x.code}${dims}${out})(${x.code})`],
  ])();
};

const recorded: Form = (d, x, name) => {
  const [leaf, y, g] = [name(), name(), name()];
  const body = smoothChain(d, { code: leaf, shape: x.shape, type: 'float' }, 1 + d.below(3));
  const start = [`${leaf} = ${x.code}.detach().clone().requires_grad_()`, `${y} = ${body.code}`];
  const more = d.word('create_graph=True retain_graph=True allow_unused=True');
  return d.pick([
    () => [...start, `${g} = torch.autograd.grad(${y}.sum(), ${leaf}, ${more})[0]`],
    () => [...start, `${g}, = torch.autograd.grad(${y}, ${leaf}, grad_outputs=torch.ones_like(${y}), ${more})`],
    () => [...start, `${g} = grad(${y}, ${leaf}, torch.ones_like(${y}), ${more})[0]`],
    () => [...start, `${g} = torch.autograd.grad(${y}, ${leaf}, ${more})`],
    () => [
      ...start,
      `${g} = grad(${y}.sum(), [${leaf}], create_graph=True)[0]`,
      `${name()} = grad(${g}.sum(), ${leaf})[0]`,
    ],
    () => {
      if (body.shape === null) return [];
      const rows = count(body.shape);
      return [
        ...start,
        `${g} = torch.autograd.grad(${y}, ${leaf}, torch.eye(${rows}).reshape(${[rows, ...body.shape].join(', ')}), is_grads_batched=True)[0]`,
      ];
    },
    () => [
      ...start,
      `${g} = torch.stack([torch.autograd.grad(o, ${leaf}, retain_graph=True)[0] for o in ${y}.flatten()])`,
    ],
    () => [...start, `${y}.sum().backward()`, `${g} = ${leaf}.grad`],
  ])();
};

const forms: readonly Form[] = [
  functional,
  functional,
  functionalHessian,
  functionalOfTwo,
  functionalProduct,
  transformed,
  transformed,
  transformedScalar,
  transformedOfTwo,
  mapped,
  mapped,
  recorded,
  recorded,
];
