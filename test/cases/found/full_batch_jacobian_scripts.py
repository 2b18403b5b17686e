"""Dense Jacobians of batched networks where only the blocks of equal samples are not zero, in many spellings."""
import functools

import torch
import torch.autograd.functional as AF
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian
from torch.func import functional_call, jacfwd, jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
x = torch.randn(6, 4)

a = jacobian(net, x)  # expect: a (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
good = vmap(jacrev(net))(x)  # expect: good (6, 3, 4)
b = torch.autograd.functional.jacobian(lambda inp: net(inp), x)  # expect: b (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
c = AF.jacobian(func=net.forward, inputs=x, create_graph=True)  # expect: c (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
d = jacrev(net)(x)  # expect: d (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
jac_fn = jacfwd(net)
e = jac_fn(x)  # expect: e (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
f = jacobian(  # expect: f (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
    lambda z: F.softmax(net(z), dim=-1),
    x,
    vectorize=True,
    strategy="forward-mode",
)

# The parameters fixed, the input differentiated.
params = dict(net.named_parameters())
g = jacrev(functional_call, argnums=2)(net, params, x)  # expect: g (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
frozen = functools.partial(functional_call, net, params)
h = jacrev(frozen)(x)  # expect: h (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)


def encode(x, scale=2.0):
    """Normalised features."""
    z = net(x) * scale
    return z / z.norm(dim=1, keepdim=True)


i = jacobian(encode, x)  # expect: i (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
j, value = jacrev(lambda x: (encode(x), encode(x)), has_aux=True)(x)  # expect: j (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)

# One number a sample: the gradient of the sum would do.
energy = lambda x: net(x).pow(2).sum(dim=1)
k = jacobian(energy, x)  # expect: k (6, 6, 4) full-batch-jacobian wanted (6, 4)
fine = jacobian(lambda x: energy(x).sum(), x)  # expect: fine (6, 4)
head = nn.Linear(4, 1)
l = jacobian(head, x)  # expect: l (6, 1, 6, 4) full-batch-jacobian wanted (6, 1, 4)

# Two inputs.
bilinear = nn.Bilinear(4, 2, 3)
s, t = torch.randn(5, 4), torch.randn(5, 2)
m = jacrev(bilinear, argnums=1)(s, t)  # expect: m (5, 3, 5, 2) full-batch-jacobian wanted (5, 3, 2)
n = jacobian(lambda s: bilinear(s, t), s)  # expect: n (5, 3, 5, 4) full-batch-jacobian wanted (5, 3, 4)

# Layers that keep samples apart although they normalise.
stable = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.GELU(), nn.Dropout(0.1), nn.Linear(8, 3)).eval()
o = jacobian(stable, x)  # expect: o (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
bn = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
bn.train(False)
p = jacobian(bn, x)  # expect: p (6, 3, 6, 4) full-batch-jacobian wanted (6, 3, 4)
