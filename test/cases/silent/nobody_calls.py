"""Right functions that nobody is seen to call: what they are given may hang together in ways that are not seen."""
import jax
import jax.numpy as jnp
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap


def residual(u, x, t):
    n, _ = x.shape
    assert u.ndim == 2 and t.shape == x.shape
    u_x = torch.autograd.grad(u, x, torch.ones_like(u), create_graph=True)[0]
    u_t = torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]
    u_xx = torch.autograd.grad(u_x, x, torch.ones_like(u_x), create_graph=True)[0]
    return (u_t + u * u_x - u_xx).square().sum() / n


# call: (lambda x, t: residual(torch.sin(x * t) * torch.exp(x), x, t))(torch.rand(7, 1, requires_grad=True), torch.rand(7, 1, requires_grad=True))


def rows(y, x):
    n, o = y.shape
    n, i = x.shape
    J = torch.stack([torch.autograd.grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(o)], 1)
    return J.reshape(n, o, i)


# call: (lambda x: rows(x @ torch.randn(5, 2), x))(torch.randn(7, 5, requires_grad=True))


def of_weights(model, w):
    def loss_gradient(weights):
        # What the gradient is taken of hangs on the weights, though it is not known how.
        x = torch.ones(3)
        return torch.func.grad(lambda at: model(at, weights))(x)

    return jacrev(loss_gradient)(w)


# call: of_weights(lambda at, w: (torch.sin(at) * w).sum(), torch.randn(3))


def recorded_twice(model, weights):
    x = torch.randn(7, 5, requires_grad=True)
    g = torch.autograd.grad(model(x, weights).sum(), x, create_graph=True)[0]
    return torch.autograd.grad(g.square().sum(), weights)[0]


# call: recorded_twice(lambda x, w: torch.tanh(x @ w), torch.randn(5, 2, requires_grad=True))


def any_rank(x):
    if x.dim() == 1:
        x = x[None]
    n, d = x.shape
    return vmap(jacrev(torch.tanh))(x), n, d


# call: any_rank(torch.randn(5))
# call: any_rank(torch.randn(7, 5))


def two_ranks(x):
    if x.dim() == 2:
        x = torch.bmm(x[None], x.T[None])[0]
    else:
        x = torch.mv(torch.eye(3), x)
    return jacobian(lambda z: z.sum(), x)


# call: two_ranks(torch.randn(3))
# call: two_ranks(torch.randn(7, 3))


def tangents(f, v):
    x = jnp.ones((3, 5))
    _, tangent = jax.jvp(f, (x,), (v,))
    _, pull = jax.vjp(f, x)
    (back,) = pull(tangent)
    return back @ x.T


# call: tangents(jnp.tanh, jnp.ones((3, 5)))
# call: tangents(jnp.sum, jnp.ones((3, 5)))


def matrices(A, b):
    assert A.shape[-1] == A.shape[-2]
    x = jnp.einsum("nij,nj->ni", A, b)
    return jax.vmap(jax.jacrev(lambda a, v: a @ v, argnums=1))(A, b), x


# call: matrices(jnp.ones((7, 3, 3)), jnp.ones((7, 3)))


class Field(nn.Module):
    def __init__(self, net, dim):
        super().__init__()
        self.net = net
        self.dim = dim

    def forward(self, t, state):
        x = state[0]
        b, d = x.shape
        with torch.enable_grad():
            x.requires_grad_(True)
            dx = self.net(x)
            divergence = sum(torch.autograd.grad(dx[:, k].sum(), x, create_graph=True)[0][:, k] for k in range(d))
        return dx, -divergence.view(b, 1)


# call: Field(nn.Linear(5, 5), 5)(0.0, (torch.randn(7, 5), torch.zeros(7, 1)))
