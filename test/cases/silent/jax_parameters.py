"""Jacobians and Hessians with respect to the weights of JAX's networks: neural tangent kernels, Laplace approximations, curvature."""
import equinox as eqx
import flax.linen as nn
import haiku as hk
import jax
import jax.numpy as jnp
import optax
from flax import nnx
from jax.flatten_util import ravel_pytree


class Small(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(2)(nn.tanh(nn.Dense(3)(x)))


x1 = jax.random.normal(jax.random.key(0), (5, 4))
x2 = jax.random.normal(jax.random.key(1), (6, 4))
labels = jnp.array([0, 1, 0, 1, 1])

model = Small()
params = model.init(jax.random.key(2), x1)
j1 = jax.jacrev(model.apply)(params, x1)
j2 = jax.jacrev(model.apply)(params, x2)
kernel_w = j1["params"]["Dense_0"]["kernel"]  # expect: kernel_w (5, 2, 3, 2)
ntk = jax.tree.map(lambda a, b: jnp.einsum("iap,jbp->ijab", a.reshape(5, 2, -1), b.reshape(6, 2, -1)), j1, j2)
total = jax.tree.reduce(jnp.add, ntk)  # expect: total (5, 6, 2, 2)

flat, unravel = ravel_pytree(params)
per_sample = jax.vmap(jax.jacrev(lambda p, x: model.apply(unravel(p), x)), (None, 0))(flat, x1)
print(per_sample.shape)  # expect: per_sample (5, 2, 23)
whole = jax.jacrev(lambda p: model.apply(unravel(p), x1))(flat)  # expect: whole (5, 2, 23)


def loss(p):
    logits = model.apply(unravel(p), x1)
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


H = jax.hessian(loss)(flat)  # expect: H (23, 23)
ggn = jnp.einsum("boi,boj->ij", per_sample, per_sample)  # expect: ggn (23, 23)
hvp = jax.jvp(jax.grad(loss), (flat,), (flat,))[1]  # expect: hvp (23,)

net = eqx.nn.MLP(4, "scalar", 5, 1, key=jax.random.key(3))
arrays, static = eqx.partition(net, eqx.is_inexact_array)


def evaluate(arrays, x):
    return eqx.combine(arrays, static)(x)


tangents = jax.vmap(jax.grad(evaluate), (None, 0))(arrays, x1)
first = tangents.layers[0].weight  # expect: first (5, 5, 4)
features = jax.vmap(lambda x: ravel_pytree(jax.grad(evaluate)(arrays, x))[0])(x1)  # expect: features (5, 31)
gram = features @ features.T  # expect: gram (5, 5)

linear = nnx.Linear(4, 2, rngs=nnx.Rngs(0))
graph, weights = nnx.split(linear)
by_weights = jax.jacrev(lambda w: nnx.merge(graph, w)(x1))(weights)["kernel"].value  # expect: by_weights (5, 2, 4, 2)
grads = nnx.grad(lambda m: jnp.mean(m(x1) ** 2))(linear)
kernel_grad = grads["kernel"].value  # expect: kernel_grad (4, 2)

f = hk.without_apply_rng(hk.transform(lambda x: hk.Linear(2)(x)))
w = f.init(jax.random.PRNGKey(0), x1)
haiku_w = jax.jacrev(f.apply)(w, x1)["linear"]["w"]  # expect: haiku_w (5, 2, 4, 2)
