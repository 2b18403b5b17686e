"""The sum trick: summing over the batch before differentiating, since no
sample depends on another.

It gives every per-sample Jacobian at the price of one, but with the axis of
the outputs first: (4, 16, 6). Whoever reads `per_sample[0]` gets the first
output of all samples, not the first sample.
"""
import torch
import torch.nn as nn
from torch.autograd.functional import jacobian

batch, state, action = 16, 6, 4

policy = nn.Sequential(nn.Linear(state, 24), nn.ReLU(), nn.Linear(24, action), nn.Tanh())
states = torch.randn(batch, state)

per_sample = jacobian(lambda s: policy(s).sum(0), states)
print(per_sample.shape)

# With the batch moved to the front, it is right.
batch_first = jacobian(lambda s: policy(s).sum(0), states).movedim(1, 0)
print(batch_first.shape)
