import { BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import {
  engine,
  env,
  findBackend,
  getKernelsForBackend,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import type { BackendAccess } from './device.ts';
import { whenStarted } from './starting.ts';

/** TensorFlow.js's WebAssembly backend: the CPU with SIMD, on one thread. Browsers only. */

// Threads need workers and a page that is isolated from all others, which a panel of the editor is not.
env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
// The binary lies beside the script.
setWasmPaths(new URL('.', import.meta.url).href);

/** Where the module keeps its values. */
interface Heap {
  /** The place of so many bytes. */
  _malloc: (bytes: number) => number;
}

function isHeap(module: object): module is Heap {
  return '_malloc' in module && typeof module._malloc === 'function';
}

/** What was refused for want of room since it was asked last, and whether anything was since the backend started. */
const full: { fault: string | null; once: boolean } = { fault: null, once: false };

function refused(what: string): string {
  const fault = `allocation failed: ${what}`;
  Object.assign(full, { fault, once: true });
  return fault;
}

/** Kernels do not look whether they got the room that they asked for, and end in a trap where they did not. */
function orRefused<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    throw error instanceof WebAssembly.RuntimeError ? new RangeError(refused(error.message)) : error;
  }
}

/** Counts a tensor less for its data, and says whether that was the last one. */
function forgotten(own: BackendWasm, id: object): boolean {
  const data = own.dataIdMap.get(id);
  data.refCount -= 1;
  return data.refCount <= 0;
}

whenStarted('wasm', (own) => {
  if (!(own instanceof BackendWasm) || !isHeap(own.wasm)) return;
  Object.assign(full, { fault: null, once: false });
  const heap = own.wasm;
  const { _malloc: malloc } = heap;
  // It gives 0 where there is no room, and TensorFlow.js would write there.
  heap._malloc = (bytes) => {
    const place = orRefused(() => malloc(bytes));
    if (place !== 0 || bytes === 0) return place;
    throw new RangeError(refused(`${bytes} bytes more`));
  };
  // After a refusal nothing in there is to be touched.
  const [disposeData, dispose] = [own.disposeData.bind(own), own.dispose.bind(own)];
  own.disposeData = (id, force) => {
    // In a `finally` it must not throw: what is refused is asked for afterwards.
    try {
      return full.once ? forgotten(own, id) : orRefused(() => disposeData(id, force));
    } catch (error) {
      if (!full.once) throw error;
      return own.refCount(id) <= 0;
    }
  };
  own.dispose = () => {
    if (!full.once) dispose();
  };
});

/** TensorFlow.js's own takes the bytes of any condition for bools: floats are made bools before. */
function choosing(theirs: KernelFunc): KernelFunc {
  return (given) => {
    const own = started();
    const { condition } = given.inputs;
    if (own === null || condition === undefined) throw new TypeError('a choice without a condition');
    const bools = asBools(own, condition);
    const result = theirs({ ...given, inputs: { ...given.inputs, condition: bools } });
    own.disposeData(bools.dataId);
    return result;
  };
}

for (const kernel of getKernelsForBackend('wasm')) {
  const { kernelName, kernelFunc } = kernel;
  const own = kernelName === 'Select' ? choosing(kernelFunc) : kernelFunc;
  unregisterKernel(kernelName, 'wasm');
  registerKernel({ ...kernel, kernelFunc: (given) => orRefused(() => own(given)) });
}

function asBools(own: BackendWasm, condition: TensorInfo): TensorInfo {
  const bools = own.makeOutput(condition.shape, 'bool');
  const [from, to] = [own.typedArrayFromHeap(condition), own.typedArrayFromHeap(bools)];
  for (let k = 0; k < to.length; k++) to[k] = from[k] === 0 ? 0 : 1;
  return bools;
}

/** The smallest module of WebAssembly: nothing but its header. */
const smallest = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

async function missing(): Promise<string | null> {
  if (typeof WebAssembly === 'undefined') return 'There is no WebAssembly here.';
  try {
    new WebAssembly.Module(smallest);
  } catch {
    return 'WebAssembly is not allowed here, by the content security policy of the page.';
  }
  return (await env().getAsync('WASM_HAS_SIMD_SUPPORT')) === true ? null : 'WebAssembly has no SIMD here.';
}

/** The backend, once it has been started. */
function started(): BackendWasm | null {
  const found = findBackend('wasm');
  return found instanceof BackendWasm ? found : null;
}

export const wasm: BackendAccess = {
  name: 'wasm',
  missing,
  renderer: () => null,
  speed: { launchMs: 0.01, flopsPerMs: 1e7, bytesPerMs: 2e6 },
  launches: null,
  bytesHeld: () => engine().memory().numBytes,
  lost: () => full.once,
  fault: () => {
    const { fault } = full;
    full.fault = null;
    return fault;
  },
  readsAtOnce: true,
  programs: null,
};
