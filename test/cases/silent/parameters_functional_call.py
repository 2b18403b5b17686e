"""Jacobians with respect to parameters: there is no batch axis on the side of the input, every entry may be there."""
from functools import partial

import torch
from torch import nn
from torch.func import functional_call, jacrev, vmap

torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
inputs = torch.randn(8, 4)
params = dict(model.named_parameters())
detached = {name: p.detach() for name, p in model.named_parameters()}

# The whole module at once, parameters as the second argument.
by_name = jacrev(functional_call, argnums=1)(model, params, (inputs,))
first = by_name["0.weight"]  # expect: first (8, 3, 6, 4)
last = by_name["2.bias"]  # expect: last (8, 3, 3)

# The module bound beforehand.
bound = partial(functional_call, model)
again = jacrev(bound)(detached, inputs)["2.weight"]  # expect: again (8, 3, 3, 6)


def f(p):
    return functional_call(model, p, (inputs,))


weights = jacrev(f)(params)["0.bias"]  # expect: weights (8, 3, 6)


def single(p, x):
    return functional_call(model, p, (x.unsqueeze(0),)).squeeze(0)


# One sample at a time, the parameters shared.
per_sample = vmap(jacrev(single), (None, 0))(detached, inputs)
flat = [j.flatten(2) for j in per_sample.values()]
features = torch.cat(flat, dim=2)  # expect: features (8, 3, 51)
gram = torch.einsum("nap,mbp->nmab", features, features)  # expect: gram (8, 8, 3, 3)

# A scalar loss: the gradient of each sample.
targets = torch.randn(8, 3)


def loss(p, x, y):
    return ((single(p, x) - y) ** 2).mean()


gradients = vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(detached, inputs, targets)
of_bias = gradients["2.bias"]  # expect: of_bias (8, 3)
fisher = torch.einsum("bi,bj->ij", of_bias, of_bias) / 8  # expect: fisher (3, 3)
