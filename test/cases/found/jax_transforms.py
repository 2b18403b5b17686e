"""vmap and derivatives of JAX on what they refuse, or what is zero."""

import jax
import jax.numpy as jnp
from jax import grad, hessian, jacfwd, jacrev, vmap

x = jnp.arange(15.0).reshape(3, 5)
w = jnp.ones((2, 5))
params = {"w": w, "b": jnp.zeros(2)}

pairs = vmap(jnp.dot)(x, jnp.ones((4, 5)))  # expect: vmap-sizes
scaled = vmap(lambda row, factor: factor * row)(x, 2.0)  # expect: vmap-sizes
beyond = vmap(jnp.sin, in_axes=2)(x)  # expect: vmap-sizes
nothing = vmap(jnp.dot, in_axes=(None, None))(x[0], x[0])  # expect: vmap-sizes
keys = vmap(lambda row, key: row + jax.random.normal(key, (5,)))(x, jax.random.split(jax.random.key(0), 4))  # expect: vmap-sizes


def affine(p, row):
    return jnp.tanh(p["w"] @ row + p["b"])


mapped_weights = vmap(affine)(params, x)  # expect: vmap-sizes

by_column = vmap(jacrev(lambda row: jnp.sin(row[:, 0])))(x)  # expect: batched-function-under-vmap
by_axis = vmap(grad(lambda row: row.sum(axis=1).squeeze()))(x)  # expect: batched-function-under-vmap
curvature = vmap(hessian(lambda row: (row[:, 0] ** 2).sum()))(x)  # expect: batched-function-under-vmap


@vmap
def by_shape(row):
    batch, features = row.shape
    return row / features


by_shape(x)  # expect: batched-function-under-vmap

of_value = jacrev(jnp.tanh(w @ x[0]))(x[0])  # expect: wrong-argument
of_array = jacfwd(w)(x[0])  # expect: wrong-argument


def loss(p, row, target):
    return jnp.mean((w @ row - target) ** 2)


unused = grad(loss)({"w": w}, x[0], jnp.zeros(2))["w"]  # expect: unused (2, 5) wrong-argument
