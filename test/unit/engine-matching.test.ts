import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as D from '../../language-server/graph/dim.ts';
import type { Program } from '../../language-server/graph/program.ts';
import type { FileArray } from '../../media/engine/data/arrays.ts';
import { givenOf, type Matching, matched } from '../../media/engine/data/matching.ts';
import { builder, mlp, program } from './engine-nets.ts';

/** Which arrays of files go with which weights and inputs of a program. */

function array(name: string, ...shape: readonly number[]): FileArray {
  const count = shape.reduce((a, b) => a * b, 1);
  return { kind: 'read', name, dtype: 'float32', shape, values: new Float32Array(count).fill(count) };
}

function withWeights(...names: readonly string[]): Program {
  const g = builder();
  const x = g.input('x', { shape: [3, 2], dtype: 'float32' });
  const output = names.reduce((y, name) => g.mul(y, g.parameter(name, [2], { kind: 'full', value: 1 })), x);
  return program(g, x, output);
}

function sources({ matches }: Matching): Readonly<Record<string, string>> {
  const told = matches.map(({ leaf, source }) => {
    switch (source.kind) {
      case 'matched':
        return [leaf.name, `${source.file}:${source.array.name}`];
      case 'ambiguous':
        return [leaf.name, `ambiguous ${source.arrays.join(' ')}`];
      default:
        return [leaf.name, source.kind];
    }
  });
  return Object.fromEntries(told);
}

test('weights are found under the names of their state_dict', () => {
  const own = matched(mlp([4, 3, 2], 5), [
    { name: 'a', arrays: [array('0.weight', 3, 4), array('0.bias', 3), array('2.weight', 2, 2), array('left', 1)] },
  ]);
  assert.deepEqual(sources(own), {
    x: 'missing',
    '0.weight': 'a:0.weight',
    '0.bias': 'a:0.bias',
    '2.weight': 'other-shape',
    '2.bias': 'missing',
  });
  assert.deepEqual(
    own.unused.map(({ array: { name } }) => name),
    ['left'],
  );
  assert.deepEqual(Object.keys(givenOf(own)), ['0.weight', '0.bias']);
});

test('one name may end with the other, part by part', () => {
  const from = (leaf: string, ...names: readonly string[]): string | undefined =>
    sources(matched(withWeights(leaf), [{ name: 'a', arrays: names.map((name) => array(name, 2)) }]))[leaf];
  assert.equal(from('net.0.weight', '0.weight'), 'a:0.weight');
  assert.equal(from('0.weight', 'module.0.weight'), 'a:module.0.weight');
  assert.equal(from('v.params.Dense_0.kernel', 'params/Dense_0/kernel'), 'a:params/Dense_0/kernel');
  assert.equal(from('net.10.weight', '0.weight'), 'missing');
  assert.equal(from('net.2.0.weight', '0.weight', '2.0.weight'), 'a:2.0.weight');
  assert.equal(from('weight', '0.weight', '1.weight'), 'ambiguous 0.weight 1.weight');
});

test('an array is for one weight only', () => {
  const from = (names: readonly string[], ...arrays: readonly string[]): Readonly<Record<string, string>> =>
    sources(matched(withWeights(...names), [{ name: 'a', arrays: arrays.map((name) => array(name, 2)) }]));
  assert.deepEqual(from(['encoder.w', 'decoder.w'], 'w'), {
    x: 'missing',
    'encoder.w': 'shared',
    'decoder.w': 'shared',
  });
  assert.deepEqual(from(['encoder.w', 'w'], 'w'), { x: 'missing', 'encoder.w': 'missing', w: 'a:w' });
  assert.deepEqual(from(['w', 'w'], 'w'), { x: 'missing', w: 'shared' });
});

test('the last file that has it counts', () => {
  const files = ['a', 'b'].map((name) => ({ name, arrays: [array('w', 2)] }));
  assert.equal(sources(matched(withWeights('w'), files)).w, 'b:w');
});

test('a single array of no known name is the input that it fits', () => {
  const from = (...shape: readonly number[]): string | undefined =>
    sources(matched(withWeights('w'), [{ name: 'a.npy', arrays: [array('train', ...shape)] }])).x;
  assert.equal(from(3, 2), 'a.npy:train');
  assert.equal(from(4, 2), 'missing');
  assert.equal(from(2), 'missing');
});

test('named sizes are those of the arrays', () => {
  const g = builder();
  const [b, n] = [D.size('b'), D.size('n')];
  const x = g.input('x', { shape: [b, n], dtype: 'float32' });
  const y = g.input('y', { shape: [b, D.mul(n, 2)], dtype: 'float32' });
  const own = program(g, x, g.concatenate([x, y], 1), {
    region: { inputs: [x, y], outputs: [g.concatenate([x, y], 1)] },
    inputs: [null, null],
    sizes: [
      { key: D.key(b), name: 'b' },
      { key: D.key(n), name: 'n' },
    ],
  });
  const of = (...arrays: readonly FileArray[]): Matching => matched(own, [{ name: 'a', arrays }]);
  assert.deepEqual(of(array('x', 7, 3), array('y', 7, 6)).sizes, { [D.key(b)]: 7, [D.key(n)]: 3 });
  assert.equal(sources(of(array('x', 7, 3), array('y', 7, 5))).y, 'other-shape');
  assert.equal(sources(of(array('x', 7, 3), array('y', 8, 6))).y, 'other-shape');
  assert.deepEqual(of(array('y', 7, 6)).sizes, { [D.key(b)]: 7 });
});

test('what a file holds and cannot be used is told at the weight that it is for', () => {
  const arrays: readonly FileArray[] = [{ kind: 'unread', name: 'w', problem: 'holds Python objects' }];
  const [, own] = matched(withWeights('w'), [{ name: 'a', arrays }]).matches;
  assert.deepEqual(own?.source, { kind: 'unread', file: 'a', array: 'w', problem: 'holds Python objects' });
});
