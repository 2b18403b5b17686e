"""squeeze() that works for one sample, where the second batch axis of the full Jacobian should go."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import jacrev

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 10))
x = torch.randn(3, 5)

a = jacobian(net, x).squeeze()  # expect: a (3, 10, 3, 5) full-batch-jacobian squeezed-batch
J = jacobian(net, x)  # expect: J (3, 10, 3, 5) full-batch-jacobian
b = J.squeeze()  # expect: b (3, 10, 3, 5) squeezed-batch
c = torch.squeeze(jacrev(net)(x))  # expect: c (3, 10, 3, 5) squeezed-batch full-batch-jacobian
d = jacobian(net, x).squeeze(2)  # expect: d (3, 10, 3, 5) full-batch-jacobian squeezed-batch


def local_jacobian(f, x):
    """Written with one sample in mind."""
    jac = jacobian(f, x)
    return jac.squeeze(0).squeeze(1)


one = local_jacobian(net, x[:1])  # expect: one (10, 5)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(5, 7)

    def forward(self, x):
        return torch.sin(self.f(x))

    def local(self, x):
        full = jacobian(self.forward, x)  # expect: full (4, 7, 4, 5) full-batch-jacobian
        return full.squeeze()  # expect: squeezed-batch


model, points = Model(), torch.randn(4, 5)
e = model.local(points)  # expect: e (4, 7, 4, 5)

# Both: the whole is looked at, too.
K = jacobian(net, x)
leak = K[0, :, 1].abs().max()
f = K.squeeze()  # expect: f (3, 10, 3, 5) squeezed-batch

energy = nn.Sequential(nn.Linear(5, 6), nn.Softplus(), nn.Linear(6, 1))
H = hessian(lambda x: energy(x).sum(), x).squeeze()  # expect: H (3, 5, 3, 5) full-batch-hessian squeezed-batch
