"""Whole Jacobians and Hessians of tapes where each sample's own are meant."""
import tensorflow as tf

W1 = tf.Variable(tf.random.normal((5, 8)))
b1 = tf.Variable(tf.zeros((8,)))
W2 = tf.Variable(tf.random.normal((8, 10)))
w3 = tf.Variable(tf.random.normal((10, 1)))


def net(x):
    return tf.matmul(tf.tanh(tf.matmul(x, W1) + b1), W2)


x = tf.random.normal((3, 5))

with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y = net(x)
    total = tf.reduce_sum(net(x), axis=1)
    summed = tf.reduce_sum(y, axis=0)
    centred = y - tf.reduce_mean(y, axis=0)
    moved = tf.matmul(tf.ones((3, 3)), x)

dense = tape.jacobian(y, x)  # expect: dense (3, 10, 3, 5) full-batch-jacobian wanted (3, 10, 5)
listed = tape.jacobian(y, [x])[0]  # expect: listed (3, 10, 3, 5) full-batch-jacobian wanted (3, 10, 5)
named = tape.jacobian(  # expect: named (3, 10, 3, 5) full-batch-jacobian wanted (3, 10, 5)
    target=y, sources=x, experimental_use_pfor=False
)
vector = tape.jacobian(total, x)  # expect: vector (3, 3, 5) full-batch-jacobian wanted (3, 5)

by_einsum = tf.einsum("bobi->boi", tape.jacobian(y, x))  # expect: by_einsum (3, 10, 5) full-then-diagonal
full = tape.jacobian(y, x)  # expect: full (3, 10, 3, 5) full-then-diagonal wanted (3, 10, 5)
transposed = tf.linalg.diag_part(tf.transpose(full, [1, 3, 0, 2]))  # expect: transposed (10, 5, 3)
J = tape.jacobian(y, x)  # expect: J (3, 10, 3, 5) full-then-diagonal wanted (3, 10, 5)
stacked = tf.stack([J[k, :, k] for k in range(3)])  # expect: stacked (3, 10, 5)
K = tape.jacobian(y, x)  # expect: K (3, 10, 3, 5) full-then-diagonal wanted (3, 10, 5)
kept = tf.reduce_sum(K, axis=2)  # expect: kept (3, 10, 5)
M = tape.jacobian(y, x)  # expect: M (3, 10, 3, 5) full-then-diagonal wanted (3, 10, 5)
swapped = tf.einsum("bobi->bio", M)  # expect: swapped (3, 5, 10)

output_first = tape.jacobian(summed, x)  # expect: output_first (10, 3, 5) output-axis-first wanted (3, 10, 5)
mixed = tape.batch_jacobian(centred, x)  # expect: mixed (3, 10, 5) sum-over-mixed-batch
rows = tape.batch_jacobian(moved, x)  # expect: rows (3, 5, 5) batch-jacobian-of-unbatched wanted (3, 5, 3, 5)

jacobian = tape.gradient(y, x)  # expect: jacobian (3, 5) grad-sums-outputs wanted (3, 10, 5)
ones = tape.gradient(y, x, output_gradients=tf.ones_like(y))  # expect: ones (3, 5) grad-sums-outputs wanted (3, 10, 5)

with tf.GradientTape(persistent=True) as outer:
    outer.watch(x)
    with tf.GradientTape() as inner:
        inner.watch(x)
        u = tf.matmul(tf.tanh(net(x)), w3)
    u_x = inner.gradient(u, x)  # expect: u_x (3, 5)
hessian = outer.jacobian(u_x, x)  # expect: hessian (3, 5, 3, 5) full-batch-hessian wanted (3, 5, 5)
u_xx = outer.gradient(u_x, x)  # expect: u_xx (3, 5) hessian-row-sum

with tf.GradientTape(persistent=True) as outer:
    outer.watch(x)
    with tf.GradientTape() as inner:
        inner.watch(x)
        y = net(x)
    per_sample = inner.batch_jacobian(y, x)  # expect: per_sample (3, 10, 5)
second = outer.jacobian(per_sample, x)  # expect: second (3, 10, 5, 3, 5) full-batch-hessian wanted (3, 10, 5, 5)
right = outer.batch_jacobian(per_sample, x)  # expect: right (3, 10, 5, 5)
