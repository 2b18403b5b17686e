"""Gradients of single numbers, or with cotangents; errors that are expected."""

import jax
import jax.numpy as jnp
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import grad, grad_and_value, jacrev, vjp, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
value = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
x = torch.randn(5, 3)

# Reduced in the function.
slope = grad(lambda v: net(v).sum())(x[0])  # expect: slope (3,)
squeezed = vmap(grad(lambda v: value(v).squeeze()))(x)  # expect: squeezed (5, 3)
indexed = vmap(grad(lambda v: value(v)[0]))(x)  # expect: indexed (5, 3)
picked = grad(lambda v: net(v)[1])(x[0])  # expect: picked (3,)

# The Jacobian where there are several.
J = jacrev(net)(x[0])  # expect: J (2, 3)

# A single number in axes of size one, which torch.autograd takes as it is.
inputs = x[:1].clone().requires_grad_()
u = value(inputs)
ux = torch.autograd.grad(u, inputs, create_graph=True)[0]  # expect: ux (1, 3)
value(x[:1]).backward()

# With cotangents.
batch = x.clone().requires_grad_()
y = value(batch)
by_ones = torch.autograd.grad(y, batch, grad_outputs=torch.ones_like(y))[0]  # expect: by_ones (5, 3)
out = value(batch)
out.backward(gradient=torch.randn(5, 1))
_, pull = vjp(net, x[0])
row = pull(torch.tensor([1.0, 0.0]))[0]  # expect: row (3,)

# Losses as they are, reduced by the library or by hand.
F.mse_loss(value(x), torch.zeros(5, 1)).backward()
F.cross_entropy(net(x), torch.randint(2, (5,)), reduction="none").mean().backward()
losses = [F.l1_loss(value(x), torch.zeros(5, 1)), value[0].weight.pow(2).sum()]
sum(losses).backward()

# A value beside it.
gradient, loss = grad_and_value(lambda v: net(v).pow(2).mean())(x)  # expect: gradient (5, 3)


# An error that is caught.
try:
    grad(net)(x[0])
except RuntimeError:
    print("no single number")

# JAX, reduced.
w, z = jnp.ones((2, 3)), jnp.ones(3)
dw = jax.grad(lambda w, z: jnp.tanh(w @ z).sum())(w, z)  # expect: dw (2, 3)
each = jax.vmap(jax.grad(lambda v: jnp.tanh(w @ v)[0]))(jnp.ones((4, 3)))  # expect: each (4, 3)
