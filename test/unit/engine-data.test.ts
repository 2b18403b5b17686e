import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DataError, type FileArray } from '../../media/engine/data/arrays.ts';
import { readArrays, writeNpy, writeNpz } from '../../media/engine/data/files.ts';

/** Readers and writers of arrays, against files that NumPy wrote (test/facts/data_files.py). */

interface Expected {
  readonly name: string;
  readonly dtype: string | null;
  readonly shape: readonly number[] | null;
  readonly values: readonly (number | string)[] | null;
}

const folder = new URL('../facts/data/', import.meta.url);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const expected: { readonly files: Readonly<Record<string, readonly Expected[]>> } = JSON.parse(
  readFileSync(new URL('expected.json', folder), 'utf8'),
);

function number(value: number | string): number {
  return value === 'nan' ? Number.NaN : value === 'inf' ? Infinity : value === '-inf' ? -Infinity : Number(value);
}

/** Reads, and takes only a DataError for an answer. */
async function attempt(name: string, bytes: Uint8Array): Promise<readonly FileArray[] | null> {
  try {
    return await readArrays(name, bytes);
  } catch (error) {
    assert.ok(error instanceof DataError, `${name}: ${error instanceof Error ? error.stack : String(error)}`);
    assert.ok(error.message.length > 5);
    return null;
  }
}

for (const [name, arrays] of Object.entries(expected.files)) {
  test(`${name} is read as NumPy reads it`, async () => {
    const [first] = arrays;
    if (name.endsWith('.npy') && first?.values === null) {
      assert.equal(await attempt(name, bytesOf(name)), null);
      return;
    }
    const found = await readArrays(`some/folder/${name}`, bytesOf(name));
    assert.deepEqual(
      found.map(({ name: own }) => own),
      arrays.map(({ name: own }) => own),
    );
    found.forEach((own, k) => {
      const truth = arrays[k] ?? assert.fail();
      if (own.kind === 'unread') {
        assert.equal(truth.values, null, own.problem);
        return;
      }
      assert.equal(own.dtype, truth.dtype);
      assert.deepEqual(own.shape, truth.shape);
      assert.deepEqual([...own.values], (truth.values ?? []).map(number));
    });
  });

  test(`${name} cut short, or with a byte changed, is an error that is told`, async () => {
    const bytes = bytesOf(name);
    for (let length = 0; length < bytes.length; length += length < 300 ? 1 : 7) {
      await attempt(name, bytes.subarray(0, length));
    }
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0x00, 0xff, 0x39]) {
        const changed = bytes.slice();
        changed[at] = value;
        await attempt(name, changed);
      }
    }
  });
}

test('what is wrong is named', async () => {
  const problem = async (name: string, bytes: Uint8Array): Promise<string> => {
    const error: unknown = await readArrays(name, bytes).then(
      () => null,
      (reason: unknown) => reason,
    );
    return error instanceof DataError ? error.message : assert.fail(String(error));
  };
  const text = (words: string): Uint8Array => new TextEncoder().encode(words);
  assert.match(await problem('a.npy', text('hello')), /not a \.npy file/);
  assert.match(await problem('a.npz', text('hello')), /not a \.npz file/);
  assert.match(await problem('a.pt', text('hello')), /none of the kinds/);
  assert.match(await problem('a.npy', bytesOf('objects.npy')), /Python objects/);
  assert.match(await problem('a.npy', bytesOf('complex.npy')), /complex/);
  assert.match(await problem('a.npy', bytesOf('records.npy')), /records/);
  assert.match(await problem('a.npy', bytesOf('bfloat16.npy')), /bfloat16.*float32/);
  assert.match(await problem('a.npy', bytesOf('float32.npy').subarray(0, -8)), /holds 4 of 6 numbers/);
  const huge = bytesOf('model.safetensors');
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  assert.match(await problem('a.safetensors', huge), /9223372036854775808 bytes/);
  assert.match(await problem('a.safetensors', text('{')), /first 8 bytes/);
  assert.match(await problem('a.safetensors', bytesOf('model.safetensors').subarray(0, -1)), /ends too early/);
  // A packed member that unfolds to more than it says.
  const packed = bytesOf('packed.npz');
  const view = new DataView(packed.buffer);
  const end = packed.length - 22;
  const directory = view.getUint32(end + 16, true);
  view.setUint32(directory + 24, 10, true);
  assert.match(await problem('a.npz', packed), /damaged/);
});

test('any bytes are read or refused', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('npy', 'npz', 'safetensors'),
      async (bytes, ending) => {
        await attempt(`x.${ending}`, bytes);
      },
    ),
    { numRuns: 300 },
  );
});

test('what is written is read again', async () => {
  const values = Float32Array.of(0.1, -2, Number.NaN, Number.POSITIVE_INFINITY, 0, 6);
  for (const shape of [[2, 3], [6], [1, 1, 6], []]) {
    const own = shape.length === 0 ? values.subarray(0, 1) : values;
    const [read] = await readArrays('x.npy', writeNpy(shape, own));
    assert.deepEqual(read, { kind: 'read', name: 'x', dtype: 'float32', shape, values: own });
  }
  const arrays = [
    { name: 'jacobian', shape: [2, 3], values },
    { name: 'net.0.weight', shape: [6], values },
  ];
  const found = await readArrays('x.npz', writeNpz(arrays));
  assert.deepEqual(
    found,
    arrays.map((array) => ({ kind: 'read', dtype: 'float32', ...array })),
  );
});
