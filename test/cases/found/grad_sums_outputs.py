"""All-ones cotangents on several outputs of a sample: the gradient of their sum, taken for the Jacobian."""
import torch
from torch import autograd, nn
from torch.autograd import grad

net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(6, 4, requires_grad=True)
y = net(x)

a = grad(y, x, grad_outputs=torch.ones_like(y), retain_graph=True)[0]  # expect: a (6, 4) grad-sums-outputs wanted (6, 3, 4)
fine = grad(y[:, 0], x, torch.ones(6), retain_graph=True)[0]  # expect: fine (6, 4)
b = grad(y, x, torch.ones(6, 3), create_graph=True)[0]  # expect: b (6, 4) grad-sums-outputs wanted (6, 3, 4)
c = torch.autograd.grad(  # expect: c (6, 4) grad-sums-outputs wanted (6, 3, 4)
    outputs=y,
    inputs=x,
    grad_outputs=torch.ones(y.shape, dtype=y.dtype, device=y.device),
    retain_graph=True,
    create_graph=True,
    only_inputs=True,
)[0]
(d,) = autograd.grad([y], [x], [torch.ones_like(y)], retain_graph=True)  # expect: d (6, 4) grad-sums-outputs wanted (6, 3, 4)
v = torch.ones(*y.size())
e = grad(y, x, v, retain_graph=True)[0]  # expect: e (6, 4) grad-sums-outputs wanted (6, 3, 4)
f = grad(y, x, y.new_ones(y.shape), retain_graph=True)[0]  # expect: f (6, 4) grad-sums-outputs wanted (6, 3, 4)
g = grad(y, x, torch.full_like(y, 1.0), retain_graph=True)[0]  # expect: g (6, 4) grad-sums-outputs wanted (6, 3, 4)
pair = y[:, :2]
h = grad(pair, x, torch.ones_like(pair), retain_graph=True)[0]  # expect: h (6, 4) grad-sums-outputs wanted (6, 2, 4)
loss_gradient = grad(y.sum(), x)[0]  # expect: loss_gradient (6, 4)


class PINN(nn.Module):
    """Velocity and pressure at (t, x): two outputs, of which the derivatives are wanted one by one."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 10), nn.Tanh(), nn.Linear(10, 2))

    def forward(self, t, x):
        return self.net(torch.cat([t, x], dim=1))

    def residual(self, t, x):
        out = self(t, x)
        out_t = grad(out, t, torch.ones_like(out), create_graph=True)[0]  # expect: out_t (7, 1) grad-sums-outputs wanted (7, 2, 1)
        u = out[:, 0:1]
        u_t = grad(u, t, torch.ones_like(u), create_graph=True)[0]  # expect: u_t (7, 1)
        return out_t - u_t


pinn = PINN()
t, s = torch.rand(7, 1, requires_grad=True), torch.rand(7, 1, requires_grad=True)
r = pinn.residual(t, s)  # expect: r (7, 1)


def gradient(y, x):
    return grad(y, x, grad_outputs=torch.ones_like(y), create_graph=True)[0]


potential = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 1))
force = gradient(potential(x), x)  # expect: force (6, 4)
velocity = nn.Sequential(nn.Linear(4, 8), nn.SiLU(), nn.Linear(8, 4))
wrong = gradient(velocity(x), x)  # expect: wrong (6, 4) grad-sums-outputs wanted (6, 4, 4)

# Images.
cnn = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 5))
images = torch.randn(2, 1, 4, 4, requires_grad=True)
logits = cnn(images)
i = grad(logits, images, torch.ones_like(logits), retain_graph=True)[0]  # expect: i (2, 1, 4, 4) grad-sums-outputs wanted (2, 5, 1, 4, 4)
top = logits.max(dim=1).values
saliency = grad(top, images, torch.ones_like(top))[0]  # expect: saliency (2, 1, 4, 4)
