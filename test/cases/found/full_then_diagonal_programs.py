"""The full Jacobian and its blocks in methods, helpers and losses, with images and matrices."""
import torch
import torch.nn as nn
from torch import Tensor
from torch.autograd.functional import jacobian
from torch.func import jacrev


def batch_jacobian(f, x: Tensor) -> Tensor:
    """Jacobian of each sample, (b, o, i)."""
    J = jacobian(f, x, create_graph=True)  # expect: full-then-diagonal
    return J.diagonal(dim1=0, dim2=2).permute(2, 0, 1)


net = nn.Sequential(nn.Linear(3, 6), nn.GELU(), nn.Linear(6, 2))
J = batch_jacobian(net, torch.randn(5, 3))  # expect: J (5, 2, 3)
K = batch_jacobian(lambda x: torch.sigmoid(net(x)), torch.randn(8, 3))  # expect: K (8, 2, 3)


class ContractiveAutoencoder(nn.Module):
    def __init__(self, d=6, h=3):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(d, h), nn.Sigmoid())
        self.decoder = nn.Linear(h, d)

    def forward(self, x):
        return self.decoder(self.encoder(x))

    def penalty(self, x):
        J = jacobian(self.encoder, x, create_graph=True)  # expect: J (4, 3, 4, 6) full-then-diagonal
        idx = torch.arange(x.size(0))
        J = J[idx, :, idx, :]
        return J.pow(2).sum(dim=(1, 2)).mean()

    def loss(self, x):
        return nn.functional.mse_loss(self(x), x) + 1e-3 * self.penalty(x)


cae = ContractiveAutoencoder()
loss = cae.loss(torch.randn(4, 6))
loss.backward()


class Flow(nn.Module):
    def __init__(self, d=3):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(d, 8), nn.Tanh(), nn.Linear(8, d))

    def forward(self, x):
        y = x + 0.1 * self.net(x)
        jac = jacobian(lambda x: x + 0.1 * self.net(x), x)  # expect: jac (5, 3, 5, 3) full-then-diagonal
        jac = torch.stack([jac[i, :, i, :] for i in range(len(x))], dim=0)
        return y, torch.slogdet(jac)[1]


y, logdet = Flow()(torch.randn(5, 3))
print(logdet.shape)  # expect: logdet (5,)

# Images: four axes of input, the batch at 0 and 2.
cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 3))
images = torch.randn(2, 1, 4, 4)
Ji = torch.einsum("bkbchw->bkchw", jacobian(cnn, images))  # expect: Ji (2, 3, 1, 4, 4) full-then-diagonal
grey = nn.Sequential(nn.Flatten(), nn.Linear(6, 4))
pictures = torch.randn(5, 2, 3)
Jg = jacobian(grey, pictures).diagonal(dim1=0, dim2=2)  # expect: Jg (4, 2, 3, 5) full-then-diagonal

# A matrix for each sample: the batch at 0 and 3.
to_matrix = nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (2, 2)))
q = torch.randn(5, 3)
dM = torch.diagonal(jacrev(to_matrix)(q), dim1=0, dim2=3).permute(3, 0, 1, 2)  # expect: dM (5, 2, 2, 3) full-then-diagonal
dM2 = jacrev(to_matrix)(q).sum(3)  # expect: dM2 (5, 2, 2, 3) full-then-diagonal

# A field and its second derivatives.
field = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
pts = torch.rand(6, 2)


def gradient(pts):
    full = jacobian(field, pts, create_graph=True)  # expect: full (6, 1, 6, 2) full-then-diagonal
    return torch.einsum("bkbi->bi", full)


def hess(pts):
    nested = jacobian(gradient, pts)  # expect: nested (6, 2, 6, 2) full-then-diagonal
    i = torch.arange(pts.shape[0])
    return nested[i, :, i]


second = hess(pts)  # expect: second (6, 2, 2)
