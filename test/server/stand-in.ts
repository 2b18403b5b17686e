import { dirname, join } from 'node:path';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import type { Analyser } from '../../language-server/rules/analyse.ts';
import type { Analysis } from '../../language-server/rules/analysis.ts';
import type { Finding, Fix } from '../../language-server/rules/finding.ts';

/** Calls that the stand-in reports, and by which name its fix calls instead. */
const CALLS: Readonly<Record<string, { readonly better: string | null; readonly kind: 'safe' | 'suggested' }>> = {
  full: { better: 'part', kind: 'safe' },
  risky: { better: 'sure', kind: 'suggested' },
  mixed: { better: null, kind: 'safe' },
  // A fix that brings on another one, and fixes that undo each other.
  outer: { better: 'full', kind: 'safe' },
  ping: { better: 'pong', kind: 'safe' },
  pong: { better: 'ping', kind: 'safe' },
};

/**
 * An analyser whose findings are foreseen, so that what is made of findings is tested by itself: it reports each
 * call of a name in `CALLS` and knows each name that is assigned a call.
 */
export async function standIn(): Promise<Analyser> {
  const parser = await createParser(await locateWasm());
  return {
    analyse: (file, text, host, settings) => {
      // A line `import other` reads other.py beside, as a real import would.
      const imported = [...text.matchAll(/^import (\w+)$/gm)].map(([, name]) =>
        host.readText(join(dirname(file), `${name}.py`)),
      );
      const found = analysis(parser, file, text);
      const findings = settings.rules?.['full-batch-jacobian'] === 'off' ? [] : found.findings;
      return {
        ...found,
        findings,
        notes: imported.map((other) => (other === null ? 'not found' : `imported ${other.length} characters`)),
      };
    },
  };
}

function analysis(parser: PythonParser, file: string, text: string): Analysis {
  const parsed = parser.parse(text);
  parsed.dispose();
  const found = [...text.matchAll(/\b(\w+)\(x\)/g)].flatMap((match) => {
    const call = CALLS[match[1] ?? ''];
    return call === undefined ? [] : [{ ...call, start: match.index, name: match[1] ?? '' }];
  });
  const fixes = new Map<Finding, readonly Fix[]>(
    found.map(({ better, kind, start, name }) => {
      const range = { start, end: start + name.length + '(x)'.length };
      const finding: Finding = {
        rule: 'stand-in',
        severity: kind === 'safe' ? 'warning' : 'information',
        certainty: 'proved',
        message: `${name}(x) is reported.`,
        range,
        related: [{ file, range: { start: 0, end: 1 }, message: 'the file starts here' }],
        shape: '(3, 10, 3, 5)',
        wanted: '(3, 10, 5)',
        proposals: () => [],
      };
      const edits = [{ range: { start, end: start + name.length }, text: better ?? '' }];
      return [
        finding,
        better === null
          ? [{ kind: 'disabled', title: 'Call another', reason: 'there is no other' }]
          : [{ kind, title: `Call ${better}`, edits, preferred: true }],
      ];
    }),
  );
  return {
    file,
    text,
    module: parsed.module,
    findings: [...fixes.keys()],
    shapes: [...text.matchAll(/\b(\w+) = (\w+)\(x\)/g)].map((match) => ({
      name: match[1] ?? '',
      range: { start: match.index, end: match.index + (match[1] ?? '').length },
      shape: match[2] === 'unknown' ? null : '(3, 10, 3, 5)',
      dtype: match[2] === 'unknown' ? null : 'float32',
      partly: null,
      unknownBecause: match[2] === 'unknown' ? 'nobody knows' : null,
      ofDerivative: match[2] === 'full',
    })),
    derivatives: [...text.matchAll(/\bfull\(x\)/g)].map((match) => ({
      range: { start: match.index, end: match.index + match[0].length },
      api: 'full',
      shape: '(3, 10, 3, 5)',
      partly: null,
      unknownBecause: null,
      hover: () => '**full** gives `(3, 10, 3, 5)`',
    })),
    notes: [],
    fixes: (finding) => fixes.get(finding) ?? [],
    ways: ({ range }) => [{ title: 'Compute it in parts', edits: [{ range, text: 'part(x)' }] }],
    program: () => ({ cannot: 'this is a stand-in' }),
  };
}
