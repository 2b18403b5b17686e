"""Earlier ways left in comments, docstrings, notes and doctests beside the one that is used."""
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import functional_call, jacfwd, jacrev, jvp, vmap

torch.manual_seed(0)
f = nn.Sequential(nn.Linear(3, 6), nn.Softplus(), nn.Linear(6, 3))
x = torch.randn(8, 3)

# TODO: jacobian(f, x) is (8, 3, 8, 3), replace it everywhere
# >>> J = jacobian(f, x).diagonal(dim1=0, dim2=2)
J = jacobian(lambda x: f(x).sum(0), x).permute(1, 0, 2)  # was: jacobian(f, x)[range(8), :, range(8)]
print(J)  # expect: J (8, 3, 3)


class Flow(nn.Module):
    """A residual flow.

    The log determinant was once

    .. code-block:: python

        J = jacobian(self.block, x)
        J = torch.stack([J[i, :, i] for i in range(len(x))])
        return torch.slogdet(J)[1]
    """

    def __init__(self, block):
        super().__init__()
        self.block = block
        # self.jac = lambda x: jacobian(block, x)
        # self.hess = lambda x: hessian(lambda z: block(z).sum(), x)
        self.jac = vmap(jacfwd(block))

    def forward(self, x):
        """y = x + g(x).

        Args:
            x: ``(b, d)``; ``jacobian(self.block, x)`` would be ``(b, d, b, d)``.
        """
        # for row in x:
        #     J.append(jacobian(self.block, row))
        jac = self.jac(x) + torch.eye(x.shape[1])  # expect: jac (8, 3, 3)
        return x + self.block(x), torch.linalg.slogdet(jac)[1]


y, log_det = Flow(f)(x)
print(log_det)  # expect: log_det (8,)

OLD = r"""
def laplacian(u, x):
    H = hessian(lambda z: u(z).sum(), x)
    return H.diagonal(dim1=1, dim2=3).sum(-1)
"""


def laplacian(u, x):
    #    H = hessian(lambda z: u(z).sum(), x)
    #    return torch.einsum("bibi->b", H)
    hess = vmap(jacfwd(jacrev(lambda row: u(row).sum())))(x)  # expect: hess (8, 3, 3)
    return hess.diagonal(dim1=1, dim2=2).sum(-1)


lap = laplacian(f, x)  # expect: lap (8,)


def compare(methods=("sum", "vmap")):
    # methods=("full", "sum", "vmap")
    ways = {
        # "full": lambda: jacobian(f, x).diagonal(dim1=0, dim2=2).permute(2, 0, 1),
        "sum": lambda: jacobian(lambda x: f(x).sum(0), x).transpose(0, 1),
        "vmap": lambda: vmap(jacrev(f))(x),
        # "loop": lambda: torch.stack([jacobian(f, row) for row in x]),
    }
    return {name: ways[name]() for name in methods}


by_sum = compare()["sum"]  # expect: by_sum (8, 3, 3)

'''
with torch.inference_mode():
    jacobian(f, x)
'''

if __name__ == "__test__":
    full = jacobian(f, x)
    print(torch.diagonal(full, dim1=0, dim2=1))

SLOW = False
assert not SLOW, jacobian(f, x)
value, pushed = jvp(f, (x,), (torch.ones_like(x),))
print(pushed)  # expect: pushed (8, 3)
# weights = dict(f.named_parameters()); jacrev(functional_call, argnums=1)(f, weights, (x,))
per_weight = jacrev(lambda p: functional_call(f, p, (x[:1],)))(dict(f.named_parameters()))["2.bias"]
print(per_weight)  # expect: per_weight (1, 3, 3)
"""hessian(lambda z: f(z).sum(), x).shape == (8, 3, 8, 3)"""
