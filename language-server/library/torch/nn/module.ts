import type { Initializer } from '../../../graph/primitives/leaves.ts';
import type { Shape } from '../../../graph/shape.ts';
import type { Args } from '../../arguments.ts';
import { type Context, PythonError, Unknowable } from '../../context.ts';
import { libraryClass, native } from '../../define.ts';
import { bool, type ClassValue, type InstanceValue, none, tensor, type Value } from '../../values.ts';

/** torch.nn.Module (https://docs.pytorch.org/docs/stable/generated/torch.nn.Module.html). */

export type ModuleSelf = InstanceValue;

/** The instance that a method was called on. */
export function self(args: Args): ModuleSelf {
  const value = args.value('self');
  if (value.kind === 'instance') return value;
  throw new PythonError('TypeError', 'a module is wanted');
}

/** A new weight of the module, drawn as the library does it. */
export function setParameter(cx: Context, module: ModuleSelf, name: string, shape: Shape, init: Initializer): void {
  const weight = tensor(cx.build.parameter(name, shape, init));
  weight.attributes.set('requires_grad', bool(true));
  cx.setAttribute(module, name, weight);
}

/** Whether the module is in training mode (`train()`, the default) or not (`eval()`). Throws Unknowable if that is not known. */
export function isTraining(cx: Context, module: ModuleSelf): boolean {
  const training = cx.attribute(module, 'training');
  if (training?.kind === 'bool' && training.value !== null) return training.value;
  throw new Unknowable('whether the module is in training mode is not known');
}

/** The module and all modules below it. */
function modulesOf(module: Value, seen = new Set<Value>()): readonly InstanceValue[] {
  if (seen.has(module)) return [];
  seen.add(module);
  if (module.kind !== 'instance') return [];
  return [
    module,
    ...[...module.attributes.values()].flatMap((child) => (isModule(child) ? modulesOf(child, seen) : [])),
  ];
}

/** Whether the value is an instance of a class that descends from torch.nn.Module. */
export function isModule(value: Value): value is InstanceValue {
  const descends = (cls: ClassValue): boolean =>
    cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
  return value.kind === 'instance' && descends(value.cls);
}

function setMode(cx: Context, args: Args, training: boolean): Value {
  for (const module of modulesOf(self(args))) cx.setAttribute(module, 'training', bool(training));
  return self(args);
}

export const moduleClass: ClassValue = libraryClass(
  'torch.nn.Module',
  [],
  [
    native('__init__', '(self, *args, **kwargs)', () => none),
    native('__call__', '(self, *args, **kwargs)', (cx, args) => {
      const forward = cx.attribute(self(args), 'forward');
      if (forward === null) throw new PythonError('NotImplementedError', `${self(args).cls.name} has no forward`);
      return cx.call(forward, args.rest, args.keywords);
    }),
    native('train', '(self, mode=True)', (cx, args) => setMode(cx, args, args.bool('mode', true))),
    native('eval', '(self)', (cx, args) => setMode(cx, args, false)),
  ],
  new Map([['training', bool(true)]]),
);
