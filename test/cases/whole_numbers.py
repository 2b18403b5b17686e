"""Whole numbers: operations on their bits, and those too large to be told apart here."""
import torch

high = (1 << 40) | 1
a = torch.zeros(high % 1000)  # expect: a (777,)
b = torch.zeros(5 | 2, 12 & 10, 6 ^ 3, 1 << 3, 256 >> 4, (-7 >> 1) + 10)  # expect: b (7, 8, 5, 8, 16, 6)
c = torch.zeros((high & (1 << 40)) >> 38, (high ^ 5) % 7, ~high % 100)  # expect: c (4, 6, 22)
d = torch.zeros(3**20 % 10, 10**15 % 7, (-1) ** 1001 + 3)  # expect: d (1, 6, 2)

# 2**60 and 2**60 + 1 are one number to a floating point of 64 bits.
e = torch.zeros(2**60 % 7 + 1)  # expect: e (*)
f = torch.zeros((2**60 + 1) - 2**60)  # expect: f (*)
g = torch.zeros(9007199254740993 % 10)  # expect: g (*)
h = torch.zeros(int(1e17) % 7 + 1)  # expect: h (*)
k = torch.zeros((1 << 70) >> 68)  # expect: k (*)
m = torch.zeros(sum([2**53, 1]) % 10 + 1)  # expect: m (*)
n = torch.zeros(int("12_0") // 10, int(" 7 "), int("ff", 16) if int("3") == 4 else 2)  # expect: n (12, 7, 2)
