"""Functions with derivatives of their own: what their rules are given, where nothing but a library calls them."""
from functools import partial

import jax
import jax.numpy as jnp
import torch
from torch import nn


class Scaled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, k=2):
        result = (x @ w).exp()
        ctx.save_for_backward(x, w, result)
        ctx.k = k
        ctx.kept = x.shape
        return result

    @staticmethod
    def backward(ctx, grad_output):
        x, w, result = ctx.saved_tensors
        inner = grad_output * result  # expect: inner (5, 4)
        by_x = by_w = None
        if ctx.needs_input_grad[0]:
            by_x = inner @ w.T  # expect: by_x (5, 3)
        if ctx.needs_input_grad[1]:
            by_w = x.reshape(ctx.kept).T @ inner  # expect: by_w (3, 4)
        third = torch.zeros(ctx.k, len(ctx.needs_input_grad))  # expect: third (2, 2)
        return by_x, by_w, None


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(3, 4))

    def forward(self, x):
        return Scaled.apply(x, self.w)


class Both(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x.sin(), x.sum(0)

    @staticmethod
    def setup_context(ctx, inputs, output):
        (x,) = inputs
        ctx.save_for_backward(x, output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, by_sine, by_sum):
        x, total = ctx.saved_tensors
        kept = total + by_sum  # expect: kept (3,)
        return by_sine * x.cos() + 0 * kept


x = torch.randn(5, 3, requires_grad=True)
y = Layer()(x)  # expect: y (5, 4)
y.sum().backward()
sine, total = Both.apply(x)  # expect: sine (5, 3)
sine.sum().backward()


@jax.custom_vjp
def f(x, y):
    return jnp.sin(x) @ y


def f_forward(x, y):
    cosine = jnp.cos(x)  # expect: cosine (5, 3)
    return f(x, y), {"cosine": cosine, "y": y}


def f_backward(kept, g):
    by_x = g[:, None] * kept["cosine"] * kept["y"]  # expect: by_x (5, 3)
    return by_x, jnp.zeros_like(kept["y"])


f.defvjp(f_forward, f_backward)
J = jax.grad(lambda x, y: f(x, y).sum())(jnp.ones((5, 3)), jnp.ones(3))  # expect: J (5, 3)


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def apply(g, x):
    return g(x), x.sum()


def apply_forward(g, x):
    return apply(g, x), x


def apply_backward(g, x, cotangents):
    (by_value, by_sum) = cotangents
    back = x * by_value + by_sum  # expect: back (4,)
    other = g(x)  # expect: other ()
    return (back,)


apply.defvjp(apply_forward, apply_backward)


def uses(scale):
    return jax.grad(lambda x: apply(jnp.sum, x)[0])(jnp.ones(4)) * scale


# call: uses(2.0)


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def power(x, n):
    return x**n


@power.defjvp
def power_tangent(n, primals, tangents):
    (x,), (t,) = primals, tangents
    out = n * x ** (n - 1) * t  # expect: out (2, 3)
    return power(x, n), out


p = jax.jvp(lambda x: power(x, 3), (jnp.ones((2, 3)),), (jnp.ones((2, 3)),))[1]  # expect: p (2, 3)


@jax.custom_gradient
def square(x):
    def pull(g):
        back = 2 * x * g  # expect: back (6,)
        return (back,)

    return x**2, pull


q = jax.grad(lambda x: square(x).sum())(jnp.ones(6))  # expect: q (6,)
