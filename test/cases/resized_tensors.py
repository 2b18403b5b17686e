"""Tensors that get another shape in place."""
import torch
from torch import nn

a = torch.zeros(3)
a.resize_(4, 5)
b = a + 0  # expect: b (4, 5)
a.resize_((2, 2))
b = a + 0  # expect: b (2, 2)
a.resize_as_(torch.zeros(7, 1))
b = a + 0  # expect: b (7, 1)
a.set_(torch.zeros(6, 2))
b = a + 0  # expect: b (6, 2)
a.set_(torch.zeros(24).untyped_storage(), 0, (2, 3), (3, 1))
b = a + 0  # expect: b (2, 3)
a.data = torch.zeros(5)
b = a + 0  # expect: b (5,)
a.data.resize_(9)
b = a + 0  # expect: b (5,)


def given(values, flag):
    x = torch.zeros(3, 4)
    x.data = values
    y = x + 1  # expect: y (*)
    layer = nn.Linear(3, 4)
    before = layer(torch.ones(2, 3))  # expect: before (2, 4)
    if flag:
        layer.weight.data = values
    after = layer(torch.ones(2, 3))  # expect: after (*)
    z = torch.zeros(3)
    w = z if flag else x
    v = w * 2  # expect: v (*)
    z.resize_(values.shape)
    u = z + 1  # expect: u (*)
    return y, before, after, v, u


# call: given(torch.zeros(4, 3), True)
# call: given(torch.zeros(6, 3), False) or ()
