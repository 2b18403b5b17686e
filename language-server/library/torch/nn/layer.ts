import type { NodeId } from '../../../graph/graph.ts';
import type { Initializer } from '../../../graph/primitives/leaves.ts';
import type { Shape } from '../../../graph/shape.ts';
import { Args, asNumber } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { bool, type ClassValue, float, int, type NativeValue, none, str, tensor, type Value } from '../../values.ts';
import { requireDraw } from '../under-vmap.ts';
import { type ModuleSelf, moduleClass, self, setParameter } from './module.ts';

/** A layer of torch.nn: what it is told, the weights that it makes of that, and what it computes. */
export interface Layer {
  /** Its name in torch.nn. */
  readonly name: string;
  /** The arguments of its constructor as PyTorch writes them. They stay as attributes of the same names. */
  readonly settings: string;
  /** The arguments of `forward`; one `input` by default. */
  readonly inputs?: string;
  /** Makes the weights, and refuses what the constructor refuses. */
  readonly make?: (cx: Context, module: ModuleSelf, settings: Args) => void;
  /** `own` reads the settings and the weights, by their names. */
  readonly forward: (cx: Context, args: Args, own: Args, module: ModuleSelf) => Value | NodeId;
  /** The settings that stay as attributes, where not all do. */
  readonly kept?: readonly string[];
}

/** Where weights are to live, of what type they are, and whether there are some: what is said so does not stay as an attribute. */
const notKept = new Set(['device', 'dtype', 'bias']);

export function layerClass(layer: Layer): ClassValue {
  const { name, settings, inputs = 'input', make, forward, kept = null } = layer;
  const defaults = defaultsIn(settings);
  const text = settings === '' ? '(self)' : `(self, ${settings})`;
  const init = native('__init__', text, (cx, args) => {
    const module = self(args);
    for (const [key, otherwise] of defaults) {
      if (notKept.has(key) || (kept !== null && !kept.includes(key))) continue;
      const given = args.has(key) ? args.raw(key) : otherwise;
      if (given !== null) cx.setAttribute(module, key, given);
    }
    make?.(cx, module, args);
    return none;
  });
  const apply = native('forward', `(self, ${inputs})`, (cx, args) => {
    const module = self(args);
    const result = forward(cx, args, settingsOf(cx, module, [...defaults.keys()]), module);
    return typeof result === 'number' ? tensor(result) : result;
  });
  return libraryClass(`torch.nn.${name}`, [moduleClass], [init, apply]);
}

/** A reader of a module's attributes, those of its class too where they are named. */
export function settingsOf(cx: Context, module: ModuleSelf, names: readonly string[]): Args {
  const values = new Map(module.attributes);
  for (const name of names) {
    const value = cx.attribute(module, name);
    if (value !== null) values.set(name, value);
  }
  return new Args(cx, { values, rest: [], keywords: new Map() });
}

/** The parameters that a signature names, with the values that its defaults write out; null where there is none. */
export function defaultsIn(settings: string): ReadonlyMap<string, Value | null> {
  return new Map(
    settings
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '' && !part.startsWith('*'))
      .map((part): [string, Value | null] => {
        const [names = '', literal] = part.split('=');
        const [name = ''] = names.split('|');
        return [name, literal === undefined ? null : literalValue(literal)];
      }),
  );
}

function literalValue(text: string): Value {
  if (text === 'None') return none;
  if (text === 'True' || text === 'False') return bool(text === 'True');
  if (/^'.*'$/.test(text)) return str(text.slice(1, -1));
  if (/^-?\d+$/.test(text)) return int(Number(text));
  if (Number.isFinite(Number(text))) return float(Number(text));
  throw new TypeError(`${text} is no literal of a signature`);
}

/** Makes weights of the type that the layer is told; null in the place of a shape means that there is none of that name. */
export function weightMaker(
  cx: Context,
  module: ModuleSelf,
  settings: Args,
): (name: string, shape: Shape | null, init: Initializer) => void {
  const dtype = settings.dtype('dtype', 'float32');
  return (name, shape, init) => {
    if (shape === null) cx.setAttribute(module, name, none);
    else {
      const { node } = setParameter(cx, module, name, shape, init, dtype);
      if (init.kind !== 'full') requireDraw(cx, { kind: 'into', nodes: [node] });
    }
  };
}

/** Whether a lazy layer shall have a bias, until it makes its weights. */
const pendingBias = '_has_bias';

/**
 * A layer that is told by its first input how many channels there are (`LazyLinear`). `count` is the setting that
 * it finds out, from that axis of the input.
 */
export function lazy(layer: Layer, count: string, channelAxis: (cx: Context, x: NodeId) => number): Layer {
  const { make, forward } = layer;
  const settings = layer.settings
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== count);
  return {
    ...layer,
    name: `Lazy${layer.name}`,
    settings: settings.join(', '),
    make: (cx, module, given) => {
      if (given.has('bias')) cx.setAttribute(module, pendingBias, given.raw('bias'));
    },
    forward: (cx, args, own, module) => {
      if (cx.attribute(module, count) !== null) return forward(cx, args, own, module);
      const x = args.tensor('input');
      const channels = cx.build.shape(x)[channelAxis(cx, x)];
      if (channels === undefined)
        throw new PythonError('RuntimeError', `Lazy${layer.name} got a tensor without channels`);
      if (channels === 0) throw new Unknowable(`Lazy${layer.name} got a tensor without channels`);
      cx.setAttribute(module, count, int(channels));
      const values = new Map(module.attributes);
      const bias = values.get(pendingBias);
      if (bias !== undefined) values.set('bias', bias);
      make?.(cx, module, new Args(cx, { values, rest: [], keywords: new Map() }));
      return forward(cx, args, settingsOf(cx, module, []), module);
    },
  };
}

/** The number of a setting, or null for one that is not known before the program runs. */
export function knownNumber(args: Args, name: string, otherwise: number): number | null {
  const value = args.optional(name);
  if (value === null) return otherwise;
  return value.kind === 'unknown' ? null : asNumber(value);
}

/** The number of a setting that no shape hangs on, as a tensor without axes: known or not. */
export function scalarOf(cx: Context, args: Args, name: string, otherwise: number, like: NodeId): NodeId {
  const number = knownNumber(args, name, otherwise);
  return number === null ? unknownScalar(cx, name, like) : cx.build.scalar(number, like);
}

export function unknownScalar(cx: Context, name: string, like: NodeId): NodeId {
  return cx.build.emit('data', { name, aval: { shape: [], dtype: cx.build.aval(like).dtype } });
}

/** Ints for `count` axes, from one for all or one for each, as torch's `_single`, `_pair` and `_triple` take them. */
export function perAxis(args: Args, name: string, count: number, otherwise?: number): readonly number[] {
  const sizes = args.repeated(name, count, otherwise);
  if (sizes.length !== count)
    throw new PythonError('RuntimeError', `${name} must be one int or ${count}, not ${sizes.length}`);
  return sizes;
}

/** A function of a class that takes no instance, also when it is called through one. */
export function staticMethod(fn: NativeValue): Value {
  return {
    kind: 'instance',
    cls: libraryClass('staticmethod', [], []),
    attributes: new Map([['__func__', fn]]),
    origin: { file: '', start: 0, end: 0, loops: [], calls: [] },
  };
}

/** The instance behind a value that must be a module. Throws Unknowable for what is not known. */
export function moduleIn(value: Value | null): ModuleSelf {
  if (value?.kind === 'instance') return value;
  if (value?.kind === 'unknown') throw new Unknowable(value.reason.text, value.reason);
  throw new PythonError('TypeError', 'a module is wanted');
}
