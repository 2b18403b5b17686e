"""Start here: the Jacobian of a network over a batch.

One (10, 5) matrix for each of the 3 samples is what we are after: (3, 10, 5)
in all. See what `jacobian` gives instead. Put the cursor on its line and press
Ctrl+. (Cmd+. on a Mac) to mend it, then press Run above it to watch the
corrected Jacobian being computed on the GPU.
"""
import torch
import torch.nn as nn
from torch.autograd.functional import jacobian

in_dim, hidden_dim, out_dim = 5, 2, 10
batch_size = 3

net = nn.Sequential(
    nn.Linear(in_dim, hidden_dim),
    nn.Sigmoid(),
    nn.Linear(hidden_dim, out_dim),
)
x = torch.randn(batch_size, in_dim)

result = jacobian(net, x)
print(result.shape)
