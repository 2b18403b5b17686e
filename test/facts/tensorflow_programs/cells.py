"""Loops in functions that run as graphs, recurrent cells, types of numbers."""
import tensorflow as tf
import numpy as np


@tf.function
def collatz(n):
    steps = 0
    while n > 1:
        n = n // 2
        steps += 1
    return steps


@tf.function
def power(x, n):
    y = tf.ones_like(x)
    for _ in tf.range(n):
        y = y * x
    return y


@tf.function(jit_compile=False, reduce_retracing=True)
def normalize(x, axis=-1):
    return x / tf.norm(x, axis=axis, keepdims=True)


x = tf.random.normal((5, 4))
y = power(x, 3)
z = normalize(x)
z0 = normalize(x, axis=0)


def loop(x):
    h = tf.zeros((x.shape[0], 8))
    W = tf.ones((8, 8))
    U = tf.ones((1, 8))
    outs = []
    for t in range(x.shape[1]):
        h = tf.tanh(h @ W + x[:, t:t + 1] @ U)
        outs.append(h)
    return tf.stack(outs, axis=1), h


seq, last = loop(x)


def lstm_cell(x, h, c, W):
    zz = tf.concat([x, h], axis=1) @ W
    i, f, g, o = tf.split(zz, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


hh, cc = lstm_cell(x, tf.zeros((5, 6)), tf.zeros((5, 6)), tf.ones((10, 24)))
n = tf.constant(5)
r = tf.range(n)
e = tf.eye(n)
zeros = tf.zeros((n, 2))
rs = tf.reshape(tf.range(n * 2), (n, 2))
f64 = tf.constant(np.arange(6.0).reshape(2, 3))
both = tf.matmul(f64, tf.cast(tf.ones((3, 2)), f64.dtype))
i64 = tf.constant(np.array([1, 2, 3]))
i32 = tf.constant([1, 2, 3])
s = tf.cast(i64, tf.int32) + i32
h = i32 / 2
fl = i32 // 2
mo = i32 % 2
b = tf.logical_and(i32 > 1, i32 < 3)
anyb = tf.reduce_any(b)
c = tf.complex(tf.ones(3), tf.zeros(3))
ab = tf.abs(c)
re = tf.math.real(c * tf.math.conj(c))
arr = np.asarray(x)
back = tf.constant(arr[:, :2])
added = x[:, :2] + arr[:, :2]
lst = [tf.constant(1.0), tf.constant(2.0)]
vec = tf.stack(lst)
vec2 = tf.convert_to_tensor(lst)
mat = tf.constant([[1., 2.], [3., 4.]])
tr = tf.linalg.trace(mat)
inv = tf.linalg.inv(mat)
ex = tf.linalg.expm(mat)
ks = tf.reshape(mat[:, None, :, None] * mat[None, :, None, :], (4, 4))
out = tf.tensordot(mat, mat, axes=[[1], [0]])
outer = tf.einsum('i,j->ij', vec, vec)
tril = tf.linalg.band_part(mat, -1, 0)
up = tf.tensor_scatter_nd_update(mat, [[0, 0]], [9.0])
t3 = tf.transpose(tf.ones((2, 3, 4)), [2, 0, 1])
sh = tf.shape(t3)
sh2 = tf.concat([sh[:1], [-1]], axis=0)
resh = tf.reshape(t3, sh2)
total = tf.size(t3)
rank = tf.rank(t3)
cond = tf.where(x > 0, x, 0.0)
cl = tf.clip_by_norm(x, 1.0, axes=[1])
ld = tf.linalg.slogdet(mat)[1]
u, idx = tf.unique([1, 1, 2])
q, rr = tf.linalg.qr(tf.ones((5, 3)))
ev = tf.linalg.eigvalsh(mat + tf.transpose(mat))
