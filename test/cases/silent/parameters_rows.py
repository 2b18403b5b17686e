"""Jacobians by weights whose rows give one output each: nothing of the input is a batch, whatever its first axis is."""
import jax
import jax.numpy as jnp
import torch
from torch import nn
from torch.func import functional_call, jacrev, vmap

row = torch.randn(4)
layer = {"weight": torch.randn(3, 4), "bias": torch.zeros(3)}


def affine(p, row):
    return torch.tanh(p["weight"] @ row + p["bias"])


by_layer = jacrev(affine)(layer, row)
a = by_layer["weight"]  # expect: a (3, 3, 4)
b = by_layer["bias"]  # expect: b (3, 3)
of_lambda = jacrev(lambda q: affine(q, row))(layer)["weight"]  # expect: of_lambda (3, 3, 4)
of_list = jacrev(lambda q: torch.relu(q[0] @ row) + q[1])([layer["weight"], layer["bias"]])[0]  # expect: of_list (3, 3, 4)
fisher = a.flatten(1).T @ a.flatten(1)  # expect: fisher (12, 12)


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(4, 5)
        self.out = nn.Linear(5, 2)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))


model = Perceptron()
params = {name: p.detach() for name, p in model.named_parameters()}
J = jacrev(lambda p: functional_call(model, p, (row,)))(params)
of_hidden = J["hidden.weight"]  # expect: of_hidden (2, 5, 4)
of_out = J["out.weight"]  # expect: of_out (2, 2, 5)
rows = torch.cat([block.reshape(2, -1) for block in J.values()], dim=1)  # expect: rows (2, 37)
x = torch.randn(6, 4)
each = vmap(jacrev(lambda p, r: functional_call(model, p, (r,))), in_dims=(None, 0))(params, x)
for name, block in each.items():
    print(name, block.shape)
sizes = {name: block.flatten(2).norm(dim=2) for name, block in each.items()}
of_bias = sizes["out.bias"]  # expect: of_bias (6, 2)


def per_parameter(fn, params):
    """One Jacobian a parameter, by a loop over names."""
    found = {}
    for name in params:
        found[name] = jacrev(lambda value: fn({**params, name: value}))(params[name])
    return found


by_name = per_parameter(lambda p: functional_call(model, p, (row,)), params)["out.weight"]
print(by_name)  # expect: by_name (2, 2, 5)

# The same in JAX.
tree = {"w": jnp.ones((3, 4)), "b": jnp.zeros(3)}
dense = lambda p, v: jnp.tanh(p["w"] @ v + p["b"])
of_tree = jax.jacrev(dense)(tree, jnp.ones(4))["w"]  # expect: of_tree (3, 3, 4)
again = jax.jacrev(lambda q: dense(q, jnp.ones(4)))(tree)["b"]  # expect: again (3, 3)
stacked = jax.vmap(jax.jacrev(dense), in_axes=(None, 0))(tree, jnp.ones((7, 4)))["w"]  # expect: stacked (7, 3, 3, 4)
layers = [(jnp.ones((5, 4)), jnp.zeros(5)), (jnp.ones((2, 5)), jnp.zeros(2))]


def mlp(layers, v):
    for w, b in layers[:-1]:
        v = jnp.tanh(w @ v + b)
    w, b = layers[-1]
    return w @ v + b


last_weight, last_bias = jax.jacrev(mlp)(layers, jnp.ones(4))[-1]
print(last_weight)  # expect: last_weight (2, 2, 5)
print(last_bias)  # expect: last_bias (2, 2)
