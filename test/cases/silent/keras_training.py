"""Networks of Keras whose derivatives are as they should be: of weights, of each sample, of samples that are meant to be mixed."""
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class Encoder(keras.Model):
    def __init__(self, latent=2):
        super().__init__()
        self.body = keras.Sequential([layers.Dense(8, activation="relu"), layers.Dropout(0.1)])
        self.norm = layers.BatchNormalization()
        self.mean = layers.Dense(latent)

    def call(self, x, training=None):
        return self.mean(self.norm(self.body(x, training=training), training=training))


encoder = Encoder()
x = tf.random.normal((6, 4))
labels = tf.constant([0, 1, 0, 1, 1, 0])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = keras.optimizers.Adam(1e-3)


def train_step(inputs, targets):
    with tf.GradientTape() as tape:
        logits = encoder(inputs, training=True)
        loss = loss_fn(targets, logits)  # expect: loss ()
    grads = tape.gradient(loss, encoder.trainable_variables)
    first = grads[0]  # expect: first (4, 8)
    optimizer.apply_gradients(zip(grads, encoder.trainable_variables))
    return loss, first


for _ in range(2):
    loss, first = train_step(x, labels)

# Without training, batch norm keeps samples apart.
with tf.GradientTape() as tape:
    tape.watch(x)
    z = encoder(x)
each = tape.batch_jacobian(z, x)  # expect: each (6, 2, 4)

# The Jacobian of all outputs with respect to a weight has no batch on its input side.
with tf.GradientTape() as tape:
    z = encoder(x)
kernel = tape.jacobian(z, encoder.mean.kernel)  # expect: kernel (6, 2, 8, 2)

# Second derivatives of a field, one coordinate at a time.
field = keras.Sequential([layers.Dense(16, activation="tanh"), layers.Dense(1)])
with tf.GradientTape() as outer:
    outer.watch(x)
    with tf.GradientTape() as inner:
        inner.watch(x)
        u = field(x)
    slope = inner.gradient(u, x)  # expect: slope (6, 4)
    along = slope[:, 0:1]
second = outer.gradient(along, x)  # expect: second (6, 4)

tokens = tf.constant(np.arange(10).reshape(2, 5))
table = layers.Embedding(12, 3, mask_zero=True)
rows = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(table(tokens))  # expect: rows (2, 5, 8)
mixed = layers.MultiHeadAttention(num_heads=2, key_dim=3)(rows, rows)  # expect: mixed (2, 5, 8)

model = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="softmax")])
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
model.fit(x, labels, epochs=1, verbose=0)
shares = tf.constant(model.predict(x, verbose=0))  # expect: shares (6, 3)
