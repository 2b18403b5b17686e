"""Generators: functions that yield themselves, and how much they yield where that is not known."""
import math
import os

import torch
from torch import nn
from torch.func import functional_call, grad, vmap


def unflattened(flat, model):
    """A function with a generator in it is none."""
    params = dict(model.named_parameters())

    def parts():
        at = 0
        for p in params.values():
            yield flat[at : at + math.prod(p.shape)].reshape(p.shape)
            at += p.numel()

    return dict(zip(params.keys(), parts()))


net = nn.Linear(3, 2)
flat = torch.cat([p.flatten() for p in net.parameters()]).detach()
weight = unflattened(flat, net)["weight"]  # expect: weight (2, 3)


def loss(flat, x):
    return functional_call(net, unflattened(flat, net), (x,)).square().sum()


G = vmap(grad(loss), in_dims=(None, 0))(flat, torch.ones(7, 3))  # expect: G (7, 8)


def each(count):
    for i in range(count):
        yield torch.full((2, 3), float(i))


rows = torch.stack(list(each(100)))  # expect: rows (100, 2, 3)


def unset(count):
    for i in range(count):
        if os.environ.get(f"JACOBIAN_LENS_{i}") is not None or i > 1:
            continue
        yield torch.zeros(2, 3)


assert torch.stack(list(unset(4))).shape == (2, 2, 3)
first = next(iter(unset(4)))  # expect: first (2, 3)


def forever():
    while True:
        yield torch.zeros(4, 3)


for batch in forever():
    y = net(batch)  # expect: y (4, 2)
    break
