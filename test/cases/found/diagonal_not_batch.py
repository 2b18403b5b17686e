"""Diagonals of full Jacobians that pair a batch axis with one that is no batch: of equal size, or cut to the shorter."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import jacrev

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4))
x = torch.randn(4, 4)

J = jacobian(net, x)  # expect: J (4, 4, 4, 4) full-then-diagonal
a = torch.diagonal(J)  # expect: a (4, 4, 4) diagonal-not-batch
b = J.diagonal(dim1=1, dim2=2)  # expect: b (4, 4, 4) diagonal-not-batch
c = torch.diagonal(J, dim1=0, dim2=3)  # expect: c (4, 4, 4) diagonal-not-batch
d = torch.einsum("iijk->ijk", J)  # expect: d (4, 4, 4) diagonal-not-batch
e = torch.einsum("abca->abc", J)  # expect: e (4, 4, 4) diagonal-not-batch
right = J.diagonal(dim1=0, dim2=2).permute(2, 0, 1)  # expect: right (4, 4, 4)

wide = nn.Linear(4, 3)
rows = torch.randn(6, 4)
f = torch.diagonal(jacobian(wide, rows), dim1=0, dim2=1)  # expect: f (6, 4, 3) diagonal-not-batch
g = jacrev(wide)(rows).diagonal()  # expect: g (6, 4, 3) diagonal-not-batch
h = torch.diagonal(jacobian(wide, rows), dim1=2, dim2=3)  # expect: h (6, 3, 4) diagonal-not-batch


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 3))

    def forward(self, x):
        return self.f(x)

    def local_jacobian(self, x):
        full = jacobian(self.forward, x)
        return full.diagonal(offset=0, dim1=0, dim2=1).permute(2, 0, 1)  # expect: diagonal-not-batch

    def local_jacobian_right(self, x):
        full = jacobian(self.forward, x)  # expect: full (3, 3, 3, 3) full-then-diagonal
        return full.diagonal(offset=0, dim1=0, dim2=2).permute(2, 0, 1)


model = Model()
own = torch.randn(3, 3)
wrong = model.local_jacobian(own)  # expect: wrong (3, 3, 3)
fine = model.local_jacobian_right(torch.randn(3, 3))  # expect: fine (3, 3, 3)

# A matrix for each sample: the input's batch axis is 3, not 2.
to_matrix = nn.Sequential(nn.Linear(4, 6), nn.Unflatten(1, (2, 3)))
codes = torch.randn(3, 4)
M = jacobian(to_matrix, codes)  # expect: M (3, 2, 3, 3, 4) full-then-diagonal
i = torch.diagonal(M, dim1=0, dim2=2)  # expect: i (2, 3, 4, 3) diagonal-not-batch
j = torch.diagonal(M, dim1=0, dim2=3)  # expect: j (2, 3, 4, 3)

# A Hessian.
energy = nn.Sequential(nn.Linear(3, 6), nn.Softplus(), nn.Linear(6, 1))
H = hessian(lambda x: energy(x).sum(), torch.randn(3, 3))  # expect: H (3, 3, 3, 3)
k = torch.diagonal(H, dim1=0, dim2=1)  # expect: k (3, 3, 3) diagonal-not-batch
