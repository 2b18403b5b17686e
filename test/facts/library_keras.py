"""What Keras gives with TensorFlow: shapes of results and of weights, which calls raise, and how samples move results.

Run with a Python that has tensorflow; writes library_keras.json beside this file, in the form of library_flax.json.
"""

import contextlib
import itertools
import os
import random
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
# oneDNN's kernels give other shapes where there are no samples.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras
import numpy as np
import tensorflow as tf

import recorded

warnings.simplefilter("ignore")


class Facts(recorded.Facts):
    """Facts of tensors of TensorFlow."""

    arrays = (tf.Tensor, tf.Variable, keras.Variable, np.ndarray, np.generic)

    def tells(self, code: str, raises: bool) -> bool:
        return not (raises and code.startswith(("weights(", "trained(", "others(", "named(")))

    def evaluated(self, code: str, x: np.ndarray | None = None) -> np.ndarray:
        compute_in("float64")
        keras.utils.set_random_seed(0)
        try:
            given = {} if x is None else {"x": tf.constant(x)}
            return np.asarray(eval(code, {**self.names, **given}), dtype=float)
        finally:
            compute_in("float32")


def compute_in(kind: str) -> None:
    keras.config.set_floatx(kind)
    keras.config.set_dtype_policy(kind)


facts = Facts('''
import keras
import math
import numpy as np
import tensorflow as tf
from keras import layers
@keras.utils.register_keras_serializable()
class Ramp(keras.initializers.Initializer):
    def __call__(self, shape, dtype=None):
        return tf.reshape(tf.sin(tf.cast(tf.range(math.prod(shape)), dtype or 'float32') + 1.0), shape)
ramp = Ramp()
def some(*shape):
    return Ramp()(shape)
def data(*shape):
    return tf.zeros(shape)
def whole(*shape):
    return tf.zeros(shape, dtype=tf.int32)
def weights(layer, *inputs):
    layer(*inputs)
    return layer.weights
def trained(layer, *inputs):
    layer(*inputs)
    return layer.trainable_variables
def others(layer, *inputs):
    layer(*inputs)
    return layer.non_trainable_weights
def named(name, layer, *inputs):
    layer(*inputs)
    return [w for w in layer.weights if w.name == name]
def wired(layer, *shape):
    i = keras.Input(shape=shape)
    return keras.Model(i, layer(i))
class Own(layers.Layer):
    def __init__(self, units=4, **kwargs):
        super().__init__(**kwargs)
        self.units = units
    def build(self, input_shape):
        self.w = self.add_weight(shape=(input_shape[-1], self.units), initializer='glorot_uniform', name='w')
        self.b = self.add_weight(shape=(self.units,), initializer='zeros', trainable=True)
        self.count = self.add_weight(shape=(), initializer='zeros', trainable=False, name='count')
    def call(self, inputs):
        return tf.matmul(inputs, self.w) + self.b
class Block(layers.Layer):
    def __init__(self, width):
        super().__init__()
        self.norm = layers.LayerNormalization()
        self.first = layers.Dense(width, activation='gelu')
        self.drop = layers.Dropout(0.5)
    def build(self, input_shape):
        self.last = layers.Dense(input_shape[-1])
        super().build(input_shape)
    def call(self, x, training=None):
        y = self.first(self.norm(x))
        y = self.drop(y, training=training)
        return x + self.last(y)
class Net(keras.Model):
    def __init__(self, depth=2, width=5):
        super().__init__()
        self.first = layers.Dense(width)
        self.blocks = [Block(7) for _ in range(depth)]
        self.norm = layers.BatchNormalization()
        self.named = {'a': layers.Dense(3), 'b': layers.Dense(4)}
    def call(self, inputs, training=False):
        x = tf.nn.relu(self.first(inputs))
        for block in self.blocks:
            x = block(x, training=training)
        x = self.norm(x, training=training)
        return self.named['b'](self.named['a'](x))
class Normed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(4)
        self.norm = layers.BatchNormalization()
    def call(self, x):
        return self.norm(self.dense(x))
class Two(layers.Layer):
    def __init__(self):
        super().__init__()
        self.a = layers.Dense(3)
        self.b = layers.Dense(3)
    def call(self, x, y=None):
        return (self.a(x), self.b(y)) if y is not None else self.a(x)
class Listed(keras.Model):
    def __init__(self):
        super().__init__()
        self.net = keras.Sequential([layers.Dense(6, activation='tanh'), layers.Dense(2)])
    def call(self, inputs):
        a, b = inputs
        return self.net(a), self.net(b)
def mlp(*sizes, act='relu'):
    model = keras.Sequential()
    for size in sizes[:-1]:
        model.add(layers.Dense(size, activation=act))
    model.add(layers.Dense(sizes[-1]))
    return model
def convnet():
    return keras.Sequential([keras.Input(shape=(8, 8, 1)), layers.Conv2D(4, 3, activation='relu', padding='same'), layers.MaxPooling2D(), layers.Conv2D(6, (3, 3)), layers.BatchNormalization(), layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dropout(0.3), layers.Dense(5, activation='softmax')])
def residual():
    inputs = keras.Input(shape=(6,))
    x = layers.Dense(8, activation='relu')(inputs)
    y = layers.Dense(8)(layers.BatchNormalization()(x))
    x = layers.Add()([x, y])
    x = x + y * 2.0
    return keras.Model(inputs=inputs, outputs=layers.Dense(3)(x))
def branched():
    a = keras.Input(shape=(4,), name='a')
    b = keras.Input((5,), name='b')
    x = layers.Concatenate()([layers.Dense(3)(a), layers.Dense(2)(b)])
    return keras.Model([a, b], [layers.Dense(1)(x), x])
''')
add, batched = facts.add, facts.batched


def x(*shape: int) -> str:
    return f"data({', '.join(map(str, shape))})"


def n(*shape: int) -> str:
    return f"whole({', '.join(map(str, shape))})"


def layer(code: str, *inputs: str, training: bool = False) -> None:
    """Rows of one layer: its result, in both modes where it has two, and its weights."""
    given = ", ".join(inputs)
    add(f"{code}({given})", f"weights({code}, {given})")
    if training:
        add(f"{code}({given}, training=True)", f"{code}({given}, training=False)", f"trained({code}, {given})", f"others({code}, {given})")


# Dense layers, embeddings, activations

vectors = [(2, 3), (3,), (), (0, 3), (1, 1), (2, 4, 3), (2, 4, 5, 3), (2, 0)]
for shape in vectors:
    for arguments in ["4", "units=1", "4, 'relu'", "4, activation='softmax', use_bias=False", "0", "-1", "4, kernel_initializer='he_normal', bias_initializer='ones'", "4, name='d', dtype='float64'", "3, activation=tf.nn.tanh", "3, activation=lambda t: t * 2", "2.5"]:
        layer(f"layers.Dense({arguments})", x(*shape))
    layer("layers.Dense(3)", n(*shape))
    layer("layers.Embedding(9, 4)", n(*shape))
    layer("layers.Embedding(9, 4)", x(*shape))
    for name in ["ReLU()", "ReLU(6.0)", "LeakyReLU()", "LeakyReLU(negative_slope=0.2)", "ELU()", "PReLU()", "Softmax()", "Softmax(axis=0)", "Softmax(axis=[-1, -2])", "Softmax(axis=3)", "Activation('tanh')", "Activation(tf.nn.relu)", "Activation('no')", "Identity()", "Lambda(lambda t: t + 1)", "Lambda(lambda t: tf.reduce_sum(t, axis=-1))", "Dropout(0.5)", "Dropout(0.0)", "Dropout(1.5)", "GaussianNoise(0.1)", "GaussianDropout(0.2)", "AlphaDropout(0.2)", "ActivityRegularization(0.1)", "Rescaling(1 / 255.0)", "Rescaling(2.0, offset=-1.0)", "Normalization(mean=0.0, variance=1.0)", "Normalization()", "Masking()", "UnitNormalization()", "UnitNormalization(axis=1)", "Flatten()", "RepeatVector(3)", "EinsumDense('ab,bc->ac', output_shape=4)", "EinsumDense('...b,bc->...c', output_shape=(None, 4), bias_axes='c')"]:
        layer(f"layers.{name}", x(*shape), training="Drop" in name or "Noise" in name)
    for name in ["LayerNormalization()", "LayerNormalization(axis=1)", "LayerNormalization(axis=[-2, -1])", "LayerNormalization(center=False, scale=False)", "BatchNormalization()", "BatchNormalization(axis=1)", "BatchNormalization(axis=0)", "BatchNormalization(axis=7)", "BatchNormalization(center=False)", "BatchNormalization(scale=False, momentum=0.9, epsilon=1e-5)", "BatchNormalization(trainable=False)", "GroupNormalization(3)", "GroupNormalization(groups=1)", "GroupNormalization()", "GroupNormalization(-1)", "GroupNormalization(2, axis=1)", "RMSNormalization()", "SpectralNormalization(layers.Dense(4))"]:
        layer(f"layers.{name}", x(*shape), training=name.startswith("B"))
add("layers.PReLU(shared_axes=[1])(data(2, 4, 3))", "weights(layers.PReLU(shared_axes=[1]), data(2, 4, 3))", "weights(layers.PReLU(shared_axes=[1, 2]), data(2, 4, 5, 3))")
for name in "relu relu6 leaky_relu elu selu celu gelu silu swish hard_silu hard_swish sigmoid hard_sigmoid log_sigmoid tanh hard_tanh hard_shrink soft_shrink sparse_plus sparse_sigmoid squareplus tanh_shrink threshold softmax log_softmax softplus softsign exponential linear mish glu sparsemax".split():
    add(f"keras.activations.{name}(data(2, 4))", f"tf.keras.activations.{name}(data(2, 4))", f"layers.Activation('{name}')(data(2, 4))", f"layers.Dense(4, activation='{name}')(data(2, 3))", f"keras.activations.get('{name}')(data(3))")
add("keras.activations.relu(data(2), max_value=6.0)", "keras.activations.softmax(data(2, 3), axis=0)", "keras.activations.softmax(data(3))", "keras.activations.get(None)(data(2))", "keras.activations.elu(data(2), alpha=0.5)", "keras.activations.gelu(data(2), approximate=True)")

# Convolutions

images = {1: [(2, 7, 3), (0, 7, 3), (1, 1, 1), (2, 7, 4), (7, 3), (2, 2, 3), (2, 0, 3)], 2: [(2, 6, 7, 3), (0, 6, 7, 3), (1, 1, 1, 1), (2, 6, 7, 4), (6, 7, 3), (2, 2, 9, 2)], 3: [(2, 4, 5, 6, 2), (1, 3, 3, 3, 4), (4, 5, 6, 2)]}
for space, shapes in images.items():
    for shape in shapes:
        given = x(*shape)
        for arguments in ["4, 3", "filters=2, kernel_size=1", "4, 3, padding='same'", "4, 2, strides=2", "4, 3, 2, 'same'", "4, 3, padding='causal'", "4, 3, dilation_rate=2", "4, 3, strides=2, dilation_rate=2", "4, 2, groups=2", "6, 3, groups=3", "5, 2, groups=2", "4, 3, use_bias=False, activation='relu'", f"4, {(2, 3, 1)[:space] if space > 1 else (2,)}", "4, (3, 3)", "4, 0", "0, 3", "4, 3, padding='odd'", "4, 9"]:
            layer(f"layers.Conv{space}D({arguments})", given)
        for arguments in ["4, 3", "4, 3, padding='same'", "4, 3, strides=2", "4, 3, strides=2, padding='same'", "4, 2, strides=3", "4, 3, strides=2, padding='same', output_padding=1", "4, 3, strides=2, output_padding=1", "4, 3, strides=2, output_padding=2", "4, 1, 2, 'same', use_bias=False", "4, 4, 2, 'same'", "4, 5, 2"]:
            layer(f"layers.Conv{space}DTranspose({arguments})", given)
        if space < 3:
            for arguments in ["3", "kernel_size=2, depth_multiplier=2", "3, padding='same'", "3, strides=2, padding='same'", "2, dilation_rate=2", "2, use_bias=False"]:
                layer(f"layers.DepthwiseConv{space}D({arguments})", given)
            for arguments in ["4, 3", "4, 2, depth_multiplier=2", "4, 3, padding='same'", "4, 3, strides=2, padding='same'", "4, 2, use_bias=False"]:
                layer(f"layers.SeparableConv{space}D({arguments})", given)
        for how in ["MaxPooling", "AveragePooling"]:
            for arguments in ["", "3", "2, strides=1", "2, padding='same'", "pool_size=3, strides=2, padding='same'", f"{(2, 1, 3)[:space] if space > 1 else 2}", "(2, 2)", "9", "0"]:
                # TensorFlow's process ends itself where no such window fits.
                if not (arguments == "2, strides=1" and set(shape) == {1}):
                    add(f"layers.{how}{space}D({arguments})({given})")
        for how in ["Max", "Average"]:
            for arguments in ["", "keepdims=True"]:
                add(f"layers.Global{how}Pooling{space}D({arguments})({given})")
        for arguments in ["", "2", "0", f"{1 if space == 1 else ((1, 2), (0, 1), (2, 2))[:space]}", f"{(1, 2) if space == 1 else (1, 2, 0)[:space]}"]:
            add(f"layers.ZeroPadding{space}D({arguments})({given})", f"layers.Cropping{space}D({arguments})({given})")
        for arguments in ["", "3"] + (["(1, 3)", "2, interpolation='bilinear'"] if space == 2 else []):
            add(f"layers.UpSampling{space}D({arguments})({given})")
        if space < 3:
            add(f"layers.SpatialDropout{space}D(0.4)({given})", f"layers.SpatialDropout{space}D(0.4)({given}, training=True)")
add("layers.Conv1D(4, 3)(data(2, 5, 7, 3))", "weights(layers.Conv1D(4, 3), data(2, 5, 7, 3))", "layers.Conv2D(4, (3, 3))(data(2, 3, 6, 7, 3))", "layers.AvgPool2D()(data(2, 4, 4, 1))", "layers.MaxPool1D()(data(2, 4, 1))", "layers.Convolution2D(3, 2)(data(2, 4, 4, 1))", "layers.GlobalMaxPool1D()(data(2, 4, 3))", "layers.GlobalAvgPool2D()(data(2, 4, 4, 3))", "layers.Conv2DTranspose(4, 3)(data(2, 4, 4, 3))")
# Channels in front of the axes of space, and dilated transposed convolutions: not run by TensorFlow's CPU kernels, so their
# shapes are those of models.
for code, shape in [("layers.Conv2DTranspose(4, 3, dilation_rate=2)", (6, 7, 3)), ("layers.Conv1DTranspose(4, 2, padding='same', dilation_rate=3)", (7, 3)), ("layers.Conv2D(4, 3, data_format='channels_first')", (3, 6, 7)), ("layers.Conv2D(4, 3, padding='same', strides=2, data_format='channels_first')", (3, 6, 7)), ("layers.Conv1D(4, 3, data_format='channels_first')", (3, 7)), ("layers.Conv2DTranspose(4, 3, 2, data_format='channels_first')", (3, 6, 7)), ("layers.DepthwiseConv2D(3, data_format='channels_first')", (3, 6, 7)), ("layers.SeparableConv2D(4, 3, data_format='channels_first')", (3, 6, 7)), ("layers.MaxPooling2D(data_format='channels_first')", (3, 6, 7)), ("layers.AveragePooling1D(data_format='channels_first')", (3, 7)), ("layers.GlobalAveragePooling2D(data_format='channels_first')", (3, 6, 7)), ("layers.GlobalMaxPooling1D(data_format='channels_first')", (3, 7)), ("layers.UpSampling2D(data_format='channels_first')", (3, 6, 7)), ("layers.ZeroPadding2D(2, data_format='channels_first')", (3, 6, 7)), ("layers.Cropping2D(1, data_format='channels_first')", (3, 6, 7)), ("layers.Flatten(data_format='channels_first')", (3, 6, 7))]:
    add(f"wired({code}, {', '.join(map(str, shape))}).output_shape[1:]", f"wired({code}, {', '.join(map(str, shape))}).weights")

# Shapes and joins

for shape in [(2, 6), (2, 4, 3), (0, 6), (2, 2, 3, 1), (2,), (1, 0, 3)]:
    for name in ["Reshape((3, 2))", "Reshape((-1,))", "Reshape((2, -1))", "Reshape((-1, -1))", "Reshape(())", "Reshape((12,))", "Permute((1,))", "Permute((2, 1))", "Permute((3, 1, 2))", "Permute((0, 1))", "Flatten()", "RepeatVector(2)"]:
        layer(f"layers.{name}", x(*shape))
pairs = [((2, 3), (2, 3)), ((2, 3), (2, 1)), ((2, 3), (2, 4)), ((2, 4, 3), (2, 3)), ((2, 4, 3), (2, 4, 3)), ((0, 3), (0, 3)), ((2, 3), (1, 3)), ((2, 4, 3), (2, 5, 3)), ((), ())]
for a, b in pairs:
    for name in ["Add()", "Subtract()", "Multiply()", "Average()", "Maximum()", "Minimum()", "Concatenate()", "Concatenate(axis=1)", "Concatenate(axis=0)", "Dot(axes=1)", "Dot(axes=(1, 1))", "Dot(axes=-1, normalize=True)", "Dot(axes=2)", "Dot((2, 1))"]:
        add(f"layers.{name}([{x(*a)}, {x(*b)}])")
    for name in ["add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate"]:
        add(f"layers.{name}([{x(*a)}, {x(*b)}])")
    add(f"layers.Attention()([{x(*a)}, {x(*b)}])", f"layers.AdditiveAttention()([{x(*a)}, {x(*b)}])")
add("layers.Add()([data(2, 3), data(2, 3), data(2, 3)])", "layers.Add()([data(2, 3)])", "layers.Add()(data(2, 3))", "layers.Concatenate()([data(2, 3)])", "layers.Concatenate(axis=-2)([data(2, 3, 4), data(2, 5, 4)])", "layers.dot([data(2, 3), data(2, 3)], axes=1)", "layers.Subtract()([data(2), data(2), data(2)])", "layers.Dot(axes=(2, 2))([data(2, 4, 3), data(2, 5, 3)])", "layers.Dot(axes=(1, 2))([data(2, 4, 3), data(2, 5, 4)])")

# Recurrent layers

cells = ["SimpleRNN", "LSTM", "GRU"]
for name in cells:
    for shape in [(2, 5, 3), (0, 5, 3), (2, 1, 1), (2, 0, 3), (5, 3), (2, 5, 3, 1)]:
        for arguments in ["4", "4, return_sequences=True", "4, return_state=True", "4, return_sequences=True, return_state=True, go_backwards=True", "4, use_bias=False", "0", "4, activation='relu', dropout=0.2, recurrent_dropout=0.1", "4, unroll=True"]:
            layer(f"layers.{name}({arguments})", x(*shape), training="dropout" in arguments)
    states = "[data(2, 4), data(2, 4)]" if name == "LSTM" else "data(2, 4)"
    add(f"layers.{name}(4)(data(2, 5, 3), initial_state={states})", f"layers.{name}(4, return_state=True)(data(2, 5, 3), initial_state={states})", f"layers.{name}Cell(4)(data(2, 3), {states})", f"weights(layers.{name}Cell(4), data(2, 3), {states})", f"layers.RNN(layers.{name}Cell(4))(data(2, 5, 3))", f"layers.RNN(layers.{name}Cell(4), return_sequences=True, return_state=True)(data(2, 5, 3))", f"weights(layers.RNN(layers.{name}Cell(4)), data(2, 5, 3))", f"layers.RNN([layers.{name}Cell(4), layers.{name}Cell(6)])(data(2, 5, 3))", f"layers.{name}(4, stateful=True)(data(2, 5, 3))", f"layers.TimeDistributed(layers.Dense(4))(data(2, 5, 3))")
    for arguments in ["", ", merge_mode='sum'", ", merge_mode='ave'", ", merge_mode='mul'", ", merge_mode=None", ", merge_mode='odd'"]:
        for inner in ["4", "4, return_sequences=True", "4, return_state=True", "4, return_sequences=True, return_state=True"]:
            layer(f"layers.Bidirectional(layers.{name}({inner}){arguments})", x(2, 5, 3))
    for kept in ["kernel", "recurrent_kernel", "bias"]:
        add(f"named('{kept}', layers.{name}(4), data(2, 5, 3))")
add("weights(layers.GRU(4, reset_after=False), data(2, 5, 3))", "layers.GRU(4, reset_after=False)(data(2, 5, 3))", "weights(layers.GRU(4, reset_after=False, use_bias=False), data(2, 5, 3))", "layers.ConvLSTM2D(4, 3)(data(2, 5, 6, 6, 3))", "layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(4, go_backwards=True))(data(2, 5, 3))", "layers.Bidirectional(layers.Dense(4))(data(2, 5, 3))")
for inner, shape in [("layers.Dense(4)", (2, 5, 3)), ("layers.Dense(4)", (2, 3)), ("layers.Dense(4)", (2, 5, 6, 3)), ("layers.Conv2D(4, 3)", (2, 5, 6, 6, 3)), ("layers.Flatten()", (2, 5, 3, 4)), ("layers.BatchNormalization()", (2, 5, 3)), ("layers.Dropout(0.5)", (2, 5, 3)), ("mlp(4, 2)", (2, 5, 3))]:
    layer(f"layers.TimeDistributed({inner})", x(*shape), training=True)

# Images

for shape in [(2, 6, 7, 3), (6, 7, 3), (0, 6, 7, 3), (6, 7), (2, 4, 6, 7, 3)]:
    for code in ["RandomFlip()", "RandomFlip('horizontal')", "RandomRotation(0.1)", "RandomZoom(0.2)", "RandomTranslation(0.1, 0.1)", "RandomContrast(0.2)", "RandomBrightness(0.1)", "Resizing(4, 5)", "CenterCrop(4, 5)", "RandomCrop(4, 5)", "Rescaling(1 / 255)"]:
        add(f"layers.{code}({x(*shape)})", f"layers.{code}({x(*shape)}, training=False)")
add("wired(lambda i: [layers.Dense(2)(i)], 3)(data(2, 3))", "wired(lambda i: [layers.Dense(2)(i), layers.Dense(3)(i)], 3)(data(2, 3))", "keras.Sequential([layers.RandomFlip('horizontal'), layers.Rescaling(0.5), layers.Conv2D(4, 3)])(data(2, 6, 6, 3))", "wired(layers.Dense(2), 3).layers[1].output.shape[1:]", "(lambda m: keras.Model(m.inputs, m.layers[-2].output))(convnet())(data(2, 8, 8, 1))", "(lambda m: keras.Model(m.input, m.layers[1].output))(residual())(data(2, 6))")

# Attention

for q, v in itertools.product([(2, 5, 4), (5, 4), (0, 5, 4), (2, 3, 5, 4)], [(2, 5, 4), (2, 7, 6), (2, 3, 5, 4), (0, 5, 4), (3, 7, 4)]):
    for arguments in ["2, 3", "num_heads=2, key_dim=3, value_dim=5", "2, 3, use_bias=False, output_shape=7", "0, 3", "2, 3, dropout=0.1"]:
        layer(f"layers.MultiHeadAttention({arguments})", x(*q), x(*v), training="drop" in arguments)
    add(f"layers.MultiHeadAttention(2, 3)({x(*q)}, {x(*v)}, return_attention_scores=True)", f"layers.MultiHeadAttention(2, 3)({x(*q)}, {x(*v)}, use_causal_mask=True)", f"layers.MultiHeadAttention(2, 3)({x(*q)}, {x(*v)}, {x(*v)})", f"layers.MultiHeadAttention(2, 3)(query={x(*q)}, value={x(*v)})")
add("layers.MultiHeadAttention(2, 3)(data(2, 5, 4))", "layers.MultiHeadAttention(2, 3)(data(2, 5, 4), data(2, 7, 4), key=data(2, 7, 6))", "layers.MultiHeadAttention(2, 3)(data(2, 5, 4), data(2, 7, 4), attention_mask=tf.ones((2, 5, 7)))", "layers.MultiHeadAttention(2, 3, attention_axes=(1,))(data(2, 3, 5, 4), data(2, 3, 5, 4))", "layers.Attention()([data(2, 5, 4), data(2, 7, 4), data(2, 7, 4)])", "layers.Attention(use_scale=True)([data(2, 5, 4), data(2, 7, 4)])", "weights(layers.Attention(use_scale=True), [data(2, 5, 4), data(2, 7, 4)])", "layers.Attention()([data(2, 5, 4), data(2, 7, 4)], return_attention_scores=True)", "weights(layers.AdditiveAttention(), [data(2, 5, 4), data(2, 7, 4)])", "layers.Attention()(data(2, 5, 4))", "layers.GroupQueryAttention(4, 4, 2)(data(2, 5, 4), data(2, 7, 4))")

# The program's own layers and models

for code in ["Own()", "Own(3)", "Own(units=2, name='o')", "Block(6)", "Net()", "Net(depth=1, width=6)", "Normed()", "Two()", "mlp(4)", "mlp(4, 2)", "mlp(8, 4, 1, act='tanh')", "keras.Sequential([Own(3), Block(2), layers.Dense(1)])", "keras.Sequential([layers.Dense(4), layers.BatchNormalization(), layers.Dropout(0.5), layers.Activation('relu')])", "keras.Sequential([mlp(4, 3), layers.Dense(2)])"]:
    for shape in [(2, 3), (0, 3), (1, 1), (2, 4, 3), (3,)]:
        layer(code, x(*shape), training=code[0] == "N" or "Norm" in code)
add("Two()(data(2, 3), data(4, 5))", "weights(Two(), data(2, 3), data(4, 5))", "Two()(data(2, 3), y=data(4, 5))", "Own(1, 2)", "Own(odd=1)", "Own().odd", "Listed()([data(2, 3), data(5, 3)])", "Listed()((data(2, 3), data(5, 3)))", "weights(Listed(), [data(2, 3), data(5, 3)])", "Listed()([data(2, 3), data(5, 4)])", "named('w', Own(), data(2, 3))", "named('count', Own(), data(2, 3))", "named('odd', Own(), data(2, 3))", "keras.Sequential([])(data(2, 3))", "keras.Sequential()(data(2, 3))", "keras.Sequential([layers.Dense(2)])(data(2, 3))", "keras.Sequential([layers.Dense(2), lambda t: t])(data(2, 3))", "keras.Sequential(layers.Dense(2))(data(2, 3))", "tf.keras.Sequential([tf.keras.layers.Dense(2)])(data(2, 3))", "tf.keras.models.Sequential([tf.keras.layers.InputLayer(shape=(3,)), tf.keras.layers.Dense(2)]).weights", "keras.models.Sequential([layers.InputLayer((3,)), layers.Dense(2)]).weights", "keras.Sequential([layers.Dense(4, input_shape=(3,)), layers.Dense(2)]).weights", "keras.Sequential([layers.Dense(4, input_dim=3), layers.Dense(2)]).weights", "keras.Sequential([keras.Input((3,)), layers.Dense(2)]).output_shape[1:]", "keras.Sequential([keras.Input((3,)), layers.Dense(2)]).input_shape[1:]", "keras.Sequential([keras.Input((3,)), layers.Dense(2)])(data(5, 3))", "keras.Sequential([keras.Input((3,)), layers.Dense(2)])(data(5, 4))", "keras.Sequential([keras.Input((3,)), layers.Dense(2)])(data(3))", "keras.Sequential([keras.Input((4, 3)), layers.Dense(2)])(data(5, 4, 3))", "keras.Sequential([keras.Input((3,)), layers.Dense(2)]).predict(np.zeros((5, 3)), verbose=0)", "mlp(4, 2).predict(np.zeros((5, 3)), verbose=0)", "mlp(4, 2)(np.zeros((5, 3)))", "layers.Dense(2)(np.zeros((5, 3)))", "layers.Dense(2)([[1.0, 2.0]])", "layers.Dense(2)(tf.zeros((5, 3), dtype=tf.float64))", "mlp(4, 2).output_shape", "mlp(4, 2).layers[0](data(2, 3))", "mlp(4, 2).weights", "mlp(4, 2).get_layer(index=1)(data(2, 3))", "Net().predict(np.zeros((5, 3)), verbose=0)", "Net()(np.zeros((5, 3)))", "Net()(data(5, 3), training=True)", "Net()(data(5, 3), True)", "convnet()(data(3, 8, 8, 1))", "convnet()(data(3, 8, 8, 1), training=True)", "convnet()(data(3, 8, 8, 2))", "convnet()(data(3, 8, 9, 1))", "convnet()(data(0, 8, 8, 1))", "convnet().weights", "convnet().trainable_variables", "convnet().non_trainable_variables", "convnet().output_shape[1:]", "convnet().layers[0].kernel", "convnet().layers[2].bias", "residual()(data(5, 6))", "residual()(data(5, 6), training=True)", "residual()(data(5, 7))", "residual().weights", "residual().trainable_weights", "residual().output_shape[1:]", "residual().input_shape[1:]", "residual()(data(0, 6))", "residual().predict(np.zeros((4, 6)), verbose=0)", "branched()([data(2, 4), data(2, 5)])", "branched()([data(2, 4), data(2, 4)])", "branched()([data(2, 4), data(3, 5)])", "branched()({'a': data(2, 4), 'b': data(2, 5)})", "branched().weights", "branched()((data(2, 4), data(2, 5)))", "[residual().layers[k] for k in range(2)][1](data(2, 6))", "residual().count_params() and data(1)", "residual().get_weights()", "mlp(4, 2).get_weights()", "wired(Own(3), 4)(data(2, 4))", "wired(Own(3), 4).weights", "wired(Block(5), 4)(data(2, 4))", "wired(Net(), 4)(data(2, 4), training=True)", "wired(Net(), 4).output_shape[1:]", "wired(mlp(4, 2), 3)(data(2, 3))", "wired(mlp(4, 2), 3).weights", "wired(layers.LSTM(4), 5, 3)(data(2, 5, 3))", "wired(layers.Dense(4), None, 3)(data(2, 7, 3))", "wired(layers.Conv2D(4, 3), 8, 8, 1)(data(2, 8, 9, 1))", "wired(layers.Conv2D(4, 3), None, None, 1)(data(2, 8, 9, 1))", "trained(keras.Sequential([layers.Dense(3, trainable=False), layers.Dense(2)]), data(2, 3))", "wired(layers.Flatten(), 4, 3)(data(2, 4, 3))", "wired(layers.Flatten(), 4, 3).output_shape[1:]", "wired(layers.Reshape((2, -1)), 4, 3).output_shape[1:]", "wired(layers.GlobalAveragePooling1D(), None, 3)(data(2, 7, 3))", "wired(layers.BatchNormalization(), 4)(data(2, 4), training=True)", "wired(residual(), 6)(data(2, 6))", "wired(residual(), 6).trainable_weights", "wired(layers.Embedding(9, 4), 5)(whole(2, 5))", "wired(layers.Bidirectional(layers.LSTM(4, return_sequences=True)), 5, 3)(data(2, 5, 3))", "wired(layers.TimeDistributed(layers.Dense(4)), 5, 3)(data(2, 5, 3))", "wired(lambda i: keras.ops.mean(i, axis=1), 5, 3)(data(2, 5, 3))", "wired(lambda i: keras.ops.concatenate([i, i], axis=-1), 5)(data(2, 5))", "wired(lambda i: i[:, 0] * 2 + 1, 5)(data(2, 5))", "wired(lambda i: i @ keras.ops.transpose(i, (0, 2, 1)), 5, 3)(data(2, 5, 3))", "wired(lambda i: -i / 2 - i, 5)(data(2, 5))", "keras.Input((3,)).shape[1:]", "keras.Input(shape=(4, 3), batch_size=2).shape", "keras.Input(batch_shape=(2, 3)).shape", "keras.Model(keras.Input((3,)), data(2, 3))")
# Frozen layers, and variables as values.
add("trained(layers.Dense(3, trainable=False), data(2, 3))", "others(layers.Dense(3, trainable=False), data(2, 3))", "Own()(data(2, 3)) @ tf.transpose(Own()(data(5, 3)))", "weights(Own(), data(2, 3))[0] * 2", "weights(Own(), data(2, 3))[0].value", "weights(Own(), data(2, 3))[0].numpy()", "weights(Own(), data(2, 3))[0].shape", "tf.matmul(data(2, 3), weights(Own(), data(2, 3))[0])", "weights(layers.Dense(4), data(2, 3))[0].assign(tf.ones((3, 4)))", "tf.reduce_sum(weights(layers.Dense(4), data(2, 3))[0])", "keras.Variable(data(2, 3))", "keras.Variable(initializer='zeros', shape=(2, 3))", "keras.Variable(initializer=keras.initializers.Ones(), shape=(2,))", "keras.Variable(np.zeros((2, 3)))")

# Stacks of layers that are drawn

BY_AXES = {
    2: ["Dense({n}, activation='relu')", "BatchNormalization()", "LayerNormalization()", "Dropout(0.3)", "Activation('tanh')", "RepeatVector({n})", "Reshape((-1, 1))", "UnitNormalization()", "PReLU()", "Rescaling(0.5)"],
    3: ["Dense({n})", "Conv1D({n}, {m}, padding='same')", "Conv1D({n}, {m})", "LSTM({n}, return_sequences=True)", "GRU({n})", "SimpleRNN({n}, return_sequences=True)", "Bidirectional(layers.GRU({n}, return_sequences=True))", "MaxPooling1D({m})", "AveragePooling1D(2, padding='same')", "GlobalAveragePooling1D()", "Flatten()", "LayerNormalization()", "BatchNormalization()", "Permute((2, 1))", "TimeDistributed(layers.Dense({n}))", "SeparableConv1D({n}, {m})", "UpSampling1D(2)", "ZeroPadding1D(1)", "Cropping1D(1)", "Conv1DTranspose({n}, {m}, strides=2)", "SpatialDropout1D(0.2)", "Reshape((-1, 2, 1))"],
    4: ["Conv2D({n}, {m})", "Conv2D({n}, {m}, strides=2, padding='same', activation='relu')", "MaxPooling2D()", "AveragePooling2D({m}, strides=1)", "GlobalMaxPooling2D()", "Flatten()", "DepthwiseConv2D({m})", "Conv2DTranspose({n}, {m}, strides=2, padding='same')", "BatchNormalization()", "GroupNormalization(1)", "UpSampling2D()", "SpatialDropout2D(0.2)", "Dense({n})", "ZeroPadding2D(1)", "SeparableConv2D({n}, {m})", "Reshape((-1, 3))", "LayerNormalization(axis=[1, 2])", "Cropping2D(1)"],
}
AXES_AFTER = {"RepeatVector": 3, "GlobalAveragePooling1D": 2, "GlobalMaxPooling2D": 2, "Flatten": 2, "GRU": 2}


def stack(rng: random.Random, axes: int) -> str:
    """A Sequential model for an input of so many axes; some of its layers may not take what they get."""
    layers = []
    for _ in range(rng.randint(2, 6)):
        code = rng.choice(BY_AXES[axes]).format(n=rng.randint(1, 4), m=rng.randint(1, 3))
        name = code.split("(")[0]
        axes = {"(-1, 1)": 3, "(-1, 2, 1)": 4, "(-1, 3)": 3}[code[8:-1]] if name == "Reshape" else AXES_AFTER.get(name, axes)
        layers.append(f"layers.{code}")
    return f"keras.Sequential([{', '.join(layers)}])"


rng = random.Random(1)
for shape in [(2, 4), (3, 6, 2), (2, 6, 5, 2)] * 60:
    model = stack(rng, len(shape))
    layer(model, x(*shape), training=True)
    for code in [f"{model}(x)", f"wired({model}, {', '.join(map(str, shape[1:]))})(x)"]:
        with contextlib.suppress(Exception):
            facts.evaluated(code, np.ones((3, *shape[1:])))
            batched((3, *shape[1:]), code)

# Initializers, regularizers, losses, optimizers, utilities

for name in ["Zeros()", "Ones()", "Constant(2.0)", "RandomNormal()", "RandomUniform(-1.0, 1.0)", "TruncatedNormal(stddev=0.1)", "GlorotUniform()", "GlorotNormal(seed=1)", "HeNormal()", "HeUniform()", "LecunNormal()", "LecunUniform()", "VarianceScaling(scale=2.0)", "Orthogonal()", "Identity()"]:
    for shape in [(3, 4), (4, 4), (5,), (2, 3, 4), ()]:
        add(f"keras.initializers.{name}({shape})", f"keras.initializers.{name}(shape={shape}, dtype='float64')")
add("keras.initializers.get('zeros')((2, 3))", "keras.initializers.get('odd')", "layers.Dense(3, kernel_initializer=keras.initializers.Zeros())(data(2, 3))", "layers.Dense(3, kernel_initializer='odd')(data(2, 3))", "layers.Dense(3, kernel_initializer=lambda shape, dtype=None: tf.ones(shape, dtype=dtype))(data(2, 3))", "layers.Dense(3, kernel_regularizer='l2')(data(2, 3))", "layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.1), bias_regularizer=keras.regularizers.l1(0.1))(data(2, 3))", "keras.regularizers.L2(0.1)(data(2, 3))", "keras.regularizers.l1_l2(0.1, 0.2)(data(2, 3))", "keras.regularizers.OrthogonalRegularizer()(data(2, 3))", "layers.Dense(3, kernel_constraint=keras.constraints.NonNeg())(data(2, 3))", "layers.Dense(3, kernel_constraint='max_norm')(data(2, 3))")
for a, b in [((2, 3), (2, 3)), ((3,), (3,)), ((2, 4, 3), (2, 4, 3)), ((2, 3), (2, 4)), ((0, 3), (0, 3)), ((2, 1), (2,)), ((2, 3), (2, 1)), ((), ())]:
    for name in ["MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanSquaredLogarithmicError", "BinaryCrossentropy", "CategoricalCrossentropy", "KLDivergence", "Poisson", "CosineSimilarity", "Huber", "LogCosh", "Hinge", "SquaredHinge", "CategoricalHinge", "BinaryFocalCrossentropy"]:
        for arguments in ["", "reduction=None", "reduction='sum'"]:
            add(f"keras.losses.{name}({arguments})({x(*a)}, {x(*b)})")
    for name in ["mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "binary_crossentropy", "categorical_crossentropy", "kl_divergence", "poisson", "cosine_similarity", "huber", "log_cosh", "hinge", "squared_hinge", "categorical_hinge"]:
        add(f"keras.losses.{name}({x(*a)}, {x(*b)})")
for labels, scores in [((2,), (2, 5)), ((2, 1), (2, 5)), ((2, 4), (2, 4, 5)), ((3,), (2, 5)), ((), (5,))]:
    for arguments in ["", "from_logits=True", "reduction=None", "from_logits=True, reduction='none'", "reduction='sum'"]:
        add(f"keras.losses.SparseCategoricalCrossentropy({arguments})({n(*labels)}, {x(*scores)})")
    add(f"keras.losses.sparse_categorical_crossentropy({n(*labels)}, {x(*scores)})", f"keras.losses.sparse_categorical_crossentropy({n(*labels)}, {x(*scores)}, from_logits=True)")
add("keras.losses.get('mse')(data(2, 3), data(2, 3))", "keras.losses.MeanSquaredError(reduction='odd')(data(2), data(2))", "keras.losses.MeanSquaredError()(data(2, 3), data(2, 3), sample_weight=data(2))", "keras.losses.MeanSquaredError()(np.zeros((2, 3)), data(2, 3))", "keras.losses.BinaryCrossentropy(from_logits=True)(data(2, 1), data(2, 1))", "tf.keras.losses.MeanSquaredError(reduction=tf.keras.losses.Reduction.NONE)(data(2, 3), data(2, 3)) if hasattr(tf.keras.losses, 'Reduction') else data(1)")
add("keras.utils.to_categorical([0, 1, 2], 4)", "keras.utils.to_categorical(np.zeros((2, 3)), num_classes=5)", "keras.utils.to_categorical(np.zeros((2, 1)), 5)", "keras.utils.to_categorical(whole(4), 5)", "keras.utils.normalize(np.ones((2, 3)))", "keras.backend.floatx() and data(1)")
# Datasets: what the loaders' documents say; they are not loaded here.

# keras.ops

for code in ["abs({0})", "exp({0})", "log({0})", "sqrt({0})", "square({0})", "sin({0})", "tanh({0})", "relu({0})", "sigmoid({0})", "softmax({0})", "softmax({0}, axis=0)", "log_softmax({0})", "gelu({0})", "sum({0})", "sum({0}, axis=0)", "mean({0}, axis=-1, keepdims=True)", "max({0}, axis=1)", "min({0})", "var({0}, axis=0)", "std({0})", "prod({0})", "argmax({0}, axis=-1)", "cumsum({0}, axis=0)", "transpose({0})", "transpose({0}, (1, 0))", "reshape({0}, (-1,))", "reshape({0}, (3, -1))", "expand_dims({0}, 1)", "squeeze({0})", "concatenate([{0}, {0}], axis=1)", "stack([{0}, {0}])", "split({0}, 2, axis=1)", "matmul({0}, keras.ops.transpose({0}))", "dot({0}, keras.ops.transpose({0}))", "tensordot({0}, {0}, axes=0)", "einsum('ij,kj->ik', {0}, {0})", "add({0}, 1.0)", "multiply({0}, {0})", "maximum({0}, 0.0)", "power({0}, 2)", "where({0} > 0, {0}, 0.0)", "clip({0}, 0.0, 1.0)", "cast({0}, 'float64')", "zeros_like({0})", "ones_like({0})", "norm({0}, axis=1)", "logsumexp({0}, axis=1)", "one_hot(keras.ops.cast({0}, 'int32'), 5)", "tile({0}, (2, 1))", "repeat({0}, 2, axis=0)", "flip({0}, axis=0)", "sort({0}, axis=-1)", "take({0}, keras.ops.array([0]), axis=0)", "pad({0}, ((1, 1), (0, 0)))", "broadcast_to({0}, (5, 2, 4))", "stop_gradient({0})", "convert_to_tensor({0})", "convert_to_numpy({0})", "outer({0}, {0})", "trace({0})", "diagonal({0})", "moveaxis({0}, 0, 1)", "swapaxes({0}, 0, 1)", "ravel({0})"]:
    for shape in [(2, 4), (4,), (1, 1), (0, 4)]:
        add(f"keras.ops.{code.format(x(*shape))}")
add("keras.ops.zeros((2, 3))", "keras.ops.ones((2,), dtype='int32')", "keras.ops.full((2, 3), 1.5)", "keras.ops.arange(5)", "keras.ops.arange(0.0, 1.0, 0.25)", "keras.ops.eye(3)", "keras.ops.linspace(0.0, 1.0, 5)", "keras.ops.array([[1.0, 2.0]])", "keras.ops.shape(data(2, 3))", "keras.ops.concatenate([data(2, 3), data(2, 4)], axis=0)", "keras.ops.matmul(data(2, 3), data(4, 3))", "keras.random.normal((2, 3))", "keras.random.uniform((2, 3), minval=-1.0)", "keras.random.dropout(data(2, 3), 0.5)")

# How samples move results

batched((3, 5), "layers.Dense(4)(x)", "layers.Dense(4, activation='softmax')(x)", "layers.BatchNormalization()(x)", "layers.BatchNormalization()(x, training=True)", "layers.BatchNormalization()(x, training=False)", "layers.BatchNormalization(trainable=False)(x, training=True)", "layers.LayerNormalization()(x)", "layers.LayerNormalization(axis=0)(x)", "layers.GroupNormalization(5)(x)", "layers.UnitNormalization()(x)", "layers.RMSNormalization()(x)", "layers.Softmax()(x)", "layers.Softmax(axis=0)(x)", "layers.Dropout(0.5)(x)", "layers.Reshape((5, 1))(x)", "layers.RepeatVector(2)(x)", "layers.Add()([x, layers.Dense(5)(x)])", "layers.Concatenate()([x, x])", "layers.Concatenate(axis=0)([x, x])", "layers.Dot(axes=1)([x, x])", "layers.PReLU()(x)", "mlp(4, 2)(x)", "Own()(x)", "Block(4)(x)", "Block(4)(x, training=False)", "Net()(x)", "Net()(x, training=False)", "Normed()(x)", "Normed()(x, training=True)", "keras.Sequential([layers.Dense(4), layers.BatchNormalization()])(x)", "keras.Sequential([layers.Dense(4), layers.BatchNormalization()])(x, training=True)", "wired(layers.BatchNormalization(), 5)(x)", "wired(layers.BatchNormalization(), 5)(x, training=True)", "wired(Normed(), 5)(x, training=True)", "wired(mlp(4, 2), 5)(x)", "wired(lambda i: i - keras.ops.mean(i, axis=0), 5)(x)", "wired(lambda i: i - keras.ops.mean(i, axis=1, keepdims=True), 5)(x)", "keras.losses.MeanSquaredError()(x, x * 2)", "keras.losses.MeanSquaredError(reduction=None)(x, x * 2)", "keras.losses.mean_squared_error(x, x * 2)", "keras.losses.categorical_crossentropy(x, x)", "layers.Rescaling(2.0)(x)", "layers.Lambda(lambda t: t - tf.reduce_mean(t, axis=0))(x)", "keras.ops.softmax(x, axis=0)")
batched((3, 4, 6), "layers.Dense(4)(x)", "layers.LSTM(4)(x)", "layers.GRU(4, return_sequences=True)(x)", "layers.SimpleRNN(4, go_backwards=True)(x)", "layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)", "layers.TimeDistributed(layers.Dense(3))(x)", "layers.TimeDistributed(layers.BatchNormalization())(x, training=True)", "layers.MultiHeadAttention(2, 3)(x, x)", "layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)", "layers.Attention()([x, x])", "layers.AdditiveAttention()([x, x])", "layers.Conv1D(5, 3)(x)", "layers.Conv1D(5, 3, padding='causal')(x)", "layers.Conv1DTranspose(5, 3, strides=2)(x)", "layers.DepthwiseConv1D(3)(x)", "layers.SeparableConv1D(4, 3)(x)", "layers.MaxPooling1D()(x)", "layers.AveragePooling1D(2, padding='same')(x)", "layers.GlobalAveragePooling1D()(x)", "layers.GlobalMaxPooling1D()(x)", "layers.GroupNormalization(2)(x)", "layers.GroupNormalization(2, axis=1)(x)", "layers.LayerNormalization(axis=[1, 2])(x)", "layers.BatchNormalization()(x)", "layers.BatchNormalization(axis=1)(x, training=True)", "layers.Permute((2, 1))(x)", "layers.Flatten()(x)", "layers.ZeroPadding1D(2)(x)", "layers.UpSampling1D(2)(x)", "layers.Cropping1D(1)(x)", "layers.Dot(axes=(2, 2))([x, x])", "layers.Embedding(9, 4)(tf.cast(x * 8, tf.int32))", "wired(layers.LSTM(4), 4, 6)(x)", "wired(layers.Flatten(), 4, 6)(x)")
batched((3, 6, 6, 2), "layers.Conv2D(4, 3)(x)", "layers.Conv2D(4, 3, padding='same', strides=2)(x)", "layers.Conv2D(4, 3, groups=2)(x)", "layers.Conv2DTranspose(4, 3, strides=2, padding='same')(x)", "layers.DepthwiseConv2D(3)(x)", "layers.SeparableConv2D(4, 3)(x)", "layers.MaxPooling2D()(x)", "layers.AveragePooling2D(2, padding='same')(x)", "layers.GlobalAveragePooling2D()(x)", "layers.BatchNormalization()(x)", "layers.BatchNormalization()(x, training=True)", "layers.UpSampling2D()(x)", "layers.ZeroPadding2D()(x)", "layers.GroupNormalization(2)(x)", "layers.RandomFlip()(x, training=False)", "layers.Resizing(4, 5)(x)", "layers.CenterCrop(4, 5)(x)", "keras.Sequential([layers.Conv2D(4, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(3)])(x)", "keras.Sequential([layers.Conv2D(4, 3), layers.BatchNormalization(), layers.Flatten(), layers.Dense(3)])(x, training=True)")

# Numbers, with weights that are no random ones

P, G = "kernel_initializer=ramp, bias_initializer=ramp", "gamma_initializer=ramp, beta_initializer=ramp"
for name in "relu relu6 leaky_relu elu selu celu gelu silu hard_silu sigmoid hard_sigmoid log_sigmoid tanh hard_tanh hard_shrink soft_shrink squareplus tanh_shrink softmax log_softmax softplus softsign exponential linear mish glu".split():
    facts.values(f"keras.activations.{name}(some(2, 4) * 4)")
facts.values(f"layers.Dense(3, activation='tanh', {P})(some(2, 4))", f"layers.Dense(3, {P})(some(2, 3, 4))", f"layers.EinsumDense('abc,cd->abd', output_shape=(None, 3), bias_axes='d', {P})(some(2, 3, 4))", "layers.Embedding(5, 3, embeddings_initializer=ramp)(tf.constant([[1, 4], [0, 2]]))", "layers.PReLU(alpha_initializer=ramp)(some(3, 4))", f"layers.BatchNormalization({G}, moving_mean_initializer=ramp)(some(4, 3))", f"layers.BatchNormalization({G})(some(4, 3), training=True)", f"layers.BatchNormalization({G}, axis=1)(some(2, 3, 4), training=True)", f"layers.LayerNormalization({G})(some(3, 4))", f"layers.LayerNormalization(axis=[1, 2], {G})(some(2, 3, 4))", f"layers.GroupNormalization(2, {G})(some(2, 3, 4))", f"layers.GroupNormalization(3, axis=1, {G})(some(2, 3, 4))", "layers.UnitNormalization()(some(2, 3))", "layers.RMSNormalization()(some(2, 3))", "layers.Normalization(mean=0.5, variance=4.0)(some(2, 3))", "layers.Rescaling(2.0, offset=1.0)(some(2, 3))", "layers.Masking(0.0)(tf.constant([[[1.0, 0.0], [0.0, 0.0]]]))", "layers.Softmax(axis=[1, 2])(some(2, 3, 2))", "layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2)(some(3, 4))")
facts.values(f"layers.Conv1D(3, 2, {P})(some(2, 5, 4))", f"layers.Conv1D(3, 3, padding='causal', dilation_rate=2, {P})(some(1, 5, 2))", f"layers.Conv2D(2, (2, 3), strides=2, padding='same', {P})(some(1, 5, 4, 2))", f"layers.Conv2D(4, 2, groups=2, {P})(some(1, 3, 3, 4))", f"layers.Conv3D(2, 2, {P})(some(1, 3, 2, 3, 2))", f"layers.Conv1DTranspose(3, 3, strides=2, {P})(some(1, 4, 2))", f"layers.Conv1DTranspose(3, 3, strides=2, padding='same', {P})(some(1, 4, 2))", f"layers.Conv2DTranspose(2, 3, strides=2, padding='same', {P})(some(1, 3, 2, 2))", f"layers.Conv2DTranspose(2, (2, 3), strides=(1, 2), {P})(some(1, 3, 2, 2))", f"layers.Conv1DTranspose(3, 2, strides=3, {P})(some(1, 4, 2))", f"layers.Conv1DTranspose(2, 3, strides=2, padding='same', output_padding=1, {P})(some(1, 4, 2))", f"layers.Conv1DTranspose(2, 3, strides=2, output_padding=1, {P})(some(1, 4, 2))", "layers.DepthwiseConv2D(2, depth_multiplier=2, depthwise_initializer=ramp, bias_initializer=ramp)(some(1, 3, 3, 2))", "layers.DepthwiseConv1D(2, padding='same', strides=2, depthwise_initializer=ramp)(some(1, 5, 2))", "layers.SeparableConv2D(3, 2, depth_multiplier=2, depthwise_initializer=ramp, pointwise_initializer=ramp, bias_initializer=ramp)(some(1, 3, 3, 2))", "layers.MaxPooling2D(2, padding='same')(some(1, 3, 3, 2))", "layers.AveragePooling2D(2, strides=1, padding='same')(some(1, 3, 3, 2))", "layers.AveragePooling1D(2)(some(1, 5, 2))", "layers.MaxPooling1D(3, strides=2)(some(1, 6, 2))", "layers.GlobalAveragePooling2D()(some(2, 2, 3, 2))", "layers.GlobalMaxPooling1D()(some(2, 3, 2))", "layers.ZeroPadding2D(((1, 0), (0, 2)))(some(1, 2, 2, 1))", "layers.Cropping1D((1, 2))(some(1, 5, 2))", "layers.UpSampling2D((1, 2))(some(1, 2, 2, 1))")
facts.values("layers.Permute((2, 1))(some(2, 3, 2))", "layers.RepeatVector(2)(some(2, 3))", "layers.Average()([some(2, 3), some(2, 3) * 3])", "layers.Dot(axes=(1, 2))([some(2, 3, 2), some(2, 4, 3)])", "layers.Dot(axes=1, normalize=True)([some(2, 3), some(2, 3) + 1])", "layers.Subtract()([some(2, 3), some(2, 1)])", "layers.Multiply()([some(2, 3, 2), some(2, 2)])")
for name, more in [("SimpleRNN", ""), ("GRU", ""), ("GRU", ", reset_after=False"), ("LSTM", ", unit_forget_bias=False")]:
    R = f"kernel_initializer=ramp, recurrent_initializer=ramp, bias_initializer=ramp{more}"
    facts.values(f"layers.{name}(2, {R})(some(2, 3, 4))", f"layers.{name}(2, return_sequences=True, go_backwards=True, {R})(some(2, 3, 4))", f"layers.Bidirectional(layers.{name}(2, return_sequences=True, {R}), merge_mode='ave')(some(2, 3, 4))", f"layers.{name}(2, return_state=True, {R})(some(2, 3, 4))[-1]")
facts.values(f"layers.TimeDistributed(layers.Dense(2, {P}))(some(2, 3, 4))", f"layers.MultiHeadAttention(2, 3, {P})(some(2, 3, 4), some(2, 5, 4))", f"layers.MultiHeadAttention(2, 3, value_dim=2, output_shape=5, {P})(some(2, 3, 4), some(2, 3, 4), use_causal_mask=True)", f"layers.MultiHeadAttention(2, 3, {P})(some(2, 3, 4), some(2, 3, 4), return_attention_scores=True)[1]", f"layers.MultiHeadAttention(1, 2, attention_axes=(2,), {P})(some(2, 2, 3, 4), some(2, 2, 3, 4))", f"layers.MultiHeadAttention(1, 2, {P})(some(2, 2, 3, 4), some(2, 2, 3, 4))", "layers.Attention()([some(2, 3, 4), some(2, 5, 4)])", "layers.Attention()([some(2, 3, 4), some(2, 3, 4)], use_causal_mask=True)", "layers.AdditiveAttention(use_scale=False)([some(2, 3, 4), some(2, 5, 4)])")
for name in ["mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "binary_crossentropy", "categorical_crossentropy", "kl_divergence", "poisson", "cosine_similarity", "huber", "log_cosh", "categorical_hinge"]:
    facts.values(f"keras.losses.{name}(tf.abs(some(2, 3)), tf.abs(some(2, 3) * 0.5 + 0.1))")
facts.values("keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(tf.abs(some(2, 3)), some(2, 3))", "keras.losses.BinaryCrossentropy(from_logits=True, reduction='sum')(tf.abs(some(2, 3)), some(2, 3))", "keras.losses.SparseCategoricalCrossentropy(reduction=None)(tf.constant([1, 2]), tf.abs(some(2, 3)))", "keras.losses.sparse_categorical_crossentropy(tf.constant([1, 2]), some(2, 3), from_logits=True)", "keras.losses.MeanSquaredError()(some(4, 1), some(4))", "keras.losses.Huber(delta=0.3)(some(2, 3), some(2, 3) * 2)", "keras.losses.BinaryFocalCrossentropy()(tf.abs(some(2, 3)), tf.abs(some(2, 3) * 0.5 + 0.1))", "keras.regularizers.L1L2(0.1, 0.2)(some(2, 3))", "keras.utils.to_categorical([0, 2, 1], 4)", "keras.ops.normalize(some(2, 3))", "keras.ops.std(some(2, 3), axis=0)", "keras.ops.one_hot([0, 2], 3)", "keras.ops.logsumexp(some(2, 3), axis=1)")

if __name__ == "__main__":
    facts.write(__file__, "keras", keras.__version__)
