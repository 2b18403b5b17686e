"""Runs the random programs of test/random/jax.ts under JAX and records what each name is and what raises, as
random_programs.py does for PyTorch.

    python test/facts/random_jax_programs.py        (needs node on the path; a few minutes on two cores)
"""

import hashlib
import json
import multiprocessing
import os
import pathlib
import subprocess
import warnings

os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402
from notebook import row, written  # noqa: E402

HERE = pathlib.Path(__file__).parent


def program(text: str) -> list[str]:
    """The program is traced as under `jit`: JAX itself finds shapes and types, and compiles nothing."""
    warnings.filterwarnings("ignore")
    found: list[list[str]] = []
    jax.eval_shape(lambda: found.append(row(text, (jax.Array,))))
    return found[0]


def main() -> None:
    printed = subprocess.run(["node", str(HERE.parent / "random" / "print-jax.ts")], capture_output=True, check=True).stdout
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=200) as pool:
        programs = pool.map(program, json.loads(printed), chunksize=20)
    head = {"jax": jax.__version__, "sha256": hashlib.sha256(printed).hexdigest()}
    (HERE / "random_jax_programs.json").write_text(written(head, {"programs": programs}))
    print(len(programs), "programs,", sum(len(errors.split()) for _, errors in programs), "statements that raise")


if __name__ == "__main__":
    main()
