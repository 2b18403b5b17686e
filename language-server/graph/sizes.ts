import type { Dim } from './dim.ts';
import * as D from './dim.ts';
import type { Op } from './primitives/index.ts';
import { type Aval, type Shape, Undecided } from './shape.ts';

/** What an operation is told where sizes known by name get values, or other names. */
export function withSizes(op: Op, sizes: ReadonlyMap<string, Dim>): Op {
  const dim = (own: Dim): Dim => D.substitute(own, sizes);
  const shape = (own: Shape): Shape => own.map(dim);
  const aval = (own: Aval): Aval => ({ ...own, shape: shape(own.shape) });
  const place = (own: Dim | 'loop'): Dim | 'loop' => (own === 'loop' ? own : dim(own));
  switch (op.name) {
    case 'input':
      return { name: op.name, params: { ...op.params, aval: aval(op.params.aval) } };
    case 'data':
      return { name: op.name, params: { ...op.params, aval: aval(op.params.aval) } };
    case 'parameter':
      return { name: op.name, params: { ...op.params, aval: aval(op.params.aval) } };
    case 'opaque':
      return { name: op.name, params: { ...op.params, aval: aval(op.params.aval) } };
    case 'either':
      return { name: op.name, params: { aval: aval(op.params.aval) } };
    case 'full':
      return { name: op.name, params: { ...op.params, shape: shape(op.params.shape) } };
    case 'iota':
      return { name: op.name, params: { ...op.params, shape: shape(op.params.shape) } };
    case 'eye':
      return { name: op.name, params: { ...op.params, shape: shape(op.params.shape) } };
    case 'random':
      return { name: op.name, params: { ...op.params, shape: shape(op.params.shape) } };
    case 'size':
      return { name: op.name, params: { ...op.params, dim: dim(op.params.dim) } };
    case 'broadcast_in_dim':
      return { name: op.name, params: { ...op.params, shape: shape(op.params.shape) } };
    case 'reshape':
      return { name: op.name, params: { shape: shape(op.params.shape) } };
    case 'masked':
      return { name: op.name, params: { shape: shape(op.params.shape) } };
    case 'slice': {
      const { starts, limits, steps } = op.params;
      return { name: op.name, params: { starts: shape(starts), limits: shape(limits), steps } };
    }
    case 'pad': {
      const { low, high, value } = op.params;
      return { name: op.name, params: { low: shape(low), high: shape(high), value } };
    }
    case 'take':
      return { name: op.name, params: { ...op.params, index: place(op.params.index) } };
    case 'update': {
      const { starts, limits } = op.params;
      return { name: op.name, params: { ...op.params, starts: starts.map(place), limits: limits.map(place) } };
    }
    case 'vmap':
    case 'jacobian':
    case 'vjp':
    case 'jvp':
      throw new Undecided('a function of sizes that are given later is not followed');
    default:
      return op;
  }
}
