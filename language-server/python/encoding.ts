/** Bytes of source files to text and back, as Python reads them (PEP 263, PEP 3120). */

/** A text and what is needed to write it back. */
export interface Decoded {
  readonly kind: 'decoded';
  readonly text: string;
  readonly encoding: Encoding;
  /** Whether the file starts with a byte order mark, which is no part of the text. */
  readonly hasMark: boolean;
}

/** Why a file could not be read or written as text; `message` is for people. */
export interface EncodingProblem {
  readonly kind: 'problem';
  readonly message: string;
}

export type Encoding = 'utf-8' | 'latin-1' | 'ascii' | 'windows-1252';

/** The encodings that are known, by the names that Python takes for them, in lower case with hyphens. */
const NAMES: { readonly [name: string]: Encoding | undefined } = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  u8: 'utf-8',
  'utf-8-sig': 'utf-8',
  'latin-1': 'latin-1',
  latin1: 'latin-1',
  'iso-8859-1': 'latin-1',
  'iso8859-1': 'latin-1',
  'iso-latin-1': 'latin-1',
  l1: 'latin-1',
  ascii: 'ascii',
  'us-ascii': 'ascii',
  cp1252: 'windows-1252',
  'windows-1252': 'windows-1252',
};

const DECLARATION = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;
const BLANK = /^[ \t\f]*(?:#.*)?$/;

/** The text of a source file's bytes: UTF-8 unless one of its first two lines declares another encoding. */
export function decodeSource(bytes: Uint8Array): Decoded | EncodingProblem {
  if (startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff])) {
    return problem(
      'this file is UTF-16; Python reads UTF-8, or the encoding that a comment in the first two lines declares',
    );
  }
  const hasMark = startsWith(bytes, [0xef, 0xbb, 0xbf]);
  const content = hasMark ? bytes.subarray(3) : bytes;
  const declared = declaredName(content);
  const encoding = declared === null ? 'utf-8' : encodingNamed(declared);
  if (encoding === undefined) return problem(`the encoding that this file declares is not known: ${declared}`);
  if (hasMark && encoding !== 'utf-8') {
    return problem(`this file starts with a UTF-8 byte order mark but declares another encoding: ${declared}`);
  }
  return decode(content, encoding, hasMark, declared);
}

/** The bytes of `text` as the file that `source` came from has them. */
export function encodeSource(text: string, source: Decoded): Uint8Array | EncodingProblem {
  if (source.encoding === 'utf-8') {
    const content = new TextEncoder().encode(text);
    return source.hasMark ? Uint8Array.from([0xef, 0xbb, 0xbf, ...content]) : content;
  }
  const table = codesOf(source.encoding);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const code = table.get(text.charAt(i));
    if (code === undefined)
      return problem(`'${text.charAt(i)}' cannot be written in this file's encoding, ${source.encoding}`);
    bytes[i] = code;
  }
  return bytes;
}

function problem(message: string): EncodingProblem {
  return { kind: 'problem', message };
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

/** The encoding named in the first line, or in the second where the first holds no code. */
function declaredName(bytes: Uint8Array): string | null {
  const [first = '', second = ''] = latin1(bytes.subarray(0, 1000)).split(/\r\n?|\n/, 2);
  const found = DECLARATION.exec(first) ?? (BLANK.test(first) ? DECLARATION.exec(second) : null);
  return found?.[1] ?? null;
}

function encodingNamed(name: string): Encoding | undefined {
  const key = name.toLowerCase().replaceAll('_', '-');
  // Suffixes for line endings are allowed: `utf-8-unix`.
  const plain = key.replace(/^(utf-8|latin-1|iso-8859-1|iso-latin-1)-.*$/, '$1');
  return Object.hasOwn(NAMES, plain) ? NAMES[plain] : undefined;
}

function decode(
  bytes: Uint8Array,
  encoding: Encoding,
  hasMark: boolean,
  declared: string | null,
): Decoded | EncodingProblem {
  switch (encoding) {
    case 'utf-8': {
      const wrong = invalidUtf8(bytes);
      if (wrong === null)
        return decoded(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), encoding, hasMark);
      const hint =
        declared === null ? '; declare its encoding in the first line, for example `# -*- coding: latin-1 -*-`' : '';
      return problem(`this file is not UTF-8: byte 0x${hex(wrong.byte)} in line ${wrong.line}${hint}`);
    }
    case 'latin-1':
      return decoded(latin1(bytes), encoding, hasMark);
    case 'ascii': {
      const wrong = bytes.find((byte) => byte > 0x7f);
      if (wrong === undefined) return decoded(latin1(bytes), encoding, hasMark);
      return problem(`this file declares ASCII but holds byte 0x${hex(wrong)}`);
    }
    case 'windows-1252':
      return decoded(new TextDecoder('windows-1252').decode(bytes), encoding, hasMark);
  }
}

function decoded(text: string, encoding: Encoding, hasMark: boolean): Decoded {
  return { kind: 'decoded', text, encoding, hasMark };
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** The byte where the first sequence starts that is no UTF-8, and its line from 1; null where there is none. */
function invalidUtf8(bytes: Uint8Array): { readonly byte: number; readonly line: number } | null {
  if (isUtf8(bytes, false)) return null;
  // Found by halving: a prefix is fine while it can be the start of a longer text.
  let low = 0;
  let high = bytes.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isUtf8(bytes.subarray(0, middle), true)) low = middle;
    else high = middle;
  }
  const opened = [3, 2, 1].find(
    (back) => (bytes[low - back] ?? 0) >= 0xc0 && !isUtf8(bytes.subarray(low - back, low), false),
  );
  const at = low - (opened ?? 0);
  return {
    byte: bytes[at] ?? 0,
    line: 1 + bytes.subarray(0, at).reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 0),
  };
}

function isUtf8(bytes: Uint8Array, goesOn: boolean): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: goesOn });
    return true;
  } catch {
    return false;
  }
}

/** Each byte as the character of the same number. */
function latin1(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 8192) pieces.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return pieces.join('');
}

/** The bytes of the characters of an encoding of one byte each. */
function codesOf(encoding: 'latin-1' | 'ascii' | 'windows-1252'): ReadonlyMap<string, number> {
  const all = Uint8Array.from({ length: encoding === 'ascii' ? 128 : 256 }, (_, byte) => byte);
  const text = encoding === 'windows-1252' ? new TextDecoder('windows-1252').decode(all) : latin1(all);
  return new Map([...text].map((char, byte) => [char, byte]));
}
