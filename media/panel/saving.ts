import { writeNpy, writeNpz } from '../engine/data/files.ts';
import type { NamedValues, RunReport } from '../engine/report.ts';
import { h } from './dom.ts';

/** The result as a file that NumPy reads. */

export interface SaveActions {
  readonly save: (file: string, bytes: Uint8Array) => void;
}

export function saveButtons(name: string, report: RunReport, { save }: SaveActions): HTMLElement {
  const { shape, values } = report.result;
  return h(
    'p',
    { class: 'save' },
    h(
      'button',
      { type: 'button', class: 'secondary', click: () => save(`${name}.npy`, writeNpy(shape, values)) },
      'Save as .npy',
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'secondary',
        title: 'With the weights and inputs that it was computed from',
        click: () => save(`${name}.npz`, writeNpz(apart([{ name, shape, values }, ...report.leaves]))),
      },
      'Save as .npz',
    ),
  );
}

/** With a number behind a name that another one has before it. */
function apart(arrays: readonly NamedValues[]): readonly NamedValues[] {
  const seen = new Map<string, number>();
  return arrays.map((array) => {
    const count = (seen.get(array.name) ?? 0) + 1;
    seen.set(array.name, count);
    return count === 1 ? array : { ...array, name: `${array.name}_${count}` };
  });
}
