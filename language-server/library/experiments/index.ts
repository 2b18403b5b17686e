import type { Library } from '../define.ts';
import { configs } from './config.ts';
import { absl, configFlags } from './flags.ts';
import { sklearn } from './sklearn.ts';

/** What experiments are set up with: absl, ml_collections, and the data that scikit-learn has or makes. */
export const experiments: Library = new Map([...absl, ...configs, ...configFlags, ...sklearn]);
