"""Whole networks that test/facts/programs.py runs under PyTorch, and the engine from this text."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import jacobian
from torch.func import hessian, jacfwd, jacrev, vmap


class Coupling(nn.Module):
    """Half of the features scale and shift the others (RealNVP)."""

    def __init__(self, dim, hidden, flip):
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(dim // 2, hidden), nn.Tanh(), nn.Linear(hidden, dim))

    def forward(self, x):
        a, b = x.chunk(2, dim=-1)
        if self.flip:
            a, b = b, a
        scale, shift = self.net(a).chunk(2, dim=-1)
        b = b * torch.exp(torch.tanh(scale)) + shift
        return torch.cat([b, a] if self.flip else [a, b], dim=-1)


class Flow(nn.Module):
    def __init__(self, dim=4, depth=3):
        super().__init__()
        self.layers = nn.ModuleList([Coupling(dim, 6, k % 2 == 1) for k in range(depth)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


flow = Flow()
z = torch.randn(3, 4)
flow_jacobian = vmap(jacrev(flow))(z)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.GRUCell(2, 4)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        h = torch.zeros(x.shape[0], 4)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
        return self.head(h)


recurrent = Recurrent()
sequence = torch.randn(3, 4, 2)
recurrent_jacobian = jacobian(recurrent, sequence)


class LongShort(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 3, batch_first=True)
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.head(out[:, -1])


long_short = LongShort()
steps = torch.randn(2, 3, 2)
long_short_jacobian = jacobian(long_short, steps)


class Block(nn.Module):
    def __init__(self, dim=4, heads=2):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.feed = nn.Sequential(nn.Linear(dim, 8), nn.GELU(), nn.Linear(8, dim))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        x = x + self.out(y.transpose(1, 2).reshape(b, t, d))
        return x + self.feed(self.norm2(x))


block = Block()
tokens = torch.randn(2, 3, 4)
block_jacobian = jacobian(block, tokens)


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(1, 3, 3, padding=1)
        self.conv1 = nn.Conv2d(3, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.conv2 = nn.Conv2d(3, 3, 1)
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        h = self.stem(x)
        h = F.relu(h + self.conv2(F.silu(self.norm(self.conv1(h)))))
        h = F.max_pool2d(h, 2)
        return self.head(F.adaptive_avg_pool2d(h, 1).flatten(1))


resnet = ResNet()
resnet.eval()
image = torch.randn(2, 1, 4, 4)
resnet_jacobian = jacobian(resnet, image)

pinn = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Softplus(), nn.Linear(8, 1))


def u(point):
    return pinn(point).squeeze(-1)


def residual(point):
    slope = jacrev(u)(point)
    second = hessian(u)(point)
    return slope[0] + u(point) * slope[1] - 0.1 * second[1, 1]


points = torch.randn(3, 2)
pinn_hessian = vmap(hessian(u))(points)
residual_slope = vmap(jacfwd(residual))(points)
