"""Steps, detached parts and whole numbers beside ways that are open, or where a zero is meant or none is taken."""

import jax
import jax.numpy as jnp
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian
from torch.func import functional_call, grad, jacfwd, jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 4))
x = torch.randn(3)


# The straight-through estimator.
def quantise(v, levels=8):
    scaled = torch.tanh(v) * levels
    return (scaled + (scaled.round() - scaled).detach()) / levels


Q = jacrev(quantise)(x)  # expect: Q (3, 3)
assert Q.count_nonzero() > 0


# A Gumbel softmax, hard forwards and soft backwards.
def hard(logits):
    soft = logits.softmax(-1)
    index = soft.argmax(-1, keepdim=True)
    one_hot = torch.zeros_like(logits).scatter(-1, index, 1.0)
    return one_hot - soft.detach() + soft


H = jacrev(hard)(torch.randn(4))  # expect: H (4, 4)
assert H.count_nonzero() > 0


# A target that is held constant.
def temporal_difference(v):
    target = (net(v * 0.9) + 1).detach()
    return (net(v) - target).pow(2).sum()


td = grad(temporal_difference)(x)  # expect: td (3,)
assert td.count_nonzero() > 0

# A score that is picked by its index.
picked = jacrev(lambda v: net(v)[net(v).argmax()])(x)  # expect: picked (3,)
assert picked.count_nonzero() > 0
best = jacrev(lambda v: net(v).max())(x)  # expect: best (3,)
ordered = jacrev(lambda v: v[v.argsort()])(x)  # expect: ordered (3, 3)

# A choice between two formulas.
leaky = jacrev(lambda v: torch.where(v > 0, v, 0.1 * v))(x)  # expect: leaky (3, 3)
masked = jacrev(lambda v: v * (v > 0).float())(x)  # expect: masked (3, 3)
assert leaky.count_nonzero() > 0

# What is left of a division: the whole part is a step, the rest is not.
sawtooth = jacrev(lambda v: v - v.floor())(x)  # expect: sawtooth (3, 3)
assert torch.allclose(sawtooth, torch.eye(3))

# Whole numbers that only say where to look.
table = nn.Embedding(10, 4)


def looked_up(v):
    position = v.abs().long().clamp(max=9)
    return table(position).sum(0) * v.sum()


L = jacrev(looked_up)(x)  # expect: L (4, 3)
assert L.count_nonzero() > 0


# One of several results is a class, for the record.
def with_class(v):
    scores = net(v)
    return scores, scores.argmax(-1).float()


(J, _) = jacobian(with_class, x)
of_scores = J  # expect: of_scores (4, 3)


# A part that is frozen, beside one that is not.
def residual(v):
    return v + torch.tanh(v).detach()


R = jacfwd(residual)(x)  # expect: R (3, 3)
assert torch.allclose(R, torch.eye(3))

# A derivative by what the cut part is not made of.
weights = dict(net.named_parameters())
of_weights = grad(lambda p, v: functional_call(net, p, (v.detach(),)).sum())(weights, x)
assert of_weights["0.weight"].count_nonzero() > 0

# A normalisation by a constant size.
unit = jacrev(lambda v: v / v.norm().detach())(x)  # expect: unit (3, 3)

# Vector quantisation with its two losses.
codes = torch.randn(16, 3)


def commitment(v):
    nearest = codes[torch.cdist(v[None], codes).argmin()]
    quantised = v + (nearest - v).detach()
    return net(quantised).pow(2).sum() + (v - nearest.detach()).pow(2).sum()


vq = grad(commitment)(x)  # expect: vq (3,)
assert vq.count_nonzero() > 0


# What a test says is zero.
def test_rounding_has_no_derivative():
    assert jacrev(torch.round)(torch.ones(3)).count_nonzero() == 0


test_rounding_has_no_derivative()

# JAX, the same.
z = jnp.linspace(-1.0, 1.0, 4)
through = jax.jacrev(lambda v: v + jax.lax.stop_gradient(jnp.round(v) - v))(z)  # expect: through (4, 4)
clipped = jax.jacfwd(lambda v: jnp.where(v > 0, v, 0.0))(z)  # expect: clipped (4, 4)
target = jax.grad(lambda v: jnp.sum((v - jax.lax.stop_gradient(jnp.sin(v))) ** 2))(z)  # expect: target (4,)


# Functions with derivatives of their own.
@jax.custom_vjp
def snap(v):
    return jnp.round(v)


def snap_forward(v):
    return snap(v), None


def snap_backward(_, cotangent):
    return (cotangent,)


snap.defvjp(snap_forward, snap_backward)
own = jax.jacrev(snap)(z)  # expect: own (4, 4)


@jax.custom_jvp
def heavy(v):
    return jnp.sign(v)


@heavy.defjvp
def heavy_jvp(primals, tangents):
    return heavy(primals[0]), tangents[0]


surrogate = jax.jacfwd(heavy)(z)  # expect: surrogate (4, 4)


@jax.custom_gradient
def floored(v):
    return jnp.floor(v), lambda cotangent: cotangent


straight = jax.jacrev(floored)(z)  # expect: straight (4, 4)


class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        return v.round()

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent


rounded = jacobian(Round.apply, x)  # expect: rounded (3, 3)
assert rounded.count_nonzero() > 0
