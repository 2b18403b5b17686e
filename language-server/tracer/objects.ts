import * as D from '../graph/dim.ts';
import { asKnownInt, known } from '../library/arguments.ts';
import { keyOf } from '../library/builtins/keys.ts';
import { PythonError, Unknowable } from '../library/context.ts';
import { isNamespace } from '../library/define.ts';
import { families } from '../library/families.ts';
import { setSubscript, subscript } from '../library/torch/indexing.ts';
import { variableMark } from '../library/trees.ts';
import {
  another,
  type ClassValue,
  classOf,
  describe,
  fieldNames,
  type InstanceValue,
  int,
  list,
  none,
  optionsOf,
  type SliceValue,
  str,
  tensor,
  tuple,
  type Unknown,
  type Value,
} from '../library/values.ts';
import type { Machine } from './machine.ts';

/** The class and its ancestors in the order that attributes are looked for; `unknown` if a base is not known. */
export function ancestors(cls: ClassValue): readonly Value[] {
  const order: Value[] = [cls];
  for (const base of cls.bases) {
    for (const ancestor of base.kind === 'class' ? ancestors(base) : [base]) {
      // A shared ancestor comes after all its descendants.
      const at = order.indexOf(ancestor);
      if (at >= 0) order.splice(at, 1);
      order.push(ancestor);
    }
  }
  return order;
}

/** Whether the class is, or descends from, a class of that full name. */
export function descendsFrom(cls: ClassValue, name: string): boolean {
  return ancestors(cls).some((ancestor) => ancestor.kind === 'class' && ancestor.name === name);
}

/** A name of a class or its ancestors; with `after`, only of those that come behind it. */
export function inClass(cls: ClassValue, name: string, after: Value | null = null): Value | null {
  const order = ancestors(cls);
  const from = after === null ? 0 : order.indexOf(after) + 1;
  for (const ancestor of order.slice(from)) {
    if (ancestor.kind === 'unknown') return another(ancestor);
    if (ancestor.kind !== 'class') continue;
    const found = ancestor.attributes.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

/** What a class attribute is when read through an instance: functions become methods, properties are evaluated. */
function throughInstance(m: Machine, self: Value, cls: ClassValue, found: Value): Value {
  if (found.kind === 'function' || found.kind === 'native') return { kind: 'bound', self, callee: found };
  if (found.kind === 'instance') {
    const inner = found.attributes.get('__func__');
    switch (found.cls.name) {
      case 'property':
      case 'functools.cached_property':
        return inner === undefined ? found : m.call(inner, [self]);
      case 'classmethod':
        return inner === undefined ? found : { kind: 'bound', self: cls, callee: inner };
      case 'staticmethod':
        return inner ?? found;
    }
  }
  return found;
}

/** `value.name`; null where the attribute surely is not there. */
export function attributeOf(m: Machine, value: Value, name: string): Value | null {
  switch (value.kind) {
    case 'unknown':
      return value.options === undefined
        ? m.partOf(value, `.${name}`, name)
        : m.withEach(value.options, (option) => {
            const found = attributeOf(m, option, name);
            if (found === null) throw new PythonError('AttributeError', `no attribute '${name}'`);
            return found;
          });
    case 'tensor': {
      const own = value.attributes.get(name);
      if (own !== undefined) return own;
      const { properties, methods } = families[value.family];
      const property = properties.get(name);
      if (property !== undefined) return property(m, value);
      const method = m.library.get(`${methods}.${name}`);
      return method === undefined
        ? m.unknown(`${methods}.${name} is not known yet`)
        : { kind: 'bound', self: value, callee: method };
    }
    case 'namespace': {
      const path = `${value.path}.${name}`;
      const found = m.library.get(path);
      if (found !== undefined) return found;
      if (isNamespace(m.library, path)) return { kind: 'namespace', path };
      return m.unknown(`${path} is not known yet`);
    }
    case 'module':
      return value.scope.names.get(name) ?? m.options.importModule(m, `${value.name}.${name}`, m.file) ?? null;
    case 'class': {
      if (name === '__name__') return str(value.name.slice(value.name.lastIndexOf('.') + 1));
      const found = inClass(value, name);
      if (found?.kind === 'instance') {
        const inner = found.attributes.get('__func__');
        if (found.cls.name === 'staticmethod' && inner !== undefined) return inner;
        if (found.cls.name === 'classmethod' && inner !== undefined)
          return { kind: 'bound', self: value, callee: inner };
      }
      return found;
    }
    case 'instance': {
      if (value.cls.name === 'super') return superAttribute(m, value, name);
      if (name === '__class__') return value.cls;
      if (name === '__dict__')
        return {
          kind: 'dict',
          entries: new Map(
            [...value.attributes].map(([key, item]) => [keyOf(str(key)) ?? key, { key: str(key), value: item }]),
          ),
          open: false,
        };
      const own = value.attributes.get(name);
      if (own !== undefined) return own;
      const found = inClass(value.cls, name);
      if (found !== null) return throughInstance(m, value, value.cls, found);
      const fallback = name.startsWith('__') ? null : inClass(value.cls, '__getattr__');
      return fallback === null ? null : m.call(throughInstance(m, value, value.cls, fallback), [str(name)]);
    }
    case 'function':
      return value.attributes.get(name) ?? (name === '__name__' ? str(value.name) : null);
    case 'native':
      if (name === '__name__') return str(value.name.slice(value.name.lastIndexOf('.') + 1));
      // A function that has functions of its own: `np.add.outer`.
      return m.library.get(`${value.name}.${name}`) ?? null;
    case 'bound':
      return attributeOf(m, value.callee, name);
    case 'tuple': {
      const field = value.items[fieldNames(value).indexOf(name)];
      return field ?? attributeOfClass(m, value, name) ?? builtinMethod(m, value, 'tuple', name);
    }
    case 'repeated':
      return builtinMethod(m, value, 'list', name);
    case 'none':
    case 'ellipsis':
      return null;
    case 'bool':
    case 'int':
    case 'float':
    case 'str':
    case 'list':
    case 'dict':
    case 'set':
    case 'range':
    case 'slice':
    case 'dtype':
      return builtinMethod(m, value, value.kind, name);
  }
}

/** What the class of a program's object has of that name, read through the object; null where it has nothing. */
export function attributeOfClass(m: Machine, value: Value, name: string): Value | null {
  const cls = classOf(value);
  const found = cls === null ? null : inClass(cls, name);
  return cls === null || found === null ? null : throughInstance(m, value, cls, found);
}

function builtinMethod(m: Machine, value: Value, type: string, name: string): Value | null {
  const method = m.library.get(`builtins.${type}.${name}`);
  return method === undefined
    ? m.unknown(`${type}.${name} is not known yet`)
    : { kind: 'bound', self: value, callee: method };
}

function superAttribute(m: Machine, value: InstanceValue, name: string): Value | null {
  const [self, owner] = [value.attributes.get('__self__'), value.attributes.get('__owner__')];
  if (self === undefined || owner === undefined) return null;
  const cls = self.kind === 'instance' ? self.cls : self.kind === 'class' ? self : null;
  if (cls === null) return m.unknown('what super() is here is not known');
  const found = inClass(cls, name, owner);
  if (found === null) return name === '__init__' ? { kind: 'bound', self, callee: nothing } : null;
  return throughInstance(m, self, cls, found);
}

/** `object.__init__`. */
const nothing: Value = {
  kind: 'native',
  name: 'object.__init__',
  signature: { parameters: [], rest: true, keywords: true, text: '(*args, **kwargs)' },
  call: () => ({ kind: 'none' }),
  made: null,
};

/** Changes one of the few objects that a value may be: afterwards each may be changed or not. */
function onEach(m: Machine, value: Unknown, change: (option: Value) => void): void {
  if (value.options === undefined) {
    m.forgetParts(value);
    return;
  }
  m.withEach(value.options, (option) => {
    change(option);
    return none;
  });
}

export function setAttributeOf(m: Machine, value: Value, name: string, to: Value): void {
  switch (value.kind) {
    case 'unknown':
      onEach(m, value, (option) => setAttributeOf(m, option, name, to));
      return;
    case 'instance': {
      const found = inClass(value.cls, name);
      const setter =
        found?.kind === 'instance' && found.cls.name === 'property' ? found.attributes.get('__set__') : undefined;
      if (setter !== undefined) m.call(setter, [value, to]);
      else m.setName(value.attributes, name, to);
      return;
    }
    case 'tensor': {
      const setter = families[value.family].setters.get(name);
      if (setter !== undefined) setter(m, value, to);
      else if (name === 'value' && value.attributes.has(variableMark) && to.kind === 'tensor')
        m.assignInPlace(value, to.node);
      else m.setName(value.attributes, name, to);
      return;
    }
    case 'class':
    case 'function':
      m.setName(value.attributes, name, to);
      return;
    case 'module':
      m.setName(value.scope.names, name, to);
      return;
    default:
      return;
  }
}

/** `value[index]`. */
export function subscriptOf(m: Machine, value: Value, index: Value): Value {
  const indices = optionsOf(index);
  if (indices !== null) return m.withEach(indices, (option) => subscriptOf(m, value, option));
  switch (value.kind) {
    case 'unknown':
      if (value.options !== undefined) return m.withEach(value.options, (option) => subscriptOf(m, option, index));
      return index.kind === 'str' && index.value !== null
        ? m.partOf(value, `[${index.value}]`, index.value)
        : index.kind === 'int' && D.isKnown(index.value)
          ? m.partOf(value, `[${index.value}]`, null)
          : another(value);
    case 'tensor':
      known(index);
      return tensor(subscript(m, value.node, index, value.family), value.family);
    case 'tuple':
      if (index.kind === 'slice') return tuple(sliced(m, value.items, index));
      return itemAt(value.items, index);
    case 'list':
      if (value.tail !== null)
        return value.items.length === 0 && index.kind !== 'slice'
          ? value.tail.element
          : m.unknown('how long the list is is not known before it runs');
      if (index.kind === 'slice') return list(sliced(m, value.items, index));
      return itemAt(value.items, index);
    case 'repeated':
      return index.kind === 'slice' ? m.unknown('a part of a sequence of unknown length') : value.element;
    case 'range': {
      const at = asKnownInt(index, 'index');
      if (at < 0) throw new Unknowable('an index from the end of a range');
      return int(D.add(value.start, at * value.step));
    }
    case 'dict': {
      const key = keyOf(index);
      if (key === null) return m.unknown('the key is not known');
      const entry = value.entries.get(key);
      if (entry !== undefined) return entry.value;
      if (value.open) return m.unknown('whether the dict has this key is not known');
      const fallback = value.entries.get('__default__');
      if (fallback !== undefined) return m.call(fallback.value, []);
      throw new PythonError('KeyError', index.kind === 'str' ? `'${index.value}'` : describe(index));
    }
    case 'str': {
      if (value.value === null) return str(null);
      if (index.kind === 'slice')
        return str(
          sliced(
            m,
            [...value.value].map((c) => str(c)),
            index,
          )
            .map((c) => (c.kind === 'str' ? c.value : ''))
            .join(''),
        );
      const at = asKnownInt(index, 'index');
      return str(value.value.at(at) ?? null);
    }
    case 'class':
    case 'namespace':
      // A generic alias: `list[int]`, `Float[Tensor, "b i"]`.
      return value;
    case 'instance': {
      const method = attributeOf(m, value, '__getitem__');
      if (method === null) throw new PythonError('TypeError', `'${value.cls.name}' object is not subscriptable`);
      return m.call(method, [index]);
    }
    case 'native':
      return value;
    default:
      throw new PythonError('TypeError', `'${value.kind}' object is not subscriptable`);
  }
}

function itemAt(items: readonly Value[], index: Value): Value {
  const at = asKnownInt(index, 'index');
  const item = items.at(at);
  if (item === undefined) throw new PythonError('IndexError', `index ${at} is out of range for ${items.length} items`);
  return item;
}

/** The items that a slice picks, as Python does. */
export function sliced(m: Machine, items: readonly Value[], slice: SliceValue): readonly Value[] {
  const number = (value: Value, otherwise: number): number =>
    value.kind === 'none' ? otherwise : asKnownInt(value, 'slice');
  const step = number(slice.step, 1);
  if (step === 0) throw new PythonError('ValueError', 'slice step cannot be zero');
  const clip = (k: number): number =>
    Math.max(step < 0 ? -1 : 0, Math.min(step < 0 ? items.length - 1 : items.length, k < 0 ? k + items.length : k));
  const start = slice.lower.kind === 'none' ? (step < 0 ? items.length - 1 : 0) : clip(number(slice.lower, 0));
  const stop = slice.upper.kind === 'none' ? (step < 0 ? -1 : items.length) : clip(number(slice.upper, 0));
  const picked: Value[] = [];
  for (let k = start; step > 0 ? k < stop : k > stop; k += step)
    picked.push(items[k] ?? m.unknown('an item out of range'));
  return picked;
}

/** `value[index] = to`. */
export function setSubscriptOf(m: Machine, value: Value, index: Value, to: Value): void {
  switch (value.kind) {
    case 'unknown':
      onEach(m, value, (option) => setSubscriptOf(m, option, index, to));
      return;
    case 'tensor':
      known(index);
      if (to.kind === 'unknown') m.setName(value.attributes, '__partly__', to);
      else if (value.attributes.has(variableMark) && index.kind === 'ellipsis' && to.kind === 'tensor')
        m.assignInPlace(value, to.node);
      else setSubscript(m, value, index, to);
      return;
    case 'dict': {
      const key = keyOf(index);
      if (key === null) value.open = true;
      else m.setEntry(value, key, { key: index, value: to });
      return;
    }
    case 'list': {
      if (index.kind === 'slice') {
        m.loseItems(value, 'the list was changed in part');
        return;
      }
      const at = asKnownInt(index, 'index');
      const place = at < 0 ? at + value.items.length : at;
      if (value.tail === null && (place < 0 || place >= value.items.length))
        throw new PythonError('IndexError', `index ${at} is out of range`);
      m.setItems(
        value,
        value.items.map((item, k) => (k === place ? to : item)),
      );
      return;
    }
    case 'instance': {
      const method = attributeOf(m, value, '__setitem__');
      if (method !== null) m.call(method, [index, to]);
      return;
    }
    default:
      return;
  }
}
