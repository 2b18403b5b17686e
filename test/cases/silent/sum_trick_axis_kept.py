"""The sum over the batch, with the output axis left in front and used there: right, since the author knows which is which."""
import torch
import torch.nn as nn
from torch.autograd.functional import jacobian
from torch.func import jacrev

net = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 2))
x = torch.randn(10, 3)

# One output at a time.
J = jacobian(lambda x: net(x).sum(0), x)  # expect: J (2, 10, 3)
du, dv = J
print(du.shape)  # expect: du (10, 3)
du_dx = J[0, :, 0]  # expect: du_dx (10,)
divergence = J[0, :, 0] + J[1, :, 1]  # expect: divergence (10,)

u_x, u_y, u_z = jacobian(lambda x: net(x)[:, 0].sum(), x).unbind(1)
print(u_x.shape)  # expect: u_x (10,)

# Contracted with the axes named.
v = torch.randn(10, 3)
Jv = torch.einsum("obi,bi->bo", jacobian(lambda x: net(x).sum(0), x), v)  # expect: Jv (10, 2)
norms = jacrev(lambda x: net(x).sum(0))(x).pow(2).sum(dim=(0, 2)).sqrt()  # expect: norms (10,)
gram = torch.einsum("obi,obj->bij", J, J)  # expect: gram (10, 3, 3)


def strain(displacement, X):
    """Of a displacement field: (d, b, d) from the sum, symmetrised per point."""
    grad_u = jacobian(lambda X: displacement(X).sum(0), X, create_graph=True)
    grad_u = torch.movedim(grad_u, 1, 0)
    return 0.5 * (grad_u + grad_u.transpose(1, 2))


eps = strain(nn.Linear(3, 3), x)  # expect: eps (10, 3, 3)

for k, gradient in enumerate(J):  # expect: gradient (10, 3)
    print(k, gradient.norm(dim=1).mean())

listed = list(J)
print(J[1].shape)
