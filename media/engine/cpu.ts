import '@tensorflow/tfjs-backend-cpu';
import { engine } from '@tensorflow/tfjs-core';
import type { BackendAccess } from './device.ts';

/** TensorFlow.js's plain JavaScript backend: for tests, and for machines without anything better. */
export const cpu: BackendAccess = {
  name: 'cpu',
  missing: () => Promise.resolve(null),
  renderer: () => null,
  speed: { launchMs: 0.02, flopsPerMs: 4e5, bytesPerMs: 2e6 },
  launches: null,
  bytesHeld: () => engine().memory().numBytes,
  lost: () => false,
  fault: () => null,
  readsAtOnce: true,
  programs: null,
};
