import type { BackendAccess } from './device.ts';
import type { BackendName } from './report.ts';

/** A backend of TensorFlow.js, which is loaded when it is first used. */
export interface Backend {
  /** What it is called, behind "the": where it computes, and by what. */
  readonly title: string;
  readonly technology: string;
  /** Where to run in its place, where it is missing, lost or full; null where nothing is left. */
  readonly instead: BackendName | null;
  readonly load: () => Promise<BackendAccess>;
}

/** Where programs can run, in the order in which they are shown. */
export const backends: { readonly [K in BackendName]: Backend } = {
  webgl: {
    title: 'GPU (WebGL)',
    technology: 'WebGL',
    instead: 'wasm',
    load: async () => (await import('./webgl.ts')).webgl(),
  },
  webgpu: {
    title: 'GPU (WebGPU)',
    technology: 'WebGPU',
    instead: 'webgl',
    load: async () => (await import('./webgpu.ts')).webgpu,
  },
  wasm: {
    title: 'CPU (WebAssembly)',
    technology: 'WebAssembly',
    instead: 'cpu',
    load: async () => (await import('./wasm.ts')).wasm,
  },
  cpu: {
    title: 'CPU (JavaScript)',
    technology: 'JavaScript',
    instead: null,
    load: async () => (await import('./cpu.ts')).cpu,
  },
};

export const backendNames: readonly BackendName[] = ['webgl', 'webgpu', 'wasm', 'cpu'];

export function isBackendName(value: unknown): value is BackendName {
  return backendNames.some((name) => name === value);
}
