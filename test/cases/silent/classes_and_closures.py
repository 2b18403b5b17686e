"""Right derivatives as they stand in larger programs: behind classes, closures, decorators, loops and options."""
import functools
from dataclasses import dataclass
from typing import Callable

import torch
from torch import Tensor, nn
from torch.autograd import grad
from torch.autograd.functional import jacobian, vjp
from torch.func import functional_call, hessian, jacfwd, jacrev, vmap

torch.manual_seed(0)


def per_sample(transform: Callable, fn: Callable) -> Callable:
    """The transform of one sample, over a batch."""

    @functools.wraps(fn)
    def mapped(*args):
        return vmap(transform(fn))(*args)

    return mapped


net = nn.Sequential(nn.Linear(2, 16), nn.SiLU(), nn.Linear(16, 2))
x = torch.randn(10, 2)
a = per_sample(jacrev, net)(x)  # expect: a (10, 2, 2)
b = per_sample(hessian, lambda row: net(row).square().sum())(x)  # expect: b (10, 2, 2)


@dataclass
class Problem:
    """One interior problem: its residual is read as a whole."""

    rhs: Callable[[Tensor], Tensor]
    size: int = 6

    def residual(self, u: Tensor) -> Tensor:
        padded = nn.functional.pad(u, (1, 1))
        return padded[2:] - 2 * padded[1:-1] + padded[:-2] - self.rhs(u)

    def newton(self, u: Tensor, steps: int = 3) -> Tensor:
        for _ in range(steps):
            J = jacobian(self.residual, u)
            u = u - torch.linalg.solve(J, self.residual(u))
        return u


u = Problem(torch.sin).newton(torch.ones(6))  # expect: u (6,)


class Hamiltonian(nn.Module):
    """dq/dt = dH/dp, dp/dt = -dH/dq, with one energy a sample."""

    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim
        self.energy = nn.Sequential(nn.Linear(2 * dim, 16), nn.Tanh(), nn.Linear(16, 1))

    def field(self, z: Tensor) -> Tensor:
        with torch.enable_grad():
            z = z if z.requires_grad else z.requires_grad_()
            (dH,) = grad(self.energy(z).sum(), z, create_graph=True)
        dq, dp = dH.split(self.dim, dim=-1)
        return torch.cat([dp, -dq], dim=-1)

    def rollout(self, z: Tensor, steps: int, dt: float = 0.1) -> Tensor:
        path = [z]
        for _ in range(steps):
            path.append(path[-1] + dt * self.field(path[-1]))
        return torch.stack(path, dim=1)


path = Hamiltonian(3).rollout(torch.randn(5, 6), 4)
print(path)  # expect: path (5, 5, 6)


class Kernel:
    """The tangent kernel of a network, in blocks of parameters."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.params = {name: p.detach() for name, p in model.named_parameters()}

    def features(self, row: Tensor) -> list[Tensor]:
        of = jacrev(lambda p: functional_call(self.model, p, (row,)))(self.params)
        return [J.flatten(1) for J in of.values()]

    def __call__(self, x1: Tensor, x2: Tensor) -> Tensor:
        f1, f2 = vmap(self.features)(x1), vmap(self.features)(x2)
        return sum(torch.einsum("nop,mqp->nmoq", one, two) for one, two in zip(f1, f2))


ntk = Kernel(net)(x, x[:4])  # expect: ntk (10, 4, 2, 2)


class Integrator:
    order = 4

    def __init__(self, f, *, vectorised=True):
        self.f = f
        self.jac = vmap(jacfwd(f)) if vectorised else None

    def sensitivities(self, x, steps=3, dt=0.05):
        """The flow map's Jacobian of each sample by the variational equation."""
        S = torch.eye(x.shape[1]).expand(x.shape[0], -1, -1)
        for _ in range(steps):
            S = S + dt * self.jac(x) @ S
            x = x + dt * self.f(x)
        return S


S = Integrator(net).sensitivities(x)  # expect: S (10, 2, 2)


def make_penalty(model, weight=1.0):
    def penalty(inputs):
        inputs = inputs.detach().requires_grad_(True)
        outputs = model(inputs)
        total = inputs.new_zeros(())
        for k in range(outputs.shape[1]):
            (g,) = grad(outputs[:, k].sum(), inputs, create_graph=True)
            total = total + g.square().sum(1).mean()
        return weight * total

    return penalty


loss = make_penalty(net)(x)  # expect: loss ()

for name, act in {"tanh": nn.Tanh(), "gelu": nn.GELU()}.items():
    model = nn.Sequential(nn.Linear(2, 4), act, nn.Linear(4, 3))
    table = vmap(jacrev(model))(x)  # expect: table (10, 3, 2)
    pulled = vjp(model, x, torch.ones(10, 3))[1]  # expect: pulled (10, 2)

if torch.cuda.is_available():
    chunked = vmap(jacrev(net), chunk_size=64)(x)
else:
    chunked = torch.cat([vmap(jacrev(net))(part) for part in x.split(4)])
print(chunked)  # expect: chunked (10, 2, 2)


class ImplicitLayer(torch.autograd.Function):
    """A fixed point z = g(z), whose derivative is solved for."""

    @staticmethod
    def forward(ctx, z0, weight):
        with torch.no_grad():
            z = z0
            for _ in range(20):
                z = torch.tanh(weight @ z)
        ctx.save_for_backward(z, weight)
        return z

    @staticmethod
    def backward(ctx, gradient):
        z, weight = ctx.saved_tensors
        J = jacobian(lambda z: torch.tanh(weight @ z), z)
        return None, torch.outer(torch.linalg.solve(torch.eye(len(z)) - J.T, gradient), z)


fixed = ImplicitLayer.apply(torch.ones(4), 0.1 * torch.ones(4, 4))  # expect: fixed (4,)
