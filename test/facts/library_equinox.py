"""What equinox gives: shapes of results and of weights, which calls raise, and how samples move results.

Run with a Python that has equinox; writes library_equinox.json beside this file, in the form of library_flax.json.
"""

import equinox

from recorded_jax import Facts

facts = Facts('''
import jax
import jax.numpy as jnp
import jax.flatten_util
import equinox as eqx
from functools import partial
from typing import Callable, ClassVar
from jax import random
key = random.key(0)
old = random.PRNGKey(0)
class Affine(eqx.Module):
    weight: jax.Array
    bias: jax.Array
    name: str = eqx.field(static=True, default='affine')
    kind: ClassVar[int] = 1
    def __call__(self, x):
        return self.weight @ x + self.bias
class Net(eqx.Module):
    layers: list
    scale: jax.Array
    act: Callable = eqx.field(static=True)
    def __init__(self, sizes, act=jax.nn.tanh, *, key):
        keys = random.split(key, len(sizes) - 1)
        self.layers = [eqx.nn.Linear(a, b, key=k) for a, b, k in zip(sizes[:-1], sizes[1:], keys)]
        self.scale = jnp.ones(())
        self.act = act
    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = self.act(layer(x))
        return self.scale * self.layers[-1](x)
    def energy(self, x):
        return jnp.sum(self(x) ** 2)
class Coupling(eqx.Module):
    net: eqx.nn.MLP
    half: int = eqx.field(static=True)
    def __init__(self, size, *, key):
        self.half = size // 2
        self.net = eqx.nn.MLP(self.half, size - self.half, 8, 2, activation=jnp.tanh, key=key)
    def __call__(self, x):
        a, b = x[:self.half], x[self.half:]
        return jnp.concatenate([a, b + self.net(a)])
class Flow(eqx.Module):
    steps: tuple
    def __call__(self, x):
        for step in self.steps:
            x = step(x)[::-1]
        return x
class Child(Affine):
    extra: float = 2.0
    def __call__(self, x):
        return super().__call__(x) * self.extra
class Small(eqx.Module):
    a: jax.Array = eqx.field(converter=jnp.asarray)
    b: int = eqx.field(static=True, default=3)
def data(*shape): return jnp.ones(shape)
def whole(*shape): return jnp.zeros(shape, jnp.int32)
def net(*sizes, act=jnp.tanh): return Net(sizes, act, key=key)
def mlp(a, b, width=8, depth=2, **more): return eqx.nn.MLP(a, b, width, depth, key=key, **more)
linear = eqx.nn.Linear(3, 4, key=key)
flow = Flow((Coupling(4, key=key), Coupling(4, key=key)))
seq = eqx.nn.Sequential([eqx.nn.Linear(3, 5, key=key), eqx.nn.Lambda(jax.nn.relu), eqx.nn.Dropout(0.5), eqx.nn.Linear(5, 2, key=key)])
quiet = eqx.nn.inference_mode(seq)
@eqx.filter_vmap
def ensemble(k): return mlp(3, 2)
models = ensemble(random.split(key, 6))
''')

add, batched = facts.add, facts.batched


def x(*shape: int) -> str:
    return f"data({', '.join(map(str, shape))})"


SHAPES = [(), (3,), (4,), (2, 3), (3, 3), (3, 2), (0,), (3, 0), (2, 4, 3)]
LAYERS = ["linear", "eqx.nn.Linear(3, 4, use_bias=False, key=key)", "eqx.nn.Linear(3, 3, key=key)", "eqx.nn.Linear('scalar', 4, key=key)", "eqx.nn.Linear(3, 'scalar', key=key)", "eqx.nn.Linear(4, 0, key=key)", "mlp(3, 2)", "mlp(3, 'scalar')", "mlp('scalar', 2)", "mlp('scalar', 'scalar', activation=jnp.sin)", "mlp(3, 4, depth=0)", "mlp(3, 3, depth=1, final_activation=jax.nn.softplus)", "mlp(3, 3, activation=jax.nn.softmax)", "mlp(3, 3, activation=lambda v: v ** 2)", "mlp(4, 4, use_bias=False, use_final_bias=False)", "net(3, 5, 2)", "net(4, 4)", "flow", "quiet", "seq", "Affine(data(2, 3), data(2))", "Affine(data(2, 4), bias=data(2), name='b')", "Child(data(2, 3), data(2))", "eqx.nn.Identity()", "eqx.nn.Lambda(jnp.sum)", "eqx.nn.PReLU()", "eqx.nn.PReLU(data(3))", "eqx.nn.LayerNorm(3)", "eqx.nn.LayerNorm((2, 3))", "eqx.nn.LayerNorm((3,), use_weight=False, use_bias=False)", "eqx.nn.RMSNorm(4)", "eqx.nn.RMSNorm((3, 2))", "eqx.nn.GroupNorm(3, 3)", "eqx.nn.GroupNorm(1, 3)", "eqx.nn.GroupNorm(2, channelwise_affine=False)", "eqx.nn.GroupNorm(2, 4)", "eqx.nn.GroupNorm(2, 3)", "eqx.nn.Dropout(0.5)", "eqx.nn.Dropout(0.5, inference=True)", "eqx.nn.Dropout(0)"]
for layer in LAYERS:
    for shape in SHAPES:
        add(f"{layer}({x(*shape)})", f"jax.vmap({layer})({x(*shape)})")
    add(f"jax.vmap({layer}, in_axes=1)({x(3, 5)})", f"jax.vmap(jax.vmap({layer}))({x(2, 4, 3)})", f"jax.tree.leaves(eqx.filter({layer}, eqx.is_array))", f"jax.jacrev({layer})({x(3)})", f"jax.vmap(jax.jacfwd({layer}))({x(2, 3)})", f"jax.vmap(jax.hessian(lambda v: jnp.sum({layer}(v) ** 2)))({x(2, 3)})", f"eqx.filter_jit({layer})({x(3)})")
add("eqx.nn.Dropout(0.5)(data(3), key=key)", "eqx.nn.Dropout(0.5)(data(3), inference=True)", "seq(data(3), key=key)", "eqx.nn.Linear(3, 4)", "eqx.nn.Linear(3, key=key)", "Affine(data(2, 3))", "Net([3, 2])", "net(3, 5, 2).layers[0].weight", "net(3, 5, 2).layers[1].bias", "mlp(3, 2).layers[1].weight", "mlp(3, 2).layers[-1].bias", "linear.weight", "linear.bias", "seq[0].weight", "seq[-1].bias", "seq[:1](data(3))", "jnp.zeros(len(seq))", "net(3, 5, 2).energy(data(3))", "jax.grad(net(3, 5, 2).energy)(data(3))", "jax.vmap(jax.grad(net(3, 5, 2).energy))(data(4, 3))", "jax.hessian(net(3, 5, 2).energy)(data(3))", "jnp.zeros(linear.out_features)", "jnp.zeros(mlp(3, 2).width_size)", "Small(2.0).a", "Small([1.0, 2.0]).a", "jnp.zeros(Small(1.0).b)", "jnp.zeros(Affine.kind)", "Child(data(2, 3), data(2), extra=3.0)(data(3))", "eqx.nn.Linear(3, 4, dtype=jnp.float16, key=key).weight", "eqx.nn.Linear(3, 4, key=old)(data(3))")

# Convolutions, pooling

for shape in [(3, 9), (3, 7, 6), (3, 5, 6, 7), (2, 3, 7, 6), (4, 8), (9,)]:
    for d in "123":
        for more in ["", ", stride=2", ", padding=1", ", padding='SAME'", ", dilation=2, use_bias=False", ", groups=3", ", padding=1, padding_mode='CIRCULAR'"]:
            add(f"eqx.nn.Conv{d}d(3, 6, 3{more}, key=key)({x(*shape)})")
        for more in ["", ", stride=2", ", stride=2, padding=1, output_padding=1", ", groups=3", ", dilation=2"]:
            add(f"eqx.nn.ConvTranspose{d}d(3, 6, 3{more}, key=key)({x(*shape)})")
        for how in ["AvgPool", "MaxPool"]:
            for more in ["2", "3, 2", "2, 2, 1", "kernel_size=3, stride=1, padding=1"]:
                add(f"eqx.nn.{how}{d}d({more})({x(*shape)})")
        for how in ["AdaptiveAvgPool", "AdaptiveMaxPool"]:
            add(f"eqx.nn.{how}{d}d(3)({x(*shape)})")
    add(f"eqx.nn.Conv(2, 3, 4, (3, 2), stride=(2, 1), padding=((1, 0), (0, 1)), key=key)({x(*shape)})", f"eqx.nn.AvgPool2d((2, 3), stride=(1, 2))({x(*shape)})", f"eqx.nn.ConvTranspose(1, 3, 4, 2, key=key)({x(*shape)})")
add("eqx.nn.Conv2d(3, 6, (3, 2), key=key).weight", "eqx.nn.Conv2d(3, 6, 3, key=key).bias", "eqx.nn.ConvTranspose2d(3, 6, 3, key=key).weight", "eqx.nn.ConvTranspose2d(3, 6, 3, groups=3, key=key).weight", "eqx.nn.Conv2d(3, 6, 3, groups=2, key=key)", "jax.vmap(eqx.nn.Conv2d(3, 6, 3, key=key))(data(5, 3, 8, 8))")

# Embedding, recurrent cells, attention

add("eqx.nn.Embedding(9, 4, key=key)(2)", "eqx.nn.Embedding(9, 4, key=key)(whole())", "eqx.nn.Embedding(9, 4, key=key)(whole(3))", "jax.vmap(eqx.nn.Embedding(9, 4, key=key))(whole(3))", "eqx.nn.Embedding(9, 4, key=key).weight", "eqx.nn.Embedding(weight=data(5, 2))(1)", "eqx.nn.Embedding(9, 4)", "eqx.nn.GRUCell(3, 5, key=key)(data(3), data(5))", "eqx.nn.GRUCell(3, 5, key=key)(data(4), data(5))", "eqx.nn.GRUCell(3, 5, use_bias=False, key=key)(data(3), data(5))", "eqx.nn.LSTMCell(3, 5, key=key)(data(3), (data(5), data(5)))", "eqx.nn.LSTMCell(3, 5, key=key)(data(3), (data(5), data(4)))", "eqx.nn.LSTMCell(3, 5, key=key).weight_ih", "jax.tree.leaves(eqx.nn.GRUCell(3, 5, key=key))", "jax.lax.scan(lambda h, v: (eqx.nn.GRUCell(3, 5, key=key)(v, h), h), data(5), data(7, 3))", "eqx.nn.RMSNorm(3)(data(3))")
for arguments in ["data(5, 4), data(5, 4), data(5, 4)", "data(5, 4), data(7, 4), data(7, 4)", "data(2, 5, 4), data(2, 5, 4), data(2, 5, 4)", "data(5, 4), data(7, 4), data(6, 4)", "data(5, 4), data(7, 4), data(7, 4), mask=jnp.ones((5, 7), bool)", "data(5, 4), data(7, 4), data(7, 4), mask=jnp.ones((2, 5, 7), bool)", "data(5, 4), data(7, 4), data(7, 4), mask=jnp.ones((7, 5), bool)", "data(5, 3), data(5, 4), data(5, 4)"]:
    for more in ["", ", output_size=6, use_query_bias=True", ", qk_size=3, vo_size=5", ", dropout_p=0.5", ", key_size=4, value_size=4"]:
        add(f"eqx.nn.MultiheadAttention(2, 4{more}, key=key)({arguments})")

# Trees and transforms

M = "net(3, 5, 2)"
add(
    f"jax.tree.leaves(eqx.filter({M}, eqx.is_inexact_array))", f"jax.tree.leaves(eqx.partition({M}, eqx.is_array)[0])", f"eqx.combine(*eqx.partition(mlp(3, 2), eqx.is_array))(data(3))", f"eqx.combine(*eqx.partition({M}, eqx.is_inexact_array))(data(3))", "eqx.tree_at(lambda m: m.weight, linear, data(7, 3)).weight", "eqx.tree_at(lambda m: m.layers[-1].bias, net(3, 5, 2), data(1))(data(3))", "eqx.tree_at(lambda m: (m.weight, m.bias), linear, (data(2, 3), data(2)))(data(3))", "eqx.tree_at(lambda m: m.weight, linear, replace_fn=lambda w: w.T).weight", "eqx.tree_at(lambda m: m.layers, mlp(3, 2), (linear,)).layers[0].weight", "eqx.apply_updates(linear, linear).weight", f"jax.flatten_util.ravel_pytree(eqx.filter({M}, eqx.is_array))[0]", f"jax.tree.map(lambda v: v * 2 if eqx.is_array(v) else v, mlp(3, 2))(data(3))",
    f"eqx.filter_grad(lambda m, v: jnp.sum(m(v) ** 2))({M}, data(3)).layers[0].weight", f"eqx.filter_grad(lambda m, v: jnp.sum(jax.vmap(m)(v) ** 2))(mlp(3, 2), data(5, 3)).layers[1].bias", f"eqx.filter_grad(lambda m, v: m(v))({M}, data(3))", "eqx.filter_value_and_grad(lambda m, v: jnp.sum(m(v)))(linear, data(3))[0]", "eqx.filter_value_and_grad(lambda m, v: jnp.sum(m(v)))(linear, data(3))[1].weight", "eqx.filter_value_and_grad(lambda m, v: (jnp.sum(m(v)), m(v)), has_aux=True)(linear, data(3))[0][1]", "eqx.filter_grad(lambda m, v: (jnp.sum(m(v)), m(v)), has_aux=True)(linear, data(3))[1]", "eqx.filter_jacrev(lambda m: m(data(3)))(linear).weight", "eqx.filter_jacfwd(lambda m: m(data(3)))(linear).bias", "eqx.filter_jacrev(lambda v: linear(v))(data(3))", "eqx.filter_jacfwd(jax.vmap(linear))(data(5, 3))", "eqx.filter_hessian(lambda v: jnp.sum(linear(v) ** 2))(data(3))", "jax.jacrev(lambda m: m(data(3)))(linear).weight", "jax.jacrev(lambda m: m(data(3)))(mlp(3, 2)).layers[0].weight", "jax.grad(lambda m: jnp.sum(m(data(3))))(linear).bias", "jax.grad(lambda m: jnp.sum(jax.vmap(m)(data(5, 3))))(linear).weight",
    "eqx.filter_vmap(linear)(data(5, 3))", "eqx.filter_vmap(lambda m, v: m(v))(models, data(6, 3))", "eqx.filter_vmap(lambda m, v: m(v), in_axes=(eqx.if_array(0), None))(models, data(3))", "eqx.filter_vmap(lambda m, v: m(v), in_axes=(None, 0))(linear, data(5, 3))", "eqx.filter_vmap(lambda m, v: m(v))(linear, data(5, 3))", "eqx.filter_vmap(lambda a, b: a + b)(data(5, 3), 2.0)", "eqx.filter_vmap(lambda a, b: a + b, out_axes=1)(data(5, 3), data(5, 3))", "models.layers[0].weight", "jax.vmap(lambda m, v: m(v), in_axes=(None, 0))(linear, data(5, 3))", "jax.vmap(lambda m, v: m(v))(linear, data(4, 3))", "eqx.filter_jit(lambda m, v: m(v))(mlp(3, 2), data(3))", "jax.jit(lambda v: mlp(3, 2)(v))(data(3))", "eqx.filter_jvp(linear, (data(3),), (data(3),))", "eqx.filter_vjp(linear, data(3))[1](data(4))[0]", "eqx.filter_eval_shape(linear, data(3)).shape", "jax.lax.scan(lambda c, v: (c, linear(v)), 0.0, data(5, 3))[1]",
    "jax.jacrev(jax.vmap(linear))(data(5, 3))", "jax.vmap(jax.jacrev(flow))(data(5, 4))", "jax.vmap(lambda v: jnp.linalg.slogdet(jax.jacfwd(flow)(v))[1])(data(5, 4))", "jax.vmap(lambda v: jnp.trace(jax.hessian(mlp(3, 'scalar'))(v)))(data(5, 3))", "jax.vmap(jax.grad(mlp(3, 'scalar')))(data(5, 3))", "jax.jvp(flow, (data(4),), (data(4),))", "jax.linearize(flow, data(4))[1](data(4))",
)

# How samples move results

batched((3, 5), "jax.vmap(eqx.nn.Linear(5, 4, key=key))(x)", "jax.vmap(mlp(5, 2))(x)", "jax.vmap(net(5, 4, 2))(x)", "jax.vmap(eqx.nn.LayerNorm(5))(x)", "eqx.nn.LayerNorm((3, 5))(x)", "jax.vmap(eqx.nn.RMSNorm(5))(x)", "eqx.nn.GroupNorm(1, 3)(x)", "eqx.nn.GroupNorm(3, 3)(x)", "jax.vmap(mlp(3, 2), in_axes=1)(x)", "jax.vmap(mlp(3, 2), in_axes=1, out_axes=1)(x)", "eqx.filter_vmap(mlp(5, 2))(x)", "eqx.filter_vmap(mlp(5, 2, activation=jax.nn.softplus))(x)", "eqx.nn.MultiheadAttention(1, 5, key=key)(x, x, x)", "jax.vmap(jax.grad(mlp(5, 'scalar')))(x)", "jax.vmap(jax.hessian(mlp(5, 'scalar', activation=jnp.tanh)))(x)", "jax.vmap(lambda v: eqx.nn.GRUCell(5, 4, key=key)(v, jnp.ones(4)))(x)", "jax.vmap(lambda v: eqx.nn.LSTMCell(5, 4, key=key)(v, (jnp.ones(4), jnp.ones(4)))[0])(x)", "jax.vmap(eqx.nn.Sequential([eqx.nn.Linear(5, 4, key=key), eqx.nn.Lambda(jnp.tanh)]))(x)", "eqx.nn.Linear(3, 4, key=key)(x[:, 0])")
batched((3, 2, 7), "jax.vmap(eqx.nn.Conv1d(2, 4, 3, key=key))(x)", "jax.vmap(eqx.nn.ConvTranspose1d(2, 4, 3, stride=2, key=key))(x)", "jax.vmap(eqx.nn.MaxPool1d(2))(x)", "jax.vmap(eqx.nn.AdaptiveAvgPool1d(3))(x)", "eqx.nn.Conv2d(1, 1, 1, key=key)(x[:, 0][None])", "jax.vmap(eqx.nn.GroupNorm(1, 2))(x)", "jax.vmap(eqx.nn.MultiheadAttention(1, 7, key=key))(x, x, x)")

if __name__ == "__main__":
    facts.write(__file__, "equinox", equinox.__version__)
