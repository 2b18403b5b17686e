import { allClosedBy, alongOf } from '../derivatives/closed.ts';
import type { Occurrence } from '../derivatives/occurrence.ts';
import { reach } from '../graph/gradient.ts';
import { type Graph, type Node, nodeAt, type Origin, regionNodes } from '../graph/graph.ts';
import { isFloating, showShape } from '../graph/shape.ts';
import { calledName } from './create-graph.ts';
import type { DerivativeRule, Verdict } from './rule.ts';
import { isInTest } from './source-file.ts';

export const noGradInsideTransform: DerivativeRule = {
  of: 'derivative',
  name: 'no-grad-inside-transform',
  severity: 'error',
  place: 'innermost',
  summary: '`torch.no_grad()` or `inference_mode()` in what is differentiated: zeros backwards, no effect forwards',
  check: (occurrence, { graph, file }) => {
    const { derivative } = occurrence;
    if (isInTest(file, derivative.origin)) return null;
    const shape = showShape(occurrence.node.aval.shape);
    const said = (message: string, origin: Origin, here: string): Verdict => ({
      message,
      certainty: 'proved',
      related: [{ origin, message: here }],
      shape,
      wanted: null,
      proposals: () => [],
    });
    const off = allClosedBy(graph, occurrence)?.find(
      ({ gradMode }) => gradMode === 'no_grad' || gradMode === 'inference',
    );
    if (off !== undefined) {
      const mode = off.gradMode === 'inference' ? 'inference_mode()' : 'no_grad()';
      // Some operations refuse tensors of inference mode within a transform.
      const zeros =
        mode === 'inference_mode()' && derivative.api.startsWith('torch.func.')
          ? 'all zeros where it does not raise'
          : 'all zeros';
      return said(
        `This is ${shape}, but ${zeros}: what it differentiates is computed under ${mode}, which records nothing to go back through.`,
        off.origin,
        `this is computed under ${mode}`,
      );
    }
    const ignored = ignoredBy(graph, occurrence);
    if (ignored === null) return null;
    return said(
      `${calledName(derivative)} goes forwards, where no_grad() holds nothing constant: this differs from what jacrev gives; detach() holds it constant both ways.`,
      ignored.origin,
      'this is computed under no_grad(), and differentiated all the same',
    );
  },
};

/** Transforms that go forwards alone. */
const forwards: ReadonlySet<string> = new Set(['torch.func.jacfwd', 'torch.func.jvp', 'torch.func.linearize']);

/**
 * A value under `no_grad` that tangents pass, beside others that are recorded: it was to be held constant. A function that
 * records nothing at all is differentiated as a whole.
 */
function ignoredBy(graph: Graph, occurrence: Occurrence): Node | null {
  const { region, wrt, derivative } = occurrence;
  const [input, [output]] = [region.inputs[wrt], region.outputs];
  if (!forwards.has(derivative.api) || alongOf(occurrence) !== 'forward') return null;
  if (input === undefined || output === undefined || reach(graph, region, wrt, 'reverse').kind !== 'open') return null;
  const held = regionNodes(graph, { inputs: [input], outputs: [output] }).find((id) => {
    const { gradMode, aval } = nodeAt(graph, id);
    const isOpen = (from: typeof id, to: typeof id): boolean =>
      reach(graph, { inputs: [from], outputs: [to] }, 0, 'forward').kind === 'open';
    return id !== input && gradMode === 'no_grad' && isFloating(aval.dtype) && isOpen(input, id) && isOpen(id, output);
  });
  return held === undefined ? null : nodeAt(graph, held);
}
