import { closedBy, isUnrecorded } from '../derivatives/closed.ts';
import { showShape } from '../graph/shape.ts';
import { byTransforms, calledName, recordThem } from './create-graph.ts';
import type { DerivativeRule } from './rule.ts';
import { isInTest } from './source-file.ts';

export const nestedJacobianWithoutCreateGraph: DerivativeRule = {
  of: 'derivative',
  name: 'nested-jacobian-without-create-graph',
  severity: 'error',
  place: 'innermost',
  summary: 'a derivative of a derivative that was made without `create_graph=True`: silently all zeros',
  check: (occurrence, { graph, trace, file }) => {
    const by = closedBy(graph, occurrence);
    if (by === null || !by.every(isUnrecorded) || isInTest(file, occurrence.derivative.origin)) return null;
    const inner = trace.derivatives.find(({ results }) => results.some((id) => by.some((node) => node.id === id)));
    if (inner === undefined) return null;
    const shape = showShape(occurrence.node.aval.shape);
    const name = calledName(inner);
    return {
      message: `This is ${shape}, but all zeros: what it differentiates is made by ${name} without create_graph=True, which cuts it off from the input.`,
      certainty: 'proved',
      related: [{ origin: inner.origin, message: `${name} is called without create_graph=True here` }],
      shape,
      wanted: null,
      proposals: () => {
        const nodes = by.map(({ id }) => id);
        return [recordThem(trace, file, nodes), byTransforms(trace, file, nodes)];
      },
    };
  },
};
