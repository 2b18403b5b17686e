"""batch_jacobian by the nodes of graphs, grids and kernels: rows that meet are no samples."""
import tensorflow as tf

x = tf.random.normal((4, 3))
w = tf.Variable(tf.random.normal((3, 2)))
adjacency = tf.constant([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]])
stencil = tf.eye(4) - tf.linalg.diag(tf.ones(3), k=1)

with tf.GradientTape() as tape:
    tape.watch(x)
    hidden = tf.nn.relu(adjacency @ x @ w)
a = tape.batch_jacobian(hidden, x)  # expect: a (4, 2, 3) batch-jacobian-of-unbatched wanted (4, 2, 4, 3)

with tf.GradientTape() as tape:
    tape.watch(x)
    kernel = tf.tensordot(adjacency, x * x, 1)
b = tape.batch_jacobian(kernel, x)  # expect: b (4, 3, 3) batch-jacobian-of-unbatched wanted (4, 3, 4, 3)

with tf.GradientTape() as tape:
    tape.watch(x)
    flux = tf.matmul(stencil, tf.sin(x))
c = tape.batch_jacobian(target=flux, source=x)  # expect: c (4, 3, 3) batch-jacobian-of-unbatched wanted (4, 3, 4, 3)

with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    messages = tf.einsum("ij,jk->ik", adjacency, tf.tanh(x @ w))
d = tape.batch_jacobian(messages, x)  # expect: d (4, 2, 3) batch-jacobian-of-unbatched wanted (4, 2, 4, 3)


def layer(edges, nodes):
    return tf.tanh(tf.matmul(edges, tf.matmul(nodes, w)))


with tf.GradientTape() as tape:
    tape.watch(x)
    out = layer(adjacency, x)
e = tape.batch_jacobian(out, x)  # expect: e (4, 2, 3) batch-jacobian-of-unbatched wanted (4, 2, 4, 3)
