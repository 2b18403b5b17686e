"""Derivatives sample by sample in Python: right numbers, one call a sample."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import hessian, jacobian
from torch.func import grad as func_grad
from torch.func import hessian as func_hessian
from torch.func import jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
energy = lambda row: net(row).pow(2).sum()
x = torch.randn(6, 4)

a = torch.stack([jacobian(net, row) for row in x])  # expect: a (6, 3, 4) per-sample-loop
fine = vmap(jacrev(net))(x)  # expect: fine (6, 3, 4)
b = torch.stack([jacobian(net, x[i]) for i in range(6)], dim=0)  # expect: b (6, 3, 4) per-sample-loop
c = torch.cat([jacrev(net)(row)[None] for row in x], dim=0)  # expect: c (6, 3, 4) per-sample-loop
d = torch.stack(list(map(lambda row: jacobian(net, row), x)))  # expect: d (6, 3, 4) per-sample-loop
e = torch.stack([jacfwd(net)(xi) for xi in torch.unbind(x)])  # expect: e (6, 3, 4) per-sample-loop
f = torch.stack(tuple(jacobian(lambda r: net(r[None])[0], row) for row in x))  # expect: f (6, 3, 4) per-sample-loop

rows = []
for row in x:
    rows.append(jacobian(net, row))  # expect: per-sample-loop
looped = torch.stack(rows)  # expect: looped (6, 3, 4)

J = torch.zeros(6, 3, 4)
for i in range(x.shape[0]):
    J[i] = jacobian(net, x[i])  # expect: per-sample-loop

out = torch.empty(6, 3, 4)
for i, row in enumerate(x):
    j_row = jacobian(net, row)  # expect: j_row (3, 4) per-sample-loop wanted (6, 3, 4)
    out[i] = j_row

many = []
for sample in x:
    H = hessian(energy, sample)  # expect: H (4, 4) per-sample-loop wanted (6, 4, 4)
    many.append(torch.linalg.eigvalsh(H))
spectra = torch.stack(many)  # expect: spectra (6, 4)

g = torch.stack([func_hessian(energy)(row) for row in x])  # expect: g (6, 4, 4) per-sample-loop
h = torch.stack([func_grad(energy)(row) for row in x])  # expect: h (6, 4) per-sample-loop
good = vmap(func_grad(energy))(x)  # expect: good (6, 4)

# With a batch of one kept around each sample.
kept = torch.cat([jacobian(lambda z: net(z).sum(0), x[i : i + 1]) for i in range(6)], dim=1)  # expect: kept (3, 6, 4) per-sample-loop


class Explainer:
    def __init__(self, model):
        self.model = model

    def jacobians(self, batch):
        result = []
        for sample in batch:
            result.append(jacobian(self.model, sample))  # expect: per-sample-loop
        return torch.stack(result)

    def jacobians_at_once(self, batch):
        return vmap(jacrev(self.model))(batch)


explainer = Explainer(net)
k = explainer.jacobians(x)  # expect: k (6, 3, 4)
l = explainer.jacobians_at_once(x)  # expect: l (6, 3, 4)


def jac_one(row):
    return jacobian(net, row)


m = torch.stack([jac_one(row) for row in x])  # expect: m (6, 3, 4) per-sample-loop
one = jac_one(x[0])  # expect: one (3, 4)

# Images.
cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
images = torch.randn(2, 1, 4, 4)
n = torch.stack([jacobian(lambda im: cnn(im.unsqueeze(0)).squeeze(0), im) for im in images])  # expect: n (2, 3, 1, 4, 4) per-sample-loop
