"""Programs of TensorFlow as they are written: sizes compared with shapes, loops that train, other names of the library."""

import tensorflow as tf
import tensorflow.compat.v1 as tf1
import tensorflow.compat.v2 as tf2
from tensorflow import keras

words = keras.Sequential([keras.layers.Embedding(10, 4, input_shape=(5,)), keras.layers.Flatten(), keras.layers.Dense(1)])
tokens = tf.zeros((3, 5), dtype=tf.int32)
scores = words(tokens)  # expect: scores (3, 1)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(words(tokens) ** 2)
grads = tape.gradient(loss, words.trainable_variables)
kernel = grads[1]  # expect: kernel (20, 1)

# A tuple asks the shape, which knows how to compare itself.
assert (3, 1) == scores.shape
assert (3,) == scores.shape[:1]
if not (3, 5) != tokens.shape:
    same = tf2.reduce_sum(scores, axis=0)  # expect: same (1,)

# Each turn changes what the next one starts from: no batch of samples.
start = tf.random.uniform((3,))
quadratic = [tf.Variable(start[k]) for k in range(3)]
points = tf.linspace(-1.0, 1.0, 8)
for _ in range(3):
    with tf.GradientTape() as tape:
        error = tf.reduce_mean((quadratic[0] * points**2 + quadratic[1] * points + quadratic[2]) ** 2)
    slopes = tape.gradient(error, quadratic)
    for slope, weight in zip(slopes, quadratic):
        weight.assign_sub(0.1 * slope)
slope = slopes[0]  # expect: slope ()


@tf.function
def unused(x):
    """A graph drops what nothing needs, and what it would raise."""
    tf.gather(x, [1])
    return x


kept = unused(tf.zeros((1,)))  # expect: kept (1,)

# Images, and functions of TensorFlow 1 by their names there.
images = tf.random.uniform((2, 8, 9, 3))
with tf.GradientTape() as tape:
    tape.watch(images)
    small = tf.image.resize(tf.image.flip_left_right(images), (4, 5))  # expect: small (2, 4, 5, 3)
    logs = tf.reduce_sum(tf1.log(small + 2.0), axis=[1, 2])  # expect: logs (2, 3)
J = tape.batch_jacobian(logs, images)  # expect: J (2, 3, 8, 9, 3)
leaky = keras.layers.LeakyReLU(alpha=0.2)(scores)  # expect: leaky (3, 1)


class Started(keras.layers.Layer):
    """A truth beside the weights, which starts as a number of Python."""

    def build(self, input_shape):
        self.started = self.add_weight(name="started", dtype="bool", trainable=False, initializer=lambda shape, dtype: False)
        self.scale = self.add_weight(name="scale", shape=(input_shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.scale


layer = Started()
scaled = layer(tf.ones((2, 3)))  # expect: scaled (2, 3)
scale = layer.trainable_weights[0] * 1.0  # expect: scale (3,)
