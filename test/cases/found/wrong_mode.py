"""Reverse mode where forward takes half the passes or less, and the other way round."""
from functools import partial

import torch
from torch import nn
from torch.func import hessian, jacfwd, jacrev, vmap

wide = nn.Sequential(nn.Linear(40, 16), nn.Tanh(), nn.Linear(16, 2))
tall = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 40))
square = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 8))
xw, xt, xs = torch.randn(5, 40), torch.randn(5, 2), torch.randn(5, 8)

a = vmap(jacfwd(wide))(xw)  # expect: a (5, 2, 40) wrong-mode
b = vmap(jacrev(tall))(xt)  # expect: b (5, 40, 2) wrong-mode
good_a = vmap(jacrev(wide))(xw)  # expect: good_a (5, 2, 40)
good_b = vmap(jacfwd(tall))(xt)  # expect: good_b (5, 40, 2)
either = vmap(jacrev(square))(xs)  # expect: either (5, 8, 8)
other = vmap(jacfwd(square))(xs)  # expect: other (5, 8, 8)

# One point.
c = jacrev(tall)(xt[0])  # expect: c (40, 2) wrong-mode
d = jacfwd(lambda p: wide(p).softmax(-1))(xw[0])  # expect: d (2, 40) wrong-mode


def trajectory(initial, steps=20):
    """A whole trajectory by its initial state."""
    states = [initial]
    for _ in range(steps):
        q, p = states[-1]
        states.append(torch.stack([q + 0.1 * p, p - 0.1 * torch.sin(q)]))
    return torch.stack(states)


e = jacrev(trajectory)(torch.tensor([0.5, 0.0]))  # expect: e (21, 2, 2) wrong-mode
f = jacfwd(trajectory)(torch.tensor([0.5, 0.0]))  # expect: f (21, 2, 2)
g = jacrev(partial(trajectory, steps=4))(torch.tensor([0.5, 0.0]))  # expect: g (5, 2, 2) wrong-mode


def camera(params, points):
    return points @ params[:9].view(3, 3) + params[9:]


h = jacrev(camera)(torch.randn(12), torch.randn(30, 3))  # expect: h (30, 3, 12) wrong-mode
i = jacfwd(camera, argnums=0)(torch.randn(12), torch.randn(30, 3))  # expect: i (30, 3, 12)
j = jacfwd(lambda w: (camera(w, torch.ones(30, 3)) ** 2).sum())(torch.randn(12))  # expect: j (12,) wrong-mode


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 30))
        self.jac = vmap(jacrev(self.net))
        self.jac_cheap = vmap(jacfwd(self.net))

    def forward(self, z):
        return self.net(z)

    def metric(self, z):
        J = self.jac(z)  # expect: J (4, 30, 3) wrong-mode
        return J.mT @ J

    def metric_cheap(self, z):
        J = self.jac_cheap(z)  # expect: J (4, 30, 3)
        return J.mT @ J


G = Decoder().metric(torch.randn(4, 3))  # expect: G (4, 3, 3)
G2 = Decoder().metric_cheap(torch.randn(4, 3))  # expect: G2 (4, 3, 3)

k = vmap(jacrev(lambda v: tall(v).view(4, 10)), in_dims=1)(xt.T)  # expect: k (5, 4, 10, 2) wrong-mode
value = jacrev(lambda v: (tall(v), v), has_aux=True)(xt[0])[0]  # expect: value (40, 2) wrong-mode
second = vmap(hessian(lambda v: tall(v).sum()))(xt)  # expect: second (5, 2, 2)
