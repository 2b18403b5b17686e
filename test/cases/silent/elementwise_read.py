"""Elementwise functions whose Jacobian is read as the matrix that it is, and functions that only look elementwise."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import jacfwd, jacrev, vmap

x = torch.randn(3, 5)
v = torch.randn(6)

# Shown to a class: the derivative of a vector by a vector is a matrix.
print(jacobian(torch.sigmoid, v))
S = jacrev(torch.tanh)(v)  # expect: S (6, 6)

# One factor of a chain.
W = torch.randn(4, 6)
chain = W @ jacobian(torch.tanh, v)  # expect: chain (4, 6)
through = jacobian(torch.relu, W @ v) @ W  # expect: through (4, 6)

# A change of variables: the determinant, by the general formula.
logdet = torch.linalg.slogdet(jacobian(lambda v: v + 0.1 * v**3, v)).logabsdet
inverse = torch.inverse(jacfwd(torch.sinh)(v))  # expect: inverse (6, 6)

# Newton's method on equations that are not coupled.
step = torch.linalg.solve(jacobian(lambda v: v**3 - 2, v), v**3 - 2)  # expect: step (6,)


def is_elementwise(f, v):
    """Whether nothing lies off the diagonal."""
    full = jacobian(f, v)
    return bool((full - torch.diag(full.diagonal())).abs().max() < 1e-6)


assert is_elementwise(torch.exp, v)


def test_matches_finite_differences():
    full = jacobian(torch.sin, x).reshape(15, 15)
    for column in range(15):
        step = torch.zeros(15)
        step[column] = 1e-2
        shifted = (torch.sin(x.flatten() + step) - torch.sin(x.flatten() - step)) / 2e-2
        assert torch.allclose(full[:, column], shifted, atol=1e-3)


test_matches_finite_differences()

# The matrix of each sample is made use of.
per_sample = vmap(jacrev(torch.tanh))(x)  # expect: per_sample (3, 5, 5)
scaled = torch.bmm(per_sample, torch.randn(3, 5, 2))  # expect: scaled (3, 5, 2)

# These mix the entries.
soft = jacobian(lambda v: F.softmax(v, dim=0), v)  # expect: soft (6, 6)
unit = jacobian(lambda v: v / v.norm(), v)  # expect: unit (6, 6)
summed = jacobian(lambda v: torch.cumsum(v, 0), v)  # expect: summed (6, 6)
flipped = jacobian(lambda v: torch.flip(v, (0,)), v)  # expect: flipped (6, 6)
outer = jacobian(lambda v: v * v.mean(), v)  # expect: outer (6, 6)
rolled = jacobian(lambda v: torch.roll(v, 1), v).diagonal()  # expect: rolled (6,)
ordered = jacobian(lambda v: v.sort().values, v)  # expect: ordered (6, 6)

# The gradient of the sum, as it should be.
slopes = jacobian(lambda x: torch.tanh(x).sum(), x)  # expect: slopes (3, 5)
one = jacobian(torch.tanh, torch.tensor(0.3))  # expect: one ()
single = jacobian(torch.tanh, torch.randn(1, 1))  # expect: single (1, 1, 1, 1)

# Second derivatives of a separable energy.
H = hessian(lambda v: (v**4).sum(), v)  # expect: H (6, 6)
