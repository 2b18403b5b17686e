"""One state, one configuration, one image, in JAX: no axis is a batch."""

from collections import namedtuple
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import hessian, jacfwd, jacobian, jacrev, lax
from jax.flatten_util import ravel_pytree

Gaussian = namedtuple("Gaussian", ["mean", "cov"])


def motion(state, dt=0.1):
    px, py, heading, speed = state
    return jnp.array([px + dt * speed * jnp.cos(heading), py + dt * speed * jnp.sin(heading), heading, speed])


def predict(belief, noise):
    F = jacfwd(motion)(belief.mean)
    return Gaussian(motion(belief.mean), F @ belief.cov @ F.T + noise)


belief = Gaussian(jnp.ones(4), jnp.eye(4))
for _ in range(3):
    belief = predict(belief, 0.1 * jnp.eye(4))
spread = belief.cov  # expect: spread (4, 4)


def links(theta):
    angles = jnp.cumsum(theta)
    return jnp.stack([jnp.cos(angles).sum(), jnp.sin(angles).sum()])


theta = jnp.array([0.1, 0.2, 0.3])
J = jacobian(links)(theta)  # expect: J (2, 3)
pinv = J.T @ jnp.linalg.inv(J @ J.T + 1e-3 * jnp.eye(2))  # expect: pinv (3, 2)
manipulability = jnp.sqrt(jnp.linalg.det(J @ J.T))  # expect: manipulability ()


def inverse_kinematics(theta, goal, steps=4):
    def body(theta, _):
        J = jacrev(links)(theta)
        step = jnp.linalg.lstsq(J, goal - links(theta))[0]
        return theta + step, jnp.linalg.norm(step)

    return lax.scan(body, theta, None, length=steps)


solution, steps = inverse_kinematics(theta, jnp.array([1.0, 1.0]))
print(steps)  # expect: steps (4,)


class Params(NamedTuple):
    mass: jax.Array
    length: jax.Array


def pendulum(y, t, params):
    return jnp.array([y[1], -params.mass * jnp.sin(y[0]) / params.length])


at = jnp.array([0.3, 0.0])
A = jacfwd(pendulum)(at, 0.0, Params(jnp.array(1.0), jnp.array(2.0)))  # expect: A (2, 2)
sensitivity = jacfwd(pendulum, argnums=2)(at, 0.0, Params(jnp.array(1.0), jnp.array(2.0)))
by_mass = sensitivity.mass  # expect: by_mass (2,)

image = jnp.linspace(0.0, 1.0, 64).reshape(8, 8)
blur = lambda im: lax.conv(im[None, None], jnp.ones((1, 1, 3, 3)) / 9, (1, 1), "SAME")[0, 0]
response = jacrev(blur)(image)  # expect: response (8, 8, 8, 8)
point_spread = response[4, 4]  # expect: point_spread (8, 8)

rosenbrock = lambda x: jnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
start = jnp.zeros(5)
newton = start - jnp.linalg.solve(hessian(rosenbrock)(start), jax.grad(rosenbrock)(start))  # expect: newton (5,)

covariance = jnp.eye(3)
of_matrix = jacrev(jnp.linalg.inv)(covariance)  # expect: of_matrix (3, 3, 3, 3)
of_factor = jacfwd(jnp.linalg.cholesky)(covariance)  # expect: of_factor (3, 3, 3, 3)
log_det_slope = jax.grad(lambda S: jnp.linalg.slogdet(S)[1])(covariance)  # expect: log_det_slope (3, 3)
of_eigenvalues = jacrev(jnp.linalg.eigvalsh)(jnp.diag(jnp.arange(3.0)))  # expect: of_eigenvalues (3, 3, 3)

tree = {"w": jnp.ones((2, 3)), "b": jnp.zeros(2)}
flat, unravel = ravel_pytree(tree)
model = lambda p, v: jnp.tanh(p["w"] @ v + p["b"])
by_flat = jacrev(lambda p: model(unravel(p), jnp.ones(3)))(flat)  # expect: by_flat (2, 8)


class Controller:
    """An LQR around a trajectory: one linearisation a step."""

    def __init__(self, dynamics):
        self.A = jacfwd(dynamics, argnums=0)
        self.B = jacfwd(dynamics, argnums=1)

    def linearised(self, states, controls):
        return [(self.A(s, u), self.B(s, u)) for s, u in zip(states, controls)]


controller = Controller(lambda s, u: s + 0.1 * jnp.array([s[1], u[0] - jnp.sin(s[0])]))
Ad, Bd = controller.linearised([at, 2 * at], [jnp.ones(1), jnp.ones(1)])[0]
print(Ad)  # expect: Ad (2, 2)
print(Bd)  # expect: Bd (2, 1)
