"""Gradients of what is no single number, which raise."""

import jax
import jax.numpy as jnp
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, grad_and_value, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
value = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
x = torch.randn(5, 3)

# A network with several outputs.
slope = grad(net)(x[0])  # expect: grad-of-non-scalar

# One output, in an axis of its own.
per_sample = vmap(grad(value))(x)  # expect: grad-of-non-scalar

# One number a sample.
inputs = x.clone().requires_grad_()
u = value(inputs)
ux = torch.autograd.grad(u, inputs, create_graph=True)[0]  # expect: grad-of-non-scalar


# A loss that is not reduced.
def train(model, data, target):
    loss = F.mse_loss(model(data), target, reduction="none")
    loss.backward()  # expect: grad-of-non-scalar
    return loss


goals = torch.randn(5, 1)
train(value, x, goals)
of_value = value[0].weight.grad


# Of the weights, for a batch.
def residual(params, batch):
    return functional_call(value, params, (batch,)) ** 2


gradients, values = grad_and_value(residual)(dict(value.named_parameters()), x)  # expect: grad-of-non-scalar

# Cross entropies, one a sample.
criterion = nn.CrossEntropyLoss(reduction="none")
labels = torch.randint(2, (5,))
criterion(net(x), labels).backward()  # expect: grad-of-non-scalar
of_net = net[0].weight.grad


# The same of JAX.
def layer(w, z):
    return jnp.tanh(w @ z)


w, z = jnp.ones((2, 3)), jnp.ones(3)
dw = jax.grad(layer)(w, z)  # expect: grad-of-non-scalar
dz = jax.grad(lambda v: layer(w, v))(z)  # expect: grad-of-non-scalar
together = jax.value_and_grad(layer)(w, z)  # expect: grad-of-non-scalar
