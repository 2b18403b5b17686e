"""Where what surely raises in a `try` goes on: in the handler that takes it, in `else`, in `finally`."""
import contextlib

import torch

x = torch.randn(5, 3)
try:
    y = x @ x
except RuntimeError:
    y = x @ x.T
a = y + 0  # expect: a (5, 5)

# Nothing behind it in the body is run.
rows = []
try:
    rows.append(x)
    rows.append(x.reshape(7, 7))
    rows.append(x)
except KeyError:
    rows = []
except (RuntimeError, ValueError) as error:
    print(error)
    rows.append(x[:1])
else:
    rows.append(x)
finally:
    rows.append(x[:2])
b = torch.cat(rows)  # expect: b (8, 3)

sizes = {"a": 2}
try:
    size = sizes["b"]
except IndexError:
    size = 3
except KeyError:
    size = 6
c = torch.zeros(size)  # expect: c (6,)
try:
    size = int("five")
except ValueError:
    size = 5
d = torch.zeros(size)  # expect: d (5,)
try:
    size = int("7")
except ValueError:
    size = 5
else:
    size += 1
e = torch.zeros(size)  # expect: e (8,)


class Misfit(ValueError):
    pass


class Other(Misfit):
    pass


def three(t):
    if t.ndim != 3:
        raise Other(f"three axes are wanted, not {t.ndim}")
    return t


def as_three(t):
    try:
        return three(t)
    except KeyError:
        return t
    except Misfit:
        return three(t[None])


f = as_three(x)  # expect: f (1, 5, 3)
g = as_three(x[None, None, 0])  # expect: g (1, 1, 3)

# What no handler takes goes on to the next `try`.
try:
    try:
        z = three(x)
    except TypeError:
        z = x
    finally:
        w = x[:, :2]
except ValueError:
    z = x[0]
h = z + 0  # expect: h (3,)
k = w + 0  # expect: k (5, 2)
try:
    raise RuntimeError
except Exception:
    n = torch.ones(11)
m = n + 0  # expect: m (11,)


with contextlib.suppress(KeyError):
    size = 1
    size = sizes["none"]
    size = 2
q = torch.zeros(size)  # expect: q (1,)


def tried(values, flag):
    """What may raise, but need not, is taken not to."""
    size = 3
    try:
        size = 4
        if flag:
            raise ValueError
        size = 5
    except ValueError:
        size = 6
    a = torch.zeros(2, 3)
    try:
        b = a @ values
    except RuntimeError:
        b = None
    return size, b


# call: tried(torch.zeros(3, 1), False)
