"""Flows, energies and filters with equinox and flax: derivatives of one sample, mapped; or of what interacts on purpose."""
import equinox as eqx
import flax.linen as nn
import jax
import jax.numpy as jnp
import jax.random as jr


class Coupling(eqx.Module):
    net: eqx.nn.MLP
    half: int = eqx.field(static=True)

    def __init__(self, size, *, key):
        self.half = size // 2
        self.net = eqx.nn.MLP(self.half, 2 * (size - self.half), 8, 1, activation=jnp.tanh, key=key)

    def __call__(self, x):
        a, b = x[: self.half], x[self.half :]
        log_scale, shift = jnp.split(self.net(a), 2)
        return jnp.concatenate([a, b * jnp.exp(log_scale) + shift])


class Flow(eqx.Module):
    steps: list

    def __init__(self, size, depth, *, key):
        self.steps = [Coupling(size, key=k) for k in jr.split(key, depth)]

    def __call__(self, x):
        for step in self.steps:
            x = jnp.flip(step(x))
        return x


flow = Flow(4, 3, key=jr.key(0))
x = jr.normal(jr.key(1), (7, 4))
jacobians = jax.vmap(jax.jacfwd(flow))(x)  # expect: jacobians (7, 4, 4)
log_det = jnp.linalg.slogdet(jacobians)[1]  # expect: log_det (7,)


@eqx.filter_jit
@eqx.filter_value_and_grad
def loss(flow, x):
    z = jax.vmap(flow)(x)
    log_det = jax.vmap(lambda row: jnp.linalg.slogdet(jax.jacrev(flow)(row))[1])(x)
    return jnp.mean(jnp.sum(z**2, axis=-1) / 2 - log_det)


value, grads = loss(flow, x)
weights = grads.steps[0].net.layers[0].weight  # expect: weights (8, 2)
stepped = eqx.apply_updates(flow, jax.tree.map(lambda g: -0.1 * g, eqx.filter(grads, eqx.is_array)))
after = jax.vmap(stepped)(x)  # expect: after (7, 4)

score = eqx.nn.MLP(4, 4, 8, 2, activation=jnp.tanh, key=jr.key(2))
divergence = jax.vmap(lambda row: jnp.trace(jax.jacfwd(score)(row)))(x)  # expect: divergence (7,)
probes = jr.rademacher(jr.key(3), (7, 4)).astype(float)
hutchinson = jax.vmap(lambda row, v: v @ jax.jvp(score, (row,), (v,))[1])(x, probes)  # expect: hutchinson (7,)


class Energy(nn.Module):
    """The energy of a whole configuration of particles."""

    @nn.compact
    def __call__(self, positions):
        distances = positions[:, None] - positions[None, :]
        features = nn.Dense(5)(distances.reshape(-1, 3))
        return nn.Dense(1)(nn.softplus(features)).sum()


energy = Energy()
positions = jr.normal(jr.key(4), (6, 3))
variables = energy.init(jr.key(5), positions)
forces = -jax.grad(energy.apply, argnums=1)(variables, positions)  # expect: forces (6, 3)
hessian = jax.hessian(energy.apply, argnums=1)(variables, positions)  # expect: hessian (6, 3, 6, 3)
frequencies = jnp.linalg.eigvalsh(hessian.reshape(18, 18))  # expect: frequencies (18,)


class Attended(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.SelfAttention(num_heads=2)(nn.Dense(4)(x))


tokens = jr.normal(jr.key(6), (5, 3))
attended = Attended()
token_params = attended.init(jr.key(7), tokens)
across = jax.jacrev(lambda t: attended.apply(token_params, t))(tokens)  # expect: across (5, 4, 5, 3)

dynamics = eqx.nn.MLP(4, 4, 8, 1, key=jr.key(8))
F = jax.jacfwd(dynamics)(x[0])  # expect: F (4, 4)
P = F @ jnp.eye(4) @ F.T  # expect: P (4, 4)
ensemble = eqx.filter_vmap(lambda k: eqx.nn.MLP(4, 2, 8, 1, key=k))(jr.split(jr.key(9), 3))
spread = eqx.filter_vmap(lambda m, x: jax.vmap(jax.jacrev(m))(x), in_axes=(eqx.if_array(0), None))(ensemble, x)
print(spread.shape)  # expect: spread (3, 7, 2, 4)
