import { alias } from '../../define.ts';
import type { ClassValue, NativeValue } from '../../values.ts';
import { composed } from './composed.ts';
import { base, distributionClass, module } from './distribution.ts';
import { klDivergence } from './kl.ts';
import { scalarKinds } from './scalar.ts';
import { precisionToScale, vectorKinds } from './vector.ts';

/** torch.distributions: every kind under its own name and under that of the module that defines it. */

/** Modules whose names are not the class's in snake case. */
const modules: Readonly<Record<string, string>> = {
  StudentT: 'studentT',
  LowRankMultivariateNormal: 'lowrank_multivariate_normal',
};

const snakeCase = (name: string): string => name.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase();

function underBoth(cls: ClassValue): readonly ClassValue[] {
  const name = cls.name.slice(module.length + 1);
  if (name.startsWith('transforms.')) return [cls, { ...cls, name: `${module}.${name.replace('transforms.', '')}` }];
  return [cls, { ...cls, name: `${module}.${modules[name] ?? snakeCase(name)}.${name}` }];
}

const classes: readonly ClassValue[] = [base, ...[...scalarKinds, ...vectorKinds].map(distributionClass), ...composed];

/** Each with the name that it is found by. */
export const distributions: ReadonlyMap<string, ClassValue | NativeValue> = new Map<string, ClassValue | NativeValue>([
  ...classes.flatMap((cls) => underBoth(cls).map((named): [string, ClassValue] => [named.name, cls])),
  ...[precisionToScale].map((fn): [string, NativeValue] => [fn.name, fn]),
  ...alias(klDivergence, `${module}.kl.kl_divergence`).map((fn): [string, NativeValue] => [fn.name, fn]),
]);
