"""States and parameters as named tuples, which are trees of arrays: derivatives by them, maps over them, loops that carry them."""

from collections import namedtuple
from typing import NamedTuple

import jax
import jax.numpy as jnp
import torch


class Weights(NamedTuple):
    w: jax.Array
    b: jax.Array
    gain: float = 2.0

    @property
    def width(self):
        return self.b.shape[0]

    def __call__(self, row):
        return self.gain * jnp.tanh(self.w @ row + self.b)

    def decayed(self, rate):
        return self._replace(w=(1 - rate) * self.w)


weights = Weights(jnp.ones((2, 3)), b=jnp.zeros(2))
rows = jnp.linspace(0.0, 1.0, 12).reshape(4, 3)
w, b, gain = weights
print(w)  # expect: w (2, 3)
same = weights[1]  # expect: same (2,)
out = weights(rows[0])  # expect: out (2,)
smaller = weights.decayed(0.1).w  # expect: smaller (2, 3)
by_weights = jax.jacrev(lambda p: p(rows[0]))(weights)
by_w = by_weights.w  # expect: by_w (2, 2, 3)
by_gain = by_weights.gain  # expect: by_gain (2,)
each = jax.vmap(jax.jacrev(lambda p, row: p(row)), in_axes=(None, 0))(weights, rows).b  # expect: each (4, 2, 2)
doubled = jax.tree.map(lambda leaf: 2 * leaf, weights).w  # expect: doubled (2, 3)
zeros = jnp.zeros(weights.width)  # expect: zeros (2,)

State = namedtuple("State", "position velocity")


class Particle(State):
    def __add__(self, other):
        return Particle(self.position + other.position, self.velocity + other.velocity)


both = Particle(jnp.ones(3), jnp.ones(3)) + Particle(jnp.ones(3), jnp.zeros(3))
moved = both.position  # expect: moved (3,)


def step(state, _):
    pushed = state._replace(position=state.position + 0.1 * state.velocity)
    return pushed, pushed.position


last, path = jax.lax.scan(step, State(jnp.zeros(3), jnp.ones(3)), None, length=5)
print(path)  # expect: path (5, 3)
energies = jax.vmap(lambda s: (s.position**2).sum() + (s.velocity**2).sum())(State(rows, rows))  # expect: energies (4,)
force = jax.grad(lambda s: (s.position**2).sum())(last).position  # expect: force (3,)


class Batch(NamedTuple):
    inputs: torch.Tensor
    targets: torch.Tensor


batch = Batch(torch.randn(5, 3), torch.randn(5, 2))
net = torch.nn.Linear(3, 2)


def loss(sample):
    return (net(sample.inputs) - sample.targets).pow(2).sum()


saliency = torch.func.vmap(torch.func.grad(loss))(batch).inputs  # expect: saliency (5, 3)
assert isinstance(batch, tuple) and isinstance(batch, Batch) and len(batch) == 2
J = torch.func.vmap(torch.func.jacrev(net))(batch.inputs)  # expect: J (5, 2, 3)
