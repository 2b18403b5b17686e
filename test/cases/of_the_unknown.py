"""Derivatives of functions that are not known: a gradient has the shape of what it is taken by, a Jacobian ends in it."""
import jax
import jax.numpy as jnp
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian, vhp, vjp
from torch.func import grad, grad_and_value, jacfwd, jacrev
from torch.func import vjp as vjp_of


def by_autograd(model, v):
    x = torch.randn(3, 5, requires_grad=True)
    y = model(x)
    g = torch.autograd.grad(y.sum(), x, create_graph=True)[0]  # expect: g (3, 5)
    h = torch.autograd.grad(torch.tanh(x), x, v)[0]  # expect: h (3, 5)
    return g, h


# call: by_autograd(nn.Linear(5, 2), torch.randn(3, 5))


def by_func(model, loss):
    x = torch.randn(3, 5)
    J = jacrev(model)(x)  # expect: J (*, 3, 5)
    F = jacfwd(model)(x)  # expect: F (*, 3, 5)
    K = jacobian(model, x)  # expect: K (*, 3, 5)
    g = grad(loss)(x)  # expect: g (3, 5)
    both = grad_and_value(loss)(x)
    first = both[0]  # expect: first (3, 5)
    H = hessian(loss, x)  # expect: H (3, 5, 3, 5)
    second = torch.func.hessian(model)(x)  # expect: second (*, 3, 5, 3, 5)
    p = vhp(loss, x, torch.ones(3, 5))[1]  # expect: p (3, 5)
    _, q = vjp(model, x, torch.ones_like(model(x)))
    _, pull = vjp_of(model, x)
    r = pull(torch.ones_like(model(x)))[0]  # expect: r (3, 5)
    return J, F, K, g, first, H, second, p, q, r  # expect: q (3, 5)


# call: by_func(nn.Linear(5, 2), lambda x: x.square().sum())
# call: by_func(torch.sum, torch.sum)
# call: by_func(lambda x: x[:, None] * x[:, :, None], torch.sum)


def by_jax(loss, f, v):
    x = jnp.ones((3, 5))
    y, t = jax.jvp(jnp.tanh, (x,), (v,))
    print(t.shape, v.shape)  # expect: t (3, 5)
    doubled = v * 2  # expect: doubled (3, 5)
    value, g = jax.value_and_grad(loss)(x)
    trees = jax.grad(loss)(x), jax.grad(lambda tree: loss(tree["a"]))({"a": x})
    print(g.shape, value)  # expect: g (3, 5)
    by_tree = trees[1]["a"]  # expect: by_tree (3, 5)
    J = jax.jacrev(f)(x)  # expect: J (*, 3, 5)
    return y, t, doubled, by_tree, J


# call: by_jax(lambda x: jnp.sum(x**2), jnp.tanh, jnp.ones((3, 5)))
# call: by_jax(lambda x: jnp.sum(x**2), lambda x: x[0, 0], jnp.ones((3, 5)))
