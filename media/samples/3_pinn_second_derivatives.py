"""A physics-informed network: second derivatives of a field u(x, t) for the
heat equation u_t = u_xx.

`grad` with ones in `grad_outputs` adds up rows. For the first derivatives of a
single output that is right: each point has an output of its own. A second time
it gives u_xx + u_tx, the sum over a row of the Hessian, and not u_xx.
"""
import torch
import torch.nn as nn
from torch.autograd import grad

n_points = 256

field = nn.Sequential(
    nn.Linear(2, 32),
    nn.Tanh(),
    nn.Linear(32, 32),
    nn.Tanh(),
    nn.Linear(32, 1),
)
points = torch.rand(n_points, 2, requires_grad=True)  # columns x and t

u = field(points)
first = grad(u, points, grad_outputs=torch.ones_like(u), create_graph=True)[0]
second = grad(first, points, grad_outputs=torch.ones_like(first), create_graph=True)[0]

u_t = first[:, 1]
u_xx = second[:, 0]
residual = u_t - u_xx
print(residual.shape)

# One column at a time, the second derivative is what it says.
u_x = first[:, 0]
u_xx = grad(u_x, points, grad_outputs=torch.ones_like(u_x), create_graph=True)[0][:, 0]
print(u_xx.shape)
