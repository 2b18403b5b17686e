"""Extended Kalman filters, smoothers and controllers: the state is one vector, or one column."""
from functools import partial

import torch
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacfwd, jacrev

dt = 0.1


def f(x, u):
    """Unicycle: position, heading, speed."""
    px, py, th, v = x
    return torch.stack([px + dt * v * torch.cos(th), py + dt * v * torch.sin(th), th + dt * u[1], v + dt * u[0]])


def h(x):
    return torch.stack([torch.hypot(x[0], x[1]), torch.atan2(x[1], x[0])])


class EKF:
    def __init__(self, f, h, Q, R):
        self.f, self.h, self.Q, self.R = f, h, Q, R
        self.x, self.P = torch.tensor([1.0, 0.5, 0.1, 1.0]), torch.eye(4)

    def predict(self, u):
        F = jacobian(self.f, (self.x, u))[0]  # expect: F (4, 4)
        self.x = self.f(self.x, u)
        self.P = F @ self.P @ F.T + self.Q

    def update(self, z):
        H = jacobian(self.h, self.x)  # expect: H (2, 4)
        S = H @ self.P @ H.T + self.R
        K = self.P @ H.T @ torch.linalg.inv(S)  # expect: K (4, 2)
        self.x = self.x + K @ (z - self.h(self.x))
        self.P = (torch.eye(4) - K @ H) @ self.P


ekf = EKF(f, h, 0.01 * torch.eye(4), 0.1 * torch.eye(2))
for _ in range(3):
    ekf.predict(torch.tensor([0.1, 0.2]))
    ekf.update(torch.tensor([1.2, 0.4]))

# The state as a column, as textbooks have it.
A = torch.randn(3, 3) / 3
column = torch.randn(3, 1)


def step(x):
    return torch.tanh(A @ x)


Fx = jacobian(step, column)  # expect: Fx (3, 1, 3, 1)
F = Fx.squeeze()  # expect: F (3, 3)
also = jacobian(step, column).view(3, 3)  # expect: also (3, 3)
P = F @ torch.eye(3) @ F.T  # expect: P (3, 3)

# A learned transition of one state, with its control fixed.
transition = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 4))
state, control = torch.randn(4), torch.randn(2)
learned = jacrev(lambda s: s + transition(torch.cat([s, control])))(state)  # expect: learned (4, 4)
B = jacfwd(lambda c: transition(torch.cat([state, c])))(control)  # expect: B (4, 2)
both = jacrev(lambda s, c: transition(torch.cat([s, c])), argnums=(0, 1))(state, control)
Fs = both[0]  # expect: Fs (4, 4)


# iLQR: linearisation along a trajectory of single states.
def dynamics(x, u, mass=1.0):
    return x + dt * torch.stack([x[1], -torch.sin(x[0]) + u[0] / mass])


heavy = partial(dynamics, mass=2.0)
x = torch.zeros(2)
As = []
for t in range(5):
    u = torch.full((1,), 0.1 * t)
    Ax, Bu = jacobian(heavy, (x, u))
    As.append(Ax)
    x = heavy(x, u)
stacked = torch.stack(As)  # expect: stacked (5, 2, 2)
