"""Per-sample derivatives that are made once and kept: on self, in dicts and lists, as decorators, in closures."""
import functools

import torch
import torch.nn as nn
from torch.func import hessian, jacfwd, jacrev, vmap


class Dynamics(nn.Module):
    def __init__(self, state_dim=4, control_dim=2, hidden=8):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(state_dim + control_dim, hidden),
            nn.SiLU(),
            nn.Linear(hidden, state_dim),
        )
        self._jac = vmap(jacrev(self._single, argnums=(0, 1)))
        self._jac_state = torch.vmap(jacfwd(self._single))

    def _single(self, s, a):
        return s + self.net(torch.cat([s, a], dim=-1))

    def forward(self, s, a):
        return self._single(s, a)

    def linearise(self, s, a):
        A, B = self._jac(s, a)
        return A, B

    def state_jacobian(self, s, a):
        return self._jac_state(s, a)


model = Dynamics()
s, a = torch.randn(9, 4), torch.randn(9, 2)
A, B = model.linearise(s, a)
print(A.shape)  # expect: A (9, 4, 4)
print(B.shape)  # expect: B (9, 4, 2)
As = model.state_jacobian(s, a)  # expect: As (9, 4, 4)

ways = {
    "reverse": vmap(jacrev(model._single)),
    "forward": vmap(jacfwd(model._single)),
}
for name, way in ways.items():
    J = way(s, a)  # expect: J (9, 4, 4)
    print(name, J.shape)

operators = [jacrev, jacfwd]
both = [vmap(op(model._single))(s, a) for op in operators]
close = torch.stack(both)  # expect: close (2, 9, 4, 4)


def per_sample_jacobian(func):
    """A decorator: the Jacobian of each sample of a batch."""

    @functools.wraps(func)
    def wrapper(x):
        return vmap(jacrev(func))(x)

    return wrapper


@per_sample_jacobian
def swirl(p):
    return torch.stack([-p[1] * p.norm(), p[0] * p.norm()])


field = swirl(torch.randn(12, 2))  # expect: field (12, 2, 2)


def make(order):
    if order == 1:
        return lambda f: vmap(jacrev(f))
    return lambda f: vmap(hessian(f))


second = make(2)(lambda z: (z**4).sum())(torch.randn(3, 5))  # expect: second (3, 5, 5)


class Metric:
    """The pullback metric of a decoder at each latent point."""

    def __init__(self, decoder):
        self.decoder = decoder

    def jacobian(self, z):
        single = lambda v: self.decoder(v.unsqueeze(0)).squeeze(0).flatten()
        return vmap(jacfwd(single))(z)

    def __call__(self, z):
        J = self.jacobian(z)  # expect: J (5, 12, 2)
        return J.transpose(1, 2) @ J

    def volume(self, z):
        return self(z).logdet().mul(0.5).exp()


decoder = nn.Sequential(nn.Linear(2, 10), nn.ELU(), nn.Linear(10, 12), nn.Unflatten(1, (3, 4)))
G = Metric(decoder)(torch.randn(5, 2))  # expect: G (5, 2, 2)
volume = Metric(decoder).volume(torch.randn(5, 2))  # expect: volume (5,)
