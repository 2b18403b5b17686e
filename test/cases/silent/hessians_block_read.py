"""Second derivatives of coupled systems, whole or by blocks of the whole."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import hessian as fhessian
from torch.func import jacrev

pos = torch.randn(4, 3)


def energy(r):
    i, j = torch.triu_indices(r.shape[0], r.shape[0], offset=1)
    d = (r[i] - r[j]).norm(dim=1)
    return (d**-2).sum() + 0.5 * (r**2).sum()


H = hessian(energy, pos)  # expect: H (4, 3, 4, 3)
on_site = H.diagonal(dim1=0, dim2=2).movedim(-1, 0)  # expect: on_site (4, 3, 3)
preconditioner = torch.linalg.inv(on_site)  # expect: preconditioner (4, 3, 3)
diagonal = hessian(energy, pos).reshape(12, 12).diagonal()  # expect: diagonal (12,)
coupling = fhessian(energy)(pos)[0, :, 1, :]  # expect: coupling (3, 3)
self_block = fhessian(energy)(pos)[2, :, 2]  # expect: self_block (3, 3)
einstein = torch.einsum("iaia->ia", fhessian(energy)(pos))  # expect: einstein (4, 3)

# The acoustic sum rule: rows over all atoms vanish without the trap.
free = lambda r: energy(r) - 0.5 * (r**2).sum()
rule = hessian(free, pos).sum(dim=2)  # expect: rule (4, 3, 3)

# A field of spins on a chain.
spins = torch.randn(6, 3)
exchange = lambda s: -(s[:-1] * s[1:]).sum()
K = fhessian(exchange)(spins)  # expect: K (6, 3, 6, 3)
magnons = torch.linalg.eigvalsh(K.flatten(0, 1).flatten(1))  # expect: magnons (18,)

# A response matrix: forces by positions, both of all atoms.
forces = lambda r: -jacrev(energy)(r)
dynamical = -jacobian(forces, pos)  # expect: dynamical (4, 3, 4, 3)

# An action over a path of time steps.
path = torch.randn(5, 2)
action = lambda q: 0.5 * ((q[1:] - q[:-1]) ** 2).sum() + torch.cos(q).sum()
A = hessian(action, path).reshape(10, 10)  # expect: A (10, 10)
banded = torch.linalg.solve(A + 5 * torch.eye(10), torch.randn(10))  # expect: banded (10,)

# A mean-field loss whose samples meet in the normalisation.
logits = torch.randn(5, 3)
clip = lambda z: torch.logsumexp(z @ z.T, dim=1).sum()
curvature = hessian(clip, logits)  # expect: curvature (5, 3, 5, 3)
net = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Tanh(), nn.Linear(6, 1))
coupled = hessian(lambda x: net(x).sum(), torch.randn(5, 3))  # expect: coupled (5, 3, 5, 3)
