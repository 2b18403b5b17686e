"""Runs the random programs of test/random/ under the real library and records what each name is and what raises.

Each top-level statement is run by itself, as in a notebook: after one that raises the next goes on. A row of `programs` is
[what the names are at the end, what raised], as compact text:

    v0f2,3 v1#5 v2(f2|i) ...   a float tensor of (2, 3); the number 5; a tuple of a float and an int tensor
    12R:8 14N:14 ...           the statement in line 12 raised a RuntimeError that arose in line 8; line 14 a NameError;
                               G is for what cannot be differentiated

A row of `batches` says, for each of `y` and `z`, which samples of x move which element: `shape:masks`, a character an
element (bit k: sample k), runs as `character*length`; null where it is no tensor or raises.

    python test/facts/random_programs.py        (needs node on the path; a few minutes on two cores)
"""

import ast
import hashlib
import json
import multiprocessing
import pathlib
import subprocess
import warnings

import torch
from notebook import FILE, row, written

HERE = pathlib.Path(__file__).parent


def program(work: tuple[int, str]) -> list[str]:
    torch.set_num_threads(1)
    seed, text = work
    torch.set_default_dtype(torch.float32)
    torch.manual_seed(seed)
    return row(text, (torch.Tensor,))


def moves(work: tuple[int, str]) -> list[str | None]:
    """For `y` and `z`: which samples of x move which element."""
    torch.set_num_threads(1)
    seed, text = work
    torch.set_default_dtype(torch.float64)
    statements = [part for part in ast.parse(text).body if not (isinstance(part, ast.Assign) and part.targets[0].id == "x")]
    [sizes] = [part for part in ast.parse(text).body if isinstance(part, ast.Assign) and part.targets[0].id == "x"]
    rest = compile(ast.Module(statements, []), FILE, "exec")

    def results(x: torch.Tensor) -> dict | None:
        torch.manual_seed(seed)
        names: dict = {"x": x.clone()}
        try:
            exec(rest, names)
        except Exception:  # noqa: BLE001: nothing is recorded of what raises
            return None
        return names

    moved: dict[str, torch.Tensor | None] = {"y": None, "z": None}
    for trial in range(4):
        torch.manual_seed(1000 + trial)
        names: dict = {"torch": torch}
        exec(compile(ast.Module([sizes], []), FILE, "exec"), names)
        x = (names["x"] - 0.3) * (trial + 1)
        base = results(x)
        if base is None:
            return [None, None]
        for sample in range(len(x)):
            other = x.clone()
            other[sample] = (torch.rand_like(x[sample]) - 0.3) * (trial + 1)
            now = results(other)
            for name in moved:
                before, after = base[name], None if now is None else now[name]
                if not isinstance(before, torch.Tensor) or not isinstance(after, torch.Tensor) or before.shape != after.shape:
                    continue
                if moved[name] is None:
                    moved[name] = torch.zeros(before.numel(), dtype=torch.int64)
                if len(moved[name]) == before.numel():
                    differs = ~torch.isclose(before.double(), after.double(), rtol=1e-9, atol=1e-12, equal_nan=True)
                    moved[name] |= differs.flatten() * 2**sample
            if now is None:
                return [None, None]
    return [None if masks is None else ",".join(map(str, base[name].shape)) + ":" + packed(masks.tolist()) for name, masks in moved.items()]


def packed(masks: list[int]) -> str:
    """Runs of equal masks: `3*12` for twelve that say 3 (in hexadecimal, up to four samples)."""
    runs: list[list[int]] = []
    for mask in masks:
        if runs and runs[-1][0] == mask:
            runs[-1][1] += 1
        else:
            runs.append([mask, 1])
    return "".join(f"{mask:x}" if times == 1 else f"{mask:x}*{times}." for mask, times in runs)


def main() -> None:
    warnings.filterwarnings("ignore")
    printed = subprocess.run(["node", str(HERE.parent / "random" / "print.ts")], capture_output=True, check=True).stdout
    texts = json.loads(printed)
    with multiprocessing.Pool(2, maxtasksperchild=2000) as pool:
        programs = pool.map(program, list(enumerate(texts["programs"])), chunksize=50)
        batches = pool.map(moves, list(enumerate(texts["batches"])), chunksize=50)
    head = {"torch": torch.__version__.split("+")[0], "sha256": hashlib.sha256(printed).hexdigest()}
    (HERE / "random_programs.json").write_text(written(head, {"programs": programs, "batches": batches}))
    statements = sum(len(row[1].split()) for row in programs)
    print(len(programs), "programs,", statements, "statements that raise,", sum(row[1] == "" for row in programs), "programs that run whole")


if __name__ == "__main__":
    main()
