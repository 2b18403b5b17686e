"""Derivatives of derivatives that were not recorded: silently all zeros."""

import torch
import torch.nn as nn
from torch.autograd.functional import hvp, jacobian, vjp
from torch.func import jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3)

# The second derivatives of a network, as a Jacobian of its Jacobian.
second = jacobian(lambda v: jacobian(net, v), x)  # expect: second (2, 3, 3) nested-jacobian-without-create-graph

# The same with a helper, which is right by itself.
def jacobian_of(v):
    return jacobian(net, v, vectorize=True)


J = jacobian_of(x)  # expect: J (2, 3)
H = jacobian(jacobian_of, x)  # expect: H (2, 3, 3) nested-jacobian-without-create-graph


# A metric pulled back along an embedding, and its derivative, of which the Christoffel symbols are made.
def sphere(p):
    theta, phi = p[0], p[1]
    return torch.stack([theta.sin() * phi.cos(), theta.sin() * phi.sin(), theta.cos()])


def metric(p):
    J = jacobian(sphere, p)
    return J.T @ J


at = torch.tensor([1.0, 0.5])
dg = jacobian(metric, at)  # expect: dg (2, 2, 2) nested-jacobian-without-create-graph

# The gradient inside of a transform of torch.func.
curvature = jacrev(lambda v: torch.autograd.grad(net(v).pow(2).sum(), v)[0])(x)  # expect: curvature (3, 3) nested-jacobian-without-create-graph


# One sample after the other by vmap.
def force(q):
    energy = net(q)[0]
    return -torch.autograd.grad(energy, q)[0]


many = torch.randn(5, 3)
stiffness = vmap(jacrev(force))(many)  # expect: stiffness (5, 3, 3) nested-jacobian-without-create-graph


# Products, of which nothing is recorded either.
def along(v):
    _, product = vjp(net, v, torch.ones(2))
    return product


rows = jacobian(along, x)  # expect: rows (3, 3) nested-jacobian-without-create-graph
third = jacobian(lambda v: hvp(lambda z: net(z).pow(2).sum(), v, torch.ones(3))[1], x)  # expect: third (3, 3) nested-jacobian-without-create-graph
