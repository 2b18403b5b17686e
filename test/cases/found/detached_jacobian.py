"""Derivatives that are not recorded, in a loss or differentiated: no gradient of them comes to the weights."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian

torch.manual_seed(0)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 16), nn.Tanh(), nn.Linear(16, o))


# A gradient penalty beside the critic's own loss: silent, the penalty does nothing.
critic = mlp(4, 1)
optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3)
real, fake = torch.randn(8, 4), torch.randn(8, 4)
eps = torch.rand(8, 1)
mixed = (eps * real + (1 - eps) * fake).requires_grad_(True)
score = critic(mixed)
slopes = torch.autograd.grad(score, mixed, torch.ones_like(score))[0]  # expect: slopes (8, 4) detached-jacobian
penalty = ((slopes.norm(2, dim=1) - 1) ** 2).mean()
loss = critic(fake).mean() - critic(real).mean() + 10 * penalty
optimizer.zero_grad()
loss.backward()
of_critic = critic[0].weight.grad  # expect: of_critic (16, 4)

# A Jacobian that is to be small, in a sum of losses, turn after turn.
model = mlp(3, 2)
x, y = torch.randn(3), torch.randn(2)
for epoch in range(2):
    model.zero_grad()
    J = jacobian(model, x)  # expect: J (2, 3) detached-jacobian
    task = F.mse_loss(model(x), y)
    (task + 0.1 * J.pow(2).sum()).backward()
of_model = model[0].weight.grad  # expect: of_model (16, 3)

# The same alone, which raises.
contraction = mlp(3, 3)
A = jacobian(contraction, x)  # expect: A (3, 3) detached-jacobian
size = torch.linalg.matrix_norm(A)
size.backward()  # raises: does not require grad
of_contraction = contraction[0].weight.grad

# A residual of a differential equation whose second derivative is asked of the first.
u = mlp(1, 1)
t = torch.linspace(0, 1, 10)[:, None].requires_grad_()
du = torch.autograd.grad(u(t).sum(), t)[0]  # expect: du (10, 1) detached-jacobian
ddu = torch.autograd.grad(du.sum(), t)[0]  # raises: does not require grad


# Forces of a potential, fitted to forces that are known.
class Potential(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = mlp(6, 1)

    def forward(self, positions):
        return self.net(positions.flatten(1)).squeeze(-1)


potential = Potential()
positions = torch.randn(5, 2, 3, requires_grad=True)
known_energy, known_forces = torch.randn(5), torch.randn(5, 2, 3)
energy = potential(positions)
forces = -torch.autograd.grad(energy.sum(), positions, retain_graph=True)[0]  # expect: forces (5, 2, 3) detached-jacobian
(F.mse_loss(energy, known_energy) + F.mse_loss(forces, known_forces)).backward()
of_potential = potential.net[0].weight.grad  # expect: of_potential (16, 6)

# Of a function without weights, which is differentiated again.
s = torch.randn(4, requires_grad=True)
ds = torch.autograd.grad((s**3).sum(), s)[0]  # expect: ds (4,) detached-jacobian
dds = torch.autograd.grad(ds.sum(), s)[0]  # raises: does not require grad

# A flag that makes the error go, and nothing else.
field = mlp(2, 2)
at = torch.randn(2)
D = jacobian(field, at)  # expect: D (2, 2) detached-jacobian
divergence = D.diagonal().sum().pow(2)
divergence.requires_grad_()
divergence.backward()
of_field = field[0].weight.grad
