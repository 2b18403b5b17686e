"""Annotations that hold, that leave the sizes open, or that are no shapes at all."""
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int, Shaped

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(7, 5)

a: Float[Tensor, "7 3 5"] = vmap(jacrev(net))(x)  # expect: a (7, 3, 5)
b: Float[Tensor, "b o i"] = vmap(jacrev(net))(x)  # expect: b (7, 3, 5)
c: Float[Tensor, "... o i"] = vmap(jacrev(net))(x)  # expect: c (7, 3, 5)
d: Shaped[Tensor, "*batch i"] = vmap(jacrev(net))(x)  # expect: d (7, 3, 5)
e: Float[Tensor, "b _ 5"] = vmap(jacrev(net))(x)  # expect: e (7, 3, 5)
f: Float[Tensor, "b #o i"] = vmap(jacrev(net))(x).sum(1, keepdim=True)  # expect: f (7, 1, 5)
g: Float[Tensor, "b o 2*n+1"] = vmap(jacrev(net))(x)  # expect: g (7, 3, 5)
h: Float[Tensor, ""] = vmap(jacrev(net))(x).norm()  # expect: h ()
i: Annotated[Tensor, "the Jacobian of each sample"] = vmap(jacrev(net))(x)  # expect: i (7, 3, 5)


def per_sample(x: Float[Tensor, "b i"]) -> Float[Tensor, "b o i"]:
    """For each call the names may stand for other sizes."""
    return vmap(jacrev(net))(x)


j = per_sample(x)  # expect: j (7, 3, 5)
k = per_sample(x[:2])  # expect: k (2, 3, 5)


def gram(x: Float[Tensor, "batch inputs"]) -> Float[Tensor, "batch inputs inputs"]:
    J = vmap(jacrev(net))(x)
    return J.mT @ J


l = gram(x)  # expect: l (7, 5, 5)


def either(x: Float[Tensor, "b i"] | None, how: Literal["rows", "columns"] = "rows") -> Float[Tensor, "b i"] | None:
    return x


m = either(x)  # expect: m (7, 5)


def summed(x: Float[Tensor, "b i"]) -> Float[Tensor, "o b i"]:
    return jacobian(lambda x: net(x).sum(0), x)


n = summed(x)[0]  # expect: n (7, 5)


def unused(J: Float[Tensor, "b o i"]) -> Float[Tensor, "b o"]:
    """Nobody calls it: what it gets is only declared."""
    return J.norm(dim=(1, 2))


def later(J: Float[Tensor, "b o i"], mask: Bool[Tensor, " b"], order: Int[Tensor, " b"]) -> Float[Tensor, "kept o i"]:
    return J[order][mask[order]]


o = later(a, torch.arange(7) > 2, torch.arange(7))
