import type { Program } from '../graph/program.ts';
import type { Module, Range } from '../python/ast.ts';
import type { Edit, Finding, Fix } from './finding.ts';

/**
 * Everything that is known of one file: what the editor, the command line and the tests read.
 * Plain data but for `fixes`, `ways`, `hover` and `program`, which are worked out when asked for.
 */
export interface Analysis {
  readonly file: string;
  readonly text: string;
  readonly module: Module;
  /** In order of place; rules set to off or suppressed are not in it. */
  readonly findings: readonly Finding[];
  /** Every assigned name that is or may be a tensor, in order of place; a line reached with several shapes has one each. */
  readonly shapes: readonly ShapeFact[];
  /** Every derivative call, in order of place. */
  readonly derivatives: readonly DerivativeFact[];
  /** Limits that were hit and files that could not be read, for the log. */
  readonly notes: readonly string[];
  /** The fixes of a finding, each analysed again before it is given; the preferred one first. */
  fixes(finding: Finding): readonly Fix[];
  /** Other ways to write a derivative call that give the same, each analysed before it is given, with its cost. */
  ways(derivative: DerivativeFact): readonly OtherWay[];
  /** What would be run for the derivative call at this place, or the reason why it cannot. */
  program(derivative: DerivativeFact): Program | { readonly cannot: string };
}

export interface OtherWay {
  readonly title: string;
  readonly edits: readonly Edit[];
}

export interface ShapeFact {
  readonly name: string;
  /** The name in the text. */
  readonly range: Range;
  /** `(3, 10, 5)`; null where it is not known. */
  readonly shape: string | null;
  /** What is known of a shape that is not known: `(*, 3, 5)` for any number of axes and these; null for nothing. */
  readonly partly: string | null;
  readonly dtype: string | null;
  /** Why the shape is not known, and where it was lost. */
  readonly unknownBecause: string | null;
  /** Whether a hint beside the name helps: the result of a derivative or what is made of one. */
  readonly ofDerivative: boolean;
}

export interface DerivativeFact {
  /** The call expression. */
  readonly range: Range;
  /** `torch.autograd.functional.jacobian`. */
  readonly api: string;
  readonly shape: string | null;
  /** What is known of a shape that is not known, as `ShapeFact` has it. */
  readonly partly: string | null;
  /** Why the shape is not known, or what is differentiated, so that it cannot be run. */
  readonly unknownBecause: string | null;
  /** Markdown: shape, structure in words, cost of this way and of the best. */
  hover(): string;
}

/** What a person sets of the analysis. */
export interface AnalysisSettings {
  /** How loud each rule is, where other than by default. */
  readonly rules?: RuleSettings;
  /** The bytes above which a derivative, or what it takes to compute it, is too large. */
  readonly sizeLimit?: number;
}

/** Where nobody says otherwise. */
export const defaultSizeLimit = 1024 ** 3;

/** How loud each rule is: a severity, or off. */
export type RuleSettings = Readonly<Record<string, 'off' | 'hint' | 'information' | 'warning' | 'error'>>;

/** Reads other files of the workspace. Never runs anything. */
export interface SourceHost {
  /** The text of the module file at an absolute path, or null where there is none; what is known then depends on it. */
  readText(path: string): string | null;
  /** The same, for a look that nothing depends on. */
  peek(path: string): string | null;
  /** Folders in which the absolute imports of a file are looked for, nearest first. */
  roots(path: string): readonly string[];
  /** The Python files of the project, in which callers are looked for. */
  files(): readonly string[];
}

/** The host of a text that stands alone. */
export const noFiles: SourceHost = { readText: () => null, peek: () => null, roots: () => [], files: () => [] };
