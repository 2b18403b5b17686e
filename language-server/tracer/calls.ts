import { PythonError } from '../library/context.ts';
import { bind } from '../library/signature.ts';
import { another, type ClassValue, type NativeValue, optionsOf, tensorsIn, type Value } from '../library/values.ts';
import { callFunction } from './functions.ts';
import type { Machine } from './machine.ts';
import { attributeOf, inClass, methodOf } from './objects.ts';

/** What layers of libraries compute by (torch, Keras). */
const layerCalls: ReadonlySet<string> = new Set(['forward', 'call']);

/** Calls any callable, as Python does; what is not known gives what is not known. */
export function call(
  m: Machine,
  callee: Value,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value> = new Map(),
): Value {
  switch (callee.kind) {
    case 'unknown':
      if (callee.options !== undefined)
        return m.branches.withEach(callee.options, (option) => m.call(option, positional, keyword));
      noteEscapes(m, [callee, ...positional, ...keyword.values()]);
      return another(callee);
    case 'native': {
      const open = [...positional, ...keyword.values()].find((value) => optionsOf(value) !== null);
      const options = open === undefined ? null : optionsOf(open);
      if (options === null) return callNative(m, callee, positional, keyword);
      return m.branches.withEach(options, (option) => {
        const chosen = (value: Value): Value => (value === open ? option : value);
        const named = new Map([...keyword].map(([key, value]) => [key, chosen(value)]));
        return m.call(callee, positional.map(chosen), named);
      });
    }
    case 'function':
      m.called.add(callee.definition);
      return callFunction(m, callee, positional, keyword);
    case 'bound': {
      const { self } = callee;
      const inner = (): Value => m.call(callee.callee, [self, ...positional], keyword);
      // A library layer's own operations are placed where the layer was made.
      const layer =
        callee.callee.kind === 'native' &&
        self.kind === 'instance' &&
        self.cls.name.includes('.') &&
        layerCalls.has(callee.callee.name);
      return layer && self.kind === 'instance' ? m.place.atOrigin(self.origin, inner) : inner();
    }
    case 'class':
      return construct(m, callee, positional, keyword);
    case 'instance': {
      const method = m.attribute(callee, '__call__');
      if (method === null) throw new PythonError('TypeError', `'${callee.cls.name}' object is not callable`);
      return m.call(method, positional, keyword);
    }
    case 'tuple': {
      const method = methodOf(m, callee, '__call__');
      if (method === null) throw new PythonError('TypeError', "'tuple' object is not callable");
      return m.call(method, positional, keyword);
    }
    default:
      throw new PythonError('TypeError', `'${callee.kind}' object is not callable`);
  }
}

function callNative(
  m: Machine,
  callee: NativeValue,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): Value {
  return m.refusals.ofOperands([...positional, ...keyword.values()], () =>
    callee.call(m, bind(callee.name, callee.signature, positional, keyword)),
  );
}

function construct(
  m: Machine,
  cls: ClassValue,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): Value {
  m.called.add(cls);
  const make = inClass(cls, '__new__');
  const made = make === null ? m.instantiate(cls) : m.call(make, [cls, ...positional], keyword);
  // What a library makes is made; Python calls `__init__` on what `__new__` of the program gives of the class.
  if (make !== null && (make.kind !== 'function' || made.kind !== 'instance' || made.cls !== cls)) return made;
  if (made.kind !== 'instance') return made;
  const instance = made;
  const init = attributeOf(m, instance, '__init__');
  if (init !== null) m.call(init, positional, keyword);
  if (!m.instances.has(cls)) m.instances.set(cls, instance);
  return instance;
}

function noteEscapes(m: Machine, values: readonly Value[]): void {
  for (const node of values.flatMap(tensorsIn)) m.recordEscape(node, 'function');
  for (const value of values) noteEscape(m, value);
}

/** What is not traced may set attributes of the objects that it is given, and of those that they hold. */
function noteEscape(m: Machine, value: Value): void {
  const items = value.kind === 'tuple' || value.kind === 'list' ? value.items : [];
  for (const item of items) if (item.kind === 'instance') noteEscape(m, item);
  if (value.kind === 'unknown') m.unknowns.forgetParts(value);
  if (value.kind !== 'instance' || m.escaped.has(value)) return;
  m.escaped.add(value);
  for (const held of value.attributes.values()) noteEscape(m, held);
}
