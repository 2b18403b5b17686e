"""Batches of no samples: their derivatives have no entries, and cost nothing."""

import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import hessian, jacrev

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
none = torch.randn(0, 5)

whole = jacrev(net)(none)  # expect: whole (0, 3, 0, 5)
curvature = hessian(lambda z: net(z).pow(2).sum())(none)  # expect: curvature (0, 5, 0, 5)
summed = jacrev(lambda z: net(z).sum(0))(none)  # expect: summed (3, 0, 5)
slopes = jacrev(torch.tanh)(none)  # expect: slopes (0, 5, 0, 5)
blocks = jacrev(net)(none).diagonal(dim1=0, dim2=2)  # expect: blocks (3, 5, 0)
total = jacobian(lambda z: net(z).sum(0), none, vectorize=True)  # expect: total (3, 0, 5)
rows = torch.stack([torch.autograd.grad(net(none.requires_grad_())[:, k].sum(), none)[0] for k in range(3)])  # expect: rows (3, 0, 5)
left = jacobian(net, none)  # raises: non-empty TensorList
right = jacobian(net, none, vectorize=True)  # raises: out of bounds
