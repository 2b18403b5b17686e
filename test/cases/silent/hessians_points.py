"""Hessians of single points, of functions whose points interact, and per-sample ones done right."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import grad, jacfwd, jacrev, vmap
from torch.func import hessian as func_hessian

net = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1))

point = torch.randn(3)
H = hessian(lambda p: net(p).squeeze(), point)  # expect: H (3, 3)
eigenvalues = torch.linalg.eigvalsh(H)  # expect: eigenvalues (3,)
one_row = hessian(lambda p: net(p).sum(), point[None])  # expect: one_row (1, 3, 1, 3)
flat = one_row.squeeze()  # expect: flat (3, 3)

rosen = lambda z: (1 - z[0]) ** 2 + 100 * (z[1] - z[0] ** 2) ** 2
newton = torch.tensor([0.0, 0.5])
for _ in range(4):
    newton = newton - torch.linalg.solve(func_hessian(rosen)(newton), grad(rosen)(newton))
print(newton.shape)  # expect: newton (2,)

# Coupled quantities: positions of one system, weights of one model.
springs = lambda r: ((r[1:] - r[:-1]).norm(dim=1) - 1).pow(2).sum()
chain = torch.randn(5, 2)
K = hessian(springs, chain)  # expect: K (5, 2, 5, 2)
stiffness = K.reshape(10, 10)  # expect: stiffness (10, 10)

X, t = torch.randn(20, 3), torch.randint(0, 2, (20,)).float()
nll = lambda w: nn.functional.binary_cross_entropy_with_logits(X @ w, t)
information = hessian(nll, torch.zeros(3))  # expect: information (3, 3)
covariance = torch.linalg.inv(information)  # expect: covariance (3, 3)

# A Gaussian process: the marginal likelihood by its hyperparameters.
def marginal(log_params):
    length, noise = log_params.exp()
    d2 = (X[:, None] - X[None]).pow(2).sum(-1)
    S = torch.exp(-0.5 * d2 / length**2) + noise * torch.eye(20)
    return 0.5 * t @ torch.linalg.solve(S, t) + 0.5 * torch.logdet(S)


laplace = hessian(marginal, torch.zeros(2))  # expect: laplace (2, 2)

# Mixed blocks of one point.
f = lambda q, p: 0.5 * (p**2).sum() + torch.cos(q).prod() * p[0]
(qq, qp), (pq, pp) = hessian(f, (torch.randn(2), torch.randn(2)))
print(qp.shape)
symplectic = torch.cat([torch.cat([pq, pp], 1), torch.cat([-qq, -qp], 1)])  # expect: symplectic (4, 4)

# Of each sample.
x = torch.randn(6, 3)
scalar = lambda row: net(row)[0]
per_sample = vmap(func_hessian(scalar))(x)  # expect: per_sample (6, 3, 3)
by_modes = vmap(jacfwd(jacrev(scalar)))(x)  # expect: by_modes (6, 3, 3)
of_sum = jacobian(lambda x: jacrev(lambda x: net(x).sum())(x).sum(0), x).transpose(0, 1)  # expect: of_sum (6, 3, 3)
trace = vmap(lambda row: func_hessian(scalar)(row).diagonal().sum())(x)  # expect: trace (6,)
