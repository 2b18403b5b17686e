"""Whole Jacobians of one point, built for a single product with a vector."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

torch.manual_seed(5)
net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x, v, w = torch.randn(4), torch.randn(4), torch.randn(3)

# Pushed forward.
a = jacobian(net, x) @ v  # expect: a (3,) contracted-jacobian
b = jacrev(net)(x).mv(v)  # expect: b (3,) contracted-jacobian
c = torch.mv(jacfwd(net)(x), v) + 1  # expect: c (3,) contracted-jacobian
d = torch.matmul(jacobian(net, x, create_graph=True), v - x)  # expect: d (3,) contracted-jacobian

# Pulled back.
e = w @ jacobian(net, x)  # expect: e (4,) contracted-jacobian
f = jacrev(net)(x).T @ w  # expect: f (4,) contracted-jacobian
g = jacobian(net, x, vectorize=True).t() @ w  # expect: g (4,) contracted-jacobian
h = torch.einsum("o,oi->i", w, jacobian(net, x))  # expect: h (4,) contracted-jacobian


def linearised(f, x0, x):
    """The first two terms of a Taylor series."""
    J = jacobian(f, x0)  # expect: contracted-jacobian
    return f(x0) + J @ (x - x0)


i = linearised(net, x, v)  # expect: i (3,)


class Observer:
    def __init__(self, dynamics):
        self.dynamics = dynamics

    def sensitivity(self, state, adjoint):
        A = jacrev(self.dynamics)(state)  # expect: A (4, 4) contracted-jacobian
        rate = torch.zeros_like(state)
        rate = rate - A.T @ adjoint
        return rate


def dynamics(s):
    return torch.stack([s[1], s[0] * s[1], s[3] * s[0], s[2] - s[3] ** 2])


j = Observer(dynamics).sensitivity(x, v)  # expect: j (4,)


def rates(f, x, direction):
    """Where the product stands in the call's own statement."""
    return jacfwd(f)(x) @ direction  # expect: contracted-jacobian


k = rates(dynamics, x, v)  # expect: k (4,)
