"""Random numbers inside of vmap, and of what maps with it, that is not told how to draw them."""

import torch
from torch import nn
from torch.autograd.functional import hessian as hessian_of
from torch.autograd.functional import jacobian
from torch.func import functional_call, hessian, jacfwd, jacrev, stack_module_state, vmap
from torch.nn import functional as F

x = torch.randn(3, 5)

net = nn.Sequential(nn.Linear(5, 8), nn.Dropout(0.1), nn.Tanh(), nn.Linear(8, 2))
outputs = vmap(net)(x)  # expect: randomness-under-vmap
per_sample = vmap(jacrev(net))(x)  # expect: randomness-under-vmap
dropped = vmap(F.dropout)(x)  # expect: randomness-under-vmap
forward = jacfwd(net)(x[0])  # expect: randomness-under-vmap
curvature = hessian(lambda row: net(row).sum())(x[0])  # expect: randomness-under-vmap
by_columns = jacobian(net, x[0], vectorize=True, strategy="forward-mode")  # expect: randomness-under-vmap
bent = hessian_of(lambda row: net(row).sum(), x[0], vectorize=True, outer_jacobian_strategy="forward-mode")  # expect: randomness-under-vmap
by_rows = jacobian(net, x[0], vectorize=True)  # expect: by_rows (2, 5)
noisy = vmap(lambda row: row + 0.1 * torch.randn_like(row))(x)  # expect: randomness-under-vmap
shared = vmap(lambda row: row + torch.empty(5).normal_())(x)  # expect: randomness-under-vmap
chosen = vmap(lambda row: torch.multinomial(row.softmax(0), 1))(x)  # expect: randomness-under-vmap
coins = vmap(lambda row: torch.bernoulli(row.sigmoid()), randomness="same")(x)  # expect: randomness-under-vmap
filled = vmap(lambda row: row + torch.zeros(5).uniform_(-1, 1), randomness="different")(x)  # expect: randomness-under-vmap


class Sampler(nn.Module):
    """A variational encoder that draws in its forward pass."""

    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(5, 2)
        self.scale = nn.Linear(5, 2)

    def forward(self, row):
        scale = F.softplus(self.scale(row))
        return self.mean(row) + scale * torch.randn(2)


latent = vmap(Sampler())(x)  # expect: randomness-under-vmap

models = [nn.Sequential(nn.Linear(5, 4), nn.Dropout()) for _ in range(3)]
weights, _ = stack_module_state(models)
base = models[0]
ensemble = vmap(lambda w: functional_call(base, w, (x,)))(weights)  # expect: randomness-under-vmap
soft = vmap(lambda row: F.gumbel_softmax(row, tau=0.5))(x)  # expect: randomness-under-vmap
