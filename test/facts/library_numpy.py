"""What NumPy's functions give: shapes and types of many expressions, which of them raise, and how samples move results.

Run with a Python that has numpy (and torch, for what passes between the two); writes library_numpy.json beside this
file. `rows` are [code, result, dtype], where the result is a shape, a list of shapes, or "error". `batching` are
[code, shape of x, axes, most], as in library_torch.py.
"""

import itertools
import warnings

import numpy as np
import torch

from recorded import dependence_of, write

warnings.simplefilter("ignore")

codes: list[str] = []


def add(*snippets: str) -> None:
    codes.extend(snippets)


def tup(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def t(*shape: int) -> str:
    """An array of numbers in (0, 1), so that logarithms and roots are defined."""
    return f"np.random.random_sample({tup(shape)})" if shape else "np.float64(0.5)"


def ti(high: int, *shape: int) -> str:
    return f"np.random.randint({high}, size={tup(shape)})"


SHAPES = [(), (1,), (3,), (0,), (2, 3), (1, 3), (3, 3), (0, 3), (2, 3, 4), (2, 1, 4, 1)]
FEW = [(), (3,), (2, 3), (0, 3)]
TYPES = ["bool", "np.int8", "np.uint8", "np.int16", "np.uint16", "np.uint32", "np.uint64", "np.int32", "np.int64", "np.float16", "np.float32", "np.float64", "np.complex64", "np.complex128"]


def ones(dtype: str, *shape: int) -> str:
    return f"np.ones({tup(shape)}, dtype={dtype})"


# Elementwise, one operand

UNARY = """abs absolute negative positive sign floor ceil rint trunc fix exp expm1 exp2 log log1p log2 log10 sqrt cbrt reciprocal
square sin cos tan arcsin asin arccos acos arctan atan sinh cosh tanh arcsinh asinh arccosh acosh arctanh atanh isfinite isnan isinf
isposinf isneginf isreal iscomplex logical_not signbit deg2rad rad2deg radians degrees nan_to_num sinc angle conj conjugate real imag
i0 fabs invert bitwise_not bitwise_count spacing around round""".split()
for name in UNARY:
    for shape in FEW:
        add(f"np.{name}({t(*shape)})")
    add(f"np.{name}({ti(5, 2, 3)})", f"np.{name}([1.0, 2.0])", f"np.{name}([[1, 2]])", f"np.{name}(2)", f"np.{name}(0.5)")
    add(*(f"np.{name}({ones(dtype, 2)})" for dtype in TYPES))
add("np.exp(np.ones(2), dtype=np.float32)", "np.sqrt(np.ones((2, 3)), out=np.zeros((2, 3)))", "np.sqrt(np.ones((2, 3)), out=np.zeros(3))", "np.exp('a')", "np.exp(None)", "np.exp(np.ones(3), where=np.array([True, False, True]))")
add("np.modf(np.ones((2, 3)))", "np.frexp(np.ones((2, 3)))", "np.divmod(np.arange(4), 3)", "np.divmod(np.ones((2, 3)), np.ones(3))", "np.round(np.ones(3), 2)", "np.ones((2, 3)).round(1)", "np.ones(2).conj()", "np.real(np.ones(2) + 0j)", "np.ldexp(np.ones(3), np.arange(3))", "np.ldexp(np.ones(3), np.ones(3))")

# Elementwise, two operands

BINARY = """add subtract multiply divide true_divide floor_divide remainder mod fmod power float_power maximum minimum fmax fmin arctan2 atan2
hypot copysign nextafter logaddexp logaddexp2 heaviside equal not_equal less less_equal greater greater_equal logical_and logical_or
logical_xor""".split()
PAIRS = [((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 1), (1, 3)), ((2, 3), ()), ((0, 3), (3,)), ((0, 3), (1, 1)), ((2, 3), (2,)), ((2, 3), (4, 3)), ((2, 3, 4), (3, 1)), ((1,), (0,)), ((3,), (0,))]
for name in BINARY:
    for a, b in PAIRS:
        add(f"np.{name}({t(*a)}, {t(*b)})")
    add(f"np.{name}({t(2, 3)}, 2)", f"np.{name}(2, {t(2, 3)})", f"np.{name}({ti(5, 2)} + 1, 2)", f"np.{name}({ti(5, 2)} + 1, 2.5)", f"np.{name}([1, 2], [3, 4])", f"np.{name}([1, 2], 0.5)", f"np.{name}(3, 2)")
INTEGER = "bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm".split()
for name in INTEGER:
    add(f"np.{name}({ti(5, 2, 3)}, {ti(5, 3)})", f"np.{name}({ti(5, 3)}, 2)", f"np.{name}({t(3)}, 2)", f"np.{name}({ti(5, 2, 3)}, {ti(5, 2)})", f"np.{name}([1, 2], [2, 3])")
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "@"]
for op in OPERATORS:
    for a, b in PAIRS:
        add(f"{t(*a)} {op} {t(*b)}")
    add(f"{t(2, 3)} {op} 2", f"2 {op} {t(2, 3)}", f"{t(3)} {op} 2.5", f"{t(3)} {op} [1.0, 2.0, 3.0]", f"[1.0, 2.0, 3.0] {op} {t(3)}", f"{t(3)} {op} [1.0, 2.0]", f"{ti(5, 3)} {op} (1, 2, 3)")
for op in ["&", "|", "^", "<<", ">>"]:
    add(f"{ti(5, 2, 3)} {op} {ti(5, 3)}", f"{ti(5, 3)} {op} 1", f"1 {op} {ti(5, 3)}", f"{t(3)} {op} 1", f"(np.ones(3) > 0) {op} (np.zeros(3) > 0)")
add("-np.ones((2, 3))", "+np.ones(3)", "~(np.ones(3) > 0)", "~np.arange(3)", "~np.ones(3)", "abs(-np.ones((2, 3)))", "-(np.ones(2) > 0)", "np.arange(3) ** 2", "np.arange(3) ** -1", "np.arange(3) ** np.array([-1])", "np.arange(1, 4) ** -1.0", "2.0 ** np.arange(3)", "2 ** np.arange(3)", "np.ones(3) ** 0.5")
for a, b in itertools.product(TYPES, repeat=2):
    add(*(f"{ones(a, 2)} {op} {ones(b, 2)}" for op in ("+", "*", "/", "==")))
for a in TYPES:
    add(*(f"{ones(a, 2)} {op} {number}" for op in ("+", "*", "/", "**") for number in ("2", "2.5", "True", "np.float64(2)", "np.float32(2)", "np.int64(2)")))
    add(f"{ones(a, 2)} - {ones(a, 2)}", f"{ones(a, 2)} // {ones(a, 2)}", f"{ones(a, 2)} % {ones(a, 2)}", f"np.arctan2({ones(a, 2)}, {ones(a, 2)})", f"np.maximum({ones(a, 2)}, 1)", f"np.maximum({ones(a, 2)}, 0.5)")
add("np.clip(np.ones((2, 3)), 0, 1)", "np.clip(np.ones((2, 3)), 0, np.ones(3))", "np.clip(np.ones((2, 3)), None, np.ones(2))", "np.clip(np.arange(3), 0.5, 2)", "np.clip(np.arange(3), 1, None)", "np.arange(3).clip(1, 2)", "np.ones(3).clip(max=0.5)", "np.ones(3).clip(min=0.5)", "np.clip(np.ones(3), a_min=0, a_max=1)", "np.clip([1, 2, 3], 0, 2)", "np.clip(np.ones(3), np.zeros((2, 1)), 1)")
add("np.isclose(np.ones((2, 3)), np.ones(3))", "np.isclose(np.ones(2), np.ones(3))", "np.add.outer(np.ones(2), np.ones(3))", "np.multiply.outer(np.ones((2, 3)), np.ones(4))", "np.subtract.outer(np.arange(3), np.arange(4.0))", "np.add.outer([1, 2], [3, 4, 5])", "np.add.reduce(np.ones((2, 3)))", "np.add.reduce(np.ones((2, 3)), axis=1)", "np.add.reduce(np.ones((2, 3)), axis=None)", "np.multiply.reduce(np.arange(6).reshape(2, 3), axis=-1)", "np.maximum.reduce(np.ones((2, 3)))", "np.maximum.reduce([np.ones(3), np.zeros(3)])", "np.maximum.reduce(np.ones((0, 3)))", "np.add.accumulate(np.ones((2, 3)))", "np.multiply.accumulate(np.ones((2, 3)), axis=1)", "np.maximum.accumulate(np.ones((2, 3)), axis=1)", "np.minimum.accumulate(np.arange(3))", "np.add.reduce(np.ones((2, 3)), axis=(0, 1))", "np.add.reduce(np.ones((2, 3)), keepdims=True)", "np.logical_and.reduce(np.ones((2, 3)) > 0)", "np.logical_or.reduce(np.ones((2, 3)) > 0, axis=1)")

# Reductions

REDUCTIONS = "sum prod max min amax amin mean std var median all any argmax argmin ptp nansum nanmax nanmin nanmean nanstd nanprod count_nonzero cumsum cumprod nancumsum".split()
for name in REDUCTIONS:
    for shape in SHAPES:
        add(f"np.{name}({t(*shape)})")
        for axis in (0, 1, -1, 2, None):
            add(f"np.{name}({t(*shape)}, axis={axis})")
    if name not in ("argmax", "argmin", "cumsum", "cumprod", "nancumsum"):
        add(*(f"np.{name}({t(2, 3, 4)}, axis={axes})" for axes in ((0, 1), (1, -1), (0, 0), (0, 3), (), (2,))), f"np.{name}({t(2, 3, 4)}, axis=(0, 2), keepdims=True)")
    if name not in ("cumsum", "cumprod", "nancumsum"):
        add(f"np.{name}({t(2, 3)}, axis=1, keepdims=True)", f"np.{name}({t(2, 3)}, keepdims=True)", f"np.{name}({t(2, 3)}, 0)")
    add(f"np.{name}({ti(5, 2, 3)}, axis=0)", f"np.{name}([[1, 2], [3, 4]], axis=1)", f"np.{name}([1.0, 2.0])", f"np.{name}(5)", f"np.{name}((1, 2, 3))")
    add(*(f"np.{name}({ones(dtype, 2, 3)}, axis=0)" for dtype in TYPES))
    if hasattr(np.ndarray, name):
        add(f"{t(2, 3)}.{name}()", f"{t(2, 3)}.{name}(0)", f"{t(2, 3)}.{name}(axis=-1)", f"{t(2, 3)}.{name}(2)", f"{ti(5, 2, 3)}.{name}(1)")
add("np.sum(np.ones((2, 3)), dtype=np.float32)", "np.sum(np.ones(2), dtype=int)", "np.mean(np.arange(3), dtype=np.float32)", "np.sum(np.ones((2, 3)), where=np.array([True, False, True]))", "np.max(np.ones((0, 3)), axis=0, initial=0)", "np.max(np.zeros((0,)), initial=1.0)", "np.sum(np.ones((2, 3)), initial=1)", "np.std(np.ones((2, 3)), ddof=1)", "np.var(np.ones((2, 3)), axis=0, ddof=1)", "np.ones((2, 3)).std(0, ddof=1)", "np.sum([np.ones(3), np.ones(3)], axis=0)", "np.mean([np.ones(3), np.zeros(3)], axis=0)", "np.max([1, 2, 3])", "np.sum(np.ones((2, 3)), axis=0, out=np.zeros(3))", "np.sum(np.ones((2, 3)), axis=0, out=np.zeros(2))", "np.cumsum([1, 2, 3])", "np.cumulative_sum(np.ones(3))", "np.cumulative_sum(np.ones((2, 3)))", "np.cumulative_sum(np.ones((2, 3)), axis=1, include_initial=True)", "np.average(np.ones((2, 3)))", "np.average(np.ones((2, 3)), axis=0)", "np.average(np.ones((2, 3)), axis=1, weights=[1, 2, 3])", "np.average(np.ones((2, 3)), axis=1, weights=[1, 2])", "np.average(np.ones((2, 3)), weights=np.ones((2, 3)))", "np.average(np.ones((2, 3)), weights=[1, 2, 3])", "np.average([1, 2, 3], weights=[3, 2, 1])", "np.average(np.ones((2, 3)), axis=0, returned=True)", "np.average(np.ones((2, 3, 4)), axis=(0, 1))", "np.average(np.arange(6).reshape(3, 2), axis=0, weights=[1.0, 2.0, 3.0])")
for name in ("quantile", "percentile", "nanquantile"):
    q = "50" if name == "percentile" else "0.5"
    add(f"np.{name}(np.ones((2, 3)), {q})", f"np.{name}(np.ones((2, 3)), {q}, axis=0)", f"np.{name}(np.ones((2, 3)), [{q}, {q}], axis=1)", f"np.{name}(np.ones((2, 3)), [{q}, {q}], axis=1, keepdims=True)", f"np.{name}(np.ones((2, 3)), [[{q}, {q}]])", f"np.{name}(np.arange(3), {q})", f"np.{name}(np.ones((2, 3, 4)), {q}, axis=(0, 2))", f"np.{name}(np.ones((2, 3)), {q}, axis=2)", f"np.{name}(np.ones(3, dtype=np.float32), {q})", f"np.{name}([1, 2, 3], [{q}])")
add("np.trace(np.ones((3, 4)))", "np.trace(np.ones((2, 3, 3)))", "np.trace(np.ones((2, 3, 3)), axis1=1, axis2=2)", "np.trace(np.ones(3))", "np.ones((3, 3)).trace()", "np.trace(np.ones((3, 3)), offset=1)", "np.trace(np.arange(9).reshape(3, 3))")
for shape in SHAPES:
    add(*(f"np.{name}({t(*shape)}{axis})" for name in ("sort", "argsort") for axis in ("", ", axis=0", ", axis=None", ", axis=1")))
add("np.sort([3, 1, 2])", "np.argsort(np.arange(6).reshape(2, 3), axis=0)", "np.ones((2, 3)).argsort()", "np.partition(np.ones(5), 2)", "np.partition(np.ones(5), 5)", "np.argpartition(np.ones((2, 5)), 2)", "np.argpartition(np.ones((2, 5)), 1, axis=0)", "np.argpartition(np.ones((2, 5)), 2, axis=0)", "np.sort(np.ones((2, 3)))[::-1]", "np.argsort(-np.arange(4))[:2]", "np.lexsort((np.arange(3), np.arange(3)))")

# Creation

for name in ("zeros", "ones", "empty"):
    add(*(f"np.{name}({tup(shape)})" for shape in SHAPES), f"np.{name}(3)", f"np.{name}([2, 3])", f"np.{name}((2, 3), dtype=int)", f"np.{name}((2, 3), np.float32)", f"np.{name}((2, 3), 'float32')", f"np.{name}((2, 3), dtype=bool)", f"np.{name}(-1)", f"np.{name}((2, -1))", f"np.{name}(2.0)", f"np.{name}(2, 3)", f"np.{name}(np.int64(3))", f"np.{name}((np.int32(2), 3))", f"np.{name}_like(np.ones((2, 3)))", f"np.{name}_like(np.arange(3))", f"np.{name}_like(np.arange(3), dtype=float)", f"np.{name}_like([1, 2])", f"np.{name}_like(np.ones((2, 3)), shape=(4,))", f"np.{name}(np.ones((2, 3)).shape)", f"np.{name}(np.ones((2, 3)).shape[1])", f"np.{name}(np.ones((2, 3)).size)", f"np.{name}(len(np.ones((2, 3))))", f"np.{name}((2, 3), dtype='i4')", f"np.{name}((2, 3), order='F')")
add("np.full((2, 3), 7)", "np.full((2, 3), 7.0)", "np.full((2, 3), np.ones(3))", "np.full((2, 3), np.ones(2))", "np.full(3, True)", "np.full((2,), 1, dtype=np.float32)", "np.full((2, 3), np.nan)", "np.full_like(np.ones((2, 3)), 2)", "np.full_like(np.arange(3), 2.5)", "np.full_like(np.arange(3), 2.5, dtype=float)", "np.full((2, 2), np.inf)", "np.full((), 3)")
add("np.arange(5)", "np.arange(5.0)", "np.arange(2, 5)", "np.arange(5, 2)", "np.arange(0, 1, 0.1)", "np.arange(5, 0, -1)", "np.arange(0)", "np.arange(0, 10, 3)", "np.arange(5, dtype=np.float32)", "np.arange(-3)", "np.arange(1, 6, 2)", "np.arange(0, 1, 0)", "np.arange(np.int64(4))", "np.arange(start=1, stop=4)", "np.arange(stop=4)", "np.arange(3).astype(float)", "np.arange(0, 5, 0.5)", "np.arange(2.5)")
for name in ("linspace", "logspace", "geomspace"):
    add(f"np.{name}(1, 2)", f"np.{name}(1, 2, 5)", f"np.{name}(1, 2, num=5)", f"np.{name}(1, 2, 0)", f"np.{name}(1, 2, 1)", f"np.{name}(1, 2, -1)", f"np.{name}(1.0, 2.0, 7)", f"np.{name}(1, 2, 5, dtype=np.float32)", f"np.{name}(np.ones(3), 2, 5)", f"np.{name}(np.ones(3), np.ones((2, 1)), 5)", f"np.{name}(np.ones(3), 2 * np.ones(3), 5, axis=-1)", f"np.{name}(1, 2, 5, endpoint=False)", f"np.{name}(np.ones(3), np.ones(2), 5)")
add("np.linspace(0, 1, 5, retstep=True)[0]", "np.linspace(0, 1, 5)[:, None]", "np.linspace(0, 1, 5).reshape(-1, 1)", "np.linspace(0, 1, 2.5)", "np.eye(3)", "np.eye(3, 4)", "np.eye(3, k=1)", "np.eye(3, dtype=int)", "np.eye(0)", "np.identity(3)", "np.identity(2, dtype=np.float32)", "np.tri(3)", "np.tri(3, 4, 1)", "np.eye(2, 3)[0]", "np.eye(3)[[0, 2, 1]]", "np.eye(4)[np.arange(3)]")
ARRAYS = ["1", "2.0", "True", "[1, 2]", "[1.0, 2]", "[True, False]", "[[1, 2], [3, 4]]", "[[1, 2], [3]]", "[[]]", "[]", "[[1.0], [2.0]]", "(1, 2)", "[(1, 2), (3, 4)]", "range(3)", "[range(3), range(3)]", "np.ones((2, 3))", "[np.ones(2), np.zeros(2)]", "[np.ones(2), np.zeros(3)]", "[np.ones((2, 3)), np.ones((2, 3))]", "[np.float32(1), np.float32(2)]", "[np.ones(2), [1, 2]]", "[np.float64(1), 2]", "[[1, 2.5], [True, 3]]", "[x * 2 for x in range(3)]", "[[x, x] for x in range(3)]", "[np.ones(3) * k for k in range(4)]", "[1, [2]]", "(np.ones(2),)", "[np.ones(3, dtype=np.float32)] * 2", "[np.int8(1), 1.5]"]
for value in ARRAYS:
    add(f"np.array({value})", f"np.asarray({value})", f"np.array({value}, dtype=np.float32)", f"np.array({value}, ndmin=2)")
add("np.array([1, 2], float)", "np.array([1.5, 2.5], dtype=int)", "np.array([1, 2], dtype='float32')", "np.ascontiguousarray(np.ones((2, 3)).T)", "np.ascontiguousarray(1.0)", "np.asfortranarray(np.ones((2, 3)))", "np.copy(np.ones((2, 3)))", "np.ones((2, 3)).copy()", "np.asarray([1, 2]).astype(np.float32)", "np.ones(2).astype('int32')", "np.ones(2).astype(bool)", "np.ones(2).astype(float)", "np.ones(2, dtype=np.float32).astype(np.ones(3).dtype)", "np.float32(3)", "np.float64([1, 2])", "np.int64(3)", "np.float32(np.ones((2, 3)))", "np.bool_(True)", "np.zeros(3, dtype=np.dtype('float32'))", "np.zeros(3, dtype=np.dtype(np.int32))", "np.zeros(3, dtype=np.int_)", "np.zeros(3, dtype=np.single)", "np.zeros(3, dtype=complex)", "np.fromiter((k for k in range(3)), float)", "np.array(np.ones(3).tolist())", "np.array(np.ones((2, 3)).tolist())")
add("np.meshgrid(np.ones(2), np.ones(3))", "np.meshgrid(np.ones(2), np.ones(3), indexing='ij')", "np.meshgrid(np.ones(2), np.ones(3), np.ones(4))", "np.meshgrid(np.ones(2), np.ones(3), np.ones(4), indexing='ij')", "np.meshgrid(np.ones(2), np.ones(3), sparse=True)", "np.meshgrid(np.ones(2), np.ones(3), sparse=True, indexing='ij')", "np.meshgrid(np.ones((2, 2)), np.ones(3))", "np.meshgrid([1, 2], [3, 4, 5])", "np.meshgrid(np.ones(2))", "np.meshgrid(np.arange(2), np.ones(3))[0]", "np.meshgrid(1, np.ones(3))", "np.mgrid[0:3, 0:4]", "np.mgrid[0:3]", "np.ogrid[0:3, 0:4]", "np.mgrid[0:4:2, 1:3]", "np.indices((2, 3))", "np.indices((2, 3), sparse=True)", "np.indices((2,))", "np.fromfunction(lambda i, j: i + j, (2, 3))", "np.fromfunction(lambda i: i, (4,), dtype=int)", "np.hanning(5)", "np.hamming(0)", "np.blackman(3)", "np.kaiser(4, 14)", "np.broadcast_shapes((2, 1), (1, 3))", "np.r_[np.ones(2), np.zeros(3)]", "np.r_[np.ones(2), 0, 5]", "np.c_[np.ones(3), np.zeros(3)]", "np.c_[np.ones((3, 2)), np.zeros(3)]", "np.r_[0:4]", "np.r_[np.ones((2, 3)), np.ones((1, 3))]", "np.r_[np.ones(2), [1, 2]]", "np.c_[[1, 2], [3, 4]]", "np.diag_indices(3)", "np.triu_indices(3)", "np.triu_indices(3, 1)", "np.tril_indices(3, -1)", "np.tril_indices(3, 0, 4)", "np.triu_indices_from(np.ones((3, 3)), k=1)", "np.ones((3, 3))[np.triu_indices(3)]", "np.ones((3, 3))[np.triu_indices(3, k=1)]", "np.ix_([0, 1], [0, 2, 3])", "np.ones((3, 4))[np.ix_([0, 1], [0, 2, 3])]", "np.ones((3, 3))[np.diag_indices(3)]")

# Shapes

RESHAPES = [(6,), (2, 3), (3, 2), (-1,), (3, -1), (2, -1), (4, -1), (1, 6, 1), (0,), (-1, -1), (2, 2), (6, -1), (-2, 3)]
for new in RESHAPES:
    add(f"np.reshape(np.ones(6), {tup(new)})", f"np.ones((2, 3)).reshape({tup(new)})", f"np.ones((2, 3)).reshape({', '.join(map(str, new))})")
add("np.ones((0, 3)).reshape(-1)", "np.ones((0, 3)).reshape(0, -1)", "np.ones((0, 3)).reshape(-1, 3)", "np.reshape(6.0, (1, 1))", "np.reshape([1, 2, 3, 4], (2, 2))", "np.reshape(np.ones((2, 3)), (3, 2), order='F')", "np.reshape(np.ones((2, 3)), -1)", "np.reshape(np.ones((2, 3)), 6)", "np.ones(6).reshape([2, 3])", "np.ones(6).reshape((2, 3), order='F')", "np.ones(6).reshape(np.int64(2), 3)", "np.ones(()).reshape(1)", "np.reshape(np.ones(6), newshape=(2, 3))", "np.ones(6).reshape(2, 3, 1).shape")
for shape in SHAPES:
    add(f"np.ravel({t(*shape)})", f"{t(*shape)}.flatten()", f"{t(*shape)}.ravel()", f"np.squeeze({t(*shape)})", f"np.squeeze({t(*shape)}, axis=0)", f"np.squeeze({t(*shape)}, axis=1)", f"{t(*shape)}.squeeze(-1)", f"np.transpose({t(*shape)})", f"{t(*shape)}.T", f"{t(*shape)}.transpose()", f"np.expand_dims({t(*shape)}, 0)", f"np.expand_dims({t(*shape)}, -1)", f"np.expand_dims({t(*shape)}, 2)", f"np.expand_dims({t(*shape)}, (0, -1))", f"{t(*shape)}[None]", f"{t(*shape)}[..., None]", f"{t(*shape)}[np.newaxis, ...]", f"np.atleast_1d({t(*shape)})", f"np.atleast_2d({t(*shape)})", f"np.atleast_3d({t(*shape)})", f"np.flip({t(*shape)})", f"np.flip({t(*shape)}, 0)", f"np.flipud({t(*shape)})", f"np.fliplr({t(*shape)})", f"np.roll({t(*shape)}, 1)", f"np.roll({t(*shape)}, 1, axis=0)", f"np.roll({t(*shape)}, 1, axis=1)", f"np.swapaxes({t(*shape)}, 0, 1)", f"np.swapaxes({t(*shape)}, 0, -1)", f"np.moveaxis({t(*shape)}, 0, -1)", f"np.moveaxis({t(*shape)}, [0, 1], [1, 0])", f"np.rollaxis({t(*shape)}, 1)", f"np.tile({t(*shape)}, 2)", f"np.tile({t(*shape)}, (2, 3))", f"np.repeat({t(*shape)}, 2)", f"np.repeat({t(*shape)}, 2, axis=0)", f"np.repeat({t(*shape)}, 2, axis=1)", f"np.rot90({t(*shape)})", f"np.tril({t(*shape)})", f"np.triu({t(*shape)}, 1)", f"np.diag({t(*shape)})", f"np.diag({t(*shape)}, 1)", f"np.diagflat({t(*shape)})", f"np.diagonal({t(*shape)})", f"np.diagonal({t(*shape)}, offset=-1)", f"np.diagonal({t(*shape)}, axis1=-2, axis2=-1)", f"np.matrix_transpose({t(*shape)})", f"{t(*shape)}.mT", f"np.shape({t(*shape)})", f"{t(*shape)}.shape", f"len({t(*shape)}) * np.ones(1)", f"np.zeros(np.ndim({t(*shape)}))", f"np.zeros(np.size({t(*shape)}))", f"np.zeros({t(*shape)}.ndim)")
add("np.transpose(np.ones((2, 3, 4)), (2, 0, 1))", "np.transpose(np.ones((2, 3, 4)), (0, -1, 1))", "np.transpose(np.ones((2, 3, 4)), (0, 1))", "np.transpose(np.ones((2, 3, 4)), (0, 0, 1))", "np.ones((2, 3, 4)).transpose(2, 0, 1)", "np.ones((2, 3, 4)).transpose((2, 0, 1))", "np.ones((2, 3, 4)).transpose([1, 0, 2])", "np.ones((2, 3)).transpose(1, 0)", "np.ones((2, 3)).transpose(0)", "np.permute_dims(np.ones((2, 3)), (1, 0))", "np.moveaxis(np.ones((2, 3, 4)), (0, 1), (-1, -2))", "np.moveaxis(np.ones((2, 3, 4)), 3, 0)", "np.moveaxis(np.ones((2, 3, 4)), (0, 1), 0)", "np.rollaxis(np.ones((2, 3, 4)), 2, 1)", "np.rollaxis(np.ones((2, 3, 4)), 2)", "np.rollaxis(np.ones((2, 3, 4)), 0, 3)", "np.rollaxis(np.ones((2, 3, 4)), 0, 4)", "np.squeeze(np.ones((1, 3, 1)), axis=(0, 2))", "np.squeeze(np.ones((1, 3, 1)), axis=(0, 1))", "np.expand_dims(np.ones(3), (0, 2))", "np.expand_dims(np.ones(3), 5)", "np.expand_dims(np.ones(3), (0, 0))", "np.flip(np.ones((2, 3)), (0, 1))", "np.roll(np.ones((2, 3)), (1, 1), axis=(0, 1))", "np.roll(np.ones((2, 3)), 1, axis=(0, 1))", "np.roll(np.ones((2, 3)), (1, 2, 3), axis=(0, 1))", "np.tile([1, 2], (2, 2))", "np.tile(np.ones((2, 3)), (2, 1, 1))", "np.repeat([1, 2, 3], [1, 0, 2])", "np.repeat(np.ones((2, 3)), [1, 2], axis=0)", "np.repeat(np.ones((2, 3)), [1, 2, 3], axis=0)", "np.ones(3).repeat(2)", "np.ones((2, 3)).repeat(2, axis=1)", "np.repeat(5, 3)", "np.repeat(np.ones(3), -1)", "np.rot90(np.ones((2, 3)), 2)", "np.rot90(np.ones((2, 3, 4)), axes=(1, 2))", "np.rot90(np.ones((2, 3)), axes=(0, 0))", "np.broadcast_to(np.ones(3), (2, 3))", "np.broadcast_to(np.ones((2, 1)), (2, 3))", "np.broadcast_to(np.ones(2), (2, 3))", "np.broadcast_to(np.ones((2, 3)), (3,))", "np.broadcast_to(1.0, (2, 3))", "np.broadcast_to([1, 2, 3], (2, 3))", "np.broadcast_arrays(np.ones((2, 1)), np.ones(3))", "np.broadcast_arrays(np.ones(2), np.ones(3))", "np.pad(np.ones((2, 3)), 1)", "np.pad(np.ones((2, 3)), (1, 2))", "np.pad(np.ones((2, 3)), ((0, 0), (1, 2)))", "np.pad(np.ones(3), (1, 2), mode='reflect')", "np.pad(np.ones(3), 1, 'constant', constant_values=5)", "np.pad(np.ones(3), (1, 2), 'edge')", "np.pad(np.ones((2, 3)), ((1, 1),))", "np.pad(np.ones((2, 3)), ((1, 1), (0, 0), (2, 2)))", "np.pad(np.ones(3), -1)", "np.pad([1, 2], 2)", "np.pad(np.ones((0, 3)), ((0, 0), (1, 1)))", "np.pad(np.ones((2, 3, 4)), ((0, 0), (1, 0), (0, 2)), mode='wrap')", "np.resize(np.ones(3), (2, 3))", "np.atleast_2d(1, [1, 2])", "np.trim_zeros(np.array([0, 1, 0]))", "np.unstack(np.ones((2, 3)))", "np.unstack(np.ones((2, 3)), axis=1)", "np.diag([1, 2, 3])", "np.diag(np.ones((2, 3, 4)))", "np.diagonal(np.ones((2, 3, 4)))", "np.ones((3, 3)).diagonal()", "np.ones((3, 3)).diagonal(1)", "np.ones((2, 3)).swapaxes(0, 1)", "np.ones((2, 3)).swapaxes(0, 2)")

# Joining and splitting

LISTS = ["[np.ones(2), np.ones(3)]", "[np.ones((2, 3)), np.ones((4, 3))]", "[np.ones((2, 3)), np.ones((2, 3))]", "[np.ones((2, 3)), np.ones((2, 4))]", "[np.ones((2, 3)), np.ones(3)]", "[np.ones(()), np.ones(())]", "[np.ones((2, 3, 4))] * 2", "(np.ones(2), np.arange(2))", "[np.ones(0), np.ones(3)]", "[np.ones((0, 3)), np.ones((2, 3))]", "[np.ones(0), np.ones((2, 3))]", "[[1, 2], [3, 4]]", "[np.ones(2), [1, 2]]", "[1.0, 2.0]", "[]", "[np.ones(2)]", "np.ones((2, 3))", "[np.ones(2, dtype=np.float32), np.arange(2)]", "[np.ones(2) > 0, np.arange(2)]", "[np.ones((2, 1)), np.ones((2, 3))]", "[np.ones(3) * k for k in range(5)]", "[np.ones((3, 1)), np.arange(3).reshape(-1, 1)]", "np.ones(3)"]
for value in LISTS:
    add(*(f"np.{name}({value})" for name in ("concatenate", "stack", "vstack", "hstack", "dstack", "column_stack", "block", "concat")), f"np.concatenate({value}, axis=1)", f"np.concatenate({value}, axis=-1)", f"np.concatenate({value}, axis=None)", f"np.stack({value}, axis=1)", f"np.stack({value}, axis=-1)", f"np.stack({value}, axis=2)")
add("np.concatenate([np.ones(2), np.ones(2)], dtype=np.float32)", "np.stack([np.ones(2), np.ones(2)], dtype=int, casting='unsafe')", "np.block([[np.ones((2, 2)), np.zeros((2, 3))], [np.ones((1, 2)), np.zeros((1, 3))]])", "np.block([[np.ones((2, 2)), np.zeros((3, 3))]])", "np.block([[1, 2], [3, 4]])", "np.block([np.ones(2), np.ones(3)])", "np.block([[np.eye(2), np.ones((2, 1))]])", "np.append(np.ones(2), 3)", "np.append(np.ones((2, 3)), np.ones((1, 3)), axis=0)", "np.append(np.ones((2, 3)), np.ones(3), axis=0)", "np.append(np.ones((2, 3)), np.ones((2, 3)))", "np.append([1, 2], [3.5])", "np.append([], 1)", "np.delete(np.ones(5), 1)", "np.delete(np.ones((2, 3)), 1, axis=1)", "np.delete(np.ones((2, 3)), 5, axis=1)", "np.delete(np.ones(5), [0, 2])", "np.delete(np.ones((2, 3)), 0)", "np.delete(np.ones(5), [0, -5])", "np.insert(np.ones(3), 1, 5)", "np.insert(np.ones((2, 3)), 1, 5, axis=1)", "np.insert(np.ones(3), 7, 5)", "np.insert(np.ones((2, 3)), 0, np.ones(2), axis=1)", "np.insert(np.ones((2, 3)), 0, 1)")
for x in ("np.ones(6)", "np.ones((4, 6))", "np.ones((2, 4, 6))", "np.ones(7)", "np.ones(())"):
    add(*(f"np.{name}({x}, {k})" for name in ("split", "array_split", "hsplit", "vsplit", "dsplit") for k in ("2", "3", "[1, 3]", "[2]", "0", "4")), f"np.split({x}, 2, axis=1)", f"np.array_split({x}, 4, axis=-1)", f"np.split({x}, 2, axis=-1)")
add("np.split(np.ones(6), [2, 8])", "np.split(np.ones(6), [-2])", "np.split(np.ones(6), (2, 4))", "np.split(np.arange(6), 3)[0]")

# Products

PRODUCTS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((2, 3), (2, 3)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (4, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((), (3,)), ((2, 3), ()), ((), ()), ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((3,), (4,)), ((1, 3), (3, 1)), ((6, 5, 2, 3), (5, 3, 4))]
for a, b in PRODUCTS:
    add(*(f"np.{name}({t(*a)}, {t(*b)})" for name in ("dot", "matmul", "inner", "outer", "vdot", "kron", "tensordot", "vecdot", "linalg.matmul", "matvec", "vecmat")), f"{t(*a)} @ {t(*b)}", f"{t(*a)}.dot({t(*b)})", f"np.tensordot({t(*a)}, {t(*b)}, axes=1)", f"np.tensordot({t(*a)}, {t(*b)}, axes=0)", f"np.tensordot({t(*a)}, {t(*b)}, axes=([-1], [0]))", f"np.tensordot({t(*a)}, {t(*b)}, axes=(0, 0))")
add("np.dot([1, 2], [3, 4])", "np.dot(np.arange(3), np.ones(3))", "np.matmul(np.ones((2, 3), dtype=np.float32), np.ones(3))", "np.ones((2, 3)) @ [1, 2, 3]", "np.outer([1, 2], [3, 4, 5])", "np.outer(np.ones((2, 2)), np.ones(3))", "np.linalg.outer(np.ones(2), np.ones(3))", "np.linalg.outer(np.ones((2, 2)), np.ones(3))", "np.cross(np.ones(3), np.ones(3))", "np.cross(np.ones((2, 3)), np.ones(3))", "np.cross(np.ones((3, 2)), np.ones((3, 2)), axis=0)", "np.cross(np.ones((2, 4)), np.ones((2, 4)))", "np.cross(np.ones((5, 3)), np.ones((4, 3)))", "np.linalg.cross(np.ones((5, 3)), np.ones((5, 3)))", "np.tensordot(np.ones((2, 3, 4)), np.ones((3, 4, 5)), axes=2)", "np.tensordot(np.ones((2, 3, 4)), np.ones((3, 2, 5)), axes=([0, 1], [1, 0]))", "np.tensordot(np.ones((2, 3)), np.ones((1, 3)), axes=([0], [0]))", "np.linalg.multi_dot([np.ones((2, 3)), np.ones((3, 4)), np.ones(4)])", "np.linalg.multi_dot([np.ones((2, 3))])", "np.linalg.multi_dot([np.ones((2, 3)), np.ones((2, 3))])", "np.linalg.matrix_power(np.ones((3, 3)), 3)", "np.linalg.matrix_power(np.ones((2, 3)), 3)", "np.linalg.matrix_power(np.eye(3), -1)", "np.linalg.matrix_power(np.arange(9).reshape(3, 3), 2)", "np.linalg.matrix_power(np.ones((3, 3)), 0)")
EINSUM = [("ij,jk->ik", (2, 3), (3, 4)), ("ij,jk", (2, 3), (3, 4)), ("ij->ji", (2, 3)), ("ij->", (2, 3)), ("ij->i", (2, 3)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("ii", (2, 3)), ("i,i->", (3,), (3,)), ("i,j->ij", (2,), (3,)), ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)), ("...ij,...jk->...ik", (5, 2, 3), (3, 4)), ("ij,jk->ik", (2, 3), (4, 4)), ("ij", (2, 3)), ("ba", (2, 3)), ("ij,ij->ij", (2, 3), (1, 3)), ("ij,ij->ij", (2, 3), (4, 3)), ("ijk->kj", (2, 3, 4)), ("ij->k", (2, 3)), ("i", (2, 3)), ("ij,j->i", (2, 3), (3,)), ("bi,bj->bij", (5, 2), (5, 3)), ("ij...->j...", (2, 3, 4)), ("ij->iij", (2, 3)), ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)), ("ij,jk->ik", (2, 3))]
for equation, *shapes in EINSUM:
    add(f"np.einsum('{equation}', {', '.join(t(*shape) for shape in shapes)})")
add("np.einsum('ij,jk->ik', np.ones((2, 3)), np.ones((3, 4)), optimize=True)", "np.einsum('i,i', [1, 2], [3, 4])", "np.einsum('ij,j->i', np.ones((2, 3)), np.arange(3))")

# Linear algebra

MATRICES = [(3, 3), (2, 3), (3, 2), (5, 3, 3), (5, 2, 3), (0, 3, 3), (3,), (), (1, 1)]
for shape in MATRICES:
    x = f"({t(*shape)} + np.eye({shape[-1]}))" if len(shape) > 1 and shape[-1] == shape[-2] else t(*shape)
    s = f"({x} @ np.swapaxes({x}, -1, -2) + np.eye({shape[-1]}))" if len(shape) > 1 and shape[-1] == shape[-2] else x
    add(*(f"np.linalg.{name}({x})" for name in ("inv", "det", "slogdet", "eigh", "eigvalsh", "svd", "svdvals", "qr", "pinv", "matrix_rank", "norm", "vector_norm", "matrix_norm", "trace", "diagonal", "matrix_transpose")), f"np.linalg.cholesky({s})", f"np.linalg.svd({x}, full_matrices=False)", f"np.linalg.svd({x}, compute_uv=False)", f"np.linalg.qr({x}, mode='complete')", f"np.linalg.qr({x}, 'r')", f"np.linalg.qr({x}, mode='raw')", f"np.linalg.eigvals({x}).shape", f"np.linalg.eig({x})[1].shape", f"np.linalg.cond({x})")
    for b in ((3,), (2,), (3, 2), (3, 3), (5, 3), (5, 3, 2), ()):
        add(f"np.linalg.solve({x}, {t(*b)})", f"np.linalg.lstsq({x}, {t(*b)})[0]")
for x in ("np.ones(3)", "np.ones((2, 3))", "np.ones((2, 3, 4))", "np.ones(())", "np.arange(3)", "np.ones(3, dtype=np.float32)"):
    add(*(f"np.linalg.norm({x}{rest})" for rest in ("", ", axis=0", ", axis=-1", ", axis=1", ", axis=(0, 1)", ", ord=1", ", ord=2", ", ord=np.inf", ", ord='fro'", ", ord='nuc'", ", ord=3", ", axis=0, keepdims=True", ", keepdims=True", ", ord=1, axis=1", ", ord=2, axis=(0, 1)", ", ord=0", ", 2, 1", ", axis=(0, 0)", ", axis=(0, 1, 2)")))
add("np.linalg.inv([[1.0, 2.0], [3.0, 4.5]])", "np.linalg.inv(np.ones((2, 2), dtype=int) + np.eye(2, dtype=int))", "np.linalg.det(np.eye(3, dtype=np.float32))", "np.linalg.inv(np.eye(2, dtype=np.float16))", "np.linalg.solve(np.eye(3, dtype=np.float32), np.ones(3))", "np.linalg.solve(np.eye(3), np.ones((5, 3, 1)))", "np.linalg.solve(np.eye(3), [1, 2, 3])", "np.linalg.cholesky(np.eye(3), upper=True)", "np.linalg.tensorinv(np.eye(24).reshape(4, 6, 8, 3), ind=2)", "np.linalg.tensorsolve(np.eye(24).reshape(6, 4, 2, 3, 4), np.ones((6, 4)))", "np.linalg.norm([3, 4])", "np.linalg.slogdet(np.eye(2)).logabsdet", "np.linalg.svd(np.ones((2, 3))).S", "np.linalg.qr(np.ones((3, 2))).Q", "np.linalg.eigh(np.eye(3)).eigenvalues", "np.linalg.lstsq(np.ones((3, 2)), np.ones(3), rcond=None)[0]", "np.linalg.lstsq(np.ones((3, 2)), np.ones(3), rcond=None)[3]")

# Indexing

VECTORS = ["0", "-1", "3", "-4", "1:", ":-1", "::2", "::-1", "5:", "2:1", "None", "...", "[0, 1]", "[0, 5]", "np.array([0, 2])", "np.array([[0, 1], [1, 2]])", "[[0, 1], [1, 2]]", "[True, False, True]", "[True, False]", "np.array([True, False, True])", "np.array([], dtype=int)", "[]", "(0,)", "0, 0", "np.array([0.0, 1.0])", "1.0", "np.int64(1)", "np.array(1)", "np.uint8([0, 1])", "np.array([0, 1], dtype=np.uint8)", "range(2)", "slice(1, None)", "-1:", "[-1, 0]", "[-4]", "None, :", ":, None", "'a'", "np.ones(3) > 0", "..., ...", "True", "np.arange(3)[::-1]"]
for index in VECTORS:
    add(f"np.ones(3)[{index}]")
CUBES = ["0", "0, 0", "0, 0, 0", "0, 0, 0, 0", ":, 0", ":, :, 0", "..., 0", "0, ..., 0", "1:, ::2", "None, 0", "0, None", ":, None, 0", "[0, 1]", ":, [0, 1]", "..., [0, 1]", "[0, 1], [0, 1]", "[0, 1], :, [0, 1]", "0, :, [0, 1]", "[0, 1], 0", ":, [0, 1], [0, 1]", "[[0], [1]], [0, 1]", "[0, 1], [0, 1, 2]", "np.ix_([0, 1], [0, 2])", "np.ones((2, 3)) > 0", "np.ones((3, 2)) > 0", "np.ones(2) > 0, [0, 1]", ":, np.ones(3) > 0", "np.ones((2, 3, 4)) > 0", "np.newaxis, ..., np.newaxis", "np.array([0, 1])[:, None], np.array([0, 2])", "2", ":, 3", "..., -1", ":, ::-1", "::-1, ::-1, ::-1", ":, -1:0:-1", "[0, 1], None, [0, 1]", "0, [0, 1], None", "[1], :, 0", ":, 0, [0, 1]", "0, :, 0", "(slice(None), 0)", "np.zeros((2, 2), dtype=int)", ":, np.zeros((2, 2), dtype=int), :", ":, :, np.zeros((2, 2), dtype=int)", "np.arange(2), np.argmax(np.ones((2, 3)), axis=1)", "[True, False]", "[True, False], 0", "..., None, 0"]
for index in CUBES:
    add(f"np.ones((2, 3, 4))[{index}]")
add("np.ones((0, 3))[0]", "np.ones((0, 3))[:, 0]", "np.ones(())[()]", "np.ones(())[...]", "np.ones(())[0]", "np.ones(())[None]", "np.ones((2, 3))[0][1]", "np.ones((2, 3))[np.where(np.array([1, 0]) > 0)]", "np.ones((2, 3)).T[0]", "np.ones((4, 3))[np.random.permutation(4)]", "np.ones((4, 3))[np.random.choice(4, 2)]", "np.ones((4, 3))[np.random.choice(4, 2, replace=False)]")

# Choosing

add("np.where(np.ones(3) > 0, 1, 2)", "np.where(np.ones(3) > 0, 1.0, 2)", "np.where(np.ones((2, 3)) > 0, np.ones(3), 0)", "np.where(np.ones((2, 3)) > 0, np.ones(2), 0)", "np.where([True, False], [1, 2], [3, 4])", "np.where(np.array([1, 0, 2]))", "np.where(np.ones(3) > 0, np.ones(3, dtype=np.float32), 0)", "np.where(np.ones(3) > 0, np.arange(3), 0.5)", "np.where(np.ones(3) > 0, 1)", "np.where(True, 1.0, 2.0)", "np.where(np.ones((2, 1)), np.ones(3), np.zeros((2, 3)))", "np.take(np.ones((2, 3)), [0, 1])", "np.take(np.ones((2, 3)), [0, 1], axis=1)", "np.take(np.ones((2, 3)), [0, 3], axis=1)", "np.take(np.ones((2, 3)), [[0, 1]], axis=0)", "np.take(np.ones((2, 3)), 0, axis=0)", "np.take(np.ones((2, 3)), 6)", "np.take(np.ones((2, 3)), 6, mode='clip')", "np.ones((2, 3)).take([0, 1], axis=1)", "np.take(np.ones((2, 3)), [0.0, 1.0])", "np.take(np.ones((2, 3)), [])", "np.take_along_axis(np.ones((2, 3)), np.zeros((2, 1), dtype=int), axis=1)", "np.take_along_axis(np.ones((2, 3)), np.argsort(np.ones((2, 3)), axis=1), axis=1)", "np.take_along_axis(np.ones((2, 3)), np.zeros((1, 2), dtype=int), axis=1)", "np.take_along_axis(np.ones((2, 3)), np.zeros((3, 1), dtype=int), axis=1)", "np.take_along_axis(np.ones((2, 3)), np.zeros(2, dtype=int), axis=1)", "np.take_along_axis(np.ones((2, 3)), np.zeros(4, dtype=int), axis=None)", "np.take_along_axis(np.ones((2, 3)), np.zeros((2, 1)), axis=1)", "np.choose(np.array([0, 1, 0]), [np.ones(3), np.zeros(3)])", "np.choose([0, 1], [1, 2])", "np.choose(np.array([[0], [1]]), [np.ones(3), np.zeros(3)])", "np.choose(np.array([0.0, 1.0]), [1, 2])", "np.compress([True, False, True], np.ones(3))", "np.compress([True, False], np.ones((2, 3)), axis=0)", "np.compress([True, False], np.ones((2, 3)), axis=1)", "np.compress([True, False, True, True], np.ones(3))", "np.extract(np.array([True, False]), np.ones(2))", "np.select([np.ones(3) > 0, np.ones(3) < 0], [1.0, 2.0])", "np.select([np.ones(3) > 0], [np.arange(3)], default=-1)", "np.select([np.ones((2, 3)) > 0], [np.ones(3)])", "np.select([np.ones(3)], [1])", "np.select([np.ones(3) > 0], [1, 2])", "np.nonzero(np.array([1, 0, 2]))", "np.nonzero(np.eye(2))", "np.nonzero(5)", "np.flatnonzero(np.array([1, 0, 2]))", "np.argwhere(np.array([1, 0, 2]))", "np.argwhere(np.array([[1, 0], [1, 1]]))", "np.searchsorted(np.arange(5), 2)", "np.searchsorted(np.arange(5), [1, 2])", "np.searchsorted(np.arange(5), np.ones((2, 3)), side='right')", "np.searchsorted(np.ones((2, 3)), 1)", "np.arange(5).searchsorted([1, 2])", "np.digitize(np.ones((2, 3)), [0.0, 0.5, 1.0])", "np.digitize(0.5, [0.0, 1.0])", "np.digitize([0.5], [[0.0, 1.0]])", "np.unique(np.array([1, 2, 2]))", "np.unique([3, 1, 3])", "np.unique(np.array([1, 2, 2]), return_counts=True)", "np.unique(np.array([1, 2, 2]), return_inverse=True)", "np.unique(np.ones((2, 3)))", "np.unique(np.array([[1, 2], [1, 2]]), axis=0)", "np.unique(np.array([1.0, 2.0]), return_index=True, return_inverse=True, return_counts=True)", "np.unique(np.array([[1, 2], [2, 3]]), return_inverse=True)", "np.unique([1, 2], axis=1)", "np.union1d([1, 2], [2, 3])", "np.intersect1d([1, 2], [2, 3])", "np.setdiff1d([1, 2], [2, 3])", "np.isin(np.ones((2, 3)), [1, 2])", "np.isin([1, 2], [2])", "np.isin(3, [1, 2])", "np.unravel_index(5, (2, 3))", "np.unravel_index([1, 2], (2, 3))", "np.unravel_index(6, (2, 3))", "np.unravel_index(np.argmax(np.ones((2, 3))), (2, 3))", "np.ravel_multi_index(([0, 1], [1, 2]), (2, 3))", "np.ravel_multi_index((0, 5), (2, 3))", "np.apply_along_axis(np.sum, 0, np.ones((2, 3)))", "np.apply_along_axis(lambda v: v * 2, 1, np.ones((2, 3)))", "np.apply_along_axis(lambda v: v[:2], 1, np.ones((2, 3)))", "np.apply_along_axis(np.sum, 2, np.ones((2, 3)))", "np.piecewise(np.arange(3.0), [np.arange(3) > 1], [0.0, 1.0])")

# Differences, statistics

for shape in SHAPES:
    add(*(f"np.diff({t(*shape)}{rest})" for rest in ("", ", axis=0", ", n=2", ", n=5", ", axis=1")), f"np.gradient({t(*shape)})", f"np.trapezoid({t(*shape)})", f"np.trapezoid({t(*shape)}, axis=0)", f"np.cov({t(*shape)})", f"np.corrcoef({t(*shape)})", f"np.vander({t(*shape)})", f"np.ediff1d({t(*shape)})")
add("np.diff(np.arange(4), prepend=0)", "np.diff(np.arange(4), append=[1, 2])", "np.diff(np.ones((2, 3)), prepend=0)", "np.diff(np.ones((2, 3)), prepend=np.ones((2, 1)))", "np.diff(np.ones((2, 3)), prepend=np.ones((1, 1)))", "np.diff([1, 2, 4])", "np.diff(np.array([True, False]))", "np.diff(np.ones(3), n=-1)", "np.diff(np.ones(3), n=0)", "np.gradient(np.ones((2, 3)), axis=0)", "np.gradient(np.ones((2, 3)), axis=1)", "np.gradient(np.ones((4, 3)), axis=(0, 1))", "np.gradient(np.ones(4), 0.5)", "np.gradient(np.ones(4), np.arange(4.0))", "np.gradient(np.ones((2, 3)), 0.1, 0.2)", "np.gradient(np.arange(4))", "np.gradient(np.ones(2), edge_order=2)", "np.trapezoid(np.ones((2, 3)), x=np.arange(3))", "np.trapezoid(np.ones((2, 3)), x=np.arange(2))", "np.trapezoid([1, 2, 3], dx=0.5)", "np.trapezoid(np.ones((2, 3)), np.ones((2, 3)), axis=0)", "np.histogram(np.ones(5))", "np.histogram(np.ones(5), bins=4)", "np.histogram(np.ones(5), bins=[0.0, 1.0, 2.0])", "np.histogram(np.ones(5), bins=3, density=True)", "np.histogram(np.arange(5), bins=3)", "np.histogram(np.ones(5), bins=0)", "np.histogram(np.ones((2, 3)), 5, range=(0, 1))", "np.histogram(np.ones(5), weights=np.ones(5))", "np.histogram_bin_edges(np.ones(5), 4)", "np.histogram2d(np.ones(5), np.ones(5))", "np.histogram2d(np.ones(5), np.ones(5), bins=(3, 4))", "np.histogram2d(np.ones(5), np.ones(5), bins=6)", "np.bincount(np.array([0, 1, 1]))", "np.bincount([0, 3])", "np.bincount(np.array([0, 1]), minlength=5)", "np.bincount(np.array([0, 1]), weights=[0.5, 1.0])", "np.bincount(np.array([0, 1]), weights=[0.5])", "np.bincount(np.ones((2, 2), dtype=int))", "np.bincount(np.ones(2))", "np.cov(np.ones(3), np.ones(3))", "np.cov(np.ones((2, 3)), rowvar=False)", "np.cov(np.ones((5, 2)).T)", "np.corrcoef(np.ones(3), np.arange(3))", "np.corrcoef(np.ones((2, 3)), rowvar=False)", "np.convolve(np.ones(5), np.ones(3))", "np.convolve(np.ones(5), np.ones(3), 'same')", "np.convolve(np.ones(5), np.ones(3), mode='valid')", "np.convolve(np.ones(2), np.ones(3), mode='valid')", "np.convolve(np.ones(5), np.ones(0))", "np.convolve(np.ones((2, 2)), np.ones(3))", "np.correlate(np.ones(5), np.ones(3))", "np.correlate(np.ones(5), np.ones(3), 'full')", "np.correlate(np.ones(5), np.ones(3), 'same')", "np.convolve([1, 2], [3, 4])", "np.polyval([1, 2, 3], np.ones((2, 3)))", "np.polyval(np.ones(3), 2.0)", "np.polyfit(np.arange(5), np.arange(5.0), 2)", "np.polyfit(np.arange(5), np.ones((5, 2)), 2)", "np.polyfit(np.arange(5), np.ones(4), 2)", "np.polyfit(np.ones((2, 2)), np.ones(4), 2)", "np.interp(2.5, [1, 2, 3], [3, 2, 0])", "np.interp(np.ones((2, 3)), [1, 2, 3], [3, 2, 0])", "np.interp([1.0], [1, 2], [1, 2, 3])", "np.unwrap(np.ones((2, 3)))", "np.unwrap(np.ones((2, 3)), axis=0)", "np.vander([1, 2, 3], 2)")

# Fourier transforms

for x in ("np.ones(8)", "np.ones((4, 6))", "np.ones(7)", "np.ones(1)", "np.ones(0)", "np.ones(())", "np.arange(4)", "np.ones(8, dtype=np.float32)", "np.ones(4) + 0j", "np.ones((2, 4, 6))"):
    add(*(f"np.fft.{name}({x})" for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn", "fftshift", "ifftshift")), f"np.fft.fft({x}, 5)", f"np.fft.fft({x}, axis=0)", f"np.fft.fft({x}, axis=1)", f"np.fft.rfft({x}, n=9)", f"np.fft.irfft({x}, n=9)", f"np.fft.fft2({x}, s=(3, 3))", f"np.fft.fftn({x}, axes=(0,))", f"np.fft.fftshift({x}, axes=0)", f"np.fft.fft({x}, n=0)", f"np.fft.fft2({x}, axes=(0, 1))")
add("np.fft.fftfreq(8)", "np.fft.rfftfreq(8)", "np.fft.rfftfreq(7, d=0.1)", "np.abs(np.fft.fft(np.ones(8)))", "np.angle(np.fft.rfft(np.ones(8)))", "np.fft.fft(np.ones(8)).real", "np.fft.ifft(np.fft.fft(np.ones(8))).imag", "np.abs(np.fft.rfft(np.ones((3, 8)), axis=0)) ** 2")

# Random numbers

DRAWS = {"normal": "", "uniform": "", "standard_normal": None, "exponential": "", "poisson": "", "binomial": "5, 0.5", "gamma": "2.0", "beta": "1.0, 2.0", "laplace": "", "lognormal": "", "chisquare": "2", "geometric": "0.5", "standard_t": "3", "gumbel": "", "logistic": "", "rayleigh": "", "weibull": "2.0", "triangular": "0, 1, 2", "standard_exponential": None, "standard_cauchy": None}
for prefix in ("np.random", "np.random.default_rng(0)", "np.random.RandomState(0)"):
    for name, given in DRAWS.items():
        first = f"{given}, " if given else ""
        add(f"{prefix}.{name}({first}size=3)", f"{prefix}.{name}({first}size=(2, 3))", f"{prefix}.{name}({first}size=())", f"{prefix}.{name}({first}size=(0, 3))", f"{prefix}.{name}({first}size=-1)")
    add(f"{prefix}.normal(0, 1, 5)", f"{prefix}.normal(0, 1, (2, 3))", f"{prefix}.normal(np.zeros(3), 1)", f"{prefix}.normal(np.zeros(3), np.ones((2, 1)))", f"{prefix}.normal(np.zeros(3), size=(2, 3))", f"{prefix}.normal(np.zeros(3), size=2)", f"{prefix}.normal(loc=1.0, scale=2.0, size=(4,))", f"{prefix}.uniform(-1, 1, size=(2, 3))", f"{prefix}.uniform(np.zeros(2), np.ones(2))", f"{prefix}.uniform(np.zeros(2), np.ones(3))", f"{prefix}.uniform(-1, 1, 4)", f"{prefix}.random(3)", f"{prefix}.random((2, 3))", f"{prefix}.random(size=(2, 3))", f"{prefix}.choice(5, 3)", f"{prefix}.choice(5, size=(2, 3))", f"{prefix}.choice(5, 6, replace=False)", f"{prefix}.choice([1.0, 2.0], 3)", f"{prefix}.choice(np.arange(4), size=2, replace=False)", f"{prefix}.choice(np.ones((4, 3)), 2)", f"{prefix}.choice(3, 2, p=[0.2, 0.3, 0.5])", f"{prefix}.choice(3, 2, p=[0.5, 0.5])", f"{prefix}.permutation(5)", f"{prefix}.permutation(np.ones((4, 3)))", f"{prefix}.permutation([1, 2, 3])", f"{prefix}.multivariate_normal(np.zeros(2), np.eye(2))", f"{prefix}.multivariate_normal(np.zeros(2), np.eye(2), 5)", f"{prefix}.multivariate_normal(np.zeros(2), np.eye(2), size=(4, 3))", f"{prefix}.multivariate_normal(np.zeros(3), np.eye(2))", f"{prefix}.multivariate_normal([0, 0], [[1, 0], [0, 1]], 10)", f"{prefix}.multinomial(5, [0.5, 0.5])", f"{prefix}.multinomial(5, [0.5, 0.5], size=3)", f"{prefix}.dirichlet([1.0, 2.0, 3.0])", f"{prefix}.dirichlet(np.ones(3), size=4)", f"{prefix}.poisson(np.ones(3))", f"{prefix}.exponential(np.ones((2, 1)), size=(2, 3))")
for prefix in ("np.random", "np.random.RandomState(0)"):
    add(f"{prefix}.rand(3)", f"{prefix}.rand(2, 3)", f"{prefix}.rand(0, 3)", f"{prefix}.randn(3)", f"{prefix}.randn(2, 3)", f"{prefix}.randn(2, 3, 4)", f"{prefix}.rand((2, 3))", f"{prefix}.rand(-1)", f"{prefix}.randint(5, size=3)", f"{prefix}.randint(0, 5, (2, 3))", f"{prefix}.randint(0, 5, size=(2, 3), dtype=np.int32)", f"{prefix}.randint(5, 5, size=3)", f"{prefix}.randint(np.array([3, 4]))", f"{prefix}.random_sample((2, 3))", f"{prefix}.randint(0, 2, 4)")
add(*(f"np.random.default_rng().{code}" for code in ("integers(5, size=3)", "integers(0, 5, (2, 3))", "integers(0, 5, size=(2, 3), dtype=np.int32)", "integers(5, 5, size=3)", "integers(5, 5, size=3, endpoint=True)", "integers(np.array([3, 4]))", "standard_normal((2, 3), dtype=np.float32)", "random((2, 3), dtype=np.float32)", "permuted(np.ones((2, 3)))", "permuted(np.ones((2, 3)), axis=1)", "choice(np.ones((4, 3)), 2, axis=1)", "permutation(np.ones((2, 3)), axis=1)", "standard_normal(3)", "random()", "integers(2, 5, 3)")))

# Methods and attributes

add("np.ones((2, 3)).shape", "np.ones((2, 3)).T.shape", "np.ones((2, 3)).flat", "np.ones((2, 3)).item", "np.ones((2, 3)).real", "np.ones((2, 3)).imag", "np.ones((2, 3)).nonsense", "np.ones((2, 3)).dtype", "np.ones(3).nonzero()", "np.ones((2, 3)).item(0)", "np.ones((2, 3)).item()", "np.zeros(int(np.prod((2, 3))))", "np.zeros(np.prod((2, 3)))", "np.zeros(np.prod(np.ones((2, 3)).shape))", "np.zeros(int(np.sqrt(16)))", "np.zeros(int(np.ceil(7 / 2)))", "np.zeros(np.sum([2, 3]))", "np.zeros(np.prod([2, 3]) * 2)", "np.zeros(int(np.ceil(np.log2(8))))", "np.zeros(np.sqrt(4))", "np.zeros(np.max([2, 3]))", "np.array(3) + np.zeros(2)", "np.ones((3, 3)).dot(np.ones(3)).dot(np.ones(3))", "np.ones((2, 3)).sum(axis=1, keepdims=True) + np.ones((2, 3))", "np.ones((2, 3)).mean(axis=0) @ np.ones(3)", "np.ones((2, 3)).astype(np.float32).mean()", "np.ones((2, 3)).reshape(-1, 1).squeeze()", "(np.ones((2, 3)) > 0).sum()", "(np.ones((2, 3)) > 0).mean(0)", "np.array_equal(np.ones(2), np.ones(3)) * np.ones(2)", "np.float32(2) * np.ones(3)", "np.float32(2) * np.ones(3, dtype=np.float32)", "np.pi * np.ones(3, dtype=np.float32)", "np.sqrt(2) * np.ones(3, dtype=np.float32)", "np.ones(3, dtype=np.float32) / np.sqrt(3)", "np.inf * np.ones(2)", "np.e ** np.arange(3)", "sum(np.ones((2, 3)))", "max(np.ones(3))", "list(np.ones((2, 3)))", "[row.sum() for row in np.ones((2, 3))]", "np.array([row.sum() for row in np.ones((2, 3))])", "np.array([row for row in np.ones((2, 3))])", "np.array(list(map(np.sum, np.ones((2, 3)))))", "np.linalg.norm(np.ones((2, 3)) - np.ones(3), axis=1)", "np.exp(-np.sum((np.ones((5, 1, 3)) - np.ones((4, 3))) ** 2, axis=-1))", "np.sum(np.ones((5, 1, 3)) * np.ones((1, 4, 3)), -1)", "np.ones((5, 3)) - np.ones((5, 3)).mean(axis=0, keepdims=True)", "np.ones((5, 3)) / np.ones((5, 3)).sum(axis=1)[:, None]", "np.ones((5, 3)) / np.ones((5, 3)).sum(axis=1)", "np.argmax(np.ones((5, 3)), axis=1) == np.zeros(5)", "np.eye(3)[np.array([0, 2, 1, 0])]", "np.sum(np.ones((3, 3))[np.tril_indices(3)])", "np.max(np.abs(np.linalg.eigvalsh(np.eye(3))))")

# What passes between torch and NumPy

add("torch.from_numpy(np.ones((2, 3)))", "torch.from_numpy(np.ones((2, 3))).float()", "torch.from_numpy(np.arange(3))", "torch.tensor(np.ones((2, 3)))", "torch.tensor(np.arange(3))", "torch.tensor(np.ones(2), dtype=torch.float32)", "torch.as_tensor(np.ones(2, dtype=np.float32))", "torch.tensor(np.float32(1.5))", "torch.rand(2, 3).numpy()", "torch.rand(2, 3).detach().cpu().numpy()", "torch.rand(2, 3).numpy().mean(axis=0)", "torch.rand(2, 3, requires_grad=True).numpy()", "torch.rand(2, 3, requires_grad=True).detach().numpy()", "np.asarray(torch.rand(2, 3))", "np.array(torch.rand(2, 3))", "np.array([torch.rand(2), torch.rand(2)])", "np.array([torch.tensor(1.0), torch.tensor(2.0)])", "torch.rand(2) + np.ones(2)", "torch.rand(2) * np.float64(2)", "np.float64(2) * torch.rand(2)", "np.sqrt(3) * torch.rand(2)", "torch.rand(2, 3) / np.sqrt(3)", "torch.rand(2, 3) * np.pi", "np.ones(2) * torch.rand(2)", "np.dot(torch.rand(2, 3), torch.rand(3))", "np.concatenate([torch.rand(2), torch.rand(3)])", "np.linalg.norm(torch.rand(2, 3), axis=0)", "np.transpose(torch.rand(2, 3))", "np.reshape(torch.rand(6), (2, 3))", "torch.sin(np.ones(2))", "torch.zeros(np.int64(3))", "torch.rand(3)[np.array([0, 1])]", "np.ones(3)[torch.tensor([0, 1])]", "torch.from_numpy(np.ones(2)) + torch.rand(2)", "torch.stack([torch.rand(2), np.ones(2)])", "torch.tensor([np.ones(2), np.zeros(2)])", "torch.zeros(2, dtype=float)", "torch.from_numpy([1, 2])", "torch.from_numpy(np.ones((2, 3))).numpy().shape", "torch.rand(2, 3).numpy().T", "torch.rand(2, 3).numpy()[::-1]", "torch.arange(2) * np.float64(2)", "torch.zeros(np.ones((2, 3)).shape)", "torch.tensor(np.array([[1, 2], [3, 4]])) @ torch.tensor([1, 2])", "torch.exp(torch.tensor(np.log(2.0)))", "np.array(torch.rand(2, 3).tolist())")

# How samples move results: code of a batch x along axis 0

PLANE, CUBE, SQUARE = (3, 5), (3, 4, 6), (3, 3)
batching: list[tuple[str, tuple[int, ...]]] = []


def batched(shape: tuple[int, ...], *snippets: str) -> None:
    batching.extend((code, shape) for code in snippets)


W = "np.linspace(-1, 1, 20).reshape(5, 4)"
batched(
    PLANE,
    "x", "x + 1", "x * 2 - x", "np.exp(np.sin(x))", f"x @ {W}", f"np.dot(x, {W})", "x @ x.T", "np.dot(x.T, x)", "x.T", "x - x.mean(0)", "x - x.mean(1, keepdims=True)", "x - x.mean(axis=1)[:, None]", "x.sum()", "x.sum(0)", "np.sum(x, axis=1)", "x.mean()", "x.max(1)", "x.max(0)", "np.argmax(x, axis=1) * x[:, 0]", "x / np.linalg.norm(x)", "x / np.linalg.norm(x, axis=1, keepdims=True)", "np.linalg.norm(x, axis=0)", "np.std(x, axis=0)", "np.var(x, axis=1)", "np.cumsum(x, axis=0)", "np.cumsum(x, axis=1)", "np.cumsum(x)", "np.sort(x, axis=1)", "np.sort(x, axis=0)", "np.median(x, axis=1)", "np.median(x, axis=0)", "np.quantile(x, 0.5, axis=1)",
    "x[0]", "x[:, 0]", "x[1:]", "x[::-1]", "x[:, ::-1]", "x[None]", "x[:, None]", "x[[0, 1, 2]]", "x[[2, 1, 0]]", "x[:, [0, 2]]", "x[np.arange(3)]", "x[np.arange(3), 0]", "x[np.arange(3), np.arange(3)]", "x[np.array([True, False, True])]",
    "x.reshape(15)", "x.reshape(-1)", "x.reshape(5, 3)", "x.reshape(3, 1, 5)", "x.ravel()", "x.flatten()", "np.expand_dims(x, -1)", "np.broadcast_to(x, (2, 3, 5))", "np.tile(x, (2, 1))", "np.repeat(x, 2, axis=0)", "np.repeat(x, 2, axis=1)", "np.concatenate([x, x])", "np.concatenate([x, x], axis=1)", "np.stack([x, x])", "np.stack([x, x], axis=1)", "np.hstack([x, x])", "np.vstack([x, x])", "np.array([row * 2 for row in x])", "np.stack([row.sum() for row in x])", "np.split(x, 5, axis=1)[0]", "np.diag(x[:, 0])", "np.outer(x[:, 0], x[:, 1])", "np.einsum('bi,bj->bij', x, x)", "np.einsum('bi,ci->bc', x, x)", "np.einsum('bi->b', x)", "np.where(x > 0.5, x, 0)", "np.clip(x, 0.2, 0.8)", "np.maximum(x, x.mean(0))", "np.flip(x, 0)", "np.roll(x, 1, axis=0)", "np.roll(x, 1, axis=1)", "np.roll(x, 1)", "np.tril(x)", "np.diff(x, axis=0)", "np.diff(x, axis=1)", "np.trapezoid(x, axis=1)", "np.take(x, [0, 1], axis=1)", "np.take(x, [0, 1, 2], axis=0)", "np.pad(x, ((0, 0), (1, 1)))", "np.cov(x)", "np.kron(x, np.ones((2, 1)))", "np.tensordot(x, x, axes=([1], [1]))", "np.inner(x, x)", "x * x.sum(1)[:, None]", "x[0] + x[1]", "np.abs(np.fft.fft(x))", "np.abs(np.fft.fft(x, axis=0))", "np.zeros_like(x)", "x ** 2", "2 ** x", "x // 0.3", "np.moveaxis(x, 0, 1)", "np.swapaxes(x, 0, 1).sum(0)", "np.meshgrid(x[:, 0], x[:, 1])[0]", "np.add.outer(x[:, 0], x[:, 1])", "np.apply_along_axis(np.sum, 1, x)", "np.matmul(x, x.T).sum()", "np.average(x, axis=1, weights=[1, 2, 3, 4, 5])", "np.hypot(x, x)", "np.searchsorted(np.array([0.2, 0.5]), x)",
)
batched(SQUARE, "x @ x", "x + x.T", "np.diagonal(x)", "np.diag(x)", "np.trace(x)", "np.linalg.inv(x)", "np.linalg.det(x)", "np.linalg.solve(x, np.ones(3))", "np.einsum('ii->i', x)", "x[np.arange(3), np.arange(3)]", "np.linalg.solve(np.eye(3) + 1, x)", "np.linalg.solve(np.eye(3) + 1, x.T)")
batched(CUBE, "x.reshape(3, 24)", "x.reshape(12, 6)", "x.reshape(12, 6).sum(1)", "x.reshape(3, -1)", "x.transpose(0, 2, 1)", "x.transpose(1, 0, 2)", "x.mean(axis=(1, 2))", "x.mean(axis=(0, 2))", "x @ x.transpose(0, 2, 1)", "np.linalg.det(x @ x.transpose(0, 2, 1))", "np.linalg.svd(x, compute_uv=False)", "np.linalg.norm(x, axis=(1, 2))", "x[:, 0] * x[:, 1]", "x[:, [0, 1], [0, 1]]", "x[np.arange(3), :, np.arange(3)]", "np.diagonal(x, axis1=1, axis2=2)", "np.diagonal(x, axis1=0, axis2=1)", "np.einsum('bij,bkj->bik', x, x)", "np.squeeze(x[:, :1], axis=1)", "np.dot(x, np.ones(6))", "np.tensordot(x, np.ones((4, 6)), axes=2)", "np.swapaxes(x, 1, 2)", "np.stack([a @ a.T for a in x])", "sum(x[:, k] for k in range(4))", "sum(x[k] for k in range(3))")


def dependence(code: str, shape: tuple[int, ...]) -> tuple[list[int], int]:
    """Axes whose entry k goes with sample k alone, and on how many samples an element depends at most."""

    def f(x: np.ndarray) -> np.ndarray:
        return np.asarray(eval(code, {"np": np, "x": x, "sum": sum, "range": range}), dtype=float)

    return dependence_of(f, shape, 6)


def described(value: object) -> tuple[object, object]:
    """Shape and type of a result; None for what is no array."""
    if isinstance(value, (np.ndarray, np.generic)):
        # Arrays of objects and texts are no arrays of numbers.
        return (list(value.shape), str(value.dtype)) if value.dtype.kind in "biufc" else (None, None)
    if isinstance(value, torch.Tensor):
        return list(value.shape), str(value.dtype).removeprefix("torch.")
    if isinstance(value, tuple) and not isinstance(value, torch.Size) and value and all(type(item) is int for item in value):
        return list(value), None
    if isinstance(value, (tuple, list)) and value and all(isinstance(item, (np.ndarray, np.generic)) for item in value):
        return [list(item.shape) for item in value], None
    return None, None


def main() -> None:
    rows = []
    for code in dict.fromkeys(codes):
        np.random.seed(0)
        try:
            result, dtype = described(eval(code, {"np": np, "torch": torch}))
        except np.linalg.LinAlgError as error:
            # Singular by chance, or refused for its shape.
            if "ingular" not in str(error) and "converge" not in str(error) and "positive definite" not in str(error):
                rows.append([code, "error", None])
            continue
        except Exception:  # noqa: BLE001: whatever it raises is the fact
            rows.append([code, "error", None])
            continue
        if result is not None:
            rows.append([code, result, dtype])
    moves = [[code, list(shape), *dependence(code, shape)] for code, shape in dict.fromkeys(batching)]
    write(__file__, "numpy", np.__version__, {"rows": rows, "batching": moves})


if __name__ == "__main__":
    main()
