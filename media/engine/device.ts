import {
  engine,
  findBackendFactory,
  registerBackend,
  removeBackend,
  setBackend,
  type Tensor,
  tensor,
} from '@tensorflow/tfjs-core';
import { type Node, type NodeId, nodeAt } from '../../language-server/graph/graph.ts';
import type { Emitter } from './emitter.ts';
import { computeNode, stacked } from './kernels.ts';
import type { Programs } from './programs/runtime.ts';
import type { Written } from './programs/written.ts';
import { evaluate, evaluateNode, type Values } from './reference.ts';
import { type BackendName, EngineError } from './report.ts';
import type { Schedule, Speed } from './schedule.ts';

/** The only place, with `kernels.ts`, that knows TensorFlow.js. */

/** A value on the device, to be given back. */
export interface DeviceValue {
  readonly shape: readonly number[];
  /** Its numbers, once the device has them. */
  readonly read: () => Float32Array | Promise<Float32Array>;
  readonly dispose: () => void;
}

/** Where things run: the current backend of TensorFlow.js, and what can be measured of it. */
export interface Device {
  readonly backend: BackendName;
  readonly renderer: string | null;
  readonly speed: Speed;
  /** Operations that the device has been told to run so far; null where they are not counted. */
  readonly launches: (() => number) | null;
  readonly bytesHeld: () => number;
  readonly valuesHeld: () => number;
  readonly lost: () => boolean;
  readonly fault: () => string | null;
  /** Makes a device that was lost anew, without anything that lay on it. */
  readonly renew: () => Promise<void>;
  /** Programs of our own; null where the device runs none. */
  readonly programs: ProgramAccess | null;
}

/** How a device runs programs of our own. */
export interface ProgramAccess {
  /** A schedule as programs, with a guess of their time; null where they cannot be written. */
  readonly write: (g: Emitter, schedule: Schedule) => Written | null;
  readonly compile: (g: Emitter, written: Written, leaves: ReadonlyMap<NodeId, Values>) => Programs;
}

/** What a backend brings: its registration, and how it is measured. `backends.ts` has them all. */
export interface BackendAccess {
  readonly name: BackendName;
  /** Why it cannot be used here, in words; null where it can. */
  readonly missing: () => Promise<string | null>;
  readonly renderer: () => string | null;
  readonly speed: Speed;
  readonly launches: (() => number) | null;
  readonly bytesHeld: () => number;
  /** Whether it was made and then lost. */
  readonly lost: () => boolean;
  /** What went wrong since this was asked last, and was not thrown; results from before it are not to be trusted. */
  readonly fault: () => string | null;
  /** Whether its numbers are read without waiting; else reading so would be slow. */
  readonly readsAtOnce: boolean;
  readonly programs: ProgramAccess | null;
}

/** How values of the current backend are read. TensorFlow.js has one current backend, and so has this. */
let readsAtOnce = true;

/** Makes a backend the current one. Throws EngineError where it is not there. */
export async function openDevice(access: BackendAccess): Promise<Device> {
  const missing = await access.missing();
  if (missing === null && access.lost()) makeAnew(access.name);
  const ready = missing === null && (await setBackend(access.name).catch(() => false));
  if (!ready) {
    throw new EngineError({ kind: 'no-backend', backend: access.name, reason: missing ?? 'It could not be started.' });
  }
  readsAtOnce = access.readsAtOnce;
  return {
    backend: access.name,
    renderer: access.renderer(),
    speed: access.speed,
    launches: access.launches,
    bytesHeld: access.bytesHeld,
    valuesHeld: () => engine().memory().numTensors,
    lost: access.lost,
    fault: access.fault,
    renew: async () => {
      await openDevice(access);
    },
    programs: access.programs,
  };
}

/** Forgets a backend with all that lay on it; it starts again when it is used. */
function makeAnew(name: BackendName): void {
  const start = findBackendFactory(name);
  removeBackend(name);
  registerBackend(name, start);
}

/** Whether an error says that a device, or the page itself, has no room: textures that are refused, arrays too long. */
export function isFull(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /texture size|create WebGL|out.of.memory|allocation failed|array length|buffer length|buffer size|createBuffer failed|memory access out of bounds/i.test(
    text,
  );
}

class Held implements DeviceValue {
  readonly tensor: Tensor;

  constructor(own: Tensor) {
    this.tensor = own;
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  read(): Float32Array | Promise<Float32Array> {
    return entries(this.tensor);
  }

  dispose(): void {
    this.tensor.dispose();
  }
}

function entries(own: Tensor): Float32Array | Promise<Float32Array> {
  return readsAtOnce ? floats(own.dataSync()) : own.data().then(floats);
}

function floats(data: ArrayLike<number>): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

function tensorOf(value: DeviceValue): Tensor {
  if (!(value instanceof Held)) throw new TypeError('this value is not of this device');
  return value.tensor;
}

export function upload(data: Float32Array, shape: readonly number[]): DeviceValue {
  return new Held(tensor(data, [...shape], 'float32'));
}

export function dispose(values: Iterable<DeviceValue>): void {
  for (const value of values) value.dispose();
}

/** Values of one shape, one after the other along a new first axis. */
export function stack(values: readonly DeviceValue[]): DeviceValue {
  return new Held(stacked(values.map(tensorOf)));
}

/** A schedule ready to run: its constants are on the device. */
export interface Prepared {
  /** Computes the result once; the caller disposes it. `after` is called after each step. */
  readonly run: (leaves: ReadonlyMap<NodeId, DeviceValue>, after?: () => void) => Promise<DeviceValue>;
  readonly dispose: () => void;
}

/** Uploads what a schedule needs that depends on no leaf. */
export function prepare(g: Emitter, schedule: Schedule): Prepared {
  // Only constants that some step uses are kept.
  const used = new Set([...schedule.steps.flatMap(({ node }) => node.operands), schedule.result]);
  const wanted = schedule.constants.filter((id) => used.has(id));
  const values = evaluate(g, wanted, new Map());
  const constants = new Map<NodeId, Tensor>();
  const forget = (): void => {
    for (const own of constants.values()) own.dispose();
    constants.clear();
  };
  try {
    wanted.forEach((id, k) => {
      const value = values[k];
      if (value !== undefined) constants.set(id, uploadValues(value));
    });
  } catch (error) {
    forget();
    throw error;
  }
  return {
    run: (leaves, after) => runOnce(g, schedule, constants, leaves, after),
    dispose: forget,
  };
}

/** The value of a node that has no kernel, in double precision by the reference: it is read back, and brought again. */
async function computedElsewhere(node: Node, operands: readonly Tensor[]): Promise<Tensor> {
  const values: Values[] = [];
  for (const own of operands) values.push({ shape: own.shape, data: Float64Array.from(await entries(own)) });
  return uploadValues(evaluateNode(node, values));
}

function uploadValues({ data, shape }: Values): Tensor {
  return tensor(Float32Array.from(data), [...shape], 'float32');
}

async function runOnce(
  g: Emitter,
  { steps, result }: Schedule,
  constants: ReadonlyMap<NodeId, Tensor>,
  leaves: ReadonlyMap<NodeId, DeviceValue>,
  after?: () => void,
): Promise<DeviceValue> {
  const computed = new Map<NodeId, Tensor>();
  const computedAt = (id: NodeId): Tensor => {
    const leaf = leaves.get(id);
    const own = computed.get(id) ?? constants.get(id) ?? (leaf === undefined ? undefined : tensorOf(leaf));
    if (own === undefined) throw new RangeError(`node ${id} (${nodeAt(g, id).op.name}) has no value`);
    return own;
  };
  try {
    for (const { node, free } of steps) {
      const operands = node.operands.map(computedAt);
      computed.set(node.id, computeNode(node, operands) ?? (await computedElsewhere(node, operands)));
      after?.();
      for (const id of free) {
        computed.get(id)?.dispose();
        computed.delete(id);
      }
    }
    const own = computed.get(result);
    computed.delete(result);
    // A result that is a leaf or a constant is copied, as the caller disposes it.
    return new Held(own ?? computedAt(result).clone());
  } finally {
    for (const left of computed.values()) left.dispose();
  }
}
