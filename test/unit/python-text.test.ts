import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type Decoded, decodeSource, encodeSource } from '../../language-server/python/encoding.ts';
import { indentUnitOf, LineTable, lineEndingOf } from '../../language-server/python/text.ts';

const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', '\r\n', '\t', 'é', '😀') });

test('an offset is that of its position', () => {
  fc.assert(
    fc.property(text, fc.nat(40), (source, at) => {
      const table = new LineTable(source);
      const offset = Math.min(at, source.length);
      const position = table.positionAt(offset);
      const { line, column } = position;
      assert.equal(table.startOfLine(line) + column, offset);
      // Only the inside of a line break has no position of its own.
      assert.equal(table.offsetAt(position), Math.min(offset, table.endOfLine(line)));
      assert.ok(line < table.lineCount);
    }),
  );
});

test('lines together are the text', () => {
  fc.assert(
    fc.property(text, (source) => {
      const table = new LineTable(source);
      const lines = Array.from({ length: table.lineCount }, (_, line) =>
        source.slice(table.startOfLine(line), table.startOfLine(line + 1)),
      );
      assert.equal(lines.join(''), source);
      assert.deepEqual(
        lines.map((line) => line.replace(/[\r\n]+$/, '')),
        lines.map((_, line) => table.lineText(line)),
      );
      assert.equal(table.lineCount, source.split(/\r\n|\r|\n/).length);
    }),
  );
});

test('positions outside the text are moved into it', () => {
  const table = new LineTable('ab\r\nc');
  assert.deepEqual(table.positionAt(-1), { line: 0, column: 0 });
  assert.deepEqual(table.positionAt(99), { line: 1, column: 1 });
  assert.equal(table.offsetAt({ line: 0, column: 99 }), 2);
  assert.equal(table.offsetAt({ line: 9, column: 0 }), 5);
  assert.equal(table.offsetAt({ line: -1, column: 3 }), 0);
  assert.equal(new LineTable('  \tx = 1').indentationOf(0), '  \t');
});

test('the dominant line ending', () => {
  assert.equal(lineEndingOf('a'), '\n');
  assert.equal(lineEndingOf('a\nb\r\nc'), '\n');
  assert.equal(lineEndingOf('a\r\nb\r\nc\n'), '\r\n');
  assert.equal(lineEndingOf('a\rb\rc\n'), '\r');
});

test('the unit of indentation', () => {
  assert.equal(indentUnitOf('x = 1\n'), '    ');
  assert.equal(indentUnitOf('if a:\n  b\n  if c:\n    d\nif e:\n  f\n'), '  ');
  assert.equal(indentUnitOf('if a: # why\r\n\tb\r\n'), '\t');
});

function decodedText(bytes: Uint8Array): Decoded {
  const decoded = decodeSource(bytes);
  assert.equal(decoded.kind, 'decoded', JSON.stringify(decoded));
  return decoded.kind === 'decoded' ? decoded : assert.fail();
}

function problemOf(bytes: Uint8Array): string {
  const decoded = decodeSource(bytes);
  return decoded.kind === 'problem' ? decoded.message : assert.fail('was decoded');
}

const utf8 = (source: string): Uint8Array => new TextEncoder().encode(source);
const bytes = (source: string): Uint8Array => Uint8Array.from(source, (char) => char.charCodeAt(0));

test('bytes are read as Python reads them', () => {
  assert.deepEqual(decodedText(utf8('x = "é"\n')), {
    kind: 'decoded',
    text: 'x = "é"\n',
    encoding: 'utf-8',
    hasMark: false,
  });
  assert.deepEqual(decodedText(utf8('\ufeffx')), { kind: 'decoded', text: 'x', encoding: 'utf-8', hasMark: true });
  const latin = bytes('# -*- coding: latin-1 -*-\nx = "\xe9\x80"\n');
  assert.equal(decodedText(latin).text, '# -*- coding: latin-1 -*-\nx = "é\x80"\n');
  assert.equal(decodedText(bytes('#!/usr/bin/python\n# vim: set fileencoding=ISO-8859-1 :\n\xe9')).encoding, 'latin-1');
  assert.equal(decodedText(bytes('# coding: cp1252\n\x80')).text, '# coding: cp1252\n€');
  assert.equal(decodedText(bytes('# coding: utf8\n')).encoding, 'utf-8');
  // The second line does not count where the first is code.
  assert.equal(decodedText(bytes('x = 1\n# coding: latin-1\n')).encoding, 'utf-8');
  assert.equal(decodedText(new Uint8Array()).text, '');
});

test('bytes that are no text say why', () => {
  assert.match(problemOf(bytes('a\nb = "\xe9"\n')), /not UTF-8: byte 0xe9 in line 2; declare/);
  assert.match(problemOf(bytes('# coding: utf-8\n\xff')), /not UTF-8: byte 0xff in line 2$/);
  assert.match(problemOf(bytes('\xe9')), /byte 0xe9 in line 1/);
  assert.match(problemOf(bytes('# coding: klingon\n')), /not known: klingon/);
  assert.match(problemOf(bytes('\xef\xbb\xbf# coding: latin-1\n')), /byte order mark/);
  assert.match(problemOf(bytes('\xff\xfex\0')), /UTF-16/);
  assert.match(problemOf(bytes('# coding: ascii\n\xe9')), /ASCII/);
});

test('what was read is written back', () => {
  const files = [
    utf8('x = "é😀"\r\n'),
    utf8('\ufeffx'),
    bytes('# coding: latin-1\n\xe9\x80'),
    bytes('# coding: cp1252\n\x80'),
    bytes('# coding: ascii\nx'),
  ];
  for (const file of files) {
    const decoded = decodedText(file);
    assert.deepEqual(encodeSource(decoded.text, decoded), file);
  }
  const latin = decodedText(bytes('# coding: latin-1\n'));
  const refused = encodeSource('€', latin);
  assert.ok('kind' in refused && /cannot be written/.test(refused.message));
});

test('any bytes are text or a problem', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (file) => {
      const decoded = decodeSource(file);
      if (decoded.kind === 'decoded') assert.deepEqual(encodeSource(decoded.text, decoded), file);
      else assert.ok(decoded.message.length > 0);
    }),
  );
});
