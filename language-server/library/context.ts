import type { GraphBuilder } from '../graph/builder.ts';
import type { Dim } from '../graph/dim.ts';
import type { NodeId, Origin } from '../graph/graph.ts';
import type { BinaryOperator } from '../python/ast.ts';
import type {
  ClassValue,
  DictEntry,
  DictValue,
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
  /** Whether derivatives are recorded here: false inside `no_grad` and `inference_mode`. */
  readonly gradMode: boolean;

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
  /** Evaluates `body` as one turn of a loop that a library function runs (`map`). */
  loopTurn<T>(turn: number | 'any', body: () => T): T;
  /** `a op b`, as Python dispatches it. */
  operate(op: BinaryOperator, a: Value, b: Value): Value;
  /** Binds a name or sets an attribute: the only way to write such a map, so that branches can be undone and joined. */
  setName(names: Map<string, Value>, name: string, value: Value): void;
  /** Sets an entry of a dict, or deletes it (null). */
  setEntry(dict: DictValue, key: string, entry: DictEntry | null): void;
  /** Replaces the items of a list or set. */
  setItems(list: ListValue | SetValue, items: readonly Value[]): void;
  /** Forgets how many items a list or set has, and which. */
  loseItems(list: ListValue | SetValue, why: string): void;
  /** Gives the tensor another node, as in-place operations do. */
  assignInPlace(tensor: TensorValue, node: NodeId): void;
  /** A new instance of a class, without calling its `__init__`. */
  instantiate(cls: ClassValue): InstanceValue;
  /** Runs `body` with derivatives recorded or not. */
  withGradMode<T>(enabled: boolean, body: () => T): T;
  /** A named size of its own, for what is only known when the program runs. */
  freshSize(name: string): Dim;
  unknown(text: string): Unknown;
  /** Evaluates on an assumption about the program, which what is found there will name. */
  assuming<T>(assumption: string, body: () => T): T;
  /**
   * Takes a derivative, and notes the call: the nodes that `body` adds to `results`, or why there are none because
   * something is not known.
   */
  differentiating(call: DerivativeCall, body: (results: NodeId[]) => Value): Value;
  /** Notes that a tensor went into something that is not traced. */
  recordEscape(node: NodeId, into: 'function' | 'caller'): void;
}

/** A derivative call as the library function sees it. */
export interface DerivativeCall {
  /** The library function, by its full name: `torch.autograd.functional.jacobian`. */
  readonly api: string;
  /** The function that is differentiated, where there is one. */
  readonly target: Value | null;
  /** What that function is given by position; empty where the call has no function. */
  readonly given: readonly Value[];
  /** Where the transform was applied (`jacrev(f)`), if that is another place than the call. */
  readonly madeAt: Origin | null;
}

/** Evaluation cannot tell: the result is unknown, with this reason. */
export class Unknowable extends Error {
  override readonly name = 'Unknowable';
  readonly reason: Reason | null;
  constructor(text: string, reason: Reason | null = null) {
    super(text);
    this.reason = reason;
  }
}

/** Python would raise here. */
export class PythonError extends Error {
  override readonly name = 'PythonError';
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}
