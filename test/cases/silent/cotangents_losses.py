"""Gradients of scalar losses, penalties and attacks by the input: sums that are meant."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import grad

classifier = nn.Sequential(nn.Linear(5, 12), nn.ReLU(), nn.Linear(12, 3))
critic = nn.Sequential(nn.Linear(5, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1))
x = torch.randn(7, 5, requires_grad=True)
labels = torch.tensor([0, 1, 2, 0, 1, 2, 0])

# An adversarial example.
loss = F.cross_entropy(classifier(x), labels)
attack = x + 0.1 * grad(loss, x)[0].sign()  # expect: attack (7, 5)


def gradient_penalty(critic, real, fake):
    alpha = torch.rand(real.shape[0], 1)
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    score = critic(mixed)
    g = grad(outputs=score, inputs=mixed, grad_outputs=torch.ones_like(score), create_graph=True, retain_graph=True)[0]
    return ((g.norm(2, dim=1) - 1) ** 2).mean()


penalty = gradient_penalty(critic, torch.randn(7, 5), torch.randn(7, 5))

# The score of a density, one number a sample.
def log_prob(x):
    return -0.5 * (x**2).sum(dim=-1)


score = grad(log_prob(x).sum(), x)[0]  # expect: score (7, 5)
same = grad(log_prob(x), x, torch.ones(7))[0]  # expect: same (7, 5)

# Saliency of the label's logit.
logits = classifier(x)
picked = logits.gather(1, labels[:, None])
saliency = grad(picked.sum(), x, retain_graph=True)[0].abs()  # expect: saliency (7, 5)
best = grad(logits.max(dim=1).values.sum(), x, retain_graph=True)[0]  # expect: best (7, 5)

# An energy, its force, and a loss on the force.
energy = critic(x)
force = -grad(energy.sum(), x, create_graph=True)[0]  # expect: force (7, 5)
matching = F.mse_loss(force, torch.zeros_like(force))
matching.backward()

# A total over everything that is a loss.
x.grad = None
(classifier(x) ** 2).mean().backward()
smooth = grad(classifier(x).pow(2).sum(), x)[0]  # expect: smooth (7, 5)


class Denoiser(nn.Module):
    """Score matching with an energy of all channels."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 12), nn.SiLU(), nn.Linear(12, 5))

    def energy(self, x):
        return 0.5 * ((x - self.net(x)) ** 2).sum(-1)

    def forward(self, x):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            return grad(self.energy(x).sum(), x, create_graph=self.training)[0]


s = Denoiser()(torch.randn(7, 5))  # expect: s (7, 5)
