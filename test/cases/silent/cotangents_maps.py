"""Ones on maps, repeated rows and scattered sums: totals and tricks that are meant."""
import torch
from torch import nn
from torch.autograd import grad


class PatchDiscriminator(nn.Module):
    """One score for each patch of an image."""

    def __init__(self):
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(3, 4, 4, stride=2, padding=1), nn.LeakyReLU(0.2, True), nn.Conv2d(4, 1, 4, stride=1, padding=1)
        )

    def forward(self, x):
        return self.model(x)


def gradient_penalty(netD, real, fake, constant=1.0):
    alpha = torch.rand(real.shape[0], 1, 1, 1).expand_as(real)
    interpolates = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    scores = netD(interpolates)
    gradients = grad(
        outputs=scores,
        inputs=interpolates,
        grad_outputs=torch.ones(scores.size()),
        create_graph=True,
        retain_graph=True,
        only_inputs=True,
    )
    flat = gradients[0].view(real.size(0), -1)  # expect: flat (2, 192)
    return (((flat + 1e-16).norm(2, dim=1) - constant) ** 2).mean()


penalty = gradient_penalty(PatchDiscriminator(), torch.randn(2, 3, 8, 8), torch.randn(2, 3, 8, 8))
penalty.backward()


net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))


def jacobian_of_flat(y, x):
    """All entries by all entries, as (y.numel(), *x.shape)."""
    flat = y.reshape(-1)
    rows = []
    for one_hot in torch.eye(len(flat)).unbind():
        (g,) = grad(flat, x, one_hot, retain_graph=True)
        rows.append(g)
    return torch.stack(rows)


x = torch.randn(5, 4, requires_grad=True)
full = jacobian_of_flat(net(x), x)  # expect: full (15, 5, 4)

# Edges of a graph, summed into nodes, summed into an energy.
src, dst = torch.tensor([0, 1, 2, 3, 4, 0]), torch.tensor([1, 2, 3, 4, 0, 2])
pos = torch.randn(5, 3, requires_grad=True)
edge_net = nn.Sequential(nn.Linear(1, 8), nn.SiLU(), nn.Linear(8, 1))
length = (pos[src] - pos[dst]).norm(dim=1, keepdim=True)
node_energy = torch.zeros(5, 1).index_add(0, src, edge_net(length))
force = -grad(node_energy, pos, grad_outputs=torch.ones_like(node_energy), create_graph=True)[0]  # expect: force (5, 3)

# Energy and virial at once.
strain = torch.zeros(3, 3, requires_grad=True)
strained = pos @ (torch.eye(3) + strain)
energy = edge_net((strained[src] - strained[dst]).norm(dim=1, keepdim=True)).sum()
forces, virial = grad([energy], [pos, strain])
print(forces.shape)  # expect: forces (5, 3)
print(virial.shape)  # expect: virial (3, 3)

# Weighted outputs, a masked sum, a chosen class.
logits = net(x)
weighted = grad(logits, x, torch.tensor([0.2, 0.3, 0.5]).expand_as(logits), retain_graph=True)[0]  # expect: weighted (5, 4)
mask = torch.rand(5) > 0.5
masked = grad(logits[:, 0] * mask, x, torch.ones(5), retain_graph=True)[0]  # expect: masked (5, 4)
one_hot = nn.functional.one_hot(torch.tensor([0, 1, 2, 0, 1]), 3).float()
chosen = grad(logits, x, one_hot, retain_graph=True)[0]  # expect: chosen (5, 4)
minus = grad(logits, x, -torch.softmax(logits, 1).detach())[0]  # expect: minus (5, 4)
