"""Whole-batch Jacobians of networks of Keras, whose samples are independent; and one that mixes them."""
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

x = tf.random.normal((5, 4))

mlp = keras.Sequential([keras.Input(shape=(4,)), layers.Dense(8, activation="tanh"), layers.LayerNormalization(), layers.Dense(3)])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = mlp(x)
J = tape.jacobian(y, x)  # expect: J (5, 3, 5, 4) full-batch-jacobian wanted (5, 3, 4)

inputs = keras.Input(shape=(4,))
hidden = layers.Dense(6, activation="relu")(inputs)
skipped = layers.Add()([hidden, layers.Dense(6)(layers.BatchNormalization()(hidden))])
residual = keras.Model(inputs, layers.Dense(2)(skipped * 0.5))
with tf.GradientTape() as tape:
    tape.watch(x)
    y = residual(x)
whole = tape.jacobian(y, x)  # expect: whole (5, 2, 5, 4) full-batch-jacobian wanted (5, 2, 4)


class Field(keras.Model):
    """A scalar field of points."""

    def __init__(self, width=16, depth=2):
        super().__init__()
        self.hidden = [layers.Dense(width, activation="tanh") for _ in range(depth)]
        self.out = layers.Dense(1)

    def call(self, points, training=None):
        for layer in self.hidden:
            points = layer(points)
        return self.out(points)


class Scaled(layers.Layer):
    """A layer with a weight of its own, made when the input is known."""

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1], 3), initializer="glorot_uniform", name="scale")

    def call(self, inputs):
        return tf.sin(tf.matmul(inputs, self.scale))


field, scaled = Field(), Scaled()
with tf.GradientTape(persistent=True) as tape:
    tape.watch(x)
    u = field(x)
    v = scaled(x)
slope = tape.jacobian(u, x)  # expect: slope (5, 1, 5, 4) full-batch-jacobian wanted (5, 1, 4)
turned = tape.jacobian(v, x)  # expect: turned (5, 3, 5, 4) full-batch-jacobian wanted (5, 3, 4)

images = tf.random.normal((2, 8, 8, 1))
convnet = keras.Sequential([layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3)])
with tf.GradientTape() as tape:
    tape.watch(images)
    scores = convnet(images)
saliency = tape.jacobian(scores, images)  # expect: saliency (2, 3, 2, 8, 8, 1) full-batch-jacobian wanted (2, 3, 8, 8, 1)

normed = keras.Sequential([layers.Dense(6), layers.BatchNormalization(), layers.Dense(2)])
with tf.GradientTape() as tape:
    tape.watch(x)
    y = normed(x, training=True)
rows = tape.batch_jacobian(y, x)  # expect: rows (5, 2, 4) sum-over-mixed-batch
