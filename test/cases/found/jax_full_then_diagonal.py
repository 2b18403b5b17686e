"""Full Jacobians of JAX functions of which only the same-sample blocks are kept."""
import flax.linen as nn
import jax
import jax.numpy as jnp

kernel = jnp.linspace(-1.0, 1.0, 20).reshape(5, 4)
x = jnp.linspace(0.0, 1.0, 15).reshape(3, 5)


def f(v):
    return jnp.tanh(v @ kernel)


a = jax.jacfwd(f)(x)  # expect: a (3, 4, 3, 5) full-then-diagonal wanted (3, 4, 5)
a_kept = jnp.einsum("bobi->boi", a)  # expect: a_kept (3, 4, 5)
b_kept = jnp.diagonal(jax.jacrev(f)(x), axis1=0, axis2=2)  # expect: b_kept (4, 5, 3) full-then-diagonal
c = jax.jacrev(f)(x)  # expect: c (3, 4, 3, 5) full-then-diagonal wanted (3, 4, 5)
norms = [jnp.linalg.norm(c[k, :, k]) for k in range(3)]
d = jax.jacrev(f)(x)  # expect: d (3, 4, 3, 5) full-then-diagonal wanted (3, 4, 5)
d_kept = jnp.stack([d[k, :, k, :] for k in range(3)])  # expect: d_kept (3, 4, 5)


class Net(nn.Module):
    @nn.compact
    def __call__(self, v):
        return nn.Dense(4)(nn.tanh(nn.Dense(8)(v)))


net = Net()
weights = net.init(jax.random.PRNGKey(0), x)


@jax.jit
def loss(weights):
    J = jax.jacfwd(lambda v: net.apply(weights, v))(x)  # expect: J (3, 4, 3, 5) full-then-diagonal wanted (3, 4, 5)
    return jnp.sum(jnp.einsum("bobi->boi", J) ** 2)


for turn in range(100):
    slope = jax.grad(loss)(weights)
    weights = jax.tree_util.tree_map(lambda w, g: w - 0.01 * g, weights, slope)
e = jax.jacrev(net.apply, argnums=1)(weights, x)  # expect: e (3, 4, 3, 5) full-batch-jacobian wanted (3, 4, 5)

# Right as it is.
per_sample = jax.vmap(jax.jacfwd(f))(x)  # expect: per_sample (3, 4, 5)
