"""Loops and functions that may be left before their end: what follows is done on the other ways alone."""
import os

import torch
from torch import nn

is_short = os.environ.get("JACOBIAN_LENS_SHORT") == "yes"


def selected(model, wanted=None):
    """The parameters that a filter takes."""
    out = {}
    for name, p in model.named_parameters():
        if wanted is not None and not wanted(name, p):
            continue
        out[name] = p
    if not out:
        raise ValueError("none is selected")
    return out


def starting_with(prefix):
    return lambda name, _: any(name.startswith(os.path.join(each, "")[:-1]) for each in (prefix,))


net = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
weights = selected(net, starting_with("2"))
assert torch.cat([p.flatten() for p in weights.values()]).shape == (12,)
rows = torch.zeros(sum(p.numel() for p in selected(net).values()))  # expect: rows (32,)


def kept_of(count, most):
    """How many are kept is not known, but what each is."""
    kept = []
    for i in range(count):
        if os.environ.get(f"JACOBIAN_LENS_{i}") is None and i > most:
            continue
        kept.append(torch.zeros(2, 3))
    return kept


stacked = torch.stack(kept_of(3, 0))
assert stacked.shape == (1, 2, 3)
first = kept_of(3, 0)[0]  # expect: first (2, 3)
stacked = torch.stack(kept_of(100, 5))
assert stacked.shape == (6, 2, 3)


# call: negative(torch.tensor([1.0, -1.0, -2.0]))
def negative(values):
    kept = []
    for i in range(3):
        if values[i] > 0:
            continue
        kept.append(torch.zeros(2, 3))
    stacked = torch.stack(kept)  # expect: stacked (n, 2, 3)
    return stacked


def counted():
    count = 0
    for i in range(4):
        if os.environ.get(f"JACOBIAN_LENS_{i}") is None:
            break
        count += 1
    return count


def turned():
    turns = 0
    while turns < 4:
        if not is_short:
            break
        turns += 1
    return turns


assert torch.zeros(counted()).shape == (0,)
assert torch.zeros(turned()).shape == (0,)

# A key that only some paths set may lack; what is called with it is as it is without.
options = {}
if is_short:
    options["device"] = "cuda"
assert torch.zeros(len(options)).shape == (0,)
size = 4 if "device" in options else 3
assert torch.zeros(size).shape == (3,)
ones = torch.ones(3, 4, **options)  # expect: ones (3, 4)
ones = torch.ones(3, 4, **{**options})  # expect: ones (3, 4)
others = {"requires_grad": True}
others.update(options)
ones = torch.ones(3, 4, **others)  # expect: ones (3, 4)
ones = torch.ones(3, 4, **dict(options))  # expect: ones (3, 4)


class Buffer:
    def __init__(self):
        self.n = 3

    def grow(self, by):
        if not is_short:
            return None
        self.n = by
        self.rest = torch.zeros(by)
        return self.rest


buffer = Buffer()
buffer.grow(5)
assert torch.zeros(buffer.n).shape == (3,)


def refined(x, steps):
    """Returns out of a loop, of a block in it and at the end."""
    if is_short:
        return x[:1]
    for _ in range(steps):
        x = x * 0.5
        with torch.no_grad():
            if x.norm() < 1e-3:
                return x
    return x + 1


y = refined(torch.ones(1, 5), 3)  # expect: y (1, 5)
J = torch.func.jacrev(lambda v: refined(v[None], 2)[0])(torch.ones(5))  # expect: J (5, 5)


def weights_of(model):
    """How many are kept is not known: no derivative by them is a list of known length."""
    kept = []
    for p in model.parameters():
        if os.environ.get("JACOBIAN_LENS_KEEP") is None and p.dim() < 2:
            continue
        kept.append(p)
    return kept


total = net(torch.ones(5, 3)).sum()
grads = torch.autograd.grad(total, weights_of(net), retain_graph=True)
assert torch.zeros(len(grads)).shape == (2,)
every = torch.autograd.grad(total, [p for p in net.parameters() if p.requires_grad])
last = every[3]  # expect: last (2,)
