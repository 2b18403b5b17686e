"""What projects around JAX are written with, and the shapes that real Python gives: classes of named tuples, trees, signatures, settings.

Run with a Python that has jax, chex, jax_dataclasses and ml_collections; writes jax_projects.json beside this file. Each
row holds a program and the shapes of its arrays r1, r2, ....
"""

import json
import os
import re
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"

import jax

PROGRAMS = ['''
from typing import NamedTuple, Any, Optional
import collections
import jax, jax.numpy as jnp
class KKT(NamedTuple):
    primal: Any
    dual: Optional[Any] = None
    def total(self):
        return self.primal.sum()
class State(KKT):
    pass
Q0 = collections.namedtuple('Q0', 'a b')
class Q(Q0):
    def norm(self): return self.a + self.b
D = collections.namedtuple('D', ['u', 'v'], defaults=[jnp.ones(6)])
T = NamedTuple('T', [('a', int), ('b', int)])
r1 = KKT(jnp.ones(3))[0]
r2, r3 = KKT(jnp.ones(3), jnp.ones(4))
d = KKT(jnp.ones(3))._replace(dual=jnp.ones((2, 2)))
r4 = d.dual
r5 = d.total()
r6 = jax.tree_util.tree_map(lambda t: t[None], d).dual
r7 = Q(jnp.ones(3), jnp.ones(3)).norm()
def step(carry, x):
    return KKT(carry.primal + x, carry.dual * 2), carry.primal
last, r8 = jax.lax.scan(step, KKT(jnp.zeros(5), jnp.zeros(2)), jnp.ones((100, 5)))
r9 = last.dual
r10 = jax.grad(lambda k: k.primal.sum() + k.dual.sum())(d).dual
r11 = jnp.ones(len(d))
r12 = d._asdict()['dual']
r13 = jnp.ones(1 if isinstance(d, KKT) and isinstance(d, tuple) and not isinstance(d, Q) else 2)
r14 = State(jnp.ones(9)).primal
r15 = D(1).v
r16 = T(jnp.ones(4), 2).a
r17 = KKT._make([jnp.ones(8), 1]).primal
r18 = jnp.ones(len(KKT._fields))
''', '''
import jax, jax.numpy as jnp
class Data:
    def __init__(self): self.x = jnp.ones((10, 4))
    def __len__(self): return 10
    def __getitem__(self, i):
        if i >= 10: raise IndexError
        return self.x[i], jnp.ones(3)
for u, v in Data():
    pass
r1, r2 = u * 1, v * 1
class Made:
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.z = jnp.ones(3)
        return self
    def __init__(self, q): self.q = q
n = Made(jnp.ones(7))
r3, r4 = n.z * 1, n.q * 1
class Plain:
    def __new__(cls, *args): return object.__new__(cls)
    def __init__(self, q): self.q = q
r5 = Plain(jnp.ones(5)).q
class Mapping:
    def keys(self): return ['a', 'b']
    def __getitem__(self, k): return 2 if k == 'a' else 3
r6 = (lambda a, b: jnp.ones((a, b)))(**Mapping())
''', '''
import jax, jax.numpy as jnp
import dataclasses, collections.abc
t = {'a': (jnp.ones(2), None), 'b': [jnp.ones(3), None]}
filled = jax.tree_util.tree_map(lambda x: jnp.zeros(5) if x is None else x, t, is_leaf=lambda x: x is None)
r1 = filled['a'][1]
leaves, form = jax.tree_util.tree_flatten(t, is_leaf=lambda x: isinstance(x, tuple))
r2 = jax.tree_util.tree_unflatten(form, [jnp.ones(7), jnp.ones(8)])['a']
r3 = jnp.ones(len(leaves))
structure = jax.tree_util.tree_structure
r4 = jnp.ones(1 if structure((1, 2)) == structure((3, 4)) else 2)
r5 = jnp.ones(1 if structure((1, 2)) != structure([3, 4]) else 2)
r6 = jnp.ones(form.num_leaves)
@dataclasses.dataclass
class D:
    x: jax.Array
    y: int = 3
r7 = jnp.ones(len(dataclasses.fields(D)))
r8 = dataclasses.asdict(D(jnp.ones(4)))['x']
r9 = jnp.ones(len(D.__dataclass_fields__))
def replicate(e, n):
    if isinstance(e, (str, bytes)) or not isinstance(e, collections.abc.Sequence):
        return (e,) * n
    return tuple(e)
r10 = jnp.ones(replicate(3, 2))
r11 = jnp.zeros(2, jnp.finfo(jnp.float32).dtype)
r12 = jnp.ones(len(jax.tree.leaves([(jnp.ones(2), 3)], is_leaf=lambda z: isinstance(z, tuple))))
r13 = jax.tree_util.tree_flatten_with_path({'a': jnp.ones(3)})[0][0][1]
''', '''
import inspect, functools, logging, os
import jax, jax.numpy as jnp
def f(a, b=3, *args, c, **kw): return a
s = inspect.signature(f)
r1 = jnp.ones(len(s.parameters))
bound = s.bind(jnp.ones(3), c=jnp.ones(4), e=1)
r2 = jnp.ones(1 + len(bound.args))
bound.apply_defaults()
r3 = bound.args[0]
r4 = jnp.ones(len(bound.args))
r5 = bound.kwargs['c']
def deco(fn):
    @functools.wraps(fn)
    def inner(*args, **kwargs):
        given = inspect.signature(fn).bind(*args, **kwargs)
        given.apply_defaults()
        return fn(*given.args, **given.kwargs)
    return inner
@deco
def g(u, v=2): return u * v
r6 = g(u=jnp.ones((2, 3)))
r7 = jnp.ones(len(inspect.signature(g).parameters))
class C:
    def method(self, p, q): return p
    def __call__(self, a): return a
r8 = jnp.ones(len(inspect.signature(C().method).parameters))
r9 = jnp.ones(len(inspect.signature(C()).parameters))
r10 = jnp.ones(1 if s.parameters['a'].default is inspect.Parameter.empty else 2)
r11 = jnp.ones(len([p for p in s.parameters.values() if p.kind == inspect.Parameter.KEYWORD_ONLY]))
parameter = inspect.Parameter(name='w', kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
r12 = inspect.Signature([parameter]).bind(w=jnp.ones(6)).arguments['w']
r13 = g.__wrapped__(jnp.ones(4))
logging.getLogger('x').info(os.path.join('a', 'b'))
seed = int(os.environ.get('SEED', '3'))
r14 = jax.random.normal(jax.random.PRNGKey(seed), (3,))
''', '''
import ml_collections
from ml_collections import config_dict
import jax, jax.numpy as jnp
c = ml_collections.ConfigDict()
c.arch = arch = ml_collections.ConfigDict()
arch.hidden = 7
c.opt = {'lr': 0.1, 'sizes': (2, 3)}
r1 = jnp.ones(c.arch.hidden)
r2 = jnp.ones(c['opt']['sizes'])
c.update({'arch': {'hidden': 5, 'more': 2}})
r3 = jnp.ones((c.arch.hidden, c.arch.more))
r4 = (lambda hidden, more: jnp.ones((hidden, more)))(**c.arch)
r5 = jnp.ones(c.arch.get('nothing', 4))
r6 = jnp.ones(len(c.to_dict()['opt']))
r7 = jnp.ones(c.arch.copy_and_resolve_references().more)
with c.unlocked():
    c.new = 6
r8 = jnp.ones(c.new)
r9 = jnp.ones(len([x for x in c]))
r10 = jnp.ones(ml_collections.FrozenConfigDict({'a': 3}).a)
r11 = jnp.ones(config_dict.create(a=3, b=2).b)
r12 = jnp.ones(1 if 'arch' in c else 2)
r13 = jnp.ones([v for k, v in c.arch.items()])
r14 = jnp.ones(dict(c.arch)['hidden'])
''', '''
import jax, jax.numpy as jnp, dataclasses
from functools import partial
@jax.tree_util.register_pytree_node_class
class P:
    def __init__(self, a, b): self.a, self.b = a, b
    def tree_flatten(self):
        children = (self.a,)
        return (children, self.b)
    @classmethod
    def tree_unflatten(cls, aux, children): return cls(*children, aux)
p = P(jnp.ones(3), 'n')
r1 = jax.tree.map(lambda x: x[None], p).a
r2 = jax.grad(lambda q: (q.a ** 2).sum())(p).a
@partial(jax.tree_util.register_dataclass, data_fields=['x'], meta_fields=['n'])
@dataclasses.dataclass
class D:
    x: jax.Array
    n: int
r3 = jax.vmap(lambda t: t.x.sum())(D(jnp.ones((4, 2)), 3))
@jax.tree_util.register_dataclass
@dataclasses.dataclass
class E:
    x: jax.Array
    n: int = dataclasses.field(metadata=dict(static=True), default=2)
r4 = jax.lax.scan(lambda c, _: (E(c.x + 1, c.n), c.x), E(jnp.ones(2), 5), None, length=4)[1]
class N:
    def __init__(self, u, v): self.u, self.v = u, v
jax.tree_util.register_pytree_node(N, lambda n: ((n.u, n.v), None), lambda _, c: N(*c))
r5 = jnp.stack(jax.tree.leaves(N(jnp.ones(2), jnp.ones(2))))
''', '''
import jax, jax.numpy as jnp
import jax_dataclasses as jdc
@jdc.pytree_dataclass
class SE:
    wxyz: jax.Array
    n: int = jdc.static_field(default=3)
    def size(self): return self.n
s = SE(wxyz=jnp.ones((5, 4)))
r1 = jax.vmap(lambda t: t.wxyz.sum())(s)
r2 = jax.grad(lambda t: (t.wxyz ** 2).sum())(s).wxyz
with jdc.copy_and_mutate(s) as t:
    t.wxyz = jnp.ones((5, 4)) * 2
r3 = t.wxyz
r4 = jdc.replace(s, wxyz=jnp.ones((6, 4))).wxyz
r5 = jnp.ones(s.size())
''', '''
import chex, jax, jax.numpy as jnp
@chex.dataclass
class State:
    x: chex.Array
    k: int = 2
@chex.dataclass(frozen=True)
class Params:
    w: chex.Array
    b: chex.Array
s = State(x=jnp.ones(3))
r1 = jax.tree.map(lambda t: jnp.ones(3) * t, s).k
r2 = jax.grad(lambda p: (p.w.sum() + p.b.sum()))(Params(w=jnp.ones((2, 3)), b=jnp.ones(3))).w
r3 = s.replace(x=jnp.ones(7)).x
r4 = jax.lax.scan(lambda c, _: (c.replace(x=c.x * 2), c.x), State(x=jnp.ones(3), k=jnp.ones(())), None, length=5)[1]
''', '''
from absl import flags
import jax.numpy as jnp
FLAGS = flags.FLAGS
flags.DEFINE_float('rate', 0.1, 'the rate')
flags.DEFINE_bool('fast', False, 'whether')
FLAGS(['program'])
r1 = jnp.ones(3) * FLAGS.rate
FLAGS.fast = True
r2 = jnp.ones(1 if FLAGS.fast else 2)
''', '''
from typing import NamedTuple, Any
import jax.numpy as jnp, numpy as np
import ml_collections
class S(NamedTuple):
    params: Any
class Plain: pass
class Sized:
    def __len__(self): return 0
def f(p):
    if isinstance(p, S):
        p = p.params
    return p
r1 = f(jnp.ones(3))
r2 = f(S(jnp.ones(4)))
r3 = jnp.ones(1 if Plain() else 2)
r4 = jnp.ones(1 if ml_collections.ConfigDict() else 2)
r5 = jnp.ones(1 if ml_collections.ConfigDict({'a': 1}) else 2)
r6 = jnp.ones(1 if isinstance((1, 2), S) else 2)
r7 = jnp.ones({jnp.dtype('float32'): 1, jnp.dtype('float64'): 2}[np.ones(3).dtype])
r8 = jnp.ones({jnp.dtype('float32'): 1, jnp.dtype('float64'): 2}[jnp.ones(3).dtype])
''']


def main():
    rows = []
    for text in PROGRAMS:
        names = {"__name__": "program"}
        exec(text, names)
        shapes = {name: list(value.shape) for name, value in names.items() if re.fullmatch(r"r\d+", name)}
        rows.append({"text": text, "shapes": shapes})
    file = Path(__file__).with_suffix(".json")
    file.write_text(json.dumps({"jax": jax.__version__, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
