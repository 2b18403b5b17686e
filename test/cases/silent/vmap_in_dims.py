"""in_dims of every form that fits."""

import torch
from torch import nn
from torch.func import functional_call, grad, hessian, jacrev, stack_module_state, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
points = torch.randn(6, 5)
planes = torch.randn(7, 5)

a = vmap(torch.dot)(points, points + 1)  # expect: a (6,)
b = vmap(torch.dot, in_dims=(0, None))(points, points[0])  # expect: b (6,)
c = vmap(torch.dot, in_dims=(0, 1))(points, points.T)  # expect: c (6,)
d = vmap(net, in_dims=1)(points.T)  # expect: d (6, 2)
e = vmap(torch.sin, in_dims=-1, out_dims=-1)(points)  # expect: e (6, 5)
f = vmap(lambda point, rows: rows @ point, in_dims=(0, None))(points, planes)  # expect: f (6, 7)
g = vmap(vmap(torch.dot, in_dims=(None, 0)), in_dims=(0, None))(points, planes)  # expect: g (6, 7)
h = vmap(lambda point, factor: factor * point, in_dims=(0, None))(points, 0.5)  # expect: h (6, 5)
i = vmap(lambda point, mask: point if mask is None else point * mask, in_dims=(0, None))(points, None)  # expect: i (6, 5)
j = vmap(lambda pair: pair[0] - pair[1])((points, points))  # expect: j (6, 5)
k = vmap(lambda pair, z: pair[0] - pair[1] + z, in_dims=((0, None), 0))((points, points[0]), points)  # expect: k (6, 5)
m = vmap(lambda state: state["q"] * state["m"], in_dims=({"q": 0, "m": None},))({"q": points, "m": torch.ones(5)})  # expect: m (6, 5)
n = vmap(lambda point, scale=1.0: scale * point)(points, scale=3.0)  # expect: n (6, 5)
o = vmap(lambda model, point: model(point), in_dims=(None, 0))(net, points)  # expect: o (6, 2)
p = vmap(hessian(lambda u, v: (u * v).prod()), in_dims=(0, None))(points, points[0])  # expect: p (6, 5, 5)
q = vmap(lambda t: torch.exp(-t))(torch.linspace(0, 1, 11))  # expect: q (11,)

params = dict(net.named_parameters())


def loss(weights, point, target):
    return (functional_call(net, weights, (point,)) - target).pow(2).sum()


r = vmap(grad(loss), in_dims=(None, 0, 0))(params, points, torch.randn(6, 2))["2.bias"]  # expect: r (6, 2)
s = vmap(jacrev(lambda point, weights: functional_call(net, weights, (point,))), in_dims=(0, None))(points, params)  # expect: s (6, 2, 5)

# An ensemble maps the weights, and gives each model the same points or its own.
models = [nn.Linear(5, 3) for _ in range(4)]
weights, buffers = stack_module_state(models)
base = models[0]


def member(w, z):
    return functional_call(base, w, (z,))


t = vmap(member, in_dims=(0, None))(weights, points)  # expect: t (4, 6, 3)
u = vmap(member)(weights, points.repeat(4, 1, 1))  # expect: u (4, 6, 3)


def aligned(first, second):
    """Sizes that only the program knows are not taken to differ."""
    return vmap(torch.dot)(first, second)


aligned(points, points)
