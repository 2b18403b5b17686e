"""What the scripts that record facts of libraries share: how samples move a result, and how the tables are written."""

import json
import pathlib
from collections.abc import Callable

import numpy as np


def along(moved: np.ndarray) -> tuple[list[int], int]:
    """Axes of a result whose entry k goes with sample k alone, and on how many samples an element depends at most.

    moved: for each sample, which elements of the result another value of it moved.
    """
    samples = moved.shape[0]
    axes = []
    for axis in range(moved.ndim - 1):
        if moved.shape[axis + 1] != samples:
            continue
        entries = np.moveaxis(moved, axis + 1, 1).reshape(samples, samples, -1).any(-1)
        if not (entries & ~np.eye(samples, dtype=bool)).any():
            axes.append(axis)
    return axes, int(moved.sum(0).max()) if moved.size else 0


def dependence_of(
    f: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...], trials: int, tolerance: float = 1e-9
) -> tuple[list[int], int]:
    """What `along` says of a function of a batch: each sample in turn gets another value, in so many trials."""
    moved = None
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        x = rng.random(shape)
        base = f(x)
        for sample in range(shape[0]):
            other = x.copy()
            other[sample] = rng.random(shape[1:])
            if moved is None:
                moved = np.zeros((shape[0], *base.shape), dtype=bool)
            moved[sample] |= ~np.isclose(base, f(other), rtol=tolerance, atol=tolerance)
    assert moved is not None
    return along(moved)


def nested(value: object, arrays: tuple[type, ...]) -> tuple[object, object]:
    """Shape and type of a result, nested as it is; None for what is no array."""
    if isinstance(value, arrays):
        return list(value.shape), getattr(value.dtype, "name", str(value.dtype))
    if isinstance(value, tuple) and value and all(type(item) is int for item in value):
        return list(value), None
    if isinstance(value, (tuple, list)) and value:
        items = [nested(item, arrays)[0] for item in value]
        return (None, None) if None in items else (items, None)
    return None, None


def write(script: str, library: str, version: str, tables: dict[str, list]) -> None:
    """Writes the tables beside the script, a row a line, and says how many rows there are."""
    parts = [f'"{library}":"{version}"']
    for name, table in tables.items():
        rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in table)
        parts.append(f'"{name}":[\n{rows}\n]')
    pathlib.Path(script).with_suffix(".json").write_text("{" + ",\n".join(parts) + "}\n")
    rows = tables["rows"]
    print(len(rows), "rows,", sum(row[1] == "error" for row in rows), "of them raise")


class Facts:
    """Expressions on the names that a prelude defines; `write` evaluates them and writes the tables, the prelude among them."""

    #: What counts as an array.
    arrays: tuple[type, ...] = (np.ndarray, np.generic)

    def __init__(self, prelude: str) -> None:
        self.prelude = prelude.strip("\n")
        self.names: dict[str, object] = {}
        self.codes: list[str] = []
        self.batching: list[tuple[str, tuple[int, ...]]] = []
        self.valued: list[str] = []
        exec(self.prelude, self.names)

    def add(self, *codes: str) -> None:
        self.codes.extend(codes)

    def batched(self, shape: tuple[int, ...], *codes: str) -> None:
        self.batching.extend((code, shape) for code in codes)

    def values(self, *codes: str) -> None:
        """Expressions whose numbers are recorded."""
        self.valued.extend(codes)

    def evaluated(self, code: str, x: np.ndarray | None = None) -> np.ndarray:
        """What an expression (of a batch x) gives, in double precision and the same each time."""
        raise NotImplementedError

    def tells(self, code: str, raises: bool) -> bool:
        """Whether a row of the expression says something: what raises within a function of the prelude is seen there alone."""
        return True

    def write(self, script: str, library: str, version: str) -> None:
        moves = [
            [code, list(shape), *dependence_of(lambda x: self.evaluated(code, x), shape, 3, 1e-7)]
            for code, shape in dict.fromkeys(self.batching)
        ]
        rows, broken = [], []
        for code in dict.fromkeys(self.codes):
            try:
                result, dtype = nested(eval(code, dict(self.names)), self.arrays)
            except Exception as error:  # noqa: BLE001: whatever it raises is the fact, but for names that are not there
                if isinstance(error, (NameError, SyntaxError)) or str(error).startswith("module "):
                    broken.append(f"{code}: {error}")
                if self.tells(code, True):
                    rows.append([code, "error", None])
                continue
            if result is not None and self.tells(code, False):
                rows.append([code, result, dtype])
        if broken:
            raise SystemExit("\n".join(broken))
        tables = {"prelude": self.prelude.split("\n"), "rows": rows, "batching": moves}
        if self.valued:
            tables["values"] = [
                [code, [float(f"{number:.10g}") for number in self.evaluated(code).ravel()]]
                for code in dict.fromkeys(self.valued)
            ]
        write(script, library, version, tables)
