"""What the runs of the panel must give for JAX's programs: each sample's own derivative by real JAX, in float64.

    python test/facts/programs_jax.py        writes programs_jax.json

Arrays in dicts and lists are given to the engine under the names that lead to them (`params.0.w`).
"""
import json
import os
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import jax
import numpy as np

HERE = Path(__file__).parent
FILE = "test/facts/networks_jax.py"

# The derivative call as it stands, the name of what it is taken with respect to and its value, the trees of weights, and the truth.
PROGRAMS = [
    ("jax.vmap(jax.jacrev(mlp, argnums=1), (None, 0))(params, x)", "x", "x", ["params"], "each(jax.jacobian(lambda v: mlp(params, v)), x)"),
    ("jax.vmap(jax.jacfwd(attend))(tokens)", "t", "tokens", ["variables"], "each(jax.jacobian(attend), tokens)"),
    ("jax.vmap(jax.hessian(energy))(points)", "point", "points", ["scale"], "each(jax.hessian(energy), points)"),
    ("jax.vmap(jax.jacrev(unrolled))(sequences)", "sequence", "sequences", ["params"], "each(jax.jacobian(unrolled), sequences)"),
]


def each(derivative, x):
    return np.stack([derivative(row) for row in x])


def numbers(array):
    return [float(f"{value:.8g}") for value in np.asarray(array).flatten().tolist()]


def path_text(path):
    return ".".join(str(getattr(key, "key", getattr(key, "idx", None))) for key in path)


def fact(call, argument, name, trees, expression, names):
    values = {f"{tree}.{path_text(path)}": numbers(leaf) for tree in trees for path, leaf in jax.tree_util.tree_leaves_with_path(names[tree])}
    truth = eval(expression, names)
    return {"file": FILE, "call": call, "values": values | {argument: numbers(names[name])}, "shape": list(truth.shape), "result": numbers(truth)}


def main():
    text = (HERE.parent.parent / FILE).read_text()
    names = {"each": each}
    exec(compile(text, FILE, "exec"), names)
    # The engine starts from numbers in float32.
    for _, _, name, trees, _ in PROGRAMS:
        for each_name in [name, *trees]:
            names[each_name] = jax.tree_util.tree_map(lambda v: np.asarray(v, np.float32).astype(np.float64), names[each_name])
    assert all(program[0] in text for program in PROGRAMS)
    rows = ",\n".join(json.dumps(fact(*program, names)) for program in PROGRAMS)
    (HERE / "programs_jax.json").write_text(f'{{"jax": "{jax.__version__}", "rows": [\n{rows}\n]}}\n')
    print(f"{len(PROGRAMS)} programs")


if __name__ == "__main__":
    main()
