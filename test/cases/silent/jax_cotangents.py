"""Cotangents of JAX that are right: ones on one column, one coordinate at a time, random projections."""

import jax
import jax.numpy as jnp
from jax import grad, jvp, linearize, vjp, vmap

w1, w2 = jnp.ones((2, 8)), jnp.ones((8, 1))
points = jnp.linspace(0.0, 1.0, 14).reshape(7, 2)
key = jax.random.key(0)


def u(p):
    """One column a point."""
    return jnp.tanh(p @ w1) @ w2


# One column: each point has one number, so nothing is added up but zeros.
_, pull = vjp(u, points)
du = pull(jnp.ones((7, 1)))[0]  # expect: du (7, 2)
u_t, u_x = du[:, :1], du[:, 1:]
gradient = grad(lambda p: u(p).sum())(points)  # expect: gradient (7, 2)
same = grad(lambda p: jnp.sum(u(p)))(points)  # expect: same (7, 2)


def second(p, axis):
    """The second derivative by one coordinate, for each point."""
    first = lambda p: grad(lambda q: u(q).sum())(p)[:, axis]
    return grad(lambda p: first(p).sum())(p)[:, axis]


u_xx = second(points, 1)  # expect: u_xx (7,)
residual = u_t[:, 0] - 0.01 * u_xx  # expect: residual (7,)
laplacian = sum(second(points, k) for k in range(2))  # expect: laplacian (7,)

# One coordinate at a time, forwards: all points are pushed along the same axis.
push = lambda k: jvp(u, (points,), (jnp.zeros_like(points).at[:, k].set(1.0),))[1]
columns = jnp.concatenate([push(k) for k in range(2)], axis=1)  # expect: columns (7, 2)
tangent = jnp.broadcast_to(jnp.array([1.0, 0.0]), points.shape)
_, along = jvp(u, (points,), (tangent,))
print(along)  # expect: along (7, 1)
y, f_jvp = linearize(u, points)
again = f_jvp(jnp.tile(jnp.eye(2)[0], (7, 1)))  # expect: again (7, 1)


def score(x):
    return jnp.sin(x @ jnp.ones((2, 2))) - x


def divergence(fn, x, eps):
    """Hutchinson's estimate, one probe a sample."""
    _, pull_back = vjp(fn, x)
    return (pull_back(eps)[0] * eps).sum(-1)


trace = divergence(score, points, jax.random.normal(key, points.shape))  # expect: trace (7,)
signs = divergence(score, points, jax.random.rademacher(key, points.shape, dtype=jnp.float32))  # expect: signs (7,)
skilling = (grad(lambda x: (score(x) * tangent).sum())(points) * tangent).sum(-1)  # expect: skilling (7,)


def estimates(fn, x, key, count):
    probes = jax.random.normal(key, (count, *x.shape))
    return vmap(lambda v: (jvp(fn, (x,), (v,))[1] * v).sum(-1))(probes).mean(0)


several = estimates(score, points, key, 16)  # expect: several (7,)


def jacobian_penalty(fn, x, key):
    """The Frobenius norm of each sample's Jacobian by a random unit cotangent."""
    y, pull_back = vjp(fn, x)
    v = jax.random.normal(key, y.shape)
    v = v / jnp.linalg.norm(v, axis=-1, keepdims=True)
    (vJ,) = pull_back(v)
    return y.shape[-1] * (vJ**2).sum() / x.shape[0]


penalty = jacobian_penalty(score, points, key)  # expect: penalty ()
penalty_slope = grad(lambda x: jacobian_penalty(score, x, key))(points)  # expect: penalty_slope (7, 2)


def spectral_norm(fn, x, steps=3):
    """Power iteration on J^T J, all samples at once."""
    v = jnp.ones_like(x)
    for _ in range(steps):
        v = v / jnp.linalg.norm(v, axis=1, keepdims=True)
        _, pushed = jvp(fn, (x,), (v,))
        v = vjp(fn, x)[1](pushed)[0]
    return jnp.sqrt(jnp.linalg.norm(v, axis=1))


sigma = spectral_norm(score, points)  # expect: sigma (7,)


def hvp(f, x, v):
    return jvp(grad(f), (x,), (v,))[1]


loss = lambda x: jnp.sum(score(x) ** 2)
product = hvp(loss, points, jnp.ones_like(points))  # expect: product (7, 2)
gauss_newton = vjp(score, points)[1](jvp(score, (points,), (points,))[1])[0]  # expect: gauss_newton (7, 2)
