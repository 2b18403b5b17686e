"""Derivatives by what is not used, and of what is no function."""

import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import grad, jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3, 5)
params = dict(net.named_parameters())

# The module is closed over, and its own weights count as constants.
by_weight = jacobian(lambda w: net(x), net[0].weight)  # expect: by_weight (3, 2, 8, 5) wrong-argument
by_params = jacrev(lambda p, z: net(z))(params, x)["0.bias"]  # expect: by_params (3, 2, 8) wrong-argument
loss_grad = grad(lambda p, z: net(z).pow(2).sum())(params, x)["2.bias"]  # expect: loss_grad (2,) wrong-argument
by_bias = hessian(lambda b: net(x).sum(), net[0].bias)  # expect: by_bias (8, 8) wrong-argument
at_x = jacobian(lambda z: net(x).sum(0), x)  # expect: at_x (2, 3, 5) wrong-argument


def dynamics(gain, state):
    return torch.tanh(state)


first = jacrev(dynamics)(torch.randn(2, 5), x[0])  # expect: first (5, 2, 5) wrong-argument

# A tensor in the place of the function.
y = net(x)
of_call = jacobian(net(x), x)  # expect: wrong-argument
of_name = jacobian(y, x)  # expect: wrong-argument
of_sum = hessian(net(x).pow(2).sum(), x)  # expect: wrong-argument
of_transform = jacrev(net(x).sum(0))(x)  # expect: wrong-argument
mapped = vmap(y)(x)  # expect: wrong-argument



# Keyword arguments: torch's Jacobians and Hessians hand on none; its gradients do.
def scaled(z, scale=1.0, shift=None):
    return torch.tanh(z * scale) if shift is None else torch.tanh(z * scale + shift)


row, ones = x[0], torch.ones(5)
with_scale = jacrev(scaled)(row, scale=2.0)  # expect: wrong-argument
with_shift = jacrev(lambda v, shift=None: scaled(v, shift=shift))(row, shift=row)  # expect: wrong-argument
by_second = jacfwd(lambda a, b, *, c: a @ b + c, argnums=1)(ones, row, c=ones.sum())  # expect: wrong-argument
curved = torch.func.hessian(scaled)(row, scale=2.0, shift=ones)  # expect: wrong-argument
per_sample = vmap(jacrev(scaled))(x, scale=2.0)  # expect: wrong-argument
by_gradient = grad(lambda z, scale: scaled(z, scale).sum())(row, scale=2.0)  # expect: by_gradient (5,)

# A part or a copy that was taken after the result.
points = torch.rand(6, 2, requires_grad=True)
field = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
u = field(points)
t, s = points[:, :1], points[:, 1:]
u_t = torch.autograd.grad(u.sum(), t, create_graph=True)[0]  # expect: wrong-argument
u_s = torch.autograd.grad(u.sum(), points[:, 1:], create_graph=True)[0]  # expect: wrong-argument
u_row = torch.autograd.grad(u.sum(), points[0], retain_graph=True)[0]  # expect: wrong-argument
u_copy = torch.autograd.grad(u.sum(), points.detach(), retain_graph=True)[0]  # expect: wrong-argument
