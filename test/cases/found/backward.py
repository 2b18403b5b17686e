"""All-ones cotangents of backward(): the outputs of a sample, or the rows of a Hessian, added up."""

import torch
import torch.nn as nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))

x = torch.randn(5, 3, requires_grad=True)
y = net(x)
y.backward(torch.ones_like(y))  # expect: grad-sums-outputs
J = x.grad  # expect: J (5, 3)

states = torch.randn(4, 3, requires_grad=True)
out = net(states)
torch.autograd.backward(out, torch.ones(4, 2))  # expect: grad-sums-outputs
jacobian = states.grad  # expect: jacobian (4, 3)

points = torch.randn(6, 3, requires_grad=True)
potential = net(points)[:, 0]
(force,) = torch.autograd.grad(potential.sum(), points, create_graph=True)
points.grad = None
force.backward(torch.ones_like(force))  # expect: hessian-row-sum
diagonal = points.grad  # expect: diagonal (6, 3)
