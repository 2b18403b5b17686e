"""Batch norm that transforms can run, and right programs that use it in training mode elsewhere."""

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, replace_all_batch_norm_modules_, stack_module_state, vmap
from torch.nn import functional as F

x = torch.randn(4, 5)
sets = torch.randn(3, 4, 5)
images = torch.randn(3, 1, 8, 8)


def mlp(**options):
    return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8, **options), nn.ReLU(), nn.Linear(8, 2))


trained = mlp().eval()
a = vmap(trained)(sets)  # expect: a (3, 4, 2)
b = vmap(jacrev(lambda row: trained(row.unsqueeze(0)).squeeze(0)))(x)  # expect: b (4, 2, 5)

# Nothing is stored: nothing is updated.
c = vmap(mlp(track_running_stats=False))(sets)  # expect: c (3, 4, 2)
d = vmap(lambda z: F.batch_norm(z, None, None, training=True))(sets)  # expect: d (3, 4, 5)
patched = replace_all_batch_norm_modules_(mlp())
e = vmap(patched)(sets)  # expect: e (3, 4, 2)
told = mlp()
told[1].track_running_stats = False
f = vmap(told)(sets)  # expect: f (3, 4, 2)

# Other norms take each sample by itself.
g = vmap(nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8)))(sets)  # expect: g (3, 4, 8)
h = vmap(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(1)))(images)  # expect: h (3, 2, 36)
i = vmap(lambda image: nn.functional.group_norm(image[None], 1)[0])(images)  # expect: i (3, 1, 8, 8)
j = vmap(nn.InstanceNorm1d(4))(sets)  # expect: j (3, 4, 5)

# The state is an argument of the function, and so its own.
model = mlp()
params, buffers = dict(model.named_parameters()), dict(model.named_buffers())


def loss(weights, state, z):
    return functional_call(model, (weights, state), (z,)).pow(2).sum()


k = grad(loss)(params, buffers, x)["0.bias"]  # expect: k (8,)

# An ensemble has statistics for each of its models.
models = [mlp() for _ in range(3)]
stacked, states = stack_module_state(models)
base = models[0]
m = vmap(lambda w, s, z: functional_call(base, (w, s), (z,)), in_dims=(0, 0, None))(stacked, states, x)  # expect: m (3, 4, 2)

# In training mode outside of transforms, in evaluation mode inside.
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(2):
    model.train()
    optimizer.zero_grad()
    model(x).pow(2).mean().backward()
    optimizer.step()
    model.eval()
    n = vmap(model)(sets)  # expect: n (3, 4, 2)


def try_and_see(net):
    try:
        return vmap(net)(sets)
    except RuntimeError:
        return vmap(net.eval())(sets)


try_and_see(mlp())
o = vmap(lambda z: z * trained(x).sum())(torch.randn(6))  # expect: o (6,)
