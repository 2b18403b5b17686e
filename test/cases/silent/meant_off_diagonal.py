"""Full Jacobians whose blocks between samples are read: tested for zeros, summed, shown, compared."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))
x = torch.randn(5, 3)


def leaks_between_samples(f, x):
    """How much any sample's output changes with another sample: zero where f keeps them apart."""
    J = jacobian(f, x)
    n = x.shape[0]
    total = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                total += J[i, :, j].abs().sum().item()
    return total


net.eval()
assert leaks_between_samples(net, x) == 0.0

# The same with a mask.
full = jacobian(net, x)  # expect: full (5, 2, 5, 3)
off = ~torch.eye(5, dtype=torch.bool)
magnitudes = full.abs().sum(dim=(1, 3))  # expect: magnitudes (5, 5)
assert magnitudes[off].max() == 0

# One block between two samples.
block = jacobian(net, x)[0, :, 1]  # expect: block (2, 3)
torch.testing.assert_close(block, torch.zeros(2, 3))

# Both, to compare the diagonal with the rest.
J = jacobian(net, x)
own = torch.diagonal(J, dim1=0, dim2=2)  # expect: own (2, 3, 5)
rest = J.abs().sum() - own.abs().sum()
assert rest < 1e-6


class TestIndependence:
    def test_rows(self):
        J = jacobian(net, x)
        for i in range(5):
            others = torch.cat([J[i, :, :i], J[i, :, i + 1 :]], dim=1)
            assert torch.all(others == 0)

    def test_matrix(self):
        J = jacobian(net, x).reshape(10, 15)
        want = torch.block_diag(*vmap(jacrev(lambda row: net(row[None])[0]))(x))  # expect: want (10, 15)
        torch.testing.assert_close(J, want)


TestIndependence().test_rows()
TestIndependence().test_matrix()
