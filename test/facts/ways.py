"""Runs pairs of programs that "Which Jacobian?" makes of each other under the real PyTorch and JAX, and writes ways.json.

    python test/facts/ways.py       writes ways.json

Each pair is an expression and another way to compute it; both are run after the same beginning and must give the same
values. test/unit/ways.test.ts holds the ways that are offered to these pairs; an expression without another is one for
which none but those listed may be offered.
"""
import json
from pathlib import Path

import numpy as np

from present import array_of, versions

HERE = Path(__file__).parent

BEGINNINGS = {
    "torch": """import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import hessian, jacfwd, jacrev, vmap

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(7, 5)
u = torch.randn(7, 2)
z = torch.randn(5)


def front(rows):
    return net(rows)[:, :2]


def joined(x, u):
    return torch.cat([x, u], -1).square()


def energy(row):
    return net(row).square().sum()
""",
    "jax": """import jax
import jax.numpy as jnp

W = jax.random.normal(jax.random.key(0), (5, 3))
x = jax.random.normal(jax.random.key(1), (7, 5))
z = x[0]


def f(x):
    return jnp.tanh(x @ W)


def energy(row):
    return (f(row) ** 2).sum()
""",
}

# For each expression the others that give the same, each by its way.
FORWARD = "in forward mode"
REVERSE = "in reverse mode"
SUM = "by the sum over the batch"
MAP = "for each sample by vmap"
BACK_BACK = "reverse over reverse"
BACK_FORTH = "reverse over forward"
FORTH_BACK = "forward over reverse"
FORTH_FORTH = "forward over forward"

PAIRS = {
    "torch": {
        "jacobian(net, z)": {FORWARD: "jacobian(net, z, strategy='forward-mode', vectorize=True)"},
        "jacobian(net, z, vectorize=True)": {},
        "jacrev(net)(z)": {FORWARD: "jacfwd(net)(z)"},
        "jacrev(net, chunk_size=2)(z)": {},
        "torch.func.jacfwd(net)(z)": {REVERSE: "torch.func.jacrev(net)(z)"},
        "jacrev(joined, argnums=1)(x[0], u[0])": {FORWARD: "jacfwd(joined, argnums=1)(x[0], u[0])"},
        "jacobian(lambda x: net(x).sum(0), x).movedim(1, 0)": {
            FORWARD: "jacobian(lambda x: net(x).sum(0), x, strategy='forward-mode', vectorize=True).movedim(1, 0)",
            MAP: "vmap(jacrev(net))(x).detach()",
        },
        "jacobian(lambda x: net(x).sum(0), x)": {
            FORWARD: "jacobian(lambda x: net(x).sum(0), x, strategy='forward-mode', vectorize=True)",
            MAP: "vmap(jacrev(net))(x).detach().movedim(0, 1)",
        },
        "jacrev(lambda x: front(x).sum(dim=0))(x).movedim(1, 0)": {
            FORWARD: "jacfwd(lambda x: front(x).sum(dim=0))(x).movedim(1, 0)",
            MAP: "vmap(jacrev(lambda x: front(x.unsqueeze(0)).squeeze(0)))(x)",
        },
        "vmap(jacrev(net))(x)": {
            FORWARD: "vmap(jacfwd(net))(x)",
            SUM: "jacrev(lambda x: net(x).sum(0))(x).movedim(1, 0)",
        },
        "vmap(jacfwd(joined, argnums=1))(x, u)": {
            REVERSE: "vmap(jacrev(joined, argnums=1))(x, u)",
            SUM: "jacfwd(lambda x, u: joined(x, u).sum(0), argnums=1)(x, u).movedim(1, 0)",
        },
        "hessian(energy)(z)": {
            BACK_BACK: "jacrev(jacrev(energy))(z)",
            BACK_FORTH: "jacrev(jacfwd(energy))(z)",
            FORTH_FORTH: "jacfwd(jacfwd(energy))(z)",
        },
        "jacrev(jacfwd(net))(z)": {
            FORTH_BACK: "jacfwd(jacrev(net))(z)",
            BACK_BACK: "jacrev(jacrev(net))(z)",
            FORTH_FORTH: "jacfwd(jacfwd(net))(z)",
        },
        "vmap(hessian(energy))(x)": {
            BACK_BACK: "vmap(jacrev(jacrev(energy)))(x)",
            BACK_FORTH: "vmap(jacrev(jacfwd(energy)))(x)",
            FORTH_FORTH: "vmap(jacfwd(jacfwd(energy)))(x)",
        },
        "torch.autograd.functional.hessian(energy, z)": {
            FORTH_BACK: "torch.autograd.functional.hessian(energy, z, vectorize=True, outer_jacobian_strategy='forward-mode')",
        },
        # What a sample does with its entries a batch would do with its samples.
        "vmap(jacrev(lambda v: torch.softmax(v, 0)))(x)": {FORWARD: "vmap(jacfwd(lambda v: torch.softmax(v, 0)))(x)"},
        # A size that is asked for is another one for a batch.
        "vmap(jacrev(lambda v: v / v.shape[0]))(x)": {FORWARD: "vmap(jacfwd(lambda v: v / v.shape[0]))(x)"},
        # Samples that are mixed have no Jacobian each.
        "jacrev(lambda x: torch.tanh(x @ x.T).sum(0))(x)": {FORWARD: "jacfwd(lambda x: torch.tanh(x @ x.T).sum(0))(x)"},
    },
    "jax": {
        "jax.jacobian(f)(z)": {FORWARD: "jax.jacfwd(f)(z)"},
        "jax.vmap(jax.jacfwd(f))(x)": {
            REVERSE: "jax.vmap(jax.jacrev(f))(x)",
            SUM: "jnp.moveaxis(jax.jacfwd(lambda x: f(x).sum(0))(x), 1, 0)",
        },
        "jax.vmap(jax.jacfwd(jax.jacrev(energy)))(x)": {
            BACK_BACK: "jax.vmap(jax.jacrev(jax.jacrev(energy)))(x)",
            BACK_FORTH: "jax.vmap(jax.jacrev(jax.jacfwd(energy)))(x)",
            FORTH_FORTH: "jax.vmap(jax.jacfwd(jax.jacfwd(energy)))(x)",
        },
        "jax.hessian(energy)(z)": {
            BACK_BACK: "jax.jacrev(jax.jacrev(energy))(z)",
            BACK_FORTH: "jax.jacrev(jax.jacfwd(energy))(z)",
            FORTH_FORTH: "jax.jacfwd(jax.jacfwd(energy))(z)",
        },
    },
}


def value(beginning: str, expression: str) -> np.ndarray:
    names: dict = {}
    exec(beginning, names)
    found = array_of(eval(expression, names))
    assert found is not None, expression
    return found


def main() -> None:
    rows = []
    for library, pairs in PAIRS.items():
        beginning = BEGINNINGS[library]
        for expression, ways in pairs.items():
            was = value(beginning, expression)
            for how, other in ways.items():
                now = value(beginning, other)
                assert was.shape == now.shape, (expression, other)
                assert np.allclose(was, now, rtol=1e-4, atol=1e-6), (expression, other)
            rows.append([library, expression, list(was.shape), ways])
    out = ",\n".join(json.dumps(row) for row in rows)
    head = json.dumps(versions() | {"beginnings": BEGINNINGS})[:-1]
    (HERE / "ways.json").write_text(f'{head}, "rows": [\n{out}\n]}}\n')
    print(f"{len(rows)} expressions, {sum(len(row[3]) for row in rows)} other ways")


if __name__ == "__main__":
    main()
