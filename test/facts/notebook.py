"""What the scripts that run random programs share: programs run statement by statement, and what names are in few letters."""

import ast
import collections
import contextlib
import io
import json
import re
import traceback
import types
from collections.abc import Callable

FILE = "<program>"
KINDS = ["NameError", "RuntimeError", "IndexError", "TypeError", "ValueError", "AttributeError"]

LETTERS = {"float32": "f", "float64": "d", "int64": "i", "int32": "j", "bool": "b", "complex64": "c", "complex128": "z", "uint32": "u"}


def described(value: object, arrays: tuple[type, ...]) -> str | None:
    """What a value is, in few letters; None for what is not compared."""
    if isinstance(value, arrays):
        letter = LETTERS.get(str(value.dtype).removeprefix("torch."))
        return None if letter is None else letter + ",".join(map(str, value.shape))
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return f"#{value}"
    if isinstance(value, float):
        return "%"
    if value is None:
        return "N"
    if isinstance(value, tuple):
        return joined("(", value, ")", arrays)
    if isinstance(value, list):
        return joined("[", value, "]", arrays)
    if isinstance(value, (dict, collections.OrderedDict)) and all(isinstance(key, str) for key in value):
        return joined("{", value.values(), "}", arrays)
    return None


def joined(start: str, values: object, end: str, arrays: tuple[type, ...]) -> str | None:
    parts = [described(value, arrays) for value in values]
    return None if None in parts or len(parts) > 12 else start + "|".join(parts) + end


def raised(error: BaseException, line: int) -> str:
    """Where a statement raised what: `12R:8`, the statement's line, the error's letter, the line where it arose."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    arose = lines[-1] if lines else line
    if re.search(r"require grad|requires_grad|in the graph|derivative|autograd|grad requires", str(error)):
        return f"{line}G:{arose}"
    names = {base.__name__ for base in type(error).__mro__}
    kind = next((name for name in KINDS if name in names), "Other")
    return f"{line}{kind[0]}:{arose}"


def run(text: str, is_array: Callable[[object], bool]) -> tuple[dict, list[str]]:
    """The names that a program binds, and what raised in it: after a statement that raises the next goes on."""
    names: dict = {"__name__": "__main__"}
    errors = []
    half: set[str] = set()
    for statement in ast.parse(text).body:
        code = compile(ast.Module([statement], []), FILE, "exec")
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                exec(code, names)
        except Exception as error:  # noqa: BLE001: whatever it raises is the fact
            errors.append(raised(error, statement.lineno))
            half |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    # What a statement that raises was to change may be changed in part.
    return {name: value for name, value in names.items() if name not in half or is_array(value)}, errors


def row(text: str, arrays: tuple[type, ...]) -> list[str]:
    """What the names of a program are at its end, and what raised in it."""
    names, errors = run(text, lambda value: isinstance(value, arrays))
    found = [
        (name, described(value, arrays))
        for name, value in names.items()
        if re.fullmatch(r"v\d+", name) and not isinstance(value, types.ModuleType)
    ]
    return [" ".join(name + text for name, text in found if text is not None), " ".join(errors)]


def written(head: dict, tables: dict[str, list]) -> str:
    parts = [f'"{name}":[\n' + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]" for name, rows in tables.items()]
    return json.dumps(head, separators=(",", ":"))[:-1] + ",\n" + ",\n".join(parts) + "}\n"
