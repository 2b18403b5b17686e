"""Norms, means and traces that are said to be of each sample, and are taken over the batch or off the diagonal."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4))
x = torch.randn(6, 4)
J = vmap(jacrev(net))(x)

per_sample_norm = J.norm(dim=(0, 1))  # expect: per_sample_norm (4,) batch-collapsed
a = torch.linalg.norm(J, dim=(0, 2))  # (b,)  # expect: a (4,) batch-collapsed
b = (J**2).sum(dim=(0, 1))  # (batch,)  # expect: b (4,) batch-collapsed
c = J.abs().amax(0)  # (n_samples, outputs)  # expect: c (4, 4) batch-collapsed


def frobenius(J):
    """Returns the norm of each Jacobian, of shape (batch,)."""
    squared = J.square()
    return squared.sum(dim=[0, 1]).sqrt()  # expect: batch-collapsed


d = frobenius(J)  # expect: d (4,)


class Penalty(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def contraction(self, x):
        """How far each sample is from a contraction."""
        jac = jacobian(lambda x: self.net(x).sum(0), x, create_graph=True).movedim(1, 0)
        norm_per_example = jac.norm(2, dim=(0, 1))  # expect: norm_per_example (4,) batch-collapsed
        return (norm_per_example - 1).pow(2).mean()

    def divergence(self, x):
        rows = vmap(jacrev(self.net))(x)
        return rows.reshape(x.shape[0], -1)[:, ::4].sum(1)  # expect: batch-collapsed


e = Penalty(net).contraction(x)  # expect: e ()
f = Penalty(net).divergence(x)  # expect: f (6,)

# The first column of each matrix is no diagonal.
flat = J.view(6, 16)
diagonals = flat[:, ::4]  # expect: diagonals (6, 4) batch-collapsed
points = torch.randn(6, 4, requires_grad=True)
y = net(points)
rows = torch.stack([grad(y[:, k].sum(), points, create_graph=True)[0] for k in range(4)], dim=1)
trace = rows.reshape(-1, 4 * 4)[:, :: points.shape[1]].sum(dim=1)  # expect: trace (6,) batch-collapsed

# The blocks of a full Jacobian, averaged away.
own = jacobian(net, x).diagonal(dim1=0, dim2=2)  # expect: own (4, 4, 6) full-then-diagonal
per_sample_sensitivity = own.abs().sum(dim=2)  # expect: per_sample_sensitivity (4, 4) batch-collapsed
