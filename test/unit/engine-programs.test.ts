import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Candidate, cheapest } from '../../media/engine/candidates.ts';
import { divided, flat, modulo, textOf, unravel } from '../../media/engine/programs/indices.ts';
import { regrouped } from '../../media/engine/programs/regroup.ts';
import { layoutOf, placeOfRow } from '../../media/engine/programs/textures.ts';
import { written } from '../../media/engine/programs/written.ts';
import { strategyOf } from '../../media/engine/strategies.ts';
import { subjectOf } from '../../media/engine/subject.ts';
import { mlp } from './engine-nets.ts';

/** Programs of our own, as they are written; what they compute is tested in a browser. */

const limits = { layers: 8, textureSize: 8192, samplers: 16 };
const speed = { drawMs: 0.06, operationsPerMs: 4.5e7, loadsPerMs: 1e6, sortedBytesPerMs: 1e6 };

/** The plan that is taken on a device like SwiftShader. */
function planOf(widths: readonly number[], batch: number): Candidate {
  const best = cheapest(
    strategyOf('planned'),
    subjectOf(mlp(widths, batch, 'tanh'), 1),
    { launchMs: 0.1, flopsPerMs: 5.5e6, bytesPerMs: 1.5e6 },
    2 ** 30,
    {
      write: (g, schedule) => written(g, schedule, limits, speed),
      compile: () => assert.fail('nothing is compiled here'),
    },
  );
  assert.ok(!('cannot' in best));
  return best;
}

test('a tall network is differentiated forward, a wide one backward, an hour-glass meets at its waist', () => {
  const begins = (widths: readonly number[], batch: number): string => planOf(widths, batch).plan.steps.join(' ');
  assert.match(begins([10, 128, 128, 200], 32), /^Forward from all 10 inputs/);
  assert.match(begins([256, 64, 4, 64, 256], 16), /to a value of 4 numbers/);
  assert.match(begins([64, 64, 64, 10], 32), /^Backward from all 10 outputs/);
});

test('the smallest network is one draw, and no program branches or loads element by element', () => {
  assert.equal(planOf([5, 2, 10], 3).written?.draws.length, 1);
  for (const [widths, batch] of [
    [[10, 128, 128, 200], 32],
    [[256, 64, 4, 64, 256], 16],
    [[784, 256, 256, 10], 128],
  ] as const) {
    const { written: own } = planOf(widths, batch);
    assert.ok(own !== null);
    for (const { source, work, layout } of own.draws) {
      assert.doesNotMatch(source, /\bif\b/);
      // Of the large products every load serves several multiplications.
      if (layout.width * layout.height > 1000) assert.ok(work.loads < 3000, `${work.loads} loads`);
      assert.ok(source.length < 20_000, `${source.length} characters`);
    }
  }
});

test('the cost is linear in the number of samples', () => {
  const work = (batch: number): number =>
    planOf([784, 256, 256, 10], batch).written?.draws.reduce(
      (sum, { layout, work: one }) => sum + layout.width * layout.height * one.loads,
      0,
    ) ?? assert.fail();
  assert.ok(Math.abs(work(256) / work(128) - 2) < 0.1);
});

test('each row of a tensor has a place of its own in its texture', () => {
  for (const shape of [[], [3], [3, 10, 5], [32, 1, 2, 7], [200, 10], [9, 4], [2, 17, 1]]) {
    const layout = layoutOf(shape, 8);
    const places = Array.from({ length: layout.rows }, (_, row) => {
      const { layer, y } = placeOfRow(layout, row);
      assert.ok(layer < layout.layers && y < layout.height, `${shape}: row ${row}`);
      return `${layer} ${y}`;
    });
    assert.equal(new Set(places).size, layout.rows);
  }
});

test('indices that are known are computed when the program is written', () => {
  const lines: string[] = [];
  const write = (text: string): string => `v${lines.push(text)}`;
  const row = { base: 'y', scale: 8, offset: 3 };
  assert.equal(textOf(divided(row, 200, write)), 'v1');
  assert.equal(lines[0], 'y / 25');
  assert.equal(textOf(modulo(row, 4, write)), '3');
  assert.deepEqual(unravel({ base: null, scale: 1, offset: 11 }, [2, 3, 2], write).map(textOf), ['1', '2', '1']);
  assert.equal(
    textOf(
      flat(
        [
          { base: 'a', scale: 4, offset: 1 },
          { base: 'b', scale: 4, offset: 2 },
        ],
        [9, 8],
        write,
      ),
    ),
    'v2 * 4 + 10',
  );
  assert.equal(lines[1], 'b + a * 8');
});

test('a reshape moves elements between the smallest groups of axes', () => {
  assert.deepEqual(regrouped([2, 1, 6, 5], [4, 3, 5]), [
    { from: [0, 2], to: [0, 1] },
    { from: [3], to: [2] },
  ]);
});
