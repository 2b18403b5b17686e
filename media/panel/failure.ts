import { backends } from '../engine/backends.ts';
import { type BackendName, EngineError, type Problem } from '../engine/report.ts';
import { h } from './dom.ts';
import type { Place } from './messages.ts';

/** What a person can do about a run that did not work. */
export interface FailureActions {
  /** Runs again on another backend, which is the chosen one from then on. */
  readonly runOn: (backend: BackendName) => void;
  readonly reveal: (file: string, place: Place) => void;
}

/** Why a run did not work, in words, with what may be done about it. */
export function failure(error: unknown, actions: FailureActions): HTMLElement {
  if (!(error instanceof EngineError)) {
    const text = error instanceof Error ? error.message : String(error);
    return note('This should not have happened', `The engine failed: ${text}`, null);
  }
  return note(titleOf(error.problem), error.message, remedy(error.problem, actions));
}

function note(title: string, text: string, action: HTMLElement | null): HTMLElement {
  return h('section', { class: 'failure', role: 'alert' }, h('h2', {}, title), h('p', {}, text), action);
}

function titleOf(problem: Problem): string {
  switch (problem.kind) {
    case 'no-backend':
      return `No ${backends[problem.backend].technology}`;
    case 'context-lost':
      return 'The GPU was lost';
    case 'out-of-memory':
    case 'device-full':
      return 'Too large';
    case 'unsupported':
      return 'Not supported yet';
    case 'zero-size':
      return 'Nothing to compute';
    case 'missing-size':
      return 'A size is missing';
    case 'does-not-fit':
      return 'The sizes do not fit';
    case 'cancelled':
      return 'Cancelled';
  }
}

function remedy(problem: Problem, { runOn, reveal }: FailureActions): HTMLElement | null {
  switch (problem.kind) {
    case 'no-backend':
    case 'context-lost':
    case 'device-full': {
      const { instead } = backends[problem.backend];
      return instead === null ? null : runOnButton(instead, runOn);
    }
    case 'unsupported':
    case 'does-not-fit': {
      const { origin } = problem;
      if (origin === null || origin.file === '') return null;
      const place: Place = { kind: 'range', start: origin.start, end: origin.end };
      return h('button', { type: 'button', class: 'secondary', click: () => reveal(origin.file, place) }, 'Show where');
    }
    case 'out-of-memory':
    case 'zero-size':
    case 'missing-size':
    case 'cancelled':
      return null;
  }
}

/** Runs again on a backend that it names. */
export function runOnButton(backend: BackendName, runOn: FailureActions['runOn']): HTMLElement {
  return h('button', { type: 'button', click: () => runOn(backend) }, `Run on the ${backends[backend].title}`);
}
