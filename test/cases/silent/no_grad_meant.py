"""Recording that is turned off around a derivative, for a part that is constant, or for what is no input."""

import torch
import torch.nn as nn
from torch.autograd.functional import hessian, jacobian
from torch.func import functional_call, grad, jacfwd, jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
x = torch.randn(3)
full = jacrev(net)(x)  # expect: full (2, 3)

# Around: nothing is to be recorded of the result, and the library records for itself.
with torch.no_grad():
    J = jacrev(net)(x)  # expect: J (2, 3)
    K = jacobian(net, x)  # expect: K (2, 3)
    H = hessian(lambda v: net(v).pow(2).sum(), x)  # expect: H (3, 3)
    forward = jacfwd(net)(x)  # expect: forward (2, 3)
assert torch.allclose(J, full) and torch.allclose(K, full) and H.count_nonzero() > 0


@torch.no_grad()
def spectrum(v):
    return torch.linalg.svdvals(jacrev(net)(v))


s = spectrum(x)  # expect: s (2,)

# Inference mode does not reach into the transforms of torch.func.
with torch.inference_mode():
    served = jacrev(net)(torch.ones(3))  # expect: served (2, 3)
    mapped = vmap(jacrev(net))(torch.ones(4, 3))  # expect: mapped (4, 2, 3)
assert served.count_nonzero() > 0

# A teacher beside a student: the target is constant.
teacher = nn.Linear(3, 2)


def loss(v):
    with torch.no_grad():
        target = teacher(v)
    return (net(v) - target).pow(2).sum()


g = grad(loss)(x)  # expect: g (3,)
assert g.count_nonzero() > 0


# A scale that is held constant, backwards.
def scaled(v):
    with torch.no_grad():
        size = v.norm()
    return v / size


S = jacrev(scaled)(x)  # expect: S (3, 3)
assert torch.allclose(S, torch.eye(3) / x.norm())


# The same with detach, which holds both ways.
def held(v):
    return v / v.norm().detach()


assert torch.allclose(jacfwd(held)(x), S)
both = jacfwd(held)(x)  # expect: both (3, 3)


# What does not hang on the input at all.
def centred(v):
    with torch.no_grad():
        centre = teacher(torch.zeros(3))
    return net(v) - centre


C = jacfwd(centred)(x)  # expect: C (2, 3)
assert torch.allclose(C, full)


# Turned on again inside.
@torch.no_grad()
def relit(v):
    with torch.enable_grad():
        return net(v)


R = jacrev(relit)(x)  # expect: R (2, 3)
assert torch.allclose(R, full)


# A switch that is off.
def switched(v, training=True):
    with torch.set_grad_enabled(training):
        return net(v)


T = jacrev(switched)(x)  # expect: T (2, 3)
assert torch.allclose(T, full)
with torch.inference_mode(False):
    U = jacobian(net, x)  # expect: U (2, 3)


# A whole function without a record, differentiated forwards, where none is needed.
@torch.no_grad()
def cheap(v):
    return net(v)


forwards = jacfwd(cheap)(x)  # expect: forwards (2, 3)
assert torch.allclose(forwards, full, atol=1e-6)


# Validation beside training.
def evaluate(model, data):
    with torch.no_grad():
        return model(data).pow(2).mean()


params = dict(net.named_parameters())
trained = grad(lambda p: functional_call(net, p, (x,)).pow(2).mean())(params)
score = evaluate(net, x)  # expect: score ()
