"""Values, Jacobians and Hessians from PyTorch in float64, for the engine's tests: writes engine.json beside this file.

Each case is a function of one tensor. `hessian` is that of the result's sum weighted with 1, 2, 3, ... (scaled).
Whole networks come with their weights.
"""
import json
import pathlib

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd.functional import hessian, jacobian

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def rounded(x):
    """Float32 inputs, so that every evaluator starts from the same numbers."""
    return x.to(torch.float32).to(torch.float64)


def numbers(x):
    return [float(f"{v:.12g}") for v in x.detach().reshape(-1).to(torch.float64).tolist()]


def weights_of(y):
    n = y.numel()
    return (torch.arange(1, n + 1, dtype=torch.float64) / n).reshape(y.shape)


def case(name, f, x, second=True):
    x = rounded(x)
    y = f(x)
    out = {"name": name, "shape": list(x.shape), "x": numbers(x), "result": list(y.shape), "y": numbers(y), "jacobian": numbers(jacobian(f, x))}
    if second:
        out["hessian"] = numbers(hessian(lambda v: (f(v) * weights_of(y)).sum(), x))
    return out


def normal(*shape):
    return torch.randn(*shape)


plain = normal(5)
positive = torch.rand(5) + 0.3
inside = torch.rand(5) * 1.6 - 0.8
matrix = normal(2, 3)
constant = rounded(torch.tensor([0.7, -1.3, 0.4, 2.1, -0.6]))
kinks = torch.tensor([-1.5, 0.0, 2.0, 0.0, 0.5])
ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 0.5]])
square = normal(3, 3) + 3 * torch.eye(3)
symmetric = lambda x: x + x.transpose(-1, -2)



def updated(x):
    y = x * 1.0
    y[1:4:2, 0] = x[0:2, 1] ** 2
    return y


cases = [
    case("neg", torch.neg, plain), case("abs", torch.abs, kinks), case("sign", lambda x: torch.sign(x) * x, kinks),
    case("floor", lambda x: torch.floor(x) * x, plain * 3), case("ceil", lambda x: torch.ceil(x) * x, plain * 3),
    case("round", lambda x: torch.round(x) * x, torch.tensor([0.5, 1.5, -2.5, 0.2, 3.7])), case("trunc", lambda x: torch.trunc(x) * x, plain * 3),
    case("exp", torch.exp, plain), case("expm1", torch.expm1, plain), case("log", torch.log, positive), case("log1p", torch.log1p, positive),
    case("sqrt", torch.sqrt, positive), case("rsqrt", torch.rsqrt, positive), case("reciprocal", torch.reciprocal, positive), case("square", torch.square, plain),
    case("sin", torch.sin, plain), case("cos", torch.cos, plain), case("tan", torch.tan, inside), case("asin", torch.asin, inside), case("acos", torch.acos, inside),
    case("atan", torch.atan, plain), case("sinh", torch.sinh, plain), case("cosh", torch.cosh, plain), case("asinh", torch.asinh, plain),
    case("acosh", torch.acosh, positive + 1), case("atanh", torch.atanh, inside), case("tanh", torch.tanh, plain), case("logistic", torch.sigmoid, plain),
    case("erf", torch.erf, plain), case("erfc", torch.erfc, plain), case("erf_inv", torch.erfinv, inside),
    case("lgamma", torch.lgamma, positive * 3, second=False), case("relu", torch.relu, kinks), case("softplus", F.softplus, torch.tensor([-12.0, -1.0, 0.0, 1.0, 9.0])),
    case("digamma", torch.digamma, positive * 3), case("polygamma", lambda x: torch.polygamma(2, x), torch.cat([positive * 3, torch.tensor([-0.4])]), second=False),
    case("stop_gradient", lambda x: x.detach() * x, plain, second=False),
    case("convert", lambda x: x.to(torch.int64).to(torch.float64) * x, plain * 3),
    case("add", lambda x: x + constant, plain), case("sub", lambda x: constant - x, plain), case("mul", lambda x: x * x * constant, plain),
    case("div", lambda x: x / constant + constant / x, positive), case("pow", lambda x: x**2.5 + 1.5**x, positive), case("pow_zero", lambda x: x**0.0 + x**2.0, kinks),
    case("max", lambda x: torch.maximum(x, torch.zeros_like(x)), kinks), case("min", lambda x: torch.minimum(x, torch.zeros_like(x)), kinks),
    case("atan2", lambda x: torch.atan2(x, constant) + torch.atan2(constant, x), plain), case("floor_divide", lambda x: torch.floor_divide(x.detach(), constant) * x, plain * 3),
    case("remainder", lambda x: torch.remainder(x, constant), plain * 3), case("compare", lambda x: ((x > 0) & (x <= 1) | (x == 2)).to(x.dtype) * x, kinks),
    case("select", lambda x: torch.where(x > 0, x * x, -x), kinks), case("broadcast", lambda x: x[:, None, :] * torch.ones(2, 4, 3) * x[:, :1, None], matrix),
    case("reshape", lambda x: x.reshape(3, 2) * torch.arange(6.0).reshape(3, 2), matrix), case("transpose", lambda x: x.T * x.T, matrix),
    case("slice", lambda x: x[1:5:2] * x[0:2], normal(6)), case("take", lambda x: x[:, 1] * x[:, 2], matrix),
    case("concatenate", lambda x: torch.cat([x, x * x, x[:, :1]], 1), matrix), case("pad", lambda x: F.pad(x, (1, -1, 0, 2), value=0.5) * 2, matrix),
    case("reverse", lambda x: x.flip(0, 1) * x, matrix), case("diagonal", lambda x: torch.diagonal(x * x, 1, 0, 1), normal(3, 4)), case("diagonal_low", lambda x: torch.diagonal(x * x, -1, 0, 1), normal(3, 4)),
    case("diag_embed", lambda x: torch.diag_embed(x * x, 1), plain[:3]), case("triangle", lambda x: torch.triu(x * x, 1) + torch.tril(x, 0), square),
    case("gather", lambda x: x[torch.tensor([2, 0, -1, 2])] ** 2, normal(3, 2)), case("gather_two", lambda x: x[torch.tensor([1, 0, 1]), :, torch.tensor([0, 2, 2])] ** 2, normal(2, 2, 3)),
    case("take_along_axis", lambda x: torch.gather(x * x, 1, torch.tensor([[2, 0], [1, 1]])), matrix),
    case("update", lambda x: updated(x), normal(4, 2)),
    case("reduce_sum", lambda x: (x * x).sum(0), matrix), case("reduce_prod", lambda x: x.prod(1), torch.tensor([[1.5, -2.0, 0.5], [0.0, 2.0, 3.0]])),
    case("reduce_max", lambda x: torch.amax(x, 1), ties), case("reduce_min", lambda x: torch.amin(x, 0), ties), case("sort", lambda x: torch.sort(x, 1).values ** 2, matrix),
    case("sort_down", lambda x: torch.sort(x, 1, descending=True).values ** 2, matrix),
    case("cummax", lambda x: torch.cummax(x * x, 1).values, torch.tensor([[1.0, 2.0, 2.0, -0.5], [-2.0, 1.0, 2.0, 3.0]])),
    case("roll", lambda x: torch.roll(x * x, (1, -4), (0, 1)) * x, normal(3, 3)),
    case("cumsum", lambda x: torch.cumsum(x * x, 1), matrix), case("cumprod", lambda x: torch.cumprod(x, 1), torch.tensor([[1.5, -2.0, 0.5], [0.7, 2.0, 3.0]])),
    case("dot", lambda x: x @ (x.T @ x), matrix), case("dot_batch", lambda x: torch.einsum("bij,bkj->bik", x, x * x), normal(2, 2, 3)),
    case("det", torch.det, square), case("logabsdet", lambda x: torch.linalg.slogdet(x).logabsdet, square), case("inverse", torch.inverse, square),
    case("solve", lambda x: torch.linalg.solve(x, x[:, :2] * x[:, 1:]), square), case("cholesky", lambda x: torch.linalg.cholesky(x @ x.T + torch.eye(3)), normal(3, 3)),
    case("matrix_exp", lambda x: torch.linalg.matrix_exp(x * 0.3), normal(3, 3)), case("eigvalsh", lambda x: torch.linalg.eigvalsh(symmetric(x)), normal(3, 3)),
    case("eigvectorsh", lambda x: torch.linalg.eigh(symmetric(x)).eigenvectors ** 2, normal(3, 3)),
    case("svdvals", torch.linalg.svdvals, normal(4, 3)), case("svdvals_wide", torch.linalg.svdvals, normal(2, 3)),
    case("max_pool", lambda x: F.max_pool2d(x * x, 2), torch.tensor([[[[1.0, 2.0, 0.0, 3.0], [2.0, 2.0, 1.0, -3.0], [0.5, 0.1, 4.0, 4.0], [0.2, 0.3, 4.0, 1.0]]]])),
    case("max_pool_padded", lambda x: F.max_pool1d(x * x, 3, 2, 1), normal(1, 2, 6)), case("avg_pool", lambda x: F.avg_pool2d(x * x, 3, 2, 1), normal(1, 1, 4, 4)),
    case("avg_pool_inside", lambda x: F.avg_pool1d(x * x, 3, 2, 1, count_include_pad=False), normal(1, 1, 5)), case("avg_pool_ceil", lambda x: F.avg_pool1d(x * x, 3, 2, 1, ceil_mode=True), normal(1, 1, 6)),
]

kernel1 = rounded(normal(2, 2, 3))
kernel2 = rounded(normal(4, 1, 2, 2))
back1 = rounded(normal(2, 3, 3))
back2 = rounded(normal(2, 2, 2, 2))
kernels = {"kernel1": numbers(kernel1), "kernel2": numbers(kernel2), "back1": numbers(back1), "back2": numbers(back2)}
fixed = rounded(normal(1, 2, 6))
kernels["fixed"] = numbers(fixed)
cases += [
    case("conv1d", lambda x: F.conv1d(x * x, kernel1, stride=2, padding=1), normal(1, 2, 6)),
    case("conv1d_dilated", lambda x: F.conv1d(x * x, kernel1, padding=2, dilation=2), normal(1, 2, 5)),
    case("conv2d_groups", lambda x: F.conv2d(x * x, kernel2, groups=2, stride=(2, 1)), normal(1, 2, 4, 3)),
    case("conv_weight", lambda w: F.conv1d(fixed, w, stride=2, padding=1) ** 2, normal(2, 2, 3)),
    case("conv_transpose1d", lambda x: F.conv_transpose1d(x * x, back1, stride=2, padding=1, output_padding=1), normal(1, 2, 3)),
    case("conv_transpose2d_groups", lambda x: F.conv_transpose2d(x * x, back2, stride=2, groups=2), normal(1, 2, 2, 2)),
    case("conv_transpose_weight", lambda w: F.conv_transpose1d(fixed, w, stride=2, padding=1) ** 2, normal(2, 3, 3)),
]


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.last = nn.Linear(4, 6), nn.Linear(6, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.last(x + self.second(torch.tanh(self.first(x))))


class Convolutional(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(1, 2, 3, padding=1), nn.Linear(8, 3)

    def forward(self, x):
        h = F.max_pool2d(torch.relu(self.conv(x)), 2)
        return self.last(h.flatten(1))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.last = (nn.Linear(4, 4) for _ in range(4))

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(-1, -2) / 2.0
        return self.last(torch.softmax(scores, -1) @ self.v(x)).mean(1)


def per_sample(f, x):
    full = jacobian(f, x)
    b, o = full.shape[0], full.dim() - x.dim()
    return torch.stack([full.select(o, k)[k] for k in range(b)])


def net(name, module, x):
    for p in module.parameters():
        p.data = rounded(p.data)
    x = rounded(x)
    out = {"name": name, "shape": list(x.shape), "x": numbers(x), "y": numbers(module(x)), "jacobian": numbers(per_sample(module, x))}
    out["weights"] = {key: {"shape": list(p.shape), "values": numbers(p)} for key, p in module.named_parameters()}
    return out


def laplace(net_):
    """Of u(x) = net(x): the per-sample Hessian of a scalar network, as in a physics-informed one."""
    x = rounded(normal(3, 2))
    for p in net_.parameters():
        p.data = rounded(p.data)
    second = torch.func.vmap(torch.func.hessian(lambda v: net_(v.unsqueeze(0)).squeeze()))(x)
    out = {"name": "pinn", "shape": [3, 2], "x": numbers(x), "y": numbers(net_(x)), "jacobian": numbers(per_sample(net_, x)), "hessian": numbers(second)}
    out["weights"] = {key: {"shape": list(p.shape), "values": numbers(p)} for key, p in net_.named_parameters()}
    return out


nets = [
    net("mlp", nn.Sequential(nn.Linear(5, 2), nn.Sigmoid(), nn.Linear(2, 10)), normal(3, 5)),
    net("residual", Residual(), normal(3, 4)),
    net("conv", Convolutional(), normal(2, 1, 4, 4)),
    net("attention", Attention(), normal(2, 3, 4)),
    laplace(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.Tanh(), nn.Linear(8, 1))),
]

path = pathlib.Path(__file__).with_name("engine.json")
path.write_text(json.dumps({"torch": torch.__version__.split("+")[0], "kernels": kernels, "cases": cases, "nets": nets}, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size, "bytes,", len(cases), "cases,", len(nets), "networks")
