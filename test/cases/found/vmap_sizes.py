"""Axes that vmap is to map together, and in_dims, that do not fit the arguments."""

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 2))
points = torch.randn(6, 5)
anchors = torch.randn(4, 5)
planes = torch.randn(7, 5)
normal = torch.randn(5)

pairs = vmap(torch.dot)(points, anchors)  # expect: vmap-sizes
heights = vmap(lambda point, rows: rows @ point)(points, planes)  # expect: vmap-sizes
named_once = vmap(lambda point, rows: rows @ point, in_dims=(0,))(points, planes)  # expect: vmap-sizes
as_list = vmap(torch.dot, in_dims=[0, 0])(points, points)  # expect: vmap-sizes
third = vmap(torch.sin, in_dims=2)(points)  # expect: vmap-sizes
nothing = vmap(lambda point, rows: rows @ point, in_dims=(None, None))(normal, planes)  # expect: vmap-sizes
scaled = vmap(lambda point, factor: factor * point)(points, 0.5)  # expect: vmap-sizes
without = vmap(lambda point, mask: point if mask is None else point * mask)(points, None)  # expect: vmap-sizes
columns = vmap(jacrev(net), in_dims=1)(points)  # expect: vmap-sizes
single = vmap(net)(torch.tensor(1.0))  # expect: vmap-sizes

params = dict(net.named_parameters())


def loss(weights, point, target):
    return (functional_call(net, weights, (point,)) - target).pow(2).sum()


targets = torch.randn(6, 2)
gradients = vmap(grad(loss))(params, points, targets)["2.bias"]  # expect: vmap-sizes


def per_sample(model, batch, labels):
    weights = dict(model.named_parameters())
    return vmap(grad(loss), in_dims=(None, 0, 0))(weights, batch, labels)


per_sample(net, points, targets)
per_sample(net, points[:-1], targets)  # expect: vmap-sizes
