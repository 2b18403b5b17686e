import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { type Analysis, noFiles } from '../../language-server/rules/analysis.ts';
import { codeLenses } from '../../language-server/server/code-lens.ts';
import { fileDocument } from '../../language-server/server/document.ts';
import { hover } from '../../language-server/server/hover.ts';

/** Shapes that are known in part, and derivatives of what is not known, as people see them. */

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

function analyse(text: string): Analysis {
  return analyser.analyse('/project/file.py', text, noFiles, {});
}

function hoverOver(text: string, name: string): string {
  const { document, part } = fileDocument('file:///project/file.py', 1, analyse(text));
  const contents = hover(document, part, text.indexOf(name))?.contents;
  return typeof contents === 'object' && 'value' in contents ? contents.value : '';
}

const unknown = `
import torch
from torch.func import grad, jacrev

def f(model, loss):
    x = torch.randn(3, 5)
    J = jacrev(model)(x)
    g = grad(loss)(x)
    return J, g
`;

test('a Jacobian of something that is not known: what is known of its shape, and why no more is', () => {
  assert.equal(
    hoverOver(unknown, 'J ='),
    '`J`: `(*, 3, 5)`, where `*` is not known: nothing in this project is seen to call f, so model is not known',
  );
  assert.equal(
    hoverOver(unknown, 'jacrev(model)(x)'),
    '**torch.func.jacrev**\n\n' +
      "It gives `(*, 3, 5)` for each tensor that the function gives, with that one's shape for the first `*`.\n\n" +
      'The shape is not known: nothing in this project is seen to call f, so model is not known (line 5).',
  );
});

test('a gradient of something that is not known has a shape, and cannot be run', () => {
  assert.equal(hoverOver(unknown, 'g ='), '`g`: `(3, 5)`');
  assert.match(hoverOver(unknown, 'grad(loss)(x)'), /gives `\(3, 5\)`\n\nWhat is differentiated is not known: /);
  const { document, part } = fileDocument('file:///project/file.py', 1, analyse(unknown));
  assert.deepEqual(codeLenses(document, part), []);
});

test('of a Jacobian of something that is not known by a number nothing is known', () => {
  const [fact] = analyse(unknown.replace('torch.randn(3, 5)', 'torch.tensor(2.0)')).shapes.filter(
    ({ name }) => name === 'J',
  );
  assert.deepEqual([fact?.shape, fact?.partly], [null, null]);
});

test('why a derivative is not known is said where what it gives holds something that is not', () => {
  const { derivatives } = analyse(`
import torch

def product(model, loss, v):
    params = []
    for p in model.parameters():
        if not p.requires_grad:
            continue
        params.append(p)
    return torch.autograd.grad(loss, params, grad_outputs=v)

def pulled(f, params, v):
    _, pull = torch.func.vjp(lambda p: f(p), params)
    (result,) = pull(v)
    return result
`);
  assert.deepEqual(
    derivatives.map(({ unknownBecause }) => unknownBecause),
    [
      'nothing in this project is seen to call product, so model is not known',
      'nothing in this project is seen to call pulled, so params is not known',
    ],
  );
});

test('what a branch or a body of try demands holds nowhere else', () => {
  const { shapes } = analyse(`
import torch

def f(x, y):
    if x.dim() == 2:
        inside = x * 1
    after = x * 1
    try:
        product = torch.mm(y, y)
    except RuntimeError:
        pass
    later = y * 1

def g(x):
    for k in range(x.count):
        torch.mv(x, x[0])
    later = x * 1

def helper(x, early):
    if early:
        return None
    return torch.mm(x, x)

def calls(x, early):
    helper(x, early)
    later = x * 1

def checked(x):
    if x.dim() != 2:
        return None
    return torch.mm(x, x)

def calls_checked(x):
    checked(x)
    later = x * 1

def left(x, early):
    for k in range(3):
        if early:
            break
        torch.mm(x, x)
    later = x * 1

def h(unseen):
    y = unseen.load()
    n, d = y.shape
    later = y * 1
`);
  const shape = (name: string): readonly (string | null)[] =>
    shapes.filter((fact) => fact.name === name).map((fact) => fact.shape);
  assert.deepEqual(shape('inside'), ['(x0, x1)']);
  assert.deepEqual(shape('after'), [null]);
  assert.deepEqual(
    shape('later').filter((each) => each !== null),
    [],
  );
});

const objects = `
import equinox as eqx
import jax
import jax.numpy as jnp

model = eqx.nn.Linear(3, 2, key=jax.random.key(0))

def train(loader):
    for x, y in loader:
        grads = eqx.filter_grad(lambda model: jnp.mean((jax.vmap(model)(x) - y) ** 2))(model)
`;

test('a gradient of something that is not known by the parts of an object has their shapes', () => {
  const { derivatives } = analyse(objects);
  assert.deepEqual(
    derivatives.map(({ shape }) => shape),
    ['(2, 3), (2,)'],
  );
});

const pulledBack = `
import jax
import jax.numpy as jnp

def wave(x):
    return jnp.sin(x)

def forward(x):
    y, pull = jax.vjp(wave, x)
    def backward(y_bar):
        (x_bar,) = pull(y_bar)
        return x_bar
    return y, backward

(y, s), pull = jax.vjp(lambda a, b: (a @ b, jnp.sin(a)), jnp.ones((2, 3)), jnp.ones((3, 4)))
pull((y, s))
`;

test('a pull-back says why its shape is not known, and gives one shape for each input', () => {
  const { derivatives } = analyse(pulledBack);
  assert.deepEqual(
    derivatives.map(({ shape, unknownBecause }) => [shape, unknownBecause]),
    [
      [null, 'nothing in this project is seen to call forward, so x is not known'],
      ['(2, 3), (3, 4)', null],
    ],
  );
});

test('what a library makes may have more than is known of it: a missing attribute is no error', () => {
  const { shapes } = analyse(
    'import torch\nw = torch.nn.Linear(2, 3).gain\nclass Plain:\n    pass\nv = Plain().gain\n',
  );
  assert.deepEqual(
    shapes.map(({ unknownBecause }) => unknownBecause),
    ['torch.nn.Linear.gain is not known yet', "this raises AttributeError: no attribute 'gain'"],
  );
});

test('a list beside one of as many items as a size says is of unknown length, and no error', () => {
  const { shapes } = analyse(
    'import jax.numpy as jnp\ndef f(n: int):\n    w = jnp.stack([jnp.ones(2)] + [jnp.zeros(2)] * n)\n',
  );
  assert.deepEqual(
    shapes.map(({ unknownBecause }) => unknownBecause),
    ['how many items it has is not known'],
  );
});
