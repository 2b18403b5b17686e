import type { StrategyName } from '../../media/engine/report.ts';
import { mlp } from '../unit/engine-nets.ts';
import { openEngine } from './engine-browser.ts';

/** Times the ways to compute batch Jacobians in a real browser: `npm run bench:engine [-- NAME...]`. */

const cases: readonly { readonly name: string; readonly widths: readonly number[]; readonly batch: number }[] = [
  { name: '5-2-10', widths: [5, 2, 10], batch: 3 },
  { name: '64-64-64-10', widths: [64, 64, 64, 10], batch: 32 },
  { name: '256-8-256', widths: [256, 8, 256], batch: 32 },
  { name: '10-128-128-200', widths: [10, 128, 128, 200], batch: 32 },
  { name: '256-64-4-64-256', widths: [256, 64, 4, 64, 256], batch: 16 },
  { name: '784-256-256-10', widths: [784, 256, 256, 10], batch: 128 },
];

const names: readonly StrategyName[] = ['planned', 'reverse', 'forward', 'tiled', 'sum', 'full', 'loop'];
const wanted = process.argv.slice(2);
const engine = await openEngine();
console.log(
  [
    'case'.padEnd(18),
    ...names.map((name) => name.padStart(16)),
    'sum/planned'.padStart(12),
    'difference'.padStart(11),
  ].join(''),
);
for (const { name, widths, batch } of cases) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const report = await engine.run(mlp(widths, batch, 'tanh'), { repeats: 15 });
  const of = (strategy: StrategyName) => report.strategies.find((own) => own.name === strategy)?.outcome;
  const ms = (strategy: StrategyName): number => {
    const outcome = of(strategy);
    return outcome?.status === 'done' ? outcome.medianMs : Number.NaN;
  };
  const cells = names.map((strategy) => {
    const outcome = of(strategy);
    return outcome?.status === 'done' ? `${outcome.medianMs.toFixed(2)} (${outcome.draws})` : (outcome?.status ?? '-');
  });
  const planned = of('planned');
  const off = planned?.status === 'done' ? planned.greatestDifference.toExponential(1) : '-';
  console.log(
    [
      `${name}, b ${batch}`.padEnd(24),
      ...cells.map((cell) => cell.padStart(16)),
      (ms('sum') / ms('planned')).toFixed(1).padStart(12),
      off.padStart(11),
    ].join(''),
  );
  if (wanted.length > 0)
    console.log(
      report.renderer,
      report.chosen.why,
      report.plan,
      report.strategies.map((s) => [s.name, s.outcome]),
    );
}
await engine.close();
