import * as D from '../graph/dim.ts';
import type { NodeId } from '../graph/graph.ts';
import { known } from '../library/arguments.ts';
import { type Iteration, PythonError, Unknowable } from '../library/context.ts';
import { type InstanceValue, int, none, optionsOf, str, tensor, tuple, type Value } from '../library/values.ts';
import type { Machine } from './machine.ts';
import { attributeOf } from './objects.ts';

/** A tensor or range of more entries than this is not gone through one by one: one entry stands for all. */
const unrolled = { tensor: 128, range: 32 };

/** What iterating over the value gives. Throws Unknowable where nothing is known of it. */
export function iterationOf(m: Machine, value: Value): Iteration {
  const options = optionsOf(value);
  if (options !== null) {
    const each = m.branches.withEach(options, (option) => tuple(itemsOf(m, option)));
    if (each.kind === 'tuple') return { kind: 'items', items: each.items };
  }
  known(value);
  const items = (list: readonly Value[]): Iteration => ({ kind: 'items', items: list });
  switch (value.kind) {
    case 'tuple':
      return items(value.items);
    case 'list':
    case 'set':
      if (value.tail === null) return items(value.items);
      if (value.items.length === 0) return value.tail;
      throw new Unknowable('how long the list is is not known before it runs');
    case 'dict':
      if (value.open) throw new Unknowable('what the dict holds is not known');
      return items([...value.entries.values()].map(({ key }) => key));
    case 'str':
      if (value.value === null) throw new Unknowable('the text is not known');
      return items([...value.value].map((c) => str(c)));
    case 'repeated':
      return value;
    case 'range': {
      const length = rangeLength(value.start, value.stop, value.step);
      if (D.isKnown(length) && length <= unrolled.range) {
        return items(Array.from({ length }, (_, k) => int(D.add(value.start, k * value.step))));
      }
      return { kind: 'repeated', length, element: int(m.freshSize('i')), over: null };
    }
    case 'tensor': {
      const [length] = m.build.shape(value.node);
      if (length === undefined) throw new PythonError('TypeError', 'iteration over a tensor without axes');
      const entry = (index: D.Dim | 'loop'): NodeId => m.build.take(value.node, 0, index);
      if (D.isKnown(length) && length <= unrolled.tensor)
        return items(Array.from({ length }, (_, k) => tensor(entry(k), value.family)));
      const one = entry('loop');
      return {
        kind: 'repeated',
        length,
        element: tensor(one, value.family),
        over: { source: value.node, axis: 0, entry: one },
      };
    }
    case 'instance': {
      const iterate = attributeOf(m, value, '__iter__');
      if (iterate !== null) {
        const iterator = m.call(iterate, []);
        // An object that is its own iterator yields what it yields when it runs.
        if (iterator === value) throw new Unknowable(`what a ${value.cls.name} yields is not known`);
        return iterationOf(m, iterator);
      }
      // Without that, Python asks for item after item until one is refused.
      if (attributeOf(m, value, '__getitem__') !== null) return itemAfterItem(m, value);
      throw new PythonError('TypeError', `'${value.cls.name}' object is not iterable`);
    }
    case 'class':
    case 'native':
    case 'namespace':
      throw new Unknowable(`what iterating over it gives is not known`);
    default:
      throw new PythonError('TypeError', `'${value.kind}' object is not iterable`);
  }
}

/** What an object gives that has `__getitem__` alone: how many there are shows when one is refused. */
function itemAfterItem(m: Machine, value: InstanceValue): Iteration {
  const get = attributeOf(m, value, '__getitem__') ?? none;
  const index = int(m.freshSize('i'));
  const element = m.loopTurn('any', () => m.guarding(() => m.tolerate(() => m.call(get, [index]))));
  return { kind: 'repeated', length: m.freshSize('n'), element, over: null };
}

/** The items one by one. Throws Unknowable where their number is not a small known one. */
export function itemsOf(m: Machine, value: Value): readonly Value[] {
  const iteration = iterationOf(m, value);
  if (iteration.kind === 'items') return iteration.items;
  throw new Unknowable(`there are ${D.show(iteration.length)} items, too many to follow one by one`);
}

/** Number of steps of a range, where Python would count them. */
export function rangeLength(start: D.Dim, stop: D.Dim, step: number): D.Dim {
  const span = step > 0 ? D.sub(stop, start) : D.sub(start, stop);
  const by = Math.abs(step);
  if (D.isKnown(span)) return Math.max(0, Math.ceil(span / by));
  return by === 1 ? span : D.floorDiv(D.add(span, by - 1), by);
}
