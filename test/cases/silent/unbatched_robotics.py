"""Jacobians of one configuration: joint angles, poses, states. No axis is a batch."""
import math

import torch
from torch.autograd.functional import hessian, jacobian
from torch.func import jacfwd, jacrev


def rot_z(theta):
    c, s, o, i = torch.cos(theta), torch.sin(theta), torch.zeros(()), torch.ones(())
    return torch.stack([torch.stack([c, -s, o]), torch.stack([s, c, o]), torch.stack([o, o, i])])


class PlanarArm:
    """Two links in a plane."""

    def __init__(self, l1=1.0, l2=0.7):
        self.l1, self.l2 = l1, l2

    def forward_kinematics(self, q):
        x = self.l1 * torch.cos(q[0]) + self.l2 * torch.cos(q[0] + q[1])
        y = self.l1 * torch.sin(q[0]) + self.l2 * torch.sin(q[0] + q[1])
        return torch.stack([x, y])

    def jacobian(self, q):
        return jacobian(self.forward_kinematics, q)

    def manipulability(self, q):
        J = self.jacobian(q)
        return torch.sqrt(torch.det(J @ J.T))

    def inverse_kinematics(self, target, q0, steps=10):
        q = q0.clone()
        for _ in range(steps):
            e = target - self.forward_kinematics(q)
            J = self.jacobian(q)  # expect: J (2, 2)
            q = q + torch.linalg.pinv(J) @ e
        return q


arm = PlanarArm()
q = torch.tensor([0.3, 0.8])
J = arm.jacobian(q)  # expect: J (2, 2)
solved = arm.inverse_kinematics(torch.tensor([0.9, 0.9]), q)  # expect: solved (2,)

# A rotation matrix by its angle, and a point moved by it.
dR = jacfwd(rot_z)(torch.tensor(0.4))  # expect: dR (3, 3)
p = torch.randn(3)
dp = jacrev(lambda w: torch.linalg.cross(w, p) + p)(torch.zeros(3))  # expect: dp (3, 3)


def skew(w):
    z = torch.zeros(())
    return torch.stack([torch.stack([z, -w[2], w[1]]), torch.stack([w[2], z, -w[0]]), torch.stack([-w[1], w[0], z])])


def exp_map(w):
    return torch.matrix_exp(skew(w))


dexp = jacfwd(exp_map)(torch.randn(3) * 0.1)  # expect: dexp (3, 3, 3)


# Lagrangian mechanics of a double pendulum.
def lagrangian(q, qd):
    kinetic = 0.5 * (2 * qd[0] ** 2 + qd[1] ** 2 + 2 * qd[0] * qd[1] * torch.cos(q[0] - q[1]))
    potential = -9.81 * (2 * torch.cos(q[0]) + torch.cos(q[1]))
    return kinetic - potential


qd = torch.randn(2)
M = hessian(lambda v: lagrangian(q, v), qd)  # expect: M (2, 2)
C = jacrev(jacrev(lagrangian, argnums=1), argnums=0)(q, qd)  # expect: C (2, 2)
g = jacobian(lambda a: lagrangian(a, qd), q)  # expect: g (2,)
qdd = torch.linalg.solve(M, g - C @ qd)  # expect: qdd (2,)
