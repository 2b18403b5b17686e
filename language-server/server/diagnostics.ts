import { type Diagnostic, type DiagnosticRelatedInformation, DiagnosticSeverity } from 'vscode-languageserver/node';
import type { LineTable } from '../python/text.ts';
import type { Finding, Related, Severity } from '../rules/finding.ts';
import { type AnalysedDocument, toLspRange } from './document.ts';

export const SOURCE = 'jacobian-lens';

const SEVERITIES: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** Where another file is and how its lines lie. */
export interface OtherFile {
  readonly uri: string;
  readonly lines: LineTable;
}

/** What diagnostics need to know beyond the document. */
export interface DiagnosticLinks {
  /** The address of a rule's page, if it has one. */
  readonly pageOf: (rule: string) => string | null;
  /** A file that related information points into, or null where it is not there any more. */
  readonly fileOf: (file: string) => OtherFile | null;
}

/** The findings of a document as diagnostics. */
export function diagnostics(document: AnalysedDocument, links: DiagnosticLinks): Diagnostic[] {
  return document.analysis.findings.map((finding) => diagnostic(document, finding, links));
}

function diagnostic(document: AnalysedDocument, finding: Finding, links: DiagnosticLinks): Diagnostic {
  const page = links.pageOf(finding.rule);
  return {
    range: toLspRange(document.lines, finding.range),
    severity: SEVERITIES[finding.severity],
    source: SOURCE,
    code: finding.rule,
    ...(page === null ? {} : { codeDescription: { href: page } }),
    message: finding.message,
    relatedInformation: finding.related.flatMap((related) => relatedInformation(document, related, links)),
  };
}

function relatedInformation(
  { uri, lines, analysis }: AnalysedDocument,
  { file, range, message }: Related,
  links: DiagnosticLinks,
): DiagnosticRelatedInformation[] {
  const place = file === analysis.file ? { uri, lines } : links.fileOf(file);
  return place === null ? [] : [{ location: { uri: place.uri, range: toLspRange(place.lines, range) }, message }];
}

/** Says at the start of a document why it is not analysed. */
export function notAnalysed(message: string): Diagnostic {
  const start = { line: 0, character: 0 };
  return { range: { start, end: start }, severity: DiagnosticSeverity.Information, source: SOURCE, message };
}
