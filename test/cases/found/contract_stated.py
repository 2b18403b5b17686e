"""What is asserted or annotated of a shape, and is not so."""
from __future__ import annotations

from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap

if TYPE_CHECKING:
    from jaxtyping import Array, Float

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(7, 5)
J = vmap(jacrev(net))(x)  # expect: J (7, 3, 5)
assert J.shape == (7, 5, 3)  # raises: ^$  # expect: contract-mismatch
assert tuple(J[0].shape) == (5, 3), "o first"  # raises: o first  # expect: contract-mismatch
assert (7, 3, 5, 5) == J.shape  # raises: ^$  # expect: contract-mismatch
H: Float[Tensor, "3 5 5"] = J.mT @ J  # expect: H (7, 5, 5) contract-mismatch

f = lambda v: jnp.sin(v) * v.sum()
K: Float[Array, "5 4"] = jax.jacrev(f)(jnp.ones(4))  # expect: K (4, 4) contract-mismatch
assert K.shape == (5, 4)  # raises: ^$  # expect: contract-mismatch
