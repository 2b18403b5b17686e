"""Whole networks that test/facts/programs_jax.py runs under JAX, and the engine from this text."""
import jax
import jax.numpy as jnp
import flax.linen as nn


def layer(key, into, out):
    return {"w": jax.random.normal(key, (into, out)) / jnp.sqrt(into), "b": jnp.full((out,), 0.1)}


def init(key):
    first, second = jax.random.split(key)
    return [layer(first, 5, 8), layer(second, 8, 3)]


def mlp(params, x):
    h = jnp.tanh(x @ params[0]["w"] + params[0]["b"])
    return h @ params[1]["w"] + params[1]["b"]


params = init(jax.random.PRNGKey(0))
x = jax.random.normal(jax.random.PRNGKey(1), (4, 5))
mlp_jacobian = jax.vmap(jax.jacrev(mlp, argnums=1), (None, 0))(params, x)


class Attention(nn.Module):
    @nn.compact
    def __call__(self, x):
        q, k, v = nn.Dense(4)(x), nn.Dense(4)(x), nn.Dense(4)(x)
        weights = nn.softmax(q @ k.swapaxes(-1, -2) / 2.0)
        return nn.LayerNorm()(x + nn.Dense(4, name="out")(weights @ v))


attention = Attention()
tokens = jax.random.normal(jax.random.PRNGKey(2), (2, 3, 4))
variables = attention.init(jax.random.PRNGKey(3), tokens)


def attend(t):
    return attention.apply(variables, t)


attention_jacobian = jax.vmap(jax.jacfwd(attend))(tokens)

scale = {"a": jnp.full((), 0.7)}


def energy(point):
    return jnp.sum(jnp.log1p(jnp.exp(scale["a"] * point)) * jnp.sin(point)) + jnp.prod(point)


points = jax.random.normal(jax.random.PRNGKey(4), (3, 3))
energy_hessian = jax.vmap(jax.hessian(energy))(points)


def step(h, x_t):
    h = jnp.tanh(h @ params[0]["w"][:, :5] + x_t)
    return h, h


def unrolled(sequence):
    h = jnp.zeros(5)
    for t in range(sequence.shape[0]):
        h, _ = step(h, sequence[t])
    return h


sequences = jax.random.normal(jax.random.PRNGKey(5), (2, 3, 5))
rnn_jacobian = jax.vmap(jax.jacrev(unrolled))(sequences)
