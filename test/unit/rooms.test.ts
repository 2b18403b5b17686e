import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What each room may import besides itself. The order of the rooms is the order of the data's flow. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'language-server/python': [],
  'language-server/graph': [],
  'language-server/library': ['language-server/python', 'language-server/graph'],
  'language-server/tracer': below('library'),
  'language-server/derivatives': below('tracer'),
  'language-server/rules': below('derivatives'),
  'language-server/server': below('rules'),
  // The command line uses the server's own parts that know no protocol.
  'language-server/cli': [...below('rules'), 'language-server/server'],
  'media/engine': ['language-server/graph'],
  'media/panel': ['media/engine', 'language-server/graph'],
  // The client passes messages on: it knows their types and no analysis.
  extension: ['media/panel', 'media/engine', 'language-server/graph'],
  'extension/tooling': [],
};

/** The room of that name and all below it. */
function below(name: string): readonly string[] {
  const order = ['python', 'graph', 'library', 'tracer', 'derivatives', 'rules'];
  return order.slice(0, order.indexOf(name) + 1).map((room) => `language-server/${room}`);
}

/** The innermost room that holds a path from the root; undefined outside all rooms. */
function roomOf(path: string): string | undefined {
  const folders = path.split(sep).join('/');
  return Object.keys(MAY_IMPORT)
    .filter((room) => folders.startsWith(`${room}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

function sourceFiles(): readonly string[] {
  return ['language-server', 'media', 'extension'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|mjs)$/.test(path))
      .map((path) => join(folder, path)),
  );
}

/** The relative paths that a module imports or re-exports from, types included. */
function relativeImports(text: string): readonly string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g)].map((match) => match[1] ?? '');
}

test('a relative import is found in each of its forms', () => {
  const text = `import { a } from './a.ts';\nexport type { B } from "../b.ts";\nawait import('./c.ts');\nimport './d.ts';\nimport e from 'e';`;
  assert.deepEqual(relativeImports(text), ['./a.ts', '../b.ts', './c.ts', './d.ts']);
});

test('each room imports only rooms below it', () => {
  const files = sourceFiles();
  assert.ok(files.length > 50, `only ${files.length} files were found`);
  const broken = files.flatMap((file) => {
    const room = roomOf(file);
    if (room === undefined) return [`${file} is in no room`];
    return relativeImports(readFileSync(join(ROOT, file), 'utf8')).flatMap((path) => {
      const target = relative(ROOT, join(ROOT, dirname(file), path));
      // The package's own data stands above all rooms.
      if (target === 'package.json') return [];
      const targetRoom = roomOf(target);
      const allowed = targetRoom !== undefined && (targetRoom === room || MAY_IMPORT[room]?.includes(targetRoom));
      return allowed ? [] : [`${file} imports ${target}`];
    });
  });
  assert.deepEqual(broken, []);
});
