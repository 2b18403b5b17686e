import { engine, env, setBackend, type Tensor, tensor } from '@tensorflow/tfjs-core';
import { type NodeId, nodeAt } from '../../language-server/graph/graph.ts';
import type { Emitter } from './emitter.ts';
import { computeNode, stacked } from './kernels.ts';
import type { Pace } from './pace.ts';
import type { Programs } from './programs/runtime.ts';
import type { Written } from './programs/written.ts';
import { evaluate, type Values } from './reference.ts';
import { type BackendName, EngineError } from './report.ts';
import type { Schedule, Speed } from './schedule.ts';

/** The only place, with `kernels.ts`, that knows TensorFlow.js. */

/** A value on the device, to be given back. */
export interface DeviceValue {
  readonly shape: readonly number[];
  /** Its numbers, once the device has them; another value may be read into the same array. */
  readonly read: () => Float32Array;
  readonly dispose: () => void;
}

/** Where things run: the current backend of TensorFlow.js, and what can be measured of it. */
export interface Device {
  readonly backend: BackendName;
  readonly renderer: string | null;
  /** What the speed was worked out from; null where it was not measured. */
  readonly pace: Pace | null;
  readonly speed: Speed;
  /** Operations that the device has been told to run so far; null where they are not counted. */
  readonly launches: (() => number) | null;
  readonly bytesHeld: () => number;
  readonly valuesHeld: () => number;
  readonly lost: () => boolean;
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

/** What a backend brings: its registration, and how it is measured. `webgl.ts` holds the browser's. */
export interface BackendAccess {
  readonly name: BackendName;
  readonly renderer: () => string | null;
  /** Both only once it is the current backend, as they may have to be measured. */
  readonly pace: () => Pace | null;
  readonly speed: () => Speed;
  readonly launches: (() => number) | null;
  readonly bytesHeld: () => number;
  readonly lost: () => boolean;
  /** Makes a device that was lost anew; does nothing otherwise. */
  readonly revive: () => void;
  readonly programs: ProgramAccess | null;
}

/** Makes a backend the current one. Throws EngineError where it is not there. */
export async function openDevice(access: BackendAccess): Promise<Device> {
  let ready = false;
  try {
    access.revive();
    // TensorFlow.js would fall back to WebGL 1, which has no textures of floats that all can draw into.
    ready = await setBackend(access.name);
    if (access.name === 'webgl') ready &&= env().getNumber('WEBGL_VERSION') === 2;
  } catch {
    ready = false;
  }
  if (!ready) throw new EngineError({ kind: 'no-webgl' });
  // Tiny operations are not moved to the CPU behind our back: they are what is measured.
  if (access.name === 'webgl') env().set('WEBGL_CPU_FORWARD', false);
  return {
    backend: access.name,
    renderer: access.renderer(),
    pace: access.pace(),
    speed: access.speed(),
    launches: access.launches,
    bytesHeld: access.bytesHeld,
    valuesHeld: () => engine().memory().numTensors,
    lost: access.lost,
    renew: async () => {
      await openDevice(access);
    },
    programs: access.programs,
  };
}

/** Whether an error says that a device, or the page itself, has no room: textures that are refused, arrays too long. */
export function isFull(error: unknown): boolean {
  const text = error instanceof Error ? error.message : '';
  return /texture size|create WebGL|OUT_OF_MEMORY|allocation failed|array length|buffer length/i.test(text);
}

class Held implements DeviceValue {
  readonly tensor: Tensor;

  constructor(own: Tensor) {
    this.tensor = own;
  }

  get shape(): readonly number[] {
    return this.tensor.shape;
  }

  read(): Float32Array {
    const data = this.tensor.dataSync();
    return data instanceof Float32Array ? data : Float32Array.from(data);
  }

  dispose(): void {
    this.tensor.dispose();
  }
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
  readonly run: (leaves: ReadonlyMap<NodeId, DeviceValue>, after?: () => void) => DeviceValue;
  readonly dispose: () => void;
}

/** Uploads what a schedule needs that depends on no leaf. */
export function prepare(g: Emitter, schedule: Schedule): Prepared {
  // Only constants that some step uses are kept.
  const used = new Set([...schedule.steps.flatMap(({ node }) => node.operands), schedule.result]);
  const wanted = schedule.constants.filter((id) => used.has(id));
  const values = evaluate(g, wanted, new Map());
  const constants = new Map<NodeId, Tensor>();
  wanted.forEach((id, k) => {
    const value = values[k];
    if (value !== undefined) constants.set(id, uploadValues(value));
  });
  return {
    run: (leaves, after) => runOnce(g, schedule, constants, leaves, after),
    dispose: () => {
      for (const own of constants.values()) own.dispose();
      constants.clear();
    },
  };
}

function uploadValues({ data, shape }: Values): Tensor {
  return tensor(Float32Array.from(data), [...shape], 'float32');
}

function runOnce(
  g: Emitter,
  { steps, result }: Schedule,
  constants: ReadonlyMap<NodeId, Tensor>,
  leaves: ReadonlyMap<NodeId, DeviceValue>,
  after?: () => void,
): DeviceValue {
  const computed = new Map<NodeId, Tensor>();
  const computedAt = (id: NodeId): Tensor => {
    const leaf = leaves.get(id);
    const own = computed.get(id) ?? constants.get(id) ?? (leaf === undefined ? undefined : tensorOf(leaf));
    if (own === undefined) throw new RangeError(`node ${id} (${nodeAt(g, id).op.name}) has no value`);
    return own;
  };
  try {
    for (const { node, free } of steps) {
      computed.set(node.id, computeNode(node, node.operands.map(computedAt)));
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
