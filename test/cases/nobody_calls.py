"""Functions that nobody is seen to call: what their bodies demand tells the axes of what they are given."""
import torch
from einops import einsum
from torch import nn
from torch.autograd.functional import jacobian
from torch.func import jacrev, vmap

net = nn.Linear(5, 4)


def unpacked_later(x):
    scale = 1.0
    for _ in range(3):
        scale = scale * 2
    b, d = x.shape
    y = torch.tanh(x) * scale
    weight = torch.ones(d, 3)
    J = vmap(jacrev(lambda row: torch.tanh(row) @ weight))(x)  # expect: J (b, 3, d)
    return J, y  # expect: y (b, d)


# call: unpacked_later(torch.randn(7, 5))
# call: unpacked_later(torch.randn(2, 3))


def asserted(x, count):
    assert x.ndim == 2
    y = x.T @ x  # expect: y (x1, x1)
    assert y.shape[0] == count
    return y


# call: asserted(torch.randn(7, 5), 5)


def asserted_shape(x, count):
    assert x.shape == (count, 5)
    y = net(x)  # expect: y (count, 4)
    return y


# call: asserted_shape(torch.randn(7, 5), 7)


def refused(points):
    if points.dim() != 3:
        raise ValueError("points are (clouds, points, 3)")
    centred = points - points.mean(1, keepdim=True)  # expect: centred (points0, points1, points2)
    return centred


# call: refused(torch.randn(2, 7, 3))


def either(x):
    if x.dim() == 1:
        row = x[None]  # expect: row (1, x0)
        return row
    elif x.dim() == 2:
        rows = x.mT  # expect: rows (x1, x0)
        return rows
    return x


# call: either(torch.randn(5))
# call: either(torch.randn(7, 5))


def contracted(A, v):
    w = torch.einsum("bij,bj->bi", A, v)  # expect: w (b, i)
    twice = v * 2  # expect: twice (b, j)
    J = jacobian(lambda u: torch.einsum("ij,j->i", A[0], u), v[0])  # expect: J (i, j)
    return w, twice, J


# call: contracted(torch.randn(7, 2, 3), torch.randn(7, 3))


def with_known(A):
    v = torch.randn(7, 3)
    w = torch.einsum("bij,bj->bi", A, v)
    both = A.sum(1)  # expect: both (7, 3)
    return w, both


# call: with_known(torch.randn(7, 2, 3))


def diagonal(S, w):
    d = torch.einsum("nkk,nk->nk", S, w)  # expect: d (n, k)
    doubled = S * 2  # expect: doubled (n, k, k)
    return d, doubled


# call: diagonal(torch.randn(7, 3, 3), torch.randn(7, 3))


def named(q, k):
    scores = einsum(q, k, "batch i d, batch j d -> batch i j")  # expect: scores (batch, i, j)
    return scores


# call: named(torch.randn(2, 5, 3), torch.randn(2, 4, 3))


def batches_of_matrices(x, y):
    z = torch.bmm(x, y)  # expect: z (x0, x1, y2)
    t = x.transpose(1, 2)  # expect: t (x0, x2, x1)
    return z, t


# call: batches_of_matrices(torch.randn(7, 2, 3), torch.randn(7, 3, 4))


def matrix_and_vector(state):
    moved = torch.mv(state["A"], state["x"])  # expect: moved (A0,)
    outer = state["x"][:, None] * state["x"]  # expect: outer (A1, A1)
    return moved, outer


# call: matrix_and_vector({"A": torch.randn(2, 3), "x": torch.randn(3)})


def of_results(u, x):
    n, d = x.shape
    n, o = u.shape
    # What u is computed from is not known; by x it has the shape of x.
    u_x = torch.autograd.grad(u, x, torch.ones_like(u), create_graph=True)[0]  # expect: u_x (n, d)
    return u_x


# call: (lambda x: of_results(x @ torch.randn(5, 2), x))(torch.randn(7, 5, requires_grad=True))
