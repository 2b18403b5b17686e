import type { GraphBuilder } from '../graph/builder.ts';
import type { Dim } from '../graph/dim.ts';
import type { GradMode, NodeId, Origin } from '../graph/graph.ts';
import { WayOut } from '../graph/way-out.ts';
import type { BinaryOperator } from '../python/ast.ts';
import type { Recording } from './recording.ts';
import type {
  ClassValue,
  DictEntry,
  DictValue,
  Family,
  InstanceValue,
  ListValue,
  Reason,
  RepeatedValue,
  SetValue,
  TensorValue,
  Unknown,
  Value,
} from './values.ts';

/** What a loop runs over: each item by itself, or one that stands for all. */
export type Iteration = { readonly kind: 'items'; readonly items: readonly Value[] } | RepeatedValue;

/** What the library needs of the interpreter that runs it. */
export interface Context {
  /** The graph being written. */
  readonly build: GraphBuilder;
  /** Where evaluation stands in the source. */
  readonly origin: Origin;
  /** Whether derivatives are recorded here. */
  readonly gradMode: GradMode;
  /** What torch has recorded: which tensors require grad, and which keep what `backward()` leaves. */
  readonly recording: Recording;

  /** Calls any callable. Unknown callables give unknown results. */
  call(callee: Value, positional: readonly Value[], keyword?: ReadonlyMap<string, Value>): Value;
  /** `value.name`; null where there is no such attribute. */
  attribute(value: Value, name: string): Value | null;
  setAttribute(value: Value, name: string, to: Value): void;
  /** Whether an attribute that is known may not be there, for only some paths set it. */
  mayLack(value: Value, name: string): boolean;
  /** Whether something that is not traced may have set attributes of it. */
  mayHave(value: Value): boolean;
  /** `value[index]`. */
  subscript(value: Value, index: Value): Value;
  /** The items of an iterable with known, not too many items; throws Unknowable otherwise. */
  items(value: Value): readonly Value[];
  /** The items, or one that stands for all where there are too many or their number is a name. */
  iterate(value: Value): Iteration;
  /**
   * Notes with what the library calls a function of the program, if it comes to that, as the derivative of another: where
   * nothing else calls it, it is tried with that.
   * @param given makes the arguments, or gives null where they are not known; null where the call that leads to it is still
   * to come
   */
  expectCall(callee: Value, given: (() => readonly Value[] | null) | null): void;
  /** Evaluates `body` as one turn of a loop that a library function runs (`map`). */
  loopTurn<T>(turn: number | 'any', body: () => T): T;
  /** `a op b`, as Python dispatches it. */
  operate(op: BinaryOperator, a: Value, b: Value): Value;
  /** Binds a name or sets an attribute: the only way to write such a map, so that branches can be undone and joined. */
  setName(names: Map<string, Value>, name: string, value: Value): void;
  /** The module of that dotted name in the program's own files, as imported where evaluation stands; null where there is none. */
  importModule(name: string): Value | null;
  /** Sets an entry of a dict, or deletes it (null). */
  setEntry(dict: DictValue, key: string, entry: DictEntry | null): void;
  /** Replaces the items of a list or set. */
  setItems(list: ListValue | SetValue, items: readonly Value[]): void;
  /** Forgets how many items a list or set has, and which. */
  loseItems(list: ListValue | SetValue, why: string): void;
  /** Forgets what entries a dict has, for it is changed in a way that is not known. */
  loseEntries(dict: DictValue, why: string): void;
  /** Gives the tensor another node, as in-place operations do. */
  assignInPlace(tensor: TensorValue, node: NodeId): void;
  /** A new instance of a class, without calling its `__init__`. */
  instantiate(cls: ClassValue): InstanceValue;
  /** Runs `body` with derivatives recorded or not. */
  withGradMode<T>(mode: GradMode, body: () => T): T;
  /** Evaluates as at an earlier time: at its place, in its loops and calls. */
  asOf<T>(origin: Origin, body: () => T): T;
  /** A named size of its own, for what is only known when the program runs. */
  freshSize(name: string): Dim;
  unknown(text: string): Unknown;
  /**
   * Takes a value for a tensor with so many axes, because the program raises here for anything else: what nobody gives a
   * function is that tensor from here on. Other values come back as they are.
   * @param sizes of each axis the size, or a name for it; null where nothing names it
   * @param family whose tensor it is; null for that of the library which the file imports
   */
  demand(value: Value, sizes: readonly (Dim | string | null)[], family: Family | null): Value;
  /** Evaluates on an assumption about the program, which what is found there will name. */
  assuming<T>(assumption: string, body: () => T): T;
  /**
   * Takes a derivative, and notes the call: the nodes that `body` adds to `results`, or why there are none because
   * something is not known.
   */
  differentiating(call: DerivativeCall, body: (results: NodeId[]) => Value): Value;
  /** Notes that a tensor went into something that is not traced. */
  recordEscape(node: NodeId, into: 'function' | 'caller'): void;

  /** The transforms whose functions are being run, innermost last. */
  readonly transforms: readonly Transform[];
  /** Runs the function of a transform. */
  transforming<T>(transforms: readonly Transform[], body: () => T): T;
  /** Runs `body`; of what raises in there, and is not known to be a misuse, notes what `explain` says. */
  explaining<T>(body: () => T, explain: () => Misuse | null): T;
  /** Whether something gives a known value and raises nothing, were it evaluated now; nothing of it stays. */
  succeeds(body: () => Value): boolean;
}

/** What `vmap` does where its function draws random numbers. */
export type Randomness = 'error' | 'same' | 'different';

/** A call of what a transform made: `vmap(f)(x)`. */
export interface TransformedCall {
  /** The library function, by its full name: `torch.func.vmap`. */
  readonly api: string;
  readonly family: Family;
  readonly target: Value;
  readonly origin: Origin;
  /** Where the transform was applied (`vmap(f)`), if that is another place than the call. */
  readonly madeAt: Origin | null;
}

/**
 * What is done with a function while it is run: `grad` records it, `jvp` pushes tangents along, `vmap` takes an axis away.
 * One call may do several: `jacfwd` maps a `jvp`, `hessian` maps the `jvp` of a `grad`.
 */
export type Level =
  | { readonly kind: 'grad' | 'jvp' }
  /** Over the tangents of a `jvp`, or the arguments. The randomness is null where it is not known. */
  | { readonly kind: 'vmap'; readonly over: 'arguments' | 'tangents'; readonly randomness: Randomness | null };

/** A transform whose function is being run. */
export type Transform = Level & {
  readonly call: TransformedCall;
  /** What stands in the function for the tensors that are differentiated or mapped; tangents stand nowhere. */
  readonly inputs: readonly NodeId[];
  /** All tensors that the function is given; others that it uses it has captured. */
  readonly given: readonly NodeId[];
};

/**
 * How random numbers are drawn: into a new tensor, with the numbers of one as parameters, or into one that is there (its own, and what it
 * was made like); or in one of these ways, within a distribution.
 */
export type Draw =
  | { readonly kind: 'new' | 'some' }
  | { readonly kind: 'of' | 'into'; readonly nodes: readonly NodeId[] };

/** An argument of a mapped function, as `in_dims` sees it: its axis that is mapped, null where none is. */
export type MappedAxes = readonly (number | null)[];

/** What a program does that a transform or a derivative refuses, where more is known than that it raises. */
export type Misuse =
  /**
   * Mapped axes that differ, or `in_dims` that do not fit the arguments, or give entries that the function does not take;
   * with the `in_dims` under which the call would run that are nearest to those given.
   */
  | {
      readonly kind: 'mapped axes';
      readonly call: TransformedCall;
      readonly wrong: 'arguments' | 'entries';
      readonly fitting: readonly MappedAxes[];
    }
  /** The function needs the batch axis that `vmap` takes away: it runs on a batch. */
  | {
      readonly kind: 'batch axis';
      readonly call: TransformedCall;
      readonly sample: readonly NodeId[];
      /** Of each positional argument: a tensor of which an axis is mapped, nothing that is, or a tree with such tensors. */
      readonly mapped: readonly ('tensor' | 'nothing' | 'tree')[];
    }
  /** Random numbers under a `vmap` that is not told how to draw them, or in a way that they cannot be drawn. */
  | {
      readonly kind: 'random draw';
      readonly call: TransformedCall;
      readonly draw: Draw;
      readonly randomness: Randomness;
    }
  /** An operation that `vmap` cannot take apart. */
  | { readonly kind: 'no batching rule'; readonly call: TransformedCall }
  /** Running statistics that a layer updates in place. */
  | { readonly kind: 'batch statistics'; readonly call: TransformedCall; readonly layer: InstanceValue | null }
  /** torch.autograd inside of a transform that does not record for it. */
  | { readonly kind: 'autograd'; readonly call: TransformedCall; readonly api: string }
  /** A tensor where the function is wanted that computes it. */
  | { readonly kind: 'no function'; readonly api: string; readonly tensor: NodeId }
  /** A result that is no single number, where its gradient is asked for without a cotangent. */
  | {
      readonly kind: 'no scalar';
      readonly api: string;
      readonly output: NodeId;
      readonly origin: Origin;
      /** Where the transform was applied (`grad(f)`), if it is one. */
      readonly madeAt: Origin | null;
    }
  /** A result of which nothing was recorded that could be gone back through: to any tensor, or to one input. */
  | { readonly kind: 'not recorded'; readonly output: NodeId; readonly input: NodeId | null }
  /** A tensor that the output is not computed from, though both come of another. */
  | { readonly kind: 'not in graph'; readonly output: NodeId; readonly input: NodeId; readonly source: NodeId };

/** A derivative call as the library function sees it. */
export interface DerivativeCall {
  /** The library function, by its full name: `torch.autograd.functional.jacobian`. */
  readonly api: string;
  /** The function that is differentiated, where there is one. */
  readonly target: Value | null;
  /** Where the transform was applied (`jacrev(f)`), if that is another place than the call. */
  readonly madeAt: Origin | null;
  /** The tensors of each argument that the function is given, as far as they are known. */
  readonly given: readonly (readonly NodeId[])[];
}

/** Evaluation cannot tell: the result is unknown, with this reason. */
export class Unknowable extends WayOut {
  override readonly name = 'Unknowable';
  readonly reason: Reason | null;
  constructor(text: string, reason: Reason | null = null) {
    super(text);
    this.reason = reason;
  }
}

/** Python would raise here. */
export class PythonError extends WayOut {
  override readonly name = 'PythonError';
  readonly type: string;
  readonly misuse: Misuse | null;
  constructor(type: string, message: string, misuse: Misuse | null = null) {
    super(message);
    this.type = type;
    this.misuse = misuse;
  }
}
