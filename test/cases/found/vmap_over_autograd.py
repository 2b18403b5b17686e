"""torch.autograd in functions that torch.func runs: it raises (in functorch 0.x some of it was silently wrong)."""

import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import grad, jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3, 5)

per_sample = vmap(lambda row: jacobian(net, row))(x)  # expect: vmap-over-autograd
curvature = vmap(lambda row: hessian(lambda r: net(r).sum(), row))(x)  # expect: vmap-over-autograd
kept = vmap(lambda row: jacobian(net, row, create_graph=True))(x)  # expect: vmap-over-autograd
gradients = vmap(lambda row: torch.autograd.grad(net(row).sum(), row)[0])(x)  # expect: vmap-over-autograd
forward = jacfwd(lambda row: torch.autograd.grad(net(row).sum(), row, create_graph=True)[0])(x[0])  # expect: vmap-over-autograd
product = vmap(lambda row: torch.autograd.functional.hvp(lambda r: net(r).sum(), row, row)[1])(x)  # expect: vmap-over-autograd
reverse = jacrev(lambda row: jacobian(net, row))(x[0])  # expect: vmap-over-autograd


class Potential(nn.Module):
    """A force field whose forces are taken by torch.autograd."""

    def __init__(self, width=16):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, width), nn.SiLU(), nn.Linear(width, 1))

    def forward(self, q):
        return self.net(q).squeeze(-1)

    def force(self, q):
        q = q.detach().requires_grad_(True)
        energy = self(q).sum()
        return -torch.autograd.grad(energy, q)[0]


potential = Potential()
one = potential.force(x[0])  # expect: one (5,)
forces = vmap(potential.force)(x)  # expect: vmap-over-autograd


def fisher_row(row):
    loss = net(row).pow(2).sum()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in net.parameters()])


rows = vmap(fisher_row)(x)  # expect: vmap-over-autograd
total = grad(lambda q: vmap(lambda row: torch.autograd.grad(net(row).sum(), row, create_graph=True)[0])(q).sum())(x)  # expect: vmap-over-autograd
