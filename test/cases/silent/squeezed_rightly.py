"""squeeze() that has an axis of one to take away, or a batch of one."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 10))
value = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1))
x = torch.randn(3, 5)

# One sample.
a = jacobian(net, x[:1]).squeeze()  # expect: a (10, 5)
b = jacfwd(net)(torch.randn(1, 5)).squeeze(2).squeeze(0)  # expect: b (10, 5)


def at_point(f, point):
    """The Jacobian of a network that wants a batch, at one point."""
    return jacobian(f, point.unsqueeze(0)).squeeze()


c = at_point(net, x[0])  # expect: c (10, 5)

# One output.
d = jacobian(lambda x: value(x).sum(0), x).squeeze()  # expect: d (3, 5)
e = vmap(jacrev(value))(x).squeeze(1)  # expect: e (3, 5)
f = vmap(jacrev(value))(x).squeeze()  # expect: f (3, 5)
g = torch.autograd.functional.jacobian(value, x[0]).squeeze(0)  # expect: g (5,)

# No batch, or the batch once.
h = jacobian(net, x[0]).squeeze()  # expect: h (10, 5)
i = vmap(jacfwd(net))(x).squeeze()  # expect: i (3, 10, 5)
j = jacobian(lambda w: torch.tanh(x @ w), torch.randn(5, 2)).squeeze()  # expect: j (3, 2, 5, 2)

# An image network with one channel.
cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 5))
images = torch.randn(3, 1, 4, 4)
k = jacobian(lambda im: cnn(im).sum(0), images).movedim(1, 0).squeeze(2)  # expect: k (3, 5, 4, 4)

# The name holds another thing by then.
J = jacobian(net, x[:1])
J = torch.cat([J, J], dim=2)
l = J.squeeze()  # expect: l (10, 2, 5)
