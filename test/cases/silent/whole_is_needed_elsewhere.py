"""Full Jacobians that go to where the blocks between samples are used: other methods, other functions, containers."""
import json

import numpy as np
import torch
from torch import nn
from torch.autograd.functional import jacobian

net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 3))


class NewtonSolver:
    """Solves for all unknowns at once; the Jacobian is kept between two methods."""

    def __init__(self, residual, u):
        self.residual = residual
        self.u = u
        self.J = None
        self.history = []

    def assemble(self):
        self.J = jacobian(self.residual, self.u)

    def solve(self):
        n = self.u.numel()
        self.u = self.u - torch.linalg.solve(self.J.reshape(n, n), self.residual(self.u).flatten()).view_as(self.u)

    def run(self, steps):
        for _ in range(steps):
            self.assemble()
            self.solve()
            self.history.append(self.residual(self.u).norm().item())
        return self.u


solution = NewtonSolver(lambda u: u**3 + net(u), torch.ones(4, 3)).run(2)  # expect: solution (4, 3)


def as_matrix(J):
    n = J.shape[0] * J.shape[1]
    return J.reshape(n, -1)


def log_condition(f, u):
    return torch.linalg.cond(as_matrix(jacobian(f, u))).log()


condition = log_condition(net, torch.randn(4, 3))

# In a dictionary.
linear = {"A": jacobian(net, torch.randn(4, 3)), "b": net(torch.randn(4, 3))}
A = linear["A"].flatten(0, 1).flatten(1)  # expect: A (12, 12)

# In a list, and made one matrix with others.
blocks = [jacobian(net, torch.randn(4, 3)).reshape(12, 12) for _ in range(2)]
big = torch.block_diag(*blocks)  # expect: big (24, 24)

# To NumPy, and reshaped there.
dense = jacobian(net, torch.randn(4, 3)).numpy().reshape(12, 12)
singular = np.linalg.svd(dense, compute_uv=False)

# Both, as a tuple.
def value_and_jacobian(f, u):
    return f(u), jacobian(f, u)


value, J = value_and_jacobian(net, torch.randn(4, 3))
S = torch.eye(12) + J.reshape(12, 12)  # expect: S (12, 12)

# Sparsity of the whole.
pattern = jacobian(net, torch.randn(4, 3)).abs() > 1e-9
nonzero = pattern.sum().item()
print(json.dumps({"nonzero": nonzero}))
coo = jacobian(net, torch.randn(4, 3)).reshape(12, 12).to_sparse()
entries = jacobian(net, torch.randn(4, 3)).nonzero()
