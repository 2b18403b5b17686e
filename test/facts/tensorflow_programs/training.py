"""Batches of data, functions that run as graphs, and what is computed from arrays."""
import numpy as np
import tensorflow as tf

X = np.random.rand(100, 5).astype(np.float32)
Y = np.random.rand(100, 1).astype("float32")
ds = tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(100).batch(20)
w = tf.Variable(tf.zeros([5, 1]))
b = tf.Variable(0.0)


@tf.function
def step(x, y):
    pred = tf.matmul(x, w) + b
    loss = tf.reduce_mean((pred - y) ** 2)
    return loss, pred


for xb, yb in ds:
    last_loss, last_pred = step(xb, yb)
for epoch in range(2):
    for i, (xb2, yb2) in enumerate(ds):
        l2, p2 = step(xb2, yb2)


@tf.function(input_signature=[tf.TensorSpec(shape=[None, 5], dtype=tf.float32)])
def predict(x):
    n = tf.shape(x)[0]
    return tf.zeros([n, 3]) + tf.reduce_sum(x, axis=1, keepdims=True)


out = predict(X)
o2 = predict(tf.constant(X)[:7])
arr = out.numpy()
m = arr.mean(axis=0)
t = tf.constant(X)
mean, var = tf.nn.moments(t, axes=[0])
norm = (t - mean) / tf.sqrt(var + 1e-6)
cov = tf.matmul(norm, norm, transpose_a=True) / tf.cast(tf.shape(norm)[0], tf.float32)
e, v = tf.linalg.eigh(cov)
proj = tf.matmul(norm, v[:, -2:])
d = tf.reduce_sum((t[:, None, :] - t[None, :, :]) ** 2, axis=-1)
near = tf.argsort(d, axis=-1)[:, :3]
g = tf.gather(t, near)
mm = tf.boolean_mask(t, t[:, 0] > 0.5)
mask = tf.where(t > 0.5, t, tf.zeros_like(t))
top = tf.math.top_k(t, k=2)
tv = top.values
ti = top.indices
u0 = tf.unstack(t, axis=1)[0]
s0, s1 = tf.split(t, [2, 3], axis=1)
acc = 0.0
for k in range(3):
    acc = acc + tf.reduce_sum(t[k])
gen = tf.random.Generator.from_seed(1)
r = gen.normal((3, 4))
labels = tf.constant([0, 1, 2])
ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=r)
acc2 = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(r, axis=1, output_type=tf.int32), labels), tf.float32))
if tf.reduce_sum(r) > 0:
    choice = r * 2
else:
    choice = r - 1
