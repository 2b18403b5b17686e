import type { Program } from '../../language-server/graph/program.ts';
import { backends } from '../engine/backends.ts';
import type { Faster, RunReport } from '../engine/report.ts';
import { comparison } from './comparison.ts';
import { type ControlActions, controls } from './controls.ts';
import { h } from './dom.ts';
import { type FailureActions, failure, runOnButton } from './failure.ts';
import { picture } from './picture.ts';
import { type SaveActions, saveButtons } from './saving.ts';
import type { Settings } from './settings.ts';
import { type Loaded, matching, type ValueActions, values } from './values.ts';
import { axesText, counted, duration, entry, shapeText } from './words.ts';

/** What the panel shows. */
export type State =
  | { readonly kind: 'empty'; readonly problem: string | null }
  /** Before the first run, for example while sizes are asked for. */
  | { readonly kind: 'asking'; readonly program: Program }
  | { readonly kind: 'running'; readonly program: Program }
  | { readonly kind: 'done'; readonly program: Program; readonly report: RunReport }
  | { readonly kind: 'failed'; readonly program: Program; readonly error: unknown };

/** The files that weights and inputs come from, and whether the list of them is open. */
export interface Files {
  readonly loaded: readonly Loaded[];
  readonly isOpen: boolean;
}

export type Actions = ControlActions & FailureActions & ValueActions & SaveActions;

/** The whole panel for a state. Progress is told to the element that it holds, see `showProgress`. */
export function view(state: State, settings: Settings, files: Files, actions: Actions): readonly HTMLElement[] {
  if (state.kind === 'empty')
    return [h('p', { class: 'empty' }, state.problem ?? 'Press Run above a derivative call to compute it here.')];
  const { program } = state;
  const isRunning = state.kind === 'running';
  const found = matching(program, files.loaded);
  return [
    header(program, actions),
    controls(program, settings, found.sizes, isRunning, actions),
    values(found, files.loaded, files.isOpen, isRunning, actions),
    ...body(state, actions),
  ];
}

function body(state: Exclude<State, { readonly kind: 'empty' }>, actions: Actions): readonly HTMLElement[] {
  switch (state.kind) {
    case 'asking':
      return [h('p', { class: 'empty' }, askingText(state.program))];
    case 'running':
      return [progress()];
    case 'done':
      return results(state.report, state.program, actions).filter((part) => part !== null);
    case 'failed':
      return [failure(state.error, actions)];
  }
}

function askingText({ sizes }: Program): string {
  return sizes.length === 0
    ? 'Press Run to compute it.'
    : 'The program names sizes without a number. Give each one, and press Run.';
}

/** What is run, and where it stands. */
function header({ source, derivative }: Program, { reveal }: Actions): HTMLElement {
  const { file, line, place: where, text, corrected } = source;
  const place = h(
    'button',
    {
      type: 'button',
      class: 'link',
      title: 'Show it in the editor',
      click: () => reveal(file, { kind: 'line', line }),
    },
    where,
  );
  const what = titleOf(derivative);
  return h(
    'header',
    {},
    h('h1', {}, corrected === null ? what : `Corrected ${what}`, place),
    h('pre', { class: 'code' }, h('code', {}, corrected ?? text)),
    corrected === null ? null : h('p', { class: 'was' }, 'in place of ', h('code', {}, text)),
  );
}

function titleOf(derivative: Program['derivative']): string {
  return derivative === 'hessian' ? 'Hessian' : 'Jacobian';
}

function progress(): HTMLElement {
  return h(
    'section',
    { class: 'progress' },
    h('progress', { max: 1, value: 0, 'aria-label': 'Progress' }),
    h('p', { 'aria-live': 'polite' }, 'Starting'),
  );
}

/** Shows how far a run is, where the panel shows one. */
export function showProgress(root: HTMLElement, step: string, fraction: number): void {
  const bar = root.querySelector<HTMLProgressElement>('.progress progress');
  const text = root.querySelector('.progress p');
  if (bar === null || text === null) return;
  bar.value = fraction;
  if (text.textContent !== step) text.textContent = step;
}

function results(report: RunReport, { derivative }: Program, actions: Actions): readonly (HTMLElement | null)[] {
  const { result, warnings, chosen, plan, faster } = report;
  return [
    ...warnings.map((warning) => h('p', { class: 'warning', role: 'note' }, warning)),
    faster === null ? null : elsewhere(faster, actions),
    h(
      'section',
      { class: 'result' },
      h(
        'div',
        { class: 'numbers' },
        h('h2', {}, 'Result'),
        h('p', { class: 'shape' }, shapeText(result.shape)),
        h('p', {}, axesText(result)),
        h('dl', {}, ...facts(report).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
        saveButtons(titleOf(derivative).toLowerCase(), report, actions),
      ),
      result.matrices.length === 0 ? null : picture(result),
    ),
    h(
      'section',
      {},
      h('h2', {}, 'The ways, side by side'),
      h('p', { class: 'about' }, 'Every way computes the same result, from the same weights and inputs.'),
      comparison(report),
    ),
    h(
      'section',
      { class: 'plan' },
      h('h2', {}, 'How it was computed'),
      h('p', {}, chosen.why),
      plan.length === 0 ? null : h('ol', {}, ...plan.map((step) => h('li', {}, step))),
    ),
    h('footer', {}, origins(report)),
  ];
}

/** That another backend would be faster. */
function elsewhere({ backend, hereMs, thereMs }: Faster, { runOn }: Actions): HTMLElement {
  const times = Number((hereMs / thereMs).toPrecision(2)).toLocaleString('en');
  return h(
    'div',
    { class: 'warning faster', role: 'note' },
    h(
      'p',
      {},
      `The ${backends[backend].title} was ${times} times as fast for this: ${duration(thereMs)} in place of ${duration(hereMs)}.`,
    ),
    runOnButton(backend, runOn),
  );
}

/** Where a result comes from. */
function origins({ backend, renderer, seed, given }: RunReport): string {
  const device = renderer ?? `the ${backends[backend].title}`;
  const files = given.length === 0 ? '' : `${counted(given.length, 'tensor')} from files, `;
  return `Computed on ${device}, ${files}weights and inputs that ${given.length === 0 ? 'the file does not give' : 'no file gives'} from seed ${seed}.`;
}

/** The numbers that sum up a result. */
function facts({ result }: RunReport): readonly (readonly [string, string])[] {
  const { min, max, nanCount, infiniteCount, zeroCount, shape, shownRows, shownColumns, rows, columns } = result;
  const total = shape.reduce((a, b) => a * b, 1);
  return [
    ['Entries', total.toLocaleString('en')],
    ...(min === null || max === null ? [] : [['Range', `${entry(min)} to ${entry(max)}`] as const]),
    ['Zeros', zeroCount.toLocaleString('en')],
    ...(nanCount === 0 ? [] : [['NaN', nanCount.toLocaleString('en')] as const]),
    ...(infiniteCount === 0 ? [] : [['Infinite', infiniteCount.toLocaleString('en')] as const]),
    ...(shownRows < rows || shownColumns < columns
      ? [['Shown', `the first ${counted(shownRows, 'row')} and ${counted(shownColumns, 'column')}`] as const]
      : []),
  ];
}
