"""Functions in which the entries of the first axis meet: nodes of a graph, atoms, particles, tokens, grid points."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import hessian, jacobian
from torch.func import jacfwd, jacrev

torch.manual_seed(4)

# A graph network: influence of each node on each other.
n = 6
A = (torch.rand(n, n) > 0.5).float()
A_hat = A + torch.eye(n)
A_hat = A_hat / A_hat.sum(1, keepdim=True)


class GCN(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin1 = nn.Linear(4, 8)
        self.lin2 = nn.Linear(8, 3)

    def forward(self, x):
        h = F.relu(A_hat @ self.lin1(x))
        return A_hat @ self.lin2(h)


gcn = GCN()
nodes = torch.randn(n, 4)
influence = jacobian(gcn, nodes)  # expect: influence (6, 3, 6, 4)
score = influence.abs().sum(dim=(1, 3))  # expect: score (6, 6)


# Particles with pairwise forces.
def forces(r):
    d = r[:, None, :] - r[None, :, :]
    dist2 = (d**2).sum(-1) + 0.1
    return (d / dist2[..., None] ** 1.5).sum(1)


positions = torch.randn(5, 3)
stiffness = jacobian(forces, positions)  # expect: stiffness (5, 3, 5, 3)


def energy(r):
    i, j = torch.tril_indices(len(r), len(r), offset=-1)
    return (1.0 / (r[i] - r[j]).norm(dim=1)).sum()


force_constants = hessian(energy, positions)  # expect: force_constants (5, 3, 5, 3)
modes = torch.linalg.eigvalsh(force_constants.reshape(15, 15))  # expect: modes (15,)

# Attention over the tokens of one sequence.
tokens = torch.randn(7, 8)
Wq, Wk, Wv = (torch.randn(8, 8) / 8**0.5 for _ in range(3))


def attend(x):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    return F.softmax(q @ k.T / 8**0.5, dim=-1) @ v


saliency = jacrev(attend)(tokens)  # expect: saliency (7, 8, 7, 8)
token_to_token = saliency.norm(dim=(1, 3))  # expect: token_to_token (7, 7)


# The heat equation on a grid: a stencil.
def heat(u):
    return torch.roll(u, 1, 0) - 2 * u + torch.roll(u, -1, 0)


grid = torch.randn(8, 2)
stencil = jacfwd(heat)(grid)  # expect: stencil (8, 2, 8, 2)


# A contrastive loss over the batch: all pairs.
def similarity(z):
    z = F.normalize(z, dim=1)
    return z @ z.t()


pairs = jacobian(similarity, torch.randn(4, 3))  # expect: pairs (4, 4, 4, 3)


# Sinkhorn, centring, whitening.
def centred(x):
    return x - x.mean(0, keepdim=True)


projection = jacobian(centred, torch.randn(4, 2))  # expect: projection (4, 2, 4, 2)
normalised = jacobian(lambda p: torch.softmax(p, dim=0), torch.randn(5, 2))  # expect: normalised (5, 2, 5, 2)
running = jacobian(lambda s: torch.cumsum(s, 0), torch.randn(4, 3))  # expect: running (4, 3, 4, 3)
