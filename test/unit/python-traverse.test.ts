import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import type { AnyNode } from '../../language-server/python/ast.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { children, enclosing, source, walk } from '../../language-server/python/traverse.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';

const parser = await createParser(await locateWasm());

function parse(text: string) {
  const parsed = parser.parse(text);
  parsed.dispose();
  return parsed.module;
}

function pathAt(text: string, marked: string): string[] {
  return enclosing(parse(text), text.indexOf(marked)).map((node) => `${node.kind}:${source(node, text)}`);
}

test('the path to an offset goes inwards', () => {
  const text = 'y = f(a, b=c.d)\n';
  assert.deepEqual(pathAt(text, 'd)').slice(1), ['Assign:y = f(a, b=c.d)', 'Call:f(a, b=c.d)', 'Attribute:c.d']);
  assert.deepEqual(pathAt(text, 'c.d').at(-1), 'Name:c');
  assert.deepEqual(pathAt(text, 'a,').at(-1), 'Name:a');
  assert.deepEqual(pathAt('x = a+b', '+').at(-1), 'Name:a');
  assert.deepEqual(pathAt('@dec(1)\ndef f(): pass\n', '1)').slice(1), [
    'FunctionDef:def f(): pass',
    'Call:dec(1)',
    'Constant:1',
  ]);
  assert.deepEqual(pathAt('x = f"{a:>{width}}"', 'width').at(-1), 'Name:width');
});

test('a walk may leave out what is inside a function', () => {
  const module = parse('def f():\n    yield 1\nlambda: 2\nx = 3\n');
  const kinds = [...walk(module, (node) => node.kind !== 'FunctionDef' && node.kind !== 'Lambda')].map(
    ({ kind }) => kind,
  );
  assert.deepEqual(kinds, ['Module', 'FunctionDef', 'ExprStatement', 'Lambda', 'Assign', 'Name', 'Constant']);
});

test('children are every node with a range that a tree holds', async () => {
  const snippets = (await readFile(new URL('../facts/python_snippets.txt', import.meta.url), 'utf8')).split('\n%%\n');
  for (const text of snippets) {
    const module = parse(text);
    const walked = new Set<unknown>(walk(module));
    for (const held of nodesIn(module)) assert.ok(walked.has(held), JSON.stringify(held));
  }
});

/** Every statement and expression that can be reached through any property, found without knowing the kinds. */
function* nodesIn(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  if ('kind' in value && 'range' in value && !String(value.kind).startsWith('Match')) yield value;
  for (const inner of Object.values(value)) yield* nodesIn(inner);
}

test('children come in the order of the text', async () => {
  const snippets = (await readFile(new URL('../facts/python_snippets.txt', import.meta.url), 'utf8')).split('\n%%\n');
  const check = (node: AnyNode): void => {
    const starts = children(node).map(({ range }) => range.start);
    assert.deepEqual(
      starts,
      starts.toSorted((a, b) => a - b),
      node.kind,
    );
    children(node).forEach(check);
  };
  for (const text of snippets) check(parse(text));
});
