"""Gradients of gradients with all-ones cotangents: row sums of the Hessian, taken for its diagonal."""
import torch
from torch import nn
from torch.autograd import grad

net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
x = torch.rand(6, 3, requires_grad=True)
u = net(x)

du = grad(u, x, torch.ones_like(u), create_graph=True)[0]  # expect: du (6, 3)
a = grad(du, x, torch.ones_like(du), create_graph=True)[0]  # expect: a (6, 3) hessian-row-sum
b = grad(du.sum(), x, create_graph=True)[0]  # expect: b (6, 3) hessian-row-sum
fine = torch.stack([grad(du[:, k].sum(), x, create_graph=True)[0][:, k] for k in range(3)], 1)  # expect: fine (6, 3)
c = grad(outputs=du, inputs=x, grad_outputs=torch.ones(6, 3), retain_graph=True)[0].sum(1)  # expect: c (6,) hessian-row-sum
d = torch.autograd.grad(  # expect: d (6, 3) hessian-row-sum
    du,
    x,
    grad_outputs=torch.ones(du.shape),
    create_graph=True,
    retain_graph=True,
)[0]
two = du[:, :2]
e = grad(two, x, torch.ones_like(two), create_graph=True)[0]  # expect: e (6, 3) hessian-row-sum


def laplacian(u, x):
    first = grad(u.sum(), x, create_graph=True)[0]
    second = grad(first.sum(), x, create_graph=True)[0]  # expect: second (6, 3) hessian-row-sum
    return second.sum(dim=1)


def laplacian_right(u, x):
    first = grad(u.sum(), x, create_graph=True)[0]
    total = 0
    for k in range(x.shape[1]):
        total = total + grad(first[:, k].sum(), x, create_graph=True)[0][:, k]
    return total


wrong = laplacian(net(x), x)  # expect: wrong (6,)
right = laplacian_right(net(x), x)  # expect: right (6,)


class Heat(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, txy):
        return self.net(txy)

    def residual(self, txy):
        u = self(txy)
        g = grad(u, txy, torch.ones_like(u), create_graph=True)[0]
        u_t = g[:, 0:1]
        gg = grad(g, txy, torch.ones_like(g), create_graph=True)[0]  # expect: gg (9, 3) hessian-row-sum
        return u_t - gg[:, 1:2] - gg[:, 2:3]

    def residual_right(self, txy):
        u = self(txy)
        g = grad(u, txy, torch.ones_like(u), create_graph=True)[0]
        u_x, u_y = g[:, 1:2], g[:, 2:3]
        u_xx = grad(u_x, txy, torch.ones_like(u_x), create_graph=True)[0][:, 1:2]  # expect: u_xx (9, 1)
        u_yy = grad(u_y, txy, torch.ones_like(u_y), create_graph=True)[0][:, 2:3]  # expect: u_yy (9, 1)
        return g[:, 0:1] - u_xx - u_yy


heat = Heat()
points = torch.rand(9, 3, requires_grad=True)
r = heat.residual(points)  # expect: r (9, 1)
s = heat.residual_right(points)  # expect: s (9, 1)


def nth(y, x):
    return grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True)[0]


line = torch.rand(5, 1, requires_grad=True)
wave = nn.Sequential(nn.Linear(1, 8), nn.Tanh(), nn.Linear(8, 1))
second_derivative = nth(nth(wave(line), line), line)  # expect: second_derivative (5, 1)
row_sums = nth(nth(net(x), x), x)  # expect: row_sums (6, 3) hessian-row-sum

# Several outputs, each by itself, and each wrong.
field = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
v = field(x)
for k in range(2):
    first_k = grad(v[:, k].sum(), x, create_graph=True)[0]
    second_k = grad(first_k, x, torch.ones_like(first_k), retain_graph=True)[0]  # expect: second_k (6, 3) hessian-row-sum
