import { writeFile } from 'node:fs/promises';
import { connectEditor, type Editor, type EditorTest, environment } from './harness.ts';
import { lensTests } from './suites/lens.ts';
import { notebookTests } from './suites/notebook.ts';
import { pictureTests } from './suites/pictures.ts';
import { smokeTests } from './suites/smoke.ts';
import { vsixTests } from './suites/vsix.ts';

/** The suites by name; npm test, and npm run pictures, run each in a VS Code of its own. */
const SUITES: Readonly<Record<string, readonly EditorTest[]>> = {
  notebook: notebookTests,
  editor: [...smokeTests, ...lensTests, ...notebookTests],
  vsix: vsixTests,
  pictures: pictureTests,
};

const LIMIT_MILLISECONDS = 90_000;

interface Result {
  readonly name: string;
  /** Why it failed; absent where it passed. */
  readonly error?: string;
}

/** Called by VS Code: runs the suite that the environment names, and writes its results as JSON. */
export async function run(): Promise<void> {
  const suite = SUITES[environment('JACOBIAN_LENS_SUITE')] ?? [];
  const { editor, browser } = await connectEditor();
  const results: Result[] = [];
  for (const test of suite) results.push(await runOne(test, editor));
  await writeFile(environment('JACOBIAN_LENS_RESULTS'), JSON.stringify(results));
  await browser.close();
  const failed = results.filter((result) => result.error !== undefined);
  if (failed.length > 0) throw new Error(`${failed.length} of ${results.length} tests failed`);
}

async function runOne(test: EditorTest, editor: Editor): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${LIMIT_MILLISECONDS / 1000} s`)), LIMIT_MILLISECONDS);
  });
  try {
    await Promise.race([test.run(editor), timeout]);
    return { name: test.name };
  } catch (error) {
    await editor.screenshot(`failed ${test.name.replaceAll(/\W+/g, ' ')}`);
    return { name: test.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    clearTimeout(timer);
    await editor.reset();
  }
}
