import { PythonError } from './context.ts';
import type { BoundArguments, Value } from './values.ts';

/** The parameters of a library function. */
export interface Signature {
  readonly parameters: readonly SignatureParameter[];
  readonly rest: boolean;
  readonly keywords: boolean;
  readonly text: string;
}

interface SignatureParameter {
  readonly name: string;
  /** Other names that the library takes for it (`axis` for `dim`). */
  readonly aliases: readonly string[];
  readonly required: boolean;
  readonly keywordOnly: boolean;
}

const cache = new Map<string, Signature>();

/**
 * A signature as Python writes it: `(input, dim|axis=None, *, keepdim=False)`, with `*args` and `**kwargs`;
 * `dim|axis` is a parameter `dim` that may be called `axis` too.
 * Default values are only noted as such: a reader of the arguments says what a missing one means.
 */
export function signature(text: string): Signature {
  const cached = cache.get(text);
  if (cached !== undefined) return cached;
  const parts = text
    .replace(/^\(|\)$/g, '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '/');
  const parameters: SignatureParameter[] = [];
  let keywordOnly = false;
  let rest = false;
  let keywords = false;
  for (const part of parts) {
    if (part.startsWith('**')) keywords = true;
    else if (part.startsWith('*')) {
      rest = part !== '*';
      keywordOnly = true;
    } else {
      const [names = ''] = part.split('=');
      const [name = '', ...aliases] = names.trim().split('|');
      parameters.push({ name, aliases, required: !part.includes('='), keywordOnly });
    }
  }
  const parsed = { parameters, rest, keywords, text };
  cache.set(text, parsed);
  return parsed;
}

/** Gives each argument to its parameter, as Python does. Throws PythonError where Python would raise TypeError. */
export function bind(
  name: string,
  sig: Signature,
  positional: readonly Value[],
  keyword: ReadonlyMap<string, Value>,
): BoundArguments {
  const values = new Map<string, Value>();
  const rest: Value[] = [];
  const slots = sig.parameters.filter((parameter) => !parameter.keywordOnly);
  positional.forEach((value, k) => {
    const slot = slots[k];
    if (slot !== undefined) values.set(slot.name, value);
    else if (sig.rest) rest.push(value);
    else
      throw new PythonError(
        'TypeError',
        `${name}() takes ${slots.length} positional arguments but ${positional.length} were given`,
      );
  });
  const keywords = new Map<string, Value>();
  for (const [key, value] of keyword) {
    const slot = sig.parameters.find((parameter) => parameter.name === key || parameter.aliases.includes(key));
    if (slot === undefined) {
      if (!sig.keywords) throw new PythonError('TypeError', `${name}() got an unexpected keyword argument '${key}'`);
      keywords.set(key, value);
    } else if (values.has(slot.name))
      throw new PythonError('TypeError', `${name}() got multiple values for argument '${key}'`);
    else values.set(slot.name, value);
  }
  const missing = sig.parameters.find((parameter) => parameter.required && !values.has(parameter.name));
  if (missing !== undefined) throw new PythonError('TypeError', `${name}() is missing the argument '${missing.name}'`);
  return { values, rest, keywords };
}
