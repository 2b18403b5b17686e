"""Lists, dicts and containers of modules that are changed after they were made."""
import torch
from torch import nn

layers = [nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 3), nn.Linear(3, 2)]
del layers[1], layers[-1]
x = torch.randn(7, 5)
count = torch.zeros(len(layers))  # expect: count (2,)
y = nn.Sequential(*layers)(x)  # expect: y (7, 3)
J = torch.func.vmap(torch.func.jacrev(nn.Sequential(*layers)))(x)  # expect: J (7, 3, 5)

layers += [nn.ReLU(), nn.Linear(3, 6), nn.Linear(6, 1)]
del layers[2:4]
kept = nn.Sequential(*layers[:2])(x)  # expect: kept (7, 3)
count = torch.zeros(len(layers))  # expect: count (3,)

sizes = {"x": torch.zeros(5), "y": torch.zeros(3), "z": torch.zeros(2)}
del sizes["x"], (sizes["z"])
left = torch.cat(list(sizes.values()))  # expect: left (3,)
left = torch.zeros(len(sizes))  # expect: left (1,)


class Model:
    scale = torch.ones(3)

    def __init__(self):
        self.scale = torch.ones(3, 1)


model = Model()
before = model.scale  # expect: before (3, 1)
del model.scale
after = model.scale  # expect: after (3,)

blocks = nn.ModuleList([nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 2)])
del blocks[1]
for block in blocks:
    x = block(x)
behind = x + 1  # expect: behind (7, 2)
heads = nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.Linear(2, 4)})
del heads["a"]
out = torch.cat([head(x) for head in heads.values()], 1)  # expect: out (7, 4)
