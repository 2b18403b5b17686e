import type { FunctionValue, Value } from '../library/values.ts';
import type { AnyNode, Call, Expression } from '../python/ast.ts';
import { walk } from '../python/traverse.ts';
import { parametersOf } from './functions.ts';
import { lookUp } from './machine.ts';

/**
 * What the body of a function demands of a parameter that nobody gives a value: a number that makes a layer, or that is
 * counted to, is a whole one, for else the program raises.
 */

/** How many of the first arguments are sizes, and which keywords, by the name that is called. */
const sizes: Readonly<Record<string, { readonly first: number; readonly keywords: readonly string[] }>> = {
  range: { first: 3, keywords: [] },
  Linear: { first: 2, keywords: ['in_features', 'out_features'] },
  LazyLinear: { first: 1, keywords: ['out_features'] },
  Bilinear: { first: 3, keywords: ['in1_features', 'in2_features', 'out_features'] },
  Embedding: { first: 2, keywords: ['num_embeddings', 'embedding_dim'] },
  ...Object.fromEntries(
    ['Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'].map((name) => [
      name,
      { first: 2, keywords: ['in_channels', 'out_channels'] },
    ]),
  ),
  ...Object.fromEntries(
    ['BatchNorm1d', 'BatchNorm2d', 'BatchNorm3d', 'InstanceNorm1d', 'InstanceNorm2d'].map((name) => [
      name,
      { first: 1, keywords: ['num_features'] },
    ]),
  ),
  ...Object.fromEntries(
    ['RNN', 'LSTM', 'GRU', 'RNNCell', 'LSTMCell', 'GRUCell'].map((name) => [
      name,
      { first: 2, keywords: ['input_size', 'hidden_size', 'num_layers'] },
    ]),
  ),
  MultiheadAttention: { first: 2, keywords: ['embed_dim', 'num_heads'] },
};

/** Calls of the user's own are looked into so deep. */
const deepest = 3;

/** Whether a function's body surely takes a parameter for a whole number that is not negative. */
export function isDemandedSize({ definition, closure }: FunctionValue, name: string, depth = deepest): boolean {
  if (definition.kind === 'Lambda') return false;
  const nodes = definition.body.flatMap((statement) => [...walk(statement)]);
  if (nodes.some((node) => isBoundBy(node, name) || isAskedFor(node, name))) return false;
  return nodes.some((node) => node.kind === 'Call' && takesAsSize(node, closure, name, depth));
}

/** Whether a node binds the name anew: it may be anything from there on. */
function isBoundBy(node: AnyNode, name: string): boolean {
  switch (node.kind) {
    case 'Assign':
      return node.targets.some((target) => mentions(target, name));
    case 'AugAssign':
    case 'AnnAssign':
    case 'For':
    case 'NamedExpr':
      return mentions(node.target, name);
    case 'ListComp':
    case 'SetComp':
    case 'DictComp':
    case 'GeneratorExp':
      return node.generators.some(({ target }) => mentions(target, name));
    case 'FunctionDef':
    case 'Lambda':
      return parametersOf(node.args).some((parameter) => parameter.name === name);
    default:
      return false;
  }
}

/** Whether a node asks what the name is: `n is None`, `isinstance(n, int)`. Then it may be something else, too. */
function isAskedFor(node: AnyNode, name: string): boolean {
  if (node.kind === 'Compare')
    return node.ops.some((op) => op === 'is' || op === 'is not') && mentions(node.left, name);
  return node.kind === 'Call' && node.func.kind === 'Name' && node.func.id === 'isinstance' && mentions(node, name);
}

function mentions(expression: Expression, name: string): boolean {
  return [...walk(expression)].some((node) => node.kind === 'Name' && node.id === name);
}

function takesAsSize(call: Call, scope: FunctionValue['closure'], name: string, depth: number): boolean {
  const callee = call.func.kind === 'Attribute' ? call.func.attr : call.func.kind === 'Name' ? call.func.id : null;
  const known = callee !== null && Object.hasOwn(sizes, callee) ? sizes[callee] : undefined;
  if (known !== undefined) {
    const isFixed = !call.args.some((arg) => arg.kind === 'Starred');
    return (
      (isFixed && call.args.slice(0, known.first).some((arg) => isMultipleOf(arg, name))) ||
      call.keywords.some((keyword) => known.keywords.includes(keyword.name ?? '') && isMultipleOf(keyword.value, name))
    );
  }
  const own = depth === 0 || call.func.kind !== 'Name' ? undefined : initOf(lookUp(scope, call.func.id));
  if (own === undefined) return false;
  const { args } = own.definition;
  const parameters = [...args.positionalOnly, ...args.args].slice(1);
  return [...parameters.entries()].some(([k, parameter]) => {
    const given = call.args[k] ?? call.keywords.find((keyword) => keyword.name === parameter.name)?.value;
    return given?.kind === 'Name' && given.id === name && isDemandedSize(own, parameter.name, depth - 1);
  });
}

function initOf(value: Value | undefined): FunctionValue | undefined {
  const init = value?.kind === 'class' ? value.attributes.get('__init__') : undefined;
  return init?.kind === 'function' ? init : undefined;
}

/** `n`, or a whole number times it. */
function isMultipleOf(value: Expression, name: string): boolean {
  if (value.kind === 'Name') return value.id === name;
  if (value.kind !== 'BinOp' || value.op !== '*') return false;
  const isWhole = (side: Expression): boolean => side.kind === 'Constant' && side.value.type === 'int';
  return (
    (isWhole(value.left) && isMultipleOf(value.right, name)) || (isWhole(value.right) && isMultipleOf(value.left, name))
  );
}
