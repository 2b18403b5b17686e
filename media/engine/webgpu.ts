import { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { env, findBackend } from '@tensorflow/tfjs-core';
import type { BackendAccess } from './device.ts';
import { whenStarted } from './starting.ts';

/** TensorFlow.js's WebGPU backend. Browsers only. */

const powerPreference = 'high-performance';

// Tiny operations are not moved to the CPU behind our back: they are what is measured.
env().set('WEBGPU_CPU_FORWARD', false);

/** What has happened to the device, which WebGPU tells by events alone. */
const events: { lost: boolean; fault: string | null; launches: number } = { lost: false, fault: null, launches: 0 };

whenStarted('webgpu', (own) => {
  if (!(own instanceof WebGPUBackend)) return;
  const { device } = own;
  Object.assign(events, { lost: false, fault: null });
  void device.lost.then(() => {
    events.lost = true;
  });
  device.addEventListener('uncapturederror', ({ error }) => {
    events.fault ??= error.message;
  });
  const runWebGPUProgram = own.runWebGPUProgram.bind(own);
  own.runWebGPUProgram = (...given) => {
    events.launches += 1;
    return runWebGPUProgram(...given);
  };
});

async function missing(): Promise<string | null> {
  const { gpu }: { readonly gpu?: GPU } = navigator;
  if (gpu === undefined) return 'WebGPU is not available here.';
  const adapter = await gpu.requestAdapter({ powerPreference });
  return adapter === null ? 'WebGPU finds no graphics processor here that it can use.' : null;
}

/** The backend, once it has been started. */
function started(): WebGPUBackend | null {
  const found = findBackend('webgpu');
  return found instanceof WebGPUBackend ? found : null;
}

export const webgpu: BackendAccess = {
  name: 'webgpu',
  missing,
  renderer: () => {
    const info = started()?.device.adapterInfo;
    const parts = info === undefined ? [] : [info.description || info.vendor, info.architecture];
    return parts.some((part) => part !== '') ? `${parts.filter((part) => part !== '').join(' ')} by WebGPU` : null;
  },
  speed: { launchMs: 0.1, flopsPerMs: 5.5e6, bytesPerMs: 1.5e6 },
  launches: () => events.launches,
  bytesHeld: () => started()?.memory().numBytesInGPU ?? 0,
  lost: () => events.lost,
  fault: () => {
    const { fault } = events;
    events.fault = null;
    return fault;
  },
  readsAtOnce: false,
  programs: null,
};
