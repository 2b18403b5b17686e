"""The full Jacobian is built, then all but the blocks of equal samples is thrown away: by every equal form."""
import torch
from einops import einsum as einops_einsum
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(6, 4)
n = x.shape[0]

a = jacobian(net, x).diagonal(dim1=0, dim2=2).permute(2, 0, 1)  # expect: a (6, 3, 4) full-then-diagonal
b = torch.einsum("bibj->bij", jacobian(net, x))  # expect: b (6, 3, 4) full-then-diagonal
c = jacrev(net)(x)[range(n), :, range(n), :]  # expect: c (6, 3, 4) full-then-diagonal
rows = torch.arange(n)
d = jacfwd(net)(x)[rows, :, rows]  # expect: d (6, 3, 4) full-then-diagonal
e = jacobian(net, x).sum(2)  # expect: e (6, 3, 4) full-then-diagonal
f = jacobian(net, x).sum(dim=0).permute(1, 0, 2)  # expect: f (6, 3, 4) full-then-diagonal
g = torch.stack([jacobian(net, x)[k, :, k] for k in range(6)])  # expect: g (6, 3, 4) full-then-diagonal
h = jacobian(net, x).diagonal(0, 0, 2).transpose(2, 1).transpose(1, 0)  # expect: h (6, 3, 4) full-then-diagonal
i = einops_einsum(jacobian(net, x), "b o b i -> b o i")  # expect: i (6, 3, 4) full-then-diagonal
j = torch.diagonal(jacobian(net, x), dim1=-2, dim2=0).movedim(-1, 0)  # expect: j (6, 3, 4) full-then-diagonal
good = jacobian(lambda x: net(x).sum(0), x).permute(1, 0, 2)  # expect: good (6, 3, 4)

# By name, and used later.
J = jacobian(  # expect: J (6, 3, 6, 4) full-then-diagonal
    net, x, create_graph=True
)
J = torch.diagonal(J, 0, 0, 2)
J = J.permute(2, 0, 1)
logdet = 0.5 * torch.logdet(J @ J.mT)  # expect: logdet (6,)

full = jacobian(net, x)  # expect: full (6, 3, 6, 4) full-then-diagonal
blocks = []
for k in range(x.shape[0]):
    blocks.append(full[k, :, k, :])
stacked = torch.stack(blocks)  # expect: stacked (6, 3, 4)

again = jacobian(net, x)  # expect: again (6, 3, 6, 4) full-then-diagonal
out = torch.zeros(6, 3, 4)
for k in range(6):
    out[k] = again[k, :, k]

# One number a sample.
energy = lambda x: net(x).pow(2).sum(1)
k = jacobian(energy, x)[rows, rows]  # expect: k (6, 4) full-then-diagonal
l = torch.einsum("bbi->bi", jacobian(energy, x))  # expect: l (6, 4) full-then-diagonal
m = jacobian(energy, x).diagonal().T  # expect: m (6, 4) full-then-diagonal

# The trace of each sample's square Jacobian.
flow = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4))
divergence = torch.einsum("bibi->b", jacobian(flow, x))  # expect: divergence (6,) full-then-diagonal
exact = vmap(jacrev(flow))(x).diagonal(dim1=1, dim2=2).sum(1)  # expect: exact (6,)

# Hessians.
H = hessian(lambda x: energy(x).sum(), x).diagonal(dim1=0, dim2=2).movedim(2, 0)  # expect: H (6, 4, 4) full-then-diagonal
H2 = torch.einsum("bibj->bij", hessian(lambda x: energy(x).sum(), x))  # expect: H2 (6, 4, 4) full-then-diagonal
