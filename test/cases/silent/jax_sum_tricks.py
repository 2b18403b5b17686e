"""The sum over the batch in JAX: the Jacobian of each sample, however the axis is brought to the front."""

import functools

import jax
import jax.numpy as jnp
from jax import grad, jacobian, jacrev, vjp, vmap

kernel = jnp.linspace(-1.0, 1.0, 12).reshape(3, 4)
x = jnp.linspace(0.0, 1.0, 15).reshape(5, 3)


def net(x):
    return jnp.tanh(x @ kernel)


a = jnp.moveaxis(jacrev(lambda x: net(x).sum(0))(x), 1, 0)  # expect: a (5, 4, 3)
b = jacrev(lambda z: jnp.sum(net(z), axis=0))(x).transpose(1, 0, 2)  # expect: b (5, 4, 3)
c = jnp.swapaxes(jacobian(lambda x: net(x).sum(axis=0))(x), 0, 1)  # expect: c (5, 4, 3)
d = jnp.einsum("obi->boi", jacrev(lambda x: jnp.einsum("bo->o", net(x)))(x))  # expect: d (5, 4, 3)
e = jnp.transpose(jacrev(lambda x: net(x).mean(0))(x) * x.shape[0], (1, 0, 2))  # expect: e (5, 4, 3)
f = jnp.stack([grad(lambda x: net(x)[:, k].sum())(x) for k in range(4)], axis=1)  # expect: f (5, 4, 3)
g = vmap(lambda k: grad(lambda x: net(x)[:, k].sum())(x), out_axes=1)(jnp.arange(4))  # expect: g (5, 4, 3)


def summed_over_batch(fn):
    """The sum over the batch of a batched function."""

    @functools.wraps(fn)
    def total(*args):
        return fn(*args).sum(0)

    return total


def batch_jacobian(fn, x):
    return jnp.moveaxis(jax.jacrev(summed_over_batch(fn))(x), 1, 0)


h = batch_jacobian(net, x)  # expect: h (5, 4, 3)

# All outputs of all samples at once: one pull back an output, with a one in its column.
y, pull = vjp(net, x)
rows = [pull(jnp.zeros_like(y).at[:, k].set(1.0))[0] for k in range(y.shape[-1])]
i = jnp.stack(rows, axis=1)  # expect: i (5, 4, 3)


class Field:
    def __init__(self, weight, bias):
        self.weight, self.bias = weight, bias

    def __call__(self, points):
        return jnp.sin(points @ self.weight + self.bias)

    def jacobians(self, points):
        total = lambda p: self(p).sum(axis=0)
        return jax.jacrev(total)(points).swapaxes(0, 1)

    def divergence(self, points):
        columns = [jax.grad(lambda p: self(p)[:, k].sum())(points)[:, k] for k in range(points.shape[1])]
        return sum(columns)


field = Field(jnp.eye(3), jnp.zeros(3))
j = field.jacobians(x)  # expect: j (5, 3, 3)
k = field.divergence(x)  # expect: k (5,)


@jax.jit
def log_det(points):
    J = jacrev(lambda p: field(p).sum(0))(points)
    _, logabs = jnp.linalg.slogdet(jnp.moveaxis(J, 0, 1))
    return logabs


m = log_det(x)  # expect: m (5,)


def energy(x):
    """One number a sample."""
    return (x**2).sum(-1) + jnp.prod(x, axis=-1)


force = -grad(lambda x: energy(x).sum())(x)  # expect: force (5, 3)
value, slope = jax.value_and_grad(lambda x: jnp.sum(energy(x)))(x)
print(slope)  # expect: slope (5, 3)
hessian = jnp.moveaxis(jacrev(lambda x: grad(lambda z: energy(z).sum())(x).sum(0))(x), 1, 0)  # expect: hessian (5, 3, 3)

out = []
for chunk in jnp.split(x, [2]):
    out.append(jnp.swapaxes(jacrev(lambda x: net(x).sum(0))(chunk), 0, 1))
joined = jnp.concatenate(out)  # expect: joined (5, 4, 3)
