"""Runs programs that state shapes, by assertions and unpacking, under the real PyTorch; writes contracts.json.

    python test/facts/contracts.py

Each row holds a program, without the lines that all begin with, the line on which it raises, or null, and the type of
the error. What is reported of a program is that line, and nothing of those that run to their end.
"""
import json
import sys
import traceback
from pathlib import Path

import torch

PRELUDE = """import sys
import torch
from torch import nn
from torch.autograd.functional import hessian, jacobian
from torch.func import jacfwd, jacrev, vmap
net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
x = torch.randn(6, 4)
flag = len(sys.argv) > 100
"""

PROGRAMS = [
    # These raise.
    "J = vmap(jacrev(net))(x)\nassert J.shape == (6, 4, 3)\n",
    "J = jacrev(net)(x[0])\nassert J.shape == torch.Size([4, 3])\n",
    "J = vmap(jacrev(net))(x)\nassert J.ndim == 4, J.shape\n",
    "J = vmap(jacrev(net))(x)\nb, o = J.shape\n",
    "J = jacobian(lambda x: net(x).sum(0), x).movedim(1, 0)\nassert J.size(1) == 4\n",
    "H = hessian(lambda x: net(x).pow(2).sum(), x[0])\nn = H.size()\nb, i, j = H.size()\n",
    "def check(J):\n    assert J.dim() == 2\n    return J\nK = check(vmap(jacrev(net))(x))\n",
    "J = vmap(jacrev(net))(x)\nassert J.shape[0] == x.shape[0] and J.shape[1:] == (4, 3)\n",
    "def per_sample(f, x):\n    J = vmap(jacfwd(f))(x)\n    b, i = J.shape\n    return J.reshape(b, -1)\nJ = per_sample(net, x)\n",
    "class Model(nn.Module):\n    def forward(self, x):\n        J = vmap(jacrev(net))(x)\n        assert tuple(J.shape) == (6, 12)\n        return J\nJ = Model()(x)\n",
    "y = net(x)\nassert y.shape == x.shape, 'as many outputs as inputs'\n",
    "J = vmap(jacrev(net))(x)\nassert (6, 4, 3) == J.shape\n",
    "a = torch.zeros(3, 2)\nrows, columns, depth = a.shape\n",
    # These run to their end.
    "J = vmap(jacrev(net))(x)\nassert J.shape == (6, 3, 4)\nb, o, i = J.shape\n",
    "J = vmap(jacrev(net))(x)\nassert J.ndim == 3 and J.dim() == 3\n",
    "J = vmap(jacrev(net))(x)\nb, *rest = J.shape\n",
    "J = vmap(jacrev(net))(x)\nassert J.shape[1:] == (3, 4)\nassert J.shape[-1] == x.shape[-1]\n",
    "J = jacrev(net)(x[0])\no, i = J.size()\nassert (o, i) == (3, 4)\n",
    "J = vmap(jacrev(net))(x)\nif flag:\n    assert J.shape == (1, 2)\n",
    "J = vmap(jacrev(net))(x)\ntry:\n    b, o = J.shape\nexcept ValueError:\n    b, o, i = J.shape\n",
    "def check(J):\n    if flag:\n        return J\n    assert J.shape[0] == 6\n    return J\nJ = check(vmap(jacrev(net))(x))\n",
    "def never(J):\n    b, o = J.shape\n    assert J.shape == (1, 1)\n",
    "J = vmap(jacrev(net))(x)\nassert len(J.shape) == 3\nassert J.shape != (6, 4, 3)\n",
    "J = vmap(jacrev(net))(x)\nassert J.shape in ((6, 3, 4), (3, 6, 4))\nassert J.numel() == 72\n",
    "J = vmap(jacrev(net))(x)\nfor n in J.shape:\n    assert n > 2\n",
    "y = net(x)\nassert y.shape[:-1] == x.shape[:-1]\nassert list(y.shape) == [6, 3]\n",
    "m = x[x > 0]\nn, = m.shape\nassert m.ndim == 1\n",
    "assert not flag\nassert x.shape\nassert x.shape == torch.Size((6, 4)), 'batch'\n",
]


def outcome(program: str) -> tuple[int | None, str | None]:
    """The line, counted in the program alone, and the type of what it raises."""
    try:
        exec(compile(PRELUDE + program, "program", "exec"), {"__name__": "__main__"})
    except Exception as error:
        places = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "program"]
        return (places[-1] or 0) - PRELUDE.count("\n"), type(error).__name__
    return None, None


def main() -> int:
    torch.manual_seed(0)
    rows = ",\n".join(json.dumps([program, *outcome(program)]) for program in PROGRAMS)
    text = f'{{"torch": "{torch.__version__}", "prelude": {json.dumps(PRELUDE)}, "rows": [\n{rows}\n]}}\n'
    (Path(__file__).parent / "contracts.json").write_text(text, encoding="utf-8")
    print(f"{len(PROGRAMS)} programs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
