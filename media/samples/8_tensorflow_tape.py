"""TensorFlow: what a gradient tape gives for a batch.

`tape.jacobian` gives the full matrix over the batch, `tape.batch_jacobian` one
for each sample. A tape that is not persistent gives one derivative and no more.
"""
import tensorflow as tf

net = tf.keras.Sequential([
    tf.keras.Input((4,)),
    tf.keras.layers.Dense(32, activation="tanh"),
    tf.keras.layers.Dense(3),
])
x = tf.random.normal((24, 4))

with tf.GradientTape() as tape:
    tape.watch(x)
    y = net(x)

J = tape.jacobian(y, x)
print(J.shape)

slopes = tape.gradient(y, x)
