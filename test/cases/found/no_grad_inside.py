"""Functions that turn recording off for themselves: nothing comes back through, or tangents pass all the same."""

import torch
import torch.nn as nn
from torch.autograd.functional import hessian, jacobian
from torch.func import functional_call, grad, jacfwd, jacrev, jvp, linearize, vmap
from torch.func import hessian as hessian_of

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3)


# A function that was made for inference.
@torch.no_grad()
def predict(v):
    return net(v)


J = jacrev(predict)(x)  # expect: J (2, 3) no-grad-inside-transform
per_sample = vmap(jacrev(predict))(torch.randn(5, 3))  # expect: per_sample (5, 2, 3) no-grad-inside-transform
by_autograd = jacobian(predict, x)  # expect: by_autograd (2, 3) no-grad-inside-transform


# A module whose forward turns it off.
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(3, 4)

    def forward(self, v):
        with torch.no_grad():
            features = self.body(v).tanh()
        return features * 2


encoder = Encoder()
D = jacrev(encoder)(x)  # expect: D (4, 3) no-grad-inside-transform
H = hessian_of(lambda v: encoder(v).sum())(x)  # expect: H (3, 3) no-grad-inside-transform


# Inference mode stops tangents, too.
def served(v):
    with torch.inference_mode():
        return torch.sin(v) * 2


slope = grad(lambda v: served(v).sum())(x)  # expect: slope (3,) no-grad-inside-transform
forward = jacfwd(served)(x)  # expect: forward (3, 3) no-grad-inside-transform

# Around torch.autograd.functional: it cannot turn recording on again.
with torch.inference_mode():
    around = jacobian(net, x)  # expect: around (2, 3) no-grad-inside-transform
    curvature = hessian(lambda v: net(v).sum(), x)  # expect: curvature (3, 3) no-grad-inside-transform

for result in (J, per_sample, by_autograd, D, H, slope, forward, around, curvature):
    assert result.count_nonzero() == 0


# A scale that is to be held constant, which it is backwards alone.
def scaled(v):
    with torch.no_grad():
        size = v.norm()
    return v / size


F = jacfwd(scaled)(x)  # expect: F (3, 3) no-grad-inside-transform
assert not torch.allclose(F, jacrev(scaled)(x))


# A target of a fixed point, pushed forwards.
def gap(v):
    with torch.no_grad():
        target = torch.tanh(v)
    return v - target


_, pushed = jvp(gap, (x,), (torch.ones(3),))  # expect: pushed (3,) no-grad-inside-transform
assert not torch.allclose(pushed, torch.ones(3))
_, push = linearize(gap, x)
linear = push(torch.ones(3))  # expect: linear (3,) no-grad-inside-transform
assert torch.equal(linear, pushed)
