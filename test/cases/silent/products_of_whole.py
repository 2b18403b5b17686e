"""Jacobians of one point that are multiplied with more than one vector, or looked at beside; and products as they should be."""
import torch
from torch import nn
from torch.autograd.functional import jacobian, jvp, vjp
from torch.func import grad, hessian, jacfwd, jacrev, vmap
from torch.func import jvp as func_jvp

torch.manual_seed(6)
net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x, v, w = torch.randn(4), torch.randn(4), torch.randn(3)

# Both ways.
J = jacobian(net, x)  # expect: J (3, 4)
gauss_newton = J.T @ (J @ v)  # expect: gauss_newton (4,)

# A gradient and the matrix that it is scaled with.
K = jacrev(net)(x)  # expect: K (3, 4)
step = torch.linalg.solve(K.T @ K + torch.eye(4), K.T @ w)  # expect: step (4,)

# Covariances go through as matrices.
P = torch.eye(4)
F = jacobian(net, x)  # expect: F (3, 4)
S = F @ P @ F.T  # expect: S (3, 3)

# One Jacobian, many vectors.
A = jacfwd(net)(x)  # expect: A (3, 4)
pushed = [A @ direction for direction in torch.eye(4)]
B = jacobian(net, x)
for _ in range(3):
    v = v + 0.1 * (B @ v).sum()
columns = jacobian(net, x) @ torch.randn(4, 6)  # expect: columns (3, 6)


def power_iteration(f, x, steps=5):
    """The largest singular value: the same Jacobian each time."""
    J = jacobian(f, x)
    u = torch.randn(J.shape[1])
    for _ in range(steps):
        u = J.T @ (J @ u)
        u = u / u.norm()
    return (J @ u).norm()


sigma = power_iteration(net, x)  # expect: sigma ()


class Cached:
    """Keeps the matrix for whoever asks."""

    def __init__(self, f, x):
        self.J = jacobian(f, x)

    def apply(self, v):
        return self.J @ v

    def adjoint(self, w):
        return self.J.T @ w


cached = Cached(net, x)
one = cached.apply(torch.randn(4))  # expect: one (3,)
two = cached.adjoint(w)  # expect: two (4,)

# A single output: its row is the gradient, one pass anyway.
height = nn.Sequential(nn.Linear(4, 5), nn.Softplus(), nn.Linear(5, 1))
slope = jacobian(height, x) @ torch.randn(4)  # expect: slope (1,)
also = grad(lambda x: height(x).squeeze())(x) @ torch.randn(4)  # expect: also ()

# Newton's method, traces, norms: no single product gives them.
equations = nn.Linear(4, 4)
newton = torch.linalg.solve(jacobian(equations, x), equations(x))  # expect: newton (4,)
divergence = torch.trace(jacobian(equations, x))  # expect: divergence ()
penalty = jacobian(net, x, create_graph=True).pow(2).sum()  # expect: penalty ()

# Second derivatives as they stand in formulas.
curvature = hessian(lambda x: net(x).sum())(x) @ torch.randn(4)  # expect: curvature (4,)

# The products by themselves.
pushed_forward = jvp(net, x, torch.randn(4))[1]  # expect: pushed_forward (3,)
pulled_back = vjp(net, x, w)[1]  # expect: pulled_back (4,)
as_transform = func_jvp(net, (x,), (torch.randn(4),))[1]  # expect: as_transform (3,)

# Of a batch, another matter.
rows = torch.randn(5, 4)
per_sample = vmap(jacrev(net))(rows)  # expect: per_sample (5, 3, 4)
