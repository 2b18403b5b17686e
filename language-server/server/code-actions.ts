import { type CodeAction, CodeActionKind, type Diagnostic, type TextEdit } from 'vscode-languageserver/node';
import type { Range } from '../python/ast.ts';
import { lineEndingOf } from '../python/text.ts';
import type { Analysis, DerivativeFact } from '../rules/analysis.ts';
import { withLineEnding } from '../rules/edits.ts';
import type { Edit, Finding, Fix } from '../rules/finding.ts';
import { SOURCE } from './diagnostics.ts';
import { type AnalysedDocument, overlaps, toLspRange } from './document.ts';
import { fixAll, isApplicable } from './edits.ts';
import { RULE_PAGE_COMMAND, RUN_COMMAND } from './run.ts';
import { suppression } from './suppression.ts';

/** All safe fixes of a file at once, as editors do it on saving. */
export const FIX_ALL = `${CodeActionKind.SourceFixAll}.jacobianLens`;

export const CODE_ACTION_KINDS = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite, FIX_ALL];

/** What is asked for. */
export interface CodeActionRequest {
  readonly range: Range;
  /** The kinds that are wanted; undefined: those for the lightbulb. */
  readonly only: readonly string[] | undefined;
  /** Whether a person asked, and not the editor for its lightbulb. */
  readonly isAsked: boolean;
  /** The diagnostics that the editor shows there. */
  readonly shown: readonly Diagnostic[];
  /** Analyses another text of the same document. */
  readonly analyse: (text: string) => Analysis;
}

/** The actions at a range: fixes with the preferred first, ways to silence a finding, and running a derivative. */
export function codeActions(document: AnalysedDocument, request: CodeActionRequest): CodeAction[] {
  const quick = wants(request.only, CodeActionKind.QuickFix) ? quickFixes(document, request) : [];
  const refactor = CodeActionKind.RefactorRewrite;
  // Each way is analysed: that is worth its time only where somebody looks.
  const ways = wants(request.only, refactor) && request.isAsked ? otherWays(document, request.range) : [];
  // Worth its time only where it is asked for: all fixes are analysed, one after the other.
  const all = request.only !== undefined && wants(request.only, FIX_ALL) ? fixAllActions(document, request) : [];
  return [...quick, ...ways, ...all];
}

function wants(only: readonly string[] | undefined, kind: string): boolean {
  return only === undefined || only.some((wish) => wish === '' || kind === wish || kind.startsWith(`${wish}.`));
}

function quickFixes(document: AnalysedDocument, { range, shown }: CodeActionRequest): CodeAction[] {
  const { analysis } = document;
  const findings = analysis.findings.filter((finding) => overlaps(finding.range, range));
  const derivatives = analysis.derivatives.filter((derivative) => overlaps(derivative.range, range));
  return [
    ...findings.flatMap((finding) => {
      const solves = shown.filter((diagnostic) => shows(document, finding, diagnostic));
      return analysis.fixes(finding).map((fix) => fixAction(document, fix, solves));
    }),
    ...derivatives.slice(0, 1).map((derivative) => runAction(document, derivative)),
    ...findings.flatMap((finding) => suppressAction(document, finding, shown)),
    ...findings.map((finding) => explainAction(document, finding, shown)),
  ];
}

/** Whether a diagnostic that the editor shows is that of a finding. */
function shows({ lines }: AnalysedDocument, finding: Finding, { source, code, range }: Diagnostic): boolean {
  const { start, end } = toLspRange(lines, finding.range);
  const isThere = range.start.line === start.line && range.start.character === start.character;
  return source === SOURCE && code === finding.rule && isThere && range.end.line === end.line;
}

function fixAction(document: AnalysedDocument, fix: Fix, solves: Diagnostic[]): CodeAction {
  const action: CodeAction = { title: fix.title, kind: CodeActionKind.QuickFix, diagnostics: solves };
  if (!isApplicable(fix)) return { ...action, disabled: { reason: fix.reason } };
  return { ...action, isPreferred: fix.preferred, edit: workspaceEdit(document, fix.edits) };
}

/** "Which Jacobian?": other ways to write the derivative there, that give the same. */
function otherWays(document: AnalysedDocument, range: Range): CodeAction[] {
  const { analysis } = document;
  const [derivative] = analysis.derivatives.filter((each) => overlaps(each.range, range));
  if (derivative === undefined) return [];
  return analysis.ways(derivative).map(({ title, edits }) => ({
    title,
    kind: CodeActionKind.RefactorRewrite,
    edit: workspaceEdit(document, edits),
  }));
}

function suppressAction(document: AnalysedDocument, finding: Finding, shown: readonly Diagnostic[]): CodeAction[] {
  const edit = suppression(finding, document.analysis.module, document.lines);
  if (edit === null) return [];
  return [
    {
      title: `Ignore ${finding.rule} on this line`,
      kind: CodeActionKind.QuickFix,
      diagnostics: shown.filter((diagnostic) => shows(document, finding, diagnostic)),
      edit: workspaceEdit(document, [edit]),
    },
  ];
}

function explainAction(document: AnalysedDocument, finding: Finding, shown: readonly Diagnostic[]): CodeAction {
  const title = `Explain ${finding.rule}`;
  return {
    title,
    kind: CodeActionKind.QuickFix,
    diagnostics: shown.filter((diagnostic) => shows(document, finding, diagnostic)),
    command: { title, command: RULE_PAGE_COMMAND, arguments: [finding.rule] },
  };
}

function runAction({ uri, lines }: AnalysedDocument, derivative: DerivativeFact): CodeAction {
  const title = 'Run this Jacobian';
  const target = { uri, range: toLspRange(lines, derivative.range) };
  return { title, kind: CodeActionKind.QuickFix, command: { title, command: RUN_COMMAND, arguments: [target] } };
}

function fixAllActions(document: AnalysedDocument, { analyse }: CodeActionRequest): CodeAction[] {
  const { analysis, taken } = fixAll(document.analysis, ['safe'], analyse);
  if (taken.length === 0) return [];
  const edit = difference(document.analysis.text, analysis.text);
  return [{ title: 'Take all safe fixes of Jacobian Lens', kind: FIX_ALL, edit: workspaceEdit(document, [edit]) }];
}

/** One edit that makes `after` of `before`. */
function difference(before: string, after: string): Edit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === after.at(-1 - same)) same += 1;
  return { range: { start, end: before.length - same }, text: after.slice(start, after.length - same) };
}

/** Edits of one version of a document; an editor that has another one refuses them. */
function workspaceEdit(document: AnalysedDocument, edits: readonly Edit[]): NonNullable<CodeAction['edit']> {
  const { uri, version, lines, analysis } = document;
  const eol = lineEndingOf(analysis.text);
  const textEdits: TextEdit[] = edits.map(({ range, text }) => ({
    range: toLspRange(lines, range),
    newText: withLineEnding(text, eol),
  }));
  return { documentChanges: [{ textDocument: { uri, version }, edits: textEdits }] };
}
