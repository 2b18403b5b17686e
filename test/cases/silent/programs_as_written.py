"""What programs do around their derivatives: modules' own dicts, classes that know their subclasses, parts of a dataset."""

import numbers
from abc import ABC
from collections.abc import Iterable

import torch
from torch.distributions.multivariate_normal import _precision_to_scale_tril
from torch.func import jacrev, vmap
from torch.nn.modules.conv import Conv2d
from torch.nn.modules.linear import Linear
from torch.nn.modules.module import Module
from torch.nn.modules.utils import _ntuple, _pair
from torch.nn.utils.convert_parameters import parameters_to_vector
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split

x = torch.randn(3, 5)


class Stack(Module):
    """Layers by their names, as graph networks hold them."""

    def __init__(self, layers=3):
        super().__init__()
        self.layers = layers
        for k in range(layers):
            self.add_module("layer_%d" % k, Linear(5, 5))
        self._modules["last"] = Linear(5, 2)

    def forward(self, h):
        for k in range(self.layers):
            h = torch.tanh(self._modules["layer_%d" % k](h))
        return self.last(h)


net = Stack()
y = net(x)  # expect: y (3, 2)
count = torch.zeros(len(net._modules))  # expect: count (4,)
bias = torch.stack([own for name, own in net.last._parameters.items() if name == "bias"])  # expect: bias (1, 2)
everything = parameters_to_vector(net.parameters())  # expect: everything (102,)
J = vmap(jacrev(net))(x)  # expect: J (3, 2, 5)


class Kind(ABC):
    width = 1


class Narrow(Kind):
    width = 4


class Wide(Narrow):
    width = 7


def below(cls):
    return set(cls.__subclasses__()).union([each for c in cls.__subclasses__() for each in below(c)])


kinds = {each.width: each for each in below(Kind)}
chosen = torch.zeros(kinds[7].width, len(kinds))  # expect: chosen (7, 2)


def sized(*sizes):
    flat = ()
    for size in sizes:
        flat += tuple(size) if isinstance(size, Iterable) else (size,)
    return torch.zeros(*flat)


a = sized(2, (3, 4))  # expect: a (2, 3, 4)
b = torch.zeros(3) if isinstance(2.5, numbers.Number) else torch.zeros(4)  # expect: b (3,)
c = torch.zeros(3) if isinstance(x, Kind) else torch.zeros(4)  # expect: c (4,)
d = torch.zeros(_ntuple(3)(2))  # expect: d (2, 2, 2)
e = Conv2d(3, 4, _pair(3))(torch.zeros(1, 3, 8, 8))  # expect: e (1, 4, 6, 6)
f = torch.fill(x, 2.0)  # expect: f (3, 5)
g = _precision_to_scale_tril(torch.eye(4).expand(2, 4, 4))  # expect: g (2, 4, 4)


def series(v, terms):
    total = 0.0
    for k in range(terms):
        total = total + (-1) ** k * v / (k + 1)
    return total


h = series(x, torch.randint(40, 50, ()).item())  # expect: h (3, 5)


class Frames(Dataset):
    """Without `__iter__`: Python goes by `__getitem__`."""

    def __len__(self):
        return 40

    def __getitem__(self, k):
        if k >= len(self):
            raise IndexError
        return torch.zeros(2, 6)


for frame in Frames():
    i = frame.sum(0)  # expect: i (6,)

train, held = random_split(TensorDataset(torch.randn(20, 5), torch.randn(20, 2)), [16, 4])
for inputs, targets in DataLoader(train, batch_size=8):
    k = inputs  # expect: k (8, 5)
part = torch.zeros(len(held), len(Subset(Frames(), [0, 1])))  # expect: part (4, 2)
