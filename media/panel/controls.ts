import type { Program } from '../../language-server/graph/program.ts';
import { backendNames, backends, isBackendName } from '../engine/backends.ts';
import { h } from './dom.ts';
import { defaultSize, type Settings } from './settings.ts';

/** What the controls do. */
export interface ControlActions {
  readonly change: (settings: Settings) => void;
  readonly run: () => void;
  readonly cancel: () => void;
}

/**
 * The fields for a run, and the buttons that start and stop one.
 * @param bound sizes, by key, that files decide
 */
export function controls(
  program: Program,
  settings: Settings,
  bound: Readonly<Record<string, number>>,
  isRunning: boolean,
  { change, run, cancel }: ControlActions,
): HTMLElement {
  let now = settings;
  const set = (part: Partial<Settings>): void => {
    now = { ...now, ...part };
    change(now);
  };
  const backend = h(
    'select',
    {
      change: () => {
        if (isBackendName(backend.value)) set({ backend: backend.value });
      },
    },
    ...backendNames.map((name) =>
      h('option', { value: name, selected: name === settings.backend }, backends[name].title),
    ),
  );
  const form = h(
    'form',
    {
      class: 'controls',
      submit: (event) => {
        event.preventDefault();
        run();
      },
    },
    h(
      'fieldset',
      { disabled: isRunning },
      ...program.sizes.map(({ key, name }) =>
        bound[key] === undefined
          ? numberField(name, settings.sizes[name] ?? defaultSize, 1, (value) =>
              set({ sizes: { ...now.sizes, [name]: value } }),
            )
          : h(
              'label',
              { title: 'As the file has it' },
              h('span', {}, name),
              h('input', { type: 'number', value: bound[key], disabled: true }),
            ),
      ),
      numberField('Seed', settings.seed, 0, (seed) => set({ seed })),
      h('label', {}, h('span', {}, 'Runs on'), backend),
      h(
        'details',
        { class: 'options' },
        h('summary', {}, 'Options'),
        numberField('Timed runs', settings.repeats, 1, (repeats) => set({ repeats })),
        numberField('Memory limit, MiB', settings.memory, 1, (memory) => set({ memory })),
      ),
    ),
    isRunning
      ? h('button', { type: 'button', class: 'secondary', click: cancel }, 'Cancel')
      : h('button', { type: 'submit' }, 'Run'),
  );
  return form;
}

/** A field for a whole number; one that is none is not taken over. */
function numberField(title: string, value: number, least: number, take: (value: number) => void): HTMLElement {
  const input = h('input', { type: 'number', min: least, step: 1, value, required: true });
  input.addEventListener('input', () => {
    const typed = input.valueAsNumber;
    if (Number.isInteger(typed) && typed >= least) take(typed);
  });
  return h('label', {}, h('span', {}, title), input);
}
