"""Whole Jacobians that a loop of many turns makes and something uses later: after the loop, in the next turn, as one of a list."""
import torch
from torch import nn
from torch.autograd.functional import jacobian

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 10))
x = torch.randn(3, 5)

# After the loop all of it is used.
for turn in range(40):
    J = jacobian(net, x)
rank = torch.linalg.matrix_rank(J.reshape(30, 15))  # expect: rank ()

# The next turn uses all of what this one made.
last = torch.zeros(3, 10, 3, 5)
for turn in range(40):
    change = torch.linalg.matrix_rank((last * 2).reshape(30, 15))
    last = jacobian(net, x)

kept = None
for turn in range(40):
    if kept is not None:
        rank = torch.linalg.matrix_rank(kept.reshape(30, 15))
    kept = jacobian(net, x)

best = None
for turn in range(40):
    K = jacobian(net, torch.randn(3, 5))
    if best is None or turn % 7 == 3:
        best = K
print(torch.linalg.svdvals(best.reshape(30, 15)))


def search():
    for turn in range(40):
        K = jacobian(net, torch.randn(3, 5))
        if torch.linalg.matrix_rank(K.reshape(30, 15)) < 3:
            return K
    return None
found = search()


history = []
for turn in range(40):
    history.append(jacobian(net, x))
spectrum = torch.linalg.svdvals(torch.stack(history).reshape(40, 30, 15))  # expect: spectrum (40, 15)


class Monitor:
    def __init__(self):
        self.last = None

    def step(self):
        if self.last is not None:
            self.rank = torch.linalg.matrix_rank(self.last.reshape(30, 15))
        self.last = jacobian(net, x)


m = Monitor()
for turn in range(40):
    m.step()
