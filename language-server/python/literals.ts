/** Python's literals: numbers and the escapes of strings (https://docs.python.org/3/reference/lexical_analysis.html). */

import type { ConstantValue } from './ast.ts';

const DECIMAL = /^(?:0(?:_?0)*|[1-9](?:_?[0-9])*)$/;
const PREFIXED = /^0(?:[xX](?:_?[0-9a-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)$/;
const DIGITS = '[0-9](?:_?[0-9])*';
const FLOAT = new RegExp(`^(?:(?:${DIGITS})?\\.${DIGITS}|${DIGITS}\\.?)(?:[eE][+-]?${DIGITS})?$`);

/** What a number literal is worth, or why it is none. Integers beyond 2**53 are rounded. */
export function numberOf(text: string): ConstantValue | { readonly type: 'invalid'; readonly message: string } {
  const plain = text.replaceAll('_', '');
  if (DECIMAL.test(text) || PREFIXED.test(text)) return { type: 'int', value: Number(plain) };
  if (FLOAT.test(text) && !/^[0-9_]+$/.test(text)) return { type: 'float', value: Number(plain) };
  if (/[jJ]$/.test(text) && FLOAT.test(text.slice(0, -1))) {
    return { type: 'complex', imaginary: Number(plain.slice(0, -1)) };
  }
  if (/^0[0-9_]+$/.test(text)) {
    return { type: 'invalid', message: 'leading zeros in decimal integer literals are not permitted' };
  }
  return { type: 'invalid', message: 'invalid number literal' };
}

/** How the text between the quotes of a string is to be read. */
export interface StringMode {
  readonly raw: boolean;
  readonly bytes: boolean;
  /** In the literal parts of an f-string `{{` and `}}` stand for one brace. */
  readonly format: boolean;
}

const SIMPLE_ESCAPES: { readonly [char: string]: string } = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

const ESCAPE = /\\(?:[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[^{}])|\{\{|\}\}/g;

/**
 * The value of the text between the quotes. A character by its Unicode name (`\N{DASH}`) becomes U+FFFD,
 * since names are not known here; an unknown escape keeps its backslash, as in Python.
 */
export function textOfLiteral(text: string, mode: StringMode): string {
  const source = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  if (!source.includes('\\') && !(mode.format && /[{}]/.test(source))) return source;
  return source.replaceAll(ESCAPE, (found) => {
    if (found.startsWith('{') || found.startsWith('}')) return mode.format ? found.slice(1) : found;
    if (mode.raw) return found;
    return unescapeOne(found, mode.bytes);
  });
}

/** `found` starts with a backslash. */
function unescapeOne(found: string, bytes: boolean): string {
  const letter = found.charAt(1);
  if (letter >= '0' && letter <= '7') {
    const code = Number.parseInt(found.slice(1), 8);
    return String.fromCharCode(bytes ? code & 0xff : code);
  }
  if (letter === 'x' && found.length === 4) return String.fromCharCode(Number.parseInt(found.slice(2), 16));
  if ((letter === 'u' || letter === 'U') && found.length > 2) {
    if (bytes) return found;
    const code = Number.parseInt(found.slice(2), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : found;
  }
  if (letter === 'N' && found.length > 2) return bytes ? found : '\ufffd';
  return SIMPLE_ESCAPES[letter] ?? found;
}
