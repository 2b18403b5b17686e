"""A training state with numbers in it, a copy for each device, each step on all of them."""
from functools import partial

import jax
import jax.numpy as jnp
import optax
from flax import jax_utils
from flax import linen as nn
from flax.training import train_state
from jax import pmap, random


class TrainState(train_state.TrainState):
    weights: dict
    momentum: float


class Model:
    def __init__(self):
        net = nn.Dense(2)
        params = net.init(random.PRNGKey(0), jnp.ones(3))
        state = TrainState.create(
            apply_fn=net.apply, params=params, tx=optax.adam(1e-3), weights={"a": 1.0, "b": 2}, momentum=0.9
        )
        self.state = jax_utils.replicate(state)

    @partial(pmap, axis_name="batch", static_broadcasted_argnums=(0, 3))
    def step(self, state, batch, scale):
        grads = jax.grad(lambda p: state.apply_fn(p, batch).sum() * state.weights["a"])(state.params)
        weight = state.weights["a"] + scale  # expect: weight ()
        print(weight.shape)
        return state.apply_gradients(grads=grads)


def train(epochs: int):
    model = Model()
    kept = model.state
    weight, count = kept.weights["b"], kept.step
    a = weight + 0  # expect: a (devices,)
    b = count + kept.momentum  # expect: b (devices,)
    for epoch in range(epochs):
        model.state = model.step(model.state, jnp.ones((jax.local_device_count(), 5, 3)), 2)
    one = jax_utils.unreplicate(kept)
    kernel = one.params["params"]["kernel"] + one.momentum  # expect: kernel (3, 2)
    return a, b, kernel


# call: train(2)
