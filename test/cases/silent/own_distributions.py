"""Distributions of a program's own: their properties stand before what the class of all distributions sets."""
import torch
from torch.distributions import Distribution, Normal


class Several(Distribution):
    """So many draws of another, as one event."""

    def __init__(self, base, n):
        super().__init__(validate_args=False)
        self.base = base
        self.n = n

    @property
    def batch_shape(self):
        return self.base.batch_shape

    @property
    def event_shape(self):
        return torch.Size([self.n])

    def rsample(self, shape=()):
        return torch.movedim(self.base.rsample((self.n, *shape)), 0, -1)

    def log_prob(self, x):
        return self.base.log_prob(torch.movedim(x, -1, 0)).sum(0)


several = Several(Normal(torch.zeros(4), torch.ones(4)), 3)
x = several.rsample((7,))  # expect: x (7, 4, 3)
assert x.shape == (7,) + several.batch_shape + several.event_shape
log_p = several.log_prob(x)  # expect: log_p (7, 4)
z = torch.zeros(several.event_shape)  # expect: z (3,)
score = torch.func.vmap(torch.func.vmap(torch.func.grad(Several(Normal(0.0, 1.0), 3).log_prob)))(x)  # expect: score (7, 4, 3)
