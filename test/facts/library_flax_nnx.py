"""What flax.nnx gives: shapes of results and of weights, which calls raise, and how samples move results.

Run with a Python that has flax; writes library_flax_nnx.json beside this file, in the form of library_flax.json.
"""

import flax

from recorded_jax import Facts

facts = Facts('''
import jax
import jax.numpy as jnp
import jax.flatten_util
from flax import nnx
from functools import partial
from jax import random
key = random.key(0)
class MLP(nnx.Module):
    def __init__(self, din, width, dout, *, rngs):
        self.first = nnx.Linear(din, width, rngs=rngs)
        self.last = nnx.Linear(width, dout, rngs=rngs)
        self.scale = nnx.Param(jnp.ones(()))
    def __call__(self, x):
        return self.last(nnx.tanh(self.first(x))) * self.scale.value
    def energy(self, x):
        return jnp.sum(self(x) ** 2)
class Own(nnx.Module):
    def __init__(self, din, dout, rngs):
        self.w = nnx.Param(rngs.params.uniform((din, dout)))
        self.b = nnx.Param(random.normal(rngs.params(), (dout,)))
        self.count = nnx.Variable(jnp.zeros(3))
    def __call__(self, x):
        return x @ self.w + self.b[...]
class Deep(nnx.Module):
    def __init__(self, sizes, rngs: nnx.Rngs):
        self.layers = nnx.List([nnx.Linear(a, b, rngs=rngs) for a, b in zip(sizes[:-1], sizes[1:])])
        self.norm = nnx.BatchNorm(sizes[-1], rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)
    def __call__(self, x):
        for layer in self.layers:
            x = nnx.relu(layer(x))
        return self.drop(self.norm(x))
class Count(nnx.Variable):
    pass
class Counter(nnx.Module):
    def __init__(self, rngs):
        self.linear = nnx.Linear(3, 2, rngs=rngs)
        self.count = Count(jnp.zeros(4))
        self.start = nnx.Param(rngs.normal((5, 2)))
    def __call__(self, x):
        return self.linear(x)
def data(*shape): return jnp.ones(shape)
def whole(*shape): return jnp.zeros(shape, jnp.int32)
def mlp(a=3, b=5, c=2): return MLP(a, b, c, rngs=nnx.Rngs(0))
def own(a=3, b=2): return Own(a, b, nnx.Rngs(0))
def deep(*sizes): return Deep(sizes, nnx.Rngs(0))
def quiet(model):
    model.eval()
    return model
def loud(model):
    model.train()
    return model
def moved(model, value):
    model.scale.value = value
    return model
''')

add, batched = facts.add, facts.batched
R = "rngs=nnx.Rngs(0)"


def x(*shape: int) -> str:
    return f"data({', '.join(map(str, shape))})"


for shape in [(), (3,), (4,), (2, 3), (0, 3), (2, 4, 3), (2, 4, 4, 3), (2, 1)]:
    for model in [f"nnx.Linear(3, 4, {R})", f"nnx.Linear(3, 4, use_bias=False, {R})", f"nnx.Linear(in_features=3, out_features=1, {R})", f"nnx.LinearGeneral(3, (4, 5), {R})", f"nnx.LinearGeneral((4, 3), 2, axis=(-2, -1), {R})", f"nnx.LinearGeneral((2, 3), (4,), axis=(0, -1), {R})", "mlp()", "own()", "quiet(deep(3, 5, 4))", "loud(deep(3, 5, 4))", "moved(mlp(), jnp.zeros(()))", f"nnx.LayerNorm(3, {R})", f"nnx.LayerNorm(4, use_bias=False, {R})", f"nnx.RMSNorm(3, {R})", f"nnx.GroupNorm(3, num_groups=3, {R})", f"nnx.GroupNorm(4, 2, {R})", f"nnx.GroupNorm(3, num_groups=2, {R})", f"nnx.GroupNorm(3, num_groups=None, group_size=1, {R})", f"nnx.BatchNorm(3, {R})", f"nnx.BatchNorm(3, use_running_average=True, {R})", f"nnx.BatchNorm(4, axis=1, {R})", f"nnx.Dropout(0.5, {R})", "nnx.Dropout(0.5)", "nnx.Dropout(0.5, deterministic=True)", "nnx.Dropout(0.0)", f"nnx.Sequential(nnx.Linear(3, 4, {R}), nnx.relu, nnx.Linear(4, 2, {R}))", "nnx.Sequential(nnx.relu)"]:
        add(f"{model}({x(*shape)})")
for shape in [(7, 3), (2, 7, 3), (3,), (2, 6, 7, 3), (2, 6, 7, 4), (2, 4, 5, 6, 3)]:
    for window in ["3", "(3, 3)", "(2, 2, 2)"]:
        for more in ["", ", strides=2", ", padding='VALID'", ", padding=1, use_bias=False", ", kernel_dilation=2", ", feature_group_count=3", ", padding='CIRCULAR'"]:
            add(f"nnx.Conv(3, 6, {window}{more}, {R})({x(*shape)})")
        for more in ["", ", strides=2", ", padding='VALID'", ", transpose_kernel=True"]:
            add(f"nnx.ConvTranspose(3, 6, {window}{more}, {R})({x(*shape)})")
    add(f"nnx.max_pool({x(*shape)}, (2, 2), strides=(2, 2))", f"nnx.avg_pool({x(*shape)}, (2,))")
add(
    f"nnx.Linear(3, 4, {R}).kernel.value", f"nnx.Linear(3, 4, {R}).bias[...]", f"nnx.Linear(3, 4, {R}).kernel.T", f"nnx.Linear(3, 4, {R}).kernel + 1", f"nnx.Conv(3, 6, (3, 2), {R}).kernel.value", f"nnx.Conv(3, 5, 3, feature_group_count=3, {R})", f"nnx.ConvTranspose(3, 6, (3, 2), {R}).kernel.value", f"nnx.LinearGeneral((2, 3), (4, 5), axis=(0, 1), {R}).kernel.value", f"nnx.BatchNorm(3, {R}).mean.value", f"nnx.BatchNorm(3, {R}).scale.value", "mlp().first.kernel.value", "mlp().scale.value", "own().w.value", "own().b.value.shape", "own().w.shape", "jnp.sum(own().w)", "deep(3, 5, 4).layers[1].kernel.value", "nnx.Linear(3, 4)", f"nnx.Linear(3, {R})", f"nnx.Linear(3, 4, {R}, dtype=jnp.bfloat16)(data(2, 3))", f"nnx.Linear(3, 4, param_dtype=jnp.float16, {R}).kernel.value", f"nnx.Linear(3, 4, {R})(whole(2, 3))", f"nnx.Linear(3, 4, kernel_init=nnx.initializers.zeros, {R}).kernel.value", "nnx.Param(data(2, 3)).value", "nnx.Param(data(2, 3)) @ data(3)", "jnp.sin(nnx.Param(data(2, 3)))", "nnx.Rngs(0).params().shape",
    f"nnx.Embed(9, 4, {R})(whole(3))", f"nnx.Embed(9, 4, {R})(whole(2, 3))", f"nnx.Embed(9, 4, {R})(data(3))", f"nnx.Embed(9, 4, {R}).embedding.value", f"nnx.Embed(9, 4, {R}).attend(data(2, 4))", f"nnx.Dropout(0.5)(data(3), rngs=nnx.Rngs(0))", "nnx.relu(data(3))", "nnx.gelu(data(3))", "nnx.softmax(data(2, 3))", "nnx.one_hot(whole(3), 4)", "nnx.initializers.lecun_normal()(key, (2, 3))", f"nnx.BatchNorm(3, {R})(data(2, 3), use_running_average=True)", "nnx.make_causal_mask(jnp.ones((2, 5)))",
)
for arguments in ["data(2, 5, 4)", "data(5, 4)", "data(2, 5, 4), data(2, 7, 4)", "data(2, 5, 4), data(2, 7, 4), data(2, 7, 4)", "data(2, 5, 3)", "data(4)"]:
    for more in ["", "qkv_features=6, ", "out_features=3, use_bias=False, ", "in_kv_features=4, ", "dropout_rate=0.5, deterministic=True, "]:
        add(f"nnx.MultiHeadAttention(2, 4, {more}decode=False, {R})({arguments})")
add(f"nnx.MultiHeadAttention(2, 4, {R})(data(2, 5, 4))", f"nnx.MultiHeadAttention(2, 4, {R})(data(2, 5, 4), decode=False)", f"nnx.MultiHeadAttention(3, 4, decode=False, {R})", f"nnx.MultiHeadAttention(2, 4, decode=False, {R}).query.kernel.value", f"nnx.MultiHeadAttention(2, 4, decode=False, {R}).out.kernel.value", f"nnx.MultiHeadAttention(2, 4, dropout_rate=0.5, decode=False, {R})(data(2, 5, 4))")
for cell, carry in [("LSTMCell", "(data(2, 4), data(2, 4))"), ("OptimizedLSTMCell", "(data(2, 4), data(2, 4))"), ("GRUCell", "data(2, 4)"), ("SimpleCell", "data(2, 4)")]:
    add(f"nnx.{cell}(3, 4, {R})({carry}, data(2, 3))[1]", f"jax.tree.leaves(nnx.{cell}(3, 4, {R})({carry}, data(2, 3))[0])", f"nnx.{cell}(3, 4, {R})({carry}, data(2, 5))[1]", f"jax.tree.leaves(nnx.{cell}(3, 4, {R}).initialize_carry((7, 3), nnx.Rngs(0)))")
add(f"nnx.GRUCell(3, 4, {R}).dense_i.kernel.value", f"nnx.LSTMCell(3, 4, {R}).hf.bias.value", f"nnx.OptimizedLSTMCell(3, 4, {R}).dense_h.kernel.value")

# State and transforms

add(
    "jax.tree.leaves(nnx.state(Counter(nnx.Rngs(0)), Count))", "jax.tree.leaves(nnx.state(Counter(nnx.Rngs(0)), nnx.Param))", "jax.tree.leaves(nnx.state(Counter(nnx.Rngs(0)), nnx.Variable))", "jax.tree.leaves(nnx.split(Counter(nnx.Rngs(0)), Count, ...)[1])", "nnx.view(deep(3, 4), deterministic=True, use_running_average=True)(data(2, 3))", "Counter(nnx.Rngs(0)).start.value", "nnx.Rngs(0).params.uniform((2, 3))",
    "jax.tree.leaves(nnx.state(mlp()))", "jax.tree.leaves(nnx.state(mlp(), nnx.Param))", "nnx.state(mlp())['first']['kernel'].value", "nnx.state(mlp()).first.kernel.value", "jax.tree.leaves(nnx.state(own(), nnx.Param))", "jax.tree.leaves(nnx.state(own()))", "jax.tree.leaves(nnx.split(mlp())[1])", "nnx.merge(*nnx.split(mlp()))(data(4, 3))", "jax.tree.leaves(nnx.split(own(), nnx.Param, ...)[2])", "nnx.merge(*nnx.split(own(), nnx.Param, ...))(data(4, 3))", "jax.tree.leaves(nnx.split(quiet(deep(3, 4)), nnx.Param, nnx.BatchStat, ...)[2])", "nnx.state(deep(3, 5, 4), nnx.Param)['layers'][0]['kernel'].value", "nnx.clone(mlp())(data(3))", "jax.flatten_util.ravel_pytree(nnx.state(mlp(), nnx.Param))[0]", "jax.tree.map(lambda v: v * 2, nnx.state(mlp()))['last']['bias'].value",
    "nnx.grad(lambda m: m.energy(data(4, 3)))(mlp())['first']['kernel'].value", "nnx.grad(lambda m, v: jnp.sum(m(v)))(mlp(), data(4, 3)).last.bias.value", "nnx.value_and_grad(lambda m, v: jnp.mean(m(v) ** 2))(mlp(), data(4, 3))[0]", "nnx.value_and_grad(lambda m, v: jnp.mean(m(v) ** 2))(mlp(), data(4, 3))[1]['scale'].value", "nnx.value_and_grad(lambda m, v: (jnp.mean(m(v)), m(v)), has_aux=True)(mlp(), data(4, 3))[0][1]", "nnx.grad(lambda m, v: jnp.sum(m(v)), argnums=1)(mlp(), data(4, 3))", "nnx.grad(lambda m, v: m(v))(mlp(), data(4, 3))", "jax.tree.leaves(nnx.grad(lambda m, v: jnp.sum(m(v)))(own(), data(4, 3)))", "nnx.grad(lambda m, v: jnp.sum(m(v)), argnums=(0, 1))(mlp(), data(4, 3))[1]", "nnx.jit(lambda m, v: m(v))(mlp(), data(4, 3))",
    "jax.jacrev(lambda v: mlp()(v))(data(4, 3))", "jax.jacrev(mlp())(data(4, 3))", "jax.vmap(jax.jacrev(mlp()))(data(4, 3))", "jax.vmap(mlp())(data(4, 3))", "jax.hessian(mlp().energy)(data(3))", "jax.vmap(jax.grad(mlp().energy))(data(4, 3))", "jax.grad(lambda m: m.energy(data(4, 3)))(mlp()).first.kernel.value", "nnx.vmap(lambda m, v: m(v), in_axes=(None, 0))(mlp(), data(4, 3))", "jax.jacfwd(lambda s: nnx.merge(nnx.split(mlp())[0], s)(data(3)))(nnx.split(mlp())[1])['first']['bias'].value", "jax.vmap(jax.hessian(lambda v: mlp(3, 5, 1)(v)[0]))(data(4, 3))",
)

batched((3, 5), *[f"{model}(x)" for model in [f"nnx.Linear(5, 4, {R})", "mlp(5, 4, 2)", "own(5, 2)", "quiet(deep(5, 4))", f"nnx.LayerNorm(5, {R})", f"nnx.RMSNorm(5, {R})", f"nnx.GroupNorm(5, num_groups=5, {R})", f"nnx.BatchNorm(5, {R})", f"nnx.BatchNorm(5, use_running_average=True, {R})", f"nnx.LayerNorm(5, reduction_axes=0, {R})", f"nnx.MultiHeadAttention(1, 5, decode=False, {R})", f"nnx.Sequential(nnx.Linear(5, 4, {R}), nnx.relu)", "jax.vmap(mlp(5, 4, 2))"]])
batched((3, 4, 6), *[f"{model}(x)" for model in [f"nnx.Linear(6, 4, {R})", f"nnx.GroupNorm(6, num_groups=2, {R})", f"nnx.MultiHeadAttention(2, 6, decode=False, {R})", f"nnx.Conv(6, 4, 3, {R})", f"nnx.BatchNorm(6, {R})", f"nnx.BatchNorm(4, axis=1, use_running_average=True, {R})"]])

if __name__ == "__main__":
    facts.write(__file__, "flax", flax.__version__)
