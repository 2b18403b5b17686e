"""Reductions of per-sample Jacobians that keep the batch, or that give what the code says: something of all samples."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4))
x = torch.randn(6, 4)
J = vmap(jacrev(net))(x)

# Of each sample.
per_sample_norm = J.norm(dim=(1, 2))  # (b,)  # expect: per_sample_norm (6,)
rows = J.square().sum(-1).sqrt()  # (batch, outputs)  # expect: rows (6, 4)
trace = J.view(6, 16)[:, ::5].sum(1)  # expect: trace (6,)
divergence = J.diagonal(dim1=1, dim2=2).sum(-1)  # expect: divergence (6,)

# Of all samples, and so it is called.
mean_jacobian = J.mean(0)  # (o, i)  # expect: mean_jacobian (4, 4)
importance = J.abs().mean(dim=(0, 1))  # expect: importance (4,)
column_norms = J.norm(dim=(0, 1))  # (inputs,)  # expect: column_norms (4,)
per_sample_mean = J.mean(0)  # expect: per_sample_mean (4, 4)
worst = J.norm(dim=(1, 2)).max()  # expect: worst ()
loss = (J.norm(dim=(1, 2)) - 1).pow(2).mean()  # expect: loss ()
total = J.sum(dim=(0, 1, 2))  # expect: total ()

# The first column, by that name.
first_columns = J.reshape(6, 16)[:, ::4]  # expect: first_columns (6, 4)
every_other = J.reshape(6, 16)[:, ::2]  # expect: every_other (6, 8)


def fisher(J):
    """The average of the outer products: (inputs, inputs)."""
    return torch.einsum("boi,boj->ij", J, J) / J.shape[0]


F = fisher(J)  # expect: F (4, 4)


def spread(J):
    """Takes per-sample Jacobians (batch, outputs, inputs) and returns (outputs, inputs)."""
    return J.std(0)


s = spread(J)  # expect: s (4, 4)

# As many samples as outputs.
square = vmap(jacrev(net))(torch.randn(4, 4))
k = square.sum(0)  # expect: k (4, 4)
assert k.shape == (4, 4)


# Of one point, the first axis is the outputs.
one = jacrev(net)(x[0])
per_output = one.norm(dim=1)  # expect: per_output (4,)
per_point_scale = one.norm(dim=0)  # expect: per_point_scale (4,)

# The sum over the batch, output axis first: the batch is axis 1.
first = jacobian(lambda x: net(x).sum(0), x).norm(dim=(0, 2))  # (b,)  # expect: first (6,)
