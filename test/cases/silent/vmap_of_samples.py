"""Functions that take a sample, or keep a batch axis of their own, under vmap."""

import torch
from torch import nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, vmap
from torch.nn import functional as F

x = torch.randn(3, 5)
images = torch.randn(3, 1, 8, 8)
sequences = torch.randn(3, 7, 5)


def lorenz(state):
    return torch.stack([state[..., 1] - state[..., 0], state[..., 0] * state[..., 2]], dim=-1)


def columns(state):
    return torch.stack([state[:, 1] - state[:, 0], state[:, 0] * state[:, 2]], dim=1)


a = vmap(jacrev(lorenz))(x)  # expect: a (3, 2, 5)
b = vmap(jacrev(lambda row: columns(row.unsqueeze(0)).squeeze(0)))(x)  # expect: b (3, 2, 5)
c = vmap(jacrev(lambda row: columns(row[None])[0]))(x)  # expect: c (3, 2, 5)


def either(state):
    if state.dim() == 1:
        state = state.unsqueeze(0)
    return columns(state).squeeze(0)


d = vmap(jacrev(either))(x)  # expect: d (3, 2, 5)


def unpacked(state):
    q, p, *_ = state
    return torch.stack([p, -q])


e = vmap(jacrev(unpacked))(x)  # expect: e (3, 2, 5)

# With a batch axis of one or more left, such functions are at home.
f = vmap(columns)(x[:, None])  # expect: f (3, 1, 2)
g = vmap(jacrev(lambda s: s[:, 0] * s[:, 1]))(sequences)  # expect: g (3, 7, 7, 5)
h = vmap(lambda s: s.softmax(dim=1))(sequences)  # expect: h (3, 7, 5)
i = vmap(vmap(nn.Linear(5, 2)))(sequences)  # expect: i (3, 7, 2)

conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten(0), nn.Linear(8, 3))
j = vmap(jacrev(conv))(images)  # expect: j (3, 3, 1, 8, 8)
k = vmap(jacrev(lambda image: conv[:3](image.unsqueeze(0)).flatten()))(images)  # expect: k (3, 8, 1, 8, 8)
normed = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)).eval()
m = vmap(jacrev(lambda row: normed(row.unsqueeze(0)).squeeze(0)))(x)  # expect: m (3, 2, 5)
layers = nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8), nn.GELU(), nn.Linear(8, 1))
n = vmap(hessian(lambda row: layers(row).squeeze()))(x)  # expect: n (3, 5, 5)
params = dict(normed.named_parameters())


def loss(weights, row, label):
    logits = functional_call(normed, weights, (row.unsqueeze(0),))
    return F.cross_entropy(logits, label.unsqueeze(0))


o = vmap(grad(loss), in_dims=(None, 0, 0))(params, x, torch.tensor([0, 1, 0]))["0.bias"]  # expect: o (3, 8)
p = vmap(lambda row: F.cross_entropy(row, torch.tensor(1)))(x)  # expect: p (3,)
q = vmap(lambda s: s.mT @ s)(sequences)  # expect: q (3, 5, 5)


def tried(row):
    try:
        return columns(row)
    except IndexError:
        return lorenz(row)


vmap(tried)(x)
r = vmap(jacfwd(lambda row: row.roll(1, 0) * row))(x)  # expect: r (3, 5, 5)
