"""The output axis in front, where the code says that it is there."""
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian
from torch.func import jacrev

net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
x = torch.randn(8, 4)

J = jacobian(lambda x: net(x).sum(0), x)  # (o, b, i)
print(J.shape)  # expect: J (3, 8, 4)

checked = jacobian(lambda x: net(x).sum(dim=0), x)
assert checked.shape == (3, 8, 4)

n_out, n_batch, n_in = jacobian(lambda x: net(x).sum(0), x).shape


def output_first(f, x: Tensor) -> Tensor:
    """Jacobians with the outputs in front: (outputs, batch, inputs)."""
    return jacobian(lambda x: f(x).sum(0), x)


first = output_first(net, x)  # expect: first (3, 8, 4)


def gradients(f, x):
    """One gradient of the whole batch for each output.

    Returns a tensor of shape (n_outputs, batch, n_inputs).
    """
    return jacrev(lambda x: f(x).sum(0))(x)


grads = gradients(net, x)  # expect: grads (3, 8, 4)

# [n_classes, batch, features]
per_class = jacobian(lambda x: torch.log_softmax(net(x), dim=-1).sum(dim=0), x)
print(per_class.shape)  # expect: per_class (3, 8, 4)

obi = jacobian(lambda x: net(x).sum(0), x)
print(obi.mean(dim=1).shape)
