"""Physics-informed networks as they are written with tapes: all of these are right."""
import numpy as np
import tensorflow as tf

tf.keras.utils.set_random_seed(0)


class Dense(tf.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.w = tf.Variable(tf.random.normal((inputs, outputs)) * 0.3, name="w")
        self.b = tf.Variable(tf.zeros((outputs,)), name="b")

    def __call__(self, x):
        return tf.matmul(x, self.w) + self.b


class Network(tf.Module):
    def __init__(self, sizes):
        super().__init__()
        self.layers = [Dense(a, b) for a, b in zip(sizes[:-1], sizes[1:])]

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = tf.tanh(layer(x))
        return self.layers[-1](x)


model = Network([2, 16, 16, 1])
xt = tf.random.uniform((20, 2))


# 1. Burgers: a persistent tape, columns of the gradient of one output.
def burgers(xt):
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(xt)
        with tf.GradientTape() as inner:
            inner.watch(xt)
            u = model(xt)
        du = inner.gradient(u, xt)  # expect: du (20, 2)
        u_x = du[:, 0:1]
        u_t = du[:, 1:2]
    u_xx = outer.gradient(u_x, xt)[:, 0:1]  # expect: u_xx (20, 1)
    del outer
    return u_t + u * u_x - 0.01 * u_xx


residual = burgers(xt)  # expect: residual (20, 1)


# 2. Coordinates as columns of their own.
x = tf.random.uniform((20, 1))
t = tf.random.uniform((20, 1))
with tf.GradientTape(persistent=True) as tape:
    tape.watch([x, t])
    u = model(tf.concat([x, t], axis=1))
    u_x = tape.gradient(u, x)  # expect: u_x (20, 1)
    u_t = tape.gradient(u, t)  # expect: u_t (20, 1)
u_xx = tape.gradient(u_x, x)  # expect: u_xx (20, 1)
heat = u_t - 0.1 * u_xx
del tape


# 3. Nested tapes, one for each order, and a graph.
@tf.function
def wave(x, t):
    with tf.GradientTape(persistent=True) as second:
        second.watch(x)
        second.watch(t)
        with tf.GradientTape(persistent=True) as first:
            first.watch(x)
            first.watch(t)
            u = model(tf.concat([x, t], axis=1))
        u_x = first.gradient(u, x)
        u_t = first.gradient(u, t)
    return second.gradient(u_t, t) - 4.0 * second.gradient(u_x, x)


wave_residual = wave(x, t)  # expect: wave_residual (20, 1)


# 4. Several outputs, a gradient for each.
flow = Network([2, 16, 3])
with tf.GradientTape(persistent=True) as tape:
    tape.watch(xt)
    out = flow(xt)
    velocity, height, pressure = out[:, 0:1], out[:, 1:2], out[:, 2:3]
grad_velocity = tape.gradient(velocity, xt)  # expect: grad_velocity (20, 2)
grad_height = tape.gradient(height, xt)  # expect: grad_height (20, 2)
continuity = grad_velocity[:, 0] + grad_height[:, 1]  # expect: continuity (20,)
del tape


# 5. The Laplacian by each sample's Hessian.
with tf.GradientTape() as outer:
    outer.watch(xt)
    with tf.GradientTape() as inner:
        inner.watch(xt)
        u = model(xt)
    gradient = inner.gradient(u, xt)
hessian = outer.batch_jacobian(gradient, xt)  # expect: hessian (20, 2, 2)
laplacian = tf.linalg.trace(hessian)  # expect: laplacian (20,)


# 6. The Laplacian a coordinate at a time.
def laplacian_by_columns(points):
    total = tf.zeros((tf.shape(points)[0],))
    for k in range(2):
        with tf.GradientTape() as outer:
            outer.watch(points)
            with tf.GradientTape() as inner:
                inner.watch(points)
                u = model(points)
            component = inner.gradient(u, points)[:, k]
        total += outer.gradient(component, points)[:, k]
    return total


by_columns = laplacian_by_columns(xt)  # expect: by_columns (20,)


# 7. A training step with the loss over all points, by variables.
learning_rate = 1e-3
for epoch in range(2):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(burgers(xt))) + tf.reduce_mean(tf.square(model(xt)))
    grads = tape.gradient(loss, model.trainable_variables)
    for variable, grad in zip(model.trainable_variables, grads):
        variable.assign_sub(learning_rate * grad)


# 8. An ordinary differential equation, a scalar for each time, and what the initial value has to be.
net = Network([1, 10, 1])
times = tf.constant(np.linspace(0.0, 1.0, 11)[:, None], dtype=tf.float32)
with tf.GradientTape() as tape:
    tape.watch(times)
    y = net(times)
dy_dt = tape.gradient(y, times)  # expect: dy_dt (11, 1)
ode = dy_dt + y

# 9. Forces as the gradient of an energy of all atoms.
positions = tf.random.normal((4, 3))
with tf.GradientTape() as tape:
    tape.watch(positions)
    distances = tf.norm(positions[:, None, :] - positions[None, :, :] + 0.1, axis=-1)
    energy = tf.reduce_sum(1.0 / distances)
forces = -tape.gradient(energy, positions)  # expect: forces (4, 3)

# 10. The per-sample Jacobian of a vector field, and its determinant.
field = Network([2, 16, 2])
with tf.GradientTape() as tape:
    tape.watch(xt)
    image = field(xt)
jac = tape.batch_jacobian(image, xt)  # expect: jac (20, 2, 2)
log_det = tf.linalg.slogdet(jac)[1]  # expect: log_det (20,)
