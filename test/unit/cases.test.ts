import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { LineTable } from '../../language-server/python/text.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import type { Analysis } from '../../language-server/rules/analysis.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { applyEdits } from '../../language-server/rules/edits.ts';
import type { Finding } from '../../language-server/rules/finding.ts';

/**
 * Annotated Python: `# expect: NAME (dims) [rule ...] [wanted (dims)]` gives the shape that a name has on that line under
 * the real library and the rules that are to be reported there; a line without names no rule, and none may be reported.
 * In functions that nobody is seen to call sizes have names, and `*` stands for axes of which nothing is known;
 * `(*)` alone says that nothing may be known.
 */

const folder = new URL('../cases/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.py'));

interface Expectation {
  readonly line: number;
  readonly name: string | null;
  readonly shape: string | null;
  readonly rules: readonly string[];
  readonly wanted: string | null;
}

const pattern =
  /# expect:(?: (?<name>\w+) (?<shape>\([^)]*\)))?(?<rules>(?: [a-z]+(?:-[a-z]+)+)*)(?: wanted (?<wanted>\([^)]*\)))?\s*$/;

function expectations(text: string): readonly Expectation[] {
  return text.split('\n').flatMap((content, line) => {
    if (!content.includes('# expect:')) return [];
    const { groups } = pattern.exec(content) ?? assert.fail(`line ${line + 1} cannot be read: ${content}`);
    const rules = (groups?.rules ?? '').split(' ').filter((rule) => rule !== '');
    const { name = null, shape = null, wanted = null } = groups ?? {};
    return [{ line, name, shape, rules, wanted }];
  });
}

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

function analyse(file: string, text: string): Analysis {
  return analyser.analyse(file, text, noFiles, {});
}

/** The program in a block of its own, but for its imports. */
function inside(text: string, around: string): string {
  const lines = text.split('\n');
  const first = lines.findLastIndex((line) => /^(import|from) /.test(line)) + 1;
  const body = lines.slice(first).map((line) => (line === '' ? line : `    ${line}`));
  return [...lines.slice(0, first), around, ...body, ''].join('\n');
}

/** What is found behind the imports, with the titles of its fixes. */
function offers(analysis: Analysis, shift: number): readonly string[] {
  const lines = new LineTable(analysis.text);
  return analysis.findings
    .filter(({ range }) => !/^(import|from) /.test(analysis.text.slice(range.start)))
    .map((finding) => {
      const fixes = analysis.fixes(finding).flatMap(({ kind, title }) => (kind === 'disabled' ? [] : [title]));
      return `${lines.positionAt(finding.range.start).line + 1 + shift} ${finding.rule}: ${fixes.join(', ')}`;
    });
}

/** The shapes that a name was last given at or before a line. */
function shapesAt(analysis: Analysis, lines: LineTable, name: string, line: number): readonly (string | null)[] {
  const facts = analysis.shapes.filter((fact) => fact.name === name && lines.positionAt(fact.range.start).line <= line);
  const last = facts.at(-1);
  return facts.filter((fact) => fact.range.start === last?.range.start).map(({ shape, partly }) => partly ?? shape);
}

test('what the cases state was seen under the real library (else run test/facts/cases.py again)', () => {
  const { files: checked }: { readonly files: Readonly<Record<string, { readonly sha256: string }>> } = JSON.parse(
    readFileSync(new URL('../facts/cases.json', import.meta.url), 'utf8'),
  );
  const digest = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(new URL(`../${name}`, import.meta.url)))
      .digest('hex');
  const own = files.map((name) => `cases/${name.replaceAll('\\', '/')}`).sort();
  assert.deepEqual(
    own.map((name) => [name, digest(name)]),
    own.map((name) => [name, checked[name]?.sha256]),
  );
});

for (const file of files) {
  describe(file, () => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const lines = new LineTable(text);
    const expected = expectations(text);

    test('shapes', () => {
      const analysis = analyse(`/${file}`, text);
      assert.deepEqual(analysis.notes, []);
      const named = expected.filter(({ name }) => name !== null);
      assert.deepEqual(
        named.map(({ name, line }) => [line + 1, name, shapesAt(analysis, lines, name ?? '', line)]),
        named.map(({ name, line, shape }) => [line + 1, name, [shape === '(*)' ? null : shape]]),
      );
    });

    test('rules', () => {
      const analysis = analyse(`/${file}`, text);
      const found = analysis.findings.map(({ range, rule }) => `${lines.positionAt(range.start).line + 1} ${rule}`);
      assert.deepEqual(
        found,
        expected.flatMap(({ line, rules }) => rules.map((rule) => `${line + 1} ${rule}`)),
        analysis.findings.map(({ message }) => message).join('\n'),
      );
      for (const { line, wanted } of expected.filter(({ wanted }) => wanted !== null)) {
        const here = analysis.findings.find(({ range }) => lines.positionAt(range.start).line === line);
        assert.equal(here?.wanted, wanted);
      }
    });

    test('inside a loop or a function, the same is found and offered', () => {
      const outside = offers(analyse(`/${file}`, text), 0);
      for (const around of ['for turn in range(1000):', 'def main():'])
        assert.deepEqual(offers(analyse(`/${file}`, inside(text, around)), -1), outside, around);
    });

    test('each fix makes its finding go, and brings no other', () => {
      const analysis = analyse(`/${file}`, text);
      for (const finding of analysis.findings) {
        for (const fix of analysis.fixes(finding)) {
          if (fix.kind === 'disabled') continue;
          const after = analyse(`/${file}`, applyEdits(text, fix.edits));
          const count = (of: Analysis, holds: (each: Finding) => boolean): number => of.findings.filter(holds).length;
          const ofRule = ({ rule }: Finding): boolean => rule === finding.rule;
          // One call of `eval()` mends what comes after it as well.
          assert.ok(count(after, ofRule) < count(analysis, ofRule), `${finding.rule}: ${fix.title}`);
          const loud = ({ severity }: Finding): boolean => severity === 'error' || severity === 'warning';
          assert.ok(count(after, loud) <= count(analysis, loud), `${finding.rule}: ${fix.title}`);
        }
      }
    });
  });
}
