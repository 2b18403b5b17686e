"""Loops around derivatives that are no loops over samples of one batch for one function."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
x = torch.randn(8, 4)
point = torch.randn(4)

# Chunks of a batch, each of them mapped.
parts = []
for chunk in x.split(4):
    parts.append(vmap(jacrev(net))(chunk))
J = torch.cat(parts)  # expect: J (8, 3, 4)
halves = torch.cat([vmap(jacrev(net))(half) for half in x.chunk(2)])  # expect: halves (8, 3, 4)

# Members of an ensemble at one point.
members = [nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)) for _ in range(3)]
ensemble = torch.stack([jacobian(member, point) for member in members])  # expect: ensemble (3, 3, 4)
spread = ensemble.std(dim=0)  # expect: spread (3, 4)

# Each sample with a network of its own.
own = torch.stack([jacobian(member, row) for member, row in zip(members, x)])  # expect: own (3, 3, 4)

# One output a turn.
rows = [jacobian(lambda p: net(p)[k], point) for k in range(3)]
stacked = torch.stack(rows)  # expect: stacked (3, 4)

# Points of different sizes, which cannot be stacked.
sets = [torch.randn(n, 4) for n in (2, 5, 3)]
totals = [jacobian(lambda s: net(s).sum(0).tanh(), s) for s in sets]

# New points each turn.
norms = []
for seed in range(4):
    torch.manual_seed(seed)
    p = torch.randn(4)
    norms.append(jacobian(net, p).norm())
mean_norm = torch.stack(norms).mean()

# Integrated gradients: along a path, with a gradient of the batch at each of its points.
baseline = torch.zeros_like(x)
total = torch.zeros_like(x)
for alpha in torch.linspace(0, 1, 5):
    xi = (baseline + alpha * (x - baseline)).requires_grad_(True)
    total += grad(net(xi)[:, 0].sum(), xi)[0]
attribution = (x - baseline) * total / 5  # expect: attribution (8, 4)

# Descent: each turn goes on from the last.
z = torch.randn(4)
for _ in range(5):
    Jz = jacobian(net, z)  # expect: Jz (3, 4)
    z = z - torch.linalg.pinv(Jz) @ net(z)

state = torch.zeros(4)
transition = torch.eye(4)
for u in torch.randn(6, 4):
    f = lambda s: torch.tanh(s + u)
    transition = jacobian(f, state) @ transition
    state = f(state)
print(transition.shape)  # expect: transition (4, 4)

# Newton's method from several starts, each until it is there.
roots = []
for start in torch.tensor([[0.5, 0.5], [1.0, 0.2], [-2.0, -1.0]]):
    r = start
    for _ in range(6):
        F = torch.stack([r[0] ** 2 + r[1] ** 2 - 1, r[0] - r[1]])
        r = r - torch.linalg.solve(jacobian(lambda q: torch.stack([q.pow(2).sum() - 1, q[0] - q[1]]), r), F)
    roots.append(r)

# Epochs.
optimiser = torch.optim.SGD(net.parameters(), lr=0.01)
for epoch in range(2):
    xb = x.clone().requires_grad_(True)
    y = net(xb)
    penalty = sum(grad(y[:, k].sum(), xb, create_graph=True)[0].pow(2).sum() for k in range(3))
    optimiser.zero_grad()
    penalty.backward()
    optimiser.step()
