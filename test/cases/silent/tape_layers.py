"""Layers that differentiate a network, in models of symbolic tensors: all of these are right."""
import tensorflow as tf

tf.keras.utils.set_random_seed(0)


class Derivatives(tf.keras.layers.Layer):
    """Values and derivatives by each coordinate alone."""

    def __init__(self, network, **kwargs):
        self.network = network
        super().__init__(**kwargs)

    def call(self, points):
        x, y = [points[..., i, tf.newaxis] for i in range(points.shape[-1])]
        with tf.GradientTape(persistent=True) as third:
            third.watch([x, y])
            with tf.GradientTape(persistent=True) as second:
                second.watch([x, y])
                with tf.GradientTape(persistent=True) as first:
                    first.watch([x, y])
                    stream = self.network(tf.concat([x, y], axis=-1))
                u = first.batch_jacobian(stream, y)[..., 0]
                v = -first.batch_jacobian(stream, x)[..., 0]
            # By the other coordinate: samples are kept apart all the same.
            u_x = second.batch_jacobian(u, x)[..., 0]
            v_y = second.batch_jacobian(v, y)[..., 0]
        u_xy = third.batch_jacobian(u_x, y)[..., 0]
        return stream, u_x + v_y, u_xy


def network(inputs=2, outputs=1):
    start = tf.keras.layers.Input(shape=(inputs,))
    hidden = tf.keras.layers.Dense(8, activation="tanh")(start)
    return tf.keras.models.Model(inputs=start, outputs=tf.keras.layers.Dense(outputs)(hidden))


def informed(net):
    inside = tf.keras.layers.Input(shape=(2,))
    edge = tf.keras.layers.Input(shape=(2,))
    _, divergence, mixed = Derivatives(net)(inside)
    return tf.keras.models.Model(inputs=[inside, edge], outputs=[divergence, mixed, net(edge)])


net = network()
model = informed(net)
divergence, mixed, values = model([tf.random.uniform((6, 2)), tf.random.uniform((4, 2))])  # expect: divergence (6, 1)
mixed = mixed[:, 0]  # expect: mixed (6,)
edge = values + 0  # expect: edge (4, 1)


class Slopes(tf.keras.layers.Layer):
    """What a layer of its own makes of one that was called before."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def call(self, points, scale=None):
        with tf.GradientTape() as tape:
            tape.watch(points)
            out = self.network(points)
        slopes = tape.batch_jacobian(out, points)
        return slopes if scale is None else slopes * scale[:, :, tf.newaxis]


points = tf.keras.Input((2,))
scale = tf.keras.Input((1,))
slopes = tf.keras.Model([points, scale], Slopes(network(2, 3))(tf.keras.layers.Rescaling(0.5)(points), scale=scale))
J = slopes([tf.random.uniform((6, 2)), tf.ones((6, 1))])  # expect: J (6, 3, 2)
