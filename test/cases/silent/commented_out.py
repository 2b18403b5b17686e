"""What is commented out, quoted or never reached is not to be reported."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
x = torch.randn(5, 4)

# full = jacobian(net, x)
# per_sample = torch.diagonal(full, dim1=0, dim2=2).permute(2, 0, 1)
J = vmap(jacrev(net))(x)  # expect: J (5, 3, 4)
# J = torch.stack([jacobian(net, row) for row in x])
# J = jacobian(lambda x: net(x).sum(0), x)
# wrong: jacobian(net, x)[0]

"""
full = jacobian(net, x)
torch.diagonal(full, dim1=0, dim2=1)
"""

usage = "J = jacobian(net, x)  # (5, 3, 5, 4)"
help_text = f"jacobian(net, x) would take {5 * 3 * 5 * 4} numbers, {J.numel()} are enough"


def documented(f, x):
    """Per-sample Jacobians.

    Instead of

        full = jacobian(f, x)
        J = torch.einsum("bobi->boi", full)

    >>> jacobian(net, x).shape
    torch.Size([5, 3, 5, 4])
    """
    return vmap(jacrev(f))(x)


again = documented(net, x)  # expect: again (5, 3, 4)

if False:
    jacobian(net, x)

debug = False
if debug:
    full = jacobian(net, x)
    print(full.diagonal(dim1=0, dim2=2).shape)


def unused_because_of_the_return(x):
    return vmap(jacrev(net))(x)
    return jacobian(net, x)


last = unused_because_of_the_return(x)  # expect: last (5, 3, 4)
assert jacobian is not None
not_called = [jacobian, jacrev, lambda: jacobian]
