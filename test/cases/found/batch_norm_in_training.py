"""Batch norm in training mode under the sum over the batch: each network is mended by itself."""
import torch
from torch import nn
from torch.autograd.functional import jacobian

x = torch.randn(6, 4)
images = torch.randn(3, 1, 4, 4)
small = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2))
a = jacobian(lambda x: small(x).sum(0), x).permute(1, 0, 2)  # expect: a (6, 2, 4) sum-over-mixed-batch


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.outer = nn.Linear(8, 3)

    def forward(self, x):
        return self.outer(torch.relu(self.norm(self.inner(x))))


mlp = MLP()
b = jacobian(lambda x: mlp(x).sum(0), x).movedim(1, 0)  # expect: b (6, 3, 4) sum-over-mixed-batch

conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
c = jacobian(lambda z: conv(z).sum(0), images).movedim(1, 0)  # expect: c (3, 2, 1, 4, 4) sum-over-mixed-batch

encoder = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 2), nn.Sigmoid())
encoder.train()
d = jacobian(lambda rows: encoder(rows).sum(axis=0), x).transpose(0, 1)  # expect: d (6, 2, 4) sum-over-mixed-batch

deep = nn.Sequential(MLP(), nn.Tanh(), nn.Linear(3, 2))
e = jacobian(lambda x: torch.sum(deep(x), dim=0), x)  # expect: e (2, 6, 4) sum-over-mixed-batch
