"""Runs the annotated cases of test/cases/ under the real libraries and checks what they state; writes cases.json.

    python test/facts/cases.py             all whose library is there: PyTorch with JAX, or TensorFlow
    python test/facts/cases.py FILE...     these alone; what is known of the others is kept

A line `# expect: NAME (dims) [rule ...] [wanted (dims)]` is checked each time it is run, wherever the program gets to it:
the tensor of that name has that shape once the statement is done; where a rule says that a result is zero but for the
blocks of equal samples, it is; where a per-sample shape is wanted, the result gives one. Where the rules named are those of
what raises, and no shape is given, the statement raises, as those rules say; so does one with `# raises: PATTERN`.

A line `# call: f(torch.randn(3, 5))` is run once the program is done: it calls a function that nobody is seen to call.
There sizes may have names, `(b, o, 2*d)`, each one size in all of a call, and `*` stands for any number of axes. cases.json holds a digest of each file, so that
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

import numpy as np

from present import HAVE_TENSORFLOW, apart, array_of, is_abstract, uses_tensorflow, versions, with_seed

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
    "wrong-argument": r"callable|unexpected keyword|not have been used|not require grad",
    "grad-of-non-scalar": r"scalar",
    "shape-mismatch": r"",
    "tape-not-persistent": r"persistent",
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
    """Puts each statement that is to raise into a `try`, and notes what it raised; what it draws is drawn apart."""

    def __init__(self, expected: list[Expectation], stated: dict[int, str]) -> None:
        self.lines = set(stated) | {each.line for each in expected if each.name is None and any(rule in RAISES for rule in each.rules)}

    def visit(self, node: ast.AST) -> ast.AST:
        node = self.generic_visit(node)
        within = isinstance(node, ast.stmt) and not hasattr(node, "body")
        lines = range(node.lineno, (node.end_lineno or node.lineno) + 1) if within else ()
        found = next((line for line in lines if line in self.lines), None)
        if found is None:
            return node
        text = f"try:\n    with __apart__():\n        pass\nexcept Exception as error:\n    __raised__({found}, error)\nelse:\n    __raised__({found}, None)"
        guard = ast.parse(text).body[0]
        for inner in ast.walk(guard):
            if isinstance(inner, (ast.expr, ast.stmt, ast.excepthandler)):
                inner.lineno, inner.end_lineno = node.lineno, node.end_lineno
        guard.body[0].body = [node]
        return guard


def stated_to_raise(text: str) -> dict[int, str]:
    """The patterns of `# raises: PATTERN`, by line."""
    found = ((number, re.search(r"# raises: (.*?)(?:\s+#|$)", line)) for number, line in enumerate(text.split("\n"), 1))
    return {number: match[1] for number, match in found if match is not None}


def guarded(text: str, path: str, expected: list[Expectation]) -> CodeType:
    return compile(ast.fix_missing_locations(Guard(expected, stated_to_raise(text)).visit(ast.parse(text))), path, "exec")


def namespace(path: str, raised: dict[int, list[Exception | None]]) -> dict[str, object]:
    """The names that a guarded case runs with; what its statements raise is put down by line."""
    note = lambda line, error: raised.setdefault(line, []).append(error)
    return {"__name__": "__main__", "__file__": path, "__apart__": apart, "__raised__": note}


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


def blocks(value: np.ndarray) -> list[np.ndarray]:
    """For each pair of axes of one size: the blocks on their diagonal, that axis first, if all else is zero."""
    found = []
    for first, second in itertools.combinations(range(value.ndim), 2):
        if value.shape[first] != value.shape[second]:
            continue
        diagonal = value.diagonal(axis1=first, axis2=second)
        if np.count_nonzero(value) == np.count_nonzero(diagonal):
            found.append(np.moveaxis(diagonal, -1, 0))
    return found


def check_wanted(expectation: Expectation, value: np.ndarray) -> str | None:
    """What is wrong with the per-sample shape that is stated, or None."""
    wanted = ast.literal_eval(expectation.wanted or "()")
    shape = tuple(value.shape)
    [rule] = expectation.rules
    match rule:
        case "full-batch-jacobian" | "full-batch-hessian" | "full-then-diagonal":
            if all(tuple(block.shape) != wanted for block in blocks(value)):
                return "is not what the blocks of equal samples are"
        case "output-axis-first" | "single-output-row":
            if all(np.moveaxis(value, axis, 0).shape != wanted for axis in range(value.ndim)):
                return f"is not {shape} with an axis moved to the front"
        case "per-sample-loop":
            if wanted[1:] != shape:
                return f"is not a stack of {shape}"
        case "elementwise-jacobian":
            if shape == wanted + wanted:
                matrix = value.reshape(math.prod(wanted), -1)
                return "is not its diagonal alone" if np.count_nonzero(matrix - np.diag(matrix.diagonal())) else None
            if shape != wanted:
                return f"is not the diagonal of {shape}"
        case "grad-sums-outputs":
            if wanted[0] != shape[0] or wanted[len(wanted) - len(shape) + 1 :] != shape[1:]:
                return f"is not the Jacobian whose sum over outputs is {shape}"
        case "batch-jacobian-of-unbatched":
            if all(wanted[:axis] + wanted[axis + 1 :] != shape for axis in range(1, len(wanted)) if wanted[axis] == shape[0]):
                return f"is not the Jacobian whose sum over rows is {shape}"
        case _:
            return f"is stated, but {rule} promises no shape"
    return None


def check_rules(expectation: Expectation, value: np.ndarray) -> str | None:
    """What the values say against a rule that is to be reported on this result, or None."""
    for rule in expectation.rules:
        if rule in ("full-batch-jacobian", "full-batch-hessian") and not blocks(value):
            return f"{rule}: it is not zero between samples"
        if rule in ("wrong-argument", "nested-jacobian-without-create-graph", "zero-jacobian") and np.count_nonzero(value):
            return f"{rule}: it is not zero"
        if rule == "single-output-row":
            axes = [k for k in range(value.ndim) if sum(bool(np.count_nonzero(part)) for part in np.moveaxis(value, k, 0)) == 1]
            if not axes:
                return f"{rule}: more than one sample plays a part"
    return None


# Frames of expressions: they stand on the lines of the statement that they belong to.
INNER = ("<lambda>", "<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


CALL = re.compile(r"^# call: (.*)$", re.MULTILINE)


def agrees(shape: tuple[int, ...], stated: str, sizes: dict[str, int]) -> bool:
    """Whether a shape is what is stated, where a name stands for the size that it first had, and `*` for any axes."""
    dims = [dim.strip() for dim in stated.strip("()").split(",") if dim.strip()]
    if "*" in dims:
        at = dims.index("*")
        behind = len(dims) - at - 1
        middle = range(at, len(shape) - behind + 1)
        before, after = "(" + ", ".join(dims[:at]) + ")", "(" + ", ".join(dims[at + 1 :]) + ")"
        return any(agrees(shape[:at], before, sizes) and agrees(shape[end:], after, sizes) for end in middle)
    if len(dims) != len(shape):
        return False
    for dim, size in zip(dims, shape):
        if dim.isidentifier():
            sizes.setdefault(dim, size)
    return all(eval(dim, {}, dict(sizes)) == size for dim, size in zip(dims, shape))


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
        # What the names of sizes stand for.
        self.sizes: dict[str, int] = {}

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

    def fault(self, expectation: Expectation, value: object) -> str | None:
        if is_abstract(value):
            # Within a transform there are no values to be looked at.
            return None if agrees(tuple(value.shape), expectation.shape or "()", self.sizes) else f"is {show(value.shape)}, not {expectation.shape}"
        plain = array_of(value)
        if plain is None:
            return f"is no tensor but {type(value).__name__}"
        if not agrees(tuple(plain.shape), expectation.shape or "()", self.sizes):
            return f"is {show(plain.shape)}, not {expectation.shape}"
        if "detached-jacobian" in expectation.rules and value.requires_grad:
            return "is recorded"
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
    with_seed(0)
    before = sys.gettrace()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.settrace(watch.trace)
        try:
            names = namespace(str(path), raised)
            exec(code, names)
            for call in CALL.findall(text):
                watch.sizes = {}
                exec(call, names)
        finally:
            sys.settrace(before)
    named = [expectation for expectation in expected if expectation.name is not None]
    never = [f"line {each.line} was never run" for each in named if each not in watch.seen]
    faults = [*dict.fromkeys(watch.faults), *never, *(fault for each in expected for fault in not_raised(each, raised))]
    for line, pattern in stated_to_raise(text).items():
        faults += [f"line {line}: {error}" for error in raised.get(line, [None]) if not re.search(pattern, str(error))]
    if faults:
        raise Wrong("; ".join(faults))
    return len(named)


def not_raised(expectation: Expectation, raised: dict[int, list[Exception | None]]) -> list[str]:
    """What is wrong with a statement that is to raise."""
    rules = [rule for rule in expectation.rules if rule in RAISES]
    if expectation.name is not None or not rules:
        return []
    errors = raised.get(expectation.line, [None])
    # The first turn of a loop may have what a tape gives.
    if rules == ["tape-not-persistent"] and any(errors):
        errors = [error for error in errors if error is not None]
    wrong = [error for error in errors if error is None or not any(re.search(RAISES[rule], str(error)) for rule in rules)]
    return [f"line {expectation.line}: {'raises nothing' if error is None else f'{type(error).__name__}: {error}'}" for error in wrong]


def name_of(path: Path) -> str:
    return Path(os.path.relpath(path, HERE.parent)).as_posix()


def main(chosen: list[str]) -> int:
    recorded = json.loads((HERE / "cases.json").read_text(encoding="utf-8"))
    every = sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))
    files, wrong = {}, 0
    for path in [Path(name).resolve() for name in chosen] or every:
        name, began = name_of(path), time.perf_counter()
        if uses_tensorflow(path.read_text(encoding="utf-8")) != HAVE_TENSORFLOW:
            continue
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
    if wrong == 0:
        there = {name_of(path) for path in every}
        known = {name: row for name, row in (recorded["files"] | files).items() if name in there}
        rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in sorted(known.items()))
        said = {key: value for key, value in recorded.items() if key != "files"} | versions()
        head = json.dumps(said)[1:-1]
        (HERE / "cases.json").write_text(f'{{{head}, "files": {{\n{rows}\n}}}}\n', encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
