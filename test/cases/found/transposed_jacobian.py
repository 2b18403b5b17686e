"""Per-sample Jacobians that end up transposed, (b, i, o), although the code says (b, o, i)."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
x = torch.randn(7, 3, requires_grad=True)
y = net(x)

# Rows that are stacked as columns.
J_boi = torch.stack([grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(2)], dim=2)  # expect: J_boi (7, 3, 2) transposed-jacobian
J = torch.stack([grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(2)], -1)  # expect: J (7, 3, 2) transposed-jacobian
b, o, i = J.shape


def rows_of(f, x):
    """The Jacobian of every sample.

    Returns: (batch, outputs, inputs)
    """
    out = f(x)
    rows = []
    for k in range(out.shape[1]):
        rows.append(grad(out[:, k], x, torch.ones_like(out[:, k]), retain_graph=True)[0])
    return torch.stack(rows, dim=2)  # expect: transposed-jacobian


c = rows_of(net, x)  # expect: c (7, 3, 2)

# Axes in the wrong order.
blocks = jacobian(net, x).diagonal(dim1=0, dim2=2)  # expect: blocks (2, 3, 7) full-then-diagonal
jac_boi = blocks.permute(2, 1, 0)  # expect: jac_boi (7, 3, 2) transposed-jacobian
d = jacobian(lambda x: net(x).sum(0), x).permute(1, 2, 0)  # (b, o, i)  # expect: d (7, 3, 2) transposed-jacobian


class Flow(nn.Module):
    def __init__(self):
        super().__init__()
        self.field = nn.Sequential(nn.Linear(3, 6), nn.Softplus(), nn.Linear(6, 4))

    def forward(self, x):
        return self.field(x)

    def jacobians(self, x):
        """dy/dx. Returns a tensor of shape (batch, out_dim, in_dim)."""
        per_sample = vmap(jacrev(self.field))(x)
        return per_sample.transpose(1, 2)  # expect: transposed-jacobian

    def summed(self, x):
        jac = jacobian(lambda x: self.field(x).sum(0), x).movedim(0, 2)  # expect: jac (7, 3, 4) transposed-jacobian
        # jac: (b, o, i)
        n_batch, n_out, n_in = jac.shape
        return jac.sum(dim=2)


flow = Flow()
e = flow.jacobians(x)  # expect: e (7, 3, 4)
f = flow.summed(x)  # expect: f (7, 3)


def check(model, x):
    # full: (7, 2, 3)
    full = vmap(jacrev(model))(x.detach()).mT  # expect: full (7, 3, 2) transposed-jacobian
    return full


g = check(net, x)  # expect: g (7, 3, 2)
