"""Derivatives of each sample by JAX's vmap, in every form that is right."""

import functools

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import grad, hessian, jacfwd, jacrev, jit, value_and_grad, vmap

x = jnp.linspace(0.0, 1.0, 12).reshape(4, 3)
actions = jnp.ones((4, 2))
w = jnp.ones((5, 3))


def net(row):
    return jnp.tanh(w @ row)


def dynamics(state, action):
    return state + jnp.concatenate([action, action[:1]])


def with_aux(row):
    out = net(row)
    return out, {"norm": jnp.linalg.norm(out)}


a = vmap(jacrev(net))(x)  # expect: a (4, 5, 3)
b = jit(vmap(jacfwd(net)))(x)  # expect: b (4, 5, 3)
c, aux = vmap(jacrev(with_aux, has_aux=True))(x)
print(c)  # expect: c (4, 5, 3)
norms = aux["norm"]  # expect: norms (4,)
A, B = vmap(jacfwd(dynamics, argnums=(0, 1)))(x, actions)
print(A)  # expect: A (4, 3, 3)
print(B)  # expect: B (4, 3, 2)
d = vmap(jacrev(lambda s: dynamics(s, actions[0])))(x)  # expect: d (4, 3, 3)
e = vmap(jacrev(dynamics), in_axes=(0, None))(x, actions[0])  # expect: e (4, 3, 3)
f = vmap(jacrev(functools.partial(dynamics, action=jnp.zeros(2))))(x)  # expect: f (4, 3, 3)
g = vmap(hessian(lambda row: net(row).sum()))(x)  # expect: g (4, 3, 3)
h = vmap(jacfwd(jacrev(net)))(x)  # expect: h (4, 5, 3, 3)
i = vmap(grad(lambda row: net(row)[0]))(x)  # expect: i (4, 3)
values, slopes = vmap(value_and_grad(lambda row: (net(row) ** 2).sum()))(x)
print(slopes)  # expect: slopes (4, 3)
j = jax.lax.map(jacrev(net), x)  # expect: j (4, 5, 3)
k = vmap(vmap(jacfwd(net)))(jnp.stack([x, x]))  # expect: k (2, 4, 5, 3)
m = vmap(jacrev(net), in_axes=1)(x.T)  # expect: m (4, 5, 3)
n = vmap(lambda row: jnp.linalg.slogdet(jacfwd(lambda r: dynamics(r, jnp.ones(2)))(row))[1])(x)  # expect: n (4,)


@vmap
def jacobian_of_row(row):
    return jacrev(net)(row)


o = jacobian_of_row(x)  # expect: o (4, 5, 3)


@functools.partial(jax.vmap, in_axes=(None, 0))
def by_weights(weights, row):
    return jacrev(lambda r: jnp.tanh(weights @ r))(row)


p = by_weights(w, x)  # expect: p (4, 5, 3)


class Policy(nn.Module):
    @nn.compact
    def __call__(self, row):
        return nn.Dense(2)(nn.tanh(nn.Dense(6)(row)))


policy = Policy()
variables = policy.init(jax.random.key(0), x[0])
q = vmap(jacrev(policy.apply, argnums=1), in_axes=(None, 0))(variables, x)  # expect: q (4, 2, 3)


class Linearised:
    """A policy with its derivatives, made once."""

    def __init__(self, module, variables):
        self.apply = functools.partial(module.apply, variables)
        self.jacobian = jit(vmap(jacfwd(self.apply)))

    def __call__(self, rows):
        return self.apply(rows), self.jacobian(rows)


out, r = Linearised(policy, variables)(x)
print(r)  # expect: r (4, 2, 3)


class Registry:
    """Derivatives that are made once."""

    def __init__(self, fns):
        self.jacobians = {name: jit(vmap(jacrev(fn))) for name, fn in fns.items()}

    def all(self, x):
        return {name: jacobian(x) for name, jacobian in self.jacobians.items()}


made = Registry({"net": net, "square": lambda row: row**2}).all(x)
t = made["net"]  # expect: t (4, 5, 3)
v = made["square"]  # expect: v (4, 3, 3)

# In parts, as memory allows.
parts = [vmap(jacrev(net))(rows) for rows in jnp.split(x, 2)]
joined = jnp.concatenate(parts)  # expect: joined (4, 5, 3)


def scanned(rows):
    def body(total, row):
        J = jacrev(net)(row)
        return total + J.T @ J, jnp.linalg.norm(J)

    return jax.lax.scan(body, jnp.zeros((3, 3)), rows)


fisher, sizes = scanned(x)
print(fisher)  # expect: fisher (3, 3)
print(sizes)  # expect: sizes (4,)
