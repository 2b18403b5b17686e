"""A network of coordinates, windows, datasets of dicts, rotations."""
import tensorflow as tf
import numpy as np
from typing import Tuple


class SIREN(tf.Module):
    def __init__(self, width=16, depth=3, name="siren"):
        super(SIREN, self).__init__(name=name)
        self.ws, self.bs = [], []
        sizes = [2] + [width] * depth + [1]
        for i in range(len(sizes) - 1):
            lim = np.sqrt(6 / sizes[i])
            self.ws.append(tf.Variable(tf.random.uniform((sizes[i], sizes[i + 1]), -lim, lim), dtype=tf.float32))
            self.bs.append(tf.Variable(tf.zeros((1, sizes[i + 1]), dtype=tf.float32)))
    def __call__(self, xy):
        h = xy
        for w, b in zip(self.ws[:-1], self.bs[:-1]):
            h = tf.sin(tf.add(tf.matmul(h, w), b))
        return tf.add(tf.matmul(h, self.ws[-1]), self.bs[-1])


net = SIREN()
x = tf.linspace(0.0, 1.0, 9)
t = tf.linspace(0.0, 2.0, 5)
xx, tt = tf.meshgrid(x, t, indexing='ij')
pts = tf.stack([tf.reshape(xx, [-1]), tf.reshape(tt, [-1])], axis=-1)
u = net(pts)
grid = tf.reshape(u, xx.shape)
nparams = tf.reduce_sum([tf.size(v) for v in net.trainable_variables])
data = np.random.randn(50, 3)
dt = tf.convert_to_tensor(data, dtype=tf.float32)
d64 = tf.constant(data)
try:
    bad = d64 + tf.ones((50, 3))
except Exception:
    bad = None
w = tf.Variable(np.zeros((3, 2), dtype=np.float32))
w.assign(np.ones((3, 2)))
w.assign_add(0.1 * tf.ones_like(w))
for step in range(3):
    g = tf.matmul(dt, tf.matmul(dt, w), transpose_a=True) / 50
    w.assign_sub(0.01 * g)
r = dt @ w
bs = tf.shape(r)[0]
mask = tf.sequence_mask(tf.constant([1, 2]), maxlen=bs)
steps = [tf.constant(float(i)) for i in range(4)]
st = tf.stack(steps)
mapped = tf.map_fn(lambda s: s * tf.ones(3), st)
outp = tf.vectorized_map(lambda a: tf.reduce_sum(a[0] * a[1]), (dt, dt))
nested = {'a': tf.ones(3), 'b': [tf.zeros((2, 2)), 1.0]}
na = nested['a'] * 2
nb = nested['b'][0] + nested['b'][1]


def conv(x: tf.Tensor, k: int = 3) -> Tuple[tf.Tensor, tf.Tensor]:
    p = tf.pad(x, [[0, 0], [k // 2, k // 2]])
    wins = tf.stack([p[:, i:i + x.shape[1]] for i in range(k)], axis=-1)
    return wins, tf.reduce_mean(wins, -1)


wins, sm = conv(tf.transpose(dt))
ds = tf.data.Dataset.from_tensor_slices({'x': data.astype('float32'), 'y': np.arange(50)}).batch(16, drop_remainder=True).repeat(2)
for item in ds:
    bx = item['x']
    by = item['y']
    yy = tf.cast(by, tf.float32)[:, tf.newaxis] * bx
ds2 = tf.data.Dataset.range(20).map(lambda i: tf.cast(i, tf.float32) * tf.ones(4)).batch(5)
for v5 in ds2:
    s5 = tf.reduce_sum(v5, axis=1)
it = iter(ds2)
first = next(it)
val = tf.reduce_sum(first).numpy()
h = tf.random.categorical(tf.math.log([[0.5, 0.5]]), 7)
lo = tf.cond(tf.shape(dt)[0] > 10, lambda: dt[:10], lambda: dt)
idx = tf.argsort(tf.norm(dt, axis=1), direction='DESCENDING')[:4]
best = tf.gather(dt, idx)
z = tf.zeros([tf.shape(dt)[0], 2], dtype=dt.dtype)
eqs = tf.reduce_all(tf.equal(z, 0))
ind = tf.stack([tf.range(3), tf.range(3)], axis=1)
gn = tf.gather_nd(dt, ind)
mx = tf.reduce_max(dt, axis=0) - tf.reduce_min(dt, axis=0)
an = tf.math.atan2(dt[:, 0], dt[:, 1])
ro = tf.stack([tf.cos(an), -tf.sin(an), tf.sin(an), tf.cos(an)], -1)
R = tf.reshape(ro, (-1, 2, 2))
pw = tf.einsum('bij,bj->bi', R, dt[:, :2])
fr = tf.linalg.matvec(R, dt[:, :2])
dets = tf.linalg.det(R)
