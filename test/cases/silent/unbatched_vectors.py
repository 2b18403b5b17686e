"""Vectors and matrices that are one point of a space: equilibria, coordinates, statistics, images that are one image."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import hessian, jacobian
from torch.func import hessian as func_hessian
from torch.func import jacfwd, jacrev

# A deep equilibrium model: solved for one point, with the inverse of its Jacobian.
W, U = torch.randn(6, 6) / 10, torch.randn(6, 3)
xin = torch.randn(3)


def cell(z):
    return torch.tanh(W @ z + U @ xin)


z = torch.zeros(6)
for _ in range(30):
    z = cell(z)
J = jacobian(cell, z)  # expect: J (6, 6)
implicit = torch.linalg.inv(torch.eye(6) - J)  # expect: implicit (6, 6)

# A network given one sample without a batch axis.
net = nn.Sequential(nn.Linear(4, 8), nn.GELU(), nn.Linear(8, 5))
point = torch.randn(4)
single = jacobian(net, point)  # expect: single (5, 4)
forward = jacfwd(net)(point)  # expect: forward (5, 4)
sigma = torch.linalg.svdvals(jacrev(net)(point))  # expect: sigma (4,)

# Elementwise, and a reduction.
log_probs = jacobian(lambda logits: torch.log_softmax(logits, dim=0), torch.randn(5))  # expect: log_probs (5, 5)
softmax = jacobian(lambda logits: logits.softmax(-1), torch.randn(5))  # expect: softmax (5, 5)
mean = jacobian(torch.mean, torch.randn(5))  # expect: mean (5,)


# Spherical to Cartesian coordinates, the metric tensor, Christoffel symbols.
def embed(u):
    th, ph = u[0], u[1]
    return torch.stack([torch.sin(th) * torch.cos(ph), torch.sin(th) * torch.sin(ph), torch.cos(th)])


def metric(u):
    J = jacfwd(embed)(u)
    return J.T @ J


u = torch.tensor([0.7, 0.3])
g = metric(u)  # expect: g (2, 2)
dg = jacfwd(metric)(u)  # expect: dg (2, 2, 2)
christoffel = 0.5 * (torch.einsum("ijk->kij", dg) + torch.einsum("ikj->kij", dg) - torch.einsum("jki->kij", dg))
gamma = torch.linalg.inv(g) @ christoffel  # expect: gamma (2, 2, 2)

# A potential of one particle.
potential = lambda r: 0.5 * (r**2).sum() + r.prod()
r = torch.randn(3, requires_grad=True)
H = hessian(potential, r)  # expect: H (3, 3)
again = func_hessian(potential)(r.detach())  # expect: again (3, 3)
force = -grad(potential(r), r)[0]  # expect: force (3,)

# One image, and what one class score is sensitive to.
conv = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3))
image = torch.randn(1, 1, 4, 4, requires_grad=True)
saliency = grad(conv(image)[0, 1], image)[0]  # expect: saliency (1, 1, 4, 4)
sensitivity = jacobian(lambda im: conv(im[None])[0], image[0].detach())  # expect: sensitivity (3, 1, 4, 4)
batch_of_one = jacobian(conv, image.detach())  # expect: batch_of_one (1, 3, 1, 1, 4, 4)


# A matrix function of a matrix.
S = torch.randn(3, 3)
S = S @ S.T + torch.eye(3)
dchol = jacobian(torch.linalg.cholesky, S)  # expect: dchol (3, 3, 3, 3)
dinv = jacobian(torch.inverse, S)  # expect: dinv (3, 3, 3, 3)
dlogdet = jacobian(lambda m: torch.logdet(m), S)  # expect: dlogdet (3, 3)
