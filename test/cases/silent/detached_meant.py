"""Derivatives that are recorded, or are numbers to go on with and no part of what is trained."""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian
from torch.func import functional_call, jacrev, vmap

torch.manual_seed(0)


def mlp(i, o):
    return nn.Sequential(nn.Linear(i, 16), nn.Tanh(), nn.Linear(16, o))


critic = mlp(4, 1)

# A penalty that is recorded.
mixed = torch.randn(8, 4, requires_grad=True)
slopes = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)[0]  # expect: slopes (8, 4)
(critic(mixed).mean() + (slopes.norm(dim=1) - 1).pow(2).mean()).backward()
assert critic[0].weight.grad.count_nonzero() > 0

# Transforms of torch.func are recorded as they are.
J = vmap(jacrev(critic))(torch.randn(8, 4))  # expect: J (8, 1, 4)
J.pow(2).mean().backward()

# An adversarial example, which is data.
image, label = torch.randn(6, 4), torch.randint(2, (6,))
classifier = mlp(4, 2)
image.requires_grad_()
(g,) = torch.autograd.grad(F.cross_entropy(classifier(image), label), image)
attacked = (image + 0.1 * g.sign()).detach()  # expect: attacked (6, 4)
F.cross_entropy(classifier(attacked), label).backward()
softly = image + 0.1 * g / g.norm(dim=1, keepdim=True)
F.cross_entropy(classifier(softly), label).backward()

# Weights of losses by the size of their gradients: held constant.
shared = mlp(4, 2)
out = shared(torch.randn(9, 4))
first, second = out[:, 0].pow(2).mean(), (out[:, 1] - 1).pow(2).mean()
last = shared[2].weight
g1 = torch.autograd.grad(first, last, retain_graph=True)[0].norm()
g2 = torch.autograd.grad(second, last, retain_graph=True)[0].norm()
balance = g1 / g2  # expect: balance ()
(first + balance * second).backward()

# Learning to learn, to first order.
learner = mlp(4, 1)
weights = dict(learner.named_parameters())
support, query = torch.randn(10, 4), torch.randn(10, 4)
inner = functional_call(learner, weights, (support,)).pow(2).mean()
grads = torch.autograd.grad(inner, list(weights.values()))
fast = {name: w - 0.1 * g for (name, w), g in zip(weights.items(), grads)}
functional_call(learner, fast, (query,)).pow(2).mean().backward()

# Langevin steps: each starts anew.
energy = mlp(2, 1)
z = torch.randn(16, 2, requires_grad=True)
for _ in range(3):
    (force,) = torch.autograd.grad(energy(z).sum(), z)
    z = (z - 0.1 * force + 0.1 * torch.randn_like(z)).detach().requires_grad_()
(energy(torch.randn(16, 2)).mean() - energy(z).mean()).backward()

# A term that is said to be a constant.
model = mlp(3, 2)
x = torch.randn(3)
size = jacobian(model, x).pow(2).sum()
(model(x).pow(2).sum() + size.detach()).backward()

# Only looked at.
A = jacobian(model, x)  # expect: A (2, 3)
print(A.norm().item(), torch.linalg.matrix_rank(A))

# A step of Newton's method on what nothing is trained of.
root = torch.tensor([1.0, 2.0])
for _ in range(4):
    slope = jacobian(lambda v: v**3 - 1, root)
    root = root - torch.linalg.solve(slope, root**3 - 1)

# A loss against forces of a known potential, in which there is nothing to train.
walker = torch.randn(7, 2, requires_grad=True)
(pull,) = torch.autograd.grad((walker**4).sum(), walker)
F.mse_loss(mlp(2, 2)(walker.detach()), -pull).backward()

# What does not require grad: the weights are frozen.
frozen = mlp(3, 1).requires_grad_(False)
v = torch.randn(5, 3, requires_grad=True)
(drift,) = torch.autograd.grad(frozen(v).sum(), v)
head = nn.Linear(3, 1)
(head(v.detach()).pow(2).mean() + drift.pow(2).mean()).backward()

# Linear: there is no second derivative to record, and the library raises for that.
w = torch.randn(3)
p = torch.randn(3, requires_grad=True)
(slope,) = torch.autograd.grad(w @ p, p)
torch.autograd.grad(slope.sum(), p)  # raises: does not require grad

# An error that is expected.
y = torch.randn(3, requires_grad=True)
(once,) = torch.autograd.grad(model(y).sum(), y)
try:
    torch.autograd.grad(once.sum(), y)
except RuntimeError:
    pass
