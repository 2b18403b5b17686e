"""Per-sample Jacobians in an order that the code says, in none that it says, or turned back before they are used."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev, vmap

net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
x = torch.randn(7, 3, requires_grad=True)
y = net(x)

# As it should be.
J_boi = torch.stack([grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(2)], dim=1)  # expect: J_boi (7, 2, 3)
jac_boi = jacobian(lambda x: net(x).sum(0), x).permute(1, 0, 2)  # expect: jac_boi (7, 2, 3)
b, o, i = jac_boi.shape
per_sample = vmap(jacrev(net))(x.detach())  # (b, o, i)  # expect: per_sample (7, 2, 3)

# Transposed, and so it says.
J_bio = jac_boi.transpose(1, 2)  # expect: J_bio (7, 3, 2)
Jt = per_sample.mT  # (b, i, o)  # expect: Jt (7, 3, 2)
b, i, o = Jt.shape
assert Jt.shape == (7, 3, 2)
columns = torch.stack([grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(2)], dim=2)  # expect: columns (7, 3, 2)
print(columns.shape)


def gradients(f, x):
    """Gradients as columns.

    Returns:
        (batch, inputs, outputs)
    """
    return vmap(jacrev(f))(x.detach()).transpose(1, 2)


nabla = gradients(net, x)  # expect: nabla (7, 3, 2)


def vjps(f, x, cotangents):
    """Takes cotangents (batch, outputs, inputs) and gives pulled ones."""
    J = vmap(jacrev(f))(x.detach()).transpose(1, 2)  # expect: J (7, 3, 2)
    return torch.bmm(J, cotangents)


pulled = vjps(net, x, torch.randn(7, 2, 3))  # expect: pulled (7, 3, 3)

# Turned and turned back.
turned = per_sample.transpose(1, 2)  # expect: turned (7, 3, 2)
back = turned.transpose(1, 2)  # (b, o, i)  # expect: back (7, 2, 3)

# As many outputs as inputs: the numbers say nothing.
field = nn.Linear(3, 3)
square = vmap(jacrev(field))(x.detach()).mT  # expect: square (7, 3, 3)
assert square.shape == (7, 3, 3)

# Not one sample's matrix, but its derivative by two things, and one without a batch.
of_one = jacrev(net)(x[0].detach()).T  # (i, o)  # expect: of_one (3, 2)
weights = jacobian(lambda w: torch.tanh(x.detach() @ w), torch.randn(3, 2))  # expect: weights (7, 2, 3, 2)
by_time = torch.stack([jacfwd(lambda t: net(x.detach() * t))(torch.tensor(float(k))) for k in range(4)], dim=2)  # expect: by_time (7, 2, 4)

# The same name for another thing later.
Q = vmap(jacrev(net))(x.detach()).mT  # expect: Q (7, 3, 2)
Q = torch.linalg.pinv(Q)  # (b, o, i)  # expect: Q (7, 2, 3)
