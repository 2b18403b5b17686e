"""Tapes that are asked for more than one set of derivatives."""
import tensorflow as tf

W = tf.Variable(tf.random.normal((4, 3)))
x = tf.random.normal((5, 4))


def net(x):
    return tf.tanh(tf.matmul(x, W))


# 1. Two derivatives of one tape.
with tf.GradientTape() as tape:
    tape.watch(x)
    y = net(x)
by_input = tape.gradient(y, x)  # expect: by_input (5, 4)
by_weight = tape.gradient(y, W)  # expect: tape-not-persistent

# 2. A row of the Jacobian after the other.
with tf.GradientTape() as tape:
    tape.watch(x)
    columns = tf.unstack(net(x), axis=1)
rows = []
for column in columns:
    rows.append(tape.gradient(column, x))  # expect: tape-not-persistent

# 3. Rows by a loop instead of a vectorised map.
with tf.GradientTape(watch_accessed_variables=False) as tape:
    tape.watch(x)
    y = net(x)
slow = tape.batch_jacobian(y, x, experimental_use_pfor=False)  # expect: tape-not-persistent


# 4. A helper that takes two.
def residual(points):
    with tf.GradientTape(persistent=False) as tape:
        tape.watch(points)
        u = net(points)[:, :1]
        v = net(points)[:, 1:2]
    u_x = tape.gradient(u, points)[:, 0]
    return u_x + tape.gradient(v, points)[:, 1]  # expect: tape-not-persistent


residual(x)


# 5. A training step of two networks.
class Linear(tf.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = tf.Variable(tf.random.normal((inputs, outputs)))

    def __call__(self, x):
        return tf.matmul(x, self.weight)


class Trainer:
    def __init__(self, generator, critic):
        self.generator, self.critic = generator, critic

    def train_step(self, batch):
        with tf.GradientTape() as tape:
            fake = self.generator(batch)
            score = tf.reduce_mean(self.critic(fake))
        to_generator = tape.gradient(score, self.generator.trainable_variables)
        to_critic = to_generator
        to_critic = tape.gradient(score, self.critic.trainable_variables)  # expect: tape-not-persistent
        return to_generator, to_critic


Trainer(Linear(4, 4), Linear(4, 1)).train_step(x)
