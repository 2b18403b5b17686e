import type { GraphBuilder } from '../graph/builder.ts';
import type { Dim } from '../graph/dim.ts';
import * as D from '../graph/dim.ts';
import { promote, sameShape, showShape } from '../graph/shape.ts';
import { describe, tensor, tuple, type Unknown, type Value } from '../library/values.ts';

/** What a join writes to. */
interface Joiner {
  readonly build: GraphBuilder;
  unknown(text: string): Unknown;
  freshSize(name: string): Dim;
  /** A function that is one of two, which one is not known. */
  eitherFunction(a: Value, b: Value): Value;
}

/**
 * One of several values, which one is not known: what they have in common, or unknown with the reason.
 * @param name what a size is called that is one of several
 */
export function join(to: Joiner, values: readonly Value[], name = 'n'): Value {
  const [first, ...rest] = values;
  if (first === undefined) return to.unknown('nothing is known of it');
  return rest.reduce((a, b) => joinTwo(to, name, a, b), first);
}

function joinTwo(to: Joiner, name: string, a: Value, b: Value): Value {
  if (a === b) return a;
  if (a.kind === 'unknown') return a;
  if (b.kind === 'unknown') return b;
  const { build } = to;
  const differ = (): Unknown => to.unknown(`it is ${describe(a)} or ${describe(b)}, which is not known before it runs`);
  const again = (x: Value, y: Value): Value => joinTwo(to, name, x, y);
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    const [x, y] = [build.aval(a.node), build.aval(b.node)];
    if (!sameShape(x.shape, y.shape)) {
      return to.unknown(
        `its shape is ${showShape(x.shape)} or ${showShape(y.shape)}, which is not known before it runs`,
      );
    }
    if (a.node === b.node) return a;
    const joined = tensor(
      build.emit('either', { aval: { shape: x.shape, dtype: promote(x.dtype, y.dtype) } }, [a.node, b.node]),
      a.family,
    );
    for (const [name, value] of a.attributes) if (b.attributes.has(name)) joined.attributes.set(name, value);
    return joined;
  }
  switch (a.kind) {
    case 'none':
    case 'ellipsis':
      return b.kind === a.kind ? a : differ();
    case 'bool':
      return b.kind === 'bool' ? (a.value === b.value ? a : { kind: 'bool', value: null }) : differ();
    case 'int':
      if (b.kind === 'float') return { kind: 'float', value: null };
      if (b.kind !== 'int') return differ();
      if (D.equal(a.value, b.value)) return a;
      // A name stands for a size, which is not negative.
      return D.isNonNegative(a.value) && D.isNonNegative(b.value)
        ? { kind: 'int', value: to.freshSize(name) }
        : differ();
    case 'float':
      return b.kind === 'float' || b.kind === 'int'
        ? b.kind === 'float' && a.value === b.value
          ? a
          : { kind: 'float', value: null }
        : differ();
    case 'str':
      return b.kind === 'str' ? (a.value === b.value ? a : { kind: 'str', value: null }) : differ();
    case 'dtype':
      return b.kind === 'dtype' && a.dtype === b.dtype ? a : differ();
    case 'namespace':
      return b.kind === 'namespace' && a.path === b.path ? a : differ();
    case 'tuple': {
      if (b.kind !== 'tuple' || a.items.length !== b.items.length) return differ();
      return tuple(
        a.items.map((item, k) => again(item, b.items[k] ?? item)),
        a.fields,
      );
    }
    case 'native':
      // One library function under two values, as two imports of it make.
      if (b.kind === 'native' && a.name === b.name && a.made === null && b.made === null) return a;
      return isFunction(b) ? to.eitherFunction(a, b) : differ();
    case 'function':
    case 'bound':
      return isFunction(b) ? to.eitherFunction(a, b) : differ();
    case 'list':
    case 'repeated':
    case 'dict':
    case 'set':
    case 'range':
    case 'slice':
    case 'class':
    case 'instance':
    case 'module':
    case 'tensor':
      return differ();
  }
}

/** Whether a value is a function by itself: called and passed on, with no attributes that anybody reads. */
function isFunction(value: Value): boolean {
  return value.kind === 'function' || value.kind === 'native' || value.kind === 'bound';
}
