"""Energies and forces of molecules: atoms interact, the Hessian over all of them is what is wanted."""
import torch
from torch import nn
from torch.autograd import grad
from torch.func import hessian, jacrev


class PairPotential(nn.Module):
    """A sum over pairs of a small network of their distance."""

    def __init__(self, hidden=8):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, hidden), nn.SiLU(), nn.Linear(hidden, 1))

    def forward(self, pos):
        i, j = torch.triu_indices(pos.shape[0], pos.shape[0], offset=1)
        r = (pos[i] - pos[j]).norm(dim=-1, keepdim=True)
        return self.net(r).sum()


potential = PairPotential()
pos = torch.randn(4, 3)
H = hessian(potential)(pos)  # expect: H (4, 3, 4, 3)
mass = torch.tensor([12.0, 1.0, 1.0, 16.0]).repeat_interleave(3)
weighted = H.reshape(12, 12) / torch.sqrt(mass[:, None] * mass[None, :])  # expect: weighted (12, 12)
frequencies = torch.linalg.eigvalsh(weighted)  # expect: frequencies (12,)


def energy_and_forces(model, pos):
    pos = pos.detach().requires_grad_(True)
    energy = model(pos)
    forces = -grad(energy, pos, create_graph=True)[0]  # expect: forces (4, 3)
    return energy, forces


energy, forces = energy_and_forces(potential, pos)


class BatchedPotential(nn.Module):
    """Molecules of a batch apart, atoms within one together."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Linear(3, 6)
        self.out = nn.Linear(6, 1)

    def forward(self, pos):
        h = torch.tanh(self.embed(pos - pos.mean(dim=1, keepdim=True)))
        return self.out(h.sum(dim=1)).squeeze(-1)


batched = BatchedPotential()
batch = torch.randn(2, 5, 3, requires_grad=True)
energies = batched(batch)  # expect: energies (2,)
batch_forces = -grad(energies.sum(), batch, create_graph=True)[0]  # expect: batch_forces (2, 5, 3)
also = -grad(energies, batch, grad_outputs=torch.ones_like(energies), retain_graph=True)[0]  # expect: also (2, 5, 3)
loss = (batch_forces**2).mean()
loss.backward()


def stress(strain):
    """Of one cell, by a strain of three by three."""
    return potential(pos @ (torch.eye(3) + strain))


elastic = hessian(stress)(torch.zeros(3, 3))  # expect: elastic (3, 3, 3, 3)
virial = jacrev(stress)(torch.zeros(3, 3))  # expect: virial (3, 3)
