import type { NodeId, Origin } from '../graph/graph.ts';
import type { Outline } from '../graph/shape.ts';
import type { DerivativeCall, Misuse } from '../library/context.ts';
import type { FunctionValue, Reason, Value } from '../library/values.ts';
import type { Range } from '../python/ast.ts';

/** Something Python would refuse: a proved error, where it stands. */
export interface Problem {
  readonly origin: Origin;
  /**
   * What fits no other shape, what is no Python, or what the program states of a shape and is not so: in code that
   * raises, or in an annotation, which does not.
   */
  readonly kind: 'shape' | 'python' | 'contract' | 'annotation';
  readonly type: string;
  readonly message: string;
  /** The tensors that were given to what raises. */
  readonly operands: readonly NodeId[];
  /** Where the library's layer that raises was made, if one does. */
  readonly layer: Origin | null;
  /** What is misused, where more is known than that it raises. */
  readonly misuse: Misuse | null;
  /** Whether the program surely gets there: not on one of several paths only, nor with values that are supposed. */
  readonly isSure: boolean;
}

/** A name that was bound, and to what. */
export interface Binding {
  readonly file: string;
  readonly name: string;
  readonly range: Range;
  readonly value: Value;
  /** The node that a tensor had then. */
  readonly node: NodeId | null;
}

/** A derivative call, with the place where it stands. */
export interface TracedDerivative extends DerivativeCall {
  /** The derivative nodes that it gave, one for each output and input; none where it is lost. */
  readonly results: readonly NodeId[];
  /** What is known of the shapes that it gives, where its results are not known. */
  readonly outlines: readonly Outline[];
  /** Why what it gives is not known, or null where it is. */
  readonly lost: Reason | null;
  readonly origin: Origin;
  /** What was assumed of the program to take it for this call; null where nothing was. */
  readonly assumption: string | null;
}

/** A tensor that went into something that is not traced: a function that is not known, or the caller of one that nobody calls. */
export interface Escape {
  readonly node: NodeId;
  readonly into: 'function' | 'caller';
  readonly origin: Origin;
}

/** A function that a library may call, and with what. */
export interface Expected {
  readonly callee: FunctionValue;
  /** Makes the arguments, null where they are not known; null itself where nothing has led to a call yet. */
  readonly given: (() => readonly Value[] | null) | null;
}
