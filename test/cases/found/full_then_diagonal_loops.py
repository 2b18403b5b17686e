"""Full Jacobians, of which a block is read where it is needed, in programs that go on for many turns."""
import torch
from torch import nn
from torch.autograd.functional import jacobian

torch.manual_seed(0)
flow = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 4))
x = torch.randn(6, 4)


def log_det(points):
    J = jacobian(flow, points, create_graph=True)  # expect: J (6, 4, 6, 4) full-then-diagonal wanted (6, 4, 4)
    return torch.stack([torch.slogdet(J[i, :, i, :])[1] for i in range(points.shape[0])])


for turn in range(50):
    density = log_det(x)  # expect: density (6,)

K = jacobian(flow, x)  # expect: K (6, 4, 6, 4) full-then-diagonal wanted (6, 4, 4)
traces = torch.zeros(6)
for k in range(6):
    traces[k] = torch.trace(K[k, :, k])

for turn in range(50):
    M = jacobian(flow, x)  # expect: M (6, 4, 6, 4) full-then-diagonal wanted (6, 4, 4)
    blocks = M.diagonal(dim1=0, dim2=2)  # expect: blocks (4, 4, 6)

for turn in range(50):
    N = jacobian(flow, x)  # expect: N (6, 4, 6, 4) full-batch-jacobian wanted (6, 4, 4)

column = 1
P = jacobian(flow, x)  # expect: P (6, 4, 6, 4) full-then-diagonal wanted (6, 4, 4)
parts = [P[k, column, k] for k in range(6)]
