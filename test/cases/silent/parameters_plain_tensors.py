"""Jacobians of batched predictions with respect to weight tensors that are passed in by themselves."""
import torch
from torch.autograd.functional import hessian, jacobian
from torch.func import jacrev
from torch.func import jacfwd

torch.manual_seed(1)
n, d, k = 7, 3, 2
X = torch.randn(n, d)
y = torch.randn(n, k)
W = torch.randn(d, k)
b = torch.zeros(k)


def predict(W, b):
    return torch.sigmoid(X @ W + b)


J_W, J_b = jacobian(predict, (W, b))
print(J_W.shape, J_b.shape)

dW = jacfwd(predict)(W, b)  # expect: dW (7, 2, 3, 2)
db = jacfwd(predict, argnums=1)(W, b)  # expect: db (7, 2, 2)

# Gauss-Newton over the flattened weights.
theta = torch.cat([W.flatten(), b])


def residuals(theta):
    W, b = theta[: d * k].view(d, k), theta[d * k :]
    return (predict(W, b) - y).flatten()


J = jacobian(residuals, theta)  # expect: J (14, 8)
r = residuals(theta)
step = torch.linalg.solve(J.T @ J + 1e-3 * torch.eye(8), J.T @ r)  # expect: step (8,)


def loss(theta):
    return 0.5 * (residuals(theta) ** 2).sum()


H = hessian(loss, theta)  # expect: H (8, 8)
newton = torch.linalg.solve(H + 1e-2 * torch.eye(8), jacobian(loss, theta))  # expect: newton (8,)


# A linear layer by hand, its weight (out, in) with the input fixed: each row of the output has its row of the weight.
x = torch.randn(5)
weight = torch.randn(4, 5)
layer = jacobian(lambda w: torch.tanh(w @ x), weight)  # expect: layer (4, 4, 5)
many = jacobian(lambda w: torch.tanh(X @ w.T), torch.randn(6, 3))  # expect: many (7, 6, 6, 3)

# A weight from the other side, row vector first: a sum with a weight for each of its rows, which are no samples.
of_matrix = jacrev(lambda u, m: u @ m, argnums=1)(x, weight.T)  # expect: of_matrix (4, 5, 4)
of_einsum = jacrev(lambda m: torch.einsum("i,ij->j", x, m))(torch.randn(5, 4))  # expect: of_einsum (4, 5, 4)
moments = jacobian(lambda points: torch.softmax(x, 0) @ points, torch.randn(5, 2))  # expect: moments (2, 5, 2)
