"""Sums over the parts of one sample that see each other: pooled instances, tokens, nodes. Not the sum over a batch."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev

torch.manual_seed(5)


class AttentionPool(nn.Module):
    """Multiple instances of one bag."""

    def __init__(self, d=4, k=3):
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(d, 8), nn.ReLU())
        self.score = nn.Linear(8, 1)
        self.out = nn.Linear(8, k)

    def forward(self, bag):
        h = self.embed(bag)
        a = torch.softmax(self.score(h), dim=0)
        return self.out((a * h).sum(dim=0))


pool = AttentionPool()
bag = torch.randn(7, 4)
J = jacobian(pool, bag)  # expect: J (3, 7, 4)
importance = J.norm(dim=(0, 2))  # expect: importance (7,)

gate, value = nn.Linear(4, 1), nn.Linear(4, 3)
weighted = lambda x: (torch.softmax(gate(x), 0) * value(x)).sum(0)
W = jacobian(weighted, bag)  # expect: W (3, 7, 4)


class Encoder(nn.Module):
    """Self-attention over the tokens of one sentence, then their mean."""

    def __init__(self, d=4):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)

    def tokens(self, x):
        return torch.softmax(self.q(x) @ self.k(x).T / 2, dim=-1) @ self.v(x)

    def forward(self, x):
        return self.tokens(x).mean(0)


sentence = torch.randn(5, 4)
S = jacrev(Encoder())(sentence)  # expect: S (4, 5, 4)
T = jacobian(lambda x: Encoder().tokens(x).sum(0), sentence)  # expect: T (4, 5, 4)

# A readout of a graph.
A = (torch.rand(6, 6) > 0.5).float()
gnn = nn.Linear(4, 3)
readout = lambda h: torch.relu(A @ gnn(h)).sum(0)
G = jacobian(readout, torch.randn(6, 4))  # expect: G (3, 6, 4)


# Moments of a cloud of points.
def inertia(points):
    c = points - points.mean(0)
    return (c[:, :, None] * c[:, None, :]).sum(0)


cloud = torch.randn(8, 3)
dI = jacobian(inertia, cloud)  # expect: dI (3, 3, 8, 3)
covariance = jacobian(lambda p: torch.cov(p.T), cloud)  # expect: covariance (3, 3, 8, 3)
principal = jacobian(lambda p: torch.linalg.eigvalsh(inertia(p)), cloud)  # expect: principal (3, 8, 3)


# A time series: a recursion over its steps.
def last(series):
    return torch.cumsum(torch.tanh(gnn(series)), dim=0)[-1]


R = jacobian(last, torch.randn(9, 4))  # expect: R (3, 9, 4)
distances = jacobian(lambda p: torch.pdist(p), torch.randn(4, 3))  # expect: distances (6, 4, 3)

# Bags without anything between their parts: what is pooled is the sum of parts, and whether they are samples is not said.
deep_set = nn.Sequential(nn.Linear(4, 8), nn.ReLU())
rho = nn.Linear(8, 2)
D = jacobian(lambda x: rho(deep_set(x).sum(0)).tanh(), bag)  # expect: D (2, 7, 4)
pooled = jacobian(lambda x: rho(deep_set(x).sum(0)), bag)  # expect: pooled (2, 7, 4)
