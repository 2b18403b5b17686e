"""Whole Jacobians in JAX that are meant: the entries of the first axis meet, or what lies off the diagonal is read."""

from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import hessian, jacfwd, jacrev, jit
from jax.numpy.linalg import eigvals, inv, solve

nodes = jnp.linspace(-1.0, 1.0, 12).reshape(6, 2)
edges = (jnp.arange(36).reshape(6, 6) % 3 == 0).astype(jnp.float32)


def propagate(h):
    return jnp.tanh(edges @ h @ jnp.ones((2, 2)))


influence = jnp.abs(jacrev(propagate)(nodes)).sum(axis=(1, 3))  # expect: influence (6, 6)


def pairwise_energy(r):
    d = r[:, None, :] - r[None, :, :]
    d2 = (d**2).sum(-1) + jnp.eye(r.shape[0])
    return jnp.triu(1 / d2, k=1).sum()


H = hessian(pairwise_energy)(nodes)  # expect: H (6, 2, 6, 2)
frequencies = jnp.linalg.eigvalsh(H.reshape(12, 12))  # expect: frequencies (12,)
forces = -jax.grad(pairwise_energy)(nodes)  # expect: forces (6, 2)
stiffness = -jacfwd(lambda r: -jax.grad(pairwise_energy)(r))(nodes)  # expect: stiffness (6, 2, 6, 2)


class Attention(nn.Module):
    @nn.compact
    def __call__(self, tokens):
        q, k, v = (nn.Dense(4)(tokens) for _ in range(3))
        return jax.nn.softmax(q @ k.T, axis=-1) @ v


tokens = jnp.ones((5, 4))
attention = Attention()
variables = attention.init(jax.random.key(0), tokens)
seen = jacrev(lambda t: attention.apply(variables, t))(tokens)  # expect: seen (5, 4, 5, 4)
saliency = jnp.linalg.norm(seen, axis=(1, 3))  # expect: saliency (5, 5)


def heat(u, dt=0.1):
    """One step of a stencil on a ring."""
    return u + dt * (jnp.roll(u, 1, axis=0) - 2 * u + jnp.roll(u, -1, axis=0))


u = jnp.ones((8, 1))
step = jacfwd(heat)(u).reshape(8, 8)  # expect: step (8, 8)
implicit = solve(jnp.eye(8) - step, u.ravel())  # expect: implicit (8,)

# Independent, and all of it is wanted: as a matrix that is inverted, or for its zeros.
x = jnp.linspace(0.1, 1.0, 6).reshape(3, 2)
layer = lambda x: jnp.sin(x @ jnp.ones((2, 2))) + x
J = jacrev(layer)(x)  # expect: J (3, 2, 3, 2)
matrix = J.reshape(6, 6)
newton = x - (inv(matrix) @ layer(x).ravel()).reshape(x.shape)  # expect: newton (3, 2)
spectrum = eigvals(matrix)  # expect: spectrum (6,)


def test_samples_are_independent():
    full = jacrev(layer)(x)
    for a in range(3):
        for b in range(3):
            if a != b:
                assert jnp.allclose(full[a, :, b], 0.0)


test_samples_are_independent()
leak = jacrev(layer)(x)
between = leak.at[jnp.arange(3), :, jnp.arange(3)].set(0.0)
print(jnp.abs(between).max())  # expect: between (3, 2, 3, 2)


@partial(jit, static_argnums=1)
def unrolled(state, steps):
    return jax.lax.fori_loop(0, steps, lambda _, s: propagate(s), state)


monodromy = jacfwd(lambda s: unrolled(s, 3))(nodes)  # expect: monodromy (6, 2, 6, 2)


class Ring:
    """A system of coupled oscillators."""

    def __init__(self, stiffness):
        self.k = stiffness
        self.jacobian = jax.jit(jax.jacfwd(self.rhs))

    def rhs(self, q):
        left, right = jnp.roll(q, 1, 0), jnp.roll(q, -1, 0)
        return self.k * (left - 2 * q + right)

    def growth(self, q):
        J = self.jacobian(q)
        n = q.size
        return jnp.linalg.eigvals(J.reshape(n, n)).real.max()


growth = Ring(0.5).growth(jnp.ones((4, 1)))  # expect: growth ()
gram = jnp.einsum("aibj,cidj->acbd", J, J)  # expect: gram (3, 3, 3, 3)
