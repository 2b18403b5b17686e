"""Derivatives of derivatives that are recorded, or go forwards inside, or are not differentiated."""

import torch
import torch.nn as nn
from torch.autograd.functional import hessian, jacobian, vjp
from torch.func import grad, jacfwd, jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3)

# Recorded inside.
second = jacobian(lambda v: jacobian(net, v, create_graph=True), x)  # expect: second (2, 3, 3)
assert second.count_nonzero() > 0

# Forward mode makes dual numbers, which are recorded.
mixed = jacobian(lambda v: jacobian(net, v, vectorize=True, strategy="forward-mode"), x)  # expect: mixed (2, 3, 3)
assert torch.allclose(second, mixed, atol=1e-5)

# Transforms of torch.func can be nested as they are.
by_func = jacfwd(jacrev(net))(x)  # expect: by_func (2, 3, 3)
assert torch.allclose(second, by_func, atol=1e-5)
twice = jacrev(jacrev(net))(x)  # expect: twice (2, 3, 3)
rows = jacrev(grad(lambda v: net(v).pow(2).sum()))(x)  # expect: rows (3, 3)

# A gradient that is recorded, within a transform.
curvature = jacrev(lambda v: torch.autograd.grad(net(v).pow(2).sum(), v, create_graph=True)[0])(x)  # expect: curvature (3, 3)
assert torch.allclose(rows, curvature, atol=1e-5)

# The library's own second order.
H = hessian(lambda v: net(v).pow(2).sum(), x)  # expect: H (3, 3)

# By hand, one after the other.
y = x.clone().requires_grad_()
(g,) = torch.autograd.grad(net(y).pow(2).sum(), y, create_graph=True)
h = torch.stack([torch.autograd.grad(g[k], y, retain_graph=True)[0] for k in range(3)])  # expect: h (3, 3)
assert torch.allclose(rows, h, atol=1e-5)


# A Newton step in which the Jacobian is held constant, beside what it is applied to.
def step(v):
    J = jacobian(lambda z: net(z)[:1], v).squeeze(0)
    return v - 0.1 * J * net(v)[0]


D = jacobian(step, x)  # expect: D (3, 3)
assert D.count_nonzero() > 0

# The inner one at another place than the outer.
fixed = torch.randn(3)
A = jacobian(lambda v: jacobian(net, fixed).exp() @ v, x)  # expect: A (2, 3)
assert torch.allclose(A, jacobian(net, fixed).exp())


# Products that are recorded.
def along(v):
    return vjp(net, v, torch.ones(2), create_graph=True)[1]


K = jacobian(along, x)  # expect: K (3, 3)
assert K.count_nonzero() > 0

# Only values are read: the singular values of a Jacobian, entry by entry.
per_sample = vmap(jacrev(net))(torch.randn(4, 3))  # expect: per_sample (4, 2, 3)
spread = torch.linalg.svdvals(jacobian(net, x))  # expect: spread (2,)


# What a test expects to be zero.
def test_unrecorded_derivatives_are_zero():
    zero = jacobian(lambda v: jacobian(net, v), x)
    assert zero.count_nonzero() == 0


test_unrecorded_derivatives_are_zero()
