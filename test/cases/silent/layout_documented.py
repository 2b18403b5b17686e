"""Per-sample Jacobians in the layout (b, i, o), where the code says so: gradients as columns."""
import torch
from torch import nn
from torch.autograd import grad
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
x = torch.randn(7, 3, requires_grad=True)


def gradients_of_outputs(y, x):
    """Gradient of each output as a column.

    Returns:
        (batch, inputs, outputs)
    """
    return torch.stack([grad(y[:, k].sum(), x, retain_graph=True)[0] for k in range(y.shape[1])], dim=-1)


nabla = gradients_of_outputs(net(x), x)  # expect: nabla (7, 3, 2)


def jacobian_transpose(f, x):
    """J^T of every sample, (b, i, o)."""
    return jacobian(lambda x: f(x).sum(0), x).permute(1, 2, 0)


Jt = jacobian_transpose(net, x)  # expect: Jt (7, 3, 2)
pulled = torch.bmm(Jt, torch.randn(7, 2, 1)).squeeze(-1)  # expect: pulled (7, 3)

# Inputs in front of outputs, as for a change of basis.
basis = vmap(jacrev(net))(x.detach()).transpose(1, 2)  # expect: basis (7, 3, 2)
also = vmap(jacrev(net))(x.detach()).mT  # expect: also (7, 3, 2)
grad_phi = jacobian(lambda x: net(x).sum(0), x).transpose(0, 2).transpose(0, 1)  # (b, i, o)
print(grad_phi.shape)  # expect: grad_phi (7, 3, 2)


class Deformation(nn.Module):
    def __init__(self):
        super().__init__()
        self.field = nn.Sequential(nn.Linear(3, 6), nn.Softplus(), nn.Linear(6, 3))

    def displacement_gradient(self, X):
        """du_j/dX_i as (points, i, j): the convention of the solver."""
        u = self.field(X)
        columns = []
        for j in range(3):
            g = grad(u[:, j], X, grad_outputs=torch.ones_like(u[:, j]), create_graph=True)[0]
            columns.append(g.unsqueeze(2))
        return torch.cat(columns, dim=2)

    def forward(self, X):
        H = self.displacement_gradient(X)  # expect: H (7, 3, 3)
        F = torch.eye(3) + H.transpose(1, 2)
        return torch.det(F)


J = Deformation()(x)  # expect: J (7,)

# The sample last, for a solver that wants it so.
points_last = vmap(jacrev(net), out_dims=2)(x.detach())  # expect: points_last (2, 3, 7)
fortran = torch.einsum("boi->iob", vmap(jacrev(net))(x.detach()))  # expect: fortran (3, 2, 7)
