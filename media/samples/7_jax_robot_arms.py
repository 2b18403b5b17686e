"""JAX: how the hands of many robot arms move with their joints.

`jacfwd` of a function that moves all arms gives every hand by the joints of
every arm; `vmap` maps over the arms. Which mode is cheaper follows from their joints and
hands: see "Which Jacobian?" among the refactorings (Ctrl+Shift+R).
"""
import jax
import jax.numpy as jnp

n_arms, n_joints = 16, 7
lengths = jnp.linspace(0.4, 0.1, n_joints)


def hand(angles):
    """The place of the hand of each arm; angles: (arms, joints)."""
    total = jnp.cumsum(angles, axis=-1)
    x = jnp.sum(lengths * jnp.cos(total), axis=-1)
    y = jnp.sum(lengths * jnp.sin(total), axis=-1)
    return jnp.stack([x, y], axis=-1)


angles = jax.random.uniform(jax.random.key(0), (n_arms, n_joints))

every_arm = jax.jacfwd(hand)(angles)
print(every_arm.shape)

each_arm = jax.vmap(jax.jacrev(hand))(angles)
print(each_arm.shape)
