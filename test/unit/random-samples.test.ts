import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { dependence } from '../../language-server/graph/dependence.ts';
import { isKnown } from '../../language-server/graph/dim.ts';
import type { Flow } from '../../language-server/graph/flow.ts';
import { createParser, type PythonParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import type { Trace } from '../../language-server/tracer/trace.ts';
import { type Moves, movesOf, readBatchFacts } from '../random/facts.ts';
import { batchProgram, programCounts } from '../random/programs.ts';
import { tracedText } from './library-facts.ts';

/** Random functions of a batch (test/random/): what is proved of their samples, against which samples moved what in the real library. */

const facts = readBatchFacts(new URL('../facts/random_programs.json', import.meta.url));
const batches = Array.from({ length: programCounts.batches }, (_, k) => batchProgram(k));

/** With SHOW_UNKNOWN set, what is not proved is printed. */
const shows = process.env.SHOW_UNKNOWN !== undefined;

let parser: PythonParser;
before(async () => {
  parser = await createParser(await locateWasm());
});

/** What is claimed of an element's samples; null: nothing that could be wrong. */
function allowed(
  flow: Flow,
  shape: readonly number[],
  element: number,
  batch: number,
): ((mask: number) => boolean) | null {
  switch (flow.kind) {
    case 'constant':
      return (mask) => mask === 0;
    case 'partial':
      return (mask) => (flow.sample === null ? (mask & (mask - 1)) === 0 : (mask & ~(1 << flow.sample)) === 0);
    case 'along': {
      const own = flow.axes.flatMap(({ axis, inner }) => {
        const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const at = Math.floor(element / stride) % (shape[axis] ?? 1);
        return isKnown(inner) ? [Math.floor(at / inner) % batch] : [];
      });
      return (mask) => own.every((sample) => (mask & ~(1 << sample)) === 0);
    }
    default:
      return null;
  }
}

function tracedFlow(traced: Trace, name: string): Flow | null {
  const node = (of: string) =>
    traced.bindings.findLast((binding) => binding.name === of && binding.node !== null)?.node ?? null;
  const x =
    traced.bindings.find((binding) => binding.name === 'x' && binding.node !== null && binding.value.kind === 'tensor')
      ?.node ?? null;
  const y = node(name);
  return x === null || y === null ? null : dependence(traced.graph, { inputs: [x], outputs: [y] }, 0, 0);
}

test('samples of a batch in random programs: what is proved independent is not moved', (t) => {
  const wrong: string[] = [];
  let [separate, proved, mixed] = [0, 0, 0];
  batches.forEach((text, k) => {
    const [y, z] = facts.batches[k] ?? [null, null];
    const traced = tracedText(parser, text);
    for (const [name, moved] of [
      ['y', y],
      ['z', z],
    ] as const) {
      if (moved === null) continue;
      const { shape, masks }: Moves = movesOf(moved);
      const batch = Number(/^x = torch.rand\((\d+)/m.exec(text)?.[1]);
      const flow = tracedFlow(traced, name);
      const isSeparate = masks.every((mask) => (mask & (mask - 1)) === 0);
      if (flow !== null)
        masks.forEach((mask, element) => {
          const allows = allowed(flow, shape, element, batch);
          if (allows !== null && !allows(mask))
            wrong.push(
              `batch program ${k}: ${name} is taken for ${JSON.stringify(flow)}, but element ${element} of ${shape} is moved by ${mask.toString(2)}\n${text}`,
            );
        });
      if (!isSeparate) continue;
      separate++;
      if (flow !== null && ['constant', 'along', 'partial'].includes(flow.kind)) proved++;
      else if (flow?.kind === 'mixed') mixed++;
      else if (shows) console.log('unproved:', k, name, JSON.stringify(flow), text.split('\n').slice(6).join('\n'));
    }
  });
  const provedShare = (proved / separate) * 100;
  // Where samples are said to mix, zeros or constants hide it from the numbers.
  const mixedShare = (mixed / separate) * 100;
  t.diagnostic(
    `${separate} results keep samples apart, ${provedShare.toFixed(1)} % are proved to, ${mixedShare.toFixed(1)} % are said to mix them`,
  );
  assert.deepEqual(wrong.slice(0, 10), []);
  assert.ok(provedShare > 85, `only ${provedShare.toFixed(1)} % are proved`);
  assert.ok(mixedShare < 7, `${mixedShare.toFixed(1)} % are said to mix samples, but nothing moves`);
});
