"""Gradients and Jacobian rows of networks with respect to their parameters, by torch.autograd.grad and backward."""
import torch
from torch import nn
from torch.autograd import grad

net = nn.Sequential(nn.Linear(3, 4), nn.Softplus(), nn.Linear(4, 2))
x = torch.randn(6, 3)
y = net(x)

# One row of the Jacobian a turn.
rows = []
for i in range(y.shape[0]):
    for j in range(y.shape[1]):
        g = grad(y[i, j], list(net.parameters()), retain_graph=True)
        rows.append(torch.cat([p.flatten() for p in g]))
J = torch.stack(rows)  # expect: J (12, 26)

# The gradient of a loss, and its product with a vector.
loss = (y**2).sum()
grads = grad(loss, net.parameters(), create_graph=True)
flat = torch.cat([g.reshape(-1) for g in grads])  # expect: flat (26,)
v = torch.randn_like(flat)
hvp = grad(flat @ v, net.parameters(), retain_graph=True)
product = torch.cat([h.reshape(-1) for h in hvp])  # expect: product (26,)

# Sum over the batch: what an optimiser wants.
summed = grad(net(x).sum(0)[0], net[0].weight)[0]  # expect: summed (4, 3)
ones = grad(net(x), net[2].weight, grad_outputs=torch.ones(6, 2))[0]  # expect: ones (2, 4)

net.zero_grad()
net(x).sum().backward()
gradient = net[0].weight.grad


def meta_step(weight, lr=0.1):
    """An inner step, differentiated through."""
    inner = ((x @ weight.T) ** 2).mean()
    (g,) = grad(inner, weight, create_graph=True)
    return weight - lr * g


w = torch.randn(2, 3, requires_grad=True)
outer = meta_step(w)  # expect: outer (2, 3)
meta = grad((x @ outer.T).pow(2).mean(), w)[0]  # expect: meta (2, 3)
