"""Products of Jacobians and Hessians with vectors, on batched functions: no Jacobian is built."""
import functorch
import torch
import torch.autograd.functional as AF
from torch import nn
from torch.autograd import grad
from torch.func import jvp, linearize, vjp, vmap
from torch.func import grad as func_grad

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x, v, w = torch.randn(6, 4), torch.randn(6, 4), torch.randn(6, 3)

y, Jv = jvp(net, (x,), (v,))
print(Jv.shape)  # expect: Jv (6, 3)
y, pull = vjp(net, x)
wJ = pull(w)[0]  # expect: wJ (6, 4)
_, Jv_old = AF.jvp(net, x, v)
print(Jv_old.shape)  # expect: Jv_old (6, 3)
_, wJ_old = AF.vjp(net, x, w)
print(wJ_old.shape)  # expect: wJ_old (6, 4)

# A unit direction: one column of each sample's Jacobian.
e0 = torch.zeros_like(x)
e0[:, 0] = 1.0
column = jvp(net, (x,), (e0,))[1]  # expect: column (6, 3)
time_derivative = jvp(lambda t: torch.sin(t) * x, (torch.tensor(0.3),), (torch.tensor(1.0),))[1]
print(time_derivative.shape)  # expect: time_derivative (6, 4)

# Ones as a cotangent of a loss that is a sum.
_, pull_sum = vjp(lambda x: net(x).pow(2).sum(1), x)
g = pull_sum(torch.ones(6))[0]  # expect: g (6, 4)

# Hessian-vector products, both ways.
energy = lambda x: net(x).pow(2).sum()


def hvp(f, x, v):
    return jvp(func_grad(f), (x,), (v,))[1]


Hv = hvp(energy, x, v)  # expect: Hv (6, 4)
reverse = AF.hvp(energy, x, v)[1]  # expect: reverse (6, 4)
vector = AF.vhp(energy, x, v)[1]  # expect: vector (6, 4)


def hvp_double_backward(f, x, v):
    x = x.detach().requires_grad_(True)
    g = grad(f(x), x, create_graph=True)[0]
    return grad(g, x, grad_outputs=v)[0]


double = hvp_double_backward(energy, x, v)  # expect: double (6, 4)
dot = hvp_double_backward(lambda x: energy(x), x, torch.randn_like(x))  # expect: dot (6, 4)


# Conjugate gradients on the Gauss-Newton matrix of one residual vector.
def residual(theta):
    return torch.stack([theta[0] ** 2 - theta[1], torch.sin(theta[1]), theta.sum() - 1])


theta = torch.tensor([0.5, 0.2])


def gnvp(p):
    Jp = jvp(residual, (theta,), (p,))[1]
    return vjp(residual, theta)[1](Jp)[0]


p = gnvp(torch.tensor([1.0, 0.0]))  # expect: p (2,)
gauss_newton = vmap(gnvp)(torch.eye(2))  # expect: gauss_newton (2, 2)

# The linear map once, for tangents as they come, and for many at a time.
value, push = linearize(net, x)  # expect: value (6, 3)
along = push(v)  # expect: along (6, 3)
many = vmap(push)(torch.randn(7, 6, 4))  # expect: many (7, 6, 3)

# As functorch spelled them.
_, old_push = functorch.jvp(net, (x,), (v,))  # expect: old_push (6, 3)
_, old_pull = functorch.vjp(net, x)
pulled = old_pull(w)[0]  # expect: pulled (6, 4)
