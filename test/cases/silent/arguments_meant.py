"""Derivatives by the arguments that are meant, zeros that are meant, and tensors that are in the graph."""

import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import functional_call, grad, jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3, 5)
params = dict(net.named_parameters())

a = jacrev(lambda p: functional_call(net, p, (x,)))(params)["0.weight"]  # expect: a (3, 2, 8, 5)
b = jacobian(lambda w: nn.functional.linear(x, w), net[0].weight)  # expect: b (3, 8, 8, 5)
c = vmap(jacrev(lambda p, row: functional_call(net, p, (row,)), argnums=1), in_dims=(None, 0))(params, x)  # expect: c (3, 2, 5)

# One of several arguments, or of several weights, may be without use.
d, e = jacrev(lambda state, control: 2 * control, argnums=(0, 1))(x[0], x[1])  # expect: d (5, 5)
f = jacrev(lambda p: p["used"] * 2)({"used": x[0], "spare": x[1]})["spare"]  # expect: f (5, 5)
g, h = jacobian(lambda u, v: u * 2, (x[0], x[1]))  # expect: h (5, 5)


def field(t, state):
    """An autonomous system: nothing changes with time."""
    return -state


i = jacfwd(field)(torch.tensor(0.0), x[0])  # expect: i (5,)
j = jacfwd(field, argnums=1)(torch.tensor(0.0), x[0])  # expect: j (5, 5)


def plant(state, control):
    return torch.tanh(control)


k = jacrev(plant)(x[0], x[1])  # expect: k (5, 5)
m = jacrev(plant, argnums=1)(x[0], x[1])  # expect: m (5, 5)


def test_a_constant_has_no_derivative():
    zero = jacobian(lambda z: torch.ones(2), x[0])
    assert zero.count_nonzero() == 0


test_a_constant_has_no_derivative()
n = jacrev(lambda z: torch.tensor([1.0, 2.0]))(x[0])  # expect: n (2, 5)

# What is differentiated by was there before the result.
points = torch.rand(6, 2, requires_grad=True)
pinn = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
t, s = points[:, :1], points[:, 1:]
u = pinn(torch.cat([t, s], dim=1))
o = torch.autograd.grad(u.sum(), t, create_graph=True)[0]  # expect: o (6, 1)
p = torch.autograd.grad(u.sum(), s, create_graph=True)[0]  # expect: p (6, 1)
q = torch.autograd.grad(p.sum(), s)[0]  # expect: q (6, 1)

whole = pinn(points)
r = torch.autograd.grad(whole.sum(), points, retain_graph=True)[0][:, 1:]  # expect: r (6, 1)
absent = torch.autograd.grad(whole.sum(), points[0], retain_graph=True, allow_unused=True)[0]
v = torch.autograd.grad(whole.sum(), points[0], retain_graph=True, materialize_grads=True)[0]  # expect: v (2,)

copied = points.clone()
w = torch.autograd.grad(pinn(copied).sum(), copied)[0]  # expect: w (6, 2)
rows = points.unbind()
z = torch.autograd.grad(sum(pinn(row).sum() for row in rows), rows)[0]  # expect: z (2,)

try:
    torch.autograd.grad(pinn(points).sum(), points[0])
except RuntimeError:
    pass
try:
    jacobian(net(x), x)
except TypeError:
    pass
aa = hessian(lambda row: net(row).sum(), x[0])  # expect: aa (5, 5)
bb = grad(lambda row: net(row).sum())(x[0])  # expect: bb (5,)
