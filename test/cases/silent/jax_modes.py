"""Functions of JAX that have derivatives in one mode only: the other mode, though cheaper by its passes, raises."""

import jax
import jax.numpy as jnp


@jax.custom_vjp
def scaled(x):
    return x * jnp.arange(1.0, 4.0)


def scaled_forward(x):
    return scaled(x), None


def scaled_backward(_, cotangent):
    return ((cotangent * jnp.arange(1.0, 4.0)).sum(),)


scaled.defvjp(scaled_forward, scaled_backward)
a = jax.jacrev(scaled)(2.0)  # expect: a (3,)


def grown(x):
    return jax.lax.while_loop(lambda c: c.sum() < 30, lambda c: c * 2, x).sum()


b = jax.jacfwd(grown)(jnp.ones(5))  # expect: b (5,)
