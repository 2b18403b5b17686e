"""All-ones cotangents on one column, one coordinate or one output a sample: right, for nothing is added up but zeros."""
import torch
from torch import autograd, nn
from torch.autograd import grad


class PINN(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))

    def forward(self, t, x):
        return self.net(torch.cat([t, x], dim=1))


model = PINN()
t = torch.rand(20, 1, requires_grad=True)
x = torch.rand(20, 1, requires_grad=True)
u = model(t, x)

# Time and place are columns of their own: each derivative is one number a sample.
u_t = grad(u, t, grad_outputs=torch.ones_like(u), create_graph=True)[0]  # expect: u_t (20, 1)
u_x = grad(u, x, grad_outputs=torch.ones_like(u), create_graph=True)[0]  # expect: u_x (20, 1)
u_xx = grad(u_x, x, grad_outputs=torch.ones_like(u_x), create_graph=True)[0]  # expect: u_xx (20, 1)
u_xt = autograd.grad(u_x, t, torch.ones_like(u_x), create_graph=True)[0]  # expect: u_xt (20, 1)
u_xxx = grad(u_xx.sum(), x, create_graph=True)[0]  # expect: u_xxx (20, 1)
residual = u_t + u * u_x - 0.01 * u_xx
loss = residual.pow(2).mean()
loss.backward()


def gradients(y, x, order=1):
    if order == 1:
        return torch.autograd.grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True, only_inputs=True)[0]
    return gradients(gradients(y, x), x, order=order - 1)


u = model(t, x)
fourth = gradients(u, x, order=4)  # expect: fourth (20, 1)

# Both coordinates in one tensor, then a column at a time.
field = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 1))
points = torch.rand(20, 3, requires_grad=True)
phi = field(points)
gradient = grad(phi, points, torch.ones_like(phi), create_graph=True)[0]  # expect: gradient (20, 3)
laplacian = 0
for k in range(3):
    column = gradient[:, k : k + 1]
    second = grad(column, points, torch.ones_like(column), create_graph=True)[0]  # expect: second (20, 3)
    laplacian = laplacian + second[:, k : k + 1]
print(laplacian.shape)  # expect: laplacian (20, 1)

d_dx = gradient[:, 0]
d_dxdx = grad(d_dx, points, torch.ones_like(d_dx), retain_graph=True)[0][:, 0]  # expect: d_dxdx (20,)
diagonal = torch.stack(
    [grad(gradient[:, k].sum(), points, create_graph=True)[0][:, k] for k in range(3)], dim=1
)
print(diagonal.shape)  # expect: diagonal (20, 3)

# Several outputs, one component at a time.
flow = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 3))
v = flow(points)
v_x = grad(v[:, 0:1], points, torch.ones(20, 1), create_graph=True)[0]  # expect: v_x (20, 3)
v_y = grad(v[:, 1], points, torch.ones_like(v[:, 1]), create_graph=True)[0]  # expect: v_y (20, 3)
v_z = grad(v[..., 2].sum(), points, create_graph=True)[0]  # expect: v_z (20, 3)
div = v_x[:, 0] + v_y[:, 1] + v_z[:, 2]  # expect: div (20,)

vx, vy, vz = flow(points).split(1, dim=1)
again = grad(vy, points, grad_outputs=torch.ones_like(vy))[0]  # expect: again (20, 3)
