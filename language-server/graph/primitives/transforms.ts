import * as D from '../dim.ts';
import { alongAxis, combineFreely, constant, type Flow, plainAxes, renameAxes } from '../flow.ts';
import type { NodeId, Region } from '../graph.ts';
import { type Aval, dimAt, requireEqual, type Shape, showShape, sizeOf } from '../shape.ts';
import { type Family, type FlowContext, operand } from './primitive.ts';

/**
 * Functions of functions: each holds a region. Operands 0..n-1 are the values of the region's n inputs.
 * What the region captures from outside is found through the region's own nodes.
 */
export interface TransformParams {
  /** The region once for each entry of the mapped axes (null: not mapped), results along `outAxis`. */
  readonly vmap: {
    readonly region: Region;
    readonly inAxes: readonly (number | null)[];
    readonly outAxis: number;
    readonly output: Aval;
  };
  /** d output / d input `wrt` of the region: (*output, *input). */
  readonly jacobian: JacobianParams;
  /** The cotangent (the last operand) pulled back to input `wrt`: shaped like that input. */
  readonly vjp: DerivativeParams;
  /** The tangents (operands n..2n-1) pushed forward: shaped like the output. */
  readonly jvp: DerivativeParams;
}

export interface DerivativeParams {
  readonly region: Region;
  readonly wrt: number;
  readonly input: Aval;
  readonly output: Aval;
  /** Whether the result can be differentiated again (`create_graph`); without, it is cut off from its inputs. */
  readonly differentiable: boolean;
}

export interface JacobianParams extends DerivativeParams {
  readonly mode: 'reverse' | 'forward';
}

/** The region's output, given the operands' flows for its inputs. */
function through(context: FlowContext<{ readonly region: Region }>): Flow {
  const { region } = context.params;
  return context.flowThrough(region, context.flows.slice(0, region.inputs.length));
}

/**
 * The flows of what is differentiated and of what it is differentiated by. Where that hangs on no sample itself (the
 * derivative by y of a function of x and y, as it depends on x), it goes along the axis that keeps samples apart with
 * those of the seed, if it has one: then d y_s / d y_t is zero for s != t, and hangs on sample t of the seed alone.
 */
function differentiated(context: FlowContext<DerivativeParams>): { readonly inner: Flow; readonly own: Flow } {
  const { flows, params, batch } = context;
  const { region, wrt, input } = params;
  const inner = through(context);
  const own = operand(flows, wrt);
  if (own.kind !== 'constant' || !isOfSamples(inner)) return { inner, own };
  for (const [axis, dim] of input.shape.entries()) {
    if (!D.equal(dim, batch)) continue;
    const beside = alongAxis(axis);
    const both = context.flowThrough(region, flows.slice(0, region.inputs.length).with(wrt, beside));
    if (isOfSamples(both)) return { inner: both, own: beside };
  }
  return { inner, own };
}

/** Whether samples stand side by side, or are but added up. */
function isOfSamples({ kind }: Flow): boolean {
  return kind === 'along' || kind === 'summed' || kind === 'partial';
}

export const transforms: Family<TransformParams> = {
  vmap: {
    aval: (operands, { inAxes, outAxis, output }) => {
      let mapped: D.Dim | null = null;
      inAxes.forEach((axis, k) => {
        if (axis === null) return;
        const shape = operand(operands, k).shape;
        const own = dimAt(shape, axis);
        if (mapped === null) mapped = own;
        else
          requireEqual(
            mapped,
            own,
            () => `vmap got mapped axes of different sizes: ${D.show(own)} in ${showShape(shape)}`,
          );
      });
      return { shape: withAxis(output.shape, outAxis, mapped ?? 1), dtype: output.dtype };
    },
    flow: (context) => {
      const { flows, params, node } = context;
      const isMapped = (flow: Flow, k: number): boolean =>
        flow.kind === 'along' && params.inAxes[k] != null && plainAxes(flow).includes(params.inAxes[k]);
      const mixed: Flow = { kind: 'mixed', by: node };
      // Inside, one sample at a time: what is mapped along the batch varies with the sample alone.
      const carried = flows.map((flow, k) =>
        isMapped(flow, k) ? constant : insideOf(flow, params.inAxes[k] ?? null, mixed),
      );
      const inner = context.flowThrough(params.region, carried);
      const mappedBatch = flows.some(isMapped);
      if (!mappedBatch) return renameAxes(inner, (axis) => (axis >= params.outAxis ? axis + 1 : axis), mixed);
      // Anything else that varies with the batch, captured ones too, meets every mapped sample.
      return inner.kind === 'constant' ? alongAxis(params.outAxis) : inner.kind === 'unknown' ? inner : mixed;
    },
    flops: () => 0,
  },
  jacobian: {
    // Rows are cotangents of the input's type, columns tangents of the output's.
    aval: (_operands, { input, output, mode }) => ({
      shape: [...output.shape, ...input.shape],
      dtype: mode === 'reverse' ? input.dtype : output.dtype,
    }),
    flow: (context) => {
      const { params, node } = context;
      const { inner, own } = differentiated(context);
      const outRank = params.output.shape.length;
      const inAxes = own.kind === 'along' ? own.axes.map((batch) => ({ ...batch, axis: batch.axis + outRank })) : [];
      switch (inner.kind) {
        case 'along':
          // d y_s / d x_t is zero for s != t.
          return inAxes.length === 0
            ? inner
            : {
                kind: 'along',
                axes: [...inner.axes, ...inAxes],
                zeroOff: inner.axes.length === 1 && inAxes.length === 1,
              };
        case 'summed':
          return inAxes.length === 0 ? inner : { kind: 'along', axes: inAxes, zeroOff: false };
        case 'partial':
          return inAxes.length === 0 ? inner : { kind: 'along', axes: inAxes, zeroOff: false };
        case 'constant':
        case 'mixed':
        case 'unknown':
          return inner.kind === 'mixed' ? { kind: 'mixed', by: node } : inner;
      }
    },
    flops: () => 0,
  },
  vjp: {
    aval: (operands, { input, output }) => {
      const cotangent = operands[operands.length - 1];
      if (cotangent !== undefined) {
        for (const [axis, dim] of cotangent.shape.entries()) {
          requireEqual(
            dim,
            output.shape[axis] ?? 1,
            () => `a cotangent ${showShape(cotangent.shape)} for an output ${showShape(output.shape)}`,
          );
        }
      }
      return input;
    },
    flow: (context) => {
      const { flows, node } = context;
      const { inner, own } = differentiated(context);
      const cotangent = operand(flows, flows.length - 1);
      if (inner.kind === 'unknown' || inner.kind === 'mixed') return inner;
      if (cotangent.kind === 'unknown' || cotangent.kind === 'mixed') return cotangent;
      if (inner.kind === 'constant' && cotangent.kind === 'constant') return constant;
      const fits =
        cotangent.kind === 'constant' ||
        (cotangent.kind === 'along' &&
          inner.kind === 'along' &&
          inner.axes.some((x) => cotangent.axes.some((y) => x.axis === y.axis)));
      if (own.kind === 'along' && fits) return { ...own, zeroOff: false };
      return { kind: 'mixed', by: node };
    },
    flops: () => 0,
  },
  jvp: {
    aval: (_operands, { output }) => output,
    flow: (context) => {
      const { flows, params, node } = context;
      const inner = through(context);
      const tangents = flows.slice(params.region.inputs.length);
      if (inner.kind === 'unknown' || inner.kind === 'mixed') return inner;
      const fits = tangents.every((tangent, k) => {
        const own = flows[k];
        return (
          tangent.kind === 'constant' ||
          (tangent.kind === 'along' &&
            own?.kind === 'along' &&
            own.axes.some((x) => tangent.axes.some((y) => x.axis === y.axis)))
        );
      });
      return fits ? inner : { kind: 'mixed', by: node };
    },
    flops: () => 0,
  },
};

function withAxis(shape: Shape, axis: number, dim: D.Dim): Shape {
  return [...shape.slice(0, axis), dim, ...shape.slice(axis)];
}

/** A mapped operand's flow as the region sees it, without the mapped axis. */
function insideOf(flow: Flow, mappedAxis: number | null, otherwise: Flow): Flow {
  if (mappedAxis === null) return flow;
  return renameAxes(flow, (axis) => (axis === mappedAxis ? null : axis > mappedAxis ? axis - 1 : axis), otherwise);
}

/** What is known of an operation that has no decomposition: its shape, and which axes go along if that is known. */
export interface OpaqueParams {
  /** An operator named as in the source, such as `torch.fft.fft`. */
  readonly opaque: {
    readonly name: string;
    readonly aval: Aval;
    /** Axes of the first operand that stand in the result with each entry by itself, as [operand axis, result axis]. */
    readonly batched: readonly (readonly [number, number])[];
  };
  /** One of the operands, which one depends on something not known before it runs. */
  readonly either: { readonly aval: Aval };
}

export const opaques: Family<OpaqueParams> = {
  opaque: {
    aval: (_operands, { aval }) => aval,
    flow: ({ flows, params, node, avals }) => {
      if (flows.every((flow) => flow.kind === 'constant')) return constant;
      const [first, ...rest] = flows;
      if (first === undefined || rest.some((flow) => flow.kind !== 'constant')) return { kind: 'unknown', by: node };
      const combined = operand(avals, 0)
        .shape.map((_, axis) => axis)
        .filter((axis) => !params.batched.some(([from]) => from === axis));
      const rename = (axis: number): number | null => params.batched.find(([from]) => from === axis)?.[1] ?? null;
      const flow = combineFreely(first, combined, rename, node);
      return flow.kind === 'mixed' && first.kind !== 'mixed' ? { kind: 'unknown', by: node } : flow;
    },
    flops: (_operands, result) => sizeOf(result.shape),
  },
  either: {
    aval: (_operands, { aval }) => aval,
    flow: ({ flows, node }) => {
      const first: Flow = flows[0] ?? constant;
      const same = flows.every((flow) => JSON.stringify(flow) === JSON.stringify(first));
      return same ? first : meetEither(flows, node);
    },
    flops: () => 0,
  },
};

function meetEither(flows: readonly Flow[], node: NodeId): Flow {
  const dependent = flows.filter((flow) => flow.kind !== 'constant');
  const first = dependent[0] ?? constant;
  const alike = dependent.every((flow) => JSON.stringify(flow) === JSON.stringify(first));
  return alike ? first : { kind: 'unknown', by: node };
}
