"""Full Jacobians made into one matrix over all entries: solved with, decomposed, kept as an operator."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

torch.manual_seed(3)
lift = nn.Linear(3, 3)


def residual(u):
    """A nonlinear reaction at each of seven nodes, none of which knows the others."""
    return torch.tanh(lift(u)) + 2 * u - 1


# Newton's method on the whole state.
u = torch.zeros(7, 3)
for _ in range(3):
    F = residual(u)
    J = jacobian(residual, u).reshape(21, 21)
    u = u - torch.linalg.solve(J, F.flatten()).view_as(u)
print(u.shape)  # expect: u (7, 3)

matrix = jacrev(residual)(u).flatten(2).flatten(0, 1)  # expect: matrix (21, 21)
logdet = torch.linalg.slogdet(matrix).logabsdet
inverse = torch.inverse(jacfwd(residual)(u).view(21, 21))  # expect: inverse (21, 21)

# A mass matrix beside it.
M = torch.eye(21) + jacobian(residual, u).reshape(u.numel(), u.numel())  # expect: M (21, 21)
eigenvalues = torch.linalg.eigvals(M)  # expect: eigenvalues (21,)

U, S, Vh = torch.linalg.svd(jacobian(residual, u).reshape(21, -1))
print(S.shape)  # expect: S (21,)

# The product with a displacement of all nodes.
du = torch.randn(7, 3)
dF = torch.tensordot(jacobian(residual, u), du, dims=2)  # expect: dF (7, 3)
rank = torch.linalg.matrix_rank(jacobian(residual, u).flatten(end_dim=1).flatten(start_dim=1))
