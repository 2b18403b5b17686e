"""What TensorFlow's tensors and functions give: shapes and types of many expressions, which of them raise, and how samples move results.

Run with a Python that has tensorflow; writes library_tensorflow.json beside this file, in the form of library_numpy.json, with what the
programs in tensorflow_programs/ leave.
"""

import ast
import itertools
import os
import pathlib
import runpy
import warnings
from collections.abc import Callable

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow as tf

from recorded import dependence_of, nested, write

warnings.simplefilter("ignore")
tf.get_logger().setLevel("ERROR")

codes: list[str] = []


def add(*snippets: str) -> None:
    codes.extend(snippets)


def each(template: str, **choices: object) -> None:
    """The template with every combination of the choices in the places of their names: `@name`."""
    names = list(choices)
    for values in itertools.product(*(choices[name] for name in names)):
        code = template
        for name, value in zip(names, values):
            code = code.replace(f"@{name}", str(value))
        codes.append(code)


def ones(*shape: int) -> str:
    return f"tf.ones({list(shape)})"


TYPES = ["tf.float16", "tf.float32", "tf.float64", "tf.int32", "tf.int64", "tf.uint8", "tf.int8", "tf.bool", "tf.complex64"]
SHAPES = [ones(), ones(3), ones(2, 3), ones(1, 3), ones(2, 0), ones(2, 3, 4)]

# New tensors

SHAPE_ARGUMENTS = ["3", "[]", "()", "[2, 3]", "(2, 3)", "tf.constant(3)", "tf.constant([3, 2])", "[tf.constant(3), 2]",
                   "np.array([3, 2])", "2.0", "[2, -1]", "[2, None]", "tf.ones((2, 3)).shape", "tf.shape(tf.ones((2, 3)))", "[0, 2]"]
each("tf.@f(@s)", f=["zeros", "ones"], s=SHAPE_ARGUMENTS)
each("tf.fill(@s, @v)", s=["[2, 3]", "2", "[]", "tf.shape(tf.ones((4, 1)))"], v=["1", "1.0", "True", "np.float64(1)", "tf.ones(2)", "tf.constant(2.0)"])
each("tf.@f((2, 3), @t)", f=["zeros", "ones"], t=["tf.int32", "tf.bool", "'float64'", "np.float64", "float", "int", "bool", "tf.complex64", "3"])
each("tf.@f(@x@d)", f=["zeros_like", "ones_like"], x=["tf.ones((2, 3))", "3", "[1, 2]", "[1., 2.]", "np.ones(2)", "tf.constant([True])", "tf.Variable([1.])", "[[1, 2], [3]]"],
     d=["", ", dtype=tf.int64"])
add("tf.eye(3)", "tf.eye(3, 4)", "tf.eye(3, batch_shape=[2])", "tf.eye(3, 4, [2, 5], tf.float64)", "tf.eye(0)", "tf.eye(-1)", "tf.eye(tf.constant(3))",
    "tf.eye(3, dtype=tf.int32)", "tf.linalg.eye(2)", "tf.eye(2.5)")
each("tf.range(@a)", a=["5", "5.0", "1, 5", "1, 5, 2", "5, 1", "5, 1, -1", "1, 5, 0", "0, 1, 0.25", "5, dtype=tf.float32", "tf.constant(5)",
     "0, tf.constant(5, tf.int64)", "tf.constant(5.0)", "np.int64(5)", "start=2, limit=6", "limit=6", "1, 5.0", "0", "0, 0", "-3", "3, -3, -2", "5, delta=2",
     "[1, 2]", "tf.shape(tf.ones((4, 2)))[0]", "2, tf.shape(tf.ones((4, 2)))[0]", "0, 10, 3", "10, 0, -3", "5, dtype=tf.int64"])
each("tf.linspace(@a)", a=["0., 1., 5", "0, 1, 5", "0, 1., 5", "0., 1., 0", "0., 1., 1", "[0., 1.], [1., 2.], 5", "[0., 1.], [1., 2.], 5, axis=-1", "0., 1., tf.constant(5)",
     "0., 1, 5", "0., 1., 5, axis=1", "[0., 1.], [1., 2.], 5, axis=1"])
each("tf.constant(@a)", a=["1", "1.5", "True", "2**40", "-5", "[1, 2**40]", "[1, 2.0]", "[True, 1]", "1, shape=(2, 3)", "[1, 2, 3], shape=(2, 3)", "[1, 2, 3, 4, 5, 6], shape=(2, 3)",
     "[[1, 2], [3]]", "1.5, tf.int32", "1, tf.float64", "np.ones(2)", "np.ones(2), tf.float32", "np.ones(2), tf.int32", "tf.ones(2)", "tf.ones(2), tf.float64", "[]",
     "[np.ones(2), np.ones(2)]", "[[1., 2.], [3., 4.]]", "range(3)", "None", "[1], shape=(2, 2)", "1., shape=[]", "[1, 2], dtype=tf.float32", "True, tf.float32", "1, tf.bool",
     "np.float32(1)", "np.int64(1)", "np.ones(2) > 0", "[[]]", "[True, False]", "tf.ones((2, 3)).shape", "(1, 2)", "[1.0, 2.0], tf.float16", "3, tf.uint8"])
each("tf.convert_to_tensor(@a)", a=["1", "1.5", "[1, 2]", "np.ones(2)", "np.ones(2), dtype=tf.float32", "tf.ones(2)", "tf.ones(2), tf.float64", "[tf.ones(2), tf.zeros(2)]", "[tf.constant(1.0), 2]",
     "[tf.constant(1), 2.0]", "[tf.constant(1.), tf.constant(1)]", "tf.Variable(1.0)", "tf.ones((2, 3)).shape", "[tf.ones(2), tf.ones(3)]", "[[tf.constant(1.), 2.], [3., 4.]]", "None",
     "[1, 2], dtype=tf.float32", "[1.5], dtype=tf.int32"])
add("tf.is_tensor(tf.ones(2))", "tf.constant(0).shape.as_list()", "tf.ones((2, 3)).shape.as_list()")

# Tensors' own

for x in ["tf.ones((2, 3))", "tf.Variable(tf.ones((2, 3)))"]:
    each("@x[@i]", x=[x], i=["0", "1", "2", "-2", "-3", ":, 0", "..., 0", "..., tf.newaxis", "None", "[0, 1]", "[0]", "[0, 1],", "(0, 1)", "np.array([0, 1])", "tf.constant([0, 1])",
         "tf.constant(1)", "np.int64(1)", "tf.constant(1, tf.int64), 0", "tf.ones((2, 3), tf.bool)", "::-1", "5:", "1:0", "0, 0, 0", "True", "1.0", "'a'", "..., ...", ":, tf.constant(1):",
         "::2", ":, ::2", ":, -2:", ":1, None, 1:", "...", ":", "0:1.0", ":, 3", ":, -4", "0, ..., 0", "::0", "None, None, 0", ":-1", "1:, ::-1", "tf.constant(1.0)", "tf.constant([True, False])",
         "tf.shape(tf.ones((1, 3)))[0]", ":tf.shape(tf.ones((1, 3)))[0]", ":, tf.newaxis, :", "slice(0, 1)", "5:1:-1", "np.array([True, False])"])
add("tf.ones(())[0]", "tf.ones(())[...]", "tf.ones(())[None]", "tf.ones((6, 3))[1:5:2]", "tf.ones(0)[0]", "tf.ones(3)[[True, False, True]]")
each("tf.ones((2, 3)).@a", a=["shape.as_list()", "shape[1:].as_list()", "(shape + [1]).as_list()".replace("(shape", "shape").replace("+ [1])", ".concatenate([1])"), "get_shape().as_list()", "numpy()", "value()", "assign(1)", "foo"])
add("(tf.ones((2, 3)).shape + [1]).as_list()", "([1] + tf.ones((2, 3)).shape).as_list()", "((1,) + tf.ones((2, 3)).shape).as_list()", "tf.ones((2, 3)).shape[5]", "tf.zeros(tf.ones((2, 3)).shape[:1] + (4,))",
    "tf.zeros([*tf.ones((2, 3)).shape, 4])", "tf.zeros(list(tf.ones((2, 3)).shape))", "tf.zeros(tf.ones((2, 3)).shape.as_list() + [1])", "tf.TensorShape([2, 3]).as_list()",
    "tf.TensorShape([2, 3]).concatenate([4]).as_list()", "tf.ones((2, 3)).shape.assert_is_compatible_with([2, 4])", "tf.ones((2, 3)).shape.with_rank(3)", "tf.ones((2, 3)).shape.assert_has_rank(1)",
    "tf.TensorShape([2, 3]).merge_with([2, None]).as_list()", "len(tf.ones(()))", "[v for v in tf.ones((2, 3))]", "list(tf.ones((2, 3)))", "[v for v in tf.ones(())]",
    "tf.ones((2, 3)).ndim", "tf.Variable(1.0).assign(tf.ones(2))", "tf.Variable([1., 2.]).assign([1, 2])", "tf.Variable([1., 2.]).assign(1.0)", "tf.Variable([1., 2.]).assign_add(1.0)",
    "tf.Variable([1., 2.]).assign_add([1., 2.])", "tf.Variable([1., 2.]).assign_sub(np.ones(2))", "tf.Variable([1., 2.]).value()", "tf.Variable([1., 2.]).read_value()", "tf.Variable([1., 2.]).numpy()",
    "tf.Variable([1., 2.]) + 1", "tf.Variable([1., 2.]) * tf.Variable([1., 2.])", "tf.Variable(1)", "tf.Variable([1, 2])", "tf.Variable(np.ones(2))", "tf.Variable(1, dtype=tf.float32)",
    "tf.Variable(tf.ones((2, 2)), dtype=tf.float64)", "tf.Variable(lambda: tf.ones(2))", "tf.Variable([1, 2], dtype=tf.float64, trainable=False)", "tf.Variable(tf.ones((2, 3))).shape.as_list()",
    "tf.Variable([1., 2.]).assign(tf.ones(2, tf.float64))", "tf.Variable([1., 2.]).assign([1.])")

# Operators

OPERANDS = {
    "tf.ones(2)": 1, "tf.ones(2, tf.int32)": 1, "tf.ones((3, 1), tf.float64)": 1, "tf.ones(2, tf.int64)": 1, "tf.constant([True, False])": 1, "tf.ones(2, tf.uint8)": 1, "tf.ones(2, tf.complex64)": 1,
    "tf.ones((3, 1))": 1, "tf.ones((3, 2))": 1, "tf.ones(3)": 1, "tf.Variable([1., 2.])": 1,
    "1": 0, "1.5": 0, "True": 0, "np.ones(2)": 0, "np.ones(2, np.int64)": 0, "[1, 2]": 0, "[1., 2.]": 0, "np.float32(2)": 0,
}
for operator in ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", ">=", "&", "|", "^"]:
    for (a, mine), (b, theirs) in itertools.product(OPERANDS.items(), OPERANDS.items()):
        if mine or theirs:
            add(f"{a} {operator} {b}")
each("@o@x", o=["-", "~", "abs(", "+"], x=["tf.ones(2)", "tf.ones(2, tf.int32)", "tf.constant([True])", "tf.ones(2, tf.uint8)", "tf.ones(2, tf.complex64)"])
codes[:] = [code + ")" if code.startswith("abs(") else code for code in codes if not code.startswith("+")]
MATRICES = [ones(3), ones(2, 3), ones(3, 4), ones(5, 2, 3), ones(1, 3, 4), ones(5, 3, 4), ones(2, 5, 3, 4), ones(0, 3), ones(3, 0), "np.ones((3, 4))", "tf.ones((3, 4), tf.float64)", "tf.ones((3, 4), tf.int32)", "tf.Variable(tf.ones((3, 4)))"]
each("@a @ @b".replace(" @ ", " MATMUL "), a=MATRICES[:8], b=MATRICES)
each("np.ones((2, 3)) MATMUL @b", b=MATRICES)
codes[:] = [code.replace("MATMUL", "@") for code in codes]
each("tf.@f(@a, @b)", f=["matmul", "linalg.matmul"], a=MATRICES[:8], b=MATRICES)
each("tf.matmul(@a, @b, @t)", a=[ones(2, 3), ones(3, 2), ones(5, 2, 3)], b=[ones(3, 4), ones(4, 3), ones(5, 4, 3)], t=["transpose_a=True", "transpose_b=True", "adjoint_b=True", "transpose_a=True, transpose_b=True"])
each("tf.linalg.matvec(@a, @b@t)", a=[ones(2, 3), ones(5, 2, 3), ones(3)], b=[ones(3), ones(2), ones(5, 3), ones(2, 3), ones(1, 3)], t=["", ", transpose_a=True"])

# Functions of each element

UNARY = """exp math.exp math.expm1 math.log math.log1p sqrt math.sqrt math.rsqrt math.reciprocal sin math.sin cos math.cos tan math.tan asin acos atan sinh cosh asinh acosh atanh math.asin math.acos math.atan math.sinh
math.cosh math.asinh math.acosh math.atanh tanh math.tanh nn.tanh sigmoid math.sigmoid nn.sigmoid math.erf math.erfc math.erfinv math.erfcinv math.ndtri math.lgamma math.digamma square math.square negative math.negative
abs math.abs sign math.sign floor math.floor math.ceil round math.round math.rint math.is_finite math.is_inf math.is_nan math.logical_not logical_not math.softplus nn.softplus math.softsign nn.softsign nn.relu nn.relu6 nn.elu
nn.selu nn.gelu nn.silu nn.swish nn.leaky_relu nn.crelu math.log_sigmoid math.angle math.real math.imag math.conj math.bessel_i0 math.bessel_i1 math.bessel_i0e math.bessel_i1e math.reciprocal_no_nan nn.l2_loss identity
stop_gradient math.lbeta math.special.dawsn math.special.expint math.special.bessel_j0 nn.softmax math.softmax nn.log_softmax math.log_softmax nn.l2_normalize math.l2_normalize math.zero_fraction nn.zero_fraction
bitwise.invert math.cumulative_logsumexp math.is_non_decreasing math.is_strictly_increasing""".split()
for name in UNARY:
    each(f"tf.{name}(tf.cast(tf.ones(2), @t))", t=TYPES)
    each(f"tf.{name}(@x)", x=["1", "1.5", "True", "[1., 2.]", "[1, 2]", "np.ones(2)", ones(), ones(2, 3), ones(2, 0), ones(0)])
add("tf.nn.gelu(tf.ones(2), approximate=True)", "tf.nn.leaky_relu(tf.ones(2), alpha=0.1)", "tf.nn.swish(tf.ones(2), beta=2.0)", "tf.nn.silu(tf.ones(2), 1.5)")
BINARY = """add math.add subtract math.subtract multiply math.multiply divide math.divide maximum math.maximum minimum math.minimum pow math.pow math.floordiv math.floormod math.mod math.divide_no_nan math.multiply_no_nan
math.atan2 atan2 math.squared_difference math.xdivy math.xlogy math.xlog1py truediv math.truediv math.igamma math.igammac math.zeta math.polygamma math.nextafter equal math.equal not_equal less less_equal greater
greater_equal logical_and logical_or math.logical_xor math.logical_and bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor bitwise.left_shift bitwise.right_shift complex truncatediv truncatemod realdiv""".split()
FEW = ["tf.ones(2)", "tf.ones(2, tf.int32)", "tf.ones((3, 1), tf.float64)", "tf.constant([True, False])", "tf.ones(2, tf.complex64)", "tf.ones((3, 1))", "tf.ones(3)", "1", "1.5", "np.ones(2)", "[1., 2.]", "tf.ones(2, tf.uint8)", "tf.ones((2, 0))"]
for name in BINARY:
    each(f"tf.{name}(@a, @b)", a=FEW, b=FEW)
add("tf.math.scalar_mul(2.0, tf.ones(3))", "tf.scalar_mul(2, tf.ones(3))", "tf.math.scalar_mul(tf.ones(3), tf.ones(3))", "tf.math.betainc(tf.ones(3), tf.ones(3), tf.ones(3))", "tf.math.betainc(1., 2., tf.ones(3))",
    "tf.math.add_n([tf.ones(3), tf.ones(3)])", "tf.add_n([tf.ones(3), tf.ones((2, 3))])", "tf.add_n([tf.ones(3)])", "tf.math.add_n([])", "tf.add_n([tf.ones(3), tf.ones(3, tf.int32)])",
    "tf.math.accumulate_n([tf.ones(3), tf.ones(3)])", "tf.math.polyval([1., 2., 3.], tf.ones(3))", "tf.math.polyval([tf.ones(3), tf.ones(3)], tf.ones(3))")
each("tf.clip_by_value(@a)", a=["tf.ones((2, 3)), 0, 1", "tf.ones((2, 3)), 0.0, 1.0", "tf.ones((2, 3)), tf.ones(3), 2.0", "tf.ones(3), tf.ones((2, 3)), 2.0", "tf.ones(3, tf.int32), 0, 5", "tf.ones(3, tf.int32), 0.5, 5", "[1, 2], 0, 1",
     "tf.ones((2, 3)), tf.ones(2), 2.0", "1.5, 0.0, 1.0"])
each("tf.clip_by_norm(@a)", a=["tf.ones((2, 3)), 1.0", "tf.ones((2, 3)), 1.0, axes=[1]", "tf.ones((2, 3)), 1.0, axes=2", "tf.ones(3), 1"])
each("tf.clip_by_global_norm(@a)", a=["[tf.ones(2), tf.ones((2, 3))], 1.0", "[tf.ones(2)], 1.0"])
add("tf.linalg.global_norm([tf.ones(2), tf.ones((2, 3))])")
each("tf.cast(@x, @t)", x=["tf.ones(2)", "tf.ones(2, tf.int32)", "1.5", "[1, 2]", "np.ones(2)", "tf.constant([True])", "tf.ones(2, tf.complex64)"], t=TYPES + ["'float32'", "np.float64", "float", "int", "bool"])
add("tf.saturate_cast(tf.ones(2), tf.int8)", "tf.bitcast(tf.ones(2), tf.int32)", "tf.dtypes.cast(tf.ones(2), tf.int32)")

# Reductions

for name in "reduce_sum reduce_mean reduce_prod reduce_max reduce_min math.reduce_sum math.reduce_mean math.reduce_std math.reduce_variance reduce_logsumexp math.reduce_euclidean_norm math.count_nonzero".split():
    each(f"tf.{name}(@x@a@k)", x=[ones(), ones(2, 3), ones(2, 3, 4), ones(2, 0)], a=["", ", axis=0", ", axis=-1", ", axis=[0, 1]", ", 2", ", -3", ", axis=[]", ", axis=[0, 0]", ", axis=(1,)", ", axis=None"], k=["", ", keepdims=True"])
    each(f"tf.{name}(tf.cast(tf.ones((2, 3)), @t), axis=1)", t=TYPES)
    each(f"tf.{name}(@x)", x=["[1, 2]", "[1., 2.]", "3", "np.ones(3)", "[[1, 2], [3]]"])
add("tf.reduce_sum(tf.ones((2, 3)), tf.constant(0))", "tf.reduce_sum(tf.ones((2, 3)), tf.constant([0, 1]))", "tf.reduce_sum(tf.ones((2, 3)), tf.range(2))", "tf.reduce_sum(tf.ones((2, 3)), axis=1.0)",
    "tf.reduce_sum(tf.ones((2, 3, 4)), axis=tf.range(1, tf.rank(tf.ones((2, 3, 4)))))")
each("tf.@f(@x@a)", f=["reduce_all", "reduce_any", "math.reduce_all"], x=["tf.constant([[True, False]])", "tf.ones(2)", "[True, False]", "tf.ones(2) > 0"], a=["", ", axis=0", ", axis=-1, keepdims=True", ", axis=2"])
for name in "argmax argmin math.argmax math.argmin".split():
    each(f"tf.{name}(@x@a)", x=[ones(), ones(3), ones(2, 3), ones(2, 3, 4), ones(2, 0), "[1, 2]", "tf.constant([True, False])"], a=["", ", axis=1", ", axis=-1", ", axis=2", ", -3", ", output_type=tf.int32", ", 0, tf.int32"])
for name in "cumsum math.cumsum math.cumprod math.cumulative_logsumexp".split():
    each(f"tf.{name}(@x@a)", x=[ones(), ones(3), ones(2, 3), ones(2, 0), "tf.ones(3, tf.int32)", "tf.constant([True])", "[1, 2]"], a=["", ", axis=1", ", axis=-1", ", axis=2", ", exclusive=True, reverse=True"])
for name in "sort argsort".split():
    each(f"tf.{name}(@x@a)", x=[ones(), ones(3), ones(2, 3), ones(2, 0), "tf.ones(3, tf.int32)", "[3, 1]", "tf.constant([True])"], a=["", ", axis=0", ", axis=-2", ", axis=2", ", direction='DESCENDING'", ", direction='x'"])
for name in "math.top_k nn.top_k".split():
    each(f"tf.{name}(@x@a)", x=[ones(), ones(3), ones(2, 3), ones(4, 2, 3)], a=["", ", 2", ", k=3, sorted=False", ", k=4", ", k=0"])
each("tf.math.@f(@p, @t, k=1)", f=["in_top_k"], p=["[0, 1]", "tf.constant([0, 1])"], t=[ones(2, 3), ones(3, 3), ones(2)])
each("tf.searchsorted(@a)", a=["[1., 2., 3.], [1.5, 2.5]", "tf.ones((2, 3)), tf.ones((2, 5))", "tf.ones((2, 3)), tf.ones((3, 5))", "tf.ones(3), tf.ones(2), side='right'", "tf.ones(3), tf.ones(2), out_type=tf.int64", "tf.ones(3), tf.ones((2, 5))", "tf.ones(3), 1.0"])
each("tf.math.bincount(@a)", a=["[1, 2, 2], minlength=5, maxlength=5", "[1, 2, 2]"])
each("tf.math.confusion_matrix(@a)", a=["[0, 1], [1, 1], num_classes=3", "[0, 1], [1, 1], 3, dtype=tf.float32"])
each("tf.histogram_fixed_width(@a)", a=["tf.ones(5), [0., 1.], nbins=7", "tf.ones(5), [0., 1.]"])
for name in "segment_sum segment_mean segment_max segment_min segment_prod".split():
    add(f"tf.math.{name}(tf.ones((4, 3)), tf.constant([0, 0, 1, 2]))", f"tf.math.{name}(tf.ones((4, 3)), [0, 0, 1])", f"tf.math.unsorted_{name}(tf.ones((4, 3)), tf.constant([0, 0, 1, 2]), 5)",
        f"tf.math.unsorted_{name}(tf.ones((4, 3)), tf.constant([[0, 0, 1], [1, 1, 1], [0, 0, 0], [2, 2, 2]]), num_segments=3)", f"tf.math.unsorted_{name}(tf.ones((4, 3)), [0, 1, 2], 3)")
each("tf.unique(@x)", x=["[1, 1, 2]", ones(2, 3)])

# Structure

each("tf.reshape(@x, @s)", x=[ones(), ones(6), ones(2, 3), ones(2, 0), "[1, 2, 3, 4, 5, 6]"], s=["[6]", "[2, 3]", "[-1]", "(3, -1)", "[4, -1]", "[]", "6", "[-1, -1]", "[1, 6, 1]", "tf.constant([3, 2])", "[-2]", "[0, -1]", "[0, 2]",
     "tf.shape(tf.ones((3, 2)))", "tf.ones((3, 2)).shape", "[tf.shape(tf.ones((3, 2)))[0], -1]", "[2.0, 3]", "-1", "[2, 3, 1]", "tf.concat([tf.shape(tf.ones((2, 3))), [1]], 0)", "tf.concat([[2], [3]], axis=0)"])
each("tf.transpose(@x@p)", x=[ones(), ones(3), ones(2, 3), ones(2, 3, 4)], p=["", ", [1, 0]", ", perm=[0, 2, 1]", ", [2, 0, 1]", ", [0, 0]", ", [0, 1, 3]", ", []", ", [-1, 0, 1]", ", (1, 0)", ", conjugate=True"])
each("tf.linalg.@f(@x)", f=["matrix_transpose", "adjoint"], x=[ones(3), ones(2, 3), ones(2, 3, 4)])
each("tf.expand_dims(@x, @a)", x=[ones(), ones(2, 3), "[1, 2]"], a=["0", "-1", "1", "2", "3", "-3", "-4", "[0]", "axis=0"])
add("tf.expand_dims(tf.ones(2))")
each("tf.squeeze(@x@a)", x=[ones(), ones(1, 3, 1), ones(2, 3), ones(1)], a=["", ", 0", ", axis=-1", ", axis=[0, 2]", ", 1", ", [0]", ", 3", ", []", ", axis=[0, 0]"])
each("tf.concat(@v, @a)", v=["[tf.ones((2, 3)), tf.ones((2, 3))]", "[tf.ones((2, 3)), tf.ones((1, 3))]", "[tf.ones(3), tf.ones(3)]", "[tf.ones(())]", "[tf.ones((2, 3))]", "tf.ones((2, 3))", "[tf.ones((2, 3)), tf.ones((2, 3), tf.float64)]", "[]",
     "[tf.ones((2, 3)), np.ones((2, 3))]", "[tf.ones(()), tf.ones(())]", "([1, 2], [3])", "tf.ones((2, 3, 4))", "[tf.ones((2, 0)), tf.ones((2, 3))]", "[tf.ones((2, 3)), tf.ones(3)]", "[[1.], tf.ones(2)]", "[np.ones(2), tf.ones(2)]"], a=["0", "1", "axis=-1", "2", "-2", "-3"])
add("tf.concat([tf.ones(2), tf.ones(2)])", "tf.concat(values=[tf.ones(2), tf.ones(2)], axis=0)", "tf.concat([tf.ones(2), tf.ones(2)], tf.constant(0))", "tf.concat([tf.ones(2), tf.ones(2)], [0])")
each("tf.stack(@v@a)", v=["[tf.ones((2, 3)), tf.ones((2, 3))]", "[tf.ones((2, 3)), tf.ones((1, 3))]", "[1, 2]", "[1., tf.constant(2.)]", "tf.ones((2, 3))", "[]", "[tf.ones(2), np.ones(2)]", "[np.ones(2), tf.ones(2)]", "[tf.constant(1), 2.5]", "[tf.ones(2), tf.ones(2, tf.int32)]",
     "[[1, 2], [3, 4]]", "(tf.ones(()), tf.zeros(()))"], a=["", ", 1", ", axis=-1", ", axis=3", ", axis=-4"])
each("tf.unstack(@x@a)", x=[ones(), ones(2, 3), "[1, 2]"], a=["", ", axis=1", ", axis=-1", ", num=2", ", num=3", ", axis=2"])
each("tf.split(@x, @n@a)", x=[ones(6), ones(4, 6), ones(0, 2), ones()], n=["2", "3", "4", "[1, 5]", "[2, -1]", "[4, 2, 0]", "[-1, -1]", "[3]", "0", "tf.constant([2, 4])", "1"], a=["", ", axis=1", ", axis=-1", ", 2"])
each("tf.tile(@x, @m)", x=[ones(), ones(3), ones(2, 3), ones(2, 0)], m=["[2]", "[2, 1]", "[]", "[0, 3]", "2", "[-1]", "[1, 1, 2]", "tf.constant([2, 2])", "[2, 3]"])
each("tf.repeat(@x, @r@a)", x=[ones(), ones(3), ones(2, 3), ones(2, 0), "[1, 2]"], r=["2", "[2]", "[1, 2]", "[1, 2, 3]", "0", "tf.constant(2)"], a=["", ", axis=0", ", axis=1", ", axis=-1", ", axis=2"])
each("tf.roll(@x, @a)", x=[ones(3), ones(2, 3), ones()], a=["1, 0", "shift=1, axis=-1", "[1, 2], [0, 1]", "1, 2", "[1], 0", "[1, 1], axis=[0, 0]"])
each("tf.reverse(@x, @a)", x=[ones(3), ones(2, 3), ones()], a=["[0]", "axis=[-1]", "[0, 1]", "[0, 0]", "0", "[2]", "[]"])
each("tf.broadcast_to(@x, @s)", x=[ones(), ones(3), ones(2, 1), ones(0)], s=["[2, 3]", "[3]", "[]", "(4, 2, 3)", "[3, 2]", "2", "tf.constant([2, 3])", "[0]", "[2, -1]", "tf.shape(tf.ones((2, 3)))"])
each("tf.pad(@x, @p)", x=[ones(3), ones(2, 3), ones()], p=["[[1, 1]]", "[[1, 1], [0, 2]]", "[[0, 0], [0, 0]]", "[1, 1]", "[[1, 1], [2, 2]], 'REFLECT'", "[[1, 1]], mode='SYMMETRIC'", "[[1, 1], [1, 1]], constant_values=2.0", "[[-1, 0]]", "[[3, 0]], 'reflect'", "[[1, 1]], 'x'",
     "tf.constant([[1, 1], [2, 2]])", "[[1, 2, 3]]", "[[3, 3]], 'REFLECT'", "[[4, 0]], 'SYMMETRIC'", "[]"])
each("tf.slice(@x, @b)", x=[ones(2, 3), ones(4), ones()], b=["[0, 1], [2, 2]", "[0, 0], [-1, 1]", "[1], [2]", "[0, 1], [2, 3]", "[2, 0], [0, 1]", "[0], [5]", "[], []", "begin=[1, 0], size=[1, -1]", "[-1, 0], [1, 1]", "tf.constant([0, 1]), tf.constant([1, 1])", "[0, 0], [1, 0]"])
each("tf.strided_slice(@x, @b)", x=[ones(4, 3), ones(4)], b=["[0], [2]", "[1, 0], [3, 2]", "[0], [4], [2]", "[3], [0], [-1]", "[0, 0], [-1, -1]", "[0], [10]", "[0], [0]", "[0, 0, 0], [1, 1, 1]"])
add("tf.strided_slice(tf.ones((4, 3)), [0, 0], [2, 2], begin_mask=1)", "tf.strided_slice(tf.ones((4, 3)), [1, 0], [2, 2], shrink_axis_mask=1)")
each("tf.meshgrid(@a)", a=["tf.ones(2), tf.ones(3)", "tf.ones(2), tf.ones(3), indexing='ij'", "tf.ones(2)", "[1, 2], [3, 4, 5], [6]", "tf.ones(2), tf.ones(3, tf.int32)", "tf.ones((2, 2)), tf.ones(3)", "", "tf.ones(2), tf.ones(3), indexing='x'", "tf.ones(()), tf.ones(3)"])
each("tf.shape(@x@o)", x=[ones(), ones(2, 3), "[1, 2]", "tf.Variable([1.])"], o=["", ", out_type=tf.int64"])
add("tf.size(tf.ones((2, 3)))", "tf.size([1, 2], out_type=tf.int64)", "tf.rank(tf.ones((2, 3)))", "tf.rank(3)", "tf.shape_n([tf.ones(2), tf.ones((2, 3))])", "tf.shape(tf.ones((2, 3)))[0]", "tf.shape(tf.ones((2, 3)))[:1]", "tf.shape(tf.ones((2, 3)))[2]",
    "tf.zeros(tf.shape(tf.ones((2, 3)))[1:])", "tf.zeros([tf.shape(tf.ones((2, 3)))[0] * 2, 4])", "tf.zeros(tf.concat([tf.shape(tf.ones((2, 3)))[:-1], [7]], 0))", "tf.zeros(tf.reduce_prod(tf.shape(tf.ones((2, 3)))))", "tf.zeros([tf.size(tf.ones((2, 3))) // 4])",
    "tf.reshape(tf.ones((2, 3, 4)), [tf.shape(tf.ones((2, 3)))[0], -1])", "tf.ensure_shape(tf.ones((2, 3)), [2, None])", "tf.ensure_shape(tf.ones((2, 3)), [2, 4])", "tf.ensure_shape(tf.ones((2, 3)), [None, None])", "tf.ensure_shape(tf.ones((2, 3)), [2])",
    "tf.identity([1, 2])", "tf.stop_gradient(tf.ones((2, 3)))", "tf.identity_n([tf.ones(2), tf.ones(3)])", "tf.tuple([tf.ones(2), tf.ones(3)])", "tf.broadcast_static_shape(tf.TensorShape([2, 1]), tf.TensorShape([3])).as_list()", "tf.broadcast_dynamic_shape([2, 1], [3])",
    "tf.grad_pass_through(tf.square)(tf.ones(3))", "tf.parallel_stack([tf.ones(2), tf.ones(2)])", "tf.get_static_value(tf.ones(2))", "tf.unravel_index([3, 4], [2, 3])", "tf.math.invert_permutation([1, 0, 2])")
each("tf.nn.@f(@x, 2)", f=["space_to_depth", "depth_to_space"], x=[ones(1, 4, 6, 4), ones(1, 3, 4, 4), ones(4, 4), ones(1, 4, 4, 3)])
each("tf.reverse_sequence(@a)", a=["tf.ones((2, 3)), [1, 2], seq_axis=1", "tf.ones((2, 3)), [1, 2], 1, 0", "tf.ones((2, 3)), [1, 2, 3], seq_axis=1"])

# Selecting

each("tf.gather(@a)", a=["tf.ones((4, 3)), 1", "tf.ones((4, 3)), [0, 2]", "tf.ones((4, 3)), [[0, 1], [2, 3]]", "tf.ones((4, 3)), [0, 2], axis=1", "tf.ones((4, 3)), [0, 2], axis=-1", "tf.ones((4, 3)), [0, 5]", "tf.ones((4, 3)), tf.constant([0, 1], tf.int64)", "tf.ones((4, 3)), [0.5]",
     "tf.ones((4, 3)), [[0, 1]] * 4, batch_dims=1", "tf.ones((4, 3)), tf.zeros((4, 2), tf.int32), axis=1, batch_dims=1", "tf.ones((4, 3, 5)), tf.zeros((4, 2), tf.int32), batch_dims=1, axis=2", "tf.ones((4, 3)), tf.zeros((5, 2), tf.int32), axis=1, batch_dims=1", "tf.ones((4, 3)), [0], axis=2",
     "tf.ones(()), 0", "[1, 2, 3], [0, 1]", "tf.ones((4, 3)), []", "tf.ones((4, 3)), tf.range(2)", "tf.ones((4, 3)), -1", "tf.ones((4, 3, 5)), tf.zeros((4, 3), tf.int32), batch_dims=2", "tf.ones((4, 3, 5)), [[0, 1], [1, 2]], axis=1", "tf.Variable(tf.ones((4, 3))), [0]", "tf.ones((4, 3)), np.array([0, 1])"])
each("tf.gather_nd(@a)", a=["tf.ones((4, 3)), [[0, 1], [2, 2]]", "tf.ones((4, 3)), [[0], [2]]", "tf.ones((4, 3)), [0, 1]", "tf.ones((4, 3)), [[[0, 1]], [[2, 2]]]", "tf.ones((4, 3)), [[0, 1, 2]]", "tf.ones((4, 3)), [[5, 1]]", "tf.ones((4, 3)), [1]", "tf.ones((4, 3, 5)), tf.zeros((4, 2, 1), tf.int32), batch_dims=1",
     "tf.ones((4, 3, 5)), tf.zeros((4, 2), tf.int32), batch_dims=1", "tf.ones((4, 3)), 0", "tf.ones((4, 3)), [[]]", "tf.ones((4, 3)), tf.zeros((5, 1), tf.int32), batch_dims=1"])
each("tf.boolean_mask(@a)", a=["tf.ones((2, 3)), [True, False]", "tf.ones((2, 3)), tf.ones((2, 3)) > 0", "tf.ones((2, 3)), [True, False, True], axis=1", "tf.ones((2, 3)), [True, False, True]", "tf.ones((2, 3)), True", "[1, 2, 3], np.array([True, False, True])", "tf.ones((2, 3, 4)), tf.ones((3, 4)) > 0, axis=1"])
each("tf.where(@a)", a=["tf.constant([True, False]), tf.ones(2), tf.zeros(2)", "tf.ones((2, 1)) > 0, tf.ones(3), 0.0", "tf.constant([True, False]), 1, 2", "tf.constant([True, False]), 1.0, 2", "tf.constant([True, False]), 1, 2.0", "tf.ones(2) > 0, tf.ones(2), tf.ones(2, tf.int32)", "tf.ones(2) > 0, tf.ones(3), tf.ones(2)",
     "tf.ones(2) > 0", "tf.ones((2, 3)) > 0", "tf.ones((2, 3))", "tf.constant([True, False])", "tf.ones(2) > 0, 0., tf.ones(2)", "tf.ones(2) > 0, 0, tf.ones(2)", "tf.ones(2), 1., 2.", "True, tf.ones(2), tf.zeros(2)", "[True, False], [1, 2], [3, 4]", "tf.ones(2) > 0, tf.ones(2)", "tf.ones(2) > 0, np.ones(2), tf.ones(2)",
     "tf.ones(2) > 0, tf.ones(2), np.ones(2)", "tf.ones(2) > 0, x=tf.ones((3, 2)), y=tf.zeros(())"])
each("tf.one_hot(@a)", a=["[0, 1, 2], 3", "1, 4", "tf.constant([[0, 1]]), depth=3", "[0, 1], 3, axis=0", "[0, 1], 3, axis=-1", "[0, 1], 3, axis=2", "[0, 1], 3, dtype=tf.int32", "[0, 1], 3, on_value=5, off_value=0", "[0, 1], 3, 5.0, 1.0", "[0, 1], 3, on_value=True, off_value=False", "[0.5], 3", "[0, 1], 0", "[0, 1], tf.constant(3)",
     "[0, 1], 3, on_value=1.0, off_value=0.0, dtype=tf.float64", "[0, 1], 3, on_value=1", "[0, 1], -1"])
each("tf.sequence_mask(@a)", a=["[1, 2, 3], 5", "[1, 2, 3]", "[[1], [2]], maxlen=4", "[1, 2], 3, dtype=tf.float32", "2, 4", "tf.constant([1, 2]), tf.constant(3)", "[1., 2.], 3"])
each("tf.scatter_nd(@a)", a=["[[0], [2]], tf.ones(2), [4]", "[[0], [2]], tf.ones((2, 3)), [4, 3]", "[[0, 1], [2, 2]], tf.ones(2), [4, 3]", "[[0], [2]], tf.ones((2, 3)), [4, 4]", "[[0], [5]], tf.ones(2), [4]", "[[0], [2]], tf.ones(3), [4]", "[[0], [2]], [1, 2], tf.constant([4])", "[0], tf.ones(()), [4]", "[[0, 0, 0]], tf.ones(1), [4, 3]"])
for name in "update add sub min max".split():
    each(f"tf.tensor_scatter_nd_{name}(@a)", a=["tf.ones(4), [[0], [2]], tf.ones(2)", "tf.ones((4, 3)), [[0], [2]], tf.ones((2, 3))", "tf.ones((4, 3)), [[0, 1]], tf.ones(1)", "tf.ones(4), [[0], [2]], tf.ones(3)", "tf.ones(4), [[0], [2]], [1, 2]", "tf.ones(4), [[0], [2]], [1., 2.]", "tf.ones(4, tf.int32), [[0]], tf.ones(1)", "tf.ones(4), [[9]], tf.ones(1)"])
each("tf.dynamic_partition(@a)", a=["tf.ones((4, 3)), [0, 1, 1, 0], 2"])
each("tf.dynamic_stitch(@a)", a=["[[0, 1], [2]], [tf.ones((2, 3)), tf.ones((1, 3))]"])
each("tf.gather(tf.ones((4, 3)), tf.argmax(tf.ones((4, 5)), 1)@a)", a=["", ", axis=0"])

# Linear algebra

SQUARES = [ones(3), ones(3, 3), ones(2, 3), "tf.eye(3)", "tf.eye(3, batch_shape=[2])", "tf.eye(0)", "tf.eye(3, dtype=tf.float64)", "tf.eye(3, dtype=tf.int32)", "tf.eye(2, 3)", "tf.eye(3, dtype=tf.complex64)", "tf.eye(3, batch_shape=[2, 4])"]
for name in "inv det cholesky logdet slogdet trace diag_part eigh eigvalsh eig eigvals expm logm sqrtm svd qr lu pinv matrix_rank".split():
    each(f"tf.linalg.{name}(@x)", x=SQUARES if name not in ("inv", "lu") else [s for s in SQUARES if s != ones(3, 3)])
add("tf.linalg.inv(tf.eye(3), adjoint=True)", "tf.linalg.svd(tf.ones((2, 3)), full_matrices=True)", "tf.linalg.svd(tf.ones((3, 2)), compute_uv=False)", "tf.linalg.svd(tf.ones((5, 3, 2)))", "tf.linalg.qr(tf.ones((3, 2)))", "tf.linalg.qr(tf.ones((2, 3)), full_matrices=True)", "tf.linalg.qr(tf.ones((3, 2)), full_matrices=True)",
    "tf.linalg.trace(tf.ones((2, 3)))", "tf.linalg.trace(tf.ones((5, 2, 3)))", "tf.linalg.pinv(tf.ones((2, 3)))", "tf.linalg.pinv(tf.ones((5, 2, 3)))", "tf.eigvals(tf.eye(3))")
for name in "solve triangular_solve cholesky_solve lstsq".split():
    each(f"tf.linalg.{name}(@a, @b)", a=["tf.eye(3)", "tf.eye(3, batch_shape=[2])", ones(2, 3), ones(3)], b=[ones(3, 2), ones(3), ones(2, 3, 4), ones(4, 2), ones(1, 3, 4), "tf.ones((3, 2), tf.float64)", ones(2, 5)])
add("tf.linalg.solve(tf.eye(3), tf.ones((3, 2)), adjoint=True)", "tf.linalg.triangular_solve(tf.eye(3), tf.ones((3, 2)), lower=False)", "tf.linalg.triangular_solve(tf.eye(3), tf.ones((3, 2)), adjoint=True)")
each("tf.linalg.diag(@x@k)", x=[ones(3), ones(2, 3), ones(), "[1, 2]", ones(0)], k=["", ", k=1", ", k=-2"])
add("tf.linalg.diag(tf.ones(3), num_rows=5)", "tf.linalg.diag(tf.ones((2, 3)), k=(-1, 0))", "tf.linalg.diag_part(tf.ones((4, 5)), k=1)", "tf.linalg.diag_part(tf.ones((2, 4, 5)), k=-1)", "tf.linalg.diag_part(tf.ones((3, 3)), k=(-1, 1))", "tf.linalg.diag_part(tf.ones((2, 2)), k=5)",
    "tf.linalg.diag_part(tf.ones((2, 5)), k=4)", "tf.linalg.tensor_diag([1, 2])", "tf.linalg.tensor_diag(tf.ones((2, 3)))", "tf.linalg.tensor_diag_part(tf.ones((3, 3)))", "tf.linalg.tensor_diag_part(tf.ones((2, 3, 2, 3)))", "tf.linalg.tensor_diag_part(tf.ones((2, 3)))", "tf.linalg.set_diag(tf.ones((3, 3)), tf.zeros(3))",
    "tf.linalg.set_diag(tf.ones((2, 3, 4)), tf.zeros((2, 3)))", "tf.linalg.set_diag(tf.ones((3, 3)), tf.zeros(2))", "tf.linalg.set_diag(tf.ones((3, 4)), tf.zeros(3), k=1)")
each("tf.linalg.band_part(@x, @n)", x=[ones(3, 3), ones(2, 3, 4), ones(3)], n=["-1, 0", "0, -1", "1, 1", "0, 0", "5, 0", "-1, -1", "tf.constant(-1), 0"])
for name in "norm linalg.norm".split():
    each(f"tf.{name}(@x@a)", x=[ones(), ones(3), ones(2, 3), ones(2, 3, 4), "tf.ones(3, tf.int32)", "[1., 2.]"], a=["", ", axis=0", ", axis=-1", ", axis=[0, 1]", ", ord=1", ", ord=2, axis=1", ", ord=np.inf", ", ord='euclidean', axis=1, keepdims=True", ", ord='fro', axis=[-2, -1]", ", axis=3", ", ord='x'", ", ord=1, axis=[0, 1]", ", keepdims=True", ", axis=[0, 1, 2]"])
each("tf.linalg.normalize(@x@a)", x=[ones(3), ones(2, 3)], a=["", ", axis=-1", ", ord=1, axis=0"])
each("tf.@f.l2_normalize(@x@a)", f=["nn", "math"], x=[ones(3), ones(2, 3), ones()], a=["", ", axis=-1", ", axis=[0, 1]", ", 2", ", axis=1, epsilon=1e-6"])
each("tf.linalg.cross(@a)", a=["tf.ones(3), tf.ones(3)", "tf.ones((2, 3)), tf.ones((2, 3))", "tf.ones((2, 3)), tf.ones(3)", "tf.ones(2), tf.ones(2)"])
each("tf.einsum(@a)", a=["'ij,jk->ik', tf.ones((2, 3)), tf.ones((3, 4))", "'ij,jk', tf.ones((2, 3)), tf.ones((3, 4))", "'ij->ji', tf.ones((2, 3))", "'ii->i', tf.ones((3, 3))", "'ii', tf.ones((3, 3))", "'bij,bjk->bik', tf.ones((5, 2, 3)), tf.ones((5, 3, 4))", "'...ij,...jk->...ik', tf.ones((5, 2, 3)), tf.ones((5, 3, 4))", "'...ij,jk->...ik', tf.ones((5, 2, 3)), tf.ones((3, 4))",
     "'ij,jk->ik', tf.ones((2, 3)), tf.ones((4, 4))", "'ij->', tf.ones((2, 3))", "'i,i->', tf.ones(3), tf.ones(3)", "'i,j->ij', tf.ones(3), tf.ones(2)", "'ij,jk,kl->il', tf.ones((2, 3)), tf.ones((3, 4)), tf.ones((4, 5))", "'ij,jk->ik', tf.ones((2, 3))", "'ij->ik', tf.ones((2, 3))", "'bi,bj->bij', tf.ones((5, 2)), tf.ones((5, 3))", "'bij,bij->b', tf.ones((5, 2, 3)), tf.ones((5, 2, 3))",
     "'ij,jk->ik', tf.ones((2, 3)), tf.ones((3, 4), tf.float64)", "'ij,jk->ik', tf.ones((2, 3)), np.ones((3, 4))", "'i->ii', tf.ones(3)", "'bxby->bxy', tf.ones((3, 2, 3, 4))", "'ij,ij->ij', tf.ones((1, 3)), tf.ones((2, 3))", "'...i->...', tf.ones((2, 3))", "'ij, jk -> ik', tf.ones((2, 3)), tf.ones((3, 4))", "'iJ->Ji', tf.ones((2, 3))", "'abc->ca', tf.ones((2, 3, 4))"])
each("tf.tensordot(@a)", a=["tf.ones((2, 3)), tf.ones((3, 4)), 1", "tf.ones((2, 3)), tf.ones((3, 4)), axes=1", "tf.ones((2, 3)), tf.ones((2, 3)), 2", "tf.ones((2, 3)), tf.ones((3, 4)), [[1], [0]]", "tf.ones((2, 3)), tf.ones((4, 3)), [1, 1]", "tf.ones(2), tf.ones(3), 0", "tf.ones((2, 3)), tf.ones((4, 4)), 1", "tf.ones((2, 3, 4)), tf.ones((4, 3)), [[1, 2], [1, 0]]",
     "tf.ones((2, 3)), tf.ones(3), 1", "tf.ones((2, 3)), tf.ones((3, 4)), 3", "tf.ones((2, 3)), tf.ones((3, 4)), [[-1], [0]]", "tf.ones((2, 3)), tf.ones((3, 4), tf.float64), 1", "tf.ones((2, 3)), tf.ones((3, 4)), -1"])

# tf.nn

each("tf.nn.@f(@x@a)", f=["softmax", "log_softmax"], x=[ones(3), ones(2, 3), ones(2, 3, 4), ones()], a=[", axis=0", ", axis=-1", ", 1", ", axis=3"])
add("tf.math.log_softmax(tf.ones((2, 3)), axis=0)")
C1, C2, C3 = ones(5, 10, 3), ones(5, 10, 12, 3), ones(5, 8, 10, 12, 3)
each("tf.nn.conv1d(@x, @w, @s, @p@d)", x=[C1, ones(10, 3)], w=[ones(4, 3, 7), ones(4, 5, 7), ones(11, 3, 7), ones(4, 3)], s=["1", "2", "3", "[2]"], p=["'SAME'", "'VALID'", "padding='same'", "'x'"], d=["", ", dilations=2"])
each("tf.nn.conv2d(@x, @w, @s, @p@d)", x=[C2, ones(10, 12, 3), ones(5, 0, 12, 3)], w=[ones(3, 4, 3, 7), ones(3, 4, 5, 7), ones(1, 1, 3, 2), ones(11, 1, 3, 2)], s=["1", "2", "[2, 3]", "[1, 2, 1, 1]", "[1, 2, 2, 3]"], p=["'SAME'", "'VALID'", "padding=[[0, 0], [1, 1], [2, 0], [0, 0]]"], d=["", ", dilations=2"])
add("tf.nn.conv2d(tf.ones((5, 3, 10, 12)), tf.ones((3, 4, 3, 7)), 1, 'SAME', data_format='NCHW')", "tf.nn.conv2d(tf.ones((5, 10, 12, 4)), tf.ones((3, 4, 2, 6)), 1, 'SAME')", "tf.nn.conv2d(tf.ones((5, 10, 12, 3), tf.float64), tf.ones((3, 4, 3, 7)), 1, 'SAME')", "tf.nn.conv2d(tf.ones((2, 5, 10, 12, 3)), tf.ones((3, 4, 3, 7)), 1, 'SAME')")
each("tf.nn.conv3d(@x, @w, @s, @p)", x=[C3], w=[ones(2, 3, 4, 3, 7), ones(2, 3, 4, 5, 7)], s=["[1, 1, 1, 1, 1]", "[1, 2, 1, 2, 1]", "1"], p=["'SAME'", "'VALID'"])
each("tf.nn.convolution(@x, @w@s)", x=[C1, C2], w=[ones(4, 3, 7), ones(3, 4, 3, 7)], s=["", ", strides=2", ", padding='SAME'", ", strides=[2], padding='SAME'", ", dilations=2"])
each("tf.nn.depthwise_conv2d(@x, @w, @s, @p)", x=[C2], w=[ones(3, 4, 3, 2), ones(3, 4, 2, 2), ones(3, 4, 3, 1)], s=["[1, 1, 1, 1]", "[1, 2, 2, 1]", "2"], p=["'SAME'", "'VALID'"])
add("tf.nn.separable_conv2d(tf.ones((5, 10, 12, 3)), tf.ones((3, 4, 3, 2)), tf.ones((1, 1, 6, 7)), [1, 1, 1, 1], 'SAME')", "tf.nn.separable_conv2d(tf.ones((5, 10, 12, 3)), tf.ones((3, 4, 3, 2)), tf.ones((1, 1, 5, 7)), [1, 1, 1, 1], 'SAME')")
each("tf.nn.conv2d_transpose(@x, @w, @o, @s@p)", x=[ones(5, 5, 6, 3)], w=[ones(3, 4, 7, 3), ones(3, 4, 7, 2)], o=["[5, 10, 12, 7]", "[5, 5, 6, 7]", "[5, 11, 13, 7]", "[5, 7, 9, 7]", "tf.constant([5, 10, 12, 7])"], s=["2", "1", "[1, 2, 2, 1]"], p=["", ", padding='VALID'"])
each("tf.nn.conv1d_transpose(@x, @w, @o, @s@p)", x=[ones(5, 5, 3)], w=[ones(4, 7, 3)], o=["[5, 10, 7]", "[5, 5, 7]", "[5, 12, 7]"], s=["2", "1"], p=["", ", padding='VALID'"])
each("tf.nn.conv3d_transpose(@x, @w, @o, @s)", x=[ones(2, 3, 5, 6, 3)], w=[ones(2, 3, 4, 7, 3)], o=["[2, 6, 10, 12, 7]"], s=["2", "[1, 2, 2, 2, 1]"])
for kind in ["max", "avg"]:
    each(f"tf.nn.{kind}_pool2d(@x, @k, @s, @p)", x=[C2, ones(10, 12, 3), ones(5, 1, 1, 3)], k=["2", "[3, 2]", "[1, 3, 3, 1]", "20"], s=["2", "[1, 3]", "[1, 2, 2, 1]", "1"], p=["'SAME'", "'VALID'"])
    each(f"tf.nn.{kind}_pool1d(@x, @k, @s, @p)", x=[C1], k=["2", "3"], s=["2", "1"], p=["'SAME'", "'VALID'"])
    each(f"tf.nn.{kind}_pool3d(@x, @k, @s, @p)", x=[C3], k=["2", "[1, 2, 3]"], s=["2", "1"], p=["'SAME'", "'VALID'"])
    each(f"tf.nn.{kind}_pool(@x, @k, @s, @p)", x=[C1, C2, C3], k=["2"], s=["2", "1"], p=["'SAME'", "'VALID'"])
add("tf.nn.max_pool2d(tf.ones((5, 3, 10, 12)), 2, 2, 'VALID', data_format='NCHW')", "tf.nn.pool(tf.ones((5, 10, 12, 3)), [2, 2], 'MAX', strides=[2, 2], padding='VALID')", "tf.nn.pool(tf.ones((5, 10, 3)), [2], 'AVG')", "tf.nn.max_pool_with_argmax(tf.ones((5, 10, 12, 3)), 2, 2, 'SAME')")
each("tf.nn.moments(@x, @a)", x=[ones(2, 3), ones(2, 3, 4), "tf.ones((2, 3), tf.int32)"], a=["[0]", "axes=[0, 1]", "0", "[-1]", "[0], keepdims=True", "[3]", "[]", "[1], None, True"])
each("tf.nn.batch_normalization(@a)", a=["tf.ones((4, 3)), tf.zeros(3), tf.ones(3), None, None, 1e-3", "tf.ones((4, 3)), tf.zeros(3), tf.ones(3), tf.ones(3), tf.ones(3), 1e-3", "tf.ones((4, 3)), tf.zeros(2), tf.ones(3), None, None, 1e-3", "tf.ones((4, 5, 3)), mean=tf.zeros(3), variance=tf.ones(3), offset=None, scale=tf.ones(3), variance_epsilon=0.1", "tf.ones((4, 3)), 0., 1., None, None, 1e-3"])
add("tf.nn.lrn(tf.ones((5, 10, 12, 3)))", "tf.nn.local_response_normalization(tf.ones((5, 10, 12, 3)), depth_radius=2)", "tf.nn.lrn(tf.ones((5, 3)))")
each("tf.nn.bias_add(@a)", a=["tf.ones((4, 3)), tf.ones(3)", "tf.ones((4, 5, 3)), tf.ones(3)", "tf.ones((4, 3)), tf.ones(2)", "tf.ones(3), tf.ones(3)", "tf.ones((4, 3)), tf.ones((1, 3))", "tf.ones((4, 3, 5, 5)), tf.ones(3), data_format='NCHW'", "tf.ones((4, 3)), tf.ones(3, tf.float64)", "tf.ones((4, 3)), [1., 2., 3.]"])
each("tf.nn.dropout(@a)", a=["tf.ones((4, 3)), 0.5", "tf.ones((4, 3)), rate=0", "tf.ones((4, 3)), 0.5, noise_shape=[4, 1]", "tf.ones((4, 3)), 1.0", "tf.ones((4, 3)), 1.5", "tf.ones((4, 3), tf.int32), 0.5", "tf.ones((4, 3)), 0.5, seed=1", "tf.ones((4, 3)), tf.constant(0.5)", "tf.ones((4, 3)), 0.5, noise_shape=[2, 3]"])
each("tf.nn.embedding_lookup(@a)", a=["tf.ones((10, 4)), [1, 2]", "tf.ones((10, 4)), tf.constant([[1, 2, 3]])", "tf.ones((10, 4)), 3", "tf.ones((10, 4)), [11]", "tf.Variable(tf.ones((10, 4))), [1, 2]", "[tf.ones((10, 4))], [1]", "tf.ones((10, 4)), [1.5]", "tf.ones((10, 4)), [1], max_norm=1.0"])
each("tf.nn.softmax_cross_entropy_with_logits(@a)", a=["tf.ones((4, 3)), tf.ones((4, 3))", "labels=tf.ones((4, 3)), logits=tf.ones((4, 3))", "tf.ones((4, 3)), tf.ones((4, 2))", "tf.ones((2, 4, 3)), tf.ones((2, 4, 3))", "tf.ones((2, 4, 3)), tf.ones((2, 4, 3)), axis=1", "tf.ones(3), tf.ones(3)", "tf.ones((1, 3)), tf.ones((4, 3))", "tf.ones((4, 3), tf.int32), tf.ones((4, 3))", "tf.ones((4, 3), tf.float64), tf.ones((4, 3))", "[[0., 1.]], [[1., 2.]]"])
each("tf.nn.sparse_softmax_cross_entropy_with_logits(@a)", a=["tf.zeros(4, tf.int32), tf.ones((4, 3))", "labels=[0, 1], logits=tf.ones((2, 3))", "tf.zeros(5, tf.int32), tf.ones((4, 3))", "tf.zeros((2, 4), tf.int32), tf.ones((2, 4, 3))", "tf.zeros(4), tf.ones((4, 3))", "tf.zeros((4, 1), tf.int32), tf.ones((4, 3))", "0, tf.ones(3)", "tf.zeros((4, 3), tf.int32), tf.ones((4, 3))"])
each("tf.nn.sigmoid_cross_entropy_with_logits(@a)", a=["tf.ones((4, 3)), tf.ones((4, 3))", "labels=tf.ones((4, 3)), logits=tf.ones((4, 3))", "tf.ones((4, 3)), tf.ones((4, 1))", "tf.ones(3), tf.ones((4, 3))", "tf.ones((4, 3), tf.int32), tf.ones((4, 3))", "[0., 1.], tf.ones(2)", "np.ones((4, 3)), tf.ones((4, 3))", "labels=tf.ones(3)"])
add("tf.nn.weighted_cross_entropy_with_logits(tf.ones((4, 3)), tf.ones((4, 3)), 2.0)", "tf.nn.weighted_cross_entropy_with_logits(tf.ones((4, 3)), tf.ones((4, 2)), 2.0)", "tf.nn.log_poisson_loss(tf.ones((4, 3)), tf.ones((4, 3)))", "tf.nn.log_poisson_loss(tf.ones((4, 3)), tf.ones(3))",
    "tf.nn.compute_average_loss(tf.ones(4), global_batch_size=4)", "tf.nn.scale_regularization_loss(tf.ones(()))", "tf.nn.weighted_moments(tf.ones((4, 3)), [0], tf.ones((4, 3)))", "tf.nn.normalize_moments(4.0, tf.ones(3), tf.ones(3), None)")

# tf.signal

each("tf.signal.@f(tf.cast(@x, tf.complex64))", f=["fft", "ifft", "fft2d", "ifft2d", "fft3d", "irfft", "irfft2d"], x=[ones(8), ones(2, 8), ones(2, 3, 8), ones()])
each("tf.signal.@f(@x@l)", f=["rfft", "rfft2d"], x=[ones(8), ones(2, 8), ones(2, 7), "tf.ones(8, tf.float64)", "tf.ones(8, tf.int32)"], l=["", ", [4]", ", fft_length=[4, 4]"])
each("tf.signal.@f(@x)", f=["fft", "dct", "idct", "fftshift", "ifftshift"], x=[ones(8), ones(2, 8), ones()])
add("tf.signal.irfft(tf.cast(tf.ones(5), tf.complex64), [9])", "tf.signal.fftshift(tf.ones((2, 8)), axes=1)", "tf.signal.frame(tf.ones(10), 4, 2)", "tf.signal.frame(tf.ones((3, 10)), 4, 3, pad_end=True)", "tf.signal.frame(tf.ones((10, 3)), 4, 2, axis=0)", "tf.signal.hann_window(8)", "tf.signal.hamming_window(8, dtype=tf.float64)",
    "tf.signal.stft(tf.ones((3, 100)), 16, 8)", "tf.signal.stft(tf.ones(100), frame_length=16, frame_step=8, fft_length=32)", "tf.signal.stft(tf.ones(100), 20, 10)", "tf.signal.overlap_and_add(tf.ones((5, 4)), 2)", "tf.signal.inverse_stft(tf.cast(tf.ones((5, 9)), tf.complex64), 16, 8)")

# Random numbers

each("tf.random.normal(@a)", a=["[2, 3]", "3", "(2, 3), dtype=tf.float64", "[2, 3], tf.ones(3)", "[2, 3], tf.ones((5, 2, 3))", "shape=[2], mean=1, stddev=2.0", "[2], dtype=tf.int32", "tf.shape(tf.ones((2, 3)))", "[]", "[2, 3], stddev=tf.ones(2)", "tf.ones((2, 3)).shape", "[-1]", "[2], seed=1"])
each("tf.random.uniform(@a)", a=["[2, 3]", "[2, 3], 0, 5, tf.int32", "[2, 3], dtype=tf.int32", "[2, 3], maxval=5, dtype=tf.int64", "()", "[2, 3], tf.zeros(3), tf.ones(3)", "[2], -1, 1", "[2], -1., 1.", "[2], dtype=tf.bool", "(2, 3), minval=0.5", "[2], 0., 5., tf.int32", "[2], maxval=[1., 2.]"])
each("tf.random.@f", f=["truncated_normal([2, 3])", "stateless_normal([2, 3], seed=[1, 2])", "stateless_uniform([2, 3], seed=(1, 2))", "stateless_uniform([2, 3], seed=1)", "stateless_uniform([2, 3])", "stateless_uniform([2], [1, 2], 0, 5, tf.int32)", "stateless_truncated_normal([2], [1, 2])", "categorical(tf.ones((2, 3)), 5)", "categorical(tf.ones(3), 5)",
     "categorical(tf.ones((2, 3)), 5, dtype=tf.int32)", "shuffle(tf.ones((2, 3)))", "shuffle([1, 2, 3])", "gamma([2], 1.5)", "gamma([2], [1.5, 2.0])", "gamma([2], 1.5, [1., 2., 3.])", "poisson([2], [1.5, 2.0])", "poisson([], 1.5)", "Generator.from_seed(1).normal([2, 3])", "get_global_generator().uniform([2])", "Generator.from_seed(1).uniform([2], maxval=5, dtype=tf.int32)",
     "Generator.from_seed(1).make_seeds(2)", "split([1, 2], 3)", "fold_in([1, 2], 3)", "experimental.stateless_shuffle(tf.ones(3), seed=[1, 2])", "stateless_categorical(tf.ones((2, 3)), 5, [1, 2])", "stateless_gamma([2], [1, 2], [1., 2.])", "stateless_poisson([2], [1, 2], [1., 2.])", "stateless_binomial([2], [1, 2], 5, 0.5)", "Generator.from_seed(1).truncated_normal([2])"])

# Functions of functions

add("tf.map_fn(lambda v: v * 2, tf.ones((3, 4)))", "tf.map_fn(lambda v: tf.reduce_sum(v), tf.ones((3, 4)))", "tf.map_fn(lambda v: v[0] + v[1], (tf.ones((3, 4)), tf.ones((3, 4))), fn_output_signature=tf.float32)", "tf.map_fn(lambda v: tf.cast(v, tf.int32), tf.ones(3))", "tf.map_fn(lambda v: tf.cast(v, tf.int32), tf.ones(3), dtype=tf.int32)",
    "tf.map_fn(lambda v: (v, v * 2), tf.ones(3), fn_output_signature=(tf.float32, tf.float32))", "tf.map_fn(lambda v: v, tf.ones(()))", "tf.map_fn(lambda v: v + tf.ones(3), tf.ones((3, 4)))", "tf.map_fn(tf.square, [1., 2.])", "tf.map_fn(lambda v: v[0], (tf.ones((3, 4)), tf.ones((2, 4))), fn_output_signature=tf.float32)",
    "tf.vectorized_map(lambda v: v * 2, tf.ones((3, 4)))", "tf.vectorized_map(lambda v: tf.reduce_sum(v), tf.ones((3, 4)))", "tf.vectorized_map(lambda v: v[0] + v[1], (tf.ones((3, 4)), tf.ones((3, 4))))", "tf.vectorized_map(lambda v: tf.tensordot(v, v, 0), tf.ones((3, 4)))", "tf.vectorized_map(lambda v: (v, v * 2), tf.ones(3))",
    "tf.vectorized_map(lambda v: v + tf.ones(3), tf.ones((3, 4)))", "tf.vectorized_map(lambda v: tf.ones(2), tf.ones((3, 4)))", "tf.vectorized_map(lambda v: v[0], (tf.ones((3, 4)), tf.ones((2, 4))))",
    "tf.scan(lambda a, v: a + v, tf.ones((3, 4)))", "tf.scan(lambda a, v: a + tf.reduce_sum(v), tf.ones((3, 4)), initializer=0.0)", "tf.scan(lambda a, v: a + v, tf.ones((3, 4)), initializer=tf.zeros(4))", "tf.scan(lambda a, v: (a[0] + v, a[1]), tf.ones((3, 4)), (tf.zeros(4), tf.zeros(())))", "tf.scan(lambda a, v: a + v, tf.ones((3, 4)), tf.zeros(3))",
    "tf.foldl(lambda a, v: a + v, tf.ones((3, 4)))", "tf.foldr(lambda a, v: a + v, tf.ones((3, 4)), initializer=tf.zeros(4))",
    "tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, v * 2), [tf.constant(0), tf.ones(3)])", "tf.while_loop(lambda i: i < 3, lambda i: [i + 1], [0])", "tf.while_loop(lambda i: i < 3, lambda i: i + 1, (tf.constant(0),))",
    "tf.cond(tf.constant(True), lambda: tf.ones(2), lambda: tf.zeros(2))", "tf.cond(tf.reduce_sum(tf.ones(2)) > 0, lambda: tf.ones(2), lambda: tf.zeros(2))", "tf.cond(True, lambda: 1.0, lambda: tf.zeros(()))", "tf.case([(tf.constant(True), lambda: tf.ones(2))], default=lambda: tf.zeros(2))", "tf.switch_case(tf.constant(0), [lambda: tf.ones(2), lambda: tf.zeros(2)])",
    "tf.function(lambda v: v * 2)(tf.ones(3))", "tf.function(lambda v: v @ v)(tf.ones((2, 3)))", "tf.function(reduce_retracing=True)(lambda v: v * 2)(tf.ones(3))", "tf.function(lambda v: v * 2, input_signature=[tf.TensorSpec([None])])(tf.ones(3))", "tf.function(lambda v: v * 2, jit_compile=False)(np.ones(3))", "tf.function(lambda v: v * 2)([1, 2])", "tf.custom_gradient(lambda v: (v * 2, lambda g: g))(tf.ones(3))",
    "tf.recompute_grad(lambda v: v * 2)(tf.ones(3))", "tf.no_op()", "tf.py_function(lambda v: v * 2, [tf.ones(3)], tf.float32)", "tf.numpy_function(np.sin, [tf.ones(3)], tf.float32)")
add("tf.debugging.assert_equal(tf.ones(2), tf.ones(3))", "tf.debugging.check_numerics(tf.ones((2, 3)), 'x')", "tf.debugging.assert_rank(tf.ones(2), 2)", "tf.ensure_shape(tf.ones(2), (2,))", "tf.debugging.assert_all_finite(tf.ones(2), 'x')", "tf.debugging.assert_type(tf.ones(2), tf.int32)", "tf.debugging.assert_shapes([(tf.ones((2, 3)), ('N', 3))])",
    "tf.debugging.assert_rank_at_least(tf.ones(2), 2)")
add("next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3)))))", "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3))).batch(4)))", "next(iter(tf.data.Dataset.from_tensor_slices((tf.ones((10, 3)), tf.zeros(10))).batch(5)))", "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3))).shuffle(10).repeat().batch(4).prefetch(1)))", "next(iter(tf.data.Dataset.from_tensors(tf.ones((10, 3)))))",
    "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3))).map(lambda v: v * 2).batch(2, drop_remainder=True)))", "next(iter(tf.data.Dataset.range(10)))", "next(iter(tf.data.Dataset.range(10).batch(3)))", "next(iter(tf.data.Dataset.zip((tf.data.Dataset.range(3), tf.data.Dataset.range(3)))))", "next(iter(tf.data.Dataset.from_tensor_slices((tf.ones((10, 3)), tf.zeros(9)))))",
    "next(iter(tf.data.Dataset.from_tensor_slices((np.ones((10, 3)), np.zeros(10))).batch(5)))", "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3))).batch(5).map(lambda v: tf.reduce_sum(v, 1))))", "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones(3)).enumerate()))", "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3))).batch(4).take(1)))", "next(iter(tf.data.Dataset.from_tensor_slices(tf.ones((10, 3))).batch(4).unbatch()))")
add("np.sum(tf.ones((2, 3)))", "np.array(tf.ones((2, 3)))", "np.ones(2) * tf.ones((2, 2))", "np.add(tf.ones(2), 1)", "np.mean(tf.ones((2, 3)), axis=0)", "np.dot(tf.ones((2, 2)), tf.ones((2, 2)))", "np.asarray(tf.ones(2))", "tf.ones(2).numpy() + np.ones(2)", "np.stack([tf.ones(2), tf.ones(2)])", "np.concatenate([tf.ones(2), np.ones(2)])", "np.reshape(tf.ones((2, 3)), (3, 2))")

# How samples move results

batching: list[tuple[str, tuple[int, ...]]] = []

# Images

IMAGES = [ones(5, 6, 3), ones(2, 5, 6, 3), ones(5, 6), "tf.ones((2, 5, 6, 3), dtype=tf.uint8)", "np.ones((5, 6, 3))"]
each("tf.image.@f(@x)", f=["flip_left_right", "flip_up_down", "random_flip_left_right", "per_image_standardization", "transpose", "total_variation", "rgb_to_grayscale", "sobel_edges", "image_gradients", "adjust_gamma"], x=IMAGES)
each("tf.image.@f(@x, 0.3)", f=["adjust_brightness", "random_brightness", "adjust_contrast", "adjust_hue", "adjust_saturation", "random_hue", "central_crop"], x=IMAGES)
each("tf.image.@f(@x, 0.3, 0.6)", f=["random_contrast", "random_saturation"], x=IMAGES[:3])
each("tf.image.resize(@x, @s@m)", x=IMAGES, s=["(3, 4)", "[5, 6]", "tf.constant([3, 4])", "(3,)"], m=["", ", method='nearest'", ", method='bicubic'"])
each("tf.image.@f(@x, 3, 4)", f=["resize_with_pad", "resize_with_crop_or_pad"], x=IMAGES)
each("tf.image.@f", f=["crop_to_bounding_box(tf.ones((5, 6, 3)), 1, 1, 2, 3)", "pad_to_bounding_box(tf.ones((2, 5, 6, 3)), 1, 1, 8, 9)", "random_crop(tf.ones((5, 6, 3)), (2, 3, 3))", "random_crop(tf.ones((5, 6, 3)), (2, 3))", "grayscale_to_rgb(tf.ones((2, 5, 6, 1)))", "grayscale_to_rgb(tf.ones((5, 6, 3)))",
     "convert_image_dtype(tf.ones((5, 6, 3)), tf.uint8)", "rgb_to_hsv(tf.ones((2, 5, 6, 3)))", "psnr(tf.ones((2, 5, 6, 3)), tf.zeros((2, 5, 6, 3)), 1.0)", "ssim(tf.ones((2, 15, 16, 3)), tf.zeros((2, 15, 16, 3)), 1.0)", "ssim(tf.ones((15, 16, 3)), tf.zeros((15, 16, 3)), max_val=1.0)"])
batching += [("tf.image.@".replace("@", f), (4, 5, 6, 3)) for f in ["flip_left_right(x)", "adjust_brightness(x, 0.1)", "resize(x, (3, 4))", "total_variation(x)", "rgb_to_grayscale(x)", "sobel_edges(x)", "per_image_standardization(x)", "resize_with_crop_or_pad(x, 3, 9)"]]

# Keras under TensorFlow's own names

each("tf.keras.losses.@f(tf.ones((2, 3)), tf.zeros((2, 3)))", f=["MSE", "mse", "MAE", "mae", "MAPE", "mape", "MSLE", "msle", "KLD", "kld", "kullback_leibler_divergence", "logcosh"])
each("tf.@f()(@s)", f=["random_normal_initializer", "random_uniform_initializer", "zeros_initializer", "ones_initializer", "constant_initializer"], s=["(2, 3)", "shape=[4]", "(2, 3), dtype=tf.float64"])
add("tf.random_normal_initializer(0.0, 0.02)(shape=(2, 3))", "tf.random_uniform_initializer(minval=-1, maxval=1)((2, 3))", "tf.constant_initializer(3.0)((2,))", "tf.losses.MeanSquaredError()(tf.ones((2, 3)), tf.zeros((2, 3)))",
    "tf.losses.BinaryCrossentropy(from_logits=True)(tf.ones((2, 3)), tf.zeros((2, 3)))", "tf.initializers.GlorotUniform()((2, 3))", "tf.initializers.HeNormal(seed=1)((2, 3))")

# Other names of TensorFlow itself, and of what TensorFlow 1 had

each("tf.compat.@v.reduce_sum(tf.ones((2, 3)), axis=@a)", v=["v1", "v2"], a=["0", "1", "None", "2"])
add("tf.compat.v1.log(tf.ones((2, 3)))", "tf.compat.v1.random_normal((2, 3))", "tf.compat.v1.random_uniform([2, 3], 0, 1)", "tf.compat.v1.to_float(tf.constant([1, 2]))", "tf.compat.v1.to_int32(tf.ones((2, 3)))",
    "tf.compat.v1.squared_difference(tf.ones((2, 3)), 1.0)", "tf.compat.v1.matrix_inverse(tf.eye(3))", "tf.compat.v1.matrix_diag_part(tf.ones((2, 3, 3)))", "tf.compat.v1.diag(tf.ones(3))", "tf.compat.v1.trace(tf.eye(3))",
    "tf.compat.v1.is_nan(tf.ones((2, 3)))", "tf.compat.v1.truncated_normal((4,))", "tf.compat.v1.mod(tf.constant([5, 6]), 3)", "tf.compat.v1.cumprod(tf.ones((2, 3)))", "tf.compat.v2.nn.softmax(tf.ones((2, 3)))", "tf.compat.v2.math.log(tf.ones((2, 3)))")



def batched(shape: tuple[int, ...], *snippets: str) -> None:
    batching.extend((snippet, shape) for snippet in snippets)


D = "tf.float64"
batched((3, 4), "x * 2", "x + x", "tf.sin(x)", "x @ tf.ones((4, 5), tf.float64)", "tf.matmul(x, x, transpose_b=True)", "tf.reduce_sum(x, 1)", "tf.reduce_sum(x, 0)", "tf.reduce_mean(x)", "tf.transpose(x)", "x[:, 0]", "x[0]", "x[..., tf.newaxis]", "tf.reshape(x, [-1])", "tf.reshape(x, [3, 2, 2])", "tf.nn.softmax(x)", "tf.nn.softmax(x, axis=0)",
        "tf.nn.relu(x)", "tf.nn.gelu(x)", "tf.nn.elu(x)", "tf.nn.silu(x)", "tf.nn.leaky_relu(x)", "tf.nn.l2_normalize(x, axis=1)", "tf.nn.l2_normalize(x, axis=0)", "tf.nn.l2_normalize(x)", "tf.concat([x, x], 1)", "tf.concat([x, x], 0)", "tf.stack([x, x])", "tf.stack([x, x], 1)", "tf.unstack(x)[0]", "tf.unstack(x, axis=1)[0]", "tf.split(x, 2, axis=1)[0]", "tf.expand_dims(x, 0)",
        "tf.tile(x, [1, 2])", "tf.tile(x, [2, 1])", "tf.repeat(x, 2, axis=1)", "tf.gather(x, [0, 1], axis=1)", "tf.gather(x, [0, 1])", "tf.cumsum(x, 1)", "tf.cumsum(x, 0)", "tf.sort(x)", "tf.sort(x, axis=0)", "tf.reverse(x, [1])", "tf.reverse(x, [0])", "tf.roll(x, 1, 1)", "tf.roll(x, 1, 0)", "tf.pad(x, [[0, 0], [1, 1]])", "tf.pad(x, [[1, 1], [0, 0]])", "tf.where(x > 0, x, 0.)",
        "tf.clip_by_value(x, 0., 0.5)", "tf.maximum(x, 0.5)", "tf.einsum('bi,ij->bj', x, tf.ones((4, 5), tf.float64))", "tf.einsum('bi,bj->bij', x, x)", "tf.einsum('bi,ci->bc', x, x)", "tf.tensordot(x, tf.ones((4, 5), tf.float64), 1)", "tf.linalg.diag(x)", "tf.norm(x, axis=1)", "tf.norm(x)", "tf.math.reduce_std(x, 1)", "tf.math.reduce_variance(x, 0)", "tf.nn.moments(x, [1])[0]",
        "tf.nn.moments(x, [0])[0]", "tf.nn.batch_normalization(x, *tf.nn.moments(x, [0]), None, None, 1e-3)", "tf.nn.bias_add(x, tf.ones(4, tf.float64))", "tf.linalg.matvec(tf.ones((5, 4), tf.float64), x)", "tf.map_fn(lambda v: tf.reduce_sum(v), x)", "tf.vectorized_map(lambda v: tf.reduce_sum(v), x)", "tf.scan(lambda a, v: a + v, x)", "tf.math.top_k(x, 2)[0]", "tf.reduce_logsumexp(x, 1)",
        "tf.math.cumprod(x, 1)", "tf.broadcast_to(x, [2, 3, 4])", "tf.slice(x, [0, 1], [3, 2])", "tf.slice(x, [1, 0], [2, 4])", "x[:, ::-1]", "x[::-1]", "tf.math.xlogy(x, x)", "tf.math.squared_difference(x, tf.reduce_mean(x, 0))", "tf.nn.softmax_cross_entropy_with_logits(x, x)", "tf.nn.sigmoid_cross_entropy_with_logits(x, x)", "tf.function(lambda v: v * 2)(x)",
        "tf.linalg.l2_normalize(x, axis=1)", "tf.gather_nd(x, [[0, 1], [1, 2]])", "tf.tensor_scatter_nd_update(x, [[0]], tf.ones((1, 4), tf.float64))", "tf.boolean_mask(x, [True, False, True])", "tf.reduce_max(x, 1)", "tf.squeeze(x[:, :1], 1)", "tf.cast(x, tf.float32)", "tf.identity(x)", "tf.clip_by_norm(x, 1.0)", "tf.clip_by_norm(x, 1.0, axes=[1])", "tf.signal.dct(x)", "tf.abs(tf.signal.rfft(x))",
        "tf.linalg.set_diag(tf.linalg.diag(x), x)", "tf.meshgrid(x[:, 0], x[:, 0])[0]", "tf.add_n([x, x])", "tf.Variable(x) * 2")
batched((3, 4, 4), "tf.linalg.inv(x)", "tf.linalg.det(x)", "tf.linalg.trace(x)", "tf.linalg.diag_part(x)", "tf.linalg.band_part(x, -1, 0)", "x @ x", "tf.matmul(x, x, transpose_b=True)", "tf.linalg.solve(x, tf.ones((3, 4, 2), tf.float64))", "tf.transpose(x, [0, 2, 1])", "tf.transpose(x, [1, 2, 0])", "tf.einsum('bij,bjk->bik', x, x)", "tf.linalg.expm(x)", "tf.linalg.matrix_transpose(x)",
        "tf.linalg.svd(x, compute_uv=False)", "tf.linalg.eigvalsh(x + tf.linalg.matrix_transpose(x))", "tf.linalg.pinv(x)", "tf.linalg.slogdet(x)[1]", "tf.nn.conv1d(x, tf.ones((2, 4, 5), tf.float64), 1, 'SAME')", "tf.nn.max_pool1d(x, 2, 2, 'VALID')", "tf.nn.avg_pool1d(x, 2, 2, 'SAME')", "tf.linalg.norm(x, axis=[1, 2])", "tf.nn.softmax(x, 1)", "tf.reshape(x, [3, -1])", "tf.reshape(x, [-1, 4])")
batched((3, 6, 6, 2), "tf.nn.conv2d(x, tf.ones((3, 3, 2, 5), tf.float64), 1, 'SAME')", "tf.nn.conv2d(x, tf.ones((3, 3, 2, 5), tf.float64), 2, 'VALID')", "tf.nn.max_pool2d(x, 2, 2, 'VALID')", "tf.nn.avg_pool2d(x, 3, 2, 'SAME')", "tf.nn.depthwise_conv2d(x, tf.ones((3, 3, 2, 2), tf.float64), [1, 1, 1, 1], 'SAME')", "tf.reduce_mean(x, [1, 2])", "tf.nn.moments(x, [0, 1, 2])[0]",
        "tf.nn.depth_to_space(tf.concat([x, x], 3), 2)", "tf.nn.space_to_depth(x, 2)", "tf.nn.conv2d_transpose(x, tf.ones((3, 3, 5, 2), tf.float64), [3, 12, 12, 5], 2)")


def recorded(value: object) -> object:
    """A result with NumPy's types in the place of TensorFlow's."""
    if isinstance(value, (tf.Tensor, tf.Variable)):
        return np.zeros(value.shape, value.dtype.as_numpy_dtype) if value.dtype != tf.string else None
    if isinstance(value, (tuple, list)):
        return type(value)(*map(recorded, value)) if hasattr(value, "_fields") else type(value)(map(recorded, value))
    return value


HERE = pathlib.Path(__file__).parent


def bound_inside(tree: ast.Module) -> set[str]:
    """Names that functions and classes of a program bind, which may be others than those of the module."""
    found = set()
    for outer in ast.walk(tree):
        if isinstance(outer, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            for node in ast.walk(outer):
                if isinstance(node, ast.arg):
                    found.add(node.arg)
                elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
    return found


def program(path: pathlib.Path) -> list[list]:
    """The tensors and arrays that a program leaves, by name: shape and type."""
    inside = bound_inside(ast.parse(path.read_text(encoding="utf-8")))
    tf.random.set_seed(0)
    np.random.seed(0)
    names = runpy.run_path(str(path))
    return [
        [name, list(value.shape), value.dtype.name]
        for name, value in names.items()
        if name not in inside and isinstance(value, (tf.Tensor, tf.Variable, np.ndarray)) and not name.startswith("_")
    ]


def along_batch(code: str) -> Callable[[np.ndarray], np.ndarray]:
    def f(x: np.ndarray) -> np.ndarray:
        return np.asarray(eval(code, {"tf": tf, "np": np, "x": tf.constant(x)}), dtype=float)

    return f


if __name__ == "__main__":
    moves, rows, broken = [], [], []
    for code, shape in dict.fromkeys(batching):
        try:
            moves.append([code, list(shape), *dependence_of(along_batch(code), shape, 3, 1e-7)])
        except Exception as error:  # noqa: BLE001: every one of them must run
            broken.append(f"{code}: {error}")
    for code in dict.fromkeys(codes):
        try:
            result, dtype = nested(recorded(eval(code, {"tf": tf, "np": np})), (np.ndarray, np.generic))
        except Exception as error:  # noqa: BLE001: whatever it raises is the fact, but for names that are not there
            if type(error) in (NameError, SyntaxError) or str(error).startswith("module "):
                broken.append(f"{code}: {error}")
            rows.append([code, "error", None])
            continue
        if result is not None:
            rows.append([code, result, dtype])
    paths = sorted((HERE / "tensorflow_programs").glob("*.py"))
    programs = [[path.name, program(path)] for path in paths]
    if broken:
        raise SystemExit("\n".join(broken))
    write(__file__, "tensorflow", tf.__version__, {"rows": rows, "batching": moves, "programs": programs})
