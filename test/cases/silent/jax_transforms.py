"""vmap and derivatives of JAX that are right."""

import jax
import jax.numpy as jnp
from jax import grad, hessian, jacfwd, jacrev, vmap

x = jnp.arange(15.0).reshape(3, 5)
w = jnp.ones((2, 5))
params = {"w": w, "b": jnp.zeros(2)}
key = jax.random.key(0)


def affine(p, row):
    return jnp.tanh(p["w"] @ row + p["b"])


a = vmap(affine, in_axes=(None, 0))(params, x)  # expect: a (3, 2)
b = vmap(jacrev(affine, argnums=1), in_axes=(None, 0))(params, x)  # expect: b (3, 2, 5)
c = vmap(jnp.dot, in_axes=[0, 0])(x, x)  # expect: c (3,)
d = vmap(lambda row, factor: factor * row, in_axes=(0, None))(x, 2.0)  # expect: d (3, 5)
e = vmap(lambda row, mask: row if mask is None else row * mask)(x, None)  # expect: e (3, 5)
f = vmap(lambda column, scale: column * scale, in_axes=(1, 0))(x, jnp.arange(5.0))  # expect: f (5, 3)
g = vmap(lambda: jnp.ones(2), axis_size=4)()  # expect: g (4, 2)

# JAX's random numbers hang on their keys: nothing has to be told.
h = vmap(lambda row: row + jax.random.normal(key, row.shape))(x)  # expect: h (3, 5)
i = vmap(lambda row, k: row + jax.random.normal(k, row.shape))(x, jax.random.split(key, 3))  # expect: i (3, 5)

j = vmap(lambda row: jnp.sin(row[..., 0]))(x)  # expect: j (3,)
k = vmap(jacrev(lambda row: jnp.sin(row[None][:, 0])[0]))(x)  # expect: k (3, 5)
m = vmap(hessian(lambda row: (row**3).sum()))(x)  # expect: m (3, 5, 5)
n = vmap(vmap(lambda u, v: u * v, in_axes=(None, 0)), in_axes=(0, None))(x, jnp.arange(4.0))  # expect: n (3, 4, 5)


@jax.jit
@vmap
def joined(row):
    return jnp.concatenate([row, row], axis=-1)


o = joined(x)  # expect: o (3, 10)
p = jacfwd(lambda t, state: -state)(0.0, x[0])  # expect: p (5,)


def loss(p, row, target):
    return jnp.mean((affine(p, row) - target) ** 2)


q = grad(loss)(params, x[0], jnp.zeros(2))["w"]  # expect: q (2, 5)
r = jacrev(lambda row: jnp.ones(2))(x[0])  # expect: r (2, 5)

try:
    vmap(jnp.dot)(x, jnp.ones((4, 5)))
except ValueError:
    pass

# One array in a dict is a weight where it is called one.
outer, _ = jax.jacrev(lambda p, z: p["w"] @ z, argnums=(0, 1))({"w": jnp.ones((3, 5))}, jnp.ones(5))
by_w = outer["w"]  # expect: by_w (3, 3, 5)
by_kernel = jax.jacrev(lambda p: jnp.tanh(jnp.ones((7, 5)) @ p["layer"]["kernel"]))({"layer": {"kernel": jnp.ones((5, 3))}})
kernel = by_kernel["layer"]["kernel"]  # expect: kernel (7, 3, 5, 3)
