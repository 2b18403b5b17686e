"""The sum trick or the batch diagonal, of functions that tie the samples together: not the Jacobian of each sample."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian
from torch.func import jacrev

x = torch.randn(6, 4)


class MLP(nn.Module):
    def __init__(self, **norm):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.bn = nn.BatchNorm1d(8, **norm)
        self.fc2 = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc2(F.relu(self.bn(self.fc1(x))))


model = MLP()
a = jacobian(lambda x: model(x).sum(0), x)  # expect: a (3, 6, 4) sum-over-mixed-batch
b = jacobian(model, x).diagonal(dim1=0, dim2=2).permute(2, 0, 1)  # expect: b (6, 3, 4) sum-over-mixed-batch
c = torch.einsum("bobi->boi", jacobian(model, x, vectorize=False))  # expect: c (6, 3, 4) sum-over-mixed-batch
d = jacobian(lambda x: model(x).sum(0), x).permute(1, 0, 2)  # expect: d (6, 3, 4) sum-over-mixed-batch
model.eval()
fine = jacobian(lambda x: model(x).sum(0), x).permute(1, 0, 2)  # expect: fine (6, 3, 4)
model.train()
e = jacobian(lambda x: torch.sum(model(x), dim=0), x)  # expect: e (3, 6, 4) sum-over-mixed-batch

# Statistics that are never stored: evaluation mode is no help.
stateless = MLP(track_running_stats=False).eval()
f = jacrev(lambda x: stateless(x).sum(0))(x).transpose(0, 1)  # expect: f (6, 3, 4) sum-over-mixed-batch

# Normalised by hand, over the batch.
net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))


def standardised(x):
    h = net(x)
    return (h - h.mean(0)) / h.std(0)


g = jacobian(lambda x: standardised(x).pow(2).sum(0), x).permute(1, 0, 2)  # expect: g (6, 3, 4) sum-over-mixed-batch
h = jacobian(standardised, x)[range(6), :, range(6)]  # expect: h (6, 3, 4) sum-over-mixed-batch


def per_feature(x):
    h = net(x)
    return (h - h.mean(1, keepdim=True)) / h.std(1, keepdim=True)


good = jacobian(lambda x: per_feature(x).sum(0), x).movedim(1, 0)  # expect: good (6, 3, 4)

i = jacobian(lambda x: torch.softmax(net(x), dim=0).sum(0), x).transpose(0, 1)  # expect: i (6, 3, 4) sum-over-mixed-batch
per_sample = jacobian(lambda x: (net(x) / net(x).norm()).sum(0), x)  # expect: per_sample (3, 6, 4) sum-over-mixed-batch
k = torch.einsum("obi->boi", jacobian(lambda x: net(x / x.norm(dim=0)).sum(0), x))  # expect: k (6, 3, 4) sum-over-mixed-batch
l = jacrev(lambda x: F.normalize(net(x), dim=0).sum(0))(x).movedim(1, 0)  # expect: l (6, 3, 4) sum-over-mixed-batch
ok = jacobian(lambda x: F.normalize(net(x), dim=1).sum(0), x).swapaxes(0, 1)  # expect: ok (6, 3, 4)
m = jacobian(lambda x: torch.cumsum(net(x), dim=0).sum(0), x).permute(1, 0, 2)  # expect: m (6, 3, 4) sum-over-mixed-batch

# Attention over the first axis, where the batch is.
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return torch.softmax(self.q(x) @ self.k(x).T, dim=-1) @ self.v(x)


block = Block()
n = jacobian(lambda x: block(x).sum(0), x).permute(1, 0, 2)  # expect: n (6, 4, 4) sum-over-mixed-batch


def batch_jacobian(f, x):
    return jacobian(lambda x: f(x).sum(0), x).permute(1, 0, 2)


right = batch_jacobian(net, x)  # expect: right (6, 3, 4)
wrong = batch_jacobian(model, x)  # expect: wrong (6, 3, 4) sum-over-mixed-batch

conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
images = torch.randn(3, 1, 4, 4)
o = jacobian(lambda im: conv(im).sum(0), images).movedim(1, 0)  # expect: o (3, 2, 1, 4, 4) sum-over-mixed-batch
grouped = nn.Sequential(nn.Conv2d(1, 2, 3), nn.GroupNorm(1, 2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
p = jacobian(lambda im: grouped(im).sum(0), images).movedim(1, 0)  # expect: p (3, 2, 1, 4, 4)
