import { fieldClass, fieldsOf, makeDataclass, optionsOf } from '../builtins/dataclass.ts';
import { libraryClass, metaclassHook, native } from '../define.ts';
import { eagerLayer, type Layer } from '../jax/eager.ts';
import { treeMark, treeOf } from '../trees.ts';
import { type ClassValue, type InstanceValue, none, type Value } from '../values.ts';

/** equinox.Module (https://docs.kidger.site/equinox/api/module/module/): dataclasses that are trees of their fields. */

/** `field(...)` with `static` and `converter`. */
export const equinoxField: ClassValue = libraryClass('equinox.field', [fieldClass], []);

/** Fields that are told to be no part of the tree. */
function isStatic(value: Value | null): boolean {
  const options = optionsOf(value);
  const given = options?.attributes.get('static');
  return options?.cls.name === staticField || (given?.kind === 'bool' && given.value === true);
}

const staticField = 'equinox.static_field';

export const staticFieldClass: ClassValue = libraryClass(staticField, [fieldClass], []);

/** Whether a class or one of its ancestors is made by a function of the user's own. */
function isMadeByHand(cls: ClassValue): boolean {
  return (
    cls.attributes.get('__init__')?.kind === 'function' ||
    (!cls.attributes.has('__init__') && cls.bases.some((base) => base.kind === 'class' && isMadeByHand(base)))
  );
}

export const moduleClass: ClassValue = libraryClass(
  'equinox.Module',
  [],
  [
    native(metaclassHook, '(cls, **kwargs)', (cx, args) => {
      const cls = args.value('cls');
      if (cls.kind !== 'class') return none;
      const fields = fieldsOf(cls);
      const [, mark] = treeOf([...fields].filter(([, value]) => !isStatic(value)).map(([name]) => name));
      cx.setName(cls.attributes, treeMark, mark);
      return isMadeByHand(cls) ? none : makeDataclass(cx, cls);
    }),
  ],
  new Map([treeOf([])]),
);

export function isModule(value: Value): value is InstanceValue {
  const descends = (cls: ClassValue): boolean =>
    cls === moduleClass || cls.bases.some((base) => base.kind === 'class' && descends(base));
  return value.kind === 'instance' && descends(value.cls);
}

/** A layer of equinox.nn, of one sample. */
export function layerClass(layer: Omit<Layer, 'inputs'> & { readonly inputs?: string }): ClassValue {
  return eagerLayer(moduleClass, { inputs: 'x, *, key=None', ...layer, name: `equinox.nn.${layer.name}` });
}
