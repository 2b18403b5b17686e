"""Layers that are made for another size than what arrives: mended where they are made with a number."""
import torch
from torch import nn
from torch.func import jacrev, vmap

x = torch.randn(8, 10)
images = torch.randn(2, 1, 8, 8)
width = 12


class Normed(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(10, 6)
        self.norm = nn.LayerNorm(10)

    def forward(self, x):
        return self.norm(self.inner(x))  # expect: shape-mismatch


conv = nn.Conv2d(3, 2, 3)
maps = conv(images)  # expect: shape-mismatch
own = Normed()
normed = own(x)
batch_norm = nn.BatchNorm1d(num_features=6)
scaled = batch_norm(x)  # expect: shape-mismatch
named = nn.Sequential(nn.Linear(10, 6), nn.Linear(width, 3))
unfit = named(x)  # expect: shape-mismatch
either = nn.Linear(8, 3)
turned = either(x)  # expect: shape-mismatch
net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(7, 3))
out = net(x)  # expect: shape-mismatch
small = nn.Sequential(nn.Linear(10, 4), nn.Tanh(), nn.Linear(in_features=5, out_features=2))
J = vmap(jacrev(small))(x)  # expect: shape-mismatch
