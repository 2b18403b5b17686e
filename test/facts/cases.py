"""Runs the annotated cases of test/cases/ under the real PyTorch and JAX and checks what they state; writes cases.json.

    python test/facts/cases.py             all of them
    python test/facts/cases.py FILE...     these alone, and writes nothing

A line `# expect: NAME (dims) [rule ...] [wanted (dims)]` is checked each time it is run, wherever the program gets to it:
the tensor of that name has that shape once the statement is done; where a rule says that a result is zero but for the
blocks of equal samples, it is; where a per-sample shape is wanted, the result gives one. Where the rules named are those of
what raises, and no shape is given, the statement raises, as those rules say. cases.json holds a digest of each file, so that
a case that was changed since is noticed.
"""
import ast
import contextlib
import hashlib
import io
import itertools
import json
import math
import os
import re
import sys
import time
import warnings
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple

import jax
import numpy as np
import torch

HERE = Path(__file__).parent
FOLDERS = [HERE.parent / "cases", HERE.parent / "cases-open"]

PATTERN = re.compile(
    r"# expect:(?: (?P<name>\w+) (?P<shape>\([^)]*\)))?(?P<rules>(?: [a-z]+(?:-[a-z]+)+)*)(?: wanted (?P<wanted>\([^)]*\)))?\s*$"
)


# What raises, by the rule that says so: a pattern of the message.
RAISES = {
    "vmap-sizes": r"mapped dimension|in_dims?\b|at least one Tensor|inconsistent sizes|in_axes|requested to map|shapes",
    "vmap-over-autograd": r"functorch transform|does not require grad",
    "batch-statistics-under-vmap": r"running_mean|captured Tensor",
    "randomness-under-vmap": r"random",
    "batched-function-under-vmap": r"",
    "wrong-argument": r"callable|not have been used|not require grad",
    "shape-mismatch": r"",
}


class Expectation(NamedTuple):
    line: int
    name: str | None
    shape: str | None
    rules: tuple[str, ...]
    wanted: str | None


class Wrong(Exception):
    """What a case states is not so."""


def expectations(text: str) -> list[Expectation]:
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if "# expect:" not in line:
            continue
        match = PATTERN.search(line)
        if match is None:
            raise Wrong(f"line {number} cannot be read: {line}")
        found.append(Expectation(number, match["name"], match["shape"], tuple(match["rules"].split()), match["wanted"]))
    return found


class Guard(ast.NodeTransformer):
    """Puts each statement that is to raise into a `try`, and notes what it raised."""

    def __init__(self, expected: list[Expectation]) -> None:
        self.lines = {each.line: each for each in expected if each.name is None and any(rule in RAISES for rule in each.rules)}

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        within = isinstance(node, ast.stmt) and not hasattr(node, "body")
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1) if within else ()
        found = next((self.lines[line] for line in lines if line in self.lines), None)
        if found is None:
            return node
        [text] = ast.parse(f"try:\n    pass\nexcept Exception as error:\n    __raised__({found.line}, error)\nelse:\n    __raised__({found.line}, None)").body
        text.body = [node]
        return ast.fix_missing_locations(ast.copy_location(text, node))


def guarded(text: str, path: str, expected: list[Expectation]) -> CodeType:
    return compile(ast.fix_missing_locations(Guard(expected).visit(ast.parse(text))), path, "exec")


def statement_lines(tree: ast.Module) -> dict[int, tuple[int, int]]:
    """The first and last line of the innermost statement that each line belongs to: of a compound one, of its head."""
    spans: dict[int, tuple[int, int]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
        for line in range(node.lineno, max(last, node.lineno) + 1):
            before = spans.get(line)
            if before is None or (node.lineno, -last) >= (before[0], -before[1]):
                spans[line] = (node.lineno, max(last, node.lineno))
    return spans


def show(shape: tuple[int, ...]) -> str:
    return str(tuple(shape))


def blocks(value: torch.Tensor) -> list[torch.Tensor]:
    """For each pair of axes of one size: the blocks on their diagonal, that axis first, if all else is zero."""
    found = []
    for first, second in itertools.combinations(range(value.dim()), 2):
        if value.shape[first] != value.shape[second]:
            continue
        diagonal = value.diagonal(dim1=first, dim2=second)
        if value.count_nonzero() == diagonal.count_nonzero():
            found.append(diagonal.movedim(-1, 0))
    return found


def check_wanted(expectation: Expectation, value: torch.Tensor) -> str | None:
    """What is wrong with the per-sample shape that is stated, or None."""
    wanted = ast.literal_eval(expectation.wanted or "()")
    shape = tuple(value.shape)
    [rule] = expectation.rules
    match rule:
        case "full-batch-jacobian" | "full-batch-hessian" | "full-then-diagonal":
            if all(tuple(block.shape) != wanted for block in blocks(value)):
                return "is not what the blocks of equal samples are"
        case "output-axis-first" | "single-output-row":
            if all(tuple(value.movedim(axis, 0).shape) != wanted for axis in range(value.dim())):
                return f"is not {shape} with an axis moved to the front"
        case "per-sample-loop":
            if wanted[1:] != shape:
                return f"is not a stack of {shape}"
        case "elementwise-jacobian":
            if shape == wanted + wanted:
                matrix = value.reshape(math.prod(wanted), -1)
                return "is not its diagonal alone" if (matrix - matrix.diagonal().diag()).count_nonzero() else None
            if shape != wanted:
                return f"is not the diagonal of {shape}"
        case "grad-sums-outputs":
            if wanted[0] != shape[0] or wanted[len(wanted) - len(shape) + 1 :] != shape[1:]:
                return f"is not the Jacobian whose sum over outputs is {shape}"
        case _:
            return f"is stated, but {rule} promises no shape"
    return None


def check_rules(expectation: Expectation, value: torch.Tensor) -> str | None:
    """What the values say against a rule that is to be reported on this result, or None."""
    for rule in expectation.rules:
        if rule in ("full-batch-jacobian", "full-batch-hessian") and not blocks(value):
            return f"{rule}: it is not zero between samples"
        if rule == "wrong-argument" and value.count_nonzero():
            return f"{rule}: it is not zero"
        if rule == "single-output-row":
            axes = [k for k in range(value.dim()) if sum(bool(part.count_nonzero()) for part in value.unbind(k)) == 1]
            if not axes:
                return f"{rule}: more than one sample plays a part"
    return None


# Frames of expressions: they stand on the lines of the statement that they belong to.
INNER = ("<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


class Watch:
    """Looks at names of a running program, each time a statement with an expectation is done."""

    def __init__(self, path: Path, text: str, expected: list[Expectation]) -> None:
        self.path = str(path)
        spans = statement_lines(ast.parse(text))
        self.expected: dict[tuple[int, int], list[Expectation]] = {}
        for expectation in expected:
            if expectation.name is not None:
                span = spans.get(expectation.line, (expectation.line, expectation.line))
                self.expected.setdefault(span, []).append(expectation)
        self.at = {line: span for span in self.expected for line in range(span[0], span[1] + 1)}
        self.seen: set[Expectation] = set()
        self.faults: list[str] = []

    def trace(self, frame: FrameType, event: str, arg: object):  # noqa: ANN201
        own = frame.f_code.co_filename == self.path and not frame.f_code.co_name.startswith(INNER)
        return self.frame_tracer() if event == "call" and own else None

    def frame_tracer(self):  # noqa: ANN201
        pending: tuple[int, int] | None = None

        def local(frame: FrameType, event: str, arg: object):  # noqa: ANN202
            nonlocal pending
            if event == "exception":
                return local
            line = frame.f_lineno
            inside = event == "line" and pending is not None and pending[0] < pending[1] and pending[0] <= line <= pending[1]
            if not inside:
                if pending is not None:
                    self.look(frame, pending)
                pending = self.at.get(line) if event == "line" else None
            return local

        return local

    def look(self, frame: FrameType, span: tuple[int, int]) -> None:
        for expectation in self.expected[span]:
            name = expectation.name or ""
            value = frame.f_locals.get(name, frame.f_globals.get(name))
            self.seen.add(expectation)
            fault = self.fault(expectation, value)
            if fault is not None:
                self.faults.append(f"line {expectation.line}: {name} {fault}")

    @staticmethod
    def fault(expectation: Expectation, value: object) -> str | None:
        if isinstance(value, jax.core.Tracer):
            return None if show(value.shape) == expectation.shape else f"is {show(value.shape)}, not {expectation.shape}"
        if isinstance(value, jax.Array):
            value = torch.from_numpy(np.array(value))
        if not isinstance(value, torch.Tensor):
            return f"is no tensor but {type(value).__name__}"
        if show(value.shape) != expectation.shape:
            return f"is {show(value.shape)}, not {expectation.shape}"
        # Within a transform the values are not to be looked at.
        if "GradTrackingTensor" in str(type(value)) or torch._C._functorch.is_functorch_wrapped_tensor(value):
            return None
        plain = value.detach()
        against = check_rules(expectation, plain)
        if against is None and expectation.wanted is not None:
            wrong = check_wanted(expectation, plain)
            against = None if wrong is None else f"wanted {expectation.wanted} {wrong}"
        return against


def check(path: Path) -> int:
    """Runs one case; how many of its names were seen. Raises Wrong where something is not as stated."""
    text = path.read_text(encoding="utf-8")
    expected = expectations(text)
    watch = Watch(path, text, expected)
    code = guarded(text, str(path), expected)
    raised: dict[int, list[Exception | None]] = {}
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    before = sys.gettrace()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.settrace(watch.trace)
        try:
            exec(code, {"__name__": "__main__", "__file__": str(path), "__raised__": lambda line, error: raised.setdefault(line, []).append(error)})
        finally:
            sys.settrace(before)
    named = [expectation for expectation in expected if expectation.name is not None]
    never = [f"line {each.line} was never run" for each in named if each not in watch.seen]
    faults = [*dict.fromkeys(watch.faults), *never, *(fault for each in expected for fault in not_raised(each, raised))]
    if faults:
        raise Wrong("; ".join(faults))
    return len(named)


def not_raised(expectation: Expectation, raised: dict[int, list[Exception | None]]) -> list[str]:
    """What is wrong with a statement that is to raise."""
    rules = [rule for rule in expectation.rules if rule in RAISES]
    if expectation.name is not None or not rules:
        return []
    errors = raised.get(expectation.line, [None])
    wrong = [error for error in errors if error is None or not any(re.search(RAISES[rule], str(error)) for rule in rules)]
    return [f"line {expectation.line}: {'raises nothing' if error is None else f'{type(error).__name__}: {error}'}" for error in wrong]


def main(chosen: list[str]) -> int:
    paths = [Path(name).resolve() for name in chosen] or sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))
    files, wrong = {}, 0
    for path in paths:
        name, began = Path(os.path.relpath(path, HERE.parent)).as_posix(), time.perf_counter()
        try:
            names = check(path)
            files[name] = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "names": names}
        except Exception as error:
            wrong += 1
            print(f"{name}: {type(error).__name__}: {error}")
        took = time.perf_counter() - began
        if took > 3:
            print(f"{name}: took {took:.1f} s")
    print(f"{len(files)} cases hold, {wrong} do not")
    if not chosen and wrong == 0:
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(files.items()))
        (HERE / "cases.json").write_text(f'{{"torch": "{torch.__version__}", "jax": "{jax.__version__}", "files": {{\n{rows}\n}}}}\n', encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
