"""Functions that are written for a batch, under vmap, which gives them one sample."""

import torch
from torch import nn
from torch.func import functional_call, grad, jacfwd, jacrev, vmap
from torch.nn import functional as F

x = torch.randn(3, 5)
images = torch.randn(3, 1, 8, 8)


def lorenz(state):
    return torch.stack([state[:, 1] - state[:, 0], state[:, 0] * state[:, 2], state[:, 0] * state[:, 1]], dim=1)


by_column = vmap(jacrev(lorenz))(x)  # expect: batched-function-under-vmap


def normalised(z):
    batch, features = z.shape
    return z / z.norm(dim=1, keepdim=True) * features / batch * batch


by_shape = vmap(jacrev(normalised))(x)  # expect: batched-function-under-vmap
by_sum = vmap(grad(lambda z: z.pow(2).sum(dim=1).squeeze()))(x)  # expect: batched-function-under-vmap
by_cat = vmap(jacfwd(lambda z: torch.cat([z.sin(), z.cos()], dim=1)))(x)  # expect: batched-function-under-vmap
by_einsum = vmap(jacrev(lambda z: torch.einsum("bi,oi->bo", z, torch.ones(2, 5))))(x)  # expect: batched-function-under-vmap

# A normalisation that was trained takes (batch, features) even in evaluation mode.
normed = nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2)).eval()
by_norm = vmap(jacrev(normed))(x)  # expect: batched-function-under-vmap


class Classifier(nn.Module):
    """conv2d takes an image without its batch axis, and flatten(1) then keeps the channels for it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.fc = nn.Linear(72, 3)

    def forward(self, image):
        return self.fc(torch.flatten(F.relu(self.conv(image)), 1))


classifier = Classifier()
by_flatten = vmap(jacrev(classifier))(images)  # expect: batched-function-under-vmap


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 4)

    def forward(self, observation):
        batch, _ = observation.size()
        return self.fc(observation).view(batch, 2, 2)


policy = Policy()
params = dict(policy.named_parameters())


def loss(weights, observation):
    return functional_call(policy, weights, (observation,)).pow(2).sum()


per_sample = vmap(grad(loss), in_dims=(None, 0))(params, x)["fc.bias"]  # expect: batched-function-under-vmap


def jacobians(f, z):
    return vmap(jacrev(f))(z)


jacobians(torch.tanh, x)
jacobians(lorenz, x)  # expect: batched-function-under-vmap
