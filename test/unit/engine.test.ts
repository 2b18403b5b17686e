import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeId } from '../../language-server/graph/graph.ts';
import { product } from '../../media/engine/concrete.ts';
import { denseJacobian, overLeadingAxis } from '../../media/engine/differentiate.ts';
import { Emitter } from '../../media/engine/emitter.ts';
import { evaluate, type Values } from '../../media/engine/reference.ts';
import { cases, type Fact, facts } from './engine-cases.ts';

/** Largest difference relative to the largest entry of the truth (at least 1). */
export function distance(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  assert.equal(values.length, truth.length, 'as many numbers');
  let [gap, size] = [0, 1];
  for (let k = 0; k < truth.length; k++) {
    const [a, b] = [values[k] ?? Number.NaN, truth[k] ?? Number.NaN];
    if (Object.is(a, b)) continue;
    gap = Math.max(gap, Number.isFinite(a - b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY);
    size = Math.max(size, Math.abs(b));
  }
  return gap / size;
}

function written(fact: Fact): { g: Emitter; x: NodeId; y: NodeId; leaves: Map<NodeId, Values> } {
  const build = cases[fact.name];
  assert.ok(build !== undefined, `no graph for ${fact.name}`);
  const g = new Emitter();
  const x = g.input('x', { shape: fact.shape, dtype: 'float32' });
  return { g, x, y: build(g, x), leaves: new Map([[x, { shape: fact.shape, data: Float64Array.from(fact.x) }]]) };
}

for (const fact of facts.cases) {
  test(`${fact.name}: value and derivatives as PyTorch's`, () => {
    const { g, x, y, leaves } = written(fact);
    const value = (id: NodeId): Float64Array => evaluate(g, [id], leaves)[0]?.data ?? new Float64Array();
    assert.deepEqual(g.shape(y), fact.result);
    assert.ok(distance(value(y), fact.y) < 1e-9, `value off by ${distance(value(y), fact.y)}`);
    for (const mode of ['reverse', 'forward'] as const) {
      const off = distance(value(denseJacobian(g, y, x, mode)), fact.jacobian);
      assert.ok(off < 1e-9, `${mode} Jacobian off by ${off}`);
    }
    if (fact.hessian === undefined) return;
    const n = product(fact.result);
    const weights = g.emit('literal', {
      values: Array.from({ length: n }, (_, k) => (k + 1) / n),
      shape: fact.result,
      dtype: 'float32',
    });
    const total = g.sum(g.mul(y, weights));
    const gradient = denseJacobian(g, total, x, 'reverse');
    for (const mode of ['reverse', 'forward'] as const) {
      const off = distance(value(denseJacobian(g, gradient, x, mode)), fact.hessian);
      assert.ok(off < 1e-8, `${mode} over reverse off by ${off}`);
    }
    const forward = denseJacobian(g, denseJacobian(g, total, x, 'forward'), x, 'forward');
    assert.ok(
      distance(value(forward), fact.hessian) < 1e-8,
      `forward over forward off by ${distance(value(forward), fact.hessian)}`,
    );
  });

  test(`${fact.name}: over a leading axis`, () => {
    const { g, x, y } = written(fact);
    const size = 2;
    const many = g.input('many', { shape: [size, ...fact.shape], dtype: 'float32' });
    const all = overLeadingAxis(g, y, new Map([[x, many]]), size);
    const other = fact.x.map((v, k) => v * (1 + 0.01 * (k % 3)));
    const together = evaluate(
      g,
      [all],
      new Map([[many, { shape: [size, ...fact.shape], data: Float64Array.from([...fact.x, ...other]) }]]),
    )[0];
    const alone = [fact.x, other].flatMap((data) => [
      ...(evaluate(g, [y], new Map([[x, { shape: fact.shape, data: Float64Array.from(data) }]]))[0]?.data ?? []),
    ]);
    assert.deepEqual(together?.shape, [size, ...fact.result]);
    assert.ok(distance(together?.data ?? [], alone) < 1e-12);
  });
}
