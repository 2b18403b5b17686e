import { derivative, lambda } from './derivatives.ts';
import { Draw } from './draw.ts';
import { pythonWays } from './language.ts';
import { compound, randomLayer, sequential } from './layers.ts';
import { chain, count, fresh, isKnown, type Known, pythonTuple, type Sizes, type Tensor } from './tensors.ts';
import { ProgramWriter } from './writer.ts';

/** Whole Python programs as researchers write them, random but the same for the same number. */

const imports = [
  'import torch',
  'import torch.nn as nn',
  'import torch.nn.functional as F',
  'from torch.autograd import grad',
  'from torch.autograd.functional import jacobian, hessian',
  'from torch.func import vmap, jacrev, jacfwd',
  'import math, functools, itertools',
];

/** How many of each kind the recorded facts are of. */
export const programCounts = { programs: 10_000, batches: 2500 } as const;

/** Program number k. */
export function randomProgram(k: number): string {
  const writer = new Writer(new Draw(k));
  const parts = 3 + writer.draw.below(5);
  for (let part = 0; part < parts; part++) writer.part();
  return `${[...imports, ...writer.lines].join('\n')}\n`;
}

/** A function of a batch `x` and its results `y` and `z`, for how samples depend on each other. */
export function batchProgram(k: number): string {
  const d = new Draw(k + 1_000_000);
  const shape = [3 + d.below(2), ...d.times(1 + d.below(3), () => 1 + d.below(4))];
  const writer = new Writer(d);
  const body = writer.body('x', shape, 2 + d.below(3));
  const lines = [
    ...imports,
    ...writer.lines,
    'def f(x):',
    ...body.lines.map((line) => `    ${line}`),
    `    return ${body.result.code}`,
    `x = torch.rand(${shape.join(', ')})`,
    'y = f(x)',
    `z = ${chain(d, { code: 'x', shape, type: 'float' }, 1 + d.below(3)).code}`,
  ];
  return `${lines.join('\n')}\n`;
}

interface Body {
  readonly lines: readonly string[];
  readonly result: Tensor;
}

class Writer extends ProgramWriter {
  /** A tensor that is there already, or a new one. */
  tensor(): Known {
    const before = this.bound(0.75);
    if (before !== null) return before;
    const made = this.bind(this.draw.chance(0.9) ? fresh(this.draw, this.draw.shape()) : this.unusual());
    return isKnown(made) ? made : this.tensor();
  }

  /** Tensors made in other ways than by sizes. */
  unusual(): Tensor {
    const d = this.draw;
    const n = d.positive();
    return d.pick<Tensor>([
      { code: `torch.arange(${n})`, shape: [n], type: 'int' },
      { code: `torch.linspace(0, 1, ${n})`, shape: [n], type: 'float' },
      { code: `torch.eye(${n})`, shape: [n, n], type: 'float' },
      { code: `torch.tensor([[1.0, 2.0, 3.0]] * ${n})`, shape: [n, 3], type: 'float' },
      { code: `torch.randint(5, (${n}, 2))`, shape: [n, 2], type: 'int' },
      { code: `torch.tensor(${n}.5)`, shape: [], type: 'float' },
      { code: `torch.full((${n}, 2), 0.5)`, shape: [n, 2], type: 'float' },
      { code: `torch.cat([torch.arange(${n}), torch.arange(2)]).float()`, shape: [n + 2], type: 'float' },
      {
        code: `torch.stack(torch.meshgrid(torch.arange(${n}), torch.arange(2), indexing='ij')).float()`,
        shape: [2, n, 2],
        type: 'float',
      },
      { code: `torch.randperm(${n})`, shape: [n], type: 'int' },
      { code: `torch.triu_indices(${n}, ${n})`, shape: [2, (n * (n + 1)) / 2], type: 'int' },
    ]);
  }

  part(): void {
    const kind = this.draw.below(100);
    if (kind < 34) this.bind(chain(this.draw, this.tensor(), 1 + this.draw.below(4)));
    else if (kind < 46) this.layers();
    else if (kind < 54) this.module();
    else if (kind < 66) this.defined();
    else if (kind < 76) this.control();
    else if (kind < 82) this.lines.push(...pythonWays(this.draw, this.tensor(), this.name));
    else this.lines.push(...derivative(this.draw, this.tensor(), this.name));
  }

  layers(): void {
    const d = this.draw;
    const x = this.tensor();
    if (d.chance(0.3)) {
      const result = compound(d, x);
      if (result !== null) this.bind(result);
      return;
    }
    const made = d.chance(0.5) ? sequential(d, x.shape) : randomLayer(d, x.shape);
    const net = this.name();
    this.lines.push(`${net} = ${made.code}${d.chance(0.2) ? '.eval()' : ''}`);
    const y = this.bind({ code: `${net}(${x.code})${made.result}`, shape: made.shape, type: 'float' });
    if (d.chance(0.2) && count(x.shape) < 20) this.lines.push(`${this.name()} = jacobian(${net}, ${x.code})`);
    if (/Linear|Conv|Layer|RNN|GRU|LSTM/.test(made.code) && d.chance(0.2))
      this.lines.push(
        `${this.name()} = torch.autograd.grad(${y.code}.sum(), list(${net}.parameters()), allow_unused=True)`,
      );
    if (d.chance(0.15)) this.lines.push(`${this.name()} = sum(p.numel() for p in ${net}.parameters())`);
    if (d.chance(0.1) && count(x.shape) < 20)
      this.lines.push(
        `${this.name()} = jacrev(lambda p: torch.func.functional_call(${net}, p, (${x.code},)).sum())(dict(${net}.named_parameters()))`,
      );
  }

  /** Statements that make something of a tensor, and their result. */
  body(name: string, shape: Sizes, length: number): Body {
    const d = this.draw;
    const lines: string[] = [];
    let now: Tensor = { code: name, shape, type: 'float' };
    for (let k = 0; k < length; k++) {
      const next = chain(d, now, 1 + d.below(2));
      const local = d.word('h a u s');
      lines.push(`${local} = ${next.code}`);
      now = { ...next, code: local };
      if (isKnown(now) && now.shape.length > 0 && d.chance(0.12)) {
        const [n = 0] = now.shape;
        lines.push(
          ...d.pick([
            [`if ${local}.shape[0] > 2:`, `    ${local} = ${local} + 1`],
            [
              `if ${local}.dim() == ${now.shape.length}:`,
              `    ${local} = ${local} * ${local}`,
              'else:',
              `    ${local} = ${local}.sum()`,
            ],
            [`for k in range(${n}):`, `    ${local} = ${local} * 0.5 + ${local}`],
            [`assert ${local}.size(0) == ${n}`],
            [`rows = []`, `for row in ${local}:`, `    rows.append(row * 2)`, `${local} = torch.stack(rows)`],
          ]),
        );
      }
    }
    return { lines, result: now };
  }

  module(): void {
    const d = this.draw;
    const x = this.tensor();
    const cls = this.named('Net');
    const many = d.chance(0.3);
    const layers: string[] = [];
    const forward: string[] = [];
    let now: Sizes | null = x.shape;
    if (many && x.shape.length > 0) {
      const last = x.shape.at(-1) ?? 1;
      const n = 1 + d.below(3);
      layers.push(`self.layers = nn.ModuleList([nn.Linear(${last}, ${last}) for _ in range(${n})])`);
      forward.push(
        ...d.pick([
          ['for layer in self.layers:', '    x = torch.tanh(layer(x))'],
          ['for i, layer in enumerate(self.layers):', '    x = layer(x) if i == 0 else x + layer(x)'],
        ]),
      );
    }
    for (let k = 0, n = 1 + d.below(3); k < n && now !== null; k++) {
      const made = randomLayer(d, now);
      layers.push(`self.l${k} = ${made.code}`);
      forward.push(
        `x = ${d.chance(0.3) && made.shape !== null ? `torch.tanh(self.l${k}(x)${made.result})` : `self.l${k}(x)${made.result}`}`,
      );
      now = made.shape;
    }
    if (d.chance(0.3) && now !== null && now.length > 0) {
      const last = now.at(-1) ?? 1;
      layers.push(`self.w = nn.Parameter(torch.randn(width, ${last}))`);
      forward.push('x = x @ self.w.t()');
      now = [...now.slice(0, -1), 2];
    }
    const end =
      now === null
        ? { code: 'x', shape: null, type: 'float' as const }
        : chain(d, { code: 'x', shape: now, type: 'float' }, d.below(3));
    this.lines.push(
      `class ${cls}(nn.Module):`,
      '    def __init__(self, width=2):',
      d.chance(0.6) ? '        super().__init__()' : `        super(${cls}, self).__init__()`,
      ...layers.map((line) => `        ${line}`),
      '    def forward(self, x):',
      ...forward.map((line) => `        ${line}`),
      `        return ${end.code}`,
    );
    const net = this.name();
    this.lines.push(`${net} = ${cls}()`);
    this.bind({ code: `${net}(${x.code})`, shape: end.shape, type: end.type });
    if (d.chance(0.3) && count(x.shape) < 20)
      this.lines.push(
        `${this.name()} = ${d.pick([`jacobian(${net}, ${x.code})`, `jacrev(${net})(${x.code})`, `vmap(jacrev(${net}))(${x.code})`])}`,
      );
  }

  defined(): void {
    const d = this.draw;
    const x = this.tensor();
    const f = this.named('f');
    const body = this.body('x', x.shape, 1 + d.below(3));
    const { code } = body.result;
    const [parameters, first, given] = d.pick<readonly [string, readonly string[], string]>([
      ['x', [], x.code],
      ['x', [], `x=${x.code}`],
      ['x, scale=2.0', ['x = x * scale'], x.code],
      ['x, scale=2.0', ['x = x * scale'], `${x.code}, scale=3`],
      ['x, *rest', ['for r in rest:', '    x = x + r'], `${x.code}, 1, 2.0`],
      ['x, **options', ["x = x * options.get('scale', 1.0)"], `${x.code}, scale=0.5`],
      ['x, *, bias=None', ['if bias is not None:', '    x = x + bias'], d.pick([x.code, `${x.code}, bias=1.0`])],
      ['x, n=2', ['for _ in range(n):', '    x = torch.sin(x)'], `*(${x.code}, 3)`],
      ['x, n=2', ['while n > 0:', '    x = x + n', '    n -= 1'], `**{'x': ${x.code}, 'n': 1}`],
    ]);
    this.lines.push(`def ${f}(${parameters}):`, ...[...first, ...body.lines].map((line) => `    ${line}`));
    const call = `${f}(${given})`;
    switch (d.below(6)) {
      case 0:
        this.lines.push(`    return ${code}, x.sum()`);
        this.bind({ ...body.result, code: `${call}[0]` });
        break;
      case 1:
        this.lines.push(`    return {'out': ${code}, 'in': x}`);
        this.bind({ ...body.result, code: `${call}['out']` });
        break;
      case 2:
        this.lines.push(`    return ${code}, *x.shape`);
        this.lines.push(`${this.name()}, *${this.name()} = ${call}`);
        break;
      default:
        this.lines.push(`    return ${code}`);
        this.bind({ ...body.result, code: call });
        if (d.chance(0.35) && count(x.shape) < 25 && given === x.code)
          this.lines.push(
            `${this.name()} = ${d.pick([`jacobian(${f}, ${x.code})`, `jacrev(${f})(${x.code})`, `jacfwd(${f})(${x.code})`, `vmap(${f})(${x.code})`, `torch.func.vmap(jacrev(${f}))(${x.code})`, `jacrev(jacrev(${f}))(${x.code})`, `torch.func.grad(lambda x: ${f}(x).sum())(${x.code})`, `jacobian(lambda x: ${f}(x).sum(0), ${x.code})`])}`,
          );
    }
  }

  control(): void {
    const d = this.draw;
    const x = this.tensor();
    const code = x.code;
    const { shape } = x;
    const rank = shape.length;
    const f = lambda(d, shape);
    const a = this.name();
    const inner = lambda(d, shape.slice(1));
    const forms: (() => readonly string[])[] = [
      () => [
        `${a} = ${code}`,
        `for k in range(${1 + d.below(3)}):`,
        `    ${a} = ${chain(d, { ...x, code: a }, 1).code}`,
      ],
      () => [
        `${a} = [${chain(d, { ...x, code }, 2).code} for k in range(${d.below(4)})]`,
        `${this.name()} = torch.stack(${a})`,
      ],
      () => [
        `if ${code}.dim() > ${d.below(3)}:`,
        `    ${a} = ${chain(d, x, 2).code}`,
        'else:',
        `    ${a} = ${code}.sum()`,
      ],
      () => [
        `if ${code}.shape == ${pythonTuple(shape)}:`,
        `    ${a} = ${chain(d, x, 1).code}`,
        `elif ${code}.numel() > 3:`,
        `    ${a} = 1`,
        'else:',
        `    ${a} = None`,
      ],
      () => [`${a} = ${code}.shape`, `${this.name()} = ${code}.numel()`, `${this.name()} = len(${a})`],
      () => [`${a} = (${code}, ${code}.sum(), ${chain(d, x, 1).code})`, `${this.name()}, *${this.name()} = ${a}`],
      () => [
        `${a} = {'x': ${code}, 'y': ${chain(d, x, 2).code}}`,
        `${this.name()} = [v.sum() for v in ${a}.values()]`,
        `${a}['z'] = ${code}.flatten()`,
      ],
      () => [`${a} = list(map(${f.code}, [${code}, ${code} * 2]))`],
      () => [`${a} = (${f.code})(${code})`],
      () => [`${a} = ${code}`, `${this.name()} = 0`, `while ${a}.numel() > 1:`, `    ${a} = ${a}.flatten()[::2]`],
      () => [`${a} = ${code} if ${code}.ndim > 1 else ${code}[None]`],
      () => [`${a} = ${code}.clone()`, `${a} ${d.word('+= *= -= /=')} ${d.pick(['1', code, '2.0'])}`],
      () => [
        `def g${a}(n):`,
        `    return lambda x: ${f.code.replace(/^lambda (\w+): /, '($&')})(x) * n`,
        `${a} = g${a}(2)(${code})`,
      ],
      () => [`${a} = sum(${code} * k for k in range(${1 + d.below(3)}))`],
      () => [`${a} = [(k, p) for k, p in enumerate(${code}.shape) if p > 1]`],
    ];
    if (rank > 0) {
      const [n = 0] = shape;
      const { at, text } = d.axis(rank);
      forms.push(
        () => [`${a} = torch.stack([(${inner.code})(row) for row in ${code}])`],
        () => [`${a} = ${code}.unbind(${text})`, `${this.name()} = torch.stack(${a}, dim=${text})`],
        () => [`${a} = []`, `for i, row in enumerate(${code}):`, `    ${a}.append(row * i)`],
        () => [
          `${
            d
              .times(n, this.name)
              .map((v) => `${v}, `)
              .join('') || `${this.name()}, `
          }= ${code}`,
        ],
        () => [
          `${d
            .times(Math.max(1, d.slips() ? 1 : rank), this.name)
            .map((v) => `${v}, `)
            .join('')}= ${code}.shape`,
        ],
        () => [`${a} = torch.zeros_like(${code})`, `for i in range(${n}):`, `    ${a}[i] = ${code}[i] * 2`],
        () => [
          `${a} = ${code}.clone()`,
          `${a}[${d.pick(['0', ':1', '...', '-1'])}] = ${d.pick(['0', '1.5', `${code}[0]`])}`,
        ],
        () => [
          `${a} = ${code}.${d.word('split chunk')}(${d.pick([1, 2, 2])}, dim=${text})`,
          `${this.name()} = torch.cat(${a}, dim=${at})`,
        ],
        () => [`${a} = ${code}.${d.word('max min sort median')}(dim=${text})`],
        () => [
          `${this.name()}, ${this.name()} = ${code}.${d.word('max min sort topk')}(${d.pick(['dim=', '1, dim=']).replace('1, dim=', 'dim=')}${text})`,
        ],
        () => [`${a} = [u.sum() + v.mean() for u, v in zip(${code}, ${code})]`],
        () => [`b, *rest = ${code}.shape`, `${a} = ${code}.reshape(b, -1)`, `${this.name()} = rest`],
        () => [`${a} = ${code}.view(${code}.size(0), -1)${d.pick(['', '.mean(1)', '.shape'])}`],
        () => [`${a} = torch.einsum('i...->...', ${code})`],
      );
    }
    this.lines.push(...d.pick(forms)());
  }
}
