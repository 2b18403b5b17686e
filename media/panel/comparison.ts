import { type Outcome, type RunReport, type StrategyReport, showBytes } from '../engine/report.ts';
import { h } from './dom.ts';
import { duration } from './words.ts';

/** The ways side by side: what each took, and how far it is off. */
export function comparison({ strategies, chosen }: RunReport): HTMLElement {
  const slowest = Math.max(...strategies.map(({ outcome }) => (outcome.status === 'done' ? outcome.medianMs : 0)));
  return h(
    'div',
    { class: 'table-frame' },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map(({ title, hint, isNumber }) =>
            h('th', { scope: 'col', title: hint, class: isNumber ? 'number' : '' }, title),
          ),
        ),
      ),
      h('tbody', {}, ...strategies.map((strategy) => row(strategy, strategy.name === chosen.name, slowest))),
    ),
  );
}

type Done = Extract<Outcome, { readonly status: 'done' }>;

interface Column {
  readonly title: string;
  readonly hint: string;
  readonly isNumber: boolean;
}

/** The columns behind the way's own: what they say of a way that was run. */
const measures: readonly (Column & { readonly text: (outcome: Done) => string })[] = [
  {
    title: 'First run',
    hint: 'With the shaders compiled',
    isNumber: true,
    text: ({ firstMs }) => duration(firstMs),
  },
  {
    title: 'Draws',
    hint: 'Programs that the device ran for one result',
    isNumber: true,
    text: ({ draws }) => draws.toLocaleString('en'),
  },
  { title: 'Memory', hint: 'Most bytes held at once', isNumber: true, text: ({ peakBytes }) => showBytes(peakBytes) },
  {
    title: 'Off by',
    hint: 'Greatest difference, of the largest entry',
    isNumber: true,
    text: ({ greatestDifference }) =>
      greatestDifference === 0
        ? '0'
        : Number.isFinite(greatestDifference)
          ? greatestDifference.toExponential(0)
          : 'not finite',
  },
];

const columns: readonly Column[] = [
  { title: 'Way', hint: '', isNumber: false },
  { title: 'Time', hint: 'Median of the runs after the first', isNumber: false },
  ...measures,
];

function row(
  { label, explanation, outcome, estimate }: StrategyReport,
  isChosen: boolean,
  slowest: number,
): HTMLElement {
  const way = h(
    'th',
    { scope: 'row', class: 'way' },
    h(
      'details',
      {},
      h('summary', {}, label, isChosen ? h('span', { class: 'badge' }, 'chosen') : null),
      h('p', { class: 'explanation' }, explanation),
    ),
  );
  switch (outcome.status) {
    case 'done':
      return h(
        'tr',
        { class: isChosen ? 'chosen' : '' },
        way,
        h('td', {}, timeBar(outcome, slowest)),
        ...measures.map(({ text }) => h('td', { class: 'number' }, text(outcome))),
      );
    case 'skipped':
      return h(
        'tr',
        { class: 'skipped' },
        way,
        h(
          'td',
          { colspan: columns.length - 1 },
          `Not run: ${outcome.reason} (about ${duration(estimate.ms)}, ${showBytes(estimate.peakBytes)})`,
        ),
      );
    case 'failed':
      return h('tr', { class: 'failed' }, way, h('td', { colspan: columns.length - 1 }, `Failed: ${outcome.message}`));
  }
}

/** The time as a number, with a bar that makes the ways comparable at a glance. */
function timeBar({ medianMs, minMs, maxMs, runs }: Done, slowest: number): HTMLElement {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  bar.style.width = `${slowest === 0 ? 0 : Math.max(1, (100 * medianMs) / slowest)}%`;
  return h(
    'div',
    { class: 'time', title: `${duration(minMs)} to ${duration(maxMs)} in ${runs} runs` },
    h('span', { class: 'number' }, duration(medianMs)),
    h('span', { class: 'bar-frame', 'aria-hidden': 'true' }, bar),
  );
}
