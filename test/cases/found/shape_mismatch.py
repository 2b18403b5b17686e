"""Operands that do not fit: mended where one edit alone makes them fit, else left to the author."""
import jax
import jax.numpy as jnp
import torch
from torch import nn
from torch.func import jacrev, vmap

x = torch.randn(8, 10)
W = torch.randn(5, 10)
b = torch.randn(5)
a = x @ W + b  # expect: shape-mismatch
c = torch.matmul(x, W)  # expect: shape-mismatch
d = x.mm(W)  # expect: shape-mismatch
e = x / x.norm(dim=1)  # expect: shape-mismatch
f = torch.mul(x.sum(1), x)  # expect: shape-mismatch
A = torch.randn(8, 4, 4)
v = torch.randn(8, 4)
g = torch.bmm(A, v)  # expect: shape-mismatch
h = nn.functional.linear(x, W.T)  # expect: shape-mismatch
frames = torch.randn(8, 6, 10)
i = frames * x.norm(dim=1)  # expect: shape-mismatch
j = torch.linalg.solve(A, v.unsqueeze(-1)).squeeze(-1) + v.sum(1)  # expect: shape-mismatch

# Two ways fit: which one is meant is for the author to say.
k = x @ x  # expect: shape-mismatch
m = A @ v  # expect: shape-mismatch
n = torch.randn(3, 4) + torch.randn(4, 3)  # expect: shape-mismatch
# None does, or the operands are not written there.
o = torch.cat([x, torch.randn(8, 3)])  # expect: shape-mismatch
p = torch.einsum("bi,oi->bo", x, W.T)  # expect: shape-mismatch
q = (x - W).sum()  # expect: shape-mismatch

rows = jnp.ones((8, 10))
kernel = jnp.ones((5, 10))
r = jnp.tanh(rows @ kernel)  # expect: shape-mismatch
s = rows - jnp.mean(rows, axis=1)  # expect: shape-mismatch
t = jnp.dot(rows, kernel)  # expect: shape-mismatch
J = jax.vmap(jax.jacrev(lambda row: jnp.sin(row @ kernel)))(rows)  # expect: shape-mismatch
K = vmap(jacrev(lambda row: torch.tanh(row @ W)))(x)  # expect: shape-mismatch

# Cotangents that do not fit their outputs; each of a stack has to.
points = torch.randn(6, 3, requires_grad=True)
waves = torch.sin(points)
column = torch.autograd.grad(waves[:, 0], points, torch.ones(6), is_grads_batched=True)[0]  # expect: shape-mismatch
one = torch.autograd.grad(waves, points, grad_outputs=torch.ones(3), retain_graph=True)[0]  # expect: shape-mismatch
waves.backward(torch.ones(6, 1), retain_graph=True)  # expect: shape-mismatch
