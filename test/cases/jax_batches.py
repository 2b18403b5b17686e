"""Batches in JAX: several arguments, pytrees of weights, other results, transforms that are made elsewhere."""
import jax
import jax.numpy as jnp

keys = jax.random.split(jax.random.key(0), 4)
kernel = jax.random.normal(keys[0], (5, 10))
params = {"kernel": kernel, "bias": jnp.zeros(10)}
states = jax.random.normal(keys[1], (3, 5))
actions = jax.random.normal(keys[2], (3, 2))


def apply(params, x):
    hidden = x @ params["kernel"]
    return jnp.tanh(hidden + params["bias"])


of_input = jax.jacrev(apply, argnums=1)(params, states)  # expect: of_input (3, 10, 3, 5) full-batch-jacobian wanted (3, 10, 5)


def dynamics(state, action):
    return jnp.concatenate([state, action], axis=-1) ** 2


A, B = jax.jacfwd(dynamics, argnums=(0, 1))(states, actions)  # expect: A (3, 7, 3, 5) full-batch-jacobian wanted (3, 7, 5)
print(B.shape)  # expect: B (3, 7, 3, 2)


class Model:
    def __init__(self):
        self.derivative = jax.jacfwd(self.apply)

    def apply(self, x):
        return jnp.sin(x) @ kernel


from_model = Model().derivative(states)  # expect: from_model (3, 10, 3, 5) full-batch-jacobian wanted (3, 10, 5)


@jax.jit
def step(state, action):
    return jax.jacobian(dynamics, argnums=0)(state, action)  # expect: full-batch-jacobian


jitted = step(states, actions)  # expect: jitted (3, 7, 3, 5)


def with_value(x):
    y = jnp.tanh(x @ kernel)
    return y, y * y


with_aux, squares = jax.jacrev(with_value, has_aux=True)(states)  # expect: with_aux (3, 10, 3, 5) full-batch-jacobian wanted (3, 10, 5)


def energy(x):
    return (jnp.tanh(x @ kernel) ** 2).sum()


curvature = jax.hessian(energy)(states)  # expect: curvature (3, 5, 3, 5) full-batch-hessian wanted (3, 5, 5)
rows_of = jax.vmap(lambda row: jnp.tanh(row @ kernel))
of_total = jax.hessian(lambda x: rows_of(x).sum())(states)  # expect: of_total (3, 5, 3, 5) full-batch-hessian wanted (3, 5, 5)

# Right as they are.
per_sample = jax.vmap(jax.jacfwd(apply, argnums=1), in_axes=(None, 0))(params, states)  # expect: per_sample (3, 10, 5)
of_weights = jax.jacrev(apply)(params, states)["kernel"]  # expect: of_weights (3, 10, 5, 10)
