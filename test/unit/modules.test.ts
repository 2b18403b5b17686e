import assert from 'node:assert/strict';
import test from 'node:test';
import { createParser, type ParsedSource, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { ModuleCache } from '../../language-server/rules/modules.ts';

const parser = await createParser(await locateWasm());

/** A parser that counts the trees which nobody has let go of, and the texts of which only what changed was parsed. */
function counting(): { readonly parser: PythonParser; readonly counts: { held: number; edits: number } } {
  const counts = { held: 0, edits: 0 };
  const parse = (text: string, previous?: ParsedSource): ParsedSource => {
    const parsed = parser.parse(text, previous);
    counts.held += 1;
    if (previous !== undefined) counts.edits += 1;
    const dispose = (): void => {
      counts.held -= 1;
      parsed.dispose();
    };
    return { ...parsed, dispose };
  };
  return { parser: { parse }, counts };
}

test('a file that is edited is parsed from its tree, and the trees of few files are held', () => {
  const { parser: counted, counts } = counting();
  const cache = new ModuleCache(counted);
  for (let file = 0; file < 30; file++) cache.parse(`/${file}.py`, 'x = 1\n');
  assert.deepEqual(counts, { held: 0, edits: 0 });
  for (let edit = 0; edit < 2000; edit++) {
    const text = `x = ${edit}\ny = [${edit}, x]\n`;
    // Each file four times, one after the other.
    const module = cache.parse(`/${Math.floor(edit / 4) % 30}.py`, text);
    const fresh = parser.parse(text);
    fresh.dispose();
    assert.deepEqual(module, fresh.module);
    assert.ok(counts.held <= 8, `${counts.held} trees are held`);
  }
  assert.ok(counts.edits >= 1500, `${counts.edits}`);
});
