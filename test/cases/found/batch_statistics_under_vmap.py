"""Batch norm in training mode inside of transforms, which do not let it update its running statistics."""

import torch
from torch import nn
from torch.func import functional_call, grad, jacrev, vmap
from torch.nn import functional as F

x = torch.randn(4, 5)
sets = torch.randn(3, 4, 5)
images = torch.randn(3, 1, 8, 8)

mlp = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
of_sets = vmap(mlp)(sets)  # expect: batch-statistics-under-vmap
whole = grad(lambda z: mlp(z).pow(2).sum())(x)  # expect: batch-statistics-under-vmap
per_set = vmap(jacrev(mlp))(sets)  # expect: batch-statistics-under-vmap

conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU())
features = vmap(lambda image: conv(image.unsqueeze(0)).squeeze(0))(images)  # expect: batch-statistics-under-vmap

params, buffers = dict(mlp.named_parameters()), dict(mlp.named_buffers())


def loss(weights, state, z):
    return functional_call(mlp, (weights, state), (z,)).pow(2).sum()


per_sample = vmap(grad(loss), in_dims=(None, None, 0))(params, buffers, sets)["0.bias"]  # expect: batch-statistics-under-vmap


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(5, 6)
        self.bn = nn.BatchNorm1d(6)

    def forward(self, z):
        return torch.tanh(self.bn(self.inner(z)))


encoder = Encoder()
encoder.eval()
encoder.train()
encoded = vmap(encoder)(sets)  # expect: batch-statistics-under-vmap

mean, variance = torch.zeros(5), torch.ones(5)
stateless = vmap(lambda z: F.batch_norm(z, mean, variance, training=True))(sets)  # expect: batch-statistics-under-vmap
tracking = nn.InstanceNorm1d(4, track_running_stats=True)
instance = vmap(tracking)(sets)  # expect: batch-statistics-under-vmap
