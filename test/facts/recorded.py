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
        return list(value.shape), str(value.dtype)
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
