import { findBackendFactory, type KernelBackend, registerBackend, removeBackend } from '@tensorflow/tfjs-core';
import type { BackendName } from './report.ts';

/** Prepares a backend each time it has been started; does nothing where TensorFlow.js has not registered it. */
export function whenStarted(name: BackendName, prepare: (own: KernelBackend) => void): void {
  const start: ReturnType<typeof findBackendFactory> | null = findBackendFactory(name);
  if (start === null) return;
  removeBackend(name);
  registerBackend(name, async () => {
    const own = await start();
    prepare(own);
    return own;
  });
}
