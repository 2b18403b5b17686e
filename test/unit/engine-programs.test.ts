import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Program } from '../../language-server/graph/program.ts';
import { type Candidate, cheapest } from '../../media/engine/candidates.ts';
import { type Pace, referencePace, speedsOf } from '../../media/engine/pace.ts';
import { divided, flat, modulo, textOf, unravel } from '../../media/engine/programs/indices.ts';
import { regrouped } from '../../media/engine/programs/regroup.ts';
import { inOrder, layoutOf, placeOfRow, readLayout } from '../../media/engine/programs/textures.ts';
import { entriesOf } from '../../media/engine/programs/windows.ts';
import { written } from '../../media/engine/programs/written.ts';
import { strategyOf } from '../../media/engine/strategies.ts';
import { subjectOf } from '../../media/engine/subject.ts';
import { convNet, mlp } from './engine-nets.ts';

/** Programs of our own, as they are written; what they compute is tested in a browser. */

const limits = { layers: 8, textureSize: 8192, samplers: 16 };

/** The plan that is taken on a device of some pace, like SwiftShader where none is given. */
function planFor(program: Program, pace: Pace = referencePace): Candidate {
  const { kernels, programs } = speedsOf(pace);
  const best = cheapest(strategyOf('planned'), subjectOf(program, 1), kernels, 2 ** 30, {
    write: (g, schedule) => written(g, schedule, limits, programs),
    compile: () => assert.fail('nothing is compiled here'),
  });
  assert.ok(!('cannot' in best));
  return best;
}

function planOf(widths: readonly number[], batch: number): Candidate {
  return planFor(mlp(widths, batch, 'tanh'));
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

test('a product is written with what follows each of its elements, and its result in the order in which it is read', () => {
  const draws = planOf([64, 64, 64, 10], 32).written?.draws ?? assert.fail();
  assert.equal(draws.length, 4);
  const last = draws.at(-1) ?? assert.fail();
  assert.ok(inOrder(last.layout));
  // The derivative of the activation is multiplied in where a product is written, never where it is loaded.
  for (const { source } of draws) {
    const loop = source.slice(source.indexOf('for (int'), source.lastIndexOf('  }'));
    assert.doesNotMatch(loop, /vec4\(1e\+0\)/);
  }
});

test('a convolution with pooling is a few draws, however many entries its windows have', () => {
  const draws = planFor(convNet(4, 12, 4)).written?.draws ?? assert.fail();
  assert.ok(draws.length <= 4, `${draws.length} draws`);
});

test('the faster a machine computes beside its launches, the fewer launches a plan has', () => {
  const draws = (pace: Pace): number =>
    planFor(mlp([32, 48, 48, 32, 8], 16, 'tanh'), pace).written?.draws.length ?? assert.fail();
  const gpu = { ...referencePace, flopsPerMs: 100 * referencePace.flopsPerMs };
  assert.ok(draws(gpu) < draws(referencePace), `${draws(gpu)} against ${draws(referencePace)}`);
  const { programs } = speedsOf(gpu);
  assert.equal(programs.drawMs, speedsOf(referencePace).programs.drawMs);
  assert.equal(programs.loadsPerMs, 100 * speedsOf(referencePace).programs.loadsPerMs);
});

test('a result that is read back lies in order, layer after layer', () => {
  for (const shape of [[32, 10, 64], [7, 3, 8], [4], [9, 4]]) {
    const layout = readLayout(shape, 8);
    assert.ok(inOrder(layout), `${shape}`);
    for (let row = 0; row < layout.rows; row++) {
      const { layer, y } = placeOfRow(layout, row);
      assert.equal(layer * layout.height + y, row, `${shape}: row ${row}`);
    }
  }
  assert.ok(!inOrder(readLayout([3, 10, 5], 8)), 'rows that end within a texel');
  assert.ok(!inOrder(layoutOf([32, 10, 64], 8)));
});

test('of a transposed convolution only the entries that the stride meets are written', () => {
  const params = {
    stride: [2],
    padding: [[1, 1]],
    dilation: [1],
    groups: 1,
    transposed: { outputPadding: [1] },
  } as const;
  const entries = entriesOf(params, [3], [4], [8]);
  const write = (): string => assert.fail('all is known');
  const from = (base: string | null, scale: number, offset: number): (string | null)[] =>
    entries.map(({ axes }) => {
      const source = axes[0]?.at({ base, scale, offset }, write) ?? null;
      return source === null ? null : textOf(source.index);
    });
  // Output i takes input (i + 1 - k) / 2, where that is whole.
  assert.deepEqual(from(null, 1, 0), [null, '0', null]);
  assert.deepEqual(from(null, 1, 1), ['1', null, '0']);
  assert.deepEqual(from('x', 4, 2), [null, 'x * 2 + 1', null]);
  assert.deepEqual(
    entries.map(({ axes }) => [axes[0]?.low, axes[0]?.high]),
    [
      [false, true],
      [false, false],
      [true, false],
    ],
  );
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
