"""Random projections: Hutchinson's trace, Rademacher probes, power iterations, random cotangents of a penalty."""
import torch
from torch import nn
from torch.autograd import grad
from torch.func import jvp, vjp

f = nn.Sequential(nn.Linear(4, 9), nn.Tanh(), nn.Linear(9, 4))
x = torch.randn(6, 4, requires_grad=True)


def hutchinson(y, x, noise):
    e_dzdx = grad(y, x, noise, create_graph=True)[0]
    return torch.einsum("bi,bi->b", e_dzdx, noise)


eps = torch.randn_like(x)
trace = hutchinson(f(x), x, eps)  # expect: trace (6,)

rademacher = torch.randint(0, 2, x.shape).float() * 2 - 1
vJ = grad(f(x), x, grad_outputs=rademacher, create_graph=True)[0]  # expect: vJ (6, 4)
estimate = (vJ * rademacher).sum(dim=1)  # expect: estimate (6,)


def div_fn(fn, x, eps):
    """The skew divergence of a score, with one probe."""
    with torch.enable_grad():
        x = x.detach().requires_grad_(True)
        fn_eps = torch.sum(fn(x) * eps)
        grad_fn_eps = torch.autograd.grad(fn_eps, x)[0]
    return torch.sum(grad_fn_eps * eps, dim=tuple(range(1, len(x.shape))))


skilling = div_fn(f, x, torch.sign(torch.randn_like(x)))  # expect: skilling (6,)


class JacobianReg(nn.Module):
    """Frobenius norm of the Jacobian by random unit cotangents."""

    def __init__(self, n=2):
        super().__init__()
        self.n = n

    def forward(self, x, y):
        B, C = y.shape
        J2 = 0
        for _ in range(self.n):
            v = torch.randn(B, C)
            v = v / v.norm(dim=1, keepdim=True)
            (Jv,) = grad(y, x, v, retain_graph=True, create_graph=True)
            J2 = J2 + C * Jv.norm() ** 2 / (self.n * B)
        return 0.5 * J2


penalty = JacobianReg()(x, f(x))


# The trick of two reverse passes: ones only for a function that is linear in them.
def forward_product(y, x, u):
    w = torch.ones_like(y, requires_grad=True)
    g = grad(y, x, w, create_graph=True)[0]
    return grad(g, w, u, create_graph=True)[0]


Ju = forward_product(f(x), x, torch.randn_like(x))  # expect: Ju (6, 4)


def largest_singular_value(f, x, iterations=4):
    u = torch.randn_like(x)
    for _ in range(iterations):
        u = u / u.norm(dim=1, keepdim=True)
        _, v = jvp(f, (x,), (u,))
        _, pull = vjp(f, x)
        (u,) = pull(v)
    return v.norm(dim=1)


spectral = largest_singular_value(f, x.detach())  # expect: spectral (6,)

# Of a Hessian: probes of a gradient.
energy = lambda x: f(x).pow(2).sum(1)
g = grad(energy(x).sum(), x, create_graph=True)[0]
z = torch.randint_like(x, 2) * 2 - 1
Hz = grad(g, x, z, retain_graph=True)[0]  # expect: Hz (6, 4)
laplacian = (Hz * z).sum(-1)  # expect: laplacian (6,)
sketch = torch.stack([grad(g, x, torch.randn_like(g), retain_graph=True)[0] for _ in range(5)])
print(sketch.shape)  # expect: sketch (5, 6, 4)
also = grad((g * z).sum(), x, create_graph=True)[0]  # expect: also (6, 4)
probe = grad((f(x) * eps).sum(), x)[0]  # expect: probe (6, 4)
