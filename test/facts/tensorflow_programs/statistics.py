"""Networks of variables, decompositions, kernels, selections."""
import tensorflow as tf
import numpy as np
tf.random.set_seed(0)
N, D, H = 64, 7, 32
X = tf.random.normal([N, D])
W1 = tf.Variable(tf.random.truncated_normal([D, H], stddev=0.1))
b1 = tf.Variable(tf.zeros(H))
W2 = tf.Variable(tf.random.uniform([H, 1], minval=-0.1, maxval=0.1))
params = [W1, b1, W2]


def model(x):
    h = tf.nn.relu(tf.nn.bias_add(tf.matmul(x, W1), b1))
    return tf.squeeze(tf.matmul(h, W2), axis=-1)


p = model(X)
p1 = model(X[:1])
single = model(tf.expand_dims(X[0], 0))[0]
scores = tf.nn.sigmoid(p)
pred = tf.cast(scores > 0.5, tf.int32)
onehot = tf.one_hot(pred, depth=2)
counts = tf.reduce_sum(onehot, axis=0)
frac = counts / tf.cast(N, tf.float32)
idx = tf.where(pred == 1)
sel = tf.gather_nd(p, idx)
perm = tf.random.shuffle(tf.range(N))
Xs = tf.gather(X, perm)
batches = tf.split(Xs, 4)
first = batches[0]
losses = []
for xb in batches:
    losses.append(tf.reduce_mean(model(xb) ** 2))
total = tf.add_n(losses) / len(losses)
m = tf.math.reduce_mean(X, axis=0, keepdims=True)
s = tf.math.reduce_std(X, axis=0, keepdims=True)
Z = (X - m) / (s + 1e-8)
C = tf.einsum('ni,nj->ij', Z, Z) / N
S, U, V = tf.linalg.svd(Z)
k = 3
Zk = tf.matmul(U[:, :k] * S[:k], V[:, :k], transpose_b=True)
rec = tf.norm(Z - Zk, axis=1)
pd = tf.norm(X[:, None] - X[None], axis=-1)
K = tf.exp(-0.5 * pd ** 2) + 1e-6 * tf.eye(N)
L = tf.linalg.cholesky(K)
alpha = tf.linalg.cholesky_solve(L, tf.ones([N, 1]))
logdet = 2.0 * tf.reduce_sum(tf.math.log(tf.linalg.diag_part(L)))
Ks = K[:5, :]
mu = tf.matmul(Ks, alpha)
v = tf.linalg.triangular_solve(L, tf.transpose(Ks))
var = tf.linalg.diag_part(K[:5, :5]) - tf.reduce_sum(v ** 2, axis=0)
quant = tf.sort(p)[N // 2]
tk, ti = tf.nn.top_k(p, k=5)
lse = tf.reduce_logsumexp(tf.stack([p, -p], axis=1), axis=1)
mask = tf.cast(tf.not_equal(pred, 0), p.dtype)
masked = tf.reduce_sum(p * mask) / tf.maximum(tf.reduce_sum(mask), 1.0)
seg = tf.math.unsorted_segment_sum(X, pred, 2)
bc = tf.broadcast_to(m, [N, D])
cs = tf.math.cumsum(X, axis=1, exclusive=True)
d = tf.linalg.diag(b1)
r = tf.repeat(X, 2, axis=0)
rr = tf.repeat(X[:3], [1, 2, 3], axis=0)
