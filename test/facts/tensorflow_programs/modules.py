"""Dense layers as modules of variables."""
import tensorflow as tf
import numpy as np


class Dense(tf.Module):
    def __init__(self, n_in, n_out, activation=None, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([n_in, n_out]) * 0.1, name='w')
        self.b = tf.Variable(tf.zeros([n_out]), name='b')
        self.activation = activation
    def __call__(self, x):
        y = x @ self.w + self.b
        return self.activation(y) if self.activation is not None else y


class MLP(tf.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = [Dense(a, b, tf.nn.tanh) for a, b in zip(sizes[:-1], sizes[1:])]
    @tf.function
    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


net = MLP([3, 16, 16, 2])
x = tf.random.uniform((8, 3))
y = net(x)
vs = net.trainable_variables
n = len(vs)
v0 = vs[0]
v1 = vs[1]
total = tf.add_n([tf.reduce_sum(v ** 2) for v in net.trainable_variables])
loss = tf.reduce_mean(tf.square(y - tf.zeros_like(y)))
batch = tf.shape(x)[0]
flat = tf.reshape(y, [batch, -1])
tiled = tf.tile(y[:, None, :], [1, 4, 1])
b, d = x.shape
z = tf.ones([b, d * 2])
for v in net.variables:
    v.assign_sub(0.1 * tf.ones_like(v))
w0 = net.layers[0].w
k = int(tf.reduce_prod(tf.shape(x)))
