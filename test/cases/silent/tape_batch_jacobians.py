"""batch_jacobian of TensorFlow where it is right: samples are samples, however the program is built."""
import tensorflow as tf

tf.keras.utils.set_random_seed(0)
x = tf.random.normal((6, 3))
w1, w2 = tf.Variable(tf.random.normal((3, 8))), tf.Variable(tf.random.normal((8, 4)))


def net(x):
    return tf.matmul(tf.tanh(tf.matmul(x, w1)), w2)


with tf.GradientTape() as tape:
    tape.watch(x)
    y = net(x)
a = tape.batch_jacobian(y, x)  # expect: a (6, 4, 3)

with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    y, z = net(x), tf.reduce_sum(net(x) ** 2, axis=1, keepdims=True)
b = tape.batch_jacobian(y, x)  # expect: b (6, 4, 3)
c = tape.batch_jacobian(z, x)[:, 0]  # expect: c (6, 3)
del tape

model = tf.keras.Sequential([tf.keras.layers.Dense(5, activation="tanh"), tf.keras.layers.LayerNormalization(), tf.keras.layers.Dense(3)])


@tf.function
def jacobians(points):
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(points)
        out = model(points)
    return tape.batch_jacobian(out, points, experimental_use_pfor=False)


d = jacobians(x)  # expect: d (6, 3, 3)
log_det = tf.linalg.logdet(tf.matmul(d, d, transpose_a=True) + tf.eye(3))  # expect: log_det (6,)


class Deformation(tf.keras.Model):
    """Strains of a displacement field."""

    def __init__(self):
        super().__init__()
        self.hidden = tf.keras.layers.Dense(8, activation="tanh")
        self.out = tf.keras.layers.Dense(3)

    def call(self, X):
        return self.out(self.hidden(X))

    def strain(self, X):
        with tf.GradientTape() as tape:
            tape.watch(X)
            u = self(X)
        H = tape.batch_jacobian(u, X)
        return 0.5 * (H + tf.transpose(H, (0, 2, 1)))


e = Deformation().strain(x)  # expect: e (6, 3, 3)

# Second derivatives of each point.
with tf.GradientTape() as outer:
    outer.watch(x)
    with tf.GradientTape() as inner:
        inner.watch(x)
        energy = tf.reduce_sum(net(x) ** 2, axis=1)
    force = inner.gradient(energy, x)
f = outer.batch_jacobian(force, x)  # expect: f (6, 3, 3)
laplacian = tf.linalg.trace(f)  # expect: laplacian (6,)

images = tf.random.normal((2, 5, 5, 1))
conv = tf.keras.layers.Conv2D(2, 3)
with tf.GradientTape() as tape:
    tape.watch(images)
    features = tf.reduce_mean(conv(images), axis=(1, 2))
g = tape.batch_jacobian(features, images)  # expect: g (2, 2, 5, 5, 1)

tokens = tf.random.normal((3, 4, 8))
attention = tf.keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
with tf.GradientTape() as tape:
    tape.watch(tokens)
    attended = attention(tokens, tokens)
h = tape.batch_jacobian(attended, tokens)  # expect: h (3, 4, 8, 4, 8)

for step in range(2):
    with tf.GradientTape() as tape:
        tape.watch(x)
        moved = x + 0.1 * net(x)[:, :3]
    i = tape.batch_jacobian(moved, x)  # expect: i (6, 3, 3)

with tf.GradientTape() as tape:
    tape.watch(x)
    normalised = x / tf.norm(x, axis=1, keepdims=True)
j = tape.batch_jacobian(normalised, x)  # expect: j (6, 3, 3)

batch_norm = tf.keras.layers.BatchNormalization()
with tf.GradientTape() as tape:
    tape.watch(x)
    still = batch_norm(x, training=False)
k = tape.batch_jacobian(still, x)  # expect: k (6, 3, 3)
