"""Convolutions, pooling, patches and losses of images."""
import numpy as np
import tensorflow as tf


class Conv(tf.Module):
    def __init__(self, cin, cout, k=3, stride=1):
        super().__init__()
        self.kernel = tf.Variable(tf.random.normal([k, k, cin, cout]))
        self.bias = tf.Variable(tf.zeros([cout]), trainable=False)
        self.stride = stride
    def __call__(self, x):
        return tf.nn.bias_add(tf.nn.conv2d(x, self.kernel, [1, self.stride, self.stride, 1], padding="SAME"), self.bias)


class Net(tf.Module):
    def __init__(self):
        super().__init__(name='net')
        self.c1 = Conv(3, 8, stride=2)
        self.c2 = Conv(8, 16, stride=2)
        self.head = {'w': tf.Variable(tf.ones([16, 10])), 'b': tf.Variable(tf.zeros([10]))}
    def features(self, x):
        x = tf.nn.relu(self.c1(x))
        x = tf.nn.leaky_relu(self.c2(x), alpha=0.1)
        return tf.reduce_mean(x, axis=[1, 2])
    def __call__(self, x, training=False):
        f = self.features(x)
        if training:
            f = tf.nn.dropout(f, rate=0.5)
        return f @ self.head['w'] + self.head['b']


net = Net()
img = tf.random.normal((4, 33, 33, 3))
logits = net(img)
logits_t = net(img, training=True)
tvs = net.trainable_variables
nt = len(tvs)
names = [tuple(v.shape) for v in tvs]
a0 = tvs[0]
a1 = tvs[1]
a2 = tvs[2]
allv = net.variables
na = len(allv)
count = sum(int(np.prod(v.shape)) for v in tvs)
flat = tf.concat([tf.reshape(v, [-1]) for v in tvs], axis=0)
up = tf.nn.conv2d_transpose(tf.ones((2, 8, 8, 16)), tf.ones((3, 3, 4, 16)), output_shape=[2, 16, 16, 4], strides=2)
pl = tf.nn.avg_pool2d(img, ksize=3, strides=2, padding='SAME')
dw = tf.nn.depthwise_conv2d(img, tf.ones((3, 3, 3, 2)), strides=[1, 1, 1, 1], padding='VALID')
c1 = tf.nn.conv1d(tf.ones((2, 50, 4)), tf.ones((5, 4, 6)), stride=1, padding='VALID', dilations=2)
mean, variance = tf.nn.moments(img, axes=[0, 1, 2], keepdims=True)
bn = tf.nn.batch_normalization(img, mean, variance, None, None, 1e-3)
gap = tf.reduce_max(img, axis=(1, 2))
ohe = tf.one_hot([1, 2, 3, 0], 10)
loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels=ohe, logits=logits))
smooth = ohe * 0.9 + 0.1 / 10
probs = tf.nn.softmax(logits)
ent = -tf.reduce_sum(probs * tf.math.log(probs + 1e-9), axis=-1)
am = tf.argmax(probs, axis=-1)
acc = tf.reduce_mean(tf.cast(am == tf.constant([1, 2, 3, 0], dtype=tf.int64), tf.float32))
patches = tf.reshape(img[:, :32, :32, :], [4, 8, 4, 8, 4, 3])
patches = tf.transpose(patches, [0, 1, 3, 2, 4, 5])
pt = tf.reshape(patches, [4, -1, 4 * 4 * 3])
fl = img[:, ::-1]
cr = img[:, 2:-2, 2:-2]
gray = tf.reduce_sum(img * tf.constant([0.3, 0.6, 0.1]), axis=-1, keepdims=True)
st = tf.stop_gradient(gray)
pads = tf.pad(gray, tf.constant([[0, 0], [1, 1], [1, 1], [0, 0]]), 'REFLECT')
