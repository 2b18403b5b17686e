"""Densities by the determinant of each sample's own Jacobian: flows, neural ODEs, couplings."""
import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap


class Coupling(nn.Module):
    def __init__(self, dim=4, hidden=8, flip=False):
        super().__init__()
        self.half = dim // 2
        self.flip = flip
        self.scale = nn.Sequential(nn.Linear(self.half, hidden), nn.Tanh(), nn.Linear(hidden, self.half), nn.Tanh())
        self.shift = nn.Sequential(nn.Linear(self.half, hidden), nn.ReLU(), nn.Linear(hidden, self.half))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, dim=-1)
        if self.flip:
            a, b = b, a
        s, t = self.scale(a), self.shift(a)
        b = b * torch.exp(s) + t
        if self.flip:
            a, b = b, a
        return torch.cat([a, b], dim=-1), s.sum(dim=-1)


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([Coupling(flip=i % 2 == 1) for i in range(3)])

    def forward(self, x):
        total = torch.zeros(x.shape[:-1])
        for layer in self.layers:
            x, logdet = layer(x)
            total = total + logdet
        return x, total


flow = Flow()
x = torch.randn(5, 4)
z, logdet = flow(x)
print(logdet.shape)  # expect: logdet (5,)


def check_log_det(transform, x):
    def forward(v):
        out, *_ = transform(v.unsqueeze(0))
        out = out.squeeze(0)
        return out, out

    jac, out = vmap(jacrev(forward, has_aux=True))(x)
    return torch.linalg.slogdet(jac)[1], out


exact, out = check_log_det(flow, x)
print(exact.shape)  # expect: exact (5,)
torch.testing.assert_close(exact, logdet)


class CNF(nn.Module):
    """A continuous flow: state and log density move together."""

    def __init__(self, dim=3):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(dim, 16), nn.Softplus(), nn.Linear(16, dim))

    def divergence_exact(self, x):
        jac = vmap(jacrev(self.f))(x)  # expect: jac (7, 3, 3)
        return jac.diagonal(dim1=-2, dim2=-1).sum(-1)

    def divergence_loop(self, dx, x):
        trace = 0.0
        for i in range(x.shape[1]):
            trace = trace + torch.autograd.grad(dx[:, i].sum(), x, create_graph=True)[0][:, i]
        return trace

    def step(self, x, logp, dt=0.1):
        x = x.requires_grad_(True)
        dx = self.f(x)
        div = self.divergence_loop(dx, x)
        return x + dt * dx, logp - dt * div


cnf = CNF()
trace = cnf.divergence_exact(torch.randn(7, 3))  # expect: trace (7,)
moved, logp = cnf.step(torch.randn(7, 3), torch.zeros(7))
print(logp.shape)  # expect: logp (7,)


def rk4(f, x, dt):
    k1 = f(x)
    k2 = f(x + dt / 2 * k1)
    k3 = f(x + dt / 2 * k2)
    k4 = f(x + dt * k3)
    return x + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


flow_map = vmap(jacrev(lambda p: rk4(cnf.f, p, 0.05)))(torch.randn(7, 3))  # expect: flow_map (7, 3, 3)
volume_change = torch.linalg.det(flow_map)  # expect: volume_change (7,)
stretch = torch.linalg.svdvals(flow_map)[:, 0]  # expect: stretch (7,)
