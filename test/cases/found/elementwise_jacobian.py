"""Jacobians of functions that work entry by entry, as large as the square of what they hold: all but the diagonal is zero."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

x = torch.randn(3, 5)
v = torch.randn(6)

# Nobody reads the zeros.
a = jacobian(torch.tanh, x)  # expect: a (3, 5, 3, 5) elementwise-jacobian wanted (3, 5)


def swish(x):
    """x times its logistic."""
    gate = 1 / (1 + torch.exp(-x))
    return x * gate


b = jacrev(swish)(x)  # expect: b (3, 5, 3, 5) elementwise-jacobian wanted (3, 5)
print(b.shape)
c = jacobian(lambda x: x**3 - x, x, create_graph=True)  # expect: c (3, 5, 3, 5) elementwise-jacobian wanted (3, 5)

activation = nn.Sequential(nn.Softplus(), nn.Tanh())
maps = torch.randn(2, 1, 3, 3)
d = jacfwd(activation)(maps)  # expect: d (2, 1, 3, 3, 2, 1, 3, 3) elementwise-jacobian wanted (2, 1, 3, 3)
e = jacobian(torch.erf, x, vectorize=True)  # expect: e (3, 5, 3, 5) elementwise-jacobian wanted (3, 5)

# Only the diagonal is read, in its several spellings.
f = torch.einsum("bibi->bi", jacobian(torch.sin, x))  # expect: f (3, 5) elementwise-jacobian wanted (3, 5)
g = torch.diagonal(jacobian(torch.sigmoid, v))  # expect: g (6,) elementwise-jacobian wanted (6,)
h = jacrev(lambda v: torch.where(v > 0, v, 0.1 * v))(v).diagonal()  # expect: h (6,) elementwise-jacobian wanted (6,)
i = jacfwd(nn.GELU())(v).sum(0)  # expect: i (6,) elementwise-jacobian wanted (6,)


def slope(f, points):
    """Of one variable, at many points."""
    return jacobian(f, points)[range(6), range(6)]  # expect: elementwise-jacobian


j = slope(torch.cos, v)  # expect: j (6,)
k = slope(lambda t: torch.exp(-t) * t, v)  # expect: k (6,)


def matrix(f, points):
    return jacobian(f, points)


class Gate(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(x)

    def slopes(self, x):
        full = jacrev(self)(x)  # expect: full (3, 5, 3, 5) elementwise-jacobian wanted (3, 5)
        return torch.einsum("bibi->ib", full)

    def slopes_of(self, v):
        matrix = jacobian(self, v)  # expect: matrix (6, 6) elementwise-jacobian wanted (6,)
        return torch.diag(matrix)


swapped = Gate().slopes(x)  # expect: swapped (5, 3)
own = Gate().slopes_of(v)  # expect: own (6,)
left = matrix(torch.tanh, x)  # expect: left (3, 5, 3, 5) elementwise-jacobian wanted (3, 5)
whole = matrix(lambda x: x / x.sum(), x)  # expect: whole (3, 5, 3, 5)
