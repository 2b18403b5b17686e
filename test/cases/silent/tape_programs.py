"""Programs with tapes that are right as they are: by parameters, unbatched, whole on purpose, products, saliency."""
import tensorflow as tf

tf.keras.utils.set_random_seed(0)

W = tf.Variable(tf.random.normal((4, 6)) * 0.5)
V = tf.Variable(tf.random.normal((6, 3)) * 0.5)


def net(x):
    return tf.matmul(tf.tanh(tf.matmul(x, W)), V)


data = tf.random.normal((5, 4))
labels = tf.constant([0, 1, 2, 1, 0])

# 1. By parameters: each output of each sample by each weight, for the neural tangent kernel.
with tf.GradientTape() as tape:
    outputs = net(data)
rows = tape.jacobian(outputs, [W, V])
by_w = tf.reshape(rows[0], (15, -1))  # expect: by_w (15, 24)
kernel = tf.matmul(by_w, by_w, transpose_b=True)  # expect: kernel (15, 15)

# 2. The gradient of a loss.
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=net(data)))
grad_w, grad_v = tape.gradient(loss, [W, V])  # expect: grad_w (4, 6)

# 3. One point: the Jacobian of a vector by a vector.
point = tf.constant([0.3, -0.2, 0.5, 0.1])
with tf.GradientTape() as tape:
    tape.watch(point)
    value = net(point[None])[0]
of_point = tape.jacobian(value, point)  # expect: of_point (3, 4)

# 4. A saliency map: the score of each sample's class.
with tf.GradientTape() as tape:
    tape.watch(data)
    scores = tf.reduce_max(net(data), axis=1)
saliency = tape.gradient(scores, data)  # expect: saliency (5, 4)

# 5. A penalty on the gradient of a critic.
mix = tf.random.uniform((5, 1))
between = mix * data + (1.0 - mix) * tf.random.normal((5, 4))
with tf.GradientTape() as tape:
    tape.watch(between)
    critic = net(between)[:, :1]
slope = tape.gradient(critic, between)  # expect: slope (5, 4)
penalty = tf.reduce_mean((tf.norm(slope, axis=1) - 1.0) ** 2)

# 6. A product with a vector from the left, and from the right by two tapes.
cotangent = tf.random.normal((5, 3))
with tf.GradientTape() as tape:
    tape.watch(data)
    out = net(data)
from_left = tape.gradient(out, data, output_gradients=cotangent)  # expect: from_left (5, 4)
with tf.autodiff.ForwardAccumulator(data, tf.ones_like(data)) as forward:
    out = net(data)
from_right = forward.jvp(out)  # expect: from_right (5, 3)

# 7. The trace of each sample's Jacobian by random directions.
square = tf.Variable(tf.random.normal((4, 4)))
noise = tf.random.normal((5, 4))
with tf.GradientTape() as tape:
    tape.watch(data)
    velocity = tf.tanh(tf.matmul(data, square))
pulled = tape.gradient(velocity, data, output_gradients=noise)
trace = tf.reduce_sum(pulled * noise, axis=1)  # expect: trace (5,)

# 8. Rows that attend to each other: all of the Jacobian is read.
with tf.GradientTape() as tape:
    tape.watch(data)
    weights = tf.nn.softmax(tf.matmul(data, data, transpose_b=True))
    attended = tf.matmul(weights, data)
influence = tape.jacobian(attended, data)  # expect: influence (5, 4, 5, 4)
strength = tf.reduce_sum(tf.abs(influence), axis=[1, 3])  # expect: strength (5, 5)

# 9. A persistent tape in a loop over outputs: the Jacobian a row at a time.
with tf.GradientTape(persistent=True) as tape:
    tape.watch(data)
    out = net(data)
    parts = [out[:, k] for k in range(3)]
by_rows = tf.stack([tape.gradient(part, data) for part in parts], axis=1)  # expect: by_rows (5, 3, 4)

# 10. Hessians of one point, and a Newton step.
start = tf.constant([0.5, -1.0, 0.3])
with tf.GradientTape() as outer:
    outer.watch(start)
    with tf.GradientTape() as inner:
        inner.watch(start)
        height = tf.reduce_sum(start**4) + tf.reduce_sum(start) ** 2
    steepest = inner.gradient(height, start)
curvature = outer.jacobian(steepest, start)  # expect: curvature (3, 3)
step = tf.linalg.solve(curvature, steepest[:, None])[:, 0]  # expect: step (3,)

# 11. A new tape each turn.
losses = []
for turn in range(3):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(net(data)))
    gradient = tape.gradient(loss, W)
    W.assign_sub(0.1 * gradient)
    losses.append(loss)

# 12. Two tapes that each give one gradient.
with tf.GradientTape() as of_generator, tf.GradientTape() as of_critic:
    generated = tf.tanh(tf.matmul(data, W))
    generator_loss = tf.reduce_mean(generated)
    critic_loss = tf.reduce_mean(tf.matmul(generated, V))
to_generator = of_generator.gradient(generator_loss, W)  # expect: to_generator (4, 6)
to_critic = of_critic.gradient(critic_loss, V)  # expect: to_critic (6, 3)
