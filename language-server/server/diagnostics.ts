import { type Diagnostic, type DiagnosticRelatedInformation, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { Finding, Related, Severity } from '../rules/finding.ts';
import { type AnalysedDocument, beginsIn, type Part, partHolding, toLspRange } from './document.ts';

export const SOURCE = 'jacobian-lens';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** What diagnostics need to know beyond the document. */
export interface DiagnosticLinks {
  /** The address of a rule's page, if it has one. */
  readonly pageOf: (rule: string) => string | null;
  /** A file that related information points into, or null where it is not there any more. */
  readonly fileOf: (file: string) => Part | null;
}

/** The findings in a part of a document as diagnostics. */
export function diagnostics(document: AnalysedDocument, part: Part, links: DiagnosticLinks): Diagnostic[] {
  return document.analysis.findings
    .filter(({ range }) => beginsIn(part, range))
    .map((finding) => diagnostic(document, part, finding, links));
}

function diagnostic(document: AnalysedDocument, part: Part, finding: Finding, links: DiagnosticLinks): Diagnostic {
  const page = links.pageOf(finding.rule);
  return {
    range: toLspRange(part, finding.range),
    severity: SEVERITIES[finding.severity],
    source: SOURCE,
    code: finding.rule,
    ...(page === null ? {} : { codeDescription: { href: page } }),
    message: finding.message,
    relatedInformation: finding.related.flatMap((related) => relatedInformation(document, related, links)),
  };
}

function relatedInformation(
  document: AnalysedDocument,
  { file, range, message }: Related,
  links: DiagnosticLinks,
): DiagnosticRelatedInformation[] {
  const place = file === document.analysis.file ? partHolding(document, range.start) : links.fileOf(file);
  return place === null ? [] : [{ location: { uri: place.uri, range: toLspRange(place, range) }, message }];
}

/** Says at the start of a document why it is not analysed. */
export function notAnalysed(message: string): Diagnostic {
  const start = { line: 0, character: 0 };
  return { range: { start, end: start }, severity: DiagnosticSeverity.Information, source: SOURCE, message };
}
