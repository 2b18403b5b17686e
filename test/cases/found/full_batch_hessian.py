"""Hessians of sums over samples that keep apart: (b, i, b, i), of which only the blocks of equal samples are not zero."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import grad, hessian as func_hessian, jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(3, 8), nn.Softplus(), nn.Linear(8, 1))
x = torch.randn(5, 3)

a = hessian(lambda x: net(x).sum(), x)  # expect: a (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)
fine = vmap(func_hessian(lambda row: net(row).squeeze()))(x)  # expect: fine (5, 3, 3)


def energy(x):
    return net(x).mean()


b = hessian(energy, x)  # expect: b (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)
c = func_hessian(lambda z: net(z).pow(2).sum())(x)  # expect: c (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)
d = jacfwd(jacrev(lambda x: net(x).sum()))(x)  # expect: d (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)
e = jacrev(grad(energy))(x)  # expect: e (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)
f = torch.autograd.functional.hessian(  # expect: f (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)
    func=lambda inputs: torch.sum(torch.tanh(net(inputs))),
    inputs=x,
    create_graph=False,
    vectorize=True,
)

# A Jacobian of the gradient, by hand.
score = lambda x: jacobian(lambda y: net(y).sum(), x, create_graph=True)
g = jacobian(score, x)  # expect: g (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)


class EBM(nn.Module):
    def __init__(self, d=3):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(d, 6), nn.SiLU(), nn.Linear(6, 1))

    def forward(self, x):
        return self.f(x).squeeze(-1)

    def curvature(self, x):
        H = hessian(lambda x: self(x).sum(), x)  # expect: H (4, 3, 4, 3) full-batch-hessian wanted (4, 3, 3)
        print(H.shape)

    def laplacian(self, x):
        H = vmap(func_hessian(lambda r: self.f(r).squeeze()))(x)  # expect: H (4, 3, 3)
        return H.diagonal(dim1=1, dim2=2).sum(1)


ebm = EBM()
ebm.curvature(torch.randn(4, 3))
lap = ebm.laplacian(torch.randn(4, 3))  # expect: lap (4,)


def second(f, x):
    return hessian(f, x)


one = second(lambda p: net(p).squeeze(), torch.randn(3))  # expect: one (3, 3)
many = second(lambda p: net(p).sum(), x)  # expect: many (5, 3, 5, 3) full-batch-hessian wanted (5, 3, 3)

# Several outputs a sample.
wide = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 2))
nested = jacrev(jacrev(lambda x: wide(x).sum(0)))(x)  # expect: nested (2, 5, 3, 5, 3) full-batch-hessian wanted (5, 2, 3, 3)
