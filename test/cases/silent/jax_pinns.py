"""Physics-informed networks as JAX people write them: derivatives of one point, mapped over points."""
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from flax.training.train_state import TrainState


class Network(nn.Module):
    widths: tuple = (8, 8, 1)

    @nn.compact
    def __call__(self, z):
        for width in self.widths[:-1]:
            z = nn.tanh(nn.Dense(width, kernel_init=nn.initializers.glorot_normal())(z))
        return nn.Dense(self.widths[-1])(z)


model = Network()
params = model.init(jax.random.PRNGKey(0), jnp.ones(2))
points = jax.random.uniform(jax.random.PRNGKey(1), (16, 2))


def u(params, t, x):
    return model.apply(params, jnp.stack([t, x]))[0]


def residual(params, t, x):
    u_t = jax.grad(u, argnums=1)(params, t, x)
    u_xx = jax.grad(jax.grad(u, argnums=2), argnums=2)(params, t, x)
    return u_t - 0.1 * u_xx  # heat equation


residuals = jax.vmap(residual, in_axes=(None, 0, 0))(params, points[:, 0], points[:, 1])
print(residuals.shape)  # expect: residuals (16,)


def laplacian(z):
    return jnp.trace(jax.hessian(lambda z: model.apply(params, z)[0])(z))


laplacians = jax.vmap(laplacian)(points)  # expect: laplacians (16,)
gradients = jax.vmap(jax.grad(lambda z: model.apply(params, z)[0]))(points)  # expect: gradients (16, 2)
jacobians = jax.vmap(jax.jacrev(partial(model.apply, params)))(points)  # expect: jacobians (16, 1, 2)


@jax.jit
def loss(params):
    r = jax.vmap(residual, (None, 0, 0))(params, points[:, 0], points[:, 1])
    return jnp.mean(r**2)


state = TrainState.create(apply_fn=model.apply, params=params, tx=optax.adam(1e-3))
for step in range(3):
    value, grads = jax.value_and_grad(loss)(state.params)
    state = state.apply_gradients(grads=grads)

trained = state.apply_fn(state.params, points)  # expect: trained (16, 1)
grid = jax.vmap(jax.vmap(u, (None, None, 0)), (None, 0, None))(state.params, points[:5, 0], points[:7, 1])
print(grid.shape)  # expect: grid (5, 7)
flow = jax.vmap(lambda z, v: jax.jvp(lambda z: state.apply_fn(state.params, z), (z,), (v,))[1])(points, points)
print(flow.shape)  # expect: flow (16, 1)
