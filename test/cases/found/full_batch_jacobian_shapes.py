"""Dense Jacobians of images, sequences, matrices and points: the batch is the first axis, what follows is anything."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap


class ConvNet(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(2 * 3 * 3, classes)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = torch.flatten(x, 1)
        return self.fc(x)


cnn = ConvNet()
images = torch.randn(2, 1, 6, 6)
a = jacobian(cnn, images)  # expect: a (2, 3, 2, 1, 6, 6) full-batch-jacobian wanted (2, 3, 1, 6, 6)
one_each = vmap(jacrev(lambda im: cnn(im[None])[0]))(images)  # expect: one_each (2, 3, 1, 6, 6)

decoder = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Unflatten(1, (2, 2, 2)), nn.ConvTranspose2d(2, 1, 2, stride=2))
codes = torch.randn(3, 3)
b = jacobian(decoder, codes)  # expect: b (3, 1, 4, 4, 3, 3) full-batch-jacobian wanted (3, 1, 4, 4, 3)

# Without channels: images as matrices.
mlp = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 2))
greys = torch.randn(4, 3, 4)
c = jacobian(mlp, greys)  # expect: c (4, 2, 4, 3, 4) full-batch-jacobian wanted (4, 2, 3, 4)

# A matrix of each sample.
to_matrix = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Unflatten(-1, (2, 3)))
q = torch.randn(5, 3)
d = jacrev(to_matrix)(q)  # expect: d (5, 2, 3, 5, 3) full-batch-jacobian wanted (5, 2, 3, 3)


def mass_matrix(q):
    L = to_matrix(q)
    return L @ L.transpose(-1, -2)


e = jacobian(mass_matrix, q)  # expect: e (5, 2, 2, 5, 3) full-batch-jacobian wanted (5, 2, 2, 3)

# Sequences: recurrent, convolutional, pooled.
tokens = torch.randn(2, 4, 3)
temporal = nn.Conv1d(3, 5, 3, padding=1)
f = jacobian(lambda s: temporal(s.transpose(1, 2)).mean(-1), tokens)  # expect: f (2, 5, 2, 4, 3) full-batch-jacobian wanted (2, 5, 4, 3)


class Attention(nn.Module):
    def __init__(self, d=3):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def forward(self, x):
        weights = torch.softmax(self.q(x) @ self.k(x).transpose(1, 2) / 3**0.5, dim=-1)
        return weights @ self.v(x)


g = jacobian(Attention(), tokens)  # expect: g (2, 4, 3, 2, 4, 3) full-batch-jacobian wanted (2, 4, 3, 4, 3)


# A set of points of each sample, pooled.
class PointNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.phi = nn.Sequential(nn.Linear(3, 8), nn.ReLU())
        self.rho = nn.Linear(8, 4)

    def forward(self, pts):
        h = self.phi(pts)
        return self.rho(h.max(dim=1).values)


clouds = torch.randn(3, 5, 3)
h = jacobian(PointNet(), clouds)  # expect: h (3, 4, 3, 5, 3) full-batch-jacobian wanted (3, 4, 5, 3)
