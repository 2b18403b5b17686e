"""The output of one sample, by the whole batch: zero for all the others."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

net = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 4))
x = torch.randn(3, 5)

a = jacobian(lambda x: net(x)[0], x)  # expect: a (4, 3, 5) single-output-row wanted (3, 4, 5)
fine = jacobian(net, x[0])  # expect: fine (4, 5)
b = jacrev(lambda x: net(x)[1])(x)  # expect: b (4, 3, 5) single-output-row wanted (3, 4, 5)
c = jacfwd(lambda batch: net(batch)[-1])(x)  # expect: c (4, 3, 5) single-output-row wanted (3, 4, 5)
d = jacobian(lambda x: net(x)[0, :], x, create_graph=True)  # expect: d (4, 3, 5) single-output-row wanted (3, 4, 5)
e = jacobian(lambda x: net(x)[2, ...], x).transpose(0, 1)  # expect: e (3, 4, 5) single-output-row


def first(x):
    y = net(x)
    y0 = y[0]
    return torch.softmax(y0, dim=-1)


f = jacobian(first, x)  # expect: f (4, 3, 5) single-output-row wanted (3, 4, 5)


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 4))

    def forward(self, x):
        return self.layers(x)

    def jac(self, x):
        J = jacobian(lambda x: self(x)[0], x)  # expect: J (4, 3, 5) single-output-row wanted (3, 4, 5)
        return J

    def jac_of_first(self, x):
        J = jacobian(lambda row: self(row[None])[0], x[0])  # expect: J (4, 5)
        print(J.shape)


model = Model()
of_model = model.jac(x)  # expect: of_model (4, 3, 5)
model.jac_of_first(x)

selected = jacobian(lambda x: net(x).select(0, 1), x)  # expect: selected (4, 3, 5) single-output-row wanted (3, 4, 5)
unbound = jacobian(lambda x: net(x).unbind(0)[0], x)  # expect: unbound (4, 3, 5) single-output-row wanted (3, 4, 5)

cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(8, 3))
images = torch.randn(2, 1, 4, 4)
g = jacobian(lambda im: cnn(im)[0], images)  # expect: g (3, 2, 1, 4, 4) single-output-row wanted (2, 3, 1, 4, 4)
one = jacobian(lambda im: cnn(im)[0], images[:1])  # expect: one (3, 1, 1, 4, 4)


def jac0(f, x):
    """Of the first row: right for a batch of one."""
    return jacobian(lambda x: f(x)[0], x)


right = jac0(net, x[:1])  # expect: right (4, 1, 5)
wrong = jac0(net, x)  # expect: wrong (4, 3, 5) single-output-row wanted (3, 4, 5)
