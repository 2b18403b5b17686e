"""Sums that are energies: over atoms, points, tokens, replicas. Ones as cotangents say `the total`."""
import torch
from torch import nn
from torch.autograd import grad
from torch.func import vmap
from torch.func import grad as fgrad


class Interaction(nn.Module):
    """Atomic energies of a batch of molecules; atoms of one molecule see each other."""

    def __init__(self, features=8):
        super().__init__()
        self.embed = nn.Linear(3, features)
        self.out = nn.Linear(features, 1)

    def forward(self, pos):
        d = pos[:, :, None, :] - pos[:, None, :, :]
        w = torch.exp(-d.pow(2).sum(-1))
        h = torch.tanh(self.embed(pos - pos.mean(1, keepdim=True)))
        return self.out(torch.bmm(w, h))


model = Interaction()
pos = torch.randn(2, 5, 3, requires_grad=True)
atomic = model(pos)  # expect: atomic (2, 5, 1)
forces = -grad(atomic, pos, grad_outputs=torch.ones_like(atomic), create_graph=True)[0]  # expect: forces (2, 5, 3)
summed = -grad(atomic.sum(), pos, retain_graph=True)[0]  # expect: summed (2, 5, 3)
molecule = -grad(atomic.sum(dim=1), pos, grad_outputs=torch.ones(2, 1), retain_graph=True)[0]  # expect: molecule (2, 5, 3)
flat_energies = atomic.squeeze(-1)
again = -grad(flat_energies, pos, torch.ones_like(flat_energies))[0]  # expect: again (2, 5, 3)

# One molecule.
one = torch.randn(1, 6, 3, requires_grad=True)
single = -grad(model(one).sum(), one)[0]  # expect: single (1, 6, 3)

# A pair matrix of one system.
r = torch.randn(6, 3, requires_grad=True)
pair = torch.exp(-(r[:, None] - r[None]).pow(2).sum(-1))
f = -grad(pair, r, torch.ones_like(pair))[0]  # expect: f (6, 3)

# A contrastive loss matrix: samples meet.
z = torch.randn(6, 4, requires_grad=True)
sim = z @ z.T
g = grad(sim, z, torch.ones_like(sim))[0]  # expect: g (6, 4)

# A Hamiltonian of phase space, mapped.
H = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
qp = torch.randn(10, 4)
dH = vmap(fgrad(lambda s: H(s).squeeze()))(qp)  # expect: dH (10, 4)
dq, dp = dH.split(2, dim=1)
flow = torch.cat([dp, -dq], dim=1)  # expect: flow (10, 4)

qp_leaf = qp.clone().requires_grad_(True)
by_sum = grad(H(qp_leaf).sum(), qp_leaf, create_graph=True)[0]  # expect: by_sum (10, 4)
symplectic = by_sum @ torch.tensor([[0.0, 0, -1, 0], [0, 0, 0, -1], [1, 0, 0, 0], [0, 1, 0, 0]])
print(symplectic.shape)  # expect: symplectic (10, 4)

# Elementwise: each entry has a derivative of its own.
a = torch.randn(5, 3, requires_grad=True)
act = torch.nn.functional.gelu(a)
slope = grad(act, a, torch.ones_like(act))[0]  # expect: slope (5, 3)
curvature_in = torch.tanh(a)
first = grad(curvature_in, a, torch.ones_like(a), create_graph=True)[0]
second = grad(first, a, torch.ones_like(first))[0]  # expect: second (5, 3)
