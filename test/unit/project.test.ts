import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { before, describe, test } from 'node:test';
import { createParser } from '../../language-server/python/parser.ts';
import { locateWasm } from '../../language-server/python/wasm.ts';
import { type Analyser, createAnalyser } from '../../language-server/rules/analyse.ts';
import { type Analysis, noFiles, type SourceHost } from '../../language-server/rules/analysis.ts';

/** Files of one project: what others of its files tell of one. */

let analyser: Analyser;
before(async () => {
  analyser = createAnalyser(await createParser(await locateWasm()));
});

type Files = Readonly<Record<string, string>>;

/** Analyses one file of a project at `/p`. */
function analyse(files: Files, path: string): Analysis {
  const texts = new Map(Object.entries(files).map(([name, text]) => [`/p/${name}`, text]));
  const readText = (other: string): string | null => texts.get(other) ?? null;
  const host: SourceHost = {
    readText,
    peek: readText,
    roots: (other) => [dirname(other), '/p'],
    files: () => [...texts.keys()],
  };
  return analyser.analyse(`/p/${path}`, readText(`/p/${path}`) ?? '', host, {});
}

/** The shapes of a name, each once. */
function shapes({ shapes: facts }: Analysis, name: string): readonly string[] {
  return [
    ...new Set(
      facts
        .filter((fact) => fact.name === name)
        .map(({ shape, unknownBecause }) => shape ?? `unknown: ${unknownBecause}`),
    ),
  ];
}

const net = `import torch
from torch import nn
from torch.autograd.functional import jacobian

class Net(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.fc = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.fc(x).tanh()

    def derivative(self, x):
        J = jacobian(self.forward, x)
        return J
`;

describe('functions are run as other files of the project call them', () => {
  test('a script', () => {
    const analysis = analyse(
      {
        'lib/net.py': net,
        'lib/__init__.py': '',
        'run.py': 'import torch\nfrom lib.net import Net\nNet(5, 10).derivative(torch.randn(3, 5))\n',
      },
      'lib/net.py',
    );
    assert.deepEqual(shapes(analysis, 'J'), ['(3, 10, 3, 5)']);
    const [finding] = analysis.findings;
    assert.equal(finding?.rule, 'full-batch-jacobian');
    assert.equal(finding.certainty, 'likely', 'other callers may do right');
    assert.match(finding.message, /^If it is called as in run\.py: /);
  });

  test('through a package that passes the name on', () => {
    const analysis = analyse(
      {
        'lib/net.py': net,
        'lib/__init__.py': 'from .net import Net\n',
        'run.py':
          'import torch\nimport lib\nif __name__ == "__main__":\n    lib.Net(5, 10).derivative(torch.randn(3, 5))\n',
      },
      'lib/net.py',
    );
    assert.deepEqual(shapes(analysis, 'J'), ['(3, 10, 3, 5)']);
  });

  test('tests with fixtures and parameters', () => {
    const analysis = analyse(
      {
        'net.py': net,
        'tests/conftest.py': 'import pytest, torch\n@pytest.fixture\ndef batch():\n    yield torch.randn(4, 5)\n',
        'tests/test_net.py': `import pytest
from net import Net

@pytest.fixture(params=[2, 3])
def outputs(request):
    return request.param

@pytest.mark.parametrize('inputs, bias', [(5, True), (5, False)])
def test_derivative(inputs, bias, outputs, batch):
    Net(inputs, outputs).derivative(batch)
`,
      },
      'net.py',
    );
    assert.deepEqual(shapes(analysis, 'J'), ['(4, 2, 4, 5)']);
  });

  test('parameters that a test gives its fixtures', () => {
    const analysis = analyse(
      {
        'net.py': net,
        'tests/test_net.py': `import pytest, torch
from net import Net

@pytest.fixture
def batch(request):
    return torch.randn(request.param, 5)

@pytest.fixture
def outputs(request):
    return request.param

@pytest.mark.parametrize('batch', [4, 7], indirect=True)
@pytest.mark.parametrize('inputs, outputs', [(5, 2)], indirect=['outputs'])
def test_derivative(inputs, outputs, batch):
    Net(inputs, outputs).derivative(batch)
`,
      },
      'net.py',
    );
    assert.deepEqual(shapes(analysis, 'J'), ['(4, 2, 4, 5)']);
  });

  for (const [how, text] of [
    ['by its name', "sys.path.append('utils')"],
    ['by a name that holds it', "folder = 'utils'\nsys.path.insert(0, folder)"],
    ['beside the file', "sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'utils'))"],
    ['with pathlib', "sys.path.insert(1, str(Path(__file__).resolve().parent.parent / 'utils'))"],
    ['among several', "sys.path.extend(['elsewhere', '../utils'])"],
  ] as const)
    test(`a module in a folder that the file adds to sys.path: ${how}`, () => {
      const run = `import os, sys
from pathlib import Path
import torch
${text}
from net import Net
J = Net(5, 10).derivative(torch.randn(3, 5))
`;
      const files = { 'utils/net.py': net, 'runs/run.py': run };
      assert.deepEqual(shapes(analyse(files, 'runs/run.py'), 'J'), ['(3, 10, 3, 5)']);
      assert.deepEqual(shapes(analyse(files, 'utils/net.py'), 'J'), ['(3, 10, 3, 5)']);
    });

  test('a helper is not blamed for the functions that others give it', () => {
    const files = {
      'helper.py':
        'from torch.autograd.functional import jacobian\n\ndef whole(f, x):\n    J = jacobian(f, x)\n    return J\n',
      'run.py': 'import torch\nfrom helper import whole\nJ = whole(torch.sin, torch.randn(3, 5))\n',
    };
    assert.deepEqual(shapes(analyse(files, 'helper.py'), 'J'), ['(3, 5, 3, 5)']);
    assert.deepEqual(analyse(files, 'helper.py').findings, []);
    assert.deepEqual(
      analyse(files, 'run.py').findings.map(({ rule }) => rule),
      ['elementwise-jacobian'],
    );
  });

  test('sizes that tests choose do not decide which mode is cheaper', () => {
    const files = {
      'helper.py': `from torch.func import jacrev

def f(x):
    return x.repeat(20)

def slow(x):
    J = jacrev(f)(x)
    return J
`,
      'test_helper.py': 'import torch\nfrom helper import slow\ndef test_slow():\n    slow(torch.randn(2))\n',
    };
    assert.deepEqual(shapes(analyse(files, 'helper.py'), 'J'), ['(40, 2)']);
    assert.deepEqual(analyse(files, 'helper.py').findings, []);
    assert.deepEqual(analyse(files, 'test_helper.py').findings, []);
  });

  test('what no file calls has sizes by the names that its body takes for sizes', () => {
    const analysis = analyse(
      {
        'net.py': `${net}\n    def probe(self):\n        x = torch.zeros(7, self.fc.in_features)\n        J = jacobian(self.forward, x)\n        return J\n`,
      },
      'net.py',
    );
    assert.ok(shapes(analysis, 'J').includes('(7, outputs, 7, inputs)'));
  });

  /** The shapes of names of a program that takes its sizes from what is not known. */
  function sized(body: string): readonly string[] {
    const text = `import torch\nfrom torch import nn\nfrom elsewhere import Config, change\ncfg = Config.load()\n${body}\n`;
    return shapes(analyse({ 'sized.py': text }, 'sized.py'), 'y');
  }

  test('what a size is taken from that is not known is a named size, the same each time', () => {
    assert.deepEqual(sized('y = torch.zeros(3, cfg.width) @ torch.zeros(cfg.width, 2)'), ['(3, 2)']);
    assert.deepEqual(sized('y = nn.Linear(cfg.width, 2 * cfg.width)(torch.zeros(3, cfg.width))'), ['(3, 2*width)']);
    assert.deepEqual(sized("y = torch.zeros(cfg['a'] + 1, cfg['b'] // 2)"), ['(a + 1, b//2)']);
    assert.deepEqual(sized('n, k = cfg.shape\ny = torch.zeros(n, k)'), ['(n, k)']);
    assert.deepEqual(
      sized('def f(width):\n    return nn.Linear(3, width)\nw = Config.n()\ny = f(w)(torch.zeros(2, 3))'),
      ['(2, w)'],
    );
  });

  test('where it may be another one it is another size', () => {
    const unknown = (body: string): void => assert.match(sized(body).join(), /^unknown/, body);
    unknown('y = torch.zeros(3, cfg.width) @ torch.zeros(cfg.height, 2)');
    unknown('a = torch.zeros(3, cfg.width)\nchange(cfg)\ny = a @ torch.zeros(cfg.width, 2)');
    unknown('a = torch.zeros(3, cfg.width)\ncfg.grow()\ny = a @ torch.zeros(cfg.width, 2)');
    unknown('y = torch.zeros(3, Config.n()) @ torch.zeros(Config.n(), 2)');
    unknown('n = cfg.a\nif cfg.flag:\n    n = cfg.b\ny = torch.zeros(3, n) @ torch.zeros(cfg.a, 2)');
    unknown('for k in Config.all():\n    y = torch.zeros(3, k.n)\n');
    // It may be a sequence of sizes.
    unknown('y = torch.zeros(cfg.width)');
    unknown('y = torch.Tensor(cfg.width)');
    unknown('y = torch.zeros(2, 3).repeat_interleave(cfg.width, dim=0)');
    unknown('y = torch.zeros(6).reshape(cfg.width)');
    unknown('import numpy as np\ny = np.zeros(cfg.width)');
    unknown('y = torch.zeros(6, 2).split(cfg.width)[0]');
    unknown('y = torch.arange(cfg.width)');
    unknown('a = torch.zeros(3, cfg.width)\ncfg.width = 4\ny = a @ torch.zeros(cfg.width, 2)');
  });

  test('a function that takes any number of arguments is not tried with none', () => {
    const text =
      'import torch\ndef sample(*args, **kwargs):\n    s = torch.randn(*args, **kwargs)\n    return s[:, 0]\n';
    assert.deepEqual(analyse({ 'sample.py': text }, 'sample.py').findings, []);
  });
});

describe('imports', () => {
  test('modules that import each other', () => {
    const files = {
      'pkg/__init__.py': 'from pkg.model import Model\n',
      'pkg/model.py': 'from pkg.parts import Part\nclass Model:\n    def size(self):\n        return Part().size()\n',
      'pkg/parts.py': `import torch
from pkg.model import Model
class Part:
    def size(self):
        return 6
def use():
    z = torch.zeros(Model().size(), 2)
    return z
`,
      'run.py': 'from pkg.parts import use\ny = use()\n',
    };
    assert.deepEqual(shapes(analyse(files, 'run.py'), 'y'), ['(6, 2)']);
    assert.deepEqual(shapes(analyse(files, 'pkg/parts.py'), 'z'), ['(6, 2)']);
  });

  test('files that import themselves or each other in a ring of calls end', () => {
    const files = {
      'a.py': 'import b\ndef f(x):\n    return b.g(x)\n',
      'b.py': 'import a\ndef g(x):\n    return a.f(x)\na.f(1)\n',
    };
    assert.deepEqual(analyse(files, 'a.py').findings, []);
    assert.deepEqual(analyse({ 'a.py': 'import a\nfrom a import *\nfrom . import a as b\n' }, 'a.py').findings, []);
  });
});

describe('what only some paths set', () => {
  const text = `import torch
import sys
if len(sys.argv) > 1:
    n, act = 3, torch.tanh
    late = torch.zeros(2)
else:
    n, act = 5, lambda v: v * 2
x = torch.zeros(n, 4)
y = act(x)
z = late + 1
class Box:
    mode = None
    def __init__(self, flag):
        if flag > 1:
            self.mode = 3
            self.w = torch.ones(2, 6)
    def use(self):
        m = torch.zeros(self.mode)
        v = self.w * 2
        u = getattr(self, 'w', None)
        return v
`;
  test('is there where it is read', () => {
    const analysis = analyse({ 'a.py': text }, 'a.py');
    assert.deepEqual(shapes(analysis, 'x'), ['(n, 4)']);
    assert.deepEqual(shapes(analysis, 'y'), ['(n, 4)']);
    assert.deepEqual(shapes(analysis, 'z'), ['(2,)']);
    assert.deepEqual(shapes(analysis, 'v'), ['(2, 6)']);
  });

  test('but not where something else stands behind it', () => {
    const analysis = analyse({ 'a.py': text }, 'a.py');
    assert.match(shapes(analysis, 'm').join(), /unknown/);
    assert.match(shapes(analysis, 'u').join(), /unknown/);
  });

  test('nor where something that is not known may have set it', () => {
    const analysis = analyse(
      {
        'a.py': `import torch
from torch import nn
from tool import extend
net = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
if getattr(net[0], 'stats', None) is None:
    v = torch.zeros(2)
extend([net])
if getattr(net[0], 'stats', None) is None:
    w = torch.zeros(2)
else:
    w = torch.zeros(5)
`,
      },
      'a.py',
    );
    assert.deepEqual(shapes(analysis, 'v'), ['(2,)']);
    assert.deepEqual(shapes(analysis, 'w'), ['(2,)', '(5,)']);
  });
});

test('what a loop makes larger each turn is not one of its first sizes, nor within containers', () => {
  const text = `import sys
import torch
v = torch.zeros(2)
state = {'h': v}
pair = [v, 1]
for _ in sys.argv:
    v = torch.cat([v, v])
    state = {'h': torch.cat([state['h'], state['h']])}
    pair = [torch.cat([pair[0], pair[0]]), 1]
a = v + 1
b = state['h'] + 1
c = pair[0] + 1
`;
  const analysis = analyse({ 'a.py': text }, 'a.py');
  for (const name of ['a', 'b', 'c'])
    assert.match(shapes(analysis, name).join(), /^unknown: its shape is .* which is not known before it runs$/);
});

test('a function with a derivative of its own has the shape of its forward, and nothing is known of its samples', () => {
  const analysis = analyse(
    {
      'a.py': `import torch
class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.cat([x, x], 1)
    @staticmethod
    def backward(ctx, g):
        return g[:, :5] + g[:, 5:]
x = torch.randn(3, 5)
y = Twice.apply(x)
J = torch.autograd.functional.jacobian(Twice.apply, x)
`,
    },
    'a.py',
  );
  assert.deepEqual(shapes(analysis, 'y'), ['(3, 10)']);
  assert.deepEqual(shapes(analysis, 'J'), ['(3, 10, 3, 5)']);
  assert.deepEqual(analysis.findings, []);
});

test('a derivative that cannot be told says why', () => {
  const analysis = analyse(
    {
      'a.py':
        'import torch, pickle\nx = pickle.load(open("x"))\nJ = torch.autograd.functional.jacobian(torch.sin, x)\n',
    },
    'a.py',
  );
  const [derivative] = analysis.derivatives;
  assert.equal(derivative?.shape, null);
  assert.match(derivative?.hover() ?? '', /The shape is not known: the module pickle is not known \(line 1\)/);
});

describe('shape-mismatch', () => {
  const start = `import sys
import pytest
import torch
from torch import nn
x = torch.randn(3, 5)
w = torch.randn(4, 2)
flag = len(sys.argv) > 1
def times(a, b):
    return a @ b
`;
  /** The lines that are reported, as text. */
  const reported = (code: string): readonly string[] => {
    const analysis = analyse({ 'a.py': start + code }, 'a.py');
    return analysis.findings.map(({ rule, range }) => `${rule}: ${analysis.text.slice(range.start, range.end)}`);
  };

  // What torch 2.13 does with each: it raises.
  for (const code of ['x @ w', 'x + w', 'torch.cat([x, w])', 'x.view(4, 4)', 'nn.Linear(4, 2)(x)', 'x[:, :, 0]'])
    test(`${code} raises`, () => {
      assert.deepEqual(reported(`y = ${code}\n`), [`shape-mismatch: ${code}`]);
    });

  test('says the shapes, and where they come from', () => {
    const [finding] = analyse({ 'a.py': `${start}y = x @ w\n` }, 'a.py').findings;
    assert.match(finding?.message ?? '', /^This raises an error: \(3, 5\) and \(4, 2\) do not fit/);
    assert.deepEqual(
      finding?.related.map(({ message }) => message),
      ['This is (3, 5).', 'This is (4, 2).'],
    );
  });

  test('a helper that fits others is not blamed, but the call that it fails for', () => {
    assert.deepEqual(reported('times(x, x.T)\ntimes(x, w)\n'), ['shape-mismatch: times(x, w)']);
    assert.deepEqual(reported('times(x, w)\n'), ['shape-mismatch: a @ b']);
    const net = `class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 2)
    def forward(self, v):
        return self.fc(v).tanh()
net = Net()
`;
    assert.deepEqual(reported(`${net}net(x.T)\nnet(x)\n`), ['shape-mismatch: net(x.T)']);
  });

  for (const [what, code] of [
    ['on one of several paths', 'if flag:\n    y = x @ w\n'],
    ['behind an early return', 'def f():\n    if flag:\n        return 0\n    return x @ w\nf()\n'],
    ['in a conditional expression', 'y = x @ w if flag else x\n'],
    ['in a try', 'try:\n    y = x @ w\nexcept RuntimeError:\n    y = x\n'],
    ['that a test expects', 'with pytest.raises(RuntimeError):\n    x @ w\n'],
    ['in a loop of unknown length', 'for _ in sys.argv:\n    y = x @ w\n'],
    ['of declared shapes', 'def f(a: torch.Tensor):\n    """a: (b, 4)"""\n    return a @ torch.randn(5, 2)\n'],
    ['of a value that is one of a few', 'v = x.T if flag else x\nz = v @ torch.randn(3, 2)\n'],
    ['of what has no elements yet', 'parts = []\ny = torch.cat(parts)\n'],
  ] as const)
    test(`silent about what is ${what}`, () => {
      assert.deepEqual(reported(code), []);
    });
});

test('fixes have their own time, however long ago the analysis was', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const filler = Array.from({ length: 400 }, (_, k) => `a${k} = ${k} + 1`).join('\n');
  const text = `import torch
from torch.autograd.functional import jacobian
${filler}
x = torch.randn(3, 5)
J = jacobian(torch.nn.Linear(5, 2), x)
`;
  const analysis = analyser.analyse('/p/a.py', text, noFiles, {}, 1000);
  now = 1_000_000;
  const [finding] = analysis.findings;
  assert.ok(finding);
  assert.deepEqual(
    analysis.fixes(finding).map(({ kind }) => kind),
    ['suggested', 'suggested'],
  );
});

test('from which size on a derivative is too large is a setting', () => {
  const text =
    'import torch\nfrom torch.func import jacrev\nJ = jacrev(lambda u: torch.cumsum(u, 0))(torch.randn(512))\n';
  const found = (sizeLimit: number): readonly string[] =>
    analyser.analyse('/p/a.py', text, noFiles, { sizeLimit }).findings.map(({ rule }) => rule);
  assert.deepEqual(found(1024 ** 2), []);
  assert.deepEqual(found(1024 ** 2 - 1), ['jacobian-too-large']);
});

test('an annotation that vmap makes untrue raises nothing', () => {
  const text = `import torch
from torch import nn, Tensor
from torch.func import jacfwd, vmap
from jaxtyping import Float
net = nn.Linear(5, 10)
def f(x: Float[Tensor, "b i"]):
    return net(x)
J = vmap(jacfwd(f))(torch.randn(3, 5))
`;
  const { findings } = analyser.analyse('/p/a.py', text, noFiles, {});
  assert.deepEqual(
    findings.map(({ rule, severity }) => [rule, severity]),
    [['contract-mismatch', 'warning']],
  );
});

describe('rules of transforms', () => {
  const start = `import sys
import pytest
import torch
from torch import nn
from torch.func import jacrev, vmap
from torch.autograd.functional import jacobian
x = torch.randn(3, 5)
net = nn.Sequential(nn.Linear(5, 4), nn.Dropout(), nn.Linear(4, 2))
flag = len(sys.argv) > 1
def column(z):
    return z[:, 0]
def per_sample(f, z):
    return vmap(jacrev(f))(z)
`;
  /** The lines that are reported, as text. */
  const reported = (code: string): readonly string[] => {
    const analysis = analyse({ 'a.py': start + code }, 'a.py');
    return analysis.findings.map(({ rule, range }) => `${rule}: ${analysis.text.slice(range.start, range.end)}`);
  };

  test('a finding stands on the call of the transformed function, what raises inside is beside it', () => {
    const { text, findings } = analyse({ 'a.py': `${start}J = vmap(jacrev(column))(x)\n` }, 'a.py');
    assert.deepEqual(
      findings.map(({ rule, range, related }) => [
        rule,
        text.slice(range.start, range.end),
        related.map((each) => text.slice(each.range.start, each.range.end)),
      ]),
      [['batched-function-under-vmap', 'vmap(jacrev(column))(x)', ['z[:, 0]']]],
    );
  });

  test('a helper that is right for others is not blamed, but the call that it fails for', () => {
    assert.deepEqual(reported('per_sample(torch.tanh, x)\nper_sample(column, x)\n'), [
      'batched-function-under-vmap: per_sample(column, x)',
    ]);
    assert.deepEqual(reported('per_sample(torch.tanh, x)\nper_sample(net, x)\n'), [
      'randomness-under-vmap: per_sample(net, x)',
    ]);
  });

  test('what no batch axis helps is a mismatch of shapes', () => {
    assert.deepEqual(reported('vmap(lambda z: z @ torch.ones(7, 2))(x)\n'), ['shape-mismatch: z @ torch.ones(7, 2)']);
  });

  test('of what a call would raise, the first is said', () => {
    assert.deepEqual(reported('vmap(lambda z: nn.functional.dropout(z) + z[:, 0])(x)\n'), [
      'randomness-under-vmap: vmap(lambda z: nn.functional.dropout(z) + z[:, 0])(x)',
    ]);
  });

  for (const [what, code] of [
    ['in a try', 'try:\n    vmap(net)(x)\nexcept RuntimeError:\n    pass\n'],
    ['that a test expects', 'with pytest.raises(RuntimeError):\n    vmap(net)(x)\n    jacobian(net(x), x)\n'],
    ['in a test that is to fail', '@pytest.mark.xfail\ndef test_it():\n    vmap(net)(x)\n'],
    ['on one of several paths', 'if flag:\n    vmap(net)(x)\n'],
    ['in a mode that hangs on a path', 'if flag:\n    net.eval()\nvmap(net)(x)\n'],
    ['in a mode that something else may have set', 'from other import prepare\nprepare(net)\nvmap(net)(x)\n'],
    ['that may be told how to draw', 'how = sys.argv[1]\nvmap(net, randomness=how)(x)\n'],
    ['of axes that are not known', 'dims = eval(sys.argv[1])\nvmap(torch.dot, in_dims=dims)(x, x)\n'],
    ['of sizes with names that may be the same', 'def f(a, b):\n    return vmap(torch.dot)(a, b)\n'],
  ] as const)
    test(`silent about what is ${what}`, () => {
      assert.deepEqual(reported(code), []);
    });
});

test('a function named as a method of JavaScript is no layer', () => {
  const files = { 'a.py': 'def f(n):\n    return toString(k=n)\n' };
  assert.deepEqual(analyse(files, 'a.py').findings, []);
});

test('maps of nothing, and activations that a network makes its own of, are left alone', () => {
  const text = `import equinox as eqx
import jax
import jax.numpy as jnp

def f(x):
    return x

a = eqx.filter_vmap(f, out_axes=None, axis_size=5)(1)
b = eqx.filter_vmap(f, in_axes=None, out_axes=None, axis_size=5)(jnp.array([3, 4]))
c = eqx.filter_vmap(f, in_axes=None, out_axes=0, axis_size=5)(jnp.array([3, 4]))
d = jax.vmap(lambda x, y: 2 * y, in_axes=(0, None), out_axes=None)(jnp.ones((3, 2)), jnp.ones(4))
mlp = eqx.nn.MLP(2, 5, 8, 2, activation=eqx.nn.PReLU(), key=jax.random.PRNGKey(0))
assert mlp.activation.negative_slope.shape == (2, 8)
`;
  const analysis = analyser.analyse('/p/a.py', text, noFiles, {});
  assert.deepEqual(analysis.findings, []);
  assert.deepEqual(
    ['b', 'c', 'd'].flatMap((name) => shapes(analysis, name)),
    ['(2,)', '(5, 2)', '(4,)'],
  );
});

test('what is changed in a way that is not known is not known', () => {
  const text = `
import torch
from torch import nn
from foo import bar
modules = nn.ModuleList([nn.Linear(2, 3)])
modules.extend(bar())
number = torch.zeros(len(modules))
heads = nn.ModuleDict({'a': nn.Linear(2, 3)})
heads.update(bar())
head = heads['a'](torch.zeros(5, 2))
entries = {'a': torch.zeros(3)}
entries.update(bar())
updated = entries['a']
entries = {'a': torch.zeros(3)}
entries.pop(bar(), None)
popped = torch.zeros(len(entries))
entries = {'a': torch.zeros(3), 'b': torch.zeros(4)}
entries[bar()] = torch.zeros(4)
either, same = entries['a'], entries['b']
items = [torch.zeros(3), torch.zeros(4)]
items[bar()] = torch.zeros(4)
first, second = items
del items[bar()]
deleted = items[0]
`;
  const analysis = analyse({ 'a.py': text }, 'a.py');
  const known = (name: string): boolean => shapes(analysis, name).every((shape) => !shape.startsWith('unknown'));
  for (const name of ['number', 'head', 'updated', 'popped', 'deleted']) assert.ok(!known(name), name);
  for (const name of ['either', 'first']) assert.deepEqual(shapes(analysis, name), ['(3,)', '(4,)'], name);
  for (const name of ['same', 'second']) assert.deepEqual(shapes(analysis, name), ['(4,)'], name);
});

test('a derivative of what surely raises is not taken for one of constants', () => {
  const text = `import pytest
import torch
from torch.autograd.functional import jacobian

class Variable:
    def __init__(self, data):
        self.data = data

    def update(self, data):
        if data.shape != self.data.shape:
            raise ValueError('another shape')
        self.data = data

kept = Variable(torch.randn(3))

def error(x):
    kept.update(x)
    return kept.data * 2

with pytest.raises(ValueError):
    J = jacobian(error, torch.randn(4))
`;
  const analysis = analyser.analyse('/p/a.py', text, noFiles, {});
  assert.deepEqual(analysis.findings, []);
  // The block ends there: J gets no value, and the call is none that gives a derivative.
  assert.deepEqual(shapes(analysis, 'J'), []);
  assert.deepEqual(analysis.derivatives, []);
});

test('a gradient whose input is not seen in the graph has its shape, and is not told to be zero', () => {
  const text = `import torch

def gradient(y, x):
    """
    y: shape (b, o)
    x: shape (b, i)
    """
    g = torch.autograd.grad(y.sum(), x)[0]
    return g
`;
  const analysis = analyser.analyse('/p/a.py', text, noFiles, {});
  assert.deepEqual(analysis.findings, []);
  assert.deepEqual(shapes(analysis, 'g'), ['(b, i)']);
});

test('the options of a dataclass that the command line fills are named sizes', () => {
  const files = {
    'a.py': `from dataclasses import dataclass
from typing import Optional
import torch
import tyro

@dataclass
class Args:
    width: int = 8
    rate: float = 1
    depth: Optional[int] = None
    name: str = 'x'

args = tyro.cli(Args)
a = torch.zeros(args.width, 3)
b = torch.zeros(3) * args.rate
c = torch.zeros(args.depth)
`,
  };
  const analysis = analyse(files, 'a.py');
  assert.deepEqual(
    ['a', 'b', 'c'].flatMap((name) => shapes(analysis, name)),
    ['(width, 3)', '(3,)', 'unknown: the option depth is not known before it runs'],
  );
});

test('a package that the project has itself is read, and not what is known of it', () => {
  const files = {
    'backpack/__init__.py': 'import torch\n\ndef extend(module):\n    return torch.zeros(7)\n',
    'a.py': 'from backpack import extend\n\nx = extend(None)\n',
  };
  assert.deepEqual(shapes(analyse(files, 'a.py'), 'x'), ['(7,)']);
  const alone = 'import torch\nfrom backpack import extend\n\nx = extend(torch.nn.Linear(2, 3))(torch.zeros(4, 2))\n';
  assert.deepEqual(shapes(analyse({ 'a.py': alone }, 'a.py'), 'x'), ['(4, 3)']);
});

test('a class of tensors may have methods of its own: nothing is known of its tensors', () => {
  const text = `
import torch
class Labelled(torch.Tensor):
    @staticmethod
    def __new__(cls, x):
        return super().__new__(cls, x)
    def __getitem__(self, index):
        return super().__getitem__(index).unsqueeze(0)
made = Labelled(torch.rand(3, 4))
row = made[0]
assert row.shape == (1, 4)
viewed = torch.rand(3, 4).as_subclass(Labelled)[0]
also = torch.Tensor._make_subclass(Labelled, torch.rand(3, 4))[0]
plain = torch.rand(3, 4).as_subclass(torch.Tensor)[0]
`;
  const analysis = analyse({ 'a.py': text }, 'a.py');
  assert.deepEqual(analysis.findings, []);
  for (const name of ['made', 'row', 'viewed', 'also'])
    assert.match(shapes(analysis, name).join(), /^unknown: what a class of torch.Tensors changes is not known$/, name);
  assert.deepEqual(shapes(analysis, 'plain'), ['(4,)']);
});

test('what an unknown decorator may change is an assumption; those that check types change nothing', () => {
  const text = (decorator: string): string => `
import torch
from torch import nn
from torch.func import jacrev
from beartype import beartype
from jaxtyping import jaxtyped
from elsewhere import wrapped
net = nn.Linear(5, 2)
@${decorator}
def derivative(x):
    assert x.ndim == 2
    return jacrev(net)(x)
J = derivative(torch.randn(3, 5))
`;
  for (const decorator of ['beartype', 'jaxtyped(typechecker=beartype)', 'beartype()']) {
    const { findings } = analyse({ 'a.py': text(decorator) }, 'a.py');
    assert.deepEqual(
      findings.map(({ certainty }) => certainty),
      ['proved'],
      decorator,
    );
  }
  for (const decorator of ['wrapped', 'wrapped.twice(2)']) {
    const { findings } = analyse({ 'a.py': text(decorator) }, 'a.py');
    assert.deepEqual(
      findings.map(({ certainty }) => certainty),
      ['likely'],
      decorator,
    );
    assert.match(findings[0]?.message ?? '', /^If wrapped(\.twice)? leaves alone what derivative is given: /);
    const wrong = analyse({ 'a.py': text(decorator).replace('ndim == 2', 'ndim == 1') }, 'a.py');
    assert.ok(wrong.findings.every(({ rule }) => rule !== 'contract-mismatch'));
  }
});

test('a tensor that is given another shape in place in a way that is not known has none', () => {
  const text = `
import torch
from elsewhere import sizes
x = torch.zeros(3, 4)
x.resize_(sizes())
resized = x + 0
y = torch.zeros(2, 3)
y.unsqueeze_(sizes())
opened = y + 0
z = torch.zeros(2, 3)
before = z + 0
z.set_(sizes())
replaced = z + 0
w = torch.zeros(2, 3)
w.t_().add_(sizes())
turned = w + 0
`;
  const analysis = analyse({ 'a.py': text }, 'a.py');
  for (const name of ['resized', 'opened', 'replaced']) assert.match(shapes(analysis, name).join(), /^unknown/, name);
  assert.deepEqual(shapes(analysis, 'before'), ['(2, 3)']);
  assert.deepEqual(shapes(analysis, 'turned'), ['(3, 2)']);
});
