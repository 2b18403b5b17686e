import { type Args, known } from '../arguments.ts';
import { PythonError } from '../context.ts';
import type { ClassValue, InstanceValue, Value } from '../values.ts';
import type { MaskUse } from './masks.ts';

/** What is a layer of Keras, and what the library's own classes of layers say of themselves. */

/** How many axes a layer's input has. */
export interface Spec {
  readonly rank?: number;
  readonly least?: number;
  readonly most?: number;
}

export interface Kind {
  /** The settings that instances keep as attributes. */
  readonly settings: readonly string[];
  readonly spec?: Spec;
  /** What it does with masks; it drops them where nothing is said. */
  readonly mask?: MaskUse;
}

const kinds = new WeakMap<ClassValue, Kind>();

/** Says of a class that its instances are layers. */
export function declareKind(cls: ClassValue, kind: Kind): void {
  kinds.set(cls, kind);
}

/** What a class of the library says of itself; null for other classes. */
export function kindOf(cls: ClassValue): Kind | null {
  return kinds.get(cls) ?? null;
}

/** The limits of a class's inputs: its own, or those of the nearest class above it that has some. */
export function specOf(cls: ClassValue): Spec | null {
  const own = kindOf(cls)?.spec;
  if (own !== undefined) return own;
  for (const base of cls.bases) {
    const spec = base.kind === 'class' ? specOf(base) : null;
    if (spec !== null) return spec;
  }
  return null;
}

export function isLayer(value: Value): value is InstanceValue {
  return value.kind === 'instance' && descends(value.cls);
}

function descends(cls: ClassValue): boolean {
  return kinds.has(cls) || cls.bases.some((base) => base.kind === 'class' && descends(base));
}

export function selfIn(args: Args): InstanceValue {
  const value = args.value('self');
  if (isLayer(value)) return value;
  throw new PythonError('TypeError', 'a layer is wanted');
}

/** A layer among the values; Unknowable for what is not known. */
export function layerIn(value: Value): InstanceValue {
  known(value);
  if (isLayer(value)) return value;
  throw new PythonError('ValueError', 'a layer of Keras is wanted');
}

export function shortName(layer: InstanceValue): string {
  return layer.cls.name.slice(layer.cls.name.lastIndexOf('.') + 1);
}

/** Whether a layer has its weights. */
export const builtMark = 'built';

/** The axis whose size a layer was built for, and the size. */
export const fixedMark = '_built_for';
