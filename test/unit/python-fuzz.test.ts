import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import test from 'node:test';
import fc from 'fast-check';
import type { AnyNode, Module } from '../../language-server/python/ast.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { children, enclosing, extentOf } from '../../language-server/python/traverse.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';

const parser = await createParser(await locateWasm());
const cases = new URL('../cases/', import.meta.url);
const files = await Promise.all(
  (await readdir(cases)).filter((name) => name.endsWith('.py')).map((name) => readFile(new URL(name, cases), 'utf8')),
);
const snippets = (await readFile(new URL('../facts/python_snippets.txt', import.meta.url), 'utf8')).split('\n%%\n');
const texts = [...files, ...snippets];

const PIECES = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ':',
  ',',
  '.',
  '=',
  ':=',
  '"',
  "'",
  '"""',
  'f"',
  'f"{',
  '#',
  '\\',
  '\n',
  '\r',
  '\t',
  '    ',
  '@',
  '*',
  '**',
  '`',
  '$',
  '\0',
  '\ud800',
  'é😀',
  ' as ',
  ' if ',
  ' else ',
  ' for ',
  ' in ',
  'lambda ',
  'def ',
  'class ',
  'match x:\n case ',
  'yield ',
  'await ',
  'not ',
  'import ',
  'print ',
  'type ',
  '0',
  '1e',
  '0x',
  'async ',
  'else:\n',
  'try:\n',
  'except* ',
  '\ufeff',
] as const;

/** A program with some pieces cut out, put in or copied. */
const mutated = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(12),
        piece: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })),
      }),
      { maxLength: 6 },
    ),
  )
  .map(([text, edits]) =>
    edits.reduce((now, { at, cut, piece }) => {
      const start = Math.floor(at * now.length);
      return now.slice(0, start) + piece + now.slice(start + cut);
    }, text),
  );

/** Ranges are inside those around them and inside the text. */
function checkRanges(text: string, module: Module): void {
  const check = (node: AnyNode): void => {
    const outer = extentOf(node);
    assert.ok(
      outer.start <= outer.end && outer.start >= 0 && outer.end <= text.length,
      `${node.kind} ${JSON.stringify(outer)}`,
    );
    for (const child of children(node)) {
      const inner = extentOf(child);
      assert.ok(
        outer.start <= inner.start && inner.end <= outer.end,
        `${child.kind} ${JSON.stringify(inner)} in ${node.kind} ${JSON.stringify(outer)}`,
      );
      check(child);
    }
  };
  check(module);
  let end = 0;
  for (const statement of module.body) {
    assert.ok(extentOf(statement).start >= end, 'statements overlap');
    end = statement.range.end;
  }
  for (const { range } of [...module.errors, ...module.comments]) {
    assert.ok(range.start <= range.end && range.start >= 0 && range.end <= text.length);
  }
}

test('any text gives a module with ranges that nest', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        { arbitrary: mutated, weight: 4 },
        { arbitrary: fc.string({ unit: 'binary', maxLength: 80 }), weight: 1 },
      ),
      (text) => {
        const parsed = parser.parse(text);
        parsed.dispose();
        assert.equal(parsed.module.kind, 'Module');
        checkRanges(text, parsed.module);
        for (let at = 0; at <= text.length; at += 7) assert.equal(enclosing(parsed.module, at)[0], parsed.module);
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 600) },
  );
});

test('an edited text is parsed as if it were new', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(20),
      fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })),
      (text, where, cut, piece) => {
        const start = Math.floor(where * text.length);
        const oldEnd = Math.min(start + cut, text.length);
        const after = text.slice(0, start) + piece + text.slice(oldEnd);
        const previous = parser.parse(text);
        const next = parser.parse(after, previous);
        const fresh = parser.parse(after);
        for (const parsed of [previous, next, fresh]) parsed.dispose();
        assert.deepEqual(next.module, fresh.module);
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 300) },
  );
});

test('what a line breaks is that line', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        'x = = 1',
        'y = torch.',
        'f(a b)',
        'z = (1,',
        'w = [',
        "v = 'abc",
        'u = a +',
        'def g(a',
        'if x = 1:',
        '@',
      ),
      (bad) => {
        const text = `import torch\na = 1\n${bad}\nb = 2\n\ndef f(x):\n    return x\n\nc = f(b)\n`;
        const parsed = parser.parse(text);
        parsed.dispose();
        const kinds = parsed.module.body.map(({ kind }) => kind);
        const expected = ['Import', 'Assign', 'BrokenStatement', 'Assign', 'FunctionDef', 'Assign'];
        assert.deepEqual(kinds, bad === '@' ? expected.toSpliced(3, 1) : expected);
        assert.ok(parsed.module.errors.length > 0);
      },
    ),
  );
});
