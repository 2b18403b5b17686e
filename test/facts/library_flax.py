"""What flax.linen gives: shapes of results and of weights, which calls raise, and how samples move results.

Run with a Python that has flax; writes library_flax.json beside this file, in the form of library_jax.json, with the text
that defines the models as `prelude`.
"""

import itertools

import flax

from recorded_jax import Facts

facts = Facts('''
import jax
import jax.numpy as jnp
import jax.flatten_util
import flax
import flax.linen as nn
from functools import partial
from typing import Any, Callable, Sequence
from jax import random
key = random.key(0)
old = random.PRNGKey(0)
class MLP(nn.Module):
    features: Sequence[int]
    act: Callable = nn.tanh
    @nn.compact
    def __call__(self, x):
        for size in self.features[:-1]:
            x = self.act(nn.Dense(size)(x))
        return nn.Dense(self.features[-1])(x)
class Setup(nn.Module):
    hidden: int = 7
    out: int = 2
    def setup(self):
        self.first = nn.Dense(self.hidden)
        self.rest = [nn.Dense(self.hidden), nn.Dense(self.out)]
        self.named = {'a': nn.Dense(3), 'b': nn.Dense(4)}
    def __call__(self, x):
        return self.decode(self.encode(x))
    def encode(self, x):
        return nn.relu(self.first(x))
    def decode(self, z):
        for layer in self.rest:
            z = layer(z)
        return z + self.named['b'](self.named['a'](z)).sum(-1, keepdims=True)
class Block(nn.Module):
    width: int
    @nn.compact
    def __call__(self, x):
        y = nn.LayerNorm()(x)
        y = nn.Dense(self.width)(y)
        return x + nn.Dense(x.shape[-1], use_bias=False, name='back')(nn.gelu(y))
class Stack(nn.Module):
    depth: int
    block: Any = Block
    @nn.compact
    def __call__(self, x):
        for _ in range(self.depth):
            x = self.block(5)(x)
        return Block(4, name='last')(x)
class Own(nn.Module):
    rank: int
    start: Callable = nn.initializers.normal(0.1)
    @nn.compact
    def __call__(self, x):
        w = self.param('w', self.start, (x.shape[-1], self.rank))
        b = self.param('b', lambda key, shape: jnp.zeros(shape), (self.rank,))
        s = self.param('s', nn.initializers.ones, ())
        return s * (x @ w) + b
class Normed(nn.Module):
    @nn.compact
    def __call__(self, x, train: bool = False):
        x = nn.Dense(6)(x)
        x = nn.BatchNorm(use_running_average=not train)(x)
        x = nn.Dropout(0.5, deterministic=not train)(x)
        return nn.Dense(2)(nn.relu(x))
class Holds(nn.Module):
    inner: nn.Module
    other: Any = None
    @nn.compact
    def __call__(self, x):
        y = self.inner(x)
        return y if self.other is None else self.other(y) + self.inner(x)
class Shared(nn.Module):
    def setup(self):
        self.table = nn.Embed(9, 4)
        self.user = Holds(self.table)
    def __call__(self, i):
        return self.user(i) + self.table(i)
class Counted(nn.Module):
    @nn.compact
    def __call__(self, x):
        started = self.has_variable('state', 'count')
        count = self.variable('state', 'count', lambda: jnp.zeros(()))
        mean = self.variable('state', 'mean', jnp.zeros, x.shape[1:])
        if started:
            count.value = count.value + 1
            mean.value = 0.9 * mean.value + 0.1 * x.mean(0)
        self.sow('intermediates', 'h', x * 2)
        return x - mean.value
class Conv(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = nn.relu(nn.Conv(features=8, kernel_size=(3, 3))(x))
        x = nn.avg_pool(x, window_shape=(2, 2), strides=(2, 2))
        x = x.reshape((x.shape[0], -1))
        return nn.Dense(features=5)(x)
class Sequence2(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.Dense(4), nn.relu, nn.Dense(3)])(x)
class Base(nn.Module):
    width: int = 3
class Derived(Base):
    depth: int = 2
    @nn.compact
    def __call__(self, x):
        for k in range(self.depth):
            x = nn.Dense(self.width, name=f'layer_{k}')(x)
        return x
class Fixed(nn.Dense):
    features: int = 6
def data(*shape): return jnp.ones(shape)
def whole(*shape): return jnp.zeros(shape, jnp.int32)
''')

add, batched, leaves = facts.add, facts.batched, facts.leaves


def x(*shape: int) -> str:
    return f"data({', '.join(map(str, shape))})"


def out(model: str, *arguments: str) -> str:
    return f"{model}.init_with_output({', '.join(['key', *arguments])})[0]"


def both(model: str, *arguments: str) -> None:
    """The result, the weights by name, and the result of applying them."""
    variables = f"{model}.init({', '.join(['key', *arguments])})"
    add(out(model, *arguments), f"{model}.apply({', '.join([variables, *arguments])})", f"jax.tree.leaves({variables})")


SHAPES = [(), (3,), (2, 3), (0, 3), (2, 4, 3), (2, 4, 4, 3), (1, 5, 0, 3), (2, 1)]
for shape in SHAPES:
    for model in ["nn.Dense(4)", "nn.Dense(4, use_bias=False)", "nn.Dense(features=1)", "nn.Dense(0)", "nn.DenseGeneral(4)", "nn.DenseGeneral((4, 5))", "nn.DenseGeneral((2, 3), axis=(-2, -1))", "nn.DenseGeneral(3, axis=0)", "nn.DenseGeneral((2,), axis=(-1,), batch_dims=(0,))", "MLP([5, 2])", "MLP((4,))", "Setup()", "Setup(4, out=1)", "Block(7)", "Stack(2)", "Own(3)", "Derived()", "Derived(depth=1, width=4)", "Fixed()", "nn.PReLU()", "Holds(nn.Dense(3))", "Holds(nn.Dense(3), nn.Dense(2))", "Holds(MLP([4, 3]), other=nn.relu)", "Sequence2()", "nn.Sequential([nn.Dense(4), nn.relu, nn.Dense(2)])", "nn.Sequential([])", "nn.remat(Block)(7)", "Stack(1, block=nn.remat(Block))", "nn.LayerNorm()", "nn.LayerNorm(use_bias=False, epsilon=1e-3)", "nn.LayerNorm(reduction_axes=(-2, -1), feature_axes=(-2, -1))", "nn.RMSNorm()", "nn.GroupNorm(num_groups=3)", "nn.GroupNorm(num_groups=2)", "nn.GroupNorm(num_groups=None, group_size=1)", "nn.GroupNorm()", "nn.InstanceNorm()", "nn.BatchNorm(use_running_average=True)", "nn.BatchNorm(use_running_average=False)", "nn.BatchNorm(use_running_average=True, axis=0)", "nn.BatchNorm()", "Normed()", "nn.Dropout(0.5, deterministic=True)", "nn.Dropout(0.5)", "nn.Dropout(0.0, deterministic=False)"]:
        both(model, x(*shape))
for model, shape in [("nn.Dense(4)", (2, 3)), ("nn.DenseGeneral((4, 5), axis=(0, 1))", (2, 3)), ("MLP([5, 4, 2])", (3,)), ("Setup()", (2, 3)), ("Block(7)", (2, 3)), ("Stack(2)", (3,)), ("Stack(2, block=nn.remat(Block))", (3,)), ("Own(3)", (2, 5)), ("Normed()", (2, 3)), ("Holds(nn.Dense(3), MLP([3]))", (2, 3)), ("Holds(Setup(3, 2))", (3,)), ("Holds([nn.Dense(1)][0])", (3,)), ("Counted()", (2, 3)), ("Conv()", (1, 8, 6, 3)), ("Sequence2()", (3,)), ("nn.Sequential([nn.Dense(4), nn.Sequential([nn.Dense(2), nn.Dense(3)])])", (3,)), ("Derived()", (4,)), ("nn.Conv(4, (3,))", (2, 7, 5)), ("nn.MultiHeadDotProductAttention(2)", (2, 5, 4)), ("nn.SelfAttention(2, qkv_features=6, out_features=3)", (5, 4)), ("nn.MultiHeadAttention(num_heads=2, normalize_qk=True)", (5, 4)), ("nn.BatchNorm(use_running_average=False)", (4, 3)), ("nn.GroupNorm(num_groups=3)", (4, 6)), ("nn.jit(Block)(3)", (2, 4))]:
    leaves(f"{model}.init(key, {x(*shape)})")
    leaves(f"{model}.init(old, {x(*shape)})")
leaves("Shared().init(key, whole(3))")
add("Shared().apply(Shared().init(key, whole(3)), whole(2, 5))")

# Weights and inputs that do not fit, other methods, what apply gives back

M, V = "Setup()", "Setup().init(key, data(2, 3))"
add(
    f"{M}.apply({V}, data(5, 3))", f"{M}.apply({V}, data(5, 4))", f"{M}.apply({V}['params'], data(5, 3))", f"{M}.apply({{'params': {V}['params']}}, data(3))", f"{M}.apply({V}, data(5, 3), method='encode')", f"{M}.apply({V}, data(5, 3), method=Setup.encode)", f"{M}.apply({V}, data(5, 7), method={M}.decode)", f"{M}.apply({V}, data(5, 3), method='nothing') if False else data(1)", f"{M}.apply({V}, data(5, 3), method=lambda m, x: m.first(x))", f"{M}.bind({V})(data(4, 3))", f"{M}.bind({V}).encode(data(4, 3))", f"{M}.bind({V}).first(data(4, 3))", f"{M}.bind({V}).rest[1](data(4, 7))", f"{M}.bind({V}).variables['params']['first']['kernel']", f"{M}.bind({V}).first.variables['params']['bias']",
    "MLP([4, 2]).apply(MLP([4, 3]).init(key, data(3)), data(3))", "MLP([4, 2]).apply(MLP([4]).init(key, data(3)), data(3))", "MLP([4]).apply({}, data(3))", "nn.Dense(4)(data(3))", "MLP([4])(data(3))", "MLP().init(key, data(3))", "MLP([4], 5, 6, 7, 8)", "nn.Dense().init(key, data(3))", "Own(3).apply({'params': {'w': data(2, 3), 'b': data(3), 's': data()}}, data(5, 2))", "Own(3).apply({'params': {'w': data(2, 4), 'b': data(3), 's': data()}}, data(5, 2))",
    "Normed().apply(Normed().init(key, data(2, 3)), data(4, 3), train=True)", "Normed().apply(Normed().init(key, data(2, 3)), data(4, 3), train=True, mutable=['batch_stats'])", "Normed().apply(Normed().init(key, data(2, 3)), data(4, 3), train=True, mutable=['batch_stats'], rngs={'dropout': key})[0]", "Normed().apply(Normed().init(key, data(2, 3)), data(4, 3), train=True, mutable=['batch_stats'], rngs={'dropout': key})[1]['batch_stats']['BatchNorm_0']['mean']", "Normed().apply(Normed().init(key, data(2, 3)), data(4, 3), rngs={'dropout': key})", "Normed().apply(Normed().init(key, data(2, 3)), data(4, 3), True, mutable='batch_stats', rngs={'dropout': old})[0]", "Normed().init({'params': key, 'dropout': key}, data(2, 3), train=True)['batch_stats']['BatchNorm_0']['var']", "Normed().init(key, data(2, 3), train=True)['batch_stats']['BatchNorm_0']['var']", "Normed().apply({'params': Normed().init(key, data(2, 3))['params']}, data(4, 3))",
    "Counted().apply(Counted().init(key, data(2, 3)), data(4, 3), mutable=['state'])[0]", "Counted().apply(Counted().init(key, data(2, 3)), data(4, 3), mutable=['state'])[1]['state']['mean']", "Counted().apply(Counted().init(key, data(2, 3)), data(4, 3), mutable=['state', 'intermediates'])[1]['intermediates']['h'][0]", "jax.tree.leaves(Counted().apply(Counted().init(key, data(2, 3)), data(4, 3), mutable=True)[1])",
    "jax.tree.leaves(MLP([4, 2]).init(key, data(3)))", "jax.tree.map(lambda p: p * 2, MLP([4, 2]).init(key, data(3)))['params']['Dense_1']['kernel']", "jax.flatten_util.ravel_pytree(MLP([4, 2]).init(key, data(3)))[0]", "MLP([4, 2]).clone(features=[3]).init_with_output(key, data(3))[0]", "nn.Dense(3, dtype=jnp.bfloat16).init_with_output(key, data(2, 3))[0]", "nn.Dense(3, param_dtype=jnp.float16).init(key, data(2, 3))['params']['kernel']", "nn.Dense(3).init_with_output(key, whole(2, 3))[0]", "nn.Dense(3, kernel_init=nn.initializers.zeros, bias_init=nn.initializers.constant(2.0)).init(key, data(3))['params']['bias']", "nn.Dense(3, kernel_init=nn.initializers.xavier_uniform()).init(key, data(3))['params']['kernel']", "nn.Dense(3, kernel_init=lambda k, s, d: jnp.ones(s, d)).init(key, data(3))['params']['kernel']",
    "flax.core.freeze(MLP([4]).init(key, data(3)))['params']['Dense_0']['kernel']", "flax.core.unfreeze(flax.core.freeze({'a': data(3)}))['a']", "flax.traverse_util.flatten_dict(MLP([4]).init(key, data(3))['params'], sep='/')['Dense_0/kernel']", "flax.traverse_util.flatten_dict(MLP([4]).init(key, data(3)))[('params', 'Dense_0', 'bias')]", "flax.traverse_util.unflatten_dict({('a', 'b'): data(3)})['a']['b']", "flax.traverse_util.unflatten_dict({'a/b': data(3)}, sep='/')['a']['b']",
)

# Convolutions and pooling

for shape in [(7, 3), (2, 7, 3), (0, 7, 3), (3,), (2, 6, 7, 3), (2, 1, 2, 3), (2, 4, 5, 6, 3)]:
    for window in ["3", "(3, 3)", "[2, 2]", "(2, 2, 2)"]:
        for more in ["", ", strides=2", ", padding='VALID'", ", padding=1", ", kernel_dilation=2", ", use_bias=False, padding='SAME', strides=(2, 2)", ", padding='CIRCULAR'", ", padding=((1, 0), (0, 2))", ", padding='CAUSAL'"]:
            add(out(f"nn.Conv(4, {window}{more})", x(*shape)))
        for more in ["", ", strides=(2, 2)", ", padding='VALID'", ", padding='VALID', strides=(2,)", ", strides=(3, 3), kernel_dilation=(2, 2)", ", transpose_kernel=True"]:
            add(out(f"nn.ConvTranspose(4, {window}{more})", x(*shape)))
    for how in ["max_pool", "avg_pool"]:
        for window in ["(2,)", "(2, 2)", "(3, 3)"]:
            for more in ["", ", strides=(2, 2)", ", padding='SAME'", ", strides=(2,)", ", strides=(1, 2), padding=((1, 1), (0, 1))"]:
                add(f"nn.{how}({x(*shape)}, {window}{more})")
    add(out("nn.Conv(4, (3, 3), feature_group_count=3)", x(*shape)), out("nn.Conv(6, (3, 3), feature_group_count=2)", x(*shape)), out("nn.Conv(6, (3, 3), feature_group_count=3)", x(*shape)))
add("Conv().init_with_output(key, data(2, 8, 8, 1))[0]", "nn.Conv(4, (3, 2)).init(key, data(2, 8, 8, 5))['params']['kernel']", "nn.ConvTranspose(4, (3, 2)).init(key, data(2, 8, 8, 5))['params']['kernel']", "nn.ConvTranspose(4, (3, 2), transpose_kernel=True).init(key, data(2, 8, 8, 5))['params']['kernel']")

# Embedding, attention, recurrent cells

for shape in [(), (3,), (2, 5), (0,)]:
    add(out("nn.Embed(9, 4)", f"whole{shape}".replace(",)", ")")), out("nn.Embed(9, 4)", x(*shape)))
add("nn.Embed(9, 4).init(key, whole(2))['params']['embedding']", "nn.Embed(9, 4).apply(nn.Embed(9, 4).init(key, whole(2)), data(3, 4), method='attend')")
for q, k in itertools.product([(5, 4), (2, 5, 4), (2, 3, 5, 4), (4,), (0, 5, 4)], [None, (7, 4), (2, 7, 4), (2, 3, 7, 4), (2, 7, 6)]):
    arguments = [x(*q)] + ([] if k is None else [x(*k)])
    for model in ["nn.MultiHeadDotProductAttention(2)", "nn.MultiHeadDotProductAttention(num_heads=2, qkv_features=6)", "nn.MultiHeadAttention(3)", "nn.MultiHeadAttention(2, out_features=5, use_bias=False)", "nn.MultiHeadAttention(2, dropout_rate=0.1, deterministic=True)", "nn.MultiHeadAttention(2, dropout_rate=0.1)"]:
        add(out(model, *arguments))
add("nn.SelfAttention(2).init_with_output(key, data(2, 5, 4))[0]", "nn.SelfAttention(2).init_with_output(key, data(2, 5, 4), nn.make_causal_mask(jnp.ones((2, 5))))[0]", "nn.make_causal_mask(jnp.ones((2, 5)))", "nn.make_attention_mask(jnp.ones((2, 5)), jnp.ones((2, 7)))", "nn.combine_masks(jnp.ones((2, 1, 5, 5)), None, jnp.ones((5, 5)))", "nn.combine_masks(None, None) is None and data(1)", "nn.dot_product_attention(data(2, 5, 3, 4), data(2, 7, 3, 4), data(2, 7, 3, 6))", "nn.dot_product_attention(data(5, 3, 4), data(7, 3, 4), data(7, 3, 4))", "nn.dot_product_attention(data(5, 3, 4), data(7, 2, 4), data(7, 3, 4))", "nn.dot_product_attention_weights(data(2, 5, 3, 4), data(2, 7, 3, 4))")
for cell, carry in [("nn.LSTMCell(4)", "(data(2, 4), data(2, 4))"), ("nn.OptimizedLSTMCell(4)", "(data(2, 4), data(2, 4))"), ("nn.GRUCell(features=4)", "data(2, 4)"), ("nn.SimpleCell(4)", "data(2, 4)")]:
    add(f"jax.tree.leaves({cell}.init(key, {carry}, data(2, 3)))", f"{cell}.init_with_output(key, {carry}, data(2, 3))[0][1]", f"jax.tree.leaves({cell}.init_with_output(key, {carry}, data(2, 3))[0][0])", f"jax.tree.leaves({cell}.initialize_carry(key, (7, 3)))", f"{cell}.init_with_output(key, {cell}.initialize_carry(key, (3,)), data(3))[0][1]", f"{cell}.init_with_output(key, {carry}, data(5, 3))[0][1]")
    leaves(f"{cell}.init(key, {carry}, data(2, 3))")

# Functions under Flax's names, derivatives

for name in "relu gelu tanh sigmoid softplus elu silu swish leaky_relu selu celu softmax log_softmax hard_tanh normalize".split():
    add(f"nn.{name}(data(2, 3))")
add("nn.glu(data(2, 4))", "nn.one_hot(whole(3), 4)", "nn.logsumexp(data(2, 3), axis=1)", "nn.initializers.lecun_normal()(key, (2, 3))", "nn.zeros_init()(key, (2, 3))", "nn.ones_init()(key, (3,))", "nn.initializers.zeros_init()(key, (3,))", "nn.initializers.ones_init()(key, (3,))")
P = "MLP([4, 2]).init(key, data(3))"
add(
    f"jax.jacrev(lambda x: MLP([4, 2]).apply({P}, x))(data(5, 3))", f"jax.vmap(jax.jacrev(lambda x: MLP([4, 2]).apply({P}, x)))(data(5, 3))", f"jax.jacrev(MLP([4, 2]).apply)({P}, data(5, 3))['params']['Dense_0']['kernel']", f"jax.jacrev(MLP([4, 2]).apply, argnums=1)({P}, data(5, 3))", f"jax.vmap(jax.jacrev(MLP([4, 2]).apply), (None, 0))({P}, data(5, 3))['params']['Dense_1']['bias']", f"jax.grad(lambda p: MLP([4, 2]).apply(p, data(5, 3)).sum())({P})['params']['Dense_1']['kernel']", f"jax.hessian(lambda p: MLP([4, 2]).apply(p, data(5, 3)).sum())({P})['params']['Dense_1']['bias']['params']['Dense_0']['kernel']", f"jax.vmap(MLP([4, 2]).apply, in_axes=(None, 0))({P}, data(5, 3))", f"jax.vmap(MLP([4, 2]).init, in_axes=(0, None))(random.split(key, 6), data(3))['params']['Dense_0']['kernel']", f"jax.jit(MLP([4, 2]).apply)({P}, data(5, 3))", f"jax.eval_shape(MLP([4, 2]).init, key, data(3))['params']['Dense_0']['kernel'].shape", f"jax.vmap(partial(MLP([4, 1]).apply, MLP([4, 1]).init(key, data(3))))(data(5, 3))", f"jax.grad(lambda x: MLP([4, 1]).apply(MLP([4, 1]).init(key, data(3)), x)[0])(data(3))", f"jax.hessian(lambda x: MLP([4, 1]).apply(MLP([4, 1]).init(key, data(3)), x)[0])(data(3))",
)

# How samples move results

def applied(model: str, *shape: int, rest: str = "") -> str:
    return f"{model}.apply({model}.init(key, {x(*shape)}), x{rest})"


batched((3, 5), *[applied(model, 2, 5) for model in ["nn.Dense(4)", "MLP([4, 2])", "Setup()", "Block(6)", "Stack(2)", "Own(3)", "nn.LayerNorm()", "nn.RMSNorm()", "nn.GroupNorm(num_groups=5)", "nn.BatchNorm(use_running_average=True)", "Normed()", "Holds(nn.Dense(3), nn.Dense(3))", "Sequence2()", "nn.DenseGeneral((2, 2))", "nn.LayerNorm(reduction_axes=0)", "nn.SelfAttention(1)"]], *[f"{model}.apply({model}.init(key, {x(2, 5)}), x, mutable=['batch_stats'])[0]" for model in ["nn.BatchNorm(use_running_average=False)"]], "nn.softmax(x)", "nn.softmax(x, axis=0)", "nn.DenseGeneral(2, axis=0).apply(nn.DenseGeneral(2, axis=0).init(key, x), x)", f"Counted().apply(Counted().init(key, {x(2, 5)}), x, mutable=['state'])[1]['state']['mean']")
batched((3, 4, 6), *[applied(model, 2, 4, 6) for model in ["nn.Dense(4)", "nn.LayerNorm()", "nn.GroupNorm(num_groups=2)", "nn.InstanceNorm()", "nn.SelfAttention(2)", "nn.MultiHeadDotProductAttention(2)", "nn.Conv(5, (3,))", "nn.Conv(5, (3,), strides=2, padding='VALID')", "nn.ConvTranspose(5, (3,), strides=(2,))", "nn.DenseGeneral((2, 3), axis=(-2, -1))", "nn.BatchNorm(use_running_average=True)"]], "nn.max_pool(x, (2,))", "nn.avg_pool(x, (2,), strides=(2,), padding='SAME')", "nn.BatchNorm(use_running_average=False).apply(nn.BatchNorm(use_running_average=False).init(key, x), x, mutable=['batch_stats'])[0]")
batched((3, 6, 6, 2), *[applied(model, 2, 6, 6, 2) for model in ["Conv()", "nn.Conv(4, (3, 3), padding='CIRCULAR')", "nn.GroupNorm(num_groups=2)", "nn.InstanceNorm()"]], "nn.avg_pool(x, (2, 2), strides=(2, 2))", "nn.max_pool(x, (2, 2), strides=(2, 2))", "nn.max_pool(x, (3,), strides=(2,))")

if __name__ == "__main__":
    facts.write(__file__, "flax", flax.__version__)
