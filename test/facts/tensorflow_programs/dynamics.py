"""Maps over samples, scans, solvers, updates and clipping."""
import tensorflow as tf
import numpy as np


def f(x):
    return tf.stack([x[0] ** 2 + x[1], tf.sin(x[0]) * x[1]])


x = tf.constant([1.0, 2.0])
y = f(x)
xs = tf.random.normal((5, 2))
ys = tf.vectorized_map(f, xs)
ym = tf.map_fn(f, xs)


def rk4(f, y0, t):
    ys = [y0]
    y = y0
    for i in range(len(t) - 1):
        h = t[i + 1] - t[i]
        k1 = f(y)
        k2 = f(y + h * k1 / 2)
        y = y + h / 6 * (k1 + 2 * k2)
        ys.append(y)
    return tf.stack(ys)


t = tf.linspace(0.0, 1.0, 6)
sol = rk4(lambda y: -y, tf.constant([1.0, 0.0]), t)
cs = tf.scan(lambda a, v: 0.9 * a + v, tf.ones((40, 3)), initializer=tf.zeros(3))
i = tf.constant(0)
res = tf.while_loop(lambda i, s: i < 10, lambda i, s: (i + 1, s + tf.ones((2, 2))), [i, tf.zeros((2, 2))])
r0, r1 = res
x64 = tf.cast(xs, tf.float64)
np64 = np.linspace(0, 1, 5)
tt = tf.convert_to_tensor(np64)
tt32 = tf.convert_to_tensor(np64, dtype=tf.float32)
prod = tt32 * np64
mix = xs * np.array([1.0, 2.0])
A = tf.constant([[2.0, 0.0], [0.0, 3.0]])
sol2 = tf.linalg.solve(A, tf.ones((2, 1)))
L = tf.linalg.cholesky(A)
samples = tf.zeros(2) + tf.linalg.matvec(L, tf.random.normal((7, 2)))
det = tf.linalg.det(A)
upd = tf.tensor_scatter_nd_update(tf.zeros((4, 4)), [[0, 1], [2, 3]], [1.0, 2.0])
sc = tf.scatter_nd([[1], [3]], [9.0, 10.0], [5])
grid = tf.meshgrid(tf.linspace(-1., 1., 4), tf.linspace(-1., 1., 3))
pts = tf.stack([tf.reshape(g, [-1]) for g in grid], axis=1)
seq = tf.sequence_mask([1, 3], 4, dtype=tf.float32)
cl = tf.clip_by_value(xs, -1.0, 1.0)
gs, gn = tf.clip_by_global_norm([xs, A], 1.0)
g0 = gs[0]
fft = tf.signal.rfft(tf.random.normal((3, 16)))
mag = tf.abs(fft)
var = tf.Variable(xs)
var.assign(xs * 2)
var.assign_add(tf.ones_like(xs))
v2 = var + 1.0
rng = tf.random.stateless_normal((3, 2), seed=[1, 2])
s = sum(tf.reduce_sum(v) for v in [xs, A])
mx = tf.maximum(0.0, xs)
mn = tf.minimum(xs, 0)
lg = tf.reduce_logsumexp(xs, axis=-1)
kl = tf.reduce_sum(tf.exp(xs) * (xs - lg[:, None]), axis=-1)
cum = tf.cumsum(xs, axis=0)
rr = tf.reverse(xs, axis=[1])
cond = tf.cond(tf.reduce_sum(xs) > 0, lambda: xs, lambda: -xs)
shape_list = xs.shape.as_list()
zz = tf.zeros(shape_list + [3])
zz2 = tf.zeros(xs.shape + [3])
zz3 = tf.zeros((*xs.shape, 3))
nd = len(xs.shape)
pp = tf.transpose(zz, [*range(nd), 2][::-1])
