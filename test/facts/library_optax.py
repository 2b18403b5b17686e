"""What optax gives: shapes of updates, schedules and losses, which calls raise, and how samples move losses.

Run with a Python that has optax; writes library_optax.json beside this file, in the form of library_flax.json.
"""

import optax

from recorded_jax import Facts

facts = Facts('''
import jax
import jax.numpy as jnp
import optax
from flax.training import train_state
from jax import random
params = {'a': {'w': jnp.ones((2, 3)), 'b': jnp.ones(3)}, 'c': [jnp.ones(()), jnp.ones((4, 1))]}
grads = jax.tree.map(lambda p: p * 0.1, params)
def data(*shape): return jnp.ones(shape)
def whole(*shape): return jnp.zeros(shape, jnp.int32)
def stepped(tx):
    updates, state = tx.update(grads, tx.init(params), params)
    updates, state = tx.update(updates, state, params)
    return optax.apply_updates(params, updates)
def trained(tx):
    state = train_state.TrainState.create(apply_fn=lambda p, x: x @ p['a']['w'], params=params, tx=tx)
    state = state.apply_gradients(grads=grads)
    return state.apply_gradients(grads=grads)
''')

add, batched = facts.add, facts.batched

for tx in ["optax.adam(1e-3)", "optax.sgd(0.1, momentum=0.9)", "optax.adamw(1e-3)", "optax.rmsprop(1e-3)", "optax.lion(1e-3)", "optax.chain(optax.clip_by_global_norm(1.0), optax.adam(1e-3))", "optax.adam(optax.exponential_decay(1e-3, 100, 0.9))", "optax.adam(learning_rate=optax.cosine_decay_schedule(1e-3, 100))", "optax.adagrad(0.1)", "optax.inject_hyperparams(optax.adam)(learning_rate=1e-3)"]:
    add(f"jax.tree.leaves(stepped({tx}))", f"stepped({tx})['a']['w']", f"jax.tree.leaves({tx}.update(grads, {tx}.init(params), params)[0])", f"trained({tx}).params['a']['b']", f"jax.tree.leaves(trained({tx}).params)", f"trained({tx}).apply_fn(trained({tx}).params, data(5, 2))", f"jax.grad(lambda p: trained({tx}).apply_fn(p, data(5, 2)).sum())(trained({tx}).params)['a']['w']", f"trained({tx}).replace(params=grads).params['c'][0]")
add("optax.global_norm(params)", "jax.tree.leaves(optax.incremental_update(params, grads, 0.1))", "optax.apply_updates(params, params)['c'][1]", "optax.apply_updates(data(3), data(3))")
SHAPES = [(), (3,), (2, 3), (0, 3), (2, 4, 3)]
for a in SHAPES:
    for b in [*SHAPES, (2,), (2, 1), (2, 4)]:
        p, q = (f"data({', '.join(map(str, s))})" for s in (a, b))
        for loss in ["l2_loss", "squared_error", "huber_loss", "log_cosh", "softmax_cross_entropy", "sigmoid_binary_cross_entropy", "hinge_loss", "cosine_similarity", "cosine_distance"]:
            add(f"optax.{loss}({p}, {q})")
        add(f"optax.softmax_cross_entropy_with_integer_labels({p}, whole({', '.join(map(str, b))}))", f"optax.softmax_cross_entropy_with_integer_labels({p}, {q})")
    add(f"optax.l2_loss({p})", f"optax.huber_loss({p}, delta=0.5)", f"optax.smooth_labels({p}, 0.1)", f"optax.losses.l2_loss({p})")
add("optax.l2_loss(whole(3))", "optax.l2_loss(data(3), targets=whole(3))", "optax.softmax_cross_entropy(data(2, 3), data(2, 3), axis=0)")
batched((3, 5), "optax.l2_loss(x, jnp.ones((3, 5)))", "optax.huber_loss(x)", "optax.log_cosh(x)", "optax.softmax_cross_entropy(x, jnp.ones((3, 5)))", "optax.softmax_cross_entropy(x, jnp.ones((3, 5)), axis=0)", "optax.softmax_cross_entropy_with_integer_labels(x, jnp.zeros(3, jnp.int32))", "optax.sigmoid_binary_cross_entropy(x, jnp.ones((3, 5)))", "optax.cosine_similarity(x, jnp.ones((3, 5)))", "optax.hinge_loss(x, jnp.ones((3, 5)))")

if __name__ == "__main__":
    facts.write(__file__, "optax", optax.__version__)
