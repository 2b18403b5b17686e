import { type ClassValue, type FunctionValue, list, type Value } from '../library/values.ts';
import type { Call, Expression } from '../python/ast.ts';
import { evaluate } from './expressions.ts';
import { isGenerator, parametersOf } from './functions.ts';
import { lookUp, type Machine } from './machine.ts';

/**
 * What pytest passes to a test or a fixture by the names of its parameters: the first of the values that it is
 * parametrized with, or what the fixture of that name gives (https://docs.pytest.org/en/stable/how-to/fixtures.html).
 * @param param what the test gives the fixture through `indirect`
 */
export function pytestValues(
  m: Machine,
  fn: FunctionValue,
  param: Value | null = null,
): (name: string) => Value | null {
  const isFixture = fixtureOf(fn) !== null;
  if (!isFixture && !fn.name.startsWith('test')) return () => null;
  const parametrized = new Map(isFixture ? [] : parameters(m, fn));
  return (name) => {
    const given = parametrized.get(name);
    if (given !== undefined && !given.isIndirect) return given.value;
    if (name === 'request') return isFixture ? requestOf(m, fn, param) : null;
    const fixture = findFixture(m, fn, name);
    return fixture === null ? null : resultOf(m, fixture, given?.value ?? null);
  };
}

/** What a test's parameter is given: itself, or through the fixture of its name. */
interface Parametrized {
  readonly value: Value;
  readonly isIndirect: boolean;
}

/** `@pytest.fixture` or `@pytest.fixture(...)` over a function; null where it is no fixture. */
function fixtureOf({ definition }: FunctionValue): Expression | null {
  if (definition.kind === 'Lambda') return null;
  const isFixture = (name: string | null): boolean => name === 'fixture' || name === 'pytest_fixture';
  return definition.decorators.find((decorator) => isFixture(lastName(decorator))) ?? null;
}

/** Whether a test is marked as one that is to fail: `@pytest.mark.xfail`, `@unittest.expectedFailure`. */
export function isToFail({ definition }: FunctionValue): boolean {
  if (definition.kind === 'Lambda') return false;
  return definition.decorators.some((decorator) => ['xfail', 'expectedFailure'].includes(lastName(decorator) ?? ''));
}

function lastName(decorator: Expression): string | null {
  const callee = decorator.kind === 'Call' ? decorator.func : decorator;
  return callee.kind === 'Attribute' ? callee.attr : callee.kind === 'Name' ? callee.id : null;
}

/** `@pytest.mark.parametrize('n, d', [(3, 5), ...])`: each name with its first value. */
function parameters(m: Machine, { definition, closure }: FunctionValue): readonly (readonly [string, Parametrized])[] {
  if (definition.kind === 'Lambda') return [];
  const marks = definition.decorators.filter(
    (decorator): decorator is Call => decorator.kind === 'Call' && lastName(decorator) === 'parametrize',
  );
  return marks.flatMap(({ args: [names, values], keywords }) => {
    if (names === undefined || values === undefined) return [];
    const indirect = keywords.find(({ name }) => name === 'indirect')?.value;
    const keys = namesIn(names);
    const given = (key: string, value: Value): readonly [string, Parametrized] => [
      key,
      { value, isIndirect: indirect !== undefined && isNamedIn(indirect, key) },
    ];
    const first = firstOf(
      m,
      m.tolerate(() => evaluate(m, values, closure)),
    );
    const [key] = keys;
    if (first === null || key === undefined) return [];
    if (keys.length === 1) return [given(key, first)];
    const parts = m.tolerate(() => list(m.items(first)));
    return parts.kind === 'list'
      ? keys.flatMap((each, k) => (parts.items[k] === undefined ? [] : [given(each, parts.items[k])]))
      : [];
  });
}

/** Whether `indirect=` is about a parameter: all of them, or those that are listed. */
function isNamedIn(indirect: Expression, name: string): boolean {
  if (indirect.kind === 'Constant' && indirect.value.type === 'bool') return indirect.value.value;
  return namesIn(indirect).includes(name);
}

function namesIn(names: Expression): readonly string[] {
  const texts = names.kind === 'Tuple' || names.kind === 'List' ? names.elts : [names];
  return texts.flatMap((text) =>
    text.kind === 'Constant' && text.value.type === 'str' ? text.value.value.split(',').map((name) => name.trim()) : [],
  );
}

function firstOf(m: Machine, values: Value): Value | null {
  if (values.kind === 'unknown') return null;
  const items = m.tolerate(() => list(m.items(values)));
  return items.kind === 'list' ? (items.items[0] ?? null) : null;
}

/** A fixture of a name: of the test's own module, or of a `conftest.py` beside or above it. */
function findFixture(m: Machine, fn: FunctionValue, name: string): FunctionValue | null {
  const own = lookUp(fn.closure, name);
  if (own?.kind === 'function' && fixtureOf(own) !== null) return own;
  for (const path of ['.conftest', '..conftest']) {
    const module = m.options.importModule(m, path, fn.file);
    const found = module?.kind === 'module' ? module.scope.names.get(name) : undefined;
    if (found?.kind === 'function' && fixtureOf(found) !== null) return found;
  }
  return null;
}

/** What a fixture gives: what it returns, or yields first. */
function resultOf(m: Machine, fixture: FunctionValue, param: Value | null): Value {
  const value = pytestValues(m, fixture, param);
  const given = parametersOf(fixture.definition.args).map(({ name }): [string, Value] => [
    name,
    value(name) ?? fixture.defaults.get(name) ?? m.unknown(`no fixture ${name} is found`),
  ]);
  const made = m.tolerate(() => m.call(fixture, [], new Map(given)));
  const isYielded = fixture.definition.kind === 'FunctionDef' && isGenerator(fixture.definition);
  return isYielded && made.kind === 'list' ? (made.items[0] ?? made.tail?.element ?? made) : made;
}

const requestClass: ClassValue = { kind: 'class', name: 'pytest.FixtureRequest', bases: [], attributes: new Map() };

/** `request` of a fixture: `request.param` is what the test gives it, or the first of its `params`. */
function requestOf(m: Machine, fixture: FunctionValue, given: Value | null): Value {
  const decorator = fixtureOf(fixture);
  const params = decorator?.kind === 'Call' ? decorator.keywords.find(({ name }) => name === 'params') : undefined;
  const first =
    params === undefined
      ? null
      : firstOf(
          m,
          m.tolerate(() => evaluate(m, params.value, fixture.closure)),
        );
  const param = given ?? first ?? m.unknown('nothing in this project is seen to give the fixture a parameter');
  return { kind: 'instance', cls: requestClass, attributes: new Map([['param', param]]), origin: m.origin };
}
