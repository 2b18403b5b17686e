"""What the runs of the panel must give: the derivatives of cases and samples by real PyTorch, one sample at a time.

    python test/facts/programs.py        writes programs.json

Weights and inputs are those that the program itself draws from seed 0, in float64; they are written beside the result, so
that the engine can be given the same.
"""
import contextlib
import io
import json
from pathlib import Path

import torch

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

# File, the derivative call as it stands in it, the name of its input, and each sample's own derivative.
PROGRAMS = [
    ("test/cases/full_jacobian.py", "jacobian(net, x)", "x", "each(jacobian_of, net, x)"),
    ("test/cases/sum_trick.py", "jacobian(f_sum, x)", "x", "each(jacobian_of, net, x)"),
    ("test/cases/zeroth_output.py", "jacobian(lambda x: net(x)[0], x)", "x", "jacobian_of(lambda x: net(x)[0], x)[None]"),
    ("test/cases/hessians.py", "hessian(lambda x: net(x).sum(), x)", "x", "each(hessian_of, lambda r: net(r).sum(), x)"),
    ("test/cases/hessians.py", "vmap(func_hessian(lambda row: net(row).squeeze()))(x)", "x", "each(hessian_of, lambda r: net(r).sum(), x)"),
    ("test/cases/per_sample_with_vmap.py", "vmap(jacrev(wide))(xw)", "xw", "each(jacobian_of, wide, xw)"),
    ("test/cases/per_sample_with_vmap.py", "vmap(jacfwd(tall))(xt)", "xt", "each(jacobian_of, tall, xt)"),
    ("test/cases/second_order_by_diagonals.py", "torch.autograd.functional.jacobian(self, x, create_graph=True)", "x", "each(jacobian_of, field, x)"),
    (
        "test/cases/second_order_by_diagonals.py",
        "torch.autograd.functional.jacobian(self.u_x, x)",
        "x",
        "torch.stack([torch.stack([hessian_of(lambda r: field(r)[k], row) for k in range(10)]) for row in x])",
    ),
    ("test/cases/second_order_by_grad_of_ones.py", "grad(y, x, grad_outputs=torch.ones_like(y))", "x", "each(jacobian_of, net, x.detach())"),
    ("test/cases/batch_mixing.py", "jacobian(net, x)", "x", "net.train() and jacobian_of(net, x)[None]"),
    ("media/samples/2_per_sample_hessian.py", "hessian(lambda p: energy(p).sum())(positions)", "positions", "each(hessian_of, lambda r: energy(r).sum(), positions)"),
    ("test/facts/networks.py", "vmap(jacrev(flow))(z)", "z", "each(jacobian_of, flow, z)"),
    ("test/facts/networks.py", "jacobian(recurrent, sequence)", "sequence", "each(one(recurrent), None, sequence)"),
    ("test/facts/networks.py", "jacobian(long_short, steps)", "steps", "each(one(long_short), None, steps)"),
    ("test/facts/networks.py", "jacobian(block, tokens)", "tokens", "each(one(block), None, tokens)"),
    ("test/facts/networks.py", "jacobian(resnet, image)", "image", "each(one(resnet), None, image)"),
    ("test/facts/networks.py", "vmap(hessian(u))(points)", "points", "each(hessian_of, u, points)"),
    ("test/facts/networks.py", "vmap(jacfwd(residual))(points)", "points", "each(jacobian_of, residual, points)"),
    ("media/samples/6_loop_over_samples.py", "jacrev(encoder)(row)", "inputs", "each(jacobian_of, encoder, inputs)"),
]


def each(derivative, f, x):
    return torch.stack([derivative(f, row) for row in x])


def one(net):
    """The Jacobian of a network that wants its batch axis, at one sample."""
    return lambda _, row: torch.autograd.functional.jacobian(lambda r: net(r[None])[0], row)


def numbers(tensor: torch.Tensor) -> list[float]:
    return [float(f"{value:.8g}") for value in tensor.detach().flatten().tolist()]


def fact(file: str, call: str, name: str, expression: str) -> dict:
    torch.manual_seed(0)
    names: dict = {"__name__": "__main__"}
    text = (ROOT / file).read_text()
    assert call in text, f"{call} is not in {file}"
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, file, "exec"), names)
    names |= {
        "each": each,
        "one": one,
        "jacobian_of": torch.autograd.functional.jacobian,
        "hessian_of": torch.autograd.functional.hessian,
    }
    weights = {
        f"{key}.{path}": numbers(weight)
        for key, module in list(names.items())
        if isinstance(module, torch.nn.Module)
        for path, weight in [*module.named_parameters(), *module.named_buffers()]
        if weight.is_floating_point()
    }
    truth = eval(expression, names)
    return {
        "file": file,
        "call": call,
        "input": numbers(names[name]),
        "weights": weights,
        "shape": list(truth.shape),
        "result": numbers(truth),
    }


def main() -> None:
    torch.set_default_dtype(torch.float64)
    rows = ",\n".join(json.dumps(fact(*program)) for program in PROGRAMS)
    (HERE / "programs.json").write_text(f'{{"torch": "{torch.__version__}", "rows": [\n{rows}\n]}}\n')
    print(f"{len(PROGRAMS)} programs")


if __name__ == "__main__":
    main()
