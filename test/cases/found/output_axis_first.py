"""The Jacobian of the sum over the batch: each sample's own, but with the output axis in front, and nobody moves it."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
x = torch.randn(8, 4)

a = jacobian(lambda x: net(x).sum(0), x)  # expect: a (3, 8, 4) output-axis-first wanted (8, 3, 4)
fine = jacobian(lambda x: net(x).sum(0), x).permute(1, 0, 2)  # expect: fine (8, 3, 4)
b = jacrev(lambda x: torch.sum(net(x), dim=0))(x)  # expect: b (3, 8, 4) output-axis-first wanted (8, 3, 4)


def total(x):
    y = net(x)
    return y.sum(axis=0)


c = jacobian(total, x, create_graph=True, vectorize=True)  # expect: c (3, 8, 4) output-axis-first wanted (8, 3, 4)
d = jacfwd(total)(x)  # expect: d (3, 8, 4) output-axis-first wanted (8, 3, 4)
e = jacobian(func=lambda inputs: torch.einsum("bo->o", net(inputs)), inputs=x)  # expect: e (3, 8, 4) output-axis-first wanted (8, 3, 4)
f = jacobian(lambda x: net(x).T.sum(dim=-1), x)  # expect: f (3, 8, 4) output-axis-first wanted (8, 3, 4)
per_sample = jacobian(lambda x: net(x).sum(0), x)  # expect: per_sample (3, 8, 4) output-axis-first wanted (8, 3, 4)

# As many outputs as samples: nothing would raise.
square = nn.Linear(4, 8)
batch_jacobian = jacrev(lambda x: square(x).sum(0))(x)  # expect: batch_jacobian (8, 8, 4) output-axis-first wanted (8, 8, 4)

g = jacobian(lambda x: net(x).sum(0), x)  # (b, o, i)  # expect: g (3, 8, 4) output-axis-first wanted (8, 3, 4)


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(4, 3)

    def forward(self, x):
        return torch.relu(self.lin(x))

    def jac(self, x):
        """Returns (batch, outputs, inputs)."""
        return jacobian(lambda x: self(x).sum(0), x)  # expect: output-axis-first

    def jac_right(self, x):
        """Returns (batch, outputs, inputs)."""
        return jacobian(lambda x: self(x).sum(0), x).swapaxes(0, 1)


head = Head()
h = head.jac(x)  # expect: h (3, 8, 4)
i = head.jac_right(x)  # expect: i (8, 3, 4)


def sum_jacobian(f, x):
    return jacobian(lambda x: f(x).sum(0), x)


left = sum_jacobian(head, x)  # expect: left (3, 8, 4) output-axis-first wanted (8, 3, 4)
moved = sum_jacobian(head, x).movedim(1, 0)  # expect: moved (8, 3, 4)
taken = sum_jacobian(head, x)[0]  # expect: taken (8, 4)

# Images and matrices.
cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 5))
images = torch.randn(3, 1, 4, 4)
j = jacobian(lambda im: cnn(im).sum(0), images)  # expect: j (5, 3, 1, 4, 4) output-axis-first wanted (3, 5, 1, 4, 4)
to_matrix = nn.Sequential(nn.Linear(3, 4), nn.Unflatten(1, (2, 2)))
q = torch.randn(6, 3)
k = jacobian(lambda q: to_matrix(q).sum(0), q)  # expect: k (2, 2, 6, 3) output-axis-first wanted (6, 2, 2, 3)

# Of a gradient: the Hessians of the samples, an input axis in front.
energy = nn.Sequential(nn.Linear(4, 6), nn.Softplus(), nn.Linear(6, 1))
gradient = lambda x: jacobian(lambda z: energy(z).sum(), x, create_graph=True)
l = jacobian(lambda x: gradient(x).sum(0), x)  # expect: l (4, 8, 4) output-axis-first wanted (8, 4, 4)
