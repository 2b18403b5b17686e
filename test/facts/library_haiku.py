"""What haiku gives: shapes of results and of parameters, which calls raise, and how samples move results.

Run with a Python that has haiku; writes library_haiku.json beside this file, in the form of library_flax.json.
"""

import haiku

from recorded_jax import Facts

facts = Facts('''
import jax
import jax.numpy as jnp
import haiku as hk
from jax import random
key = random.PRNGKey(0)
class Net(hk.Module):
    def __init__(self, width, name=None):
        super().__init__(name=name)
        self.width = width
        self.first = hk.Linear(width)
    def __call__(self, x):
        x = jax.nn.tanh(self.first(x))
        x = hk.Linear(self.width)(x)
        x = hk.Linear(self.width, name='other')(x)
        return self.head(hk.Linear(3)(x))
    def head(self, x):
        return hk.Linear(2)(x)
class Own(hk.Module):
    def __call__(self, x):
        w = hk.get_parameter('w', [x.shape[-1], 4], init=hk.initializers.TruncatedNormal(1.0))
        b = hk.get_parameter('b', (4,), x.dtype, jnp.zeros)
        return x @ w + b
class MyBigNet2D(hk.Module):
    def __call__(self, x):
        return Own()(Own(name='mine')(x))
def f(x): return hk.nets.MLP([5, 2])(x)
def g(x): return Net(4)(Net(4, name='again')(x)) + Net(4)(x)
def h(x): return hk.get_parameter('a', (), init=jnp.ones) * hk.Sequential([hk.Linear(4), jax.nn.relu, hk.Linear(3)])(x)
def noisy(x): return hk.dropout(hk.next_rng_key(), 0.5, hk.Linear(2)(x))
def counting(x):
    n = hk.get_state('n', (), init=jnp.zeros)
    hk.set_state('n', n + 1)
    return hk.Linear(2)(x) + n
def made(fn): return hk.without_apply_rng(hk.transform(fn))
def pair(fn): return hk.transform(fn)
def linear(x): return hk.Linear(4)(x)
def plain(x): return hk.Linear(4, with_bias=False)(x)
def mlp(x): return hk.nets.MLP((5, 1), activation=jnp.tanh, activate_final=True)(x)
def own(x): return MyBigNet2D()(x)
def norm(x): return hk.LayerNorm(axis=-1, create_scale=True, create_offset=True)(x)
def conv(x): return hk.Conv2D(4, 3)(x)
def conv1(x): return hk.Conv1D(output_channels=4, kernel_shape=3, stride=2, padding='VALID')(x)
def flat(x): return hk.Flatten()(x)
def embed(x): return hk.Embed(9, 4)(x)
def data(*shape): return jnp.ones(shape)
def whole(*shape): return jnp.zeros(shape, jnp.int32)
''')

add, batched, leaves = facts.add, facts.batched, facts.leaves


def x(*shape: int) -> str:
    return f"data({', '.join(map(str, shape))})"


FUNCTIONS = ["f", "g", "h", "linear", "plain", "mlp", "own", "norm", "flat", "conv", "conv1"]
for fn in FUNCTIONS:
    for shape in [(), (3,), (2, 3), (0, 3), (2, 4, 3), (2, 6, 7, 3), (2, 1)]:
        init = f"made({fn}).init(key, {x(*shape)})"
        add(f"made({fn}).apply({init}, {x(*shape)})", f"jax.tree.leaves({init})", f"pair({fn}).apply({init}, None, {x(*shape)})")
for fn, shape in [("f", (2, 3)), ("g", (2, 3)), ("h", (3,)), ("linear", (2, 3)), ("own", (3,)), ("norm", (2, 3)), ("conv", (2, 6, 7, 3)), ("conv1", (2, 7, 3)), ("noisy", (2, 3)), ("mlp", (3,))]:
    leaves(f"made({fn}).init(key, {x(*shape)})" if fn != "noisy" else f"pair({fn}).init(key, {x(*shape)})")
P = "made(f).init(key, data(3))"
add(
    "hk.Linear(3)", "f(data(3))", "made(f).apply({}, data(3))", f"made(f).apply({P}, data(4))", f"made(f).apply({P}, data(5, 3))", "pair(noisy).apply(pair(noisy).init(key, data(3)), key, data(3))", "pair(noisy).apply(pair(noisy).init(key, data(3)), None, data(3))", "made(embed).apply(made(embed).init(key, whole(2)), whole(2, 5))", "hk.transform_with_state(counting).apply(*hk.transform_with_state(counting).init(key, data(3)), None, data(3))[0]", "hk.transform_with_state(counting).apply(*hk.transform_with_state(counting).init(key, data(3)), None, data(3))[1]['~']['n']", "hk.transform_with_state(counting).init(key, data(3))[0]['linear']['w']",
    f"jax.jacrev(lambda x: made(f).apply({P}, x))(data(5, 3))", f"jax.vmap(jax.jacrev(lambda x: made(f).apply({P}, x)))(data(5, 3))", f"jax.grad(lambda p: made(f).apply(p, data(5, 3)).sum())({P})['mlp/~/linear_0']['w']", f"jax.jacrev(made(f).apply)({P}, data(5, 3))['mlp/~/linear_1']['b']", f"jax.vmap(made(f).apply, (None, 0))({P}, data(5, 3))", "hk.initializers.RandomNormal()((2, 3), jnp.float32) if False else data(1)",
)
batched((3, 5), *[f"made({fn}).apply(made({fn}).init(key, data(2, 5)), x)" for fn in ["f", "g", "h", "linear", "mlp", "own", "norm", "flat"]])
batched((3, 6, 6, 2), *[f"made({fn}).apply(made({fn}).init(key, data(2, 6, 6, 2)), x)" for fn in ["conv", "flat", "linear"]])

if __name__ == "__main__":
    facts.write(__file__, "haiku", haiku.__version__)
