"""Random numbers that vmap is told how to draw, that are drawn outside, or not at all."""

import functools
import random

import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, stack_module_state, vmap
from torch.nn import functional as F

x = torch.randn(3, 5)
net = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.1), nn.Tanh(), nn.Linear(8, 2))
wide = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.1), nn.Tanh())

a = vmap(net, randomness="different")(x)  # expect: a (3, 2)
b = vmap(jacrev(net), randomness="same")(x)  # expect: b (3, 2, 5)
c = vmap(jacfwd(wide, randomness="same"), randomness="different")(x)  # expect: c (3, 8, 5)
d = vmap(lambda row, noise: row + noise)(x, torch.randn(3, 5))  # expect: d (3, 5)
order = torch.randperm(5)
e = vmap(lambda row: row[order])(x)  # expect: e (3, 5)
f = vmap(lambda row: F.dropout(row, 0.5, training=False))(x)  # expect: f (3, 5)
g = vmap(nn.Dropout(0.0))(x)  # expect: g (3, 5)
h = vmap(lambda row: torch.bernoulli(row.sigmoid()), randomness="different")(x)  # expect: h (3, 5)
i = vmap(lambda row: row + torch.empty_like(row).normal_(), randomness="different")(x)  # expect: i (3, 5)
j = vmap(lambda row: row + torch.empty(5).normal_(), randomness="same")(x)  # expect: j (3, 5)
k = vmap(lambda row: row * random.random())(x)  # expect: k (3, 5)

# One draw for the whole, and no vmap over the function.
m = jacrev(net)(x[0])  # expect: m (2, 5)
n = grad(lambda row: net(row).sum())(x[0])  # expect: n (5,)
_, o = jvp(net, (x,), (x,))  # expect: o (3, 2)

net.eval()
p = vmap(jacfwd(wide.eval()))(x)  # expect: p (3, 8, 5)
q = hessian(lambda row: net(row).sum())(x[0])  # expect: q (5, 5)
r = vmap(net)(x)  # expect: r (3, 2)
net.train()


class Regulated(nn.Module):
    """Drops only where there is something to drop."""

    def __init__(self, p=0.0):
        super().__init__()
        self.fc = nn.Linear(5, 2)
        self.p = p

    def forward(self, row):
        row = self.fc(row)
        if self.p > 0:
            row = F.dropout(row, self.p, self.training)
        return row


s = vmap(Regulated())(x)  # expect: s (3, 2)
by_default = functools.partial(vmap, randomness="different")
t = by_default(nn.Dropout())(x)  # expect: t (3, 5)

models = [nn.Sequential(nn.Linear(5, 4), nn.Dropout()) for _ in range(3)]
weights, _ = stack_module_state(models)
base = models[0]
u = vmap(lambda w: functional_call(base, w, (x,)), randomness="different")(weights)  # expect: u (3, 3, 4)


def log_prob(row):
    return torch.distributions.Normal(row, 1.0, validate_args=False).log_prob(torch.zeros(5)).sum()


v = vmap(grad(log_prob))(x)  # expect: v (3, 5)

# In forward mode torch.autograd.functional maps over tangents in a way that refuses draws, and nothing else.
smooth = nn.Sequential(nn.Linear(5, 5), nn.Tanh())
pushed = functools.partial(jacobian, vectorize=True, strategy="forward-mode")
kept = pushed(lambda row: F.dropout(smooth(row), 0.5, training=False), x[0])  # expect: kept (5, 5)
within = pushed(lambda row: jacobian(smooth, row, create_graph=True).sum(0), x[0])  # expect: within (5, 5)
read = pushed(lambda row: row * row.norm().item(), x[0])  # expect: read (5, 5)
