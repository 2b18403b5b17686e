"""The sum over the batch, then the Jacobian, then the batch axis in front: right, however it is spelled."""
from functools import partial

import torch
from einops import rearrange
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
x = torch.randn(8, 4)


def f_sum(x):
    return net(x).sum(dim=0)


a = jacobian(f_sum, x).permute(1, 0, 2)  # expect: a (8, 3, 4)
b = jacobian(lambda x: net(x).sum(0), x).transpose(0, 1)  # expect: b (8, 3, 4)
c = jacobian(lambda x: torch.sum(net(x), dim=0), x).swapaxes(0, 1)  # expect: c (8, 3, 4)
d = jacrev(lambda x: torch.sum(net(x), 0))(x).movedim(1, 0)  # expect: d (8, 3, 4)
e = torch.einsum("obi->boi", jacobian(f_sum, x))  # expect: e (8, 3, 4)
f = rearrange(jacobian(f_sum, x), "o b i -> b o i")  # expect: f (8, 3, 4)
g = torch.permute(jacobian(f_sum, x, create_graph=True), (1, 0, 2))  # expect: g (8, 3, 4)
h = torch.stack(jacobian(f_sum, x).unbind(1))  # expect: h (8, 3, 4)
i = jacobian(func=f_sum, inputs=x, vectorize=True).moveaxis(1, 0)  # expect: i (8, 3, 4)
j = jacobian(lambda x: torch.einsum("bo->o", net(x)), x).permute(1, 0, 2)  # expect: j (8, 3, 4)
k = jacobian(lambda x: torch.ones(8) @ net(x), x).transpose(1, 0)  # expect: k (8, 3, 4)
l = jacobian(lambda x: net(x).T.sum(1), x).transpose(1, 0).contiguous()  # expect: l (8, 3, 4)


class Surrogate(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 6), nn.SiLU(), nn.Linear(6, 3))

    def forward(self, x):
        return self.net(x)

    def _forward_summed(self, x):
        return self.forward(x).sum(axis=0)

    def derivative(self, x):
        """(b, o, i)"""
        J = jacobian(self._forward_summed, x, create_graph=self.training)
        J = J.permute(1, 0, 2)  # expect: J (8, 3, 4)
        return J


m = Surrogate().derivative(x)  # expect: m (8, 3, 4)


def batch_jacobian(func, x, create_graph=False, vectorize=True):
    def summed(x):
        return func(x).sum(dim=0)

    return jacobian(summed, x, create_graph=create_graph, vectorize=vectorize).transpose(0, 1)


n = batch_jacobian(net, x)  # expect: n (8, 3, 4)
per_sample = partial(batch_jacobian, net, create_graph=True)
o = per_sample(x)  # expect: o (8, 3, 4)

# Scalar outputs: the sum of everything is the gradient of each sample.
energy = nn.Sequential(nn.Linear(4, 5), nn.Softplus(), nn.Linear(5, 1))
p = jacobian(lambda x: energy(x).sum(), x)  # expect: p (8, 4)
q = jacrev(lambda x: energy(x).squeeze(-1).sum())(x)  # expect: q (8, 4)
r = jacobian(lambda x: energy(x).sum(0), x).squeeze(0)  # expect: r (8, 4)

# Several axes beside the batch.
seq = nn.Linear(4, 3)
tokens = torch.randn(8, 5, 4)
s = jacobian(lambda t: torch.tanh(seq(t)).mean(1).sum(0), tokens).permute(1, 0, 2, 3)  # expect: s (8, 3, 5, 4)
t = jacrev(lambda t: seq(t).sum(0))(torch.randn(2, 3, 4)).movedim(2, 0)  # expect: t (2, 3, 3, 3, 4)
