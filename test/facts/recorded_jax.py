"""What the scripts that record facts of JAX's libraries share: a text that defines models, and expressions on them."""

import os
import warnings

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.flatten_util
import numpy as np

from recorded import dependence_of, nested, write

warnings.simplefilter("ignore")


class Facts:
    """Expressions on the names that a prelude defines; `write` evaluates them and writes the tables, the prelude among them."""

    def __init__(self, prelude: str) -> None:
        self.prelude = prelude.strip("\n")
        self.names: dict[str, object] = {}
        self.codes: list[str] = []
        self.batching: list[tuple[str, tuple[int, ...]]] = []
        exec(self.prelude, self.names)

    def add(self, *codes: str) -> None:
        self.codes.extend(codes)

    def batched(self, shape: tuple[int, ...], *codes: str) -> None:
        self.batching.extend((code, shape) for code in codes)

    def leaves(self, code: str) -> None:
        """A row for each array of the tree of dicts that an expression gives, by its path."""
        for path, _ in jax.tree_util.tree_leaves_with_path(eval(code, dict(self.names))):
            self.add(code + jax.tree_util.keystr(path))

    def dependence(self, code: str, shape: tuple[int, ...]) -> tuple[list[int], int]:
        """Axes whose entry k goes with sample k alone, and on how many samples an element depends at most."""

        def f(x: np.ndarray) -> np.ndarray:
            with jax.enable_x64(True):
                return np.asarray(eval(code, {**self.names, "x": jax.numpy.asarray(x)}), dtype=float)

        return dependence_of(f, shape, 3, 1e-7)

    def write(self, script: str, library: str, version: str) -> None:
        moves = [[code, list(shape), *self.dependence(code, shape)] for code, shape in dict.fromkeys(self.batching)]
        rows, broken = [], []
        for code in dict.fromkeys(self.codes):
            try:
                result, dtype = nested(eval(code, dict(self.names)), (jax.Array, np.ndarray, np.generic))
            except Exception as error:  # noqa: BLE001: whatever it raises is the fact, but for names that are not there
                if isinstance(error, (NameError, SyntaxError)) or str(error).startswith("module "):
                    broken.append(f"{code}: {error}")
                rows.append([code, "error", None])
                continue
            if result is not None:
                rows.append([code, result, dtype])
        if broken:
            raise SystemExit("\n".join(broken))
        write(script, library, version, {"prelude": self.prelude.split("\n"), "rows": rows, "batching": moves})
