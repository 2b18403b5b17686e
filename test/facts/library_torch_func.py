"""What torch.func's transforms and torch.autograd.functional give: the shapes of nested results, and what raises.

Run with a Python that has torch; writes library_torch_func.json beside this file, in the form of library_torch.json.
"""

import json
import pathlib
import warnings

import torch

warnings.simplefilter("ignore")

TWO = "(torch.rand(3), torch.rand(2))"
codes: list[str] = []
for name in ("jacrev", "jacfwd"):
    f = f"torch.func.{name}"
    codes += [
        f"{f}(lambda x: x ** 2)(torch.rand(3))",
        f"{f}(lambda x: x.sum())(torch.rand(3))",
        f"{f}(lambda x: x @ torch.ones(3, 4))(torch.rand(2, 3))",
        f"{f}(lambda x, y: x * y.sum())(*{TWO})",
        f"{f}(lambda x, y: x * y.sum(), argnums=1)(*{TWO})",
        f"{f}(lambda x, y: x * y.sum(), argnums=(0, 1))(*{TWO})",
        f"{f}(lambda x, y: x * y.sum(), argnums=(1,))(*{TWO})",
        f"{f}(lambda x, y: x * y.sum(), argnums=-1)(*{TWO})",
        f"{f}(lambda x: (x ** 2, x.sum()))(torch.rand(3))",
        f"{f}(lambda x: (x ** 2, x.sum()), has_aux=True)(torch.rand(3))",
        f"{f}(lambda x: x.sum())(torch.arange(3))",
        f"{f}(lambda x: x.sum(), argnums=1)(torch.rand(3))",
        f"{f}({f}(lambda x: x ** 2))(torch.rand(3))",
        f"torch.vmap({f}(lambda x: x ** 2))(torch.rand(5, 3))",
        f"torch.vmap({f}(lambda x, w: x @ w, argnums=(0, 1)), in_dims=(0, None))(torch.rand(5, 3), torch.rand(3, 2))",
        f"torch.vmap(torch.vmap({f}(lambda x: x.sin())))(torch.rand(5, 4, 3))",
        f"tuple({f}(lambda p: p['a'] @ p['b'])({{'a': torch.rand(2, 3), 'b': torch.rand(3)}}).values())",
    ]
codes += [
    "torch.func.grad(lambda x: x.sum())(torch.rand(3))",
    "torch.func.grad(lambda x: x ** 2)(torch.rand(3))",
    "torch.func.grad(lambda x, y: (x * y).sum(), argnums=1)(torch.rand(3), torch.rand(2, 3))",
    "torch.func.grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(torch.rand(3), torch.rand(2, 3))",
    "torch.func.grad(lambda x: (x.sum(), x * 2), has_aux=True)(torch.rand(3))",
    "torch.func.grad_and_value(lambda x: x.sum())(torch.rand(3))",
    "torch.func.grad_and_value(lambda x: (x.sum(), x * 2), has_aux=True)(torch.rand(3))",
    "torch.func.hessian(lambda x: x.sum() ** 2)(torch.rand(3))",
    "torch.func.hessian(lambda x: x ** 2)(torch.rand(3))",
    "torch.func.hessian(lambda x, y: (x ** 2).sum() * y.sum(), argnums=(0, 1))(torch.rand(3), torch.rand(2))",
    "torch.func.hessian(lambda x, y: (x ** 2).sum() * y.sum(), argnums=1)(torch.rand(3), torch.rand(2))",
    "torch.vmap(torch.func.hessian(lambda x: (x ** 3).sum()))(torch.rand(5, 3))",
    "torch.vmap(torch.func.grad(lambda x: x.sum()))(torch.rand(5, 3))",
    "torch.vmap(lambda x: x.sum())(torch.rand(5, 3))",
    "torch.vmap(lambda x: x.sum(), in_dims=1)(torch.rand(5, 3))",
    "torch.vmap(lambda x, y: x + y)(torch.rand(5, 3), torch.rand(4, 3))",
    "torch.vmap(lambda x, y: x + y, in_dims=(0, None))(torch.rand(5, 3), torch.rand(3))",
    "torch.vmap(lambda x, y: x + y, in_dims=(0, 1))(torch.rand(5, 3), torch.rand(3, 5))",
    "torch.vmap(lambda x: x, in_dims=None)(torch.rand(3))",
    "torch.vmap(lambda x: x, out_dims=1)(torch.rand(5, 3))",
    "torch.vmap(lambda x: (x, x.sum()), out_dims=(1, 0))(torch.rand(5, 3))",
    "torch.vmap(lambda x: (x, x.sum()))(torch.rand(5, 3))",
    "torch.vmap(lambda x: x, in_dims=(0, 0))(torch.rand(5, 3))",
    "torch.vmap(lambda x, *, s: x * s)(torch.rand(5, 3), s=torch.rand(3))",
    "torch.func.jvp(lambda x: x ** 2, (torch.rand(3),), (torch.rand(3),))",
    "torch.func.jvp(lambda x: x ** 2, (torch.rand(3),), (torch.rand(2),))",
    "torch.func.jvp(lambda x, y: x @ y, (torch.rand(2, 3), torch.rand(3)), (torch.rand(2, 3), torch.rand(3)))",
    "torch.func.jvp(lambda x: (x ** 2, x.sum()), (torch.rand(3),), (torch.rand(3),), has_aux=True)",
    "torch.func.jvp(lambda x: x ** 2, (torch.rand(3),), (torch.rand(3), torch.rand(3)))",
    "torch.func.jvp(lambda x, y: x * y, (torch.rand(3), torch.rand(3)), (torch.rand(3),))",
    "torch.func.vjp(lambda x: x ** 2, torch.rand(3))[0]",
    "torch.func.vjp(lambda x: x ** 2, torch.rand(3))[1](torch.rand(3))",
    "torch.func.vjp(lambda x: x ** 2, torch.rand(3))[1](torch.rand(2))",
    "torch.func.vjp(lambda x, y: x @ y, torch.rand(2, 3), torch.rand(3))[1](torch.rand(2))",
    "torch.func.vjp(lambda x: (x ** 2, x.sum()), torch.rand(3), has_aux=True)[2]",
    "torch.func.linearize(lambda x: x @ torch.ones(3, 4), torch.rand(2, 3))[0]",
    "torch.func.linearize(lambda x: x @ torch.ones(3, 4), torch.rand(2, 3))[1](torch.rand(2, 3))",
    "torch.func.linearize(lambda x: x ** 2, torch.rand(3))[1](torch.rand(2))",
    "torch.func.linearize(lambda x: x ** 2, torch.rand(3))[1](torch.rand(3), torch.rand(3))",
    "torch.func.linearize(lambda x, y: x @ y, torch.rand(2, 3), torch.rand(3))[1](torch.rand(2, 3), torch.rand(3))",
    "torch.func.linearize(lambda x: (x ** 2, x.sum()), torch.rand(3))[1](torch.rand(3))",
    "torch.func.linearize(lambda p: p['a'] * p['b'], {'a': torch.rand(2, 3), 'b': torch.rand(3)})[0]",
    "torch.func.linearize(lambda x: x * 2, torch.arange(3))",
    "torch.vmap(torch.func.linearize(lambda x: x @ torch.ones(3, 4), torch.rand(3))[1])(torch.eye(3))",
    "torch.autograd.functional.jacobian(lambda x: x ** 2, torch.rand(3))",
    "torch.autograd.functional.jacobian(lambda x, y: x * y.sum(), (torch.rand(3), torch.rand(2)))",
    "torch.autograd.functional.jacobian(lambda x: (x ** 2, x.sum()), torch.rand(3))",
    "torch.autograd.functional.jacobian(lambda x, y: (x ** 2, y.sum()), (torch.rand(3), torch.rand(2)))",
    "torch.autograd.functional.jacobian(lambda x: x ** 2, [torch.rand(3)])",
    "torch.autograd.functional.hessian(lambda x: (x ** 2).sum(), torch.rand(3))",
    "torch.autograd.functional.hessian(lambda x, y: (x ** 2).sum() * y.sum(), (torch.rand(3), torch.rand(2)))",
    "torch.autograd.functional.hessian(lambda x: x ** 2, torch.rand(3))",
]

# What does not fit: arguments that are not taken, or no such values.
F, X = "lambda x: x @ torch.ones(3, 4)", "torch.rand(2, 3)"
of_functional = "torch.autograd.functional"
codes += [
    *(f"torch.func.{name}(lambda x, k=2: x * k)(torch.rand(3), k=3)" for name in ("jacrev", "jacfwd", "hessian")),
    "torch.func.grad(lambda x, k=2: (x * k).sum())(torch.rand(3), k=3)",
    f"torch.func.jacrev({F}, chunk_size=2)({X})",
    f"torch.func.jacrev({F}, chunk_size=0)({X})",
    f"torch.func.jacrev({F}, argnums=(0, 0))({X})",
    f"torch.func.jacrev({F}, argnums=(0, -1))({X})",
    f"torch.func.jacrev({F}, argnums=())({X})",
    f"torch.func.jacfwd({F}, chunk_size=2)({X})",
    f"torch.func.jacfwd({F}, randomness='maybe')({X})",
    "torch.func.jacrev(lambda x: (x, 1))(torch.rand(3))",
    "torch.func.jacfwd(lambda x: {'a': x, 'b': None})(torch.rand(3))",
    "torch.func.hessian(lambda x: [x.sum(), 'sum'])(torch.rand(3))",
    f"torch.vmap({F}, chunk_size=1)({X})",
    f"torch.vmap({F}, chunk_size=0)({X})",
    f"torch.vmap({F}, randomness='maybe')({X})",
    "torch.vmap(lambda x: (x, 1))(torch.rand(5, 3))",
    "torch.vmap(torch.func.jacrev(torch.nn.RReLU()))(torch.rand(5, 3))",
    "torch.vmap(torch.func.jacrev(torch.nn.RReLU()), randomness='different')(torch.rand(5, 3))",
    "torch.func.jacrev(torch.nn.RReLU())(torch.rand(3))",
    "torch.func.jacfwd(torch.nn.RReLU())(torch.rand(3))",
    "torch.func.jacrev(torch.vmap(torch.nn.RReLU()))(torch.rand(5, 3))",
    "torch.func.hessian(lambda x: torch.nn.functional.rrelu(x).sum())(torch.rand(3))",
    "torch.func.jvp(torch.nn.RReLU(), (torch.rand(3),), (torch.rand(3),))",
    "torch.func.jvp(lambda x: x ** 2, (torch.rand(3),), (torch.ones(3, dtype=int),))",
    f"{of_functional}.jacobian({F}, {X}, vectorize=True, strategy='forward-mode')",
    f"{of_functional}.jacobian({F}, {X}, strategy='forward-mode')",
    f"{of_functional}.jacobian({F}, {X}, vectorize=True, strategy='sideways')",
    f"{of_functional}.jacobian({F}, {X}, vectorize=True, strategy='forward-mode', create_graph=True)",
    f"{of_functional}.jacobian({F}, {X}, vectorize=True, strict=True)",
    f"{of_functional}.jacobian(lambda x: (x, 1), {X})",
    f"{of_functional}.hessian(lambda x: x.sum(), {X}, vectorize=True, outer_jacobian_strategy='forward-mode')",
    f"{of_functional}.hessian(lambda x: x.sum(), {X}, outer_jacobian_strategy='forward-mode')",
    f"torch.func.functional_call(torch.nn.Linear(3, 4), {{'weights': {X}}}, ({X},))",
    f"torch.func.functional_call(torch.nn.Linear(3, 4), {{'inner.weight': {X}}}, ({X},))",
    f"torch.func.functional_call(torch.nn.Linear(3, 4), {{'weights': {X}}}, ({X},), strict=True)",
]


def described(value: object) -> object:
    """Shapes, nested as the result is."""
    return [described(item) for item in value] if isinstance(value, (tuple, list)) else list(value.shape)


def main() -> None:
    rows = []
    for code in codes:
        try:
            rows.append([code, described(eval(code, {"torch": torch})), None])
        except Exception:  # noqa: BLE001: whatever it raises is the fact
            rows.append([code, "error", None])
    table = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
    version = torch.__version__.split("+")[0]
    pathlib.Path(__file__).with_suffix(".json").write_text(f'{{"torch":"{version}",\n"rows":[\n{table}\n]}}\n')
    print(len(rows), "rows,", sum(row[1] == "error" for row in rows), "of them raise")


main()
