"""Per-sample derivatives by vmap, in every form that is right."""
from functools import partial

import torch
from torch import nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vjp, vmap

net = nn.Sequential(nn.Linear(4, 7), nn.Tanh(), nn.Linear(7, 3))
x = torch.randn(6, 4)

plain = vmap(jacrev(net))(x)  # expect: plain (6, 3, 4)
by_lambda = vmap(jacrev(lambda row: net(row)))(x)  # expect: by_lambda (6, 3, 4)
batch_of_one = vmap(jacrev(lambda row: net(row.unsqueeze(0)).squeeze(0)))(x)  # expect: batch_of_one (6, 3, 4)
indexed = vmap(jacfwd(lambda row: net(row[None, :])[0]))(x)  # expect: indexed (6, 3, 4)
torch_vmap = torch.vmap(torch.func.jacrev(net))(x)  # expect: torch_vmap (6, 3, 4)
chunked = vmap(jacrev(net, chunk_size=1), chunk_size=2)(x)  # expect: chunked (6, 3, 4)
different = vmap(jacrev(net), randomness="different")(x)  # expect: different (6, 3, 4)
detached = vmap(jacrev(net))(x).detach()  # expect: detached (6, 3, 4)
last = vmap(jacrev(net), out_dims=-1)(x)  # expect: last (3, 4, 6)
columns = vmap(jacrev(net), in_dims=1)(x.T)  # expect: columns (6, 3, 4)


# With the value beside it.
def value_twice(row):
    y = net(row)
    return y, y


J, y = vmap(jacrev(value_twice, has_aux=True))(x)
print(J.shape, y.shape)  # expect: J (6, 3, 4)

# Several arguments.
def f(a, b, scale=1.0):
    return scale * torch.tanh(a) * b.sum() + b[:3]


a, b = torch.randn(6, 3), torch.randn(6, 4)
Ja = vmap(jacrev(f))(a, b)  # expect: Ja (6, 3, 3)
Jb = vmap(jacrev(f, argnums=1))(a, b)  # expect: Jb (6, 3, 4)
both = vmap(jacrev(f, argnums=(0, 1)))(a, b)
print(both[0].shape)
shared = vmap(jacfwd(f, argnums=0), in_dims=(0, None))(a, b[0])  # expect: shared (6, 3, 3)
scaled = vmap(jacrev(partial(f, scale=2.0)))(a, b)  # expect: scaled (6, 3, 3)
over_shared = vmap(jacrev(f, argnums=1), in_dims=(0, None))(a, b[0])  # expect: over_shared (6, 3, 4)

# Nested: samples, then points of each.
sets = torch.randn(2, 5, 4)
nested = vmap(vmap(jacrev(net)))(sets)  # expect: nested (2, 5, 3, 4)
flattened = vmap(jacrev(net))(sets.flatten(0, 1)).unflatten(0, (2, 5))  # expect: flattened (2, 5, 3, 4)
pairs = vmap(vmap(jacrev(f), in_dims=(None, 0)), in_dims=(0, None))(a, b)  # expect: pairs (6, 6, 3, 3)

# Second order.
energy = lambda row: net(row).pow(2).sum()
H = vmap(hessian(energy))(x)  # expect: H (6, 4, 4)
over = vmap(jacfwd(jacrev(net)))(x)  # expect: over (6, 3, 4, 4)
mixed = vmap(jacfwd(grad(energy)))(x)  # expect: mixed (6, 4, 4)
g = vmap(grad(energy))(x)  # expect: g (6, 4)
laplacian = vmap(lambda row: torch.trace(hessian(energy)(row)))(x)  # expect: laplacian (6,)
diagonal = vmap(lambda row: torch.diagonal(jacrev(grad(energy))(row)))(x)  # expect: diagonal (6, 4)

# Products, mapped.
v = torch.randn(6, 4)
pushed = vmap(lambda row, t: jvp(net, (row,), (t,))[1])(x, v)  # expect: pushed (6, 3)
pulled = vmap(lambda row, c: vjp(net, row)[1](c)[0])(x, torch.randn(6, 3))  # expect: pulled (6, 4)
directions = vmap(lambda t: jvp(net, (x,), (t,))[1])(torch.randn(5, 6, 4))  # expect: directions (5, 6, 3)
