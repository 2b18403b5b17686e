"""Per-sample Jacobians put together from rows: one output a pass, the whole batch at once."""
import torch
from torch import nn
from torch.autograd import grad


def batch_jacobian(y, x, create_graph=False):
    """dy/dx of (b, o) by (b, i), as (b, o, i)."""
    rows = []
    for k in range(y.shape[1]):
        ones = torch.ones_like(y[:, k])
        rows.append(grad(y[:, k], x, grad_outputs=ones, retain_graph=True, create_graph=create_graph)[0])
    return torch.stack(rows, dim=1)


def by_backward(y, x):
    J = torch.zeros(y.shape[0], y.shape[1], x.shape[1])
    for k in range(y.shape[1]):
        x.grad = None
        y[:, k].sum().backward(retain_graph=True)
        J[:, k] = x.grad
    return J


def by_one_hot(y, x):
    """A cotangent with ones in one column."""
    J = []
    for k in range(y.shape[1]):
        v = torch.zeros_like(y)
        v[:, k] = 1.0
        J.append(grad(y, x, v, retain_graph=True)[0])
    return torch.stack(J, 1)


def by_eye(y, x):
    eye = torch.eye(y.shape[1])
    return torch.stack([grad(y, x, e.expand_as(y), retain_graph=True)[0] for e in eye], dim=1)


def by_unbind(y, x):
    return torch.stack([grad(column.sum(), x, retain_graph=True)[0] for column in y.unbind(1)], dim=1)


def by_vmap(y, x):
    """One batched pass over the unit cotangents."""

    def pull(v):
        return grad(y, x, v.expand_as(y), retain_graph=True)[0]

    return torch.vmap(pull)(torch.eye(y.shape[1])).transpose(0, 1)


def by_batched_grad(y, x):
    basis = torch.eye(y.shape[1])[:, None, :].expand(-1, y.shape[0], -1)
    return grad(y, x, basis, is_grads_batched=True, retain_graph=True)[0].transpose(0, 1)


net = nn.Sequential(nn.Linear(4, 8), nn.ELU(), nn.Linear(8, 3))
x = torch.randn(6, 4, requires_grad=True)
y = net(x)
a = batch_jacobian(y, x)  # expect: a (6, 3, 4)
b = by_backward(y, x)  # expect: b (6, 3, 4)
c = by_one_hot(y, x)  # expect: c (6, 3, 4)
d = by_eye(y, x)  # expect: d (6, 3, 4)
e = by_unbind(y, x)  # expect: e (6, 3, 4)
f = by_vmap(y, x)  # expect: f (6, 3, 4)
g = by_batched_grad(y, x)  # expect: g (6, 3, 4)

# Hessians of a scalar field, all rows by columns of the gradient.
energy = nn.Sequential(nn.Linear(4, 8), nn.Softplus(), nn.Linear(8, 1))
first = grad(energy(x).sum(), x, create_graph=True)[0]
H = batch_jacobian(first, x)  # expect: H (6, 4, 4)
trace = torch.einsum("bii->b", H)  # expect: trace (6,)
