import type { Program } from '../../language-server/graph/program.ts';
import { givenOf } from '../engine/data/matching.ts';
import { EngineError } from '../engine/report.ts';
import { runProgram } from '../engine/run.ts';
import { type Data, type FromPanel, parseToPanel } from './messages.ts';
import { knowsSizes, parseSettings, type Settings, sizesFor } from './settings.ts';
import { loaded, matching } from './values.ts';
import { type Actions, type Files, type State, showProgress, view } from './view.ts';

/** The panel's one state, and what changes it: messages from the extension, the person, and runs that end. */

interface Host {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const root = document.getElementById('panel') ?? document.body;
let settings: Settings = parseSettings(host.getState());
let state: State = { kind: 'empty', problem: null };
let files: Files = { loaded: [], isOpen: false };
/** Stops the run that goes on; null where none does. */
let stop: AbortController | null = null;
/** Settles once the device is free again: runs come one after the other, for they share it. */
let last: Promise<unknown> = Promise.resolve();

function show(next: State): void {
  state = next;
  const focused = document.activeElement instanceof HTMLElement && root.contains(document.activeElement);
  root.replaceChildren(...view(state, settings, files, actions));
  // The button that was pressed is gone: the one in its place takes the focus, for those who use the keyboard.
  if (focused) root.querySelector<HTMLElement>('form button')?.focus();
}

async function run(program: Program): Promise<void> {
  stop?.abort();
  const own = new AbortController();
  stop = own;
  show({ kind: 'running', program });
  const isCurrent = (): boolean => stop === own;
  const found = matching(program, files.loaded);
  const options = {
    seed: settings.seed,
    sizes: sizesFor(program, settings, found.sizes),
    values: givenOf(found),
    backend: settings.backend,
    repeats: settings.repeats,
    memoryLimit: settings.memory * 2 ** 20,
  };
  const before = last;
  const running = before.then(() =>
    runProgram(program, options, {
      onProgress: (step, fraction) => {
        if (isCurrent()) showProgress(root, step, fraction);
      },
      signal: own.signal,
    }),
  );
  last = running.catch(() => {});
  const next = await running.then(
    (report): State => ({ kind: 'done', program, report }),
    (error: unknown): State => {
      if (!(error instanceof EngineError)) console.error(error);
      return { kind: 'failed', program, error };
    },
  );
  // A run that another one has taken the place of has nothing to say any more.
  if (!isCurrent()) return;
  stop = null;
  show(next);
}

function runAgain(): void {
  if (state.kind !== 'empty') void run(state.program);
}

function change(next: Settings): void {
  settings = next;
  host.setState(settings);
}

function keep(next: Files): void {
  files = next;
  show(state);
}

/** A file takes the place of one of the same name. */
async function receive({ file, bytes }: Data): Promise<void> {
  const next = await loaded(file, bytes);
  keep({ loaded: [...files.loaded.filter(({ name }) => name !== file), next], isOpen: true });
}

const actions: Actions = {
  change,
  load: () => host.postMessage({ kind: 'load' }),
  forget: (file) => keep({ ...files, loaded: files.loaded.filter(({ name }) => name !== file) }),
  open: (isOpen) => {
    files = { ...files, isOpen };
  },
  save: (file, bytes) => host.postMessage({ kind: 'save', file, bytes }),
  run: runAgain,
  cancel: () => stop?.abort(),
  runOn: (backend) => {
    change({ ...settings, backend });
    runAgain();
  },
  reveal: (file, place) => host.postMessage({ kind: 'reveal', file, place }),
};

window.addEventListener('message', ({ data }) => {
  const parsed = parseToPanel(data);
  if (!parsed.ok) {
    stop?.abort();
    stop = null;
    show({ kind: 'empty', problem: parsed.problem });
    return;
  }
  if (parsed.message.kind === 'data') {
    void receive(parsed.message);
    return;
  }
  const { program, run: atOnce } = parsed.message;
  if (atOnce && knowsSizes(program, settings, matching(program, files.loaded).sizes)) void run(program);
  else {
    stop?.abort();
    stop = null;
    show({ kind: 'asking', program });
  }
});

show(state);
host.postMessage({ kind: 'ready' });
