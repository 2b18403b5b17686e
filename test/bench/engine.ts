import type { Program } from '../../language-server/graph/program.ts';
import type { StrategyName } from '../../media/engine/report.ts';
import { attention, convNet, mlp } from '../unit/engine-nets.ts';
import { openEngine } from './engine-browser.ts';

/**
 * Times the ways to compute batch Jacobians in a real browser: `npm run bench:engine [-- NAME...]`. Milliseconds until
 * the result is read back, the median of several runs, with the draws that one takes.
 */

interface Case {
  readonly name: string;
  readonly program: Program;
  /** Of a multilayer perceptron, for what is compared beside the ways. */
  readonly net: { readonly widths: readonly number[]; readonly batch: number; readonly peer: boolean } | null;
  /** The ways that are timed; all by default. */
  readonly ways?: readonly StrategyName[];
}

function perceptron(widths: readonly number[], batch: number, peer: boolean): Case {
  return {
    name: `${widths.join('-')}, b ${batch}`,
    program: mlp(widths, batch, 'tanh'),
    net: { widths, batch, peer },
  };
}

const cases: readonly Case[] = [
  perceptron([5, 2, 10], 3, true),
  perceptron([64, 64, 64, 10], 32, true),
  perceptron([256, 8, 256], 32, true),
  perceptron([10, 128, 128, 200], 32, true),
  perceptron([256, 64, 4, 64, 256], 16, true),
  perceptron([784, 256, 256, 10], 128, true),
  { name: 'conv 12x12, 4 channels, b 4', program: convNet(4, 12, 4), net: null },
  { name: 'attention 8x16, b 4', program: attention(4, 8, 16), net: null },
  // Cost in the number of samples.
  ...[64, 128, 256].map(
    (batch): Case => ({ ...perceptron([64, 64, 64, 10], batch, false), ways: ['reverse', 'forward', 'sum'] }),
  ),
];

const ways: readonly StrategyName[] = ['planned', 'reverse', 'forward', 'tiled', 'sum', 'full', 'loop'];
/** The floor is told where arithmetic is what takes the time. */
const manyFlops = 1e8;

const wanted = process.argv.slice(2);
const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
if (chosen.length === 0)
  throw new Error(`no case of that name; there are: ${cases.map(({ name }) => name).join('; ')}`);

function ms(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

const engine = await openEngine();
const rows: Record<string, Record<string, string>> = {};
for (const { name, program, net, ways: asked } of chosen) {
  try {
    const {
      strategies,
      chosen: best,
      plan,
    } = await engine.run(program, asked === undefined ? { repeats: 9 } : { repeats: 9, strategies: asked });
    const times = new Map<StrategyName, number>();
    const row: Record<string, string> = {};
    for (const way of ways) {
      const outcome = strategies.find((own) => own.name === way)?.outcome;
      if (outcome?.status === 'done') times.set(way, outcome.medianMs);
      row[way] = outcome?.status === 'done' ? `${ms(outcome.medianMs)} (${outcome.draws})` : (outcome?.status ?? '-');
      if (outcome?.status === 'failed') console.log(`${name}, ${way}: ${outcome.message}`);
      if (outcome?.status === 'done' && outcome.greatestDifference > 2e-5)
        console.log(`${name}, ${way}: off by ${outcome.greatestDifference.toExponential(1)}`);
    }
    const planned = times.get('planned') ?? Number.NaN;
    const others = [...times].flatMap(([way, own]) => (way === 'planned' ? [] : [own]));
    const against = (other: number | undefined): string => (other === undefined ? '-' : (other / planned).toFixed(1));
    row['best other / planned'] = others.length === 0 ? '-' : against(Math.min(...others));
    row['sum / planned'] = against(times.get('sum'));
    const estimate = strategies.find((own) => own.name === 'planned')?.estimate;
    row['floor / planned'] =
      estimate === undefined || estimate.flops < manyFlops
        ? '-'
        : against(await engine.floor(estimate.flops, estimate.launches));
    row['jax-js / planned'] =
      net?.peer === true ? against((await engine.peer(net.widths, net.batch)) ?? undefined) : '-';
    rows[name] = row;
    // Each row at once, for what is cut short; the table comes at the end.
    console.log(`\n${name}: ${best.why} ${plan[0]}`);
    console.log(
      Object.entries(row)
        .map(([title, value]) => `  ${title}: ${value}`)
        .join('\n'),
    );
  } catch (error) {
    console.log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log('Milliseconds with reading the result back, and draws in brackets; ratios are of this run:');
console.table(rows);
await engine.close();
