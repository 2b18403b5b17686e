"""Runs every fix that the command line offers for test/cases/ under the real libraries that are there, and writes fixes.json.

    npm run build && python test/facts/fixes.py

A safe fix must leave every tensor of the program as it was. A suggested fix must make the name that it is about what was
meant: the per-sample derivative, computed one sample at a time (MEANT below).
"""
import contextlib
import io
import json
import subprocess
from pathlib import Path

import numpy as np

from present import HAVE_TENSORFLOW, array_of, uses_tensorflow, versions, with_seed

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

# Of TensorFlow: the Jacobians of one sample after the other, the whole one, and the Hessians of one sample after the other.
JACOBIAN_OF = """
def jacobian_of(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x)


def hessian_of(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = jacobian_of(f, x)
    return tape.jacobian(y, x)
"""
TAPE_OF_EACH = "tf.stack([jacobian_of(lambda row: {}, row) for row in x])"
WHOLE_TAPE = "jacobian_of(lambda x: {}, x)"
HESSIANS = "tf.stack([hessian_of(lambda row: tf.matmul(tf.tanh(net(row[None])), w3)[0, 0], row) for row in x])"

# What a name holds once it is mended, for each case: an expression in the names of the program.
MEANT = {
    "full_jacobian.py": {"result": "torch.stack([jacobian(net, row) for row in x])"},
    "hessians.py": {
        "full": "torch.stack([hessian(lambda r: net(r).squeeze(), row) for row in x])",
        "by_sum": "torch.stack([hessian(lambda r: net(r).squeeze(), row) for row in x])",
    },
    "several_inputs.py": {
        "A": "torch.stack([jacobian_of(dynamics, pair)[0] for pair in zip(states, actions)])",
        "B": "torch.stack([jacobian_of(dynamics, pair)[1] for pair in zip(states, actions)])",
        "by_action": "torch.stack([jacobian_of(dynamics, pair)[1] for pair in zip(states, actions)])",
        "C": "torch.stack([jacobian_of(dynamics, pair)[0] for pair in zip(states, actions)])",
        "D": "torch.stack([jacobian_of(dynamics, pair)[1] for pair in zip(states, actions)])",
        "by_state": "torch.stack([jacobian_of(lambda s: weighed(s, mass), row) for row in states])",
        "shared": "torch.stack([jacobian_of(lambda s: weighed(s, mass), row) for row in states])",
        "by_mass": "torch.stack([jacobian_of(lambda m: weighed(row, m), mass) for row in states])",
        "of_input": "torch.stack([jacobian_of(net, row) for row in states])",
        "with_aux": "torch.stack([jacobian_of(net, row) for row in states])",
        "in_chunks": "torch.stack([jacobian_of(net, row) for row in states])",
        "elsewhere": "torch.stack([jacobian_of(net, row) for row in states])",
    },
    "jax_batches.py": {
        "of_input": "jnp.stack([jax.jacrev(apply, argnums=1)(params, row) for row in states])",
        "A": "jnp.stack([jax.jacrev(dynamics)(s, a) for s, a in zip(states, actions)])",
        "B": "jnp.stack([jax.jacrev(dynamics, argnums=1)(s, a) for s, a in zip(states, actions)])",
        "from_model": "jnp.stack([jax.jacrev(lambda s: jnp.sin(s) @ kernel)(row) for row in states])",
        "jitted": "jnp.stack([jax.jacrev(dynamics)(s, a) for s, a in zip(states, actions)])",
        "with_aux": "jnp.stack([jax.jacrev(lambda s: with_value(s)[0])(row) for row in states])",
        "curvature": "jnp.stack([jax.hessian(energy)(row) for row in states])",
    },
    "tapes.py": {
        **dict.fromkeys(("dense", "listed", "named", "jacobian", "ones", "output_first"), TAPE_OF_EACH.format("net(row[None])[0]")),
        "vector": TAPE_OF_EACH.format("tf.reduce_sum(net(row[None]))"),
        "mixed": WHOLE_TAPE.format("net(x) - tf.reduce_mean(net(x), axis=0)"),
        "rows": WHOLE_TAPE.format("tf.matmul(tf.ones((3, 3)), x)"),
        "hessian": HESSIANS,
        "u_xx": f"tf.linalg.diag_part({HESSIANS})",
    },
    "sum_trick.py": {"output_first": "torch.stack([jacobian(net, row) for row in x])"},
    "zeroth_output.py": {"zeroth": "torch.stack([jacobian(net, row) for row in x])"},
    "diagonal_of_full.py": {"wrong_dims": "torch.diagonal(jacobian(net, x), dim1=0, dim2=2)"},
    "batch_mixing.py": {
        # Before anything else is computed, the statistics are those that a new layer starts from; a pass in training
        # less is made afterwards, so that what is computed with them later changes too.
        "mixed": "(lambda net: net[1].reset_running_stats() or net.eval() and torch.stack("
        "[jacobian(net, row[None])[0, :, 0] for row in x]).movedim(1, 0))(deepcopy(net))",
        "separate": "torch.stack([jacobian(net, row[None])[0, :, 0] for row in x])",
    },
    "second_order_by_grad_of_ones.py": {
        "row_sums": "torch.stack([torch.stack([hessian_of(lambda r: net(r)[i], row).diagonal() for i in range(10)], -1)"
        " for row in x.detach()])",
        "summed": "torch.stack([jacobian_of(net, row) for row in x.detach()])",
    },
}

# The gradient of an elementwise function: the diagonal of its Jacobian, in the shape of the input.
OF_ELEMENTS = "torch.stack([jacobian_of({0}, entry) for entry in {1}.flatten()]).reshape({1}.shape)"
MEANT["found/elementwise_jacobian.py"] = {
    "a": OF_ELEMENTS.format("torch.tanh", "x"),
    "b": OF_ELEMENTS.format("swish", "x"),
    "c": OF_ELEMENTS.format("lambda x: x**3 - x", "x"),
    "d": OF_ELEMENTS.format("activation", "maps"),
    "e": OF_ELEMENTS.format("torch.erf", "x"),
    "left": OF_ELEMENTS.format("torch.tanh", "x"),
}

# These have safe fixes alone.
MEANT["found/contracted_jacobian.py"] = {}

# Batch first, then outputs, then inputs.
OF_SAMPLES = "torch.stack([jacobian_of({0}, row) for row in x.detach()])"
MEANT["found/transposed_jacobian.py"] = {
    **{name: OF_SAMPLES.format("net") for name in ("J_boi", "J", "c", "jac_boi", "d", "g")},
    "e": OF_SAMPLES.format("flow.field"),
    "f": OF_SAMPLES.format("flow.field") + ".sum(dim=2)",
}

# What is too large is run in small.
MEANT["found/jacobian_too_large.py"] = {}
SMALLER = {"found/jacobian_too_large.py": {'"meta"': '"cpu"', "20000": "20", "17000": "17", "4096": "64", "3072": "12", "512": "5", "128": "8"}}

PRELUDE = JACOBIAN_OF if HAVE_TENSORFLOW else """
from copy import deepcopy
from torch.autograd.functional import hessian as hessian_of, jacobian as jacobian_of
"""


def apply(text: str, edits: list[dict]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    at = lambda line, column: starts[line - 1] + column - 1
    spans = [(at(e["line"], e["column"]), at(e["endLine"], e["endColumn"]), e["newText"]) for e in edits]
    for start, end, new in sorted(spans, key=lambda span: span[0], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def smaller(name: str, text: str) -> str:
    for large, small in SMALLER.get(name, {}).items():
        text = text.replace(large, small)
    return text


def run(text: str) -> dict:
    names: dict = {"__name__": "__main__"}
    with_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "case", "exec"), names)
        exec(PRELUDE, names)
    return names


def tensors(names: dict) -> dict[str, np.ndarray]:
    found = {}
    for name, value in names.items():
        if isinstance(value, list) and value:
            items = [array_of(item) for item in value]
            array = None if any(item is None or item.shape != items[0].shape for item in items) else np.stack(items)
        else:
            array = array_of(value)
        if array is not None:
            found[name] = array
    return found


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.allclose(a.astype(float), b.astype(float), rtol=1e-4, atol=1e-6)


def same_sample_blocks(was: np.ndarray, now: np.ndarray) -> bool:
    """Whether what is left of a full result is its blocks of equal samples, batch first."""
    return any(
        same(np.moveaxis(was.diagonal(axis1=0, axis2=axis), -1, 0), now)
        for axis in range(1, was.ndim)
        if was.shape[axis] == was.shape[0]
    )


def verdict(before: dict, after: dict, kind: str, meant: dict) -> str:
    was, now = tensors(before), tensors(after)
    changed = sorted(name for name in was if name in now and not same(was[name], now[name]))
    if kind == "safe":
        # A full Jacobian whose name keeps only its blocks changes; what is made of it must not.
        changed = [name for name in changed if was[name].ndim <= now[name].ndim or not same_sample_blocks(was[name], now[name])]
        return "equal" if not changed else f"{', '.join(changed)} differ"
    for name in changed:
        if name not in meant and same_sample_blocks(was[name], now[name]):
            continue
        if name not in meant:
            return f"{name} changed, and it is not known what was meant"
        if not same(now[name], tensors({name: eval(meant[name], after)})[name]):
            return f"{name} is not what was meant"
    return "as meant" if changed else "changes nothing"


def main() -> None:
    command = ["node", str(ROOT / "dist/cli.js"), "check", "--format", "json", "test/cases"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    recorded = json.loads((HERE / "fixes.json").read_text())
    # What the libraries that are not here gave before.
    rows = [row for row in recorded["rows"] if uses_tensorflow((ROOT / "test/cases" / row[0]).read_text()) != HAVE_TENSORFLOW]
    for finding in json.loads(listed):
        path = ROOT / finding["file"]
        text = path.read_text()
        name = path.relative_to(ROOT / "test/cases").as_posix()
        if uses_tensorflow(text) != HAVE_TENSORFLOW:
            continue
        for fix in finding["fixes"]:
            fixed = apply(text, fix["edits"])
            try:
                before, after = run(smaller(name, text)), run(smaller(name, fixed))
            except Exception as error:
                print(path.name, finding["line"], finding["rule"], fix["title"], "->", type(error).__name__, error)
                continue
            said = verdict(before, after, fix["kind"], MEANT.get(name, {}))
            # The others are run too, and what is said of them is for the eye: what their fixes mean is in no table yet.
            if path.parent.name == "cases" or name in MEANT:
                rows.append([name, finding["line"], finding["rule"], fix["title"], changed_lines(text, fixed), said])
            if said not in ("equal", "as meant"):
                print(path.name, finding["line"], finding["rule"], fix["title"], "->", said)
    out = ",\n".join(json.dumps(row) for row in sorted(rows, key=lambda row: row[:2]))
    said = {key: value for key, value in recorded.items() if key != "rows"} | versions()
    (HERE / "fixes.json").write_text(f'{{{json.dumps(said)[1:-1]}, "rows": [\n{out}\n]}}\n')
    print(f"{len(rows)} fixes")


def changed_lines(before: str, after: str) -> list[str]:
    known = before.splitlines()
    return [line for line in after.splitlines() if line not in known]


if __name__ == "__main__":
    main()
