"""Other layouts that JAX code says, and what is commented out in it."""

import jax
import jax.numpy as jnp
from jax import jacfwd, jacrev, vmap

kernel = jnp.ones((3, 4))
x = jnp.linspace(0.0, 1.0, 15).reshape(5, 3)
net = lambda row: jnp.tanh(row @ kernel)

# full = jacrev(net)(x)
# J = jnp.einsum("bobi->boi", full)
J = vmap(jacrev(net))(x)  # expect: J (5, 4, 3)
# J = jacrev(net)(x)  # (5, 4, 5, 3): too large
# J = jnp.diagonal(jacfwd(net)(x), axis1=0, axis2=2)


def gradients(fn, x):
    """Gradients of the outputs as columns, (batch, inputs, outputs)."""
    return jnp.swapaxes(vmap(jacrev(fn))(x), 1, 2)


nabla = gradients(net, x)  # expect: nabla (5, 3, 4)
JT = vmap(jacrev(net))(x).mT  # expect: JT (5, 3, 4)
samples_last = vmap(jacfwd(net), out_axes=-1)(x)  # expect: samples_last (4, 3, 5)
J_obi = jacrev(lambda x: net(x).sum(0))(x)  # expect: J_obi (4, 5, 3)
per_output = [J_obi[k] for k in range(4)]  # one (b, i) gradient an output
first = per_output[0]  # expect: first (5, 3)


def output_major(fn, x):
    """Rows of the Jacobian, output by output.

    Returns:
        Array of shape (outputs, batch, inputs).
    """
    return jacrev(lambda x: fn(x).sum(axis=0))(x)


rows = output_major(net, x)  # expect: rows (4, 5, 3)
dv_dx, *others = output_major(net, x)
print(dv_dx)  # expect: dv_dx (5, 3)


def deformation_gradient(u, X):
    """F_iJ = d x_i / d X_J for every point, with the points in the last place for the assembly."""
    return jnp.transpose(vmap(jacfwd(lambda p: p + u(p)))(X), (1, 2, 0))


F = deformation_gradient(lambda p: 0.1 * jnp.sin(p), x)  # expect: F (3, 3, 5)


class Operator:
    """
    The old way was

        full = jax.jacrev(self.fn)(x)
        return full.diagonal(axis1=0, axis2=2)
    """

    def __init__(self, fn):
        self.fn = fn
        # self.jac = jax.jacrev(fn)
        self.jac = vmap(jacrev(fn))

    def adjoint(self, x, y):
        # return jnp.einsum("bo,bobi->bi", y, jacrev(self.fn)(x))
        return jnp.einsum("bio,bo->bi", self.jac(x).transpose(0, 2, 1), y)


pulled = Operator(net).adjoint(x, jnp.ones((5, 4)))  # expect: pulled (5, 3)
tangent_first = jnp.moveaxis(vmap(jacfwd(net))(x), -1, 0)  # expect: tangent_first (3, 5, 4)
fortran = jnp.einsum("boi->iob", vmap(jacrev(net))(x))  # expect: fortran (3, 4, 5)
