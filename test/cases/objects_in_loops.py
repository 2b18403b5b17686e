"""Objects that each turn of a loop makes anew, and those that one of two branches makes."""
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width, act):
        super().__init__()
        self.width = width
        self.layers = nn.ModuleList([nn.Linear(3, width), nn.Linear(width, 2)])
        self.act = act

    def forward(self, x):
        first, second = self.layers
        return second(self.act(first(x)))


class Trainer:
    def __init__(self, net):
        self.net = net
        self.net.trainer = self
        self.best = None

    def step(self, x):
        self.best = self.net(x)
        return self.best


def train(seeds: int, epochs: int, flag: bool):
    x = torch.randn(10, 3)
    for seed in range(seeds):
        net = Net(4, torch.tanh)
        trainer = Trainer(net)
        for epoch in range(epochs):
            y = trainer.step(x)
    after = net(x)  # expect: after (10, 2)
    best = trainer.best  # expect: best (10, 2)
    through = trainer.net.trainer.step(x)  # expect: through (10, 2)
    inner = net.layers[0](x)  # expect: inner (10, 4)

    kept = Net(4, torch.tanh)
    for epoch in range(epochs):
        if epoch == 5:
            kept = Net(4, torch.tanh)
    z = kept(x)  # expect: z (10, 2)

    other = Net(4, torch.tanh)
    for seed in range(seeds):
        other = Net(8, torch.tanh)
    hidden = other.layers[0](x)  # expect: hidden (10, 8)
    other = Net(4, torch.tanh)
    for seed in range(seeds):
        if seed > 0:
            other = Net(8, torch.tanh)
    hidden = other.layers[0](x)  # expect: hidden (*)

    either = Net(4, torch.tanh) if flag else Net(8, torch.relu)
    w = either(x)  # expect: w (10, 2)
    total = after + z + w  # expect: total (10, 2)
    return y, total, hidden


# call: train(2, 7, True)
# call: train(1, 1, False)
