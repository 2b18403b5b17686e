"""Whole-batch Jacobians of networks of flax, equinox and haiku, whose samples are independent."""
import equinox as eqx
import flax.linen as nn
import haiku as hk
import jax
import jax.numpy as jnp
from flax import nnx


class MLP(nn.Module):
    hidden: int
    out: int

    @nn.compact
    def __call__(self, x):
        x = nn.LayerNorm()(nn.tanh(nn.Dense(self.hidden)(x)))
        return nn.Dense(self.out)(x)


class Field(nn.Module):
    def setup(self):
        self.layers = [nn.Dense(6), nn.Dense(3)]

    def __call__(self, x):
        return self.layers[1](jnp.sin(self.layers[0](x)))


batch = jax.random.normal(jax.random.key(0), (5, 4))

model = MLP(hidden=8, out=3)
params = model.init(jax.random.key(1), batch)
J = jax.jacrev(lambda x: model.apply(params, x))(batch)  # expect: J (5, 3, 5, 4) full-batch-jacobian wanted (5, 3, 4)

field = Field()
variables = field.init(jax.random.key(2), batch[:1])
bound = field.bind(variables)
forward = jax.jacfwd(bound)(batch)  # expect: forward (5, 3, 5, 4) full-batch-jacobian wanted (5, 3, 4)

net = eqx.nn.MLP(4, 3, width_size=8, depth=2, activation=jnp.tanh, key=jax.random.key(3))
mapped = jax.jacrev(jax.vmap(net))(batch)  # expect: mapped (5, 3, 5, 4) full-batch-jacobian wanted (5, 3, 4)




class Regressor(nnx.Module):
    def __init__(self, rngs: nnx.Rngs):
        self.first = nnx.Linear(4, 6, rngs=rngs)
        self.second = nnx.Linear(6, 2, rngs=rngs)

    def __call__(self, x):
        return self.second(nnx.relu(self.first(x)))


regressor = Regressor(nnx.Rngs(0))
whole = jax.jacrev(regressor)(batch)  # expect: whole (5, 2, 5, 4) full-batch-jacobian wanted (5, 2, 4)

forward_fn = hk.without_apply_rng(hk.transform(lambda x: hk.nets.MLP([6, 2])(x)))
weights = forward_fn.init(jax.random.PRNGKey(4), batch)
K = jax.jacrev(forward_fn.apply, argnums=1)(weights, batch)  # expect: K (5, 2, 5, 4) full-batch-jacobian wanted (5, 2, 4)
blocks = jnp.einsum("bibj->bij", jax.jacrev(lambda x: model.apply(params, x))(batch))  # expect: blocks (5, 3, 4) full-then-diagonal
