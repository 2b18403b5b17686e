import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver/node';
import type { Range } from '../python/ast.ts';
import { lineEndingOf } from '../python/text.ts';
import type { Analysis, DerivativeFact } from '../rules/analysis.ts';
import { applyToParts, editsByPart, withLineEnding } from '../rules/edits.ts';
import type { Edit, Finding, Fix } from '../rules/finding.ts';
import { SOURCE } from './diagnostics.ts';
import { type AnalysedDocument, overlaps, type Part, partHolding, toLspRange } from './document.ts';
import { fixAll, isApplicable } from './edits.ts';
import { RULE_PAGE_COMMAND, RUN_COMMAND } from './run.ts';
import { suppression } from './suppression.ts';

/** All safe fixes of a file at once, as editors do it on saving; and of a notebook, where VS Code asks for it by a name of its own. */
export const FIX_ALL = [
  `${CodeActionKind.SourceFixAll}.jacobianLens`,
  `notebook.${CodeActionKind.SourceFixAll}.jacobianLens`,
];

export const CODE_ACTION_KINDS = [CodeActionKind.QuickFix, CodeActionKind.RefactorRewrite, ...FIX_ALL];

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
  const { only } = request;
  const kind = only === undefined ? undefined : FIX_ALL.find((each) => wants(only, each));
  const all = kind === undefined ? [] : fixAllActions(document, request, kind);
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
function shows(document: AnalysedDocument, finding: Finding, { source, code, range }: Diagnostic): boolean {
  const { start, end } = toLspRange(partHolding(document, finding.range.start), finding.range);
  const isThere = range.start.line === start.line && range.start.character === start.character;
  return source === SOURCE && code === finding.rule && isThere && range.end.line === end.line;
}

function fixAction(document: AnalysedDocument, fix: Fix, solves: Diagnostic[]): CodeAction {
  const action: CodeAction = { title: fix.title, kind: CodeActionKind.QuickFix, diagnostics: solves };
  if (!isApplicable(fix)) return { ...action, disabled: { reason: fix.reason } };
  const edit = workspaceEdit(document, fix.edits);
  if (edit === null) return { ...action, disabled: { reason: 'It would join cells of the notebook.' } };
  return { ...action, isPreferred: fix.preferred, edit };
}

/** "Which Jacobian?": other ways to write the derivative there, that give the same. */
function otherWays(document: AnalysedDocument, range: Range): CodeAction[] {
  const { analysis } = document;
  const [derivative] = analysis.derivatives.filter((each) => overlaps(each.range, range));
  if (derivative === undefined) return [];
  return analysis.ways(derivative).flatMap(({ title, edits }) => {
    const edit = workspaceEdit(document, edits);
    return edit === null ? [] : [{ title, kind: CodeActionKind.RefactorRewrite, edit }];
  });
}

function suppressAction(document: AnalysedDocument, finding: Finding, shown: readonly Diagnostic[]): CodeAction[] {
  const comment = suppression(finding, document.analysis.module, document.lines);
  const edit = comment === null ? null : workspaceEdit(document, [comment]);
  if (edit === null) return [];
  return [
    {
      title: `Ignore ${finding.rule} on this line`,
      kind: CodeActionKind.QuickFix,
      diagnostics: shown.filter((diagnostic) => shows(document, finding, diagnostic)),
      edit,
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

function runAction(document: AnalysedDocument, { range }: DerivativeFact): CodeAction {
  const title = 'Run this Jacobian';
  const part = partHolding(document, range.start);
  const target = { uri: part.uri, range: toLspRange(part, range) };
  return { title, kind: CodeActionKind.QuickFix, command: { title, command: RUN_COMMAND, arguments: [target] } };
}

function fixAllActions(document: AnalysedDocument, { analyse }: CodeActionRequest, kind: string): CodeAction[] {
  const { taken } = fixAll(document.analysis, ['safe'], analyse);
  const before: readonly string[] = document.parts.map(({ lines }) => lines.text);
  const after = taken.reduce<readonly string[] | null>(
    (texts, { fix }) => (texts === null ? null : applyToParts(texts, fix.edits)),
    before,
  );
  if (taken.length === 0 || after === null) return [];
  const changes = document.parts.flatMap((part, k): TextDocumentEdit[] => {
    const edit = difference(before[k] ?? '', after[k] ?? '');
    return before[k] === after[k] ? [] : [documentEdit(part, [edit])];
  });
  return [{ title: 'Take all safe fixes of Jacobian Lens', kind, edit: { documentChanges: changes } }];
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

/** Edits of one version of a document, which an editor that has another one refuses; null where one joins cells. */
function workspaceEdit(document: AnalysedDocument, edits: readonly Edit[]): WorkspaceEdit | null {
  const byPart = editsByPart(
    document.parts.map(({ range }) => range),
    edits,
  );
  if (byPart === null) return null;
  const changes = document.parts.flatMap((part, k): TextDocumentEdit[] => {
    const own = byPart[k] ?? [];
    return own.length === 0 ? [] : [documentEdit(part, own)];
  });
  return { documentChanges: changes };
}

/** Edits of a part, their places in the part itself. */
function documentEdit({ uri, version, lines }: Part, edits: readonly Edit[]): TextDocumentEdit {
  const eol = lineEndingOf(lines.text);
  const whole = { lines, range: { start: 0, end: lines.text.length } };
  return {
    textDocument: { uri, version },
    edits: edits.map(({ range, text }) => ({ range: toLspRange(whole, range), newText: withLineEnding(text, eol) })),
  };
}
