import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { createAnalyser } from '../../language-server/rules/analyse.ts';
import { noFiles } from '../../language-server/rules/analysis.ts';
import { codeActions } from '../../language-server/server/code-actions.ts';
import { fileDocument } from '../../language-server/server/document.ts';
import { hover } from '../../language-server/server/hover.ts';
import { inlayHints } from '../../language-server/server/inlay-hints.ts';

/**
 * How long an edit takes until its diagnostics are there, and how that grows with the file: `npm run bench`. The last
 * line of each file is changed before each run, so that nothing is left over from the run before.
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

asked(1000);
console.log(`Memory held at the end: ${Math.round(process.memoryUsage().heapUsed / 2 ** 20)} MiB`);
