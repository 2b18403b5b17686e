import * as D from '../graph/dim.ts';
import { asKnownInt, known } from '../library/arguments.ts';
import { fieldsAsDict } from '../library/builtins/dataclass.ts';
import { keyOf } from '../library/builtins/keys.ts';
import { PythonError, Unknowable } from '../library/context.ts';
import { isNamespace, native } from '../library/define.ts';
import { families } from '../library/families.ts';
import { setSubscript, subscript } from '../library/torch/indexing.ts';
import { variableMark } from '../library/trees.ts';
import {
  another,
  type ClassValue,
  definitionMark,
  describe,
  type FunctionValue,
  type InstanceValue,
  int,
  list,
  type NativeValue,
  none,
  optionsOf,
  type Scope,
  type SliceValue,
  str,
  tensor,
  tuple,
  type Unknown,
  type Value,
} from '../library/values.ts';
import { once } from '../python/once.ts';
import { join } from './join.ts';
import type { Machine } from './machine.ts';

/** The class and its ancestors in the order that attributes are looked for; `unknown` if a base is not known. */
export const ancestors = once((cls: ClassValue): readonly Value[] => {
  const order = new Set<Value>([cls]);
  for (const base of cls.bases) {
    for (const ancestor of base.kind === 'class' ? ancestors(base) : [base]) {
      // A shared ancestor comes after all its descendants.
      order.delete(ancestor);
      order.add(ancestor);
    }
  }
  return [...order];
});

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
        ? m.unknowns.partOf(value, `.${name}`, name)
        : m.branches.withEach(value.options, (option) => {
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
      if (name === '__subclasses__') return subclassesOf(m, value);
      const found = inClass(value, name) ?? classAttribute(m, value, name);
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
          of: value,
        };
      const own = value.attributes.get(name);
      if (own !== undefined) return own;
      const found = inClass(value.cls, name);
      if (found !== null) return throughInstance(m, value, value.cls, found);
      const fallback = name.startsWith('__') ? null : inClass(value.cls, '__getattr__');
      if (fallback !== null) return m.call(throughInstance(m, value, value.cls, fallback), [str(name)]);
      if (!m.supposed.has(value) || name.startsWith('__')) return null;
      // A class that descends from this one may set it, or a caller.
      const unset = m.unknown(
        `nothing in this project is seen to make a ${value.cls.name}, so its ${name} is not known`,
      );
      const own0 = m.unknowns.identified(unset, name);
      m.setName(value.attributes, name, own0);
      return own0;
    }
    case 'function':
      return value.attributes.get(name) ?? functionAttribute(m, value, name);
    case 'native':
      if (name === '__name__') return str(value.name.slice(value.name.lastIndexOf('.') + 1));
      // A function that has functions of its own: `np.add.outer`.
      return m.library.get(`${value.name}.${name}`) ?? null;
    case 'bound':
      return attributeOf(m, value.callee, name);
    case 'tuple': {
      const field = value.fields?.names.indexOf(name) ?? -1;
      const own = value.items[field];
      if (own !== undefined) return own;
      const cls = value.fields?.cls ?? null;
      if (cls !== null && name === '__class__') return cls;
      const found = cls === null ? null : inClass(cls, name);
      if (cls !== null && found !== null) return throughInstance(m, value, cls, found);
      // Only named tuples have these.
      if (name === '_fields') return value.fields === null ? null : tuple(value.fields.names.map((each) => str(each)));
      return builtinMethod(m, value, 'tuple', name);
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

/** What Python keeps with each function. */
function functionAttribute(m: Machine, { name, closure }: FunctionValue, attribute: string): Value | null {
  switch (attribute) {
    case '__name__':
    case '__qualname__':
      return str(name);
    case '__doc__':
    case '__module__':
      return str(null);
    case '__globals__': {
      let module: Scope = closure;
      while (module.parent !== null) module = module.parent;
      return dictOf(module.names);
    }
    case '__annotations__':
    case '__code__':
    case '__defaults__':
    case '__kwdefaults__':
    case '__closure__':
    case '__dict__':
      return m.unknown(`${attribute} of a function is not followed`);
    default:
      return null;
  }
}

/** What Python keeps with each class. */
function classAttribute(m: Machine, cls: ClassValue, attribute: string): Value | null {
  switch (attribute) {
    case '__new__':
      return objectNew;
    case '__qualname__':
      return str(cls.name.slice(cls.name.lastIndexOf('.') + 1));
    case '__doc__':
    case '__module__':
      return str(null);
    case '__dict__':
      return dictOf(cls.attributes);
    case '__bases__':
      return tuple(cls.bases);
    case '__mro__':
      return tuple(ancestors(cls));
    case 'mro':
      return native('mro', '()', () => list(ancestors(cls)));
    case '__dataclass_fields__':
      return fieldsAsDict(m, cls);
    default:
      return null;
  }
}

function dictOf(names: ReadonlyMap<string, Value>): Value {
  const entries = [...names].map(([key, item]) => [keyOf(str(key)) ?? key, { key: str(key), value: item }] as const);
  return { kind: 'dict', entries: new Map(entries), open: true };
}

/** `cls.__subclasses__`: those that the modules define that were imported; of a class of a library there may be others. */
function subclassesOf(m: Machine, cls: ClassValue): NativeValue {
  return native('__subclasses__', '()', () =>
    cls.attributes.has(definitionMark)
      ? list(m.subclasses.get(cls) ?? [])
      : m.unknown(`which classes descend from ${cls.name} is not known`),
  );
}

/** A method of the program's own that an object has, or a tuple of a class of named tuples; null where there is none. */
export function methodOf(m: Machine, value: Value, name: string): Value | null {
  if (value.kind === 'instance') return attributeOf(m, value, name);
  const cls = value.kind === 'tuple' ? (value.fields?.cls ?? null) : null;
  return cls === null || inClass(cls, name) === null ? null : attributeOf(m, value, name);
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
  // It takes the class as it is given.
  if (name === '__new__') return found ?? objectNew;
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

/** `object.__new__`: an instance on which nothing is set. */
const objectNew: NativeValue = native('object.__new__', '(cls, *args, **kwargs)', (cx, args) => {
  const cls = args.value('cls');
  return cls.kind === 'class' ? cx.instantiate(cls) : cx.unknown('the class is not known');
});

/** Changes one of the few objects that a value may be: afterwards each may be changed or not. */
function onEach(m: Machine, value: Unknown, change: (option: Value) => void): void {
  if (value.options === undefined) {
    m.unknowns.forgetParts(value);
    return;
  }
  m.branches.withEach(value.options, (option) => {
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
      const own = inClass(value.cls, '__setattr__');
      if (own?.kind === 'native') {
        m.call(own, [value, str(name), to]);
        return;
      }
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
  if (indices !== null) return m.branches.withEach(indices, (option) => subscriptOf(m, value, option));
  switch (value.kind) {
    case 'unknown':
      if (value.options !== undefined)
        return m.branches.withEach(value.options, (option) => subscriptOf(m, option, index));
      return index.kind === 'str' && index.value !== null
        ? m.unknowns.partOf(value, `[${index.value}]`, index.value)
        : index.kind === 'int' && D.isKnown(index.value)
          ? m.unknowns.partOf(value, `[${index.value}]`, null)
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
      if (key !== null) {
        m.setEntry(value, key, { key: index, value: to });
        return;
      }
      // Each entry may be the one that is set.
      value.open = true;
      for (const [name, entry] of value.entries)
        m.setEntry(value, name, { ...entry, value: join(m, [entry.value, to], name) });
      return;
    }
    case 'list': {
      const { items, tail } = value;
      const at = placeIn(index);
      if (index.kind === 'slice' || (tail !== null && (at === null || at < 0 || at >= items.length))) {
        m.loseItems(value, 'the list was changed in part');
        return;
      }
      const place = at !== null && at < 0 ? at + items.length : at;
      if (place !== null && (place < 0 || place >= items.length))
        throw new PythonError('IndexError', `index ${at} is out of range`);
      // Each item may be the one that is set, where it is not known which.
      const changed = (item: Value, k: number): Value =>
        place === null ? join(m, [item, to], 'an item') : k === place ? to : item;
      m.setItems(value, items.map(changed));
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

/** A whole number that an index says; null where it is not known. */
function placeIn(index: Value): number | null {
  return index.kind === 'int' && D.isKnown(index.value) ? index.value : null;
}

/** `del value[index]`. */
export function deleteSubscriptOf(m: Machine, value: Value, index: Value): void {
  switch (value.kind) {
    case 'unknown':
      onEach(m, value, (option) => deleteSubscriptOf(m, option, index));
      return;
    case 'dict': {
      const key = keyOf(index);
      if (key === null) m.loseEntries(value, 'which entry is deleted is not known');
      else m.setEntry(value, key, null);
      return;
    }
    case 'list': {
      const places = list(value.items.map((_, k) => int(k)));
      const picked = value.tail === null ? m.tolerate(() => m.subscript(places, index)) : null;
      const gone = picked?.kind === 'list' ? picked.items : picked?.kind === 'int' ? [picked] : null;
      if (gone === null) {
        m.loseItems(value, 'which items are deleted is not known');
        return;
      }
      const numbers = new Set(gone.map(placeIn));
      m.setItems(
        value,
        value.items.filter((_, k) => !numbers.has(k)),
      );
      return;
    }
    case 'instance': {
      const method = attributeOf(m, value, '__delitem__');
      if (method !== null) m.call(method, [index]);
      return;
    }
    default:
      return;
  }
}
