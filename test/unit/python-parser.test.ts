import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';
import type { AnyNode, Statement } from '../../language-server/python/ast.ts';
import { MAX_CHAIN, MAX_DEPTH } from '../../language-server/python/context.ts';
import { createParser } from '../../language-server/python/parser.ts';
import { source, walk } from '../../language-server/python/traverse.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { difference, type Form, normalForm } from './python-normal.ts';

const parser = await createParser(await locateWasm());

function parse(text: string) {
  const parsed = parser.parse(text);
  parsed.dispose();
  return parsed.module;
}

/** The kinds of a body's statements, each with its text. */
function outline(text: string): string[] {
  return parse(text).body.map((s) => `${s.kind} ${source(s, text)}`);
}

function brokenIn(text: string): { readonly text: string; readonly names: readonly string[] }[] {
  const nodes: AnyNode[] = [...walk(parse(text))];
  return nodes.flatMap((node) =>
    node.kind === 'BrokenStatement' ? [{ text: source(node, text), names: node.names }] : [],
  );
}

function only(text: string): Statement {
  const [first, second] = parse(text).body;
  assert.ok(first !== undefined && second === undefined, text);
  return first;
}

interface Facts {
  readonly python: string;
  readonly snippets: readonly { readonly text: string; readonly form?: Form; readonly error?: string }[];
}

const facts: Facts = JSON.parse(await readFile(new URL('../facts/python_ast.json', import.meta.url), 'utf8'));

test(`trees are those of CPython ${facts.python}`, async (t) => {
  for (const { text, form } of facts.snippets) {
    if (form === undefined) continue;
    await t.test(text.slice(0, 40), () => {
      const module = parse(text);
      assert.deepEqual(module.errors, []);
      assert.equal(difference(normalForm(module), form), null);
    });
  }
});

test('what CPython refuses is reported', () => {
  for (const { text, error } of facts.snippets) {
    if (error !== undefined) assert.notDeepEqual(parse(text).errors, [], text);
  }
});

test('the facts are large enough to mean something', () => {
  assert.ok(facts.snippets.filter(({ form }) => form !== undefined).length >= 35);
});

test('a broken line loses that line', () => {
  assert.deepEqual(outline('a = 1\nx = = 3\nb = 2\n'), ['Assign a = 1', 'BrokenStatement x = = 3', 'Assign b = 2']);
  assert.deepEqual(brokenIn('def f(x):\n    y = torch.sin(x, dim=\n    return y\n'), [
    { text: 'y = torch.sin(x, dim=', names: ['y'] },
  ]);
  assert.deepEqual(brokenIn('import torch\nx = torch.\ny = 1\n'), [{ text: 'x = torch.', names: ['x'] }]);
  assert.deepEqual(brokenIn('x = a +\ny = 1\n'), [{ text: 'x = a +', names: ['x'] }]);
  assert.deepEqual(brokenIn('x = foo(1,\ny = 3\nz = bar(x)\n'), [{ text: 'x = foo(1,', names: ['x'] }]);
  assert.deepEqual(brokenIn('x = """abc\ny = 1\n'), [{ text: 'x = """abc', names: ['x'] }]);
  assert.deepEqual(brokenIn("x: Tensor = 'abc\ny = 1\n"), [{ text: "x: Tensor = 'abc", names: ['x'] }]);
  assert.deepEqual(brokenIn('from a import (b, c\ny = 1\n'), [{ text: 'from a import (b, c', names: ['b', 'c'] }]);
  assert.deepEqual(brokenIn('print "a", x\ny = 1\n'), [{ text: 'print "a", x', names: [] }]);
});

test('a broken header loses its block and clauses', () => {
  const lost = 'if x = 3:\n    a = 1\nelse:\n    b = 2';
  assert.deepEqual(outline(`${lost}\nc = 3\n`), [`BrokenStatement ${lost}`, 'Assign c = 3']);
  assert.deepEqual(brokenIn(lost), [{ text: lost, names: ['x', 'a', 'b'] }]);
  const handler = 'except Foo as:\n    b = 2';
  assert.deepEqual(outline(`try:\n    a = 1\n${handler}\nd = 3\n`), [
    'Try try:\n    a = 1',
    `BrokenStatement ${handler}`,
    'Assign d = 3',
  ]);
  const decorated = '@foo(a b)\n@bar\ndef f():\n    pass';
  assert.deepEqual(outline(`${decorated}\nx = 1\n`), [`BrokenStatement ${decorated}`, 'Assign x = 1']);
  const method = 'def f(self, x:\n        return x';
  assert.deepEqual(brokenIn(`class A:\n    ${method}\n    def g(self): pass\nx = A()\n`), [
    { text: method, names: ['f'] },
  ]);
  const kase = 'case 2 3:\n    b = 2';
  assert.deepEqual(brokenIn(`match x:\n  case 1: pass\n  ${kase}\n  case 4: pass\n`), [{ text: kase, names: ['b'] }]);
});

test('a line without an error of its own may stand wrongly', () => {
  const messages = (text: string): string[] => parse(text).errors.map(({ message }) => message);
  assert.deepEqual(messages('x = 1\n    y = 2\nz = 3\n'), ['unexpected indent']);
  assert.deepEqual(messages('def f():\nx = 1\n'), ['expected an indented block']);
  assert.deepEqual(messages('else:\n    x = 1\n'), ['invalid syntax']);
  assert.deepEqual(messages('@a\nx = 1\n'), ['a decorator needs a definition']);
  assert.deepEqual(messages('for i in range(3)\n    x = i\n'), ["expected ':'"]);
  assert.deepEqual(messages('x = foo(1))\n'), ["unmatched ')'"]);
  assert.deepEqual(messages('x = foo((1)\n'), ["'(' was never closed"]);
});

test('what the grammar cannot read though Python can is read', () => {
  const right = [
    'def f(g):\n    return *[None] * 3, *g\n',
    'x = a[*(i for i in b)]\n',
    'f"{title:=^80}"\n',
    'def f():\n    x = (a +\nb)\n',
    'type(x).y = 1\n',
    'with a() if b else c() as d: pass\n',
  ];
  for (const text of right) assert.deepEqual(parse(text).errors, [], text);
});

test('comments are kept, in broken text too', () => {
  const text = '# a\nx = (1 # b\n)\ny = = 2 # c\r\n# d';
  assert.deepEqual(
    parse(text).comments.map((comment) => [comment.text, source(comment, text)]),
    [
      ['# a', '# a'],
      ['# b', '# b'],
      ['# c', '# c'],
      ['# d', '# d'],
    ],
  );
  assert.equal(parse('x = 1 # a  \n').comments[0]?.text, '# a');
});

test('every kind of line ending ends lines', () => {
  for (const ending of ['\n', '\r\n', '\r']) {
    const text = ['def f(x):', '    """a', '    b"""', '    return x  # c', 'y = f(1)', ''].join(ending);
    const module = parse(text);
    assert.deepEqual(module.errors, []);
    assert.deepEqual(
      module.body.map(({ kind }) => kind),
      ['FunctionDef', 'Assign'],
    );
    const [f] = module.body;
    assert.equal(f?.kind === 'FunctionDef' ? f.docstring : null, 'a\n    b');
    assert.equal(module.comments[0]?.text, '# c');
  }
});

test('what has no text has no statements', () => {
  for (const text of ['', ' ', '\n\n', '# a', '\ufeff', '\\\n', '\f\n']) {
    assert.deepEqual([parse(text).body, parse(text).errors], [[], []], JSON.stringify(text));
  }
});

test('nesting is cut off before it is too deep to walk', () => {
  const nested: readonly string[] = [
    `x = ${'('.repeat(10_000)}a${')'.repeat(10_000)}`,
    `x = ${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    `x = a${' + a'.repeat(5000)}`,
    `x = ${'-'.repeat(10_000)}a`,
    `x = a${'.b()'.repeat(5000)}`,
    `x = ${'lambda: '.repeat(5000)}a`,
    `x = ${'a if b else '.repeat(5000)}a`,
    `if a:\n  pass\n${'elif b:\n  pass\n'.repeat(5000)}`,
    `match x:\n case ${'['.repeat(3000)}${']'.repeat(3000)}: pass`,
    `x: a${' | a'.repeat(5000)}`,
  ];
  for (const text of nested) {
    const module = parse(`${text}\ny = 1\n`);
    assert.match(module.errors[0]?.message ?? '', /nested too deeply|invalid pattern/);
    assert.equal(module.body.at(-1)?.kind, 'Assign', text.slice(0, 20));
    assert.ok(depthOf(module) <= MAX_DEPTH + 3);
  }
  assert.deepEqual(parse(`x = a${' + a'.repeat(MAX_CHAIN - 1)}`).errors, []);
  assert.deepEqual(parse(`x = a${' and a'.repeat(5000)}`).errors, []);
});

/** How deep a tree is, without recursion; chains of binary operators count once. */
function depthOf(root: AnyNode): number {
  let deepest = 0;
  const ends: number[] = [];
  for (const node of walk(root)) {
    while (ends.length > 0 && (ends.at(-1) ?? 0) <= node.range.start) ends.pop();
    if (node.kind !== 'BinOp') ends.push(node.range.end);
    deepest = Math.max(deepest, ends.length);
  }
  return deepest;
}

test('a large file takes no long time, broken or not', () => {
  const piece =
    'def f(self, x, y=1):\n    """Some words."""\n    z = torch.sin(x)[..., None] + self.g(y, dim=-1)\n    return z\n\n';
  const text = piece.repeat(Math.ceil(500_000 / piece.length));
  for (const [whole, errors] of [
    [text, 0],
    [`${text}x = foo(\n${text}`, 1],
  ] as const) {
    const start = performance.now();
    const module = parse(whole);
    assert.equal(module.errors.length, errors);
    assert.ok(performance.now() - start < 20_000);
  }
});

test('an edit is parsed as the whole text would be', () => {
  const before = 'import torch\n\ndef f(x):\n    return x + 1\n\ny = f(2)\n';
  const at = before.indexOf('+ 1');
  const after = `${before.slice(0, at)}* (x\n   - 3)${before.slice(at + 3)}`;
  const previous = parser.parse(before);
  const incremental = parser.parse(after, previous);
  assert.deepEqual(incremental.module, parse(after));
  const again = parser.parse(before, incremental);
  assert.deepEqual(again.module, previous.module);
  for (const parsed of [previous, incremental, again]) parsed.dispose();
});

test('names of values are what they are in Python', () => {
  const assign = only('x = "a\\x41" \'b\' f"{c!r:>{w}}d"\n');
  assert.ok(assign.kind === 'Assign' && assign.value.kind === 'JoinedStr');
  const [text, value, rest] = assign.value.values;
  assert.equal(text, 'aAb');
  assert.equal(rest, 'd');
  assert.ok(typeof value === 'object' && value.kind === 'FormattedValue' && value.conversion === 'r');
  assert.equal(value.formatSpec?.values[0], '>');
  const type = only('type X[T] = list[T]');
  assert.ok(type.kind === 'Assign' && type.targets[0]?.kind === 'Name' && type.targets[0].id === 'X');
});
