"""What JAX's own functions and transforms give: shapes and types of many expressions, which of them raise, and how samples move results.

Run with a Python that has jax; writes library_jax.json beside this file, in the form of library_numpy.json.
"""

import os
import warnings

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.flatten_util
import jax.scipy.linalg
import jax.scipy.special
import jax.scipy.stats
import jax.numpy as jnp
import numpy as np
from jax import lax, nn, random

from recorded import dependence_of, nested, write

warnings.simplefilter("ignore")

codes: list[str] = []


def add(*snippets: str) -> None:
    codes.extend(snippets)


# jax.numpy, beside what library_jax_numpy.py asks

add(
    "jnp.sin([1., 2.])",
    "jnp.sum([1, 2])",
    "jnp.stack([1., 2.])",
    "jnp.stack([[1., 2.], [3., 4.]])",
    "jnp.concatenate([[1., 2.], [3., 4.]])",
    "jnp.concatenate([np.ones(2), jnp.ones(2)])",
    "jnp.vstack([[1., 2.], [3., 4.]])",
    "jnp.dot([1, 2], [3, 4])",
    "jnp.where([True, False], 1, 2)",
    "jnp.reshape([1, 2], (2, 1))",
    "jnp.ones(3) + [1, 2, 3]",
    "jnp.ones(3)[[0, 1]]",
    "jnp.ones(3)[5]",
    "jnp.ones(3)[-5]",
    "jnp.ones((3, 2))[0, 5]",
    "jnp.ones(3)[jnp.array([5])]",
    "jnp.ones(3)[1.0]",
    "jnp.ones(3)[jnp.array([True, False, True])]",
    "jnp.ones(3)[5:]",
    "jnp.ones(3)['a']",
    "jnp.ones(3)[np.array([0, 1])]",
    "jnp.ones(3).at[0].set(1)",
    "jnp.ones(3).at[5].set(1)",
    "jnp.ones((2, 3)).at[0].set(jnp.ones(2))",
    "jnp.ones((2, 3)).at[:, 0].add(jnp.ones(2))",
    "jnp.ones((2, 3)).at[[0, 1]].add(1)",
    "jnp.ones((2, 3)).at[jnp.array([0, 1]), 1].get()",
    "jnp.ones(3).at[0].set(1).at[1].set(2)",
    "jnp.ones(3, dtype=float)",
    "jnp.ones(3, dtype=jnp.float64)",
    "jnp.arange(3)",
    "jnp.arange(3.)",
    "jnp.linspace(0, 1, 5)",
    "jnp.array(1.0)",
    "jnp.array([1, 2])",
    "jnp.asarray(np.ones(2))",
    "jnp.float32(1)",
    "jnp.int32([1, 2])",
    "jnp.floor(jnp.arange(3))",
    "jnp.ceil(jnp.arange(3))",
    "jnp.round(jnp.arange(3))",
    "jnp.rint(jnp.arange(3))",
    "jnp.square(jnp.array([True]))",
    "jnp.negative(jnp.array([True]))",
    "jnp.subtract(jnp.array([True]), jnp.array([True]))",
    "jnp.array([True])-jnp.array([True])",
    "jnp.array([True])//jnp.array([True])",
    "jnp.array([True])**jnp.array([True])",
    "jnp.arange(3)**-1",
    "jnp.arange(3) / 2",
    "jnp.arange(3)//2",
    "jnp.sum(jnp.array([True]))",
    "jnp.sum(jnp.ones(2, jnp.int8))",
    "jnp.sum(jnp.ones(2, jnp.uint8))",
    "jnp.mean(jnp.arange(3))",
    "jnp.mean(jnp.ones(2, jnp.float16))",
    "jnp.std(jnp.ones(2, jnp.float16))",
    "jnp.ones(2, jnp.bfloat16) + 1.0",
    "jnp.ones(2, jnp.float16) + jnp.ones(2, jnp.bfloat16)",
    "jnp.ones(2, jnp.int32) + jnp.ones(2, jnp.float16)",
    "jnp.ones(2, jnp.uint8) + jnp.ones(2, jnp.int8)",
    "jnp.ones(2, jnp.int8) + 1",
    "jnp.ones(2, jnp.int8) + 1.5",
    "jnp.ones(2) + np.ones(2)",
    "jnp.ones(2, jnp.float16) + np.float64(2)",
    "jnp.split(jnp.ones(6), 2)",
    "jnp.split(jnp.ones(6), [2, 4])",
    "jnp.meshgrid(jnp.ones(2), jnp.ones(3))",
    "jnp.nonzero(jnp.array([1, 0]))",
    "jnp.atleast_1d(1., 2.)",
    "jnp.gradient(jnp.ones((2, 3)))",
    "jnp.broadcast_arrays(jnp.ones(2), 1.)",
    "jnp.reshape(jnp.ones(6), (-2, 3))",
    "jnp.linalg.eig(jnp.ones((2, 2)))",
    "jnp.linalg.svd(jnp.ones((2, 3)))",
    "jnp.linalg.svd(jnp.ones((2, 3)), full_matrices=False)",
    "jnp.linalg.qr(jnp.ones((2, 3)))",
    "jnp.linalg.eigh(jnp.eye(2))",
    "jnp.linalg.slogdet(jnp.eye(2))",
    "jnp.linalg.solve(jnp.eye(3), jnp.ones((5, 3)))",
    "jnp.linalg.lstsq(jnp.eye(3), jnp.ones(3))",
    "jnp.linalg.inv(jnp.ones(3))",
    "jnp.max(jnp.ones((0, 3)), axis=0)",
    "jnp.argmax(jnp.ones((2, 3)), axis=1)",
    "jnp.sort(jnp.float32(1))",
    "jnp.sum(jnp.float32(1), axis=0)",
    "jnp.squeeze(jnp.ones(3), 0)",
    "jnp.take(jnp.ones((2, 3)), 7)",
    "jnp.unique(jnp.array([1, 1]))",
    "jnp.repeat(jnp.ones(3), jnp.array([1, 2, 3]))",
    "jnp.histogram(jnp.ones(5))",
    "jnp.cov(jnp.ones((2, 3)))",
    "jnp.cross(jnp.ones((5, 3)), jnp.ones(3))",
    "jnp.clip(jnp.arange(3), 0.5, 2)",
    "jnp.clip(jnp.arange(3), min=1)",
    "jnp.ones((2, 3)).mean(0)",
    "jnp.ones((2, 3)).T",
    "jnp.fft.fft(jnp.ones(4))",
    "jnp.fft.fft2(jnp.ones((4, 4)))",
    "jnp.interp(1.5, jnp.ones(3), jnp.ones(3))",
    "jnp.searchsorted(jnp.arange(3), 1)",
    "jnp.bincount(jnp.array([0, 1]))",
    "jnp.eye(3)[jnp.array([0, 1])]",
    "jnp.max(jnp.ones((2, 3)), axis=(0, 1))",
    "jnp.exp2(jnp.arange(3))",
    "jnp.sinc(jnp.arange(3))",
    "jnp.trunc(jnp.arange(3))",
    "jnp.fabs(jnp.arange(3))",
    "jnp.reciprocal(jnp.arange(1, 3))",
    "jnp.power(2, 3)",
    "jnp.add(1, 2)",
    "jnp.add(1, 2.5)",
)

# Beside NumPy

add(
    "[1, 2, 3] + jnp.ones(3)",
    "np.ones(2) + jnp.ones(2)",
    "np.sum(jnp.ones((2, 3)))",
    "np.sin(jnp.ones(2))",
    "np.asarray(jnp.ones(2))",
    "np.concatenate([jnp.ones(2)])",
)

# Transforms, trees

add(
    "jax.grad(lambda x: x**2)(2.0)",
    "jax.grad(lambda x: x**2)(2)",
    "jax.grad(lambda x: x**2)(jnp.ones(3))",
    "jax.grad(lambda x: (x**2).sum())(np.ones(3))",
    "jax.value_and_grad(lambda x: (x**2).sum())(jnp.ones(3))",
    "jax.value_and_grad(lambda x: ((x**2).sum(), x), has_aux=True)(jnp.ones(3))",
    "jax.jacrev(lambda x: x**2)(jnp.ones(3))",
    "jax.jacobian(lambda x: x**2)(jnp.ones(3))",
    "jax.hessian(lambda x: (x**2).sum())(jnp.ones(3))",
    "jax.hessian(lambda x, y: (x**2).sum()*y.sum(), argnums=(0, 1))(jnp.ones(3), jnp.ones(2))",
    "jax.jacfwd(lambda x, y: x * y.sum(), argnums=(0, 1))(jnp.ones(3), jnp.ones(2))",
    "jax.jacrev(lambda p: p['w']@p['b'])({'w':jnp.ones((2, 3)), 'b':jnp.ones(3)})",
    "jax.vmap(lambda x: x.sum())(jnp.ones((5, 3)))",
    "jax.vmap(lambda x, y: x + y, in_axes=(0, None))(jnp.ones((5, 3)), jnp.ones(3))",
    "jax.vmap(lambda x, y: x + y, in_axes=(0, 1))(jnp.ones((5, 3)), jnp.ones((3, 5)))",
    "jax.vmap(lambda x, y: x + y)(jnp.ones((5, 3)), jnp.ones((4, 3)))",
    "jax.vmap(lambda x: x, in_axes=None)(jnp.ones(3))",
    "jax.vmap(lambda x: x, out_axes=1)(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: (x, x.sum()), out_axes=(1, 0))(jnp.ones((5, 3)))",
    "jax.vmap(lambda x, s: x * s)(jnp.ones((5, 3)), 2.0)",
    "jax.vmap(lambda x, s: x * s, in_axes=(0, None))(jnp.ones((5, 3)), 2.0)",
    "jax.vmap(lambda x, *, s: x * s)(jnp.ones((5, 3)), s=jnp.ones(5))",
    "jax.vmap(lambda p: p['a']+p['b'])({'a':jnp.ones((5, 3)), 'b':jnp.ones((5, 3))})",
    "jax.vmap(lambda p, x: p['a']+x, in_axes=({'a':None}, 0))({'a':jnp.ones(3)}, jnp.ones((5, 3)))",
    "jax.vmap(lambda p, x: p['a']+x, in_axes=(None, 0))({'a':jnp.ones(3)}, jnp.ones((5, 3)))",
    "jax.vmap(lambda x: 1.0)(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: jnp.ones(2), out_axes=None)(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: x, out_axes=None)(jnp.ones((5, 3)))",
    "jax.vmap(jax.grad(lambda x: (x**2).sum()))(jnp.ones((5, 3)))",
    "jax.jvp(lambda x: x**2, (jnp.ones(3), ), (jnp.ones(3), ))",
    "jax.jvp(lambda x: x**2, (jnp.ones(3), ), (jnp.ones(2), ))",
    "jax.jvp(lambda x: x**2, jnp.ones(3), jnp.ones(3))",
    "jax.vjp(lambda x: x**2, jnp.ones(3))[0]",
    "jax.vjp(lambda x: x**2, jnp.ones(3))[1](jnp.ones(3))",
    "jax.vjp(lambda x: x**2, jnp.ones(3))[1](jnp.ones(2))",
    "jax.vjp(lambda x, y: (x@y, x), jnp.ones((2, 3)), jnp.ones(3))[1]((jnp.ones(2), jnp.ones((2, 3))))",
    "jax.linearize(lambda x: x**2, jnp.ones(3))[1](jnp.ones(3))",
    "jax.jit(lambda x: x + 1)(jnp.ones(3))",
    "jax.tree.map(lambda a, b: a+b, {'a':jnp.ones(3)}, {'a':jnp.ones(3)})",
    "jax.grad(lambda x: x.sum())(jnp.arange(3))",
    "jax.grad(lambda x, y: (x * y).sum(), argnums=1)(jnp.ones(3), 2.0)",
    "jax.grad(lambda x: x.sum(), argnums=1)(jnp.ones(3))",
    "jax.hessian(lambda x: x**2)(jnp.ones(3))",
)

# jax.lax

add(
    "jax.lax.scan(lambda c, x: (c + x, c * x), jnp.zeros(3), jnp.ones((5, 3)))",
    "jax.lax.scan(lambda c, x: (c.sum(), c * x), jnp.zeros(3), jnp.ones((5, 3)))",
    "jax.lax.fori_loop(0, 5, lambda i, c: c + i, jnp.zeros(3))",
    "jax.lax.cond(True, lambda x: x, lambda x: x + 1, jnp.ones(3))",
    "jax.lax.map(lambda x: x.sum(), jnp.ones((5, 3)))",
    "lax.add(jnp.ones(3), 1.0)",
    "lax.add(jnp.ones(3), jnp.float32(1))",
    "lax.add(jnp.ones((2, 3)), jnp.ones((1, 3)))",
    "lax.add(jnp.ones((2, 3)), jnp.ones(3))",
    "lax.add(jnp.ones(3), jnp.arange(3))",
    "lax.add(jnp.ones(3), 1)",
    "lax.add(jnp.arange(3), 1.5)",
    "lax.mul(jnp.ones(3), np.ones(3))",
    "lax.max(jnp.ones(3), 0.0)",
    "lax.select(jnp.ones(3)>0, jnp.ones(3), jnp.zeros(3))",
    "lax.select(True, jnp.ones(3), jnp.zeros(3))",
    "lax.clamp(0.0, jnp.ones(3), 1.0)",
    "lax.dot(jnp.ones((2, 3)), jnp.ones((3, 4)))",
    "lax.dot(jnp.ones((2, 2, 3)), jnp.ones((3, 4)))",
    "lax.dot_general(jnp.ones((5, 2, 3)), jnp.ones((5, 3, 4)), (((2, ), (1, )), ((0, ), (0, ))))",
    "lax.batch_matmul(jnp.ones((5, 2, 3)), jnp.ones((5, 3, 4)))",
    "lax.conv(jnp.ones((1, 3, 8, 8)), jnp.ones((4, 3, 3, 3)), (1, 1), 'SAME')",
    "lax.conv(jnp.ones((1, 3, 8, 8)), jnp.ones((4, 3, 3, 3)), (2, 2), 'VALID')",
    "lax.conv_general_dilated(jnp.ones((1, 8, 8, 3)), jnp.ones((3, 3, 3, 4)), (1, 1), 'SAME', dimension_numbers=('NHWC', 'HWIO', 'NHWC'))",
    "lax.broadcast(jnp.ones(3), (2, ))",
    "lax.broadcast_in_dim(jnp.ones(3), (2, 3), (1, ))",
    "lax.reshape(jnp.ones(6), (2, 3))",
    "lax.reshape(jnp.ones(6), (2, -1))",
    "lax.transpose(jnp.ones((2, 3)), (1, 0))",
    "lax.concatenate([jnp.ones(2), jnp.ones(3)], 0)",
    "lax.slice(jnp.ones((4, 5)), (0, 1), (2, 4))",
    "lax.slice(jnp.ones((4, 5)), (0, 1), (2, 4), (1, 2))",
    "lax.slice_in_dim(jnp.ones((4, 5)), 1, 3, axis=1)",
    "lax.dynamic_slice(jnp.ones((4, 5)), (1, 2), (2, 2))",
    "lax.dynamic_slice_in_dim(jnp.ones((4, 5)), 1, 2, axis=1)",
    "lax.dynamic_index_in_dim(jnp.ones((4, 5)), 1, 0)",
    "lax.dynamic_index_in_dim(jnp.ones((4, 5)), 1, 0, keepdims=False)",
    "lax.index_in_dim(jnp.ones((4, 5)), 1, 0)",
    "lax.dynamic_update_slice(jnp.ones((4, 5)), jnp.zeros((2, 2)), (0, 0))",
    "lax.dynamic_update_slice_in_dim(jnp.ones((4, 5)), jnp.zeros((2, 5)), 0, 0)",
    "lax.dynamic_update_index_in_dim(jnp.ones((4, 5)), jnp.zeros(5), 0, 0)",
    "lax.expand_dims(jnp.ones(3), (0, ))",
    "lax.squeeze(jnp.ones((1, 3)), (0, ))",
    "lax.rev(jnp.ones((2, 3)), (0, ))",
    "lax.pad(jnp.ones((2, 3)), 0.0, ((1, 1, 0), (0, 0, 1)))",
    "lax.iota(jnp.float32, 5)",
    "lax.broadcasted_iota(jnp.int32, (2, 3), 1)",
    "lax.cumsum(jnp.ones((2, 3)), axis=1)",
    "lax.cummax(jnp.ones((2, 3)))",
    "lax.top_k(jnp.ones((2, 5)), 3)",
    "lax.sort(jnp.ones((2, 3)))",
    "lax.argmax(jnp.ones((2, 3)), 1, jnp.int32)",
    "lax.reduce(jnp.ones((2, 3)), 0.0, lax.add, (0, ))",
    "lax.reduce_sum(jnp.ones((2, 3)), (0, ))",
    "lax.reduce_max(jnp.ones((2, 3)), (0, ))",
    "lax.integer_pow(jnp.ones(3), 2)",
    "lax.pow(jnp.ones(3), 2.0)",
    "lax.pow(jnp.ones(3), 2)",
    "lax.convert_element_type(jnp.ones(3), jnp.int32)",
    "lax.full((2, 3), 1.0)",
    "lax.full_like(jnp.ones(3), 2)",
    "lax.stop_gradient(jnp.ones(3))",
    "lax.logistic(jnp.ones(3))",
    "lax.erf(jnp.ones(3))",
    "lax.eq(jnp.ones(3), jnp.ones(3))",
    "lax.rsqrt(jnp.ones(3))",
    "lax.rsqrt(jnp.arange(3))",
    "lax.exp(jnp.arange(3))",
    "lax.scan(lambda c, _: (c + 1, c), 0.0, None, length=4)",
    "lax.scan(lambda c, x: (c, x), jnp.zeros(3), (jnp.ones((5, 2)), jnp.ones((5, ))))",
    "lax.scan(lambda c, x: (c + 1, None), jnp.zeros(3), jnp.ones(5))",
    "lax.scan(lambda c, x: (c + 1, x), 0, jnp.ones(5))",
    "lax.scan(lambda c, x: (c + x, x), 0, jnp.ones(5))",
    "lax.while_loop(lambda c: c.sum()<5, lambda c: c + 1, jnp.zeros(3))",
    "lax.fori_loop(0, 3, lambda i, c: (c[0] + i, c[1]), (jnp.zeros(3), jnp.ones(2)))",
    "lax.fori_loop(0, 3, lambda i, c: c.sum(), jnp.zeros(3))",
    "lax.cond(jnp.ones(3).sum()>0, lambda: jnp.ones(3), lambda: jnp.zeros(3))",
    "lax.cond(True, lambda x: x, lambda x: x[:2], jnp.ones(3))",
    "lax.switch(1, [lambda x: x, lambda x: x + 1], jnp.ones(3))",
    "lax.associative_scan(jnp.add, jnp.ones((5, 3)))",
    "lax.associative_scan(lambda a, b: (a[0] * b[0], a[1] + b[1]), (jnp.ones(5), jnp.ones(5)))",
    "lax.map(lambda x: (x.sum(), x), jnp.ones((5, 3)))",
    "lax.reduce_window(jnp.ones((1, 4, 4, 1)), 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), 'VALID')",
)

# jax.nn

add(
    "jax.nn.one_hot(jnp.array([0, 1]), 3)",
    "jax.nn.softmax(jnp.ones((2, 3)))",
    "jax.nn.relu(jnp.arange(3))",
    "jax.nn.sigmoid(jnp.arange(3))",
    "jax.nn.gelu(2.0)",
    "jax.nn.relu([1.0])",
    "nn.softmax(jnp.ones((2, 3)), axis=0)",
    "nn.log_softmax(jnp.ones((2, 3)))",
    "nn.softmax(jnp.arange(3))",
    "nn.logsumexp(jnp.ones((2, 3)))",
    "nn.logsumexp(jnp.ones((2, 3)), axis=1)",
    "nn.one_hot(jnp.zeros((2, 3), int), 4)",
    "nn.one_hot(jnp.zeros((2, 3), int), 4, axis=0)",
    "nn.one_hot(2, 4)",
    "nn.standardize(jnp.ones((2, 3)))",
    "nn.glu(jnp.ones((2, 4)))",
    "nn.glu(jnp.ones((2, 3)))",
    "nn.silu(jnp.arange(3))",
    "nn.gelu(jnp.arange(3))",
    "nn.softplus(jnp.arange(3))",
    "nn.elu(jnp.arange(3))",
    "nn.leaky_relu(jnp.arange(3))",
    "nn.log_sigmoid(jnp.arange(3))",
    "nn.celu(jnp.arange(3))",
    "nn.selu(jnp.arange(3))",
    "nn.relu6(jnp.arange(3))",
    "nn.hard_tanh(jnp.arange(3))",
    "nn.hard_sigmoid(jnp.arange(3))",
    "nn.hard_silu(jnp.arange(3))",
    "nn.soft_sign(jnp.arange(3))",
    "nn.squareplus(jnp.arange(3))",
    "nn.mish(jnp.arange(3))",
    "nn.dot_product_attention(jnp.ones((2, 5, 4, 8)), jnp.ones((2, 7, 4, 8)), jnp.ones((2, 7, 4, 8)))",
    "nn.dot_product_attention(jnp.ones((5, 4, 8)), jnp.ones((7, 4, 8)), jnp.ones((7, 4, 8)))",
    "nn.initializers.glorot_uniform()(random.key(0), (3, 4))",
    "nn.initializers.normal(0.1)(random.key(0), (3, 4), jnp.float32)",
    "nn.initializers.zeros(random.key(0), (3, ))",
)

# jax.random

add(
    "jax.random.PRNGKey(0)",
    "jax.random.key(0)",
    "jax.random.split(jax.random.PRNGKey(0))",
    "jax.random.split(jax.random.key(0), 3)",
    "jax.random.split(jax.random.key(0), (2, 3))",
    "jax.random.normal(jax.random.key(0), (2, 3))",
    "jax.random.normal(jax.random.key(0))",
    "jax.random.uniform(jax.random.key(0), 3)",
    "jax.random.uniform(jax.random.key(0), (3, ))",
    "jax.random.randint(jax.random.key(0), (3, ), 0, 5)",
    "jax.random.permutation(jax.random.key(0), 5)",
    "jax.random.choice(jax.random.key(0), 5, (3, ))",
    "jax.random.fold_in(jax.random.key(0), 1)",
    "jax.random.bernoulli(jax.random.key(0), 0.5, (3, ))",
    "jax.random.categorical(jax.random.key(0), jnp.ones((2, 3)))",
    "jax.random.multivariate_normal(jax.random.key(0), jnp.zeros(2), jnp.eye(2))",
    "random.normal(random.key(0), [2, 3])",
    "random.normal(random.key(0), (2, 3), jnp.float16)",
    "random.normal(random.key(0), dtype=jnp.float32)",
    "random.normal(random.split(random.key(0)), (3, ))",
    "random.normal(random.PRNGKey(0), (3, ))",
    "random.normal(0, (3, ))",
    "random.normal(jnp.ones(2), (3, ))",
    "random.uniform(random.key(0), (3, ), minval=-1, maxval=1)",
    "random.uniform(random.key(0), (3, ), jnp.float32, -1, 1)",
    "random.uniform(random.key(0), (2, 3), minval=jnp.zeros(3))",
    "random.uniform(random.key(0), (2, ), minval=jnp.zeros(3))",
    "random.randint(random.key(0), (2, 3), 0, jnp.array([1, 2, 3]))",
    "random.randint(random.key(0), (3, ), 0, 5, dtype=jnp.int8)",
    "random.randint(random.key(0), 3, 0, 5)",
    "random.permutation(random.key(0), jnp.ones((4, 3)))",
    "random.permutation(random.key(0), jnp.ones((4, 3)), axis=1)",
    "random.choice(random.key(0), jnp.ones((4, 3)), (2, ))",
    "random.choice(random.key(0), 5)",
    "random.choice(random.key(0), 5, (6, ), replace=False)",
    "random.choice(random.key(0), 5, (3, ), p=jnp.ones(5) / 5)",
    "random.choice(random.key(0), jnp.ones((4, 3)), (2, ), axis=1)",
    "random.bernoulli(random.key(0))",
    "random.bernoulli(random.key(0), jnp.ones((2, 3)) / 2)",
    "random.bernoulli(random.key(0), 0.5, (3, ))",
    "random.bernoulli(random.key(0), shape=(2, 3))",
    "random.beta(random.key(0), 1.0, 2.0)",
    "random.beta(random.key(0), jnp.ones(3), 2.0)",
    "random.gamma(random.key(0), 2.0, (3, ))",
    "random.gamma(random.key(0), jnp.ones((2, 1)), (2, 3))",
    "random.exponential(random.key(0), (3, ))",
    "random.laplace(random.key(0), (3, ))",
    "random.gumbel(random.key(0), (3, ))",
    "random.cauchy(random.key(0), (3, ))",
    "random.t(random.key(0), 3.0, (3, ))",
    "random.chisquare(random.key(0), 2.0, shape=(3, ))",
    "random.poisson(random.key(0), 2.0, (3, ))",
    "random.poisson(random.key(0), jnp.ones(3))",
    "random.categorical(random.key(0), jnp.ones((2, 3)))",
    "random.categorical(random.key(0), jnp.ones((2, 3)), axis=0)",
    "random.categorical(random.key(0), jnp.ones((2, 3)), shape=(5, 2))",
    "random.categorical(random.key(0), jnp.ones(3), shape=(5, ))",
    "random.dirichlet(random.key(0), jnp.ones(3))",
    "random.dirichlet(random.key(0), jnp.ones(3), (4, ))",
    "random.dirichlet(random.key(0), jnp.ones((2, 3)))",
    "random.multivariate_normal(random.key(0), jnp.zeros(2), jnp.eye(2), (5, ))",
    "random.multivariate_normal(random.key(0), jnp.zeros((4, 2)), jnp.eye(2))",
    "random.multivariate_normal(random.key(0), jnp.zeros(3), jnp.eye(2))",
    "random.rademacher(random.key(0), (3, ))",
    "random.orthogonal(random.key(0), 3)",
    "random.orthogonal(random.key(0), 3, (2, ))",
    "random.truncated_normal(random.key(0), -1, 1, (3, ))",
    "random.truncated_normal(random.key(0), -1, jnp.ones(3))",
    "random.ball(random.key(0), 3, shape=(4, ))",
    "random.bits(random.key(0), (3, ))",
    "random.split(random.key(0))",
    "random.split(random.PRNGKey(0), 3)",
    "random.split(random.key(0), (2, ))",
    "random.split(random.split(random.key(0)))",
    "random.fold_in(random.key(0), 3)",
    "random.key_data(random.key(0))",
    "random.wrap_key_data(jnp.zeros(2, jnp.uint32))",
    "random.key(0)",
    "random.PRNGKey(0)",
    "random.split(random.key(0), 3)[0]",
    "random.normal(random.split(random.key(0), 3)[0], (2, ))",
    "jax.vmap(lambda k: random.normal(k, (3, )))(random.split(random.key(0), 5))",
    "jax.vmap(random.normal)(random.split(random.key(0), 5))",
    "jax.vmap(lambda k: random.normal(k, (3, )))(random.split(random.PRNGKey(0), 5))",
    "jax.vmap(random.normal, in_axes=(0, None))(random.split(random.key(0), 5), (3, ))",
)

# Further transforms

NET = "lambda p, x: jnp.tanh(x @ p['w'] + p['b']).sum(-1)"
PARAMS = "{'w': jnp.ones((3, 4)), 'b': jnp.ones(4)}"
for name in ("jacrev", "jacfwd"):
    f = f"jax.{name}"
    add(
        f"{f}(lambda x: x.sum())(jnp.ones(3))",
        f"{f}(lambda x: x @ jnp.ones((3, 4)))(jnp.ones((2, 3)))",
        f"{f}(lambda x, y: x * y.sum(), argnums=1)(jnp.ones(3), jnp.ones(2))",
        f"{f}(lambda x, y: x * y.sum(), argnums=(1,))(jnp.ones(3), jnp.ones(2))",
        f"{f}(lambda x, y: x * y.sum(), argnums=-1)(jnp.ones(3), jnp.ones(2))",
        f"{f}(lambda x: (x ** 2, x.sum()))(jnp.ones(3))",
        f"{f}(lambda x: (x ** 2, x.sum()), has_aux=True)(jnp.ones(3))",
        f"{f}(lambda x: x.sum())(jnp.arange(3))",
        f"{f}(lambda x: x ** 2)(2.0)",
        f"{f}({f}(lambda x: x ** 2))(jnp.ones(3))",
        f"jax.vmap({f}(lambda x: x ** 2))(jnp.ones((5, 3)))",
        f"jax.vmap({f}(lambda x, w: x @ w, argnums=(0, 1)), in_axes=(0, None))(jnp.ones((5, 3)), jnp.ones((3, 2)))",
        f"jax.vmap(jax.vmap({f}(jnp.sin)))(jnp.ones((5, 4, 3)))",
        f"jax.jit({f}(lambda x: x ** 2))(jnp.ones(3))",
        f"{f}(jax.jit(lambda x: x ** 2))(jnp.ones(3))",
        f"tuple({f}({NET})({PARAMS}, jnp.ones((5, 3))).values())",
        f"{f}({NET}, argnums=1)({PARAMS}, jnp.ones((5, 3)))",
    )
add(
    f"tuple(jax.grad(lambda p, x: ({NET})(p, x).sum())({PARAMS}, jnp.ones((5, 3))).values())",
    f"jax.value_and_grad(lambda p, x: ({NET})(p, x).sum())({PARAMS}, jnp.ones((5, 3)))[0]",
    f"jax.vmap(jax.grad(lambda x, p: ({NET})(p, x)), in_axes=(0, None))(jnp.ones((5, 3)), {PARAMS})",
    "jax.grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(jnp.ones(3), jnp.ones((2, 3)))",
    "jax.grad(lambda x: (x.sum(), x * 2), has_aux=True)(jnp.ones(3))",
    "jax.grad(lambda x: jnp.ones((1, )) * x)(2.0)",
    "jax.grad(jnp.sum)(jnp.ones((2, 3)))",
    "jax.grad(lambda x: x.sum(), argnums=(0, ))(jnp.ones(3))",
    "jax.hessian(lambda x, y: (x ** 2).sum() * y.sum(), argnums=1)(jnp.ones(3), jnp.ones(2))",
    "jax.vmap(jax.hessian(lambda x: (x ** 3).sum()))(jnp.ones((5, 3)))",
    "jax.jacfwd(jax.jacrev(lambda x: (x ** 3).sum()))(jnp.ones(3))",
    "jax.vmap(lambda x: x.sum(), in_axes=1)(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: x, in_axes=(0, 0))(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: (x, x.sum()))(jnp.ones((5, 3)))",
    "jax.vmap(lambda x, y: x @ y, in_axes=(0, None))(jnp.ones((5, 3)), jnp.ones((3, 2)))",
    "jax.vmap(jnp.dot)(jnp.ones((5, 3)), jnp.ones((5, 3)))",
    "jax.vmap(jnp.dot, in_axes=(0, None))(jnp.ones((5, 3)), jnp.ones((5, 3)))",
    "jax.vmap(jnp.outer)(jnp.ones((5, 3)), jnp.ones((5, 2)))",
    "jax.vmap(lambda x: x[:, 0])(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: x.reshape(5, 3))(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: jnp.linalg.det(x))(jnp.ones((5, 3, 3)))",
    "jax.vmap(lambda xs: xs[0] + xs[1])((jnp.ones((5, 3)), jnp.ones((5, 3))))",
    "jax.vmap(lambda xs: xs[0] + xs[1], in_axes=((0, None), ))((jnp.ones((5, 3)), jnp.ones(3)))",
    "jax.vmap(lambda x: {'a': x, 'b': x.sum()})(jnp.ones((5, 3)))['b']",
    "jax.vmap(lambda x: x, in_axes=-1, out_axes=-1)(jnp.ones((5, 3)))",
    "jax.vmap(lambda x: x, in_axes=2)(jnp.ones((5, 3)))",
    "jax.vmap(lambda x, i: x[i])(jnp.ones((5, 3)), jnp.arange(5))",
    "jax.jvp(lambda x, y: x @ y, (jnp.ones((2, 3)), jnp.ones(3)), (jnp.ones((2, 3)), jnp.ones(3)))",
    "jax.jvp(lambda x: (x ** 2, x.sum()), (jnp.ones(3), ), (jnp.ones(3), ))",
    "jax.jvp(lambda x: (x ** 2, x.sum()), (jnp.ones(3), ), (jnp.ones(3), ), has_aux=True)",
    "jax.jvp(jnp.sin, (2.0, ), (1.0, ))",
    "jax.vjp(lambda x: (x ** 2, x.sum()), jnp.ones(3), has_aux=True)[2]",
    "jax.vjp(jnp.sin, 2.0)[1](1.0)",
    "jax.vjp(lambda x: jnp.outer(x, x), jnp.ones(3))[1](jnp.ones((3, 3)))[0]",
    "jax.vmap(jax.vjp(lambda x: x ** 2, jnp.ones(3))[1])(jnp.eye(3))[0]",
    "jax.vmap(lambda v: jax.jvp(lambda x: x ** 2, (jnp.ones(3), ), (v, ))[1])(jnp.eye(3))",
    "jax.linearize(lambda x: x ** 2, jnp.ones(3))[0]",
    "jax.vmap(jax.linearize(lambda x: x ** 2, jnp.ones(3))[1])(jnp.eye(3))",
    "jax.checkpoint(lambda x: x ** 2)(jnp.ones(3))",
    "jax.jit(lambda x, n: x * n, static_argnums=1)(jnp.ones(3), 2)",
    "jax.tree.leaves({'a': jnp.ones(3), 'b': (jnp.ones(2), None)})",
    "jax.tree.map(jnp.shape, (jnp.ones(3), jnp.ones((2, 3))))[1]",
    "jax.tree.map(lambda a: a * 2, [jnp.ones(3), (jnp.ones(2), )])[1][0]",
    "jax.tree_util.tree_map(lambda a, b: a + b, (jnp.ones(3), ), (jnp.ones(3), ))[0]",
    "jax.tree.map(lambda a, b: a + b, (jnp.ones(3), ), (jnp.ones(3), jnp.ones(2)))",
    "jax.tree.reduce(lambda a, b: a + b.sum(), {'a': jnp.ones(3), 'b': jnp.ones(2)}, 0.0)",
    "jax.tree.unflatten(jax.tree.structure((1, 2)), [jnp.ones(3), jnp.ones(2)])",
    "jax.flatten_util.ravel_pytree({'a': jnp.ones((2, 3)), 'b': jnp.ones(4)})[0]",
    "jax.flatten_util.ravel_pytree({'a': jnp.ones((2, 3)), 'b': jnp.ones(4)})[1](jnp.ones(10))['a']",
    "jax.device_put(np.ones(3))",
    "jax.device_get(jnp.ones(3))",
    "jax.block_until_ready(jnp.ones(3))",
)

# Arrays

for index in ("0", "[0, 1]", "0, 0", ":, 0", "1:, ::2", "..., 0", "None", "jnp.array([0, 1])", "jnp.array([0, 1]), jnp.array([0, 1])", "jnp.ones((2, 3)) > 0", "0, :, None", "5", ":, 7"):
    add(f"jnp.ones((2, 3))[{index}]", f"jnp.ones((2, 3)).at[{index}].set(0.0)", f"jnp.ones((2, 3)).at[{index}].add(1)", f"jnp.ones((2, 3)).at[{index}].multiply(2.0)", f"jnp.ones((2, 3)).at[{index}].get()")
add(
    "jnp.ones((2, 3)).at[0].set(jnp.ones(3))", "jnp.ones((2, 3)).at[:, 0].set(jnp.ones(3))", "jnp.ones((2, 3)).at[0].max(5)", "jnp.arange(3).at[0].set(2.5)", "jnp.ones(3).at[1].apply(jnp.sin)",
    "jnp.ones((2, 3)).block_until_ready()", "jnp.ones((2, 3)).astype(jnp.bfloat16)", "jnp.ones((2, 3), dtype=jnp.bfloat16) * 2", "jnp.ones(2, jnp.bfloat16) + jnp.ones(2, jnp.float32)", "jnp.ones(2, jnp.bfloat16).sum()", "jnp.zeros(jnp.ones((2, 3)).shape)", "jnp.zeros(jnp.int32(3))", "jnp.zeros(np.int64(3))", "jnp.float32(2) * jnp.ones(3, jnp.float16)", "np.float32(2) * jnp.ones(3)", "np.float64(2) * jnp.arange(3)", "jnp.ones(3) * np.sqrt(2)", "jnp.pi * jnp.ones(3)", "jnp.asarray([1, 2, 3])", "jnp.array([[1.0, 2.0], [3.0, 4.0]])", "jnp.array([[1, 2], [3]])", "jnp.array([jnp.ones(2), jnp.zeros(2)])", "jnp.stack([row.sum() for row in jnp.ones((2, 3))])", "jnp.array([row * 2 for row in jnp.ones((2, 3))])", "jnp.zeros_like([1, 2])", "jnp.linspace(0, 1, 5, dtype=jnp.float16)", "jnp.eye(3, dtype=int)", "jnp.einsum('bi,ij->bj', jnp.ones((5, 3)), jnp.ones((3, 4)))", "jnp.ones((5, 3)) - jnp.ones((5, 3)).mean(0)", "jnp.ones((5, 3)) / jnp.linalg.norm(jnp.ones((5, 3)), axis=1)", "jnp.ones((5, 3)) == [1, 2, 3]", "sum(jnp.ones((2, 3)))", "jnp.vectorize(lambda x: x + 1)", "jnp.ones((2, 3)).T @ jnp.ones((2, 4))", "jnp.where(jnp.ones(3) > 0, jnp.ones(3), 0)", "jnp.sort(jnp.ones((2, 3)), axis=0, descending=True)", "jnp.unique(jnp.array([1, 2, 2]), size=3)", "jnp.nonzero(jnp.array([1, 0, 2]), size=3)",
)

# jax.scipy

for name in ("erf", "erfc", "erfinv", "expit", "logit", "gammaln", "digamma", "entr", "i0", "i0e", "i1", "i1e", "ndtr", "ndtri", "log_ndtr", "gamma"):
    add(f"jax.scipy.special.{name}(jnp.full((2, 3), 0.5))", f"jax.scipy.special.{name}(0.5)", f"jax.scipy.special.{name}(jnp.arange(1, 3))")
add(
    "jax.scipy.special.logsumexp(jnp.ones((2, 3)))", "jax.scipy.special.logsumexp(jnp.ones((2, 3)), axis=1)", "jax.scipy.special.logsumexp(jnp.ones((2, 3)), axis=1, keepdims=True)", "jax.scipy.special.logsumexp(jnp.ones((2, 3)), axis=2)", "jax.scipy.special.logsumexp(jnp.ones((2, 3)), axis=0, b=jnp.ones(3))", "jax.scipy.special.xlogy(jnp.ones((2, 1)), jnp.ones(3))", "jax.scipy.special.betaln(jnp.ones(3), 2.0)",
    "jax.scipy.linalg.inv(jnp.eye(3))", "jax.scipy.linalg.det(jnp.eye(3))", "jax.scipy.linalg.expm(jnp.ones((3, 3)))", "jax.scipy.linalg.expm(jnp.ones((2, 3)))", "jax.scipy.linalg.cholesky(jnp.eye(3), lower=True)", "jax.scipy.linalg.solve(jnp.eye(3), jnp.ones(3))", "jax.scipy.linalg.solve(jnp.eye(3), jnp.ones((3, 2)))", "jax.scipy.linalg.solve(jnp.eye(3), jnp.ones((2, 3)))", "jax.scipy.linalg.solve_triangular(jnp.eye(3), jnp.ones(3), lower=True)", "jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(jnp.eye(3)), jnp.ones(3))", "jax.scipy.linalg.block_diag(jnp.ones((2, 3)), jnp.ones((1, 2)))", "jax.scipy.linalg.svd(jnp.ones((2, 3)))", "jax.scipy.linalg.svd(jnp.ones((2, 3)), full_matrices=False)",
    "jax.scipy.stats.norm.logpdf(jnp.ones((2, 3)))", "jax.scipy.stats.norm.logpdf(jnp.ones((2, 3)), jnp.ones(3), 2.0)", "jax.scipy.stats.norm.pdf(0.5)", "jax.scipy.stats.norm.cdf(jnp.ones(3), loc=1.0)", "jax.scipy.stats.norm.logpdf(jnp.ones((2, 3)), jnp.ones(2))", "jax.scipy.stats.gamma.logpdf(jnp.ones(3), 2.0)",
)

# jax.ops

for name in ("sum", "prod", "max", "min"):
    f = f"jax.ops.segment_{name}"
    add(
        f"{f}(jnp.ones((10, 3)), jnp.zeros(10, int), num_segments=4)", f"{f}(jnp.ones((10, 3)), jnp.array([0, 1, 2, 3, 4] * 2))", f"{f}(jnp.ones((10, 3)), jnp.zeros(9, int), 4)",
        f"{f}(jnp.ones((1, 3)), jnp.zeros(9, int), 4)", f"{f}(jnp.ones((10, 3)), jnp.zeros((10, 3), int), 4)", f"{f}(jnp.ones(10), jnp.zeros((5, 10), int), 4)", f"{f}(jnp.ones((10, 3)), 0, 4)", f"{f}(jnp.ones((10, 3)), jnp.zeros(1, int), 4)",
        f"{f}(1.0, jnp.zeros(1, int), 4)", f"{f}(jnp.ones((10, 3)), jnp.zeros(10), 4)", f"{f}(jnp.ones((10, 3)), jnp.zeros(10, int), -4)", f"{f}([1, 2, 3], jnp.array([0, 1, 1]))", f"{f}(jnp.ones((10, 3)) > 0, jnp.zeros(10, int), 4)", f"{f}(jnp.arange(10), jnp.zeros(10, int), 4, indices_are_sorted=True)",
    )
add(
    "jax.pmap(lambda x: x * 2)(jnp.ones((1, 3)))",
    "jax.pmap(lambda x, n: jnp.zeros((n, )) + x.sum(), static_broadcasted_argnums=1)(jnp.ones((1, 3)), 7)",
    "jax.pmap(lambda n, x, w: jnp.zeros((n, )) + x @ w, in_axes=(None, 0, None), static_broadcasted_argnums=(0, ))(4, jnp.ones((1, 3)), jnp.ones((3, 4)))",
    "jax.pmap(lambda x, n: x, static_broadcasted_argnums=(0, ))(jnp.ones((1, 3)), 7)",
)

# How samples move results: code of a batch x along axis 0

PLANE, CUBE = (3, 5), (3, 4, 6)
batching: list[tuple[str, tuple[int, ...]]] = []


def batched(shape: tuple[int, ...], *snippets: str) -> None:
    batching.extend((code, shape) for code in snippets)


batched(
    PLANE,
    "x", "jnp.tanh(x) * 2", "x @ jnp.ones((5, 4))", "x @ x.T", "x.sum(0)", "x.sum(1)", "x - x.mean(0)", "x - x.mean(1, keepdims=True)", "nn.softmax(x)", "nn.softmax(x, axis=0)", "nn.log_softmax(x, axis=1)", "nn.gelu(x)", "nn.standardize(x)", "nn.standardize(x, axis=0)", "nn.logsumexp(x, axis=1)", "nn.glu(x[:, :4])", "x.at[0].set(0.0)", "x.at[:, 0].set(1.0)", "x.at[:, 0].add(x[:, 1])", "x.at[0].add(x[1])", "x[0]", "x[::-1]", "x[:, ::-1]", "x[jnp.arange(3), jnp.array([0, 1, 2])]", "jnp.cumsum(x, axis=1)", "jnp.cumsum(x, axis=0)", "jnp.concatenate([x, x], axis=1)", "jnp.stack([x, x], axis=1)", "jnp.where(x > 0.5, x, 0)", "jnp.einsum('bi,bj->bij', x, x)", "jnp.linalg.norm(x, axis=1)", "x / jnp.linalg.norm(x)",
    "jax.vmap(jnp.sum)(x)", "jax.vmap(lambda r: r / r.sum())(x)", "jax.vmap(lambda r: jnp.outer(r, r))(x)", "jax.vmap(lambda r: r * 2, in_axes=1)(x)", "jax.vmap(lambda r: r * 2, out_axes=1)(x)", "jax.vmap(lambda r: r + x.sum())(x)", "jax.vmap(lambda r, s: r * s)(x, x[::-1])", "jax.lax.map(lambda r: r.sum(), x)", "lax.scan(lambda c, r: (c + r, c + r), jnp.zeros(5), x)[1]", "lax.scan(lambda c, r: (c, r * 2), jnp.zeros(5), x)[1]", "lax.scan(lambda c, r: (c + r, r), jnp.zeros(3), x.T)[0]", "lax.fori_loop(0, 3, lambda i, c: c * 2, x)", "lax.cond(x.sum() > 7.5, lambda v: v, lambda v: v * 2, x)", "lax.cond(True, lambda v: v, lambda v: v * 2, x)", "lax.dot(x, x.T)", "lax.rev(x, (0,))", "lax.rev(x, (1,))", "lax.dynamic_slice_in_dim(x, 1, 2, axis=1)", "lax.top_k(x, 2)[0]", "lax.cummax(x, axis=1)", "lax.select(x > 0.5, x, x * 2)", "lax.stop_gradient(x)", "x[lax.iota(jnp.int32, 3)]",
    "jax.vmap(jax.grad(lambda r: (r ** 3).sum()))(x)", "jax.grad(lambda v: (v ** 3).sum())(x)", "jax.vmap(jax.jacrev(lambda r: r ** 2))(x)", "jax.vmap(jax.hessian(lambda r: (r ** 3).sum()))(x)", "jax.jacrev(lambda v: v ** 2)(x).sum(2)", "jax.jacfwd(lambda v: (v ** 2).sum(0))(x)", "jax.value_and_grad(lambda v: (v ** 3).sum())(x)[0]", "jax.value_and_grad(lambda v: ((v ** 2).sum(), v * 2), has_aux=True)(x)[0][1]", "jax.jvp(lambda v: v ** 2, (x,), (jnp.ones_like(x),))[0]", "jax.jvp(lambda v: v ** 2, (x,), (jnp.ones_like(x),))[1]", "jax.vjp(lambda v: v ** 3, x)[0]", "jax.vjp(lambda v: v ** 3, x)[1](jnp.ones_like(x))[0]", "jax.linearize(lambda v: v ** 2, x)[0]", "jax.linearize(lambda v: v ** 3, x)[1](jnp.ones_like(x))", "jax.tree.map(lambda v: v * 2, (x,))[0]", "jax.flatten_util.ravel_pytree(x)[0]",
    "jax.ops.segment_sum(x, jnp.array([0, 1, 0]), 2)", "jax.ops.segment_sum(x.T, jnp.array([0, 1, 0, 1, 1]), 2)", "jax.ops.segment_max(x.T, jnp.array([0, 1, 0, 1, 1]), 2)",
)
batched(CUBE, "x.reshape(3, -1)", "x.reshape(12, 6).sum(1)", "x.transpose(0, 2, 1)", "x @ x.transpose(0, 2, 1)", "jax.vmap(lambda m: m @ m.T)(x)", "jax.vmap(jax.vmap(lambda r: r / r.sum()))(x)", "jnp.einsum('bij,bkj->bik', x, x)", "nn.softmax(x, axis=1)", "lax.batch_matmul(x, jnp.swapaxes(x, 1, 2))", "jnp.mean(x, axis=(1, 2))", "jax.vmap(jnp.linalg.norm)(x)", "lax.scan(lambda c, m: (c, m.sum(0)), 0.0, x)[1]", "lax.map(lambda m: m @ m.T, x)", "nn.dot_product_attention(x[:, :, None], x[:, :, None], x[:, :, None])")


def dependence(code: str, shape: tuple[int, ...]) -> tuple[list[int], int]:
    """Axes whose entry k goes with sample k alone, and on how many samples an element depends at most."""

    def f(x: np.ndarray) -> np.ndarray:
        with jax.enable_x64(True):
            result = eval(code, {"jax": jax, "jnp": jnp, "np": np, "lax": lax, "nn": nn, "x": jnp.asarray(x)})
            return np.asarray(result, dtype=float)

    return dependence_of(f, shape, 4)


def main() -> None:
    names = {"jax": jax, "jnp": jnp, "np": np, "lax": lax, "nn": nn, "random": random, "sum": sum, "range": range, "tuple": tuple}
    rows = []
    for code in dict.fromkeys(codes):
        try:
            result, dtype = nested(eval(code, dict(names)), (jax.Array, np.ndarray, np.generic))
        except AttributeError as error:
            raise SystemExit(f"{code}: {error}") from error
        except Exception:  # noqa: BLE001: whatever it raises is the fact
            rows.append([code, "error", None])
            continue
        if result is not None:
            rows.append([code, result, dtype])
    moves = [[code, list(shape), *dependence(code, shape)] for code, shape in dict.fromkeys(batching)]
    write(__file__, "jax", jax.__version__, {"rows": rows, "batching": moves})


if __name__ == "__main__":
    main()
