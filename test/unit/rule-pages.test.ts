import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { LineTable } from '../../language-server/python/text.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import type { Analysis } from '../../language-server/rules/analysis.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { rules } from '../../language-server/rules/index.ts';
import { unusedSuppression } from '../../language-server/rules/suppressions.ts';
import { rulePages } from '../../language-server/server/rule-pages.ts';

/** The rules, their table and pages in the README, and their settings say the same. */

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const known = [...rules, unusedSuppression];
const names = known.map(({ name }) => name).toSorted();

/** The parts that every page has, in order. */
const PARTS = [
  'What it does',
  'Why it matters',
  'Example',
  'Use instead',
  'Fix safety',
  'When it stays silent',
  'How to turn it off',
  'References',
] as const;

/** The rows of the README's index: name, link, severity and summary. */
const index = [...readme.matchAll(/^\| \[`([\w-]+)`\]\(#([\w-]+)\) +\| (\w+) +\| (.*?) +\|$/gm)].map(
  ([, name = '', link = '', severity = '', summary = '']) => ({
    name,
    link,
    severity,
    summary: summary.replaceAll('\\', ''),
  }),
);

/** The text of a rule's page: from its heading to the next one. */
function pageOf(name: string): string {
  const [, page = ''] = new RegExp(`^### \`${name}\`\n(.*?)(?=^#|(?![^]))`, 'ms').exec(readme) ?? [];
  return page;
}

/** The pieces of Python on a page: the mistake, and what to use instead. */
function examplesOf(name: string): readonly string[] {
  return [...pageOf(name).matchAll(/```python\n(.*?)```/gs)].map(([, code = '']) => code);
}

/** What a page says in one of its parts. */
function partOf(name: string, part: (typeof PARTS)[number]): string {
  const [, text = ''] =
    new RegExp(`\\*\\*${part}\\.\\*\\*(.*?)(?=\\*\\*[A-Z][a-z ]+\\.\\*\\*|(?![^]))`, 's').exec(pageOf(name)) ?? [];
  return text.trim();
}

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

function analyse(text: string): Analysis {
  return analyser.analyse('/example.py', text, noFiles, {});
}

test("the README's index has every rule, with its severity and summary", () => {
  const wanted = known.map(({ name, severity, summary }) => ({ name, link: name, severity, summary }));
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number => a.name.localeCompare(b.name);
  assert.deepEqual(index.toSorted(byName), wanted.toSorted(byName));
});

test('the pages are those of the index, in its order', () => {
  const headings = [...readme.matchAll(/^### `([\w-]+)`$/gm)].map(([, name]) => name);
  assert.deepEqual(
    headings,
    index.map(({ name }) => name),
  );
});

test('every rule can be set, and nothing else', () => {
  const { contributes } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const { properties, additionalProperties } = contributes.configuration.properties['jacobianLens.rules'];
  assert.equal(additionalProperties, false);
  assert.deepEqual(Object.keys(properties).toSorted(), names);
  for (const setting of Object.values(properties))
    assert.deepEqual(setting, { enum: ['off', 'hint', 'information', 'warning', 'error'] });
});

test('the link of a finding leads to the line of its page', () => {
  const addressOf = rulePages(root);
  const lines = readme.split('\n');
  for (const name of names) {
    const line = Number(/#L(\d+)$/.exec(addressOf(name) ?? '')?.[1]);
    assert.equal(lines[line - 1], `### \`${name}\``);
  }
  assert.equal(addressOf('no-such-rule'), null);
});

for (const { name } of known) {
  describe(name, () => {
    test('its page has every part, in order', () => {
      const found = [...pageOf(name).matchAll(/^\*\*([A-Z][a-z ]+)\.\*\*/gm)].map(([, part]) => part);
      assert.deepEqual(found, [...PARTS]);
      assert.ok(PARTS.every((part) => partOf(name, part).length > 20));
      assert.match(partOf(name, 'How to turn it off'), new RegExp(`"${name}": "off"`));
      assert.match(partOf(name, 'References'), /\]\(https:/);
    });

    test('its example is reported, what to use instead is not', () => {
      const [mistake = '', better = '', ...more] = examplesOf(name);
      assert.deepEqual(more, []);
      assert.deepEqual(
        analyse(mistake).findings.map(({ rule }) => rule),
        [name],
      );
      assert.deepEqual(analyse(better).findings, []);
    });

    test('its fixes are as safe as its page says', () => {
      const analysis = analyse(examplesOf(name)[0] ?? '');
      const kinds = analysis.findings.flatMap((finding) => analysis.fixes(finding).map(({ kind }) => kind));
      const [, said = 'nothing'] = /^[_*]?(Safe|Suggested|None)(?![a-z])/.exec(partOf(name, 'Fix safety')) ?? [];
      const offered = kinds.filter((kind) => kind !== 'disabled');
      assert.deepEqual([...new Set(offered)], said === 'None' ? [] : [said.toLowerCase()]);
    });

    test('the shapes in the comments of its examples are right', () => {
      for (const code of examplesOf(name)) {
        const { shapes } = analyse(code);
        const lines = new LineTable(code);
        for (const [line, text] of code.split('\n').entries()) {
          const [, target, shape] = /^(\w+) = .*# (\([\d, ]+\))/.exec(text) ?? [];
          if (target === undefined) continue;
          const fact = shapes.find((each) => each.name === target && lines.positionAt(each.range.start).line === line);
          assert.equal(fact?.shape, shape, text);
        }
      }
    });
  });
}
