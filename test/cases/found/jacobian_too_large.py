"""Derivatives over 1 GiB, and some that take more than that to compute. On the meta device: shapes without memory."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import jacfwd, jacrev, vmap

meta = torch.device("meta")


def wave(u):
    """One step of a field whose nodes all play a part."""
    return u + 0.1 * torch.cumsum(u, 0) * torch.sin(u)


field = torch.randn(20000, device=meta)
a = jacrev(wave)(field)  # expect: a (20000, 20000) jacobian-too-large
b = jacfwd(wave)(field)  # expect: b (20000, 20000) jacobian-too-large

# An image network: every pixel by every pixel.
segment = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, device=meta), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1, device=meta))
image = torch.randn(1, 3, 128, 128, device=meta)
c = jacrev(segment)(image)  # expect: c (1, 1, 128, 128, 1, 3, 128, 128) jacobian-too-large

# Curvature in all weights.
theta = torch.randn(17000, device=meta)
d = hessian(lambda w: (w.sum() - 1) ** 3, theta, vectorize=True)  # expect: d (17000, 17000) jacobian-too-large

# One matrix a sample, of many.
encoder = nn.Sequential(nn.Linear(3072, 64, device=meta), nn.Tanh(), nn.Linear(64, 200, device=meta))
images = torch.randn(512, 3072, device=meta)
e = vmap(jacrev(encoder))(images)  # expect: e (512, 200, 3072) jacobian-too-large

# Built for one product.
direction = torch.randn(20000, device=meta)
f = jacobian(wave, field, vectorize=True) @ direction  # expect: f (20000,) jacobian-too-large


def pulled_back(u, cotangent):
    full = jacrev(wave)(u)  # expect: full (20000, 20000) jacobian-too-large
    return full.T @ cotangent


g = pulled_back(field, direction)  # expect: g (20000,)

# The result is small, but all passes at once are not.
wide = nn.Sequential(nn.Linear(10, 4096, device=meta), nn.Tanh(), nn.Linear(4096, 1024, device=meta))
x = torch.randn(128, 10, device=meta)
with torch.no_grad():
    h = vmap(jacrev(wide))(x)  # expect: h (128, 1024, 10) jacobian-too-large
i = vmap(jacrev(wide))(x)  # expect: i (128, 1024, 10) jacobian-too-large
j = jacobian(lambda x: wide(x).sum(0), x, vectorize=True).movedim(1, 0)  # expect: j (128, 1024, 10) jacobian-too-large


@torch.no_grad()
def sensitivities(net, x):
    return vmap(jacrev(net, argnums=0))(x)  # expect: jacobian-too-large


k = sensitivities(wide, x)  # expect: k (128, 1024, 10)
