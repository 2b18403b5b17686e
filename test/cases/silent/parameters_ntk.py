"""The empirical neural tangent kernel, contracted from Jacobians and by products."""
import torch
import torch.nn as nn
from torch.func import functional_call, jacrev, jvp, vjp, vmap


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 2, 3)
        self.fc = nn.Linear(2 * 4 * 4, 3)

    def forward(self, x):
        x = self.conv(x).relu()
        return self.fc(x.flatten(1))


net = CNN()
params = {k: v.detach() for k, v in net.named_parameters()}
x1, x2 = torch.randn(5, 1, 6, 6), torch.randn(4, 1, 6, 6)


def fnet_single(params, x):
    return functional_call(net, params, (x.unsqueeze(0),)).squeeze(0)


def ntk_by_jacobians(fnet_single, params, x1, x2, compute="full"):
    jac1 = vmap(jacrev(fnet_single), (None, 0))(params, x1)
    jac1 = [j.flatten(2) for j in jac1.values()]
    jac2 = vmap(jacrev(fnet_single), (None, 0))(params, x2)
    jac2 = [j.flatten(2) for j in jac2.values()]
    if compute == "full":
        equation = "Naf,Mbf->NMab"
    elif compute == "trace":
        equation = "Naf,Maf->NM"
    else:
        equation = "Naf,Maf->NMa"
    result = torch.stack([torch.einsum(equation, a, b) for a, b in zip(jac1, jac2)])
    return result.sum(0)


def ntk_by_products(func, params, x1, x2):
    def get_ntk(x1, x2):
        def func_x1(params):
            return func(params, x1)

        def func_x2(params):
            return func(params, x2)

        output, vjp_fn = vjp(func_x1, params)

        def get_ntk_slice(vec):
            vjps = vjp_fn(vec)
            _, jvps = jvp(func_x2, (params,), vjps)
            return jvps

        basis = torch.eye(output.numel()).view(output.numel(), -1)
        return vmap(get_ntk_slice)(basis)

    return vmap(vmap(get_ntk, (None, 0)), (0, None))(x1, x2)


kernel = ntk_by_jacobians(fnet_single, params, x1, x2)  # expect: kernel (5, 4, 3, 3)
trace = ntk_by_jacobians(fnet_single, params, x1, x2, "trace")  # expect: trace (5, 4)
products = ntk_by_products(fnet_single, params, x1, x2)  # expect: products (5, 4, 3, 3)
