"""Derivatives that keep within 1 GiB, and large problems taken apart. On the meta device: shapes without memory."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

meta = torch.device("meta")


def wave(u):
    return u + 0.1 * torch.cumsum(u, 0) * torch.sin(u)


# A 16th of it, a half of it.
part = jacrev(wave)(torch.zeros(4096, device=meta))  # expect: part (4096, 4096)
half = jacrev(wave)(torch.zeros(11585, device=meta))  # expect: half (11585, 11585)
halved = jacrev(wave)(torch.zeros(20000, device=meta, dtype=torch.float16))  # expect: halved (20000, 20000)

# Products without the matrix.
field, direction = torch.zeros(20000, device=meta), torch.zeros(20000, device=meta)
pushed = jvp(wave, (field,), (direction,))[1]  # expect: pushed (20000,)
pulled = vjp(wave, field)[1](direction)[0]  # expect: pulled (20000,)
slope = grad(lambda u: wave(u).sum())(field)  # expect: slope (20000,)
curvature = jvp(grad(lambda u: wave(u).pow(2).sum()), (field,), (direction,))[1]  # expect: curvature (20000,)

# Passes a few at a time.
wide = nn.Sequential(nn.Linear(10, 4096, device=meta), nn.Tanh(), nn.Linear(4096, 1024, device=meta))
x = torch.zeros(128, 10, device=meta)
few = vmap(jacfwd(wide))(x)  # expect: few (128, 1024, 10)
encoder = nn.Sequential(nn.Linear(3072, 4096, device=meta), nn.Tanh(), nn.Linear(4096, 200, device=meta))
with torch.no_grad():
    chunked = vmap(jacrev(encoder, chunk_size=8))(torch.zeros(400, 3072, device=meta))  # expect: chunked (400, 200, 3072)

# One sample after the other.
rows = jacrev(encoder)(torch.zeros(3072, device=meta))  # expect: rows (200, 3072)
after = jacobian(wide, x[0])  # expect: after (1024, 10)
narrow = nn.Sequential(nn.Linear(10, 64, device=meta), nn.Tanh(), nn.Linear(64, 16, device=meta))
many = vmap(jacrev(narrow))(torch.zeros(4096, 10, device=meta))  # expect: many (4096, 16, 10)
small = hessian(lambda x: narrow(x).pow(2).sum())(x[0])  # expect: small (10, 10)


def whole(f, u):
    """However large the field is, nobody says."""
    return jacrev(f)(u)


def by_blocks(f, u, size=1000):
    """Columns of the Jacobian, so many at a time."""
    for start in range(0, u.shape[0], size):
        basis = torch.eye(u.shape[0], device=u.device)[start : start + size]
        yield vmap(lambda t: jvp(f, (u,), (t,))[1])(basis)


block = whole(wave, torch.zeros(500, device=meta))  # expect: block (500, 500)
