"""Programs as projects have them, in JAX: training by JAX's own optimizers, pull-backs of several outputs."""
import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax.example_libraries import optimizers

key = jax.random.PRNGKey(0)


def layer(key, n, m):
    return 0.1 * jax.random.normal(key, (n, m)), jnp.zeros((m,))


params = [layer(key, 2, 8), layer(key, 8, 1)]


def net(params, x):
    for w, b in params[:-1]:
        x = jnp.tanh(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def loss(params, batch):
    x, y = batch
    return jnp.mean((net(params, x) - y) ** 2)


opt_init, opt_update, get_params = optimizers.adam(optimizers.exponential_decay(1e-3, decay_steps=100, decay_rate=0.9))
state = opt_init(params)


@jax.jit
def step(i, state, batch):
    grads = jax.grad(loss)(get_params(state), batch)
    return opt_update(i, optimizers.clip_grads(grads, 1.0), state)


counter = itertools.count()
batch = (jax.random.normal(key, (16, 2)), jnp.ones((16, 1)))
for _ in range(3):
    state = step(next(counter), state, batch)
(w, b), (v, c) = get_params(state)  # expect: w (2, 8)
J = jax.vmap(jax.jacrev(lambda x: net(get_params(state), x)))(batch[0])  # expect: J (16, 1, 2)
print(v, c)  # expect: v (8, 1)

plain = optimizers.sgd(step_size=0.1)
moved = plain.params_fn(plain.update_fn(0, jnp.ones((3,)), plain.init_fn(jnp.zeros((3,)))))  # expect: moved (3,)

# Pulled back through two outputs: one sum for each input.
(y, s), pull = jax.vjp(lambda a, b: (a @ b, jnp.sin(a)), jnp.ones((2, 3)), jnp.ones((3, 4)))
a, b = pull((y, s))  # expect: a (2, 3)
print(b)  # expect: b (3, 4)

# Widths of padding that come out of an array.
for width in np.insert(np.arange(2, 9, 2), 0, 2):
    padded = jnp.pad(jnp.ones((1,)), (width - 1, 0))
    table = np.pad(np.ones((3, 2)), ((width, 0), (0, 0)))
edge = np.int64(3)
line = jnp.pad(jnp.ones((4,)), (edge, 0))  # expect: line (7,)
frame = jnp.asarray(np.pad(np.ones((4, 2)), edge))  # expect: frame (10, 8)
ends = jnp.asarray(np.pad(np.ones((4, 2)), ((edge, 1), (0, 0))))  # expect: ends (8, 2)

# Labels of axes that are no letters.
coefficients = jnp.ones((3, 2, 5))
mixed = jnp.einsum("bid0,iod->bo", jnp.ones((4, 3, 5, 1)), coefficients)  # expect: mixed (4, 2)
