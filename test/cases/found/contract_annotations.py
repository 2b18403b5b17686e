"""Annotations of jaxtyping that say another shape than there is. What assertions and unpacking raise is in facts/contracts.py."""
from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev, vmap

if TYPE_CHECKING:
    from jaxtyping import Float, Float32

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(7, 5)

a: Float[Tensor, "7 5 3"] = vmap(jacrev(net))(x)  # expect: a (7, 3, 5) contract-mismatch
b: Float[Tensor, "3 5"] = vmap(jacrev(net))(x)  # expect: b (7, 3, 5) contract-mismatch
c: Float32[Tensor, "5 3"] = jacrev(net)(x[0])  # expect: c (3, 5) contract-mismatch


def per_sample(x: Float[Tensor, "b i"]) -> Float[Tensor, "b i o"]:  # expect: contract-mismatch
    return vmap(jacrev(net))(x)


d = per_sample(x)  # expect: d (7, 3, 5)


def gram(x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch inputs inputs"]:  # expect: contract-mismatch
    J = vmap(jacrev(net))(x)
    return J @ J.mT


e = gram(x)  # expect: e (7, 3, 3)


def normed(J: Float[Tensor, "outputs inputs"]) -> Float[Tensor, " outputs"]:
    return J.norm(dim=-1)


f = normed(jacrev(net)(x[0]))  # expect: f (3,)
g = normed(vmap(jacrev(net))(x))  # expect: g (7, 3) contract-mismatch


class Model(nn.Module):
    def forward(self, x: Float[Tensor, "b 5"]) -> Float[Tensor, "b 3"]:
        return net(x)

    def columns(self, x: Float[Tensor, "b 5"]) -> Float[Tensor, "b 5 3"]:  # expect: contract-mismatch
        return jacobian(lambda x: self(x).sum(0), x).movedim(1, 0)


h = Model().columns(x)  # expect: h (7, 3, 5)
