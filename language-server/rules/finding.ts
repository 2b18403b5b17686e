import type { Occurrence } from '../derivatives/occurrence.ts';
import type { Graph } from '../graph/graph.ts';
import type { Range } from '../python/ast.ts';

/** How grave a finding is, as editors show it. */
export type Severity = 'error' | 'warning' | 'information' | 'hint';

/** `proved`: the traced graph or the code itself shows it. `likely`: it rests on an assumption that the message names. */
export type Certainty = 'proved' | 'likely';

/** One thing to tell the person, at one place. */
export interface Finding {
  /** The rule's name, which is its code. */
  readonly rule: string;
  readonly severity: Severity;
  readonly certainty: Certainty;
  /** One sentence: what the result is, what was probably meant, what it costs. */
  readonly message: string;
  readonly range: Range;
  /** Places that prove it. */
  readonly related: readonly Related[];
  /** The shape that the call gives, as `(3, 10, 3, 5)`. */
  readonly shape: string | null;
  /** The shape that was probably meant. */
  readonly wanted: string | null;
  /**
   * Edits to be tried, which have not been analysed again yet, worked out when they are asked for. Of alternatives the
   * first that holds is offered; of rivals the one that holds, if no other does.
   */
  readonly proposals: () => readonly (readonly Proposal[] | Rivals)[];
}

export interface Related {
  readonly file: string;
  readonly range: Range;
  readonly message: string;
}

/** A change of text; edits of one fix do not overlap and all speak of the text as it was. */
export interface Edit {
  readonly range: Range;
  readonly text: string;
}

/** A fix before it is checked: the edits, and what they promise. */
export interface Proposal {
  readonly title: string;
  /** `safe`: changes no value. `suggested`: changes what is computed. */
  readonly kind: 'safe' | 'suggested';
  readonly edits: readonly Edit[];
  /**
   * The shape that must come out, as `(3, 10, 5)`, of the expression that covers `range` before the edits, or null for any
   * that is known; null for the whole: only that nothing new is reported.
   */
  readonly promises: {
    readonly shape: string | null;
    readonly range: Range;
    /** What must be proved of the derivative there, beyond its shape. */
    readonly proves?: (after: Graph, then: Occurrence) => boolean;
  } | null;
}

/** Edits that mean different things: where several would do, which is meant is for the author to say. */
export interface Rivals {
  readonly rivals: readonly Proposal[];
}

/** A fix that was analysed again and holds what it promises, or the reason why none can be made. */
export type Fix =
  | {
      readonly kind: 'safe' | 'suggested';
      readonly title: string;
      readonly edits: readonly Edit[];
      readonly preferred: boolean;
    }
  | { readonly kind: 'disabled'; readonly title: string; readonly reason: string };
