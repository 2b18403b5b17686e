"""Outputs that hang on the input through nothing that has a derivative: all zeros."""

import jax
import jax.numpy as jnp
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian
from torch.func import grad, jacfwd, jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 4))
x = torch.randn(3)

# A class instead of its score.
label = jacrev(lambda v: F.one_hot(net(v).argmax(-1), 4).float())(x)  # expect: label (4, 3) zero-jacobian


# A quantiser without a way around.
def quantise(v, levels=8):
    return (torch.tanh(v) * levels).round() / levels


Q = jacobian(quantise, x)  # expect: Q (3, 3) zero-jacobian
Qf = jacfwd(quantise)(x)  # expect: Qf (3, 3) zero-jacobian


# Features that were cut off to be looked at.
class Probe(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 8)
        self.head = nn.Linear(8, 2)

    def forward(self, v):
        features = self.body(v).relu().detach()
        return self.head(features)


probe = Probe()
batch = torch.randn(5, 3)
J = vmap(jacrev(probe))(batch)  # expect: J (5, 2, 3) zero-jacobian

# The accuracy as a loss.
targets = torch.randint(4, (5,))


def accuracy(inputs):
    return (net(inputs).argmax(dim=1) == targets).float().mean()


slope = grad(accuracy)(batch)  # expect: slope (5, 3) zero-jacobian


# Spikes: a threshold is passed or not.
def spikes(current):
    potential = torch.cumsum(current, 0)
    return torch.where(potential > 0.5, 1.0, 0.0)


S = jacrev(spikes)(x)  # expect: S (3, 3) zero-jacobian

# Of signs, by a recorded result.
points = torch.randn(6, 3, requires_grad=True)
signs = torch.sign(net(points))
(g,) = torch.autograd.grad(signs.sum(), points)  # expect: g (6, 3) zero-jacobian


# Bins of a histogram, through whole numbers.
def binned(v):
    cells = (v * 10).long()
    return cells.float() / 10


B = jacobian(binned, x)  # expect: B (3, 3) zero-jacobian

# The same of JAX.
z = jnp.linspace(-1.0, 1.0, 4)
rounded = jax.jacrev(lambda v: jnp.round(v * 4) / 4)(z)  # expect: rounded (4, 4) zero-jacobian
stopped = jax.grad(lambda v: jnp.sum(jax.lax.stop_gradient(jnp.sin(v)) ** 2))(z)  # expect: stopped (4,) zero-jacobian
picked = jax.jacfwd(lambda v: jax.nn.one_hot(jnp.argmax(v), 4))(z)  # expect: picked (4, 4) zero-jacobian
