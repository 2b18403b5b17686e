"""Functions of several arguments, of which one or more are batches; other results beside the output."""
import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import functional_call, jacfwd, jacrev

torch.manual_seed(0)
states = torch.randn(7, 5)
actions = torch.randn(7, 3)
mass = torch.rand(2, 5)
step = nn.Linear(8, 5)


def dynamics(state, action):
    return state + 0.1 * torch.tanh(step(torch.cat([state, action], dim=-1)))


# The whole batch in every argument.
A, B = jacobian(dynamics, (states, actions))  # expect: A (7, 5, 7, 5) full-batch-jacobian wanted (7, 5, 5)
print(B.shape)  # expect: B (7, 5, 7, 3)

by_action = jacrev(dynamics, argnums=1)(states, actions)  # expect: by_action (7, 5, 7, 3) full-batch-jacobian wanted (7, 5, 3)

C, D = jacfwd(dynamics, argnums=(0, 1))(states, actions)  # expect: C (7, 5, 7, 5) full-batch-jacobian wanted (7, 5, 5)
print(D.shape)  # expect: D (7, 5, 7, 3)


def weighed(state, weights):
    return torch.tanh(state) @ weights.T


# What all samples share is not mapped.
by_state = jacrev(weighed)(states, mass)  # expect: by_state (7, 2, 7, 5) full-batch-jacobian wanted (7, 2, 5)

shared, by_mass = jacobian(weighed, (states, mass), create_graph=True)  # expect: shared (7, 2, 7, 5) full-batch-jacobian wanted (7, 2, 5)
print(by_mass.shape)  # expect: by_mass (7, 2, 2, 5)

net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 4))
params = dict(net.named_parameters())


def apply(weights, x):
    return functional_call(net, weights, (x,))


of_input = jacrev(apply, argnums=1)(params, states)  # expect: of_input (7, 4, 7, 5) full-batch-jacobian wanted (7, 4, 5)


def with_value(x):
    y = net(x)
    return y, y.square()


with_aux, squares = jacrev(with_value, has_aux=True)(states)  # expect: with_aux (7, 4, 7, 5) full-batch-jacobian wanted (7, 4, 5)
print(squares.shape)  # expect: squares (7, 4)

in_chunks = jacrev(net, chunk_size=2)(states)  # expect: in_chunks (7, 4, 7, 5) full-batch-jacobian wanted (7, 4, 5)

# Made in one place and called in another.
derivative = jacrev(net)
elsewhere = derivative(states)  # expect: elsewhere (7, 4, 7, 5) full-batch-jacobian wanted (7, 4, 5)

# Right as they are.
E, F = torch.func.vmap(jacrev(dynamics, argnums=(0, 1)))(states, actions)  # expect: E (7, 5, 5)
print(F.shape)  # expect: F (7, 5, 3)
of_weights = jacrev(weighed, argnums=1)(states, mass)  # expect: of_weights (7, 2, 2, 5)
