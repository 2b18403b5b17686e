"""Solvers and equilibria: implicit layers, adjoints, sensitivities, Lyapunov exponents, Floquet multipliers."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev, jvp, vjp, vmap


class DEQ(nn.Module):
    """A fixed point z = f(z, x) for a batch; its gradient by products, never by the whole Jacobian."""

    def __init__(self, d=5, tol=1e-4):
        super().__init__()
        self.lin = nn.Linear(d, d, bias=False)
        self.inject = nn.Linear(d, d)
        nn.init.uniform_(self.lin.weight, -0.1, 0.1)
        self.tol = tol

    def f(self, z, x):
        return torch.tanh(self.lin(z) + self.inject(x))

    def forward(self, x):
        with torch.no_grad():
            z = torch.zeros_like(x)
            for _ in range(20):
                z = self.f(z, x)
        z0 = z.clone().requires_grad_()
        fz = self.f(z0, x)

        def backward(g, steps=10):
            v = g
            for _ in range(steps):
                v = grad(fz, z0, v, retain_graph=True)[0] + g
            return v

        self.last = backward(torch.ones_like(fz))
        return self.f(z, x)

    def spectral_radius(self, x, iterations=5):
        z = self.forward(x).detach()
        v = torch.randn_like(z)
        for _ in range(iterations):
            _, v = jvp(lambda z: self.f(z, x), (z,), (v,))
            v = v / v.norm(dim=1, keepdim=True)
        return (jvp(lambda z: self.f(z, x), (z,), (v,))[1] * v).sum(1)

    def exact(self, x):
        """One matrix a sample, inverted."""
        z = self.forward(x).detach()
        J = vmap(jacrev(self.f))(z, x)  # expect: J (6, 5, 5)
        return torch.linalg.inv(torch.eye(z.shape[1]) - J)


deq = DEQ()
x = torch.randn(6, 5)
z = deq(x)  # expect: z (6, 5)
rho = deq.spectral_radius(x)  # expect: rho (6,)
inverse = deq.exact(x)  # expect: inverse (6, 5, 5)
print(deq.last.shape)


def lorenz(s, sigma=10.0, rho=28.0, beta=8 / 3):
    x, y, z = s.split(1)
    return torch.cat([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def rk4(f, s, dt=0.01):
    k1 = f(s)
    k2 = f(s + 0.5 * dt * k1)
    k3 = f(s + 0.5 * dt * k2)
    k4 = f(s + dt * k3)
    return s + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


# Lyapunov exponents: a frame carried along one trajectory.
s = torch.tensor([1.0, 1.0, 20.0])
Q = torch.eye(3)
exponents = torch.zeros(3)
for _ in range(8):
    M = jacfwd(lambda s: rk4(lorenz, s))(s)  # expect: M (3, 3)
    Q, R = torch.linalg.qr(M @ Q)
    exponents = exponents + R.diagonal().abs().log()
    s = rk4(lorenz, s)
print(exponents.shape)  # expect: exponents (3,)


def flow(s0, steps=5):
    s = s0
    for _ in range(steps):
        s = rk4(lorenz, s)
    return s


monodromy = jacobian(flow, torch.tensor([1.0, 1.0, 20.0]))  # expect: monodromy (3, 3)
multipliers = torch.linalg.eigvals(monodromy)  # expect: multipliers (3,)

# Sensitivities by initial state and by parameters.
decay = lambda y0, k: y0 * torch.exp(-k * 0.5)
S0, Sk = jacobian(decay, (torch.randn(4), torch.tensor(0.3)))
print(S0.shape, Sk.shape)


# The adjoint of one trajectory, step by step.
def adjoint(f, states, a):
    for state in reversed(states):
        _, pull = vjp(f, state)
        (a,) = pull(a)
    return a


states = [torch.randn(3) for _ in range(4)]
a = adjoint(lambda s: rk4(lorenz, s), states, torch.ones(3))  # expect: a (3,)

# Stability of many equilibria, each of its own.
points = torch.randn(7, 3)
stability = vmap(jacfwd(lorenz))(points)  # expect: stability (7, 3, 3)
growth = torch.linalg.eigvals(stability).real.max(dim=1).values  # expect: growth (7,)
