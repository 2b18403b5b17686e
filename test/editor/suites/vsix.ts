import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { type EditorTest, environment } from '../harness.ts';

const EXTENSION = 'jacobian-lens.jacobian-lens';

/** That the packaged extension, installed as people install it, works. */
export const vsixTests: readonly EditorTest[] = [
  {
    name: 'the installed package activates',
    run: async (editor) => {
      const extension = vscode.extensions.getExtension(EXTENSION);
      assert.ok(extension, `${EXTENSION} is not installed`);
      assert.ok(
        extension.extensionPath.startsWith(environment('JACOBIAN_LENS_EXTENSIONS')),
        `it runs from ${extension.extensionPath}`,
      );
      await editor.open('1_full_jacobian.py');
      await extension.activate();
      assert.ok(extension.isActive);
      await editor.screenshot('installed package');
    },
  },
  {
    name: 'the installed package holds what it ships and nothing else',
    run: async () => {
      const folder = vscode.extensions.getExtension(EXTENSION)?.extensionPath;
      assert.ok(folder, `${EXTENSION} is not installed`);
      const entries = await readdir(folder);
      const allowed =
        /^(\.vsixmanifest|package(\.nls(\..+)?)?\.json|readme\.md|changelog\.md|license(\.txt|\.md)?|dist|media)$/i;
      assert.deepEqual(
        entries.filter((entry) => !allowed.test(entry)),
        [],
      );
      const built = await readdir(join(folder, 'dist'));
      assert.deepEqual(built.toSorted(), [
        'cli.js',
        'extension.cjs',
        'panel',
        'panel.css',
        'server.cjs',
        'tree-sitter-python.wasm',
        'web-tree-sitter.wasm',
      ]);
    },
  },
];
