import type { BatchEvidence, BlockDiagonal, Occurrence } from '../derivatives/occurrence.ts';
import type { Use } from '../derivatives/uses.ts';
import * as D from '../graph/dim.ts';
import type { NodeId, Origin, TracedGraph, usersOf } from '../graph/graph.ts';
import type { Range } from '../python/ast.ts';
import type { Binding, Escape, Problem, Trace } from '../tracer/trace.ts';
import type { Certainty, Finding, Severity } from './finding.ts';
import type { SourceFile } from './source-file.ts';

/** A mistake that people make: how it is seen, what it means and how it is mended. */
export type Rule = DerivativeRule | ProblemRule;

interface Described {
  /** The code of its findings, the name of its page and of its setting. */
  readonly name: string;
  readonly severity: Severity;
  /**
   * Where findings stand: on the derivative call alone, as sizes decide it there; or on the innermost place of the file
   * that is wrong for all who come through it, such as the call of a helper that is right for others.
   */
  readonly place: 'call' | 'innermost';
  /** One line for the index of rules. */
  readonly summary: string;
}

/** A rule about derivatives that the program takes. */
export interface DerivativeRule extends Described {
  readonly of: 'derivative';
  /** What the rule says of one derivative, several things of operations on its result, or null. */
  readonly check: (occurrence: Occurrence, facts: Facts) => Verdict | readonly Verdict[] | null;
}

/** A rule about what Python would refuse. */
export interface ProblemRule extends Described {
  readonly of: 'problem';
  /**
   * What the rule says of it, or null.
   * @param questioned the derivatives of which it is said that another shape, or another operation on them, was meant
   */
  readonly check: (problem: Problem, trace: Trace, file: SourceFile, questioned: ReadonlySet<NodeId>) => Verdict | null;
}

/** What a rule found. */
export interface Verdict {
  readonly message: string;
  readonly certainty: Certainty;
  /** If other than the rule's own. */
  readonly severity?: Severity;
  /** The operation on the result that it stands on, where it is not the derivative call itself. */
  readonly on?: Origin;
  readonly related: readonly { readonly origin: Origin; readonly message: string }[];
  readonly shape: string | null;
  readonly wanted: string | null;
  readonly proposals: Finding['proposals'];
}

/** What rules know of the whole file. */
export interface WholeFacts {
  readonly trace: Trace;
  readonly graph: TracedGraph;
  readonly users: ReturnType<typeof usersOf>;
  /** What derivatives are taken by, backwards: the inputs of their functions. */
  readonly differentiated: ReadonlySet<NodeId>;
  /** Where each node goes that is not traced any further. */
  readonly escapes: ReadonlyMap<NodeId, readonly Escape[]>;
  readonly file: SourceFile;
  /** The names that each node is bound to. */
  readonly bindings: ReadonlyMap<NodeId | null, readonly Binding[]>;
  /** The bytes above which a derivative is too large. */
  readonly sizeLimit: number;
}

/** What rules look at: one occurrence's structure and uses, worked out once. */
export interface Facts extends WholeFacts {
  /** The block-diagonal structure over the batch, if proved. */
  readonly structure: BlockDiagonal | null;
  readonly evidence: BatchEvidence;
  /** What the program does with the dense result; empty without structure. */
  readonly uses: readonly Use[];
  /** The names that the result is bound to. */
  readonly names: readonly string[];
}

/** The assumption that a finding rests on, in words, or null where it is proved. */
export function assumptionOf(occurrence: Occurrence, evidence: BatchEvidence): string | null {
  if (occurrence.derivative.assumption !== null) return occurrence.derivative.assumption;
  return evidence.kind === 'assumed' ? 'the first axis of the input is a batch' : null;
}

/** Certainty and severity that follow from the assumption, with the message that names it. */
export function weigh(
  assumption: string | null,
  message: string,
): Pick<Verdict, 'certainty' | 'message'> & { severity?: Severity } {
  return assumption === null
    ? { certainty: 'proved', message }
    : {
        certainty: 'likely',
        severity: 'information',
        message: `If ${assumption}: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
      };
}

/** The range of a node's origin. */
export function rangeOf(origin: Origin): Range {
  return { start: origin.start, end: origin.end };
}

/** `3x`, or `batch_size times` where the number has a name. */
export function times(factor: D.Dim): string {
  return D.isKnown(factor) ? `${factor}x` : `${D.show(factor)} times`;
}
