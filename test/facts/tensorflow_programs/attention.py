"""Attention with heads, positions and tables of embeddings."""
import tensorflow as tf
from tensorflow import math as tfm
from tensorflow.linalg import inv


def attention(q, k, v, mask=None):
    d = tf.cast(tf.shape(k)[-1], tf.float32)
    scores = tf.matmul(q, k, transpose_b=True) / tf.math.sqrt(d)
    if mask is not None:
        scores += (mask * -1e9)
    weights = tf.nn.softmax(scores, axis=-1)
    return tf.matmul(weights, v), weights


def split_heads(x, heads):
    batch = tf.shape(x)[0]
    depth = x.shape[-1] // heads
    x = tf.reshape(x, (batch, -1, heads, depth))
    return tf.transpose(x, perm=[0, 2, 1, 3])


x = tf.random.normal((4, 10, 32))
h = split_heads(x, 8)
out, w = attention(h, h, h)
merged = tf.reshape(tf.transpose(out, [0, 2, 1, 3]), (tf.shape(x)[0], tf.shape(x)[1], 32))
mask = 1 - tf.linalg.band_part(tf.ones((10, 10)), -1, 0)
out2, w2 = attention(h, h, h, mask)
pos = tf.range(10)[:, tf.newaxis]
i = tf.range(32)[tf.newaxis, :]
angle = tf.cast(pos, tf.float32) / tf.pow(10000.0, tf.cast(2 * (i // 2), tf.float32) / 32.0)
s = tf.math.sin(angle[:, 0::2])
enc = tf.concat([s, tf.math.cos(angle[:, 1::2])], axis=-1)[tf.newaxis, ...]
emb = tf.Variable(tf.random.normal((100, 32)))
ids = tf.constant([[1, 2, 3], [4, 5, 6]])
e = tf.nn.embedding_lookup(emb, ids)
e2 = tf.gather(emb, ids)
onehot = tf.one_hot(ids, 100)
e3 = onehot @ emb
pred = tfm.reduce_max(e, axis=2)
a = tf.eye(3) * 2.0
ia = inv(a)
q = tf.einsum('bld,ld->bl', e, e[0])
rows = []
for r in e:
    rows.append(tf.reduce_sum(r, axis=0))
st = tf.stack(rows)
