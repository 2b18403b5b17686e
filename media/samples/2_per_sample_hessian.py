"""Hessians: how the energy of each molecule bends with its own 12 coordinates.

The Hessian of the summed energy couples every molecule with every other one:
(32, 12, 32, 12), and all of the blocks between two different molecules are
zero. The Hessian of one molecule, mapped over the batch, is (32, 12, 12).
"""
import torch
import torch.nn as nn
from torch.func import hessian, vmap

n_molecules, n_coordinates = 32, 12

energy = nn.Sequential(
    nn.Linear(n_coordinates, 64),
    nn.Tanh(),
    nn.Linear(64, 1),
)
positions = torch.randn(n_molecules, n_coordinates)

# Both axes of the batch are there: 32 times the memory that is needed.
coupled = hessian(lambda p: energy(p).sum())(positions)
print(coupled.shape)

# This is right as it is, and nothing is said about it.
stiffness = vmap(hessian(lambda p: energy(p).squeeze(-1)))(positions)
print(stiffness.shape)
