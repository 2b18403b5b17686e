"""Where the sum trick lies: batch normalisation in training mode lets every
sample depend on all others.

The sum over the batch then adds up the influence of each sample on all
outputs. The shape looks right; the numbers are not the per-sample Jacobian. In
evaluation mode, with stored statistics, the samples are independent again.
"""
import torch
import torch.nn as nn
from torch.autograd.functional import jacobian

net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 3))
features = torch.randn(10, 8)

mixed = jacobian(lambda f: net(f).sum(0), features).movedim(1, 0)
print(mixed.shape)

net.eval()
separate = jacobian(lambda f: net(f).sum(0), features).movedim(1, 0)
print(separate.shape)
