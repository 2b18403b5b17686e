import { mapsAround } from '../derivatives/mapped.ts';
import { behindViews, type Occurrence, occurrencesOf } from '../derivatives/occurrence.ts';
import { type Graph, type NodeId, nodeAt, type Region, reachable, regionNodes } from '../graph/graph.ts';
import { showShape } from '../graph/shape.ts';
import { isModule, parametersOf } from '../library/torch/nn/module.ts';
import type { InstanceValue } from '../library/values.ts';
import type { Call, Expression, Subscript } from '../python/ast.ts';
import { enclosing, walk } from '../python/traverse.ts';
import type { Problem, Trace, TracedDerivative } from '../tracer/trace.ts';
import { isWithin, parameterNames } from './calls.ts';
import type { Proposal } from './finding.ts';
import { callMaking, type MisuseOf, misused, misuseOf, shortName, spelled, withKeyword } from './misuse.ts';
import { type DerivativeRule, type Facts, type ProblemRule, rangeOf, type Verdict, weigh } from './rule.ts';
import {
  applied,
  argumentOf,
  callAt,
  definitionOf,
  freshName,
  namesIn,
  type SourceFile,
  sameRange,
  textAt,
  wholeNumberAt,
} from './source-file.ts';

const described = {
  name: 'wrong-argument',
  severity: 'error',
  place: 'innermost',
  summary: 'a derivative by what the function or the result does not use, or of a tensor in the place of a function',
} as const;

// What the function never uses: the derivative is zero

export const unusedArgument: DerivativeRule = {
  ...described,
  of: 'derivative',
  check: (occurrence, facts) => {
    const { graph, file } = facts;
    const { derivative } = occurrence;
    const all = occurrencesOf(graph, derivative);
    // Of several arguments, or several weights, some may be without use.
    if (!all.every((each) => isUnused(graph, each.region, each.wrt))) return null;
    const captured = all.find((each) => reachable(graph, each.region.outputs).includes(sourceOf(graph, each)));
    if (captured !== undefined) {
      const what = 'the function never uses its argument, and takes those values from outside, as constants';
      return verdict(occurrence, derivative.assumption, `This is all zeros: ${what}.`, () => [
        byOwnArgument(captured, file),
        byFunctionalCall(captured, facts),
      ]);
    }
    const others = usedInstead(graph, derivative, all);
    if (others.length === 0 || isAskedFor(file, derivative, facts.trace) || isTime(graph, occurrence)) return null;
    const assumption = derivative.assumption ?? 'another argument was meant';
    return verdict(occurrence, assumption, 'This is all zeros: the function never uses its first argument.', () => [
      byArgnums(file, derivative, others),
    ]);
  },
};

function verdict(
  { node }: Occurrence,
  assumption: string | null,
  message: string,
  proposals: Verdict['proposals'],
): Verdict {
  const severity = assumption === null ? 'warning' : 'information';
  return {
    ...weigh(assumption, message),
    severity,
    related: [],
    shape: showShape(node.aval.shape),
    wanted: null,
    proposals,
  };
}

/** Whether the output is computed from nothing that hangs on the input, not even where no derivative passes. */
function isUnused(graph: Graph, { inputs, outputs }: Region, wrt: number): boolean {
  const [output] = outputs;
  const input = inputs[wrt];
  if (output === undefined || input === undefined || output === input) return false;
  const { op } = behindViews(graph, output);
  // A gradient is taken at the inputs, whether its function uses them or not.
  if (op.name === 'jacobian' || op.name === 'vjp') {
    const same = op.params.region.inputs.indexOf(input);
    return same >= 0 && isUnused(graph, op.params.region, same);
  }
  // Numbers that are read from a tensor are not followed: they may be the input's.
  const isRead = reachable(graph, [output]).some((id) => id > input && nodeAt(graph, id).op.name === 'data');
  return !isRead && !regionNodes(graph, { inputs: [input], outputs: [output] }).includes(output);
}

/** What stands in the program for the input: behind views, and outside of a `vmap` that gives it to all entries. */
function sourceOf(graph: Graph, { primal, node }: Occurrence): NodeId {
  return mapsAround(graph, node).reduce((source, { op: { params }, operands }) => {
    const k = params.region.inputs.indexOf(source);
    const operand = params.inAxes[k] === null ? operands[k] : undefined;
    return operand === undefined ? source : behindViews(graph, operand).id;
  }, behindViews(graph, primal).id);
}

/** Which other arguments the outputs are computed from. */
function usedInstead(graph: Graph, { given }: TracedDerivative, all: readonly Occurrence[]): readonly number[] {
  const primals = new Set(all.map(({ primal }) => primal));
  const behind = new Set(all.flatMap(({ region }) => reachable(graph, region.outputs)));
  return given.flatMap((leaves, k) => (leaves.some((leaf) => behind.has(leaf) && !primals.has(leaf)) ? [k] : []));
}

/** Whether a call says by which argument of the function, so that the author knows of them, or cannot be read. */
function isAskedFor(file: SourceFile, { target }: TracedDerivative, { derivatives }: Trace): boolean {
  return derivatives.some((each) => {
    if (each.target !== target) return false;
    const making = callMaking(file, each.madeAt);
    return (
      making === null ||
      making.args.length !== 1 ||
      making.keywords.some(({ name }) => name === 'argnums' || name === null)
    );
  });
}

/** Whether the input is a time, which not all systems hang on, or is named as one that is not used. */
function isTime(graph: Graph, { region, wrt }: Occurrence): boolean {
  const input = region.inputs[wrt];
  const op = input === undefined ? null : nodeAt(graph, input).op;
  return op?.name === 'input' && /^(_.*|t|t\d|ts|tt|time\w*|tau|s|step|key|rng)$/i.test(op.params.name);
}

function byArgnums(
  file: SourceFile,
  { madeAt, origin }: TracedDerivative,
  others: readonly number[],
): readonly Proposal[] {
  const making = callMaking(file, madeAt);
  const [only, ...more] = others;
  if (making === null || only === undefined || more.length > 0 || origin.file !== file.path) return [];
  return [
    {
      title: `Differentiate by argument ${only}, which the function uses`,
      kind: 'suggested',
      edits: [withKeyword(making, ['argnums'], 1, String(only))],
      promises: { shape: null, range: rangeOf(origin) },
    },
  ];
}

/** `lambda z: net(x)` by x, as a function of its own argument: `lambda z: net(z)`. */
function byOwnArgument({ derivative: { origin, madeAt } }: Occurrence, file: SourceFile): readonly Proposal[] {
  const call = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  const fn = (callMaking(file, madeAt) ?? call)?.args[0];
  const input = madeAt === null ? call?.args[1] : call?.args[0];
  if (fn?.kind !== 'Lambda' || fn.args.args.length !== 1 || input?.kind !== 'Name') return [];
  const parameter = fn.args.args[0]?.name ?? '';
  const uses = [...walk(fn.body)].filter((node) => node.kind === 'Name' && node.id === input.id);
  if (uses.length === 0) return [];
  return [
    {
      title: `Use the argument ${parameter} in the place of ${input.id}`,
      kind: 'suggested',
      edits: uses.map(({ range }) => ({ range, text: parameter })),
      promises: { shape: null, range: rangeOf(origin) },
    },
  ];
}

/** `lambda p: net(x)` as a function of the weights: `lambda p: functional_call(net, p, (x,))`. */
function byFunctionalCall(occurrence: Occurrence, { file, graph, trace }: Facts): readonly Proposal[] {
  const { origin, madeAt } = occurrence.derivative;
  if (origin.file !== file.path) return [];
  const call = callMaking(file, madeAt) ?? callAt(file, rangeOf(origin));
  const fn = call?.args[0];
  const parameter = fn?.kind === 'Lambda' ? fn.args.args[0]?.name : undefined;
  if (fn?.kind !== 'Lambda' || parameter === undefined) return [];
  const source = sourceOf(graph, occurrence);
  /** The name that a weight has in the module that a call calls. */
  const weightIn = ({ func }: Call): string | null => {
    const module = func.kind === 'Name' ? moduleNamed(trace, file, func.id) : null;
    return (module && parametersOf(module).find(([, { node }]) => node === source)?.[0]) ?? null;
  };
  const inner = [...walk(fn.body)].find(
    (node): node is Call => node.kind === 'Call' && node.keywords.length === 0 && weightIn(node) !== null,
  );
  const weight = inner && weightIn(inner);
  if (inner === undefined || weight === undefined || weight === null) return [];
  const { name, edits } = spelled(file, 'torch.func', 'functional_call');
  const inputs = inner.args.map(({ range }) => textAt(file, range)).join(', ');
  const swapped = (state: string): Proposal => ({
    title: `Call ${textAt(file, inner.range)} with the weights that it is given: functional_call`,
    kind: 'suggested',
    edits: [
      ...edits,
      {
        range: inner.range,
        text: `${name}(${textAt(file, inner.func.range)}, ${state}, (${inputs},))`,
      },
    ],
    promises: { shape: null, range: rangeOf(origin) },
  });
  // All weights by their names, or this one.
  return [swapped(parameter), swapped(`{${JSON.stringify(weight)}: ${parameter}}`)];
}

function moduleNamed({ bindings }: Trace, file: SourceFile, name: string): InstanceValue | null {
  const found = bindings.findLast((binding) => binding.file === file.path && binding.name === name)?.value;
  return found !== undefined && isModule(found) ? found : null;
}

// What the library refuses: a tensor where a function is wanted, and a tensor that is not in the graph

export const wrongArgument: ProblemRule = {
  ...described,
  of: 'problem',
  check: (problem, trace, file) => {
    const [tensor, apart] = [misuseOf(problem, 'no function'), misuseOf(problem, 'not in graph')];
    const keywords = misuseOf(problem, 'keywords');
    if (keywords !== null) return keywordsRefused(problem, file, keywords);
    return tensor !== null
      ? noFunction(problem, trace, file, tensor)
      : apart !== null
        ? notInGraph(problem, trace, file, apart)
        : null;
  },
};

function noFunction(
  { origin }: Problem,
  { graph }: Trace,
  file: SourceFile,
  { api, tensor }: MisuseOf<'no function'>,
): Verdict {
  const { aval, origin: madeAt } = nodeAt(graph, tensor);
  return {
    message: `This raises an error: ${shortName(api)} needs a function, and gets a tensor, ${showShape(aval.shape)}.`,
    certainty: 'proved',
    related: [{ origin: madeAt, message: 'the tensor is computed here' }],
    shape: null,
    wanted: null,
    proposals: () => [origin.file === file.path ? byLambda(file, rangeOf(origin)) : []],
  };
}

/** The function whose value was handed over: `net` for `net(x)`, else `lambda x: ...`. */
function byLambda(file: SourceFile, range: Call['range']): readonly Proposal[] {
  const parts = functionAndInput(file, range);
  if (parts === null) return [];
  const { fn, input, whole } = parts;
  const value = fn.kind === 'Name' ? definitionOf(file, fn) : fn;
  if (value === null || input.kind !== 'Name' || !namesIn(value).has(input.id)) return [];
  const [argument, ...more] = value.kind === 'Call' ? value.args : [];
  const isPlain =
    value.kind === 'Call' &&
    (value.func.kind === 'Name' || (value.func.kind === 'Attribute' && !namesIn(value.func).has(input.id))) &&
    argument?.kind === 'Name' &&
    argument.id === input.id &&
    more.length + value.keywords.length === 0;
  const text = isPlain ? textAt(file, value.func.range) : `lambda ${input.id}: ${textAt(file, value.range)}`;
  return [
    {
      title: `Give the function: ${text.length > 40 ? `lambda ${input.id}: ...` : text}`,
      kind: 'suggested',
      edits: [{ range: fn.range, text }],
      promises: { shape: null, range: whole },
    },
  ];
}

/** What stands for the function and for the input, in `jacobian(f, x)` and in `jacrev(f)(x)`. */
function functionAndInput(
  file: SourceFile,
  range: Call['range'],
): { readonly fn: Expression; readonly input: Expression; readonly whole: Call['range'] } | null {
  const call = callAt(file, range);
  if (call === null) return null;
  const outer = enclosing(file.module, range.start).find(
    (node): node is Call => node.kind === 'Call' && sameRange(node.func.range, range),
  );
  const made = call.func.kind === 'Call' ? { fn: call.func.args[0], input: call.args[0], whole: range } : null;
  const parts =
    made ??
    (outer !== undefined
      ? { fn: call.args[0], input: outer.args[0], whole: outer.range }
      : { fn: argumentOf(call, 0, 'func'), input: argumentOf(call, 1, 'inputs') ?? call.args[1], whole: range });
  const { fn, input, whole } = parts;
  return fn == null || input == null ? null : { fn, input, whole };
}

function keywordsRefused(problem: Problem, file: SourceFile, { call, names }: MisuseOf<'keywords'>): Verdict {
  const made = shortName(call.api);
  const message = `what ${made} makes takes positional arguments alone, not ${names.join(', ')}`;
  return misused({ call }, problem, message, 'this raises', () => [byBoundKeywords(file, call)]);
}

/** `jacrev(lambda x: f(x, t=t))(x)` for `jacrev(f)(x, t=t)`. */
function byBoundKeywords(file: SourceFile, { origin, madeAt }: MisuseOf<'keywords'>['call']): readonly Proposal[] {
  const call = origin.file === file.path ? callAt(file, rangeOf(origin)) : null;
  const making = callMaking(file, madeAt);
  const [fn, ...others] = making?.args ?? [];
  if (call === null || making === null || fn === undefined || others.length > 0) return [];
  // Made elsewhere, it may be called otherwise, too.
  if (!isWithin(making.range, call.range) || fn.kind === 'Starred') return [];
  if (call.args.some(({ kind }) => kind === 'Starred') || call.keywords.some(({ name }) => name === null)) return [];
  const [first] = call.keywords;
  const last = call.keywords.at(-1);
  const lastArgument = call.args.at(-1);
  if (first === undefined || last === undefined || lastArgument === undefined) return [];
  const bound = call.keywords.map(({ range }) => textAt(file, range)).join(', ');
  const taken = new Set([fn, ...call.keywords.map(({ value }) => value)].flatMap((each) => [...namesIn(each)]));
  const own = parameterNames(fn, { kind: 'each', expressions: call.args })
    .map((name, k) => (taken.has(name) ? freshName(taken, [`z${k}`]) : name))
    .join(', ');
  return [
    {
      title: `Give the keyword arguments within: lambda ${own}: ${textAt(file, fn.range)}(${own}, ${bound})`,
      kind: 'suggested',
      edits: [
        { range: fn.range, text: `lambda ${own}: ${applied(file, fn, `${own}, ${bound}`)}` },
        { range: { start: lastArgument.range.end, end: last.range.end }, text: '' },
      ],
      promises: { shape: null, range: rangeOf(origin) },
    },
  ];
}

function notInGraph(
  { origin }: Problem,
  { graph }: Trace,
  file: SourceFile,
  misuse: MisuseOf<'not in graph'>,
): Verdict {
  const [input, source] = [nodeAt(graph, misuse.input), nodeAt(graph, misuse.source)];
  return {
    message: `This raises an error: the result was not computed from this ${showShape(input.aval.shape)}, but from the ${showShape(source.aval.shape)} that it was taken of.`,
    certainty: 'proved',
    related: [
      { origin: input.origin, message: 'this is a tensor of its own, which the result knows nothing of' },
      { origin: source.origin, message: 'the result was computed from this' },
    ],
    shape: null,
    wanted: null,
    proposals: () => [origin.file === file.path ? byWhole(file, origin) : []],
  };
}

/** The same part of the gradient by the whole: `grad(y, x)[0][:, 0]` for `grad(y, x[:, 0])[0]`. */
function byWhole(file: SourceFile, origin: Problem['origin']): readonly Proposal[] {
  const call = callAt(file, rangeOf(origin));
  const input = call && argumentOf(call, 1, 'inputs');
  if (call === null || input === null) return [];
  const taken = input.kind === 'Name' ? definitionOf(file, input) : input;
  const first = enclosing(file.module, call.range.start).find(
    (node): node is Subscript =>
      node.kind === 'Subscript' && sameRange(node.value.range, call.range) && wholeNumberAt(node.slice) === 0,
  );
  const split = taken === null ? null : wholeAndPart(file, taken);
  if (split === null || (split.part !== '' && first === undefined)) return [];
  const end = { start: first?.range.end ?? call.range.end, end: first?.range.end ?? call.range.end };
  return [
    {
      title: `Differentiate by ${split.whole}${split.part === '' ? '' : `, and take ${split.part} of that`}`,
      kind: 'suggested',
      edits: [
        { range: input.range, text: split.whole },
        ...(split.part === '' ? [] : [{ range: end, text: split.part }]),
      ],
      // What a part is taken of has no place of its own.
      promises: { shape: null, range: split.part === '' ? call.range : (first?.range ?? call.range) },
    },
  ];
}

/** What a part or a copy is of, and how it is taken: `x` and `[:, 0]` of `x[:, 0]`; a copy is the whole. */
function wholeAndPart(file: SourceFile, taken: Expression): { readonly whole: string; readonly part: string } | null {
  if (taken.kind === 'Subscript' && taken.value.kind === 'Name')
    return { whole: taken.value.id, part: file.text.slice(taken.value.range.end, taken.range.end) };
  if (taken.kind !== 'Call' || taken.func.kind !== 'Attribute') return null;
  const { attr, value } = taken.func;
  if (!['clone', 'detach', 'requires_grad_', 'contiguous'].includes(attr)) return null;
  return value.kind === 'Name' ? { whole: value.id, part: '' } : wholeAndPart(file, value);
}
