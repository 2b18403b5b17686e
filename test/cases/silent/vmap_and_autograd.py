"""torch.func and torch.autograd side by side, where they do work together."""

import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3, 5)

# Transforms of torch.func nest.
a = vmap(jacrev(net))(x)  # expect: a (3, 2, 5)
b = vmap(hessian(lambda row: net(row).sum()))(x)  # expect: b (3, 5, 5)
c = vmap(lambda row: jacfwd(jacrev(net))(row))(x)  # expect: c (3, 2, 5, 5)

# The result was computed outside: vmap only maps the cotangents.
tracked = x[0].clone().requires_grad_()
y = net(tracked)
d = vmap(lambda v: torch.autograd.grad(y, tracked, v, retain_graph=True)[0])(torch.eye(2))  # expect: d (2, 5)
e = torch.autograd.grad(y, tracked, torch.eye(2), is_grads_batched=True)[0]  # expect: e (2, 5)

# What grad and jacrev run is recorded, for torch.autograd as well, if its result stays in the graph.
f = jacrev(lambda row: torch.autograd.grad(net(row).sum(), row, create_graph=True)[0])(x[0])  # expect: f (5, 5)
g = vmap(grad(lambda row: torch.autograd.grad(net(row).sum(), row, create_graph=True)[0].pow(2).sum()))(x)  # expect: g (3, 5)
h = jacrev(lambda row: jacobian(net, row, create_graph=True))(x[0])  # expect: h (2, 5, 5)

# The other way round, torch.autograd differentiates what torch.func computes.
i = jacobian(lambda row: jacrev(net)(row), x[0])  # expect: i (2, 5, 5)
weights = [p for p in net.parameters()]
loss = vmap(grad(lambda row: net(row).pow(2).sum()))(x).pow(2).sum()
j = torch.autograd.grad(loss, weights)[0]  # expect: j (8, 5)
loss = vmap(lambda row: net(row).pow(2).sum())(x).mean()
loss.backward()

# Products with vectors, and the pullback mapped.
_, pull = vjp(net, x[0])
k = vmap(lambda v: pull(v)[0])(torch.eye(2))  # expect: k (2, 5)
_, m = jvp(net, (x,), (torch.ones_like(x),))  # expect: m (3, 2)


def forces(q):
    q = q.detach().requires_grad_(True)
    return -torch.autograd.grad(net(q).sum(), q)[0]


n = forces(x)  # expect: n (3, 5)


def checked(q):
    """Falls back where the transform refuses."""
    try:
        return vmap(forces)(q)
    except RuntimeError:
        return forces(q)


checked(x)
params = dict(net.named_parameters())
o = vmap(grad(lambda w, row: functional_call(net, w, (row,)).sum()), in_dims=(None, 0))(params, x)["0.weight"]  # expect: o (3, 8, 5)
