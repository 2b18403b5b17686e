import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { codeActions } from '../../language-server/server/code-actions.ts';
import { fileDocument } from '../../language-server/server/document.ts';
import { findFiles } from '../../language-server/server/files.ts';
import { hover } from '../../language-server/server/hover.ts';
import { inlayHints } from '../../language-server/server/inlay-hints.ts';
import { Projects } from '../../language-server/server/projects.ts';
import { DiskReader, diskHost } from '../../language-server/server/sources.ts';
import { packageFiles, packageHost } from './package.ts';

/**
 * How long an edit takes until its diagnostics are there, and how that grows with the file and in a package; how fast
 * many files are checked, and what memory is held after a day of edits: `npm run bench [-- FOLDER]`, of which the folder
 * is checked, by default that of the tests' cases. The last line of each file is changed before each run, so that nothing
 * is left over from the run before.
 */

/** A part of a script as people write them: a module, a function, a derivative; about 20 lines. */
function part(k: number): string {
  return `
class Net${k}(nn.Module):
    def __init__(self, width: int = 16):
        super().__init__()
        self.first = nn.Linear(5, width)
        self.second = nn.Linear(width, 10)

    def forward(self, x):
        return self.second(torch.tanh(self.first(x)))


def penalty${k}(net, x):
    per_sample = jacobian(lambda z: net(z).sum(0), x).movedim(1, 0)
    return per_sample.pow(2).sum(dim=(1, 2))


net${k} = Net${k}()
x${k} = torch.randn(3, 5)
value${k} = penalty${k}(net${k}, x${k})
full${k} = jacobian(net${k}, x${k})
`;
}

const head = 'import torch\nimport torch.nn as nn\nfrom torch.autograd.functional import jacobian\n';

function script(lines: number): string {
  const parts: string[] = [head];
  for (let k = 0, count = 3; count < lines; k++) {
    const text = part(k);
    parts.push(text);
    count += text.split('\n').length - 1;
  }
  return parts.join('');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const runs = 7;
const analyser = createAnalyser(await createParser(await locateWasm()));
const rows = [100, 1000, 10_000].map((size) => {
  const text = script(size);
  const lines = text.split('\n').length;
  const times: number[] = [];
  let findings = 0;
  // The first run warms the page's own code and is not counted.
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    findings = analyser.analyse('/bench.py', `${text}y = ${run}\n`, noFiles, {}).findings.length;
    if (run > 0) times.push(performance.now() - start);
  }
  return { lines, ms: median(times), findings };
});
const [smallest] = rows;
console.log('Edit to diagnostics, median of 7 runs in one process:');
console.table(
  rows.map(({ lines, ms, findings }) => ({
    lines,
    findings,
    ms: Number(ms.toFixed(1)),
    'ms per 1000 lines': Number(((1000 * ms) / lines).toFixed(1)),
    'to the smallest, per line': smallest ? Number((ms / lines / (smallest.ms / smallest.lines)).toFixed(2)) : 1,
  })),
);

/** What a person waits for who puts the cursor on a finding, or points at it: each time of a text that was just analysed. */
function asked(lines: number): void {
  const text = script(lines);
  const times = { 'light bulb': [] as number[], 'light bulb, asked for': [] as number[], hover: [] as number[] };
  const hints: number[] = [];
  const timed = (into: number[], work: () => void): void => {
    const start = performance.now();
    work();
    into.push(performance.now() - start);
  };
  for (let run = 0; run < runs; run++) {
    const analyse = (changed: string) => analyser.analyse('/bench.py', changed, noFiles, {});
    const analysis = analyse(`${text}y = ${run}\n`);
    const { document, part } = fileDocument('file:///bench.py', run, analysis);
    const finding = analysis.findings[Math.floor(((run + 0.5) * analysis.findings.length) / runs)];
    if (finding === undefined) continue;
    const { range } = finding;
    const request = { range, only: undefined, shown: [], analyse };
    timed(times['light bulb'], () => codeActions(document, { ...request, isAsked: false }));
    timed(times['light bulb, asked for'], () => codeActions(document, { ...request, isAsked: true }));
    timed(times.hover, () => hover(document, part, range.start));
    timed(hints, () => inlayHints(document, part, part.range, 'all'));
  }
  const rounded = (values: readonly number[]): number => Number(median(values).toFixed(1));
  console.log(`Asked for at a finding of a file of ${lines} lines, median of ${runs} in ms:`);
  console.table(
    Object.entries({ ...times, 'inlay hints, all': hints }).map(([what, ms]) => ({ what, ms: rounded(ms) })),
  );
}

/** A file that imports thirty modules, and one that twenty tests import. */
function inPackage(path: string): { readonly file: string; readonly ms: number } {
  const times: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const start = performance.now();
    analyser.analyse(path, `${packageFiles.get(path) ?? ''}y = ${run}\n`, packageHost, {});
    if (run > 0) times.push(performance.now() - start);
  }
  return { file: path, ms: Number(median(times).toFixed(1)) };
}

/** All files of a folder, each with what it imports. */
function checked(folder: string): void {
  const [reader, projects] = [new DiskReader(), new Projects()];
  let [files, lines, slowest] = [0, 0, { path: '', ms: 0 }];
  const start = performance.now();
  for (const found of findFiles([folder])) {
    const path = resolve(found.path);
    const text = reader.readText(path);
    if (text === null) continue;
    const before = performance.now();
    analyser.analyse(path, text, diskHost(reader, projects, path), {});
    const ms = performance.now() - before;
    if (ms > slowest.ms) slowest = { path: found.path, ms };
    files += 1;
    lines += text.split('\n').length;
  }
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `Checked ${files} files of ${lines} lines: ${Math.round(lines / seconds)} lines a second; the slowest took ${Math.round(slowest.ms)} ms: ${slowest.path}`,
  );
}

/** What is held after so many edits, in MiB, once what nobody needs is gone. */
function heldAfter(edits: number): number {
  for (let edit = 0; edit < edits; edit++)
    analyser.analyse(`/${edit % 30}.py`, `${script(100)}y = ${edit}\n`, noFiles, {});
  collectGarbage();
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20);
}

asked(1000);
console.log('Edit to diagnostics in a package of 30 modules and 20 tests, median of 7 runs in ms:');
console.table(['/package/main.py', '/package/net/m0.py', '/package/net/m29.py'].map(inPackage));
checked(process.argv[2] ?? fileURLToPath(new URL('../cases', import.meta.url)));
const held = [200, 900, 900].map(heldAfter);
console.log(`Memory held after 200, 1100 and 2000 edits of 30 files: ${held.join(', ')} MiB`);
console.log(`At most it had ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
