"""What einops gives for torch tensors: shapes of many expressions, and which of them raise.

Run with a Python that has torch and einops; writes library_einops.json beside this file, in the form of library_torch.json.
"""

import json
import pathlib

import einops
import torch
from einops import einsum, pack, parse_shape, rearrange, reduce, repeat, unpack
from einops.layers.torch import EinMix, Rearrange, Reduce

names = {"torch": torch, "einops": einops, "rearrange": rearrange, "reduce": reduce, "repeat": repeat, "einsum": einsum, "pack": pack, "unpack": unpack, "parse_shape": parse_shape, "Rearrange": Rearrange, "Reduce": Reduce, "EinMix": EinMix}


def t(*shape: int) -> str:
    return f"torch.rand({', '.join(map(str, shape))})" if shape else "torch.rand(())"


REARRANGE = [
    ((2, 12, 5), "b (h w) c -> b c h w", "h=3"), ((2, 12, 5), "b (h w) c -> b c h w", "h=3, w=4"), ((2, 12, 5), "b (h w) c -> b c h w", "h=5"), ((2, 12, 5), "b (h w) c -> b c h w", ""),
    ((2, 3, 4), "b c h -> b (c h)", ""), ((2, 3, 4), "b c h -> h (b c)", ""), ((2, 3, 4), "b c h -> (b c h)", ""), ((2, 3, 4), "a b -> b a", ""), ((2, 3), "a b -> b a", ""), ((2, 3), "a b -> a", ""), ((2, 3), "a b -> a b c", ""),
    ((2, 3, 4), "b ... -> ... b", ""), ((2, 3, 4), "... c -> c ...", ""), ((2, 3, 4), "b ... -> b (...)", ""), ((2, 3, 4), "... -> (...)", ""), ((2, 3), "... a b -> ... b a", ""), ((3,), "... a b -> ... b a", ""), ((2, 3, 4), "(...) -> ...", ""),
    ((2, 1, 3), "b 1 c -> b c", ""), ((2, 3), "b c -> b 1 c", ""), ((2, 3), "b c -> b c 1 1", ""), ((2, 2, 3), "b 1 c -> b c", ""), ((2, 3), "b c -> () b c", ""), ((1, 2, 3), "() b c -> c b", ""),
    ((6, 4), "(b s) d -> b s d", "b=2"), ((6, 4), "(b s) d -> b s d", "s=2, b=3"), ((6, 4), "(b s) d -> b s d", "b=4"), ((6, 4), "(b s) d -> b s d", "b=2, z=3"), ((2, 3), "a a -> a", ""), ((2, 3), "a b -> (a b", ""), ((2, 3), "a b, b a", ""), ((2, 3), "a b -> b a -> a b", ""),
    ((0, 3), "a b -> b a", ""), ((0, 3), "a b -> (a b)", ""), ((3, 2, 3, 4), "b o b i -> b o i", ""), ((2, 3, 32, 32), "b c (h p1) (w p2) -> b (h w) (p1 p2 c)", "p1=4, p2=4"), ((), "->", ""), ((), " -> 1", ""), ((3,), "a -> a 1", ""), ((2, 6), "b (a c) -> (a b) c", "c=2"), ((2, 3), "_a b1 -> b1 _a", ""), ((4, 6), "(a 2) b -> a 2 b", ""), ((4, 6), "(a b) (c d) -> (a c) (b d)", "a=2, c=3"),
]
REDUCE = [((2, 3, 8, 8), "b c h w -> b c", ""), ((2, 3, 8, 8), "b c h w -> b c 1 1", ""), ((2, 3, 8, 8), "b c (h 2) (w 2) -> b c h w", ""), ((2, 3, 8, 8), "b c (h p) (w q) -> b c h w", "p=2, q=4"), ((2, 3), "a b ->", ""), ((2, 3), "a b -> b a", ""), ((2, 3), "a b -> a c", ""), ((2, 3, 4), "b ... -> b", ""), ((2, 3, 4), "b ... -> ...", ""), ((2, 3, 7), "b c (h 2) -> b c h", ""), ((2, 3), "a b -> () b", "")]
REPEAT = [((2, 3), "h w -> h w c", "c=3"), ((2, 3), "h w -> (repeat h) w", "repeat=2"), ((2, 3), "h w -> h (w 2)", ""), ((2, 3), "h w -> h w 4", ""), ((2, 3), "h w -> h w c", ""), ((2, 3), "h w -> b h w", "b=0"), ((2, 3), "h w -> (h 2) (w 3)", ""), ((3,), "d -> b d", "b=5"), ((2, 3), "... -> b ...", "b=4"), ((2, 3), "h w -> h", ""), ((1, 3), "1 d -> b d", "b=4"), ((2, 3), "b n -> (b r) n", "r=2")]
EINSUM = [("b i, b j -> b i j", [(2, 3), (2, 4)]), ("batch inp, out inp -> batch out", [(2, 3), (4, 3)]), ("b o b i -> b o i", [(3, 2, 3, 4)]), ("i j, j k -> i k", [(2, 3), (4, 5)]), ("b h q d, b h k d -> b h q k", [(1, 2, 3, 4), (1, 2, 5, 4)]), ("... i, ... i -> ...", [(2, 3), (2, 3)]), ("i i ->", [(3, 3)]), ("i j -> j", [(2, 3)]), ("i j -> k", [(2, 3)]), ("i j, j k", [(2, 3), (3, 4)]), ("(i j) -> i", [(6,)]), ("a b, b c, c d -> a d", [(2, 3), (3, 4), (4, 5)]), ("a ... b, b c -> a ... c", [(2, 7, 3), (3, 4)])]

codes: list[str] = []
for shape, pattern, sizes in REARRANGE:
    codes.append(f"rearrange({t(*shape)}, {pattern!r}{', ' + sizes if sizes else ''})")
    codes.append(f"Rearrange({pattern!r}{', ' + sizes if sizes else ''})({t(*shape)})")
for shape, pattern, sizes in REDUCE:
    for how in ["mean", "sum", "max", "min", "prod"]:
        codes.append(f"reduce({t(*shape)}, {pattern!r}, {how!r}{', ' + sizes if sizes else ''})")
    codes.append(f"Reduce({pattern!r}, 'max'{', ' + sizes if sizes else ''})({t(*shape)})")
for shape, pattern, sizes in REPEAT:
    codes.append(f"repeat({t(*shape)}, {pattern!r}{', ' + sizes if sizes else ''})")
for pattern, shapes in EINSUM:
    codes.append(f"einsum({', '.join(t(*shape) for shape in shapes)}, {pattern!r})")
codes += [
    "rearrange([torch.rand(2, 3), torch.rand(2, 3)], 'n a b -> a (n b)')", "rearrange([torch.rand(2, 3), torch.rand(2, 4)], 'n a b -> a (n b)')", "reduce(torch.rand(2, 3), 'a b -> a', 'median')", "reduce(torch.rand(2, 3, 4), 'a b c -> a', torch.amax)", "einops.rearrange(torch.rand(2, 3), 'a b -> b a')", "reduce(torch.rand(2, 3) > 0.5, 'a b -> a', 'any')",
    "pack([torch.rand(2, 3, 5), torch.rand(2, 5), torch.rand(2, 7, 9, 5)], 'i * k')[0]", "pack([torch.rand(3), torch.rand(4)], '*')[0]", "pack([torch.rand(2, 3), torch.rand(4, 3)], '* c')[0]", "pack([torch.rand(2, 3), torch.rand(4, 5)], '* c')[0]", "pack([torch.rand(2)], 'i * k')[0]",
    "unpack(torch.rand(2, 67, 5), [(3,), (), (7, 9)], 'i * k')", "unpack(torch.rand(2, 6), [(2,), (2, 2)], 'b *')", "unpack(torch.rand(2, 6), [(2,), (2, 3)], 'b *')", "unpack(torch.rand(2, 6), [(2,), (-1,)], 'b *')", "unpack(torch.rand(6), [(2,), (-1, 2)], '*')",
    "torch.zeros(parse_shape(torch.rand(2, 3), 'a b')['b'])", "repeat(torch.rand(4), 'd -> b d', **parse_shape(torch.rand(2, 3), 'b _'))", "EinMix('b t c -> b t d', weight_shape='c d', bias_shape='d', c=3, d=4)(torch.rand(2, 5, 3))", "EinMix('b (g c) -> b (g d)', weight_shape='g c d', g=2, c=3, d=4)(torch.rand(5, 6))",
]


def described(value: object) -> tuple[object, object]:
    if isinstance(value, torch.Tensor):
        return list(value.shape), str(value.dtype).removeprefix("torch.")
    if isinstance(value, (tuple, list)) and all(isinstance(item, torch.Tensor) for item in value):
        return [list(item.shape) for item in value], None
    return None, None


rows = []
for code in dict.fromkeys(codes):
    try:
        result, dtype = described(eval(code, names))
    except Exception:  # noqa: BLE001: whatever it raises is the fact
        rows.append([code, "error", None])
        continue
    rows.append([code, result, dtype])
lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows)
version = f'"einops":"{einops.__version__}","torch":"{torch.__version__.split("+")[0]}"'
pathlib.Path(__file__).with_suffix(".json").write_text(f"{{{version},\"rows\":[\n{lines}\n]}}\n")
print(len(rows), "rows,", sum(row[1] == "error" for row in rows), "of them raise")
