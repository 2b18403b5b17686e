"""CPython's own syntax trees in a compact normal form, to compare language-server/python with.

    python3.13 python_ast.py                 writes python_ast.json from python_snippets.txt
    find DIR -name '*.py' | python3.13 python_ast.py --stream
                                             writes {"path", "text", "form"} a line for each file that parses

A node is [kind, start, end, field, ...]: offsets in UTF-16 code units, fields in the order of ast.ts.
"""

import ast
import io
import json
import pathlib
import sys
import tokenize

HERE = pathlib.Path(__file__).parent

OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.MatMult: "@", ast.Div: "/", ast.Mod: "%", ast.Pow: "**",
    ast.LShift: "<<", ast.RShift: ">>", ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.FloorDiv: "//",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.And: "and", ast.Or: "or",
    ast.Invert: "~", ast.Not: "not", ast.UAdd: "+", ast.USub: "-",
}


class Normal:
    def __init__(self, text):
        self.text = text
        self.lines = split_lines(text)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + utf16(line))

    def offset(self, line, column):
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return self.starts[line - 1] + column
        return self.starts[line - 1] + utf16(text.encode()[:column].decode())

    def range(self, node):
        return [self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)]

    def many(self, nodes):
        return [self.one(node) for node in nodes]

    def one(self, node):
        if node is None:
            return None
        name = type(node).__name__
        method = getattr(self, name, None)
        if method is not None:
            return method(node)
        raise NotImplementedError(name)

    def module(self, tree):
        return self.many(tree.body)

    def make(self, kind, node, *fields):
        return [kind, *self.range(node), *fields]

    # statements
    def FunctionDef(self, n):
        return self.make("FunctionDef", n, isinstance(n, ast.AsyncFunctionDef), n.name, self.arguments(n.args), self.many(n.body),
                         self.many(n.decorator_list), self.one(n.returns), docstring(n))

    AsyncFunctionDef = FunctionDef

    def ClassDef(self, n):
        return self.make("ClassDef", n, n.name, self.many(n.bases), self.keywords(n.keywords), self.many(n.body),
                         self.many(n.decorator_list), docstring(n))

    def Return(self, n):
        return self.make("Return", n, self.one(n.value))

    def Delete(self, n):
        return self.make("Delete", n, self.many(n.targets))

    def Assign(self, n):
        return self.make("Assign", n, self.many(n.targets), self.one(n.value))

    def TypeAlias(self, n):
        return self.make("Assign", n, [self.one(n.name)], self.one(n.value))

    def AugAssign(self, n):
        return self.make("AugAssign", n, self.one(n.target), OPERATORS[type(n.op)], self.one(n.value))

    def AnnAssign(self, n):
        return self.make("AnnAssign", n, self.one(n.target), self.one(n.annotation), self.one(n.value))

    def For(self, n):
        return self.make("For", n, isinstance(n, ast.AsyncFor), self.one(n.target), self.one(n.iter), self.many(n.body),
                         self.many(n.orelse))

    AsyncFor = For

    def While(self, n):
        return self.make("While", n, self.one(n.test), self.many(n.body), self.many(n.orelse))

    def If(self, n):
        return self.make("If", n, self.one(n.test), self.many(n.body), self.many(n.orelse))

    def With(self, n):
        items = [[self.one(item.context_expr), self.one(item.optional_vars)] for item in n.items]
        return self.make("With", n, isinstance(n, ast.AsyncWith), items, self.many(n.body))

    AsyncWith = With

    def Match(self, n):
        cases = [[self.one(case.pattern), self.one(case.guard), self.many(case.body)] for case in n.cases]
        return self.make("Match", n, self.one(n.subject), cases)

    def Raise(self, n):
        return self.make("Raise", n, self.one(n.exc), self.one(n.cause))

    def Try(self, n):
        handlers = [[*self.range(h), self.one(h.type), h.name, self.many(h.body)] for h in n.handlers]
        return self.make("Try", n, self.many(n.body), handlers, self.many(n.orelse), self.many(n.finalbody))

    TryStar = Try

    def Assert(self, n):
        return self.make("Assert", n, self.one(n.test), self.one(n.msg))

    def Import(self, n):
        return self.make("Import", n, self.aliases(n.names))

    def ImportFrom(self, n):
        return self.make("ImportFrom", n, n.module, self.aliases(n.names), n.level)

    def Global(self, n):
        return self.make("Global", n, n.names)

    def Nonlocal(self, n):
        return self.make("Nonlocal", n, n.names)

    def Expr(self, n):
        return self.make("ExprStatement", n, self.one(n.value))

    def Pass(self, n):
        return self.make("Pass", n)

    def Break(self, n):
        return self.make("Break", n)

    def Continue(self, n):
        return self.make("Continue", n)

    # patterns
    def MatchValue(self, n):
        return self.make("MatchValue", n, self.one(n.value))

    def MatchSingleton(self, n):
        return self.make("MatchSingleton", n, n.value)

    def MatchSequence(self, n):
        return self.make("MatchSequence", n, self.many(n.patterns))

    def MatchMapping(self, n):
        return self.make("MatchMapping", n, self.many(n.keys), self.many(n.patterns), n.rest)

    def MatchClass(self, n):
        keywords = [[name, self.one(pattern)] for name, pattern in zip(n.kwd_attrs, n.kwd_patterns)]
        return self.make("MatchClass", n, self.one(n.cls), self.many(n.patterns), keywords)

    def MatchStar(self, n):
        return self.make("MatchStar", n, n.name)

    def MatchAs(self, n):
        return self.make("MatchAs", n, self.one(n.pattern), n.name)

    def MatchOr(self, n):
        return self.make("MatchOr", n, self.many(n.patterns))

    # expressions
    def BoolOp(self, n):
        return self.make("BoolOp", n, OPERATORS[type(n.op)], self.many(n.values))

    def NamedExpr(self, n):
        return self.make("NamedExpr", n, self.one(n.target), self.one(n.value))

    def BinOp(self, n):
        return self.make("BinOp", n, self.one(n.left), OPERATORS[type(n.op)], self.one(n.right))

    def UnaryOp(self, n):
        return self.make("UnaryOp", n, OPERATORS[type(n.op)], self.one(n.operand))

    def Lambda(self, n):
        return self.make("Lambda", n, self.arguments(n.args), self.one(n.body))

    def IfExp(self, n):
        return self.make("IfExp", n, self.one(n.test), self.one(n.body), self.one(n.orelse))

    def Dict(self, n):
        return self.make("Dict", n, [[self.one(key), self.one(value)] for key, value in zip(n.keys, n.values)])

    def Set(self, n):
        return self.make("Set", n, self.many(n.elts))

    def ListComp(self, n):
        return self.make("ListComp", n, self.one(n.elt), self.generators(n))

    def SetComp(self, n):
        return self.make("SetComp", n, self.one(n.elt), self.generators(n))

    def DictComp(self, n):
        return self.make("DictComp", n, self.one(n.key), self.one(n.value), self.generators(n))

    def GeneratorExp(self, n):
        return self.make("GeneratorExp", n, self.one(n.elt), self.generators(n))

    def generators(self, n):
        return [[self.one(g.target), self.one(g.iter), self.many(g.ifs), bool(g.is_async)] for g in n.generators]

    def Await(self, n):
        return self.make("Await", n, self.one(n.value))

    def Yield(self, n):
        return self.make("Yield", n, self.one(n.value))

    def YieldFrom(self, n):
        return self.make("YieldFrom", n, self.one(n.value))

    def Compare(self, n):
        return self.make("Compare", n, self.one(n.left), [OPERATORS[type(op)] for op in n.ops], self.many(n.comparators))

    def Call(self, n):
        return self.make("Call", n, self.one(n.func), self.many(n.args), self.keywords(n.keywords))

    def JoinedStr(self, n):
        return self.make("JoinedStr", n, self.joined(n))

    def joined(self, n):
        values = []
        for value in n.values:
            if not isinstance(value, ast.Constant):
                values.append(self.formatted(value))
            elif values and isinstance(values[-1], str):
                values[-1] += value.value
            elif value.value != "":
                values.append(value.value)
        return values

    def formatted(self, n):
        if n.conversion == -1 and n.format_spec is None:
            return self.one(n.value)
        conversion = None if n.conversion == -1 else chr(n.conversion)
        spec = None if n.format_spec is None else self.joined(n.format_spec)
        return ["FormattedValue", self.one(n.value), conversion, spec]

    def Constant(self, n):
        return self.make("Constant", n, *constant(n.value))

    def Attribute(self, n):
        return self.make("Attribute", n, self.one(n.value), n.attr)

    def Subscript(self, n):
        return self.make("Subscript", n, self.one(n.value), self.one(n.slice))

    def Starred(self, n):
        return self.make("Starred", n, self.one(n.value))

    def Name(self, n):
        return self.make("Name", n, n.id)

    def List(self, n):
        return self.make("List", n, self.many(n.elts))

    def Tuple(self, n):
        return self.make("Tuple", n, self.many(n.elts))

    def Slice(self, n):
        return self.make("Slice", n, self.one(n.lower), self.one(n.upper), self.one(n.step))

    # parts
    def keywords(self, keywords):
        return [[*self.range(k), k.arg, self.one(k.value)] for k in keywords]

    def aliases(self, names):
        return [[*self.range(n), n.name, n.asname] for n in names]

    def arguments(self, a):
        positional = a.posonlyargs + a.args
        defaults = [None] * (len(positional) - len(a.defaults)) + a.defaults
        pairs = [self.arg(arg, default) for arg, default in zip(positional, defaults)]
        keyword = [self.arg(arg, default) for arg, default in zip(a.kwonlyargs, a.kw_defaults)]
        split = len(a.posonlyargs)
        return [pairs[:split], pairs[split:], self.arg(a.vararg), keyword, self.arg(a.kwarg)]

    def arg(self, a, default=None):
        return None if a is None else [*self.range(a), a.arg, self.one(a.annotation), self.one(default)]


def constant(value):
    if value is None:
        return ("None",)
    if value is ...:
        return ("Ellipsis",)
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, str):
        return ("str", value)
    if isinstance(value, bytes):
        return ("bytes", value.decode("latin-1"))
    if isinstance(value, complex):
        return ("complex", finite(value.imag))
    return ("int" if isinstance(value, int) else "float", finite(value))


def finite(value):
    try:
        value = float(value)
    except OverflowError:
        return "inf"
    return "inf" if value == float("inf") else value


def docstring(node):
    return ast.get_docstring(node, clean=False)


def utf16(text):
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def split_lines(text):
    return io.StringIO(text, newline="").readlines()


def form(text):
    return Normal(text).module(ast.parse(text))


def snippets():
    texts = (HERE / "python_snippets.txt").read_text(encoding="utf-8").split("\n%%\n")
    found = []
    for text in texts:
        try:
            found.append({"text": text, "form": form(text)})
        except SyntaxError as error:
            found.append({"text": text, "error": error.msg})
    facts = {"python": sys.version.split()[0], "snippets": found}
    out = HERE / "python_ast.json"
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in found)
    out.write_text(f'{{"python":"{facts["python"]}","snippets":[\n{lines}\n]}}\n', encoding="utf-8")


def stream():
    sys.setrecursionlimit(20000)
    for path in sys.stdin.read().split("\n"):
        if not path:
            continue
        try:
            data = open(path, "rb").read()
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding)
            line = json.dumps({"path": path, "text": text, "form": form(text)}, separators=(",", ":"))
        except (SyntaxError, UnicodeError, ValueError, RecursionError, OSError) as error:
            line = json.dumps({"path": path, "error": str(error)})
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    stream() if "--stream" in sys.argv else snippets()
