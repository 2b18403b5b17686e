"""What torch's functions give: shapes and types of many expressions, which of them raise, and how samples move results.

Run with a Python that has torch; writes library_torch.json beside this file. `rows` are [code, result, dtype], where
the result is a shape, a list of shapes, or "error"; the code uses torch and literal sizes only. `batching` are
[code, shape of x, axes, most]: axes of the result whose entry k changes with sample k of x alone, and on how many
samples an element of the result depends at most.
"""

import itertools
import warnings

import torch

from recorded import along, write

warnings.simplefilter("ignore")
torch.manual_seed(0)

codes: list[str] = []


def add(*snippets: str) -> None:
    codes.extend(snippets)


def t(*shape: int) -> str:
    """A tensor of uniform numbers, so that logarithms and roots are defined."""
    return f"torch.rand({', '.join(map(str, shape))})" if shape else "torch.rand(())"


def ti(high: int, *shape: int) -> str:
    return f"torch.randint({high}, ({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''}))"


SHAPES = [(), (1,), (3,), (0,), (2, 3), (1, 3), (3, 3), (0, 3), (2, 3, 4), (2, 1, 4, 1)]
FEW = [(), (3,), (2, 3), (0, 3)]

# Elementwise, one operand

UNARY = """abs absolute neg negative sign sgn floor ceil round trunc fix exp expm1 exp2 log log1p log2 log10 sqrt rsqrt reciprocal
square sin cos tan asin arcsin acos arccos atan arctan sinh cosh tanh asinh arcsinh acosh arccosh atanh arctanh sigmoid erf erfc
erfinv lgamma digamma relu isfinite isnan isinf isposinf isneginf isreal logical_not signbit positive frac deg2rad rad2deg
nan_to_num sinc angle conj conj_physical real i0 logit""".split()
for name in UNARY:
    for shape in FEW:
        add(f"torch.{name}({t(*shape)})")
    add(f"{t(2, 3)}.{name}()" if hasattr(torch.Tensor, name) and callable(getattr(torch.Tensor, name)) else f"torch.{name}({t(2, 1)})")
    add(f"torch.{name}({ti(5, 2, 3)})")
for name in "abs neg floor exp sqrt square sin cos tanh sigmoid relu_ exp_ sqrt_ abs_ neg_ tanh_ sigmoid_ zero_ clamp_".split():
    name = name if name.endswith("_") else name + "_"
    add(f"{t(2, 3)}.{name}(0)" if name == "clamp_" else f"{t(2, 3)}.{name}()")
SPECIAL = "expit erf erfc erfinv gammaln digamma psi sinc logit i0 i0e i1 i1e bessel_j0 bessel_j1 erfcx log_ndtr ndtr ndtri entr exp2 expm1 log1p".split()
for name in SPECIAL:
    add(f"torch.special.{name}({t(2, 3)})", f"torch.special.{name}({t()})")
add("torch.bitwise_not(torch.tensor([True, False]))", "~torch.tensor([1, 2])", "torch.polygamma(1, torch.rand(2, 3))", "torch.rand(2, 3).polygamma(1)")
add("torch.mvlgamma(torch.rand(2) + 3, 2)", "torch.special.multigammaln(torch.rand(2) + 3, 2)", "torch.frexp(torch.rand(2, 3))", "torch.selu(torch.rand(2, 3))")
add("torch.complex(torch.rand(2), torch.rand(2))", "torch.polar(torch.rand(2), torch.rand(2))", "torch.complex(torch.rand(2), torch.rand(2)).abs()")
add("torch.complex(torch.rand(2), torch.rand(2)).real", "torch.complex(torch.rand(2), torch.rand(2)).imag", "torch.complex(torch.rand(2, 3), torch.rand(2, 3)).H")
add("torch.view_as_real(torch.complex(torch.rand(2), torch.rand(2)))", "torch.view_as_complex(torch.rand(3, 2))", "torch.view_as_complex(torch.rand(3))")

# Elementwise, two operands

PAIRS = [((3,), (2, 3)), ((2, 1), (1, 3)), ((2, 3), (3, 2)), ((), (3,)), ((0, 3), (1, 3)), ((0,), (3,)), ((2, 3), (2, 3)), ((4, 1, 2), (3, 1)), ((1,), (0,)), ((2, 3), (2,))]
BINARY = """add sub subtract mul multiply div divide true_divide floor_divide remainder fmod pow maximum minimum fmax fmin atan2 arctan2 hypot
copysign nextafter heaviside logaddexp logaddexp2 xlogy ldexp float_power eq ne not_equal lt less le less_equal gt greater ge
greater_equal logical_and logical_or logical_xor isclose dist""".split()
for name in BINARY:
    for a, b in PAIRS:
        add(f"torch.{name}({t(*a)}, {t(*b)})")
    add(f"{t(2, 3)}.{name}({t(3)})")
for name in "add sub mul div floor_divide remainder pow eq ne lt le gt ge true_divide fmod".split():
    add(f"torch.{name}({t(2, 3)}, 2)", f"{t(2, 3)}.{name}(2.5)", f"{ti(5, 2, 3)}.{name}(2)", f"{ti(5, 2, 3)}.{name}(2.5)", f"torch.{name}({t(2, 3)}, torch.tensor(2.0))")
for name in "add_ sub_ mul_ div_ pow_ copy_".split():
    add(f"{t(2, 3)}.{name}({t(3)})", f"{t(3)}.{name}({t(2, 3)})", f"{t(2, 3)}.{name}({t(2, 1)})", f"{t(1, 3)}.{name}({t(2, 3)})")
for op in ["+", "-", "*", "/", "//", "%", "**", "<", "<=", ">", ">=", "==", "!="]:
    for a, b in PAIRS[:6]:
        add(f"{t(*a)} {op} {t(*b)}")
    add(f"{t(2, 3)} {op} 2", f"2 {op} {t(2, 3)}", f"2.5 {op} {ti(5, 2, 3)}", f"{ti(5, 2, 3)} {op} 2", f"True {op} {ti(5, 2)}")
for op in ["&", "|", "^"]:
    add(f"(torch.rand(2, 3) > 0.5) {op} (torch.rand(3) > 0.5)", f"{ti(5, 2, 3)} {op} 3", f"(torch.rand(2, 3) > 0.5) {op} (torch.rand(2) > 0.5)")
for name in "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift gcd lcm".split():
    add(f"torch.{name}({ti(5, 2, 1)}, {ti(5, 3)})", f"torch.{name}({ti(5, 2)}, {ti(5, 3)})")
add(f"{ti(5, 2)} << 1", f"{ti(5, 2)} >> 1", "-torch.rand(2)", "+torch.rand(2)", "~(torch.rand(2) > 0.5)", "abs(torch.rand(2))")
for shape in FEW:
    add(f"torch.clamp({t(*shape)}, 0, 1)", f"{t(*shape)}.clamp(min=0.5)", f"{t(*shape)}.clip(max=torch.rand(3))", f"{t(*shape)}.clamp_min(0.5)", f"torch.clamp_max({t(*shape)}, 0.5)")
add("torch.clamp(torch.rand(2, 3), torch.rand(2, 1), torch.rand(3))", "torch.clamp(torch.rand(2, 3), torch.rand(4))", "torch.clamp(torch.rand(2, 3))")
add("torch.lerp(torch.rand(2, 3), torch.rand(3), 0.5)", "torch.lerp(torch.rand(2, 3), torch.rand(3), torch.rand(2, 1))", "torch.lerp(torch.rand(2, 3), torch.rand(2), 0.5)")
add("torch.addcmul(torch.rand(2, 3), torch.rand(3), torch.rand(2, 1))", "torch.addcdiv(torch.rand(3), torch.rand(2, 1), torch.rand(1, 3), value=2)", "torch.addcmul(torch.rand(2, 3), torch.rand(4), torch.rand(2, 1))")
for a, b in PAIRS:
    add(f"torch.where(torch.rand(2, 3) > 0.5, {t(*a)}, {t(*b)})")
add("torch.where(torch.rand(2, 1) > 0.5, torch.rand(3), 0.0)", "torch.where(torch.rand(2, 1) > 0.5, 1, 2)", "torch.rand(2, 3).where(torch.rand(3) > 0.5, torch.rand(2, 1))")
add("torch.add(torch.rand(2, 3), torch.rand(3), alpha=2)", "torch.sub(torch.rand(2, 3), torch.rand(2), alpha=2)", "torch.div(torch.rand(2, 3), 2, rounding_mode='floor')", "torch.div(torch.randint(5, (2,)), 2, rounding_mode='trunc')")
add("torch.rsub(torch.rand(2), 1)", "torch.rand(2, 3).pow(2)", "torch.pow(2, torch.rand(3))", "torch.rand(2, 3) ** -1", "torch.rand(2, 3) ** 0.5", "torch.randint(5, (2,)) ** 2")

# Reductions

REDUCE_SHAPES = [(), (3,), (2, 3), (2, 3, 4), (0, 3), (1, 1)]
DIMS = ["", "0", "-1", "1", "2", "-4", "(0, 1)", "(0, -1)", "()", "(0, 0)", "[1]", "None"]
for name in "sum mean prod amax amin nansum nanmean all any std var logsumexp count_nonzero norm".split():
    for shape in REDUCE_SHAPES:
        for dim in DIMS:
            if name == "logsumexp" and dim == "":
                continue
            keyword = f"dim={dim}" if dim else ""
            add(f"torch.{name}({', '.join(filter(None, [t(*shape), keyword]))})")
            if dim and name != "count_nonzero":
                add(f"{t(*shape)}.{name}({keyword}, keepdim=True)")
for name in "max min argmax argmin median nanmedian mode cummax cummin cumsum cumprod logcumsumexp sort argsort softmax log_softmax aminmax".split():
    for shape in REDUCE_SHAPES:
        for dim in ["", "0", "-1", "1", "-3"]:
            keyword = f"dim={dim}" if dim else ""
            add(f"torch.{name}({', '.join(filter(None, [t(*shape), keyword]))})")
            if dim and name in "max min argmax argmin median nanmedian mode":
                add(f"{t(*shape)}.{name}({keyword}, keepdim=True)")
add("torch.max(torch.rand(2, 3), torch.rand(3))", "torch.rand(2, 1).min(torch.rand(1, 3))", "torch.max(torch.rand(2, 3), torch.rand(2))")
add("torch.argmax(torch.rand(2, 3), keepdim=True)", "torch.rand(2, 3).sum(0)", "torch.rand(2, 3).sum(0, 1)", "torch.rand(2, 3).sum(0, True)", "torch.rand(2, 3).mean((0, 1), True)", "torch.rand(2, 3).sum(axis=1, keepdims=True)")
add("torch.var_mean(torch.rand(2, 3), dim=1)", "torch.std_mean(torch.rand(2, 3))", "torch.var(torch.rand(2, 3), 1, False)", "torch.std(torch.rand(2, 3), False)", "torch.rand(2, 3).std(1, True, True)", "torch.var(torch.rand(2, 3), dim=0, correction=0, keepdim=True)", "torch.rand(2, 3).std(unbiased=False)", "torch.rand(2, 3).var(0, unbiased=False, keepdim=True)")
add("torch.sum(torch.rand(2, 3), dtype=torch.float64)", "torch.randint(5, (2, 3)).sum()", "torch.randint(5, (2, 3)).sum(0)", "(torch.rand(2, 3) > 0.5).sum()", "torch.randint(5, (2, 3)).float().mean(0)", "torch.cumsum(torch.randint(5, (2, 3)), 0)", "torch.randint(5, (2, 3)).prod()")
for name in ["quantile", "nanquantile"]:
    add(f"torch.{name}({t(2, 3)}, 0.5)", f"torch.{name}({t(2, 3)}, 0.5, dim=1)", f"torch.{name}({t(2, 3)}, torch.tensor([0.1, 0.5]), dim=0)", f"torch.{name}({t(2, 3)}, torch.tensor([0.1, 0.5]), dim=0, keepdim=True)", f"torch.{name}({t(2, 3)}, torch.rand(2, 2))", f"torch.{name}({t(2, 3, 4)}, torch.tensor([0.1]), dim=-1)")
for shape in [(3,), (2, 3), ()]:
    for k in [0, 1, 3, 4]:
        add(f"torch.topk({t(*shape)}, {k})", f"torch.kthvalue({t(*shape)}, {k})", f"{t(*shape)}.topk({k}, dim=0, largest=False)", f"{t(*shape)}.kthvalue({k}, 0, True)")
add("torch.topk(torch.rand(2, 3), 2).values", "torch.rand(2, 3).max(1).values", "torch.rand(2, 3).sort(0, descending=True).indices", "torch.rand(2, 3).min(0)[0]", "torch.msort(torch.rand(3, 2))", "torch.rand(4).sort(descending=True)[0]")
add("torch.histc(torch.rand(10), bins=4)", "torch.histc(torch.rand(10))", "torch.bincount(torch.tensor([1, 3]))", "torch.bincount(torch.tensor([1, 3]), minlength=7)", "torch.bincount(torch.rand(2, 2).long())", "torch.histogram(torch.rand(5), 3)", "torch.histogram(torch.rand(5), torch.tensor([0.0, 0.5, 1.0]))")
add("torch.unique(torch.tensor([1, 1, 2]))", "torch.unique(torch.tensor([1, 1, 2]), return_inverse=True)", "torch.unique(torch.tensor([[1, 1], [1, 1]]), dim=0)", "torch.unique(torch.tensor([1, 1, 2]), return_inverse=True, return_counts=True)", "torch.unique_consecutive(torch.tensor([1, 1, 2, 1]))")
add("torch.trace(torch.rand(3, 3))", "torch.trace(torch.rand(2, 3))", "torch.trace(torch.rand(3))", "torch.trace(torch.rand(2, 3, 3))")
for n in [0, 1, 2, 4]:
    add(f"torch.diff({t(3)}, n={n})", f"torch.diff({t(2, 3)}, n={n}, dim=0)")
add("torch.diff(torch.rand(2, 3), prepend=torch.rand(2, 1))", "torch.diff(torch.rand(2, 3), append=torch.rand(2, 2), dim=-1)", "torch.diff(torch.rand(2, 3), append=torch.rand(3, 2))", "torch.diff(torch.rand(()))")
add("torch.trapz(torch.rand(2, 3))", "torch.trapezoid(torch.rand(2, 3), torch.rand(3))", "torch.trapezoid(torch.rand(2, 3), torch.rand(2, 3), dim=0)", "torch.trapezoid(torch.rand(2, 3), torch.rand(2), dim=0)", "torch.cumulative_trapezoid(torch.rand(2, 3))", "torch.cumulative_trapezoid(torch.rand(2, 3), dx=0.1, dim=0)", "torch.trapezoid(torch.rand(0))", "torch.trapezoid(torch.rand(1))", "torch.trapezoid(torch.rand(2, 3), torch.rand(4))")
add("torch.cov(torch.rand(2, 5))", "torch.cov(torch.rand(5))", "torch.corrcoef(torch.rand(3, 5))", "torch.corrcoef(torch.rand(5))", "torch.cov(torch.rand(2, 3, 4))", "torch.rand(2, 5).cov(correction=0)")
add("torch.searchsorted(torch.rand(5), torch.rand(2, 3))", "torch.searchsorted(torch.rand(2, 5), torch.rand(2, 3))", "torch.searchsorted(torch.rand(3, 5), torch.rand(2, 3))", "torch.searchsorted(torch.rand(5), 0.5)", "torch.bucketize(torch.rand(2, 3), torch.rand(5))", "torch.bucketize(torch.rand(2, 3), torch.rand(5, 1))", "torch.isin(torch.rand(2, 3), torch.rand(4))")
add("torch.gradient(torch.rand(5))", "torch.gradient(torch.rand(3, 4))", "torch.gradient(torch.rand(3, 4), dim=1)", "torch.gradient(torch.rand(1))", "torch.vander(torch.rand(3))", "torch.vander(torch.rand(3), 2)", "torch.vander(torch.rand(3, 2))", "torch.linalg.vander(torch.rand(2, 3))", "torch.linalg.vander(torch.rand(2, 3), N=5)")

# Structure

for shape in SHAPES:
    for new in ["(-1,)", "(3, -1)", "(1, 3)", "(2, 3)", "(3, 2)", "(6,)", "()", "(-1, 0)", "(2, -1, 2)", "(0,)", "(-1, -1)", "(1, -1, 1)"]:
        add(f"torch.reshape({t(*shape)}, {new})")
    add(f"{t(*shape)}.reshape(-1)", f"{t(*shape)}.view(3, -1)", f"{t(*shape)}.view(-1, 1)", f"{t(*shape)}.reshape([-1, 3])", f"{t(*shape)}.view(size=(-1,))")
    add(f"torch.flatten({t(*shape)})", f"{t(*shape)}.flatten(1)", f"{t(*shape)}.flatten(0, 1)", f"{t(*shape)}.flatten(start_dim=-2)", f"{t(*shape)}.flatten(1, 0)", f"{t(*shape)}.ravel()")
    add(f"{t(*shape)}.T" if len(shape) in (0, 2) else f"{t(*shape)}.t()", f"{t(*shape)}.mT", f"{t(*shape)}.t()", f"{t(*shape)}.adjoint()")
    for dims in ["0, 1", "-1, -2", "0, -1", "1, 1", "0, 2", "-3, 0"]:
        add(f"torch.transpose({t(*shape)}, {dims})", f"{t(*shape)}.swapaxes({dims})", f"torch.movedim({t(*shape)}, {dims})")
    for dims in ["(1, 0)", "(0,)", "(2, 0, 1)", "(-1, 0, 1)", "(0, 0)", "()", "(0, 1)"]:
        add(f"torch.permute({t(*shape)}, {dims})")
    for dim in ["", "0", "1", "-1", "(0, 1)", "3"]:
        add(f"torch.squeeze({', '.join(filter(None, [t(*shape), dim]))})")
        if dim and dim != "(0, 1)":
            add(f"torch.unsqueeze({t(*shape)}, {dim})")
    add(f"{t(*shape)}.unsqueeze(-2)", f"{t(*shape)}.unsqueeze(2)", f"{t(*shape)}.squeeze(dim=-1)")
    for size in ["2, 3", "3", "-1, 3", "4, -1, 3", "2, 3, 4", "3, -1", "0, 3", "-1", "5, 2, 3, 4"]:
        add(f"{t(*shape)}.expand({size})", f"torch.broadcast_to({t(*shape)}, ({size},))")
    for size in ["2", "2, 3", "1, 1, 2", "0, 1", "2, 1, 1, 3"]:
        add(f"{t(*shape)}.repeat({size})", f"torch.tile({t(*shape)}, ({size},))", f"{t(*shape)}.tile({size})")
    add(f"torch.repeat_interleave({t(*shape)}, 2)", f"{t(*shape)}.repeat_interleave(3, dim=0)", f"{t(*shape)}.repeat_interleave(2, dim=-1)", f"{t(*shape)}.repeat_interleave(0, dim=1)")
    for args in ["", "1", "-1", "5", "0, 1, 2", "0, -2, -1", "0, 0, 0"]:
        add(f"torch.diagonal({', '.join(filter(None, [t(*shape), args]))})")
    add(f"torch.diag({t(*shape)})", f"{t(*shape)}.diag(1)", f"torch.diag({t(*shape)}, -2)", f"torch.diag_embed({t(*shape)})", f"torch.diag_embed({t(*shape)}, 1)", f"torch.diag_embed({t(*shape)}, -1, 0, 2)", f"torch.diagflat({t(*shape)})", f"torch.diagflat({t(*shape)}, 1)")
    add(f"torch.tril({t(*shape)})", f"{t(*shape)}.triu(1)", f"torch.flip({t(*shape)}, (0,))", f"{t(*shape)}.flip(0, 1)", f"{t(*shape)}.flip(-1)", f"torch.fliplr({t(*shape)})", f"torch.flipud({t(*shape)})", f"torch.roll({t(*shape)}, 1)", f"torch.roll({t(*shape)}, 1, 0)", f"torch.roll({t(*shape)}, (1, 2), (0, 1))", f"torch.roll({t(*shape)}, (1, 2), 0)", f"torch.rot90({t(*shape)})", f"torch.rot90({t(*shape)}, 2, (0, 1))", f"torch.rot90({t(*shape)}, -1, (1, 0))")
    add(f"torch.atleast_1d({t(*shape)})", f"torch.atleast_2d({t(*shape)})", f"torch.atleast_3d({t(*shape)})", f"torch.clone({t(*shape)})", f"{t(*shape)}.detach()", f"{t(*shape)}.contiguous()")
    add(f"{t(*shape)}.unfold(0, 2, 1)", f"{t(*shape)}.unfold(-1, 3, 2)", f"{t(*shape)}.unfold(0, 1, 1)")
    add(f"torch.unbind({t(*shape)})", f"{t(*shape)}.unbind(-1)", f"{t(*shape)}.unbind(1)")
    for args in ["2", "1", "3, dim=1", "[1, 2]", "[1, 1], dim=-1", "0", "[2, 1], dim=1"]:
        add(f"torch.split({t(*shape)}, {args})")
    for args in ["2", "1", "3, dim=1", "2, dim=-1", "7", "0"]:
        add(f"torch.chunk({t(*shape)}, {args})")
        add(f"torch.tensor_split({t(*shape)}, {args})")
    add(f"torch.tensor_split({t(*shape)}, (1, 2))", f"torch.hsplit({t(*shape)}, 3)", f"torch.vsplit({t(*shape)}, 2)", f"torch.dsplit({t(*shape)}, 2)", f"torch.hsplit({t(*shape)}, [1])")
    for args in ["0, 0", "0, 1", "1, -1", "-1, 5", "0, -1"]:
        add(f"torch.select({t(*shape)}, {args})")
    for args in ["0, 0, 1", "0, 1, 1", "1, 0, 3", "-1, 1, 5", "0, -1, 1", "0, 0, 0", "0, 2, 1"]:
        add(f"torch.narrow({t(*shape)}, {args})")
    for n, d in [("0", 2), ("-1", 3), ("1", 0)]:
        add(f"torch.index_select({t(*shape)}, {n}, torch.tensor([0, 0]))", f"torch.index_select({t(*shape)}, {n}, torch.arange({d}))")
    add(f"torch.zeros({t(*shape)}.shape)", f"torch.zeros({t(*shape)}.size())", f"torch.zeros({t(*shape)}.numel())", f"torch.zeros({t(*shape)}.dim(), 2)", f"torch.zeros(len({t(*shape)}))", f"torch.zeros({t(*shape)}.size(0))", f"torch.zeros({t(*shape)}.size(-1), 1)", f"torch.zeros({t(*shape)}.shape[-1])", f"torch.zeros(*{t(*shape)}.shape, 2)")
    add(f"torch.movedim({t(*shape)}, (0, 1), (1, 2))", f"torch.moveaxis({t(*shape)}, 0, -1)", f"torch.swapdims({t(*shape)}, 0, 1)")
add("torch.rand(2, 6).unflatten(1, (2, 3))", "torch.rand(2, 6).unflatten(-1, (-1, 3))", "torch.unflatten(torch.rand(2, 6), 1, (4, -1))", "torch.rand(6, 2).unflatten(0, (2, 2))", "torch.rand(6).unflatten(0, [2, 3])")
add("torch.rand(2, 3, 4).permute(2, 0, 1)", "torch.rand(2, 3, 4).permute([2, 0, 1])", "torch.rand(2, 3, 4).permute(dims=(2, 0, 1))", "torch.rand(2, 3, 4).permute(2, 0)", "torch.rand(2, 3, 4).permute(2, 0, 3)")
add("torch.rand(2, 3).view_as(torch.rand(6))", "torch.rand(2, 3).expand_as(torch.rand(4, 2, 3))", "torch.rand(2, 3).expand_as(torch.rand(3, 2))", "torch.rand(2, 3).reshape_as(torch.rand(3, 2))", "torch.rand(2, 3).reshape_as(torch.rand(3, 3))", "torch.rand(4, 2, 3).sum_to_size(2, 1)", "torch.rand(4, 2, 3).sum_to_size(2, 2)")
add("torch.broadcast_tensors(torch.rand(3), torch.rand(2, 1))", "torch.broadcast_tensors(torch.rand(3), torch.rand(2))", "torch.zeros(torch.broadcast_shapes((3,), (2, 1)))", "torch.broadcast_shapes((3,), (2,))", "torch.atleast_2d(torch.rand(3), torch.rand(()))", "torch.atleast_2d((torch.rand(3), torch.rand(2, 2)))")
add("torch.repeat_interleave(torch.rand(2, 3), torch.tensor([1, 2]), dim=0)", "torch.repeat_interleave(torch.rand(3), torch.tensor([1, 0, 2]))", "torch.rand(9).as_strided((2, 2), (1, 2))")
add("torch.rand(2, 3).squeeze_(0)", "torch.rand(1, 3).squeeze_(0)", "torch.rand(2, 3).unsqueeze_(0)", "torch.rand(2, 3).t_()", "torch.rand(2, 3).transpose_(0, 1)", "torch.rand(2, 3).fill_(1.0)", "torch.rand(2, 3).fill_(torch.rand(2))", "torch.rand(2, 3).normal_()", "torch.rand(2, 3).uniform_(-1, 1)", "torch.rand(2, 3).requires_grad_()", "torch.rand(2, 3).zero_()", "torch.rand(3, 3).fill_diagonal_(0)")

# Joining

LISTS = [[(2, 3), (2, 3)], [(2, 3), (1, 3)], [(2, 3), (2, 4)], [(3,), (2,)], [(3,), (0,)], [(2, 3), (0,)], [(), ()], [(2, 3)], [(3,), (3,), (3,)], [(2, 3), (3,)], [(2, 3, 4), (2, 1, 4)], [(0, 3), (2, 3)]]
for shapes in LISTS:
    items = ", ".join(t(*s) for s in shapes)
    for name in ["cat", "stack", "concat"]:
        for dim in ["", ", dim=1", ", dim=-1", ", 2", ", axis=0"]:
            add(f"torch.{name}([{items}]{dim})")
    for name in ["hstack", "vstack", "dstack", "column_stack", "row_stack"]:
        add(f"torch.{name}(({items},))")
    add(f"torch.block_diag({items})", f"torch.cartesian_prod({items})", f"torch.meshgrid({items}, indexing='ij')", f"torch.meshgrid({items}, indexing='xy')")
add("torch.cat([])", "torch.stack([])", "torch.cat(torch.rand(2, 3))", "torch.cat(torch.rand(2, 3).unbind(0))", "torch.stack(list(torch.rand(2, 3)))", "torch.stack([torch.rand(3) for _ in range(4)], dim=1)", "torch.cat([torch.rand(2, 3)] * 3)", "torch.stack(tuple(torch.rand(3) for _ in range(2)))", "torch.cat((torch.rand(2, 3), torch.randint(5, (2, 3))))")

# Indexing

INDEX = """0 -1 2 5 -4 : :1 1: -1: :-1 ::2 1:10 5: -10:2 2:1 None ... (0,1) (0,-1) (0,5) (:,0) (:,-1) (...,0) (...,None) (None,0) (0,None) (:,None) (None,:,None)
(0,...,0) (:,1:) (:2,:2) (...,1:) (::2,::2) (0,0,0) (0,0,0,0) (...,...) [0] [0,1] [0,5] [-1] [[0,1],[1,0]] ([0,1],[0,1]) ([0,1],[0]) ([0,1],[0,1,0]) (0,[0,1]) ([0,1],0)
(:,[0,1]) ([0,1],:) ([0,1],:,[0,1]) (:,[0,1],[0,1]) ([0,1],None) ([0,1],None,[0,1]) (...,[0,1]) ([0,1],...) (0,:,[0,1]) ([0,1],:,0) (:,0,[0,1]) (None,[0,1]) torch.tensor([0,1]) torch.tensor(0) torch.tensor([[0,1]])
(torch.tensor([0,1]),:) (:,torch.tensor([0,1])) (torch.tensor([0,1]),torch.tensor([0])) (torch.tensor(1),:) torch.arange(2) torch.arange(5) (torch.arange(2),torch.arange(2)) (torch.arange(2),:,torch.arange(2)) range(2) (range(2),:,range(2)) (:,range(2))
torch.tensor([0.5]) torch.tensor([],dtype=torch.long) [] (slice(None),0) slice(0,1) (slice(0,2),slice(1,None)) True False [True,False] [True,False,True] torch.tensor([True,False]) torch.tensor([True,False,True]) (:,torch.tensor([True,False,True])) (torch.tensor([True,False]),0) (torch.tensor([True,True]),[0,1])
torch.tensor([[True,False,True],[False,False,True]]) (0,torch.tensor([True,False,True])) torch.ones(2,3,dtype=torch.bool) torch.ones(2,3,dtype=torch.bool)[:,:2] 0.5 (0.5,0) ::-1""".split()


def subscript(text: str) -> str:
    """The index as it stands between brackets: an outer pair of parentheses is the tuple's own."""
    if not text.startswith("("):
        return text
    return text[1:-1]


for shape in [(), (3,), (2, 3), (2, 3, 4), (0, 3), (3, 2, 3, 2)]:
    for index in INDEX:
        add(f"{t(*shape)}[{subscript(index)}]")
add("torch.rand(2, 3)[torch.rand(2, 3) > 2]", "torch.rand(2, 3)[torch.rand(2) > 2]", "torch.rand(2, 3)[torch.rand(3) > 2]", "torch.rand(2, 3)[:, torch.rand(3) > 2]", "torch.rand(2, 3, 4)[torch.rand(2, 3) > 2]", "torch.rand(2, 3)[torch.rand(2, 3) > -1].shape", "torch.rand(2, 3)[torch.randint(2, (5,))]", "torch.rand(2, 3)[torch.randint(2, (5, 1)), torch.randint(2, (4,))]", "torch.rand(4, 5, 6)[torch.randint(2, (3,)), 1:3]", "torch.rand(4, 5, 6)[:, torch.randint(2, (3, 2)), None]", "torch.rand(4, 5, 6, 7)[0, torch.randint(2, (3,)), :, torch.randint(2, (3,))]", "torch.rand(4, 5, 6, 7)[:, torch.randint(2, (3,)), 0]")

# Gather, scatter, masks

for index in [(2, 3), (1, 3), (2, 2), (3, 3), (2, 4), (3,), (0, 3), (2, 1)]:
    for dim in [0, 1, -1, 2]:
        add(f"torch.gather({t(2, 3)}, {dim}, {ti(2, *index)})", f"torch.scatter({t(2, 3)}, {dim}, {ti(2, *index)}, {t(2, 3)})", f"torch.scatter_add({t(2, 3)}, {dim}, {ti(2, *index)}, {t(2, 3)})")
        add(f"torch.take_along_dim({t(2, 3)}, {ti(2, *index)}, {dim})")
    add(f"torch.take({t(2, 3)}, {ti(2, *index)})", f"{t(2, 3)}.scatter(0, {ti(2, *index)}, 1.0)", f"{t(2, 3)}.scatter_(1, {ti(2, *index)}, 1.0)", f"torch.take_along_dim({t(2, 3)}, {ti(2, *index)})")
for index in [(2,), (3,), (1,), (2, 1), ()]:
    add(f"torch.index_add({t(2, 3)}, 0, {ti(2, *index)}, {t(2, 3)})", f"torch.index_copy({t(2, 3)}, 1, {ti(2, *index)}, {t(2, 3)})", f"{t(2, 3)}.index_fill(1, {ti(2, *index)}, 1.0)", f"{t(2, 3)}.index_add_(0, {ti(2, *index)}, {t(2, 3)})")
for mask in [(2, 3), (3,), (2, 1), (2,), (4, 2, 3), ()]:
    add(f"torch.masked_fill({t(2, 3)}, {t(*mask)} > 0.5, 0)", f"torch.masked_fill({t(2, 3)}, {t(*mask)} > 0.5, torch.tensor(0.0))", f"torch.masked_select({t(2, 3)}, {t(*mask)} > 2)", f"{t(2, 3)}.masked_fill_({t(*mask)} > 0.5, 0)")
add("torch.masked_fill(torch.rand(2, 3), torch.rand(2, 3) > 0.5, torch.rand(3))", "torch.masked_fill(torch.rand(2, 3), torch.randint(2, (2, 3)), 0)")
for shape in [(), (3,), (2, 3)]:
    add(f"torch.nonzero(torch.zeros{shape if shape else '(())'})", f"torch.zeros{shape if shape else '(())'}.nonzero(as_tuple=True)", f"torch.where(torch.zeros{shape if shape else '(())'} > 1)", f"torch.argwhere(torch.zeros{shape if shape else '(())'})")
add("torch.select_scatter(torch.rand(2, 3), torch.rand(3), 0, 1)", "torch.select_scatter(torch.rand(2, 3), torch.rand(2), 0, 1)", "torch.slice_scatter(torch.rand(4, 3), torch.rand(2, 3), 0, 1, 3)", "torch.diagonal_scatter(torch.rand(3, 3), torch.rand(3))", "torch.diagonal_scatter(torch.rand(3, 3), torch.rand(2))", "torch.index_put(torch.rand(2, 3), (torch.tensor([0]), torch.tensor([1])), torch.tensor(1.0))", "torch.masked_scatter(torch.rand(2, 3), torch.rand(3) > 0.5, torch.rand(6))", "torch.unravel_index(torch.tensor([3, 4]), (2, 3))")

# Products

MATMUL = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((2, 3), (2, 3)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((5, 2, 3), (4, 3, 4)), ((2, 3), (5, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (4,)), ((), (3,)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((6, 1, 2, 3), (5, 3, 4)), ((2, 3), (4,))]
for a, b in MATMUL:
    add(f"{t(*a)} @ {t(*b)}", f"torch.matmul({t(*a)}, {t(*b)})")
    for name in ["mm", "bmm", "mv", "dot", "vdot", "inner", "outer", "kron"]:
        add(f"torch.{name}({t(*a)}, {t(*b)})")
    add(f"torch.tensordot({t(*a)}, {t(*b)}, dims=1)", f"torch.tensordot({t(*a)}, {t(*b)}, dims=0)", f"torch.cdist({t(*a)}, {t(*b)})")
add("torch.addmm(torch.rand(4), torch.rand(2, 3), torch.rand(3, 4))", "torch.addmm(torch.rand(2, 4), torch.rand(2, 3), torch.rand(3, 4), beta=2, alpha=0.5)", "torch.addmm(torch.rand(3), torch.rand(2, 3), torch.rand(3, 4))", "torch.addmm(torch.rand(5, 2, 4), torch.rand(2, 3), torch.rand(3, 4))", "torch.addmv(torch.rand(2), torch.rand(2, 3), torch.rand(3))", "torch.addr(torch.rand(2, 3), torch.rand(2), torch.rand(3))", "torch.baddbmm(torch.rand(4), torch.rand(5, 2, 3), torch.rand(5, 3, 4))", "torch.addbmm(torch.rand(2, 4), torch.rand(5, 2, 3), torch.rand(5, 3, 4))", "torch.baddbmm(torch.rand(4), torch.rand(5, 2, 3), torch.rand(1, 3, 4))")
add("torch.tensordot(torch.rand(2, 3, 4), torch.rand(4, 3, 5), dims=([1, 2], [1, 0]))", "torch.tensordot(torch.rand(2, 3, 4), torch.rand(3, 4, 5))", "torch.tensordot(torch.rand(2, 3, 4), torch.rand(5, 2), dims=[[0], [1]])", "torch.tensordot(torch.rand(2, 3), torch.rand(5, 2), dims=[[0], [0]])", "torch.tensordot(torch.rand(2), torch.rand(2), dims=3)")
for a, b in [((3,), (3,)), ((2, 3), (2, 3)), ((3, 2), (3, 2)), ((2, 3), (1, 3)), ((2, 4), (2, 4)), ((2, 3), (3,))]:
    add(f"torch.cross({t(*a)}, {t(*b)})", f"torch.cross({t(*a)}, {t(*b)}, dim=-1)", f"torch.linalg.cross({t(*a)}, {t(*b)})", f"torch.linalg.vecdot({t(*a)}, {t(*b)})", f"torch.dist({t(*a)}, {t(*b)})")
for p in ["0", "1", "2", "3", "float('inf')"]:
    add(f"torch.cdist(torch.rand(2, 4), torch.rand(3, 4), p={p})", f"torch.norm(torch.rand(2, 3), p={p})", f"torch.norm(torch.rand(2, 3), {p}, 1)", f"torch.linalg.vector_norm(torch.rand(2, 3), {p})", f"torch.linalg.norm(torch.rand(2, 3), {p}, dim=1)", f"torch.linalg.norm(torch.rand(3), {p})", f"torch.rand(2, 3).norm({p}, dim=-1, keepdim=True)")
add("torch.linalg.multi_dot([torch.rand(2, 3), torch.rand(3, 4), torch.rand(4)])", "torch.linalg.multi_dot([torch.rand(2, 3)])", "torch.linalg.multi_dot([torch.rand(3), torch.rand(3, 4)])", "torch.chain_matmul(torch.rand(2, 3), torch.rand(3, 4))", "torch.linalg.multi_dot([torch.rand(2, 3), torch.rand(2, 4)])")

EINSUM = [("ij,jk->ik", [(2, 3), (3, 4)]), ("ij,jk", [(2, 3), (3, 4)]), ("ii->i", [(3, 3)]), ("ii", [(3, 3)]), ("ii->i", [(2, 3)]), ("bij,bjk->bik", [(5, 2, 3), (5, 3, 4)]), ("bobi->boi", [(3, 2, 3, 4)]), ("bobi->boi", [(3, 2, 4, 4)]), ("i,j->ij", [(2,), (3,)]), ("i,i", [(2,), (3,)]), ("ij->ji", [(2, 3)]), ("ij->", [(2, 3)]), ("ij->j", [(2, 3)]), ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]), ("...i,...i", [(5, 2, 3), (2, 3)]), ("...ii->...i", [(2, 3, 3)]), ("i...->...", [(2, 3)]), ("...", [(2, 3)]), ("ij,jk->ik", [(2, 1), (3, 4)]), ("ij,ij->ij", [(2, 1), (2, 3)]), ("ij,kj", [(2, 3), (4, 3)]), ("bhqd,bhkd->bhqk", [(1, 2, 3, 4), (1, 2, 5, 4)]), ("ij", [(3,)]), ("ij,jk->il", [(2, 3), (3, 4)]), ("ij,jk->ii", [(2, 3), (3, 4)]), ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]), ("bij,bj->bi", [(5, 2, 3), (5, 3)]), ("boi,bi->bo", [(3, 2, 5), (3, 5)]), (" i j , j k -> i k ", [(2, 3), (3, 4)]), ("bibj->bij", [(3, 2, 3, 2)]), ("abab->ab", [(2, 3, 2, 3)]), ("abab", [(2, 3, 2, 3)]), ("i,->i", [(3,), ()]), ("ij,j->", [(2, 3), (3,)]), ("Ab,bC", [(2, 3), (3, 4)]), ("i1->i", [(2, 3)]), ("ij,jk->ik", [(2, 3)]), ("b...,b...->b...", [(2, 3), (2, 3)]), ("...a,ab->...b", [(2, 5, 3), (3, 4)]), ("i,i,i->", [(3,), (3,), (3,)]), ("ij,ik,il->jkl", [(2, 3), (2, 4), (2, 5)]), ("ii,ij->j", [(3, 3), (3, 2)]), ("aabb->ab", [(2, 2, 3, 3)]), ("iii->i", [(2, 2, 2)])]
for equation, shapes in EINSUM:
    operands = ", ".join(t(*s) for s in shapes)
    add(f"torch.einsum({equation!r}, {operands})", f"torch.einsum({equation!r}, [{operands}])")

# Linear algebra

for shape in [(3, 3), (2, 3), (3, 2), (4, 3, 3), (3,), (4, 2, 3), (1, 1), (0, 3, 3)]:
    x = t(*shape)
    square = f"({x} + 3 * torch.eye({shape[-1]}))" if len(shape) >= 2 and shape[-1] == shape[-2] else x
    spd = f"({square} @ {square}.mT)" if square is not x else x
    for name in ["inv", "det", "slogdet", "eig", "eigvals", "matrix_exp", "svd", "svdvals", "qr", "lu", "lu_factor", "pinv", "matrix_rank", "cond", "matrix_norm", "diagonal", "inv_ex"]:
        add(f"torch.linalg.{name}({square})")
    for name in ["eigh", "eigvalsh", "cholesky"]:
        symmetric = f"torch.eye(3).expand({', '.join(map(str, shape))})" if shape[-2:] == (3, 3) else x
        add(f"torch.linalg.{name}({symmetric})")
    add(f"torch.linalg.svd({x}, full_matrices=False)", f"torch.svd({x})", f"torch.svd({x}, some=False)", f"torch.linalg.qr({x}, mode='complete')", f"torch.qr({x})", f"torch.linalg.matrix_power({square}, 3)", f"torch.linalg.matrix_power({square}, 0)", f"torch.linalg.matrix_power({square}, -1)", f"{square}.inverse()", f"{square}.det()", f"{square}.logdet()", f"torch.logdet({square})", f"torch.slogdet({square})", f"torch.pinverse({x})")
    for right in [(3,), (3, 2), (4, 3), (4, 3, 2), (2,), (4, 3, 1), (3, 3)]:
        add(f"torch.linalg.solve({square}, {t(*right)})")
    add(f"torch.linalg.solve_triangular(torch.triu({square}), {t(3, 2)}, upper=True)" if len(shape) > 1 else "torch.rand(1)")
    add(f"torch.linalg.lstsq({x}, {t(3, 2)}).solution", f"torch.linalg.lstsq({x}, {t(2, 2)}).solution")
    for order in ["'fro'", "'nuc'", "1", "-1", "2", "float('inf')"]:
        add(f"torch.linalg.matrix_norm({x}, {order})", f"torch.linalg.norm({x}, {order})", f"torch.linalg.matrix_norm({x}, {order}, keepdim=True)")
    add(f"torch.linalg.norm({x})", f"torch.linalg.norm({x}, dim=(-2, -1))", f"torch.linalg.norm({x}, dim=-1)", f"torch.linalg.matrix_norm({x}, dim=(0, 1))", f"torch.norm({x}, 'nuc')", f"torch.norm({x}, dim=(0, 1))")
add("torch.cholesky_solve(torch.rand(3, 2), torch.eye(3))", "torch.cholesky_inverse(torch.eye(3))", "torch.linalg.tensorinv(torch.eye(6).reshape(2, 3, 6), ind=2)", "torch.linalg.tensorsolve(torch.eye(6).reshape(2, 3, 6), torch.rand(2, 3))", "torch.linalg.cholesky_ex(torch.eye(3))", "torch.matrix_power(torch.rand(3, 3), 2)", "torch.matrix_exp(torch.rand(2, 3, 3))", "torch.linalg.solve(torch.eye(3).expand(2, 4, 3, 3), torch.rand(3, 5))", "torch.linalg.solve(torch.eye(3), torch.rand(2, 3), left=False)")

# Fourier

for shape in [(4,), (2, 5), (2, 3, 4), (), (1,)]:
    for name in ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]:
        add(f"torch.fft.{name}({t(*shape)})", f"torch.fft.{name}({t(*shape)}, n=6)", f"torch.fft.{name}({t(*shape)}, dim=0)", f"torch.fft.{name}({t(*shape)}, n=3, dim=-2)")
    for name in ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"]:
        add(f"torch.fft.{name}({t(*shape)})", f"torch.fft.{name}({t(*shape)}, s=(4, 6))", f"torch.fft.{name}({t(*shape)}, dim=(0, -1))")
    add(f"torch.fft.fftshift({t(*shape)})", f"torch.fft.ifftshift({t(*shape)}, dim=0)")
add("torch.fft.fftfreq(6)", "torch.fft.rfftfreq(6)", "torch.fft.rfftfreq(7, d=0.5)")

# Creation

for sizes in ["2, 3", "(2, 3)", "[2, 3]", "3", "()", "0, 2", "(4,)", "-1", "2, -3", "torch.Size([2, 3])", "*(2, 3)"]:
    for name in ["zeros", "ones", "empty", "rand", "randn"]:
        add(f"torch.{name}({sizes})")
    add(f"torch.full({sizes if sizes.startswith(('(', '[', 'torch')) else f'({sizes},)'}, 1.5)", f"torch.rand(3).new_zeros({sizes})", f"torch.rand(3).new_ones({sizes})")
for shape in FEW:
    for name in ["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"]:
        add(f"torch.{name}({t(*shape)})")
    add(f"torch.fill({t(*shape)}, 2)", f"torch.fill({t(*shape)}, {t()})", f"torch.fill({t(*shape)}, {t(3)})")
    add(f"torch.full_like({t(*shape)}, 2)", f"torch.randint_like({t(*shape)}, 5)", f"torch.bernoulli({t(*shape)})", f"torch.poisson({t(*shape)})", f"torch.normal({t(*shape)}, 1.0)", f"torch.normal(0.0, {t(*shape)})", f"torch.normal({t(*shape)}, {t(3)})", f"{t(*shape)}.new_full((2,), 1.0)", f"{t(*shape)}.new_tensor([1, 2])")
add("torch.zeros(2, 3, dtype=torch.long)", "torch.ones(size=(2, 3))", "torch.full((2,), 1)", "torch.full((2,), True)", "torch.full((), 1.0)", "torch.zeros(2, requires_grad=True)", "torch.ones((2, 3), dtype=torch.float64)", "torch.full((2, 3), float('inf'))")
for args in ["3", "0", "1, 4", "4, 1", "0, 10, 3", "10, 0, -3", "0, 1, 0.25", "0.5", "2.5", "0, 1, 0.3", "3, 3", "-3", "0, 5, 0", "start=1, end=4", "1, end=5", "5, dtype=torch.float32", "0, 1.0, 0.1", "1, 0, -0.25"]:
    add(f"torch.arange({args})")
for args in ["0, 1, 5", "0, 1, 1", "0, 1, 0", "-1, 1, steps=7", "0, 1, -1", "start=0, end=1, steps=3"]:
    add(f"torch.linspace({args})", f"torch.logspace({args})")
for args in ["3", "2, 3", "0", "3, 0", "-1"]:
    add(f"torch.eye({args})", f"torch.randperm({args.split(',')[0]})")
add("torch.randint(5, (2, 3))", "torch.randint(0, 5, (2, 3))", "torch.randint(low=0, high=5, size=(2,))", "torch.randint(5, size=(2, 3))", "torch.randint(0, 5, size=())", "torch.randint(5, (2, -3))", "torch.normal(0.0, 1.0, size=(2, 3))", "torch.normal(0.0, 1.0, (2, 3))", "torch.normal(mean=torch.zeros(2, 3), std=torch.ones(3))", "torch.normal(torch.zeros(2), torch.ones(3))")
add("torch.multinomial(torch.rand(4), 2)", "torch.multinomial(torch.rand(3, 4), 2)", "torch.multinomial(torch.rand(4), 6)", "torch.multinomial(torch.rand(4), 6, replacement=True)", "torch.multinomial(torch.rand(2, 3, 4), 2)")
for data in ["1", "1.5", "True", "[1, 2]", "[1.0, 2]", "[[1, 2], [3, 4]]", "[[1], [2, 3]]", "[]", "[[]]", "[True, False]", "(1, 2)", "[[1.5, 2], [3, 4]]", "range(4)", "[[[1]]]", "torch.rand(2)", "[torch.tensor(1.0), torch.tensor(2.0)]", "[torch.rand(2), torch.rand(2)]", "[1, [2]]"]:
    add(f"torch.tensor({data})", f"torch.as_tensor({data})")
add("torch.tensor([1, 2], dtype=torch.float64)", "torch.tensor(3).item() * torch.rand(2)", "torch.zeros(torch.tensor([2, 3]).tolist())", "torch.zeros(torch.tensor(4).item())", "torch.tensor([[1.0, 2.0]]).tolist()[0][1] * torch.rand(2)", "torch.FloatTensor([1, 2])", "torch.FloatTensor(2, 3)", "torch.LongTensor([1, 2])", "torch.Tensor(2, 3)", "torch.Tensor([2, 3])", "torch.Tensor()", "torch.scalar_tensor(2.0)", "torch.rand(2).item()", "torch.tril_indices(3, 3)", "torch.triu_indices(3, 4, 1)", "torch.tril_indices(3, 2, -1)", "torch.triu_indices(0, 0)", "torch.combinations(torch.arange(4))", "torch.combinations(torch.arange(4), 3)", "torch.combinations(torch.arange(4), 2, True)", "torch.combinations(torch.rand(2, 2))", "torch.range(0, 3)")
for name in ["float", "double", "half", "bfloat16", "long", "int", "short", "byte", "bool"]:
    add(f"{t(2, 3)}.{name}()")
add("torch.rand(2).to(torch.float64)", "torch.rand(2).to('cpu')", "torch.rand(2).to('cpu', torch.int32)", "torch.rand(2).to(dtype=torch.long)", "torch.rand(2).to(torch.rand(3).double())", "torch.rand(2).type(torch.long)", "torch.rand(2).type_as(torch.rand(1).double())", "torch.rand(2).cpu()", "torch.rand(2, requires_grad=True).detach().clone()", "torch.rand(2).data", "torch.zeros(2, dtype=torch.rand(1).dtype)", "torch.rand(2, 3).shape[0] * torch.rand(2)", "torch.zeros(torch.rand(2, 3).ndim)", "torch.rand(2, 3).type(torch.float64) + torch.rand(3)")

# Types of mixed operands

for a, b in itertools.product(["torch.rand(2)", "torch.rand(2).double()", "torch.arange(2)", "torch.arange(2).int()", "torch.rand(2) > 0.5", "torch.rand(2).half()"], repeat=2):
    add(f"({a}) + ({b})", f"({a}) * ({b})", f"({a}) / ({b})" if "> 0.5" not in a + b else f"({a}) == ({b})")


# How samples move results: code of a batch x along axis 0

PLANE, CUBE, SQUARE, FOUR = (3, 5), (3, 4, 6), (3, 3), (3, 2, 4, 4)
batching: list[tuple[str, tuple[int, ...]]] = []


def batched(shape: tuple[int, ...], *snippets: str) -> None:
    batching.extend((code, shape) for code in snippets)


W = "torch.linspace(-1, 1, 20).reshape(5, 4).double()"
batched(
    PLANE,
    "x", "x + 1", "x * 2 - x", "x.sin().exp()", "x @ " + W, f"torch.matmul(x, {W}).relu()", "x @ x.T", "x.T @ x", "x.T", "x.T.T", "x.t()", "x - x.mean(0)", "x - x.mean(1, keepdim=True)",
    "x.sum()", "x.sum(0)", "x.sum(1)", "x.mean((0, 1))", "x.prod(1)", "x.max(1).values", "x.max(0).values", "x.max(1)[1].float() * x[:, 0]", "x.amax(1, keepdim=True) - x", "x / x.norm()", "x / x.norm(dim=1, keepdim=True)", "x.norm(dim=0)", "x.std(0)", "x.var(1)",
    "torch.softmax(x, 0)", "torch.softmax(x, 1)", "x.log_softmax(-1)", "torch.logsumexp(x, 1)", "x.cumsum(0)", "x.cumsum(1)", "x.cumprod(1)", "x.cummax(1).values", "x.cummax(0)[0]", "torch.logcumsumexp(x, 1)", "x.sort(1).values", "x.sort(0)[0]", "x.sort(1)[1].double()", "x.topk(2, 1).values", "x.topk(2, 0)[0]", "x.median(1).values", "x.median()", "x.kthvalue(2, 1)[0]", "x.quantile(0.5, dim=1)", "x.quantile(0.5, dim=0)",
    "x[0]", "x[:, 0]", "x[0:1]", "x[1:]", "x[:2]", "x[::2]", "x[:, 1:]", "x[None]", "x[:, None]", "x[:, :, None]", "x[..., 0]", "x[-1]", "x[[0, 1, 2]]", "x[[2, 1, 0]]", "x[:, [0, 2]]", "x[torch.arange(3)]", "x[torch.arange(3), 0]", "x[range(3)]", "x[torch.arange(3), torch.arange(3)]", "x[:, torch.tensor([0, 1])]", "x[torch.tensor([True, False, True])]", "x[:, torch.tensor([True, False, True, True, False])]",
    "x.reshape(15)", "x.reshape(-1)", "x.reshape(5, 3)", "x.reshape(3, 1, 5)", "x.reshape(1, 3, 5)", "x.view(15, 1)", "x.flatten()", "x.unsqueeze(0)", "x.unsqueeze(-1)", "x.unsqueeze(0).squeeze(0)", "x.expand(2, 3, 5)", "x.repeat(2, 1)", "x.repeat(1, 2)", "x.tile(2)", "x.repeat_interleave(2, dim=0)", "x.repeat_interleave(2, dim=1)",
    "torch.cat([x, x])", "torch.cat([x, x], 1)", "torch.stack([x, x])", "torch.stack([x, 2 * x], 1)", "torch.stack([x, x], -1)", "torch.hstack([x, x])", "torch.vstack([x, x])", "torch.dstack([x, x])", "torch.column_stack([x, x])", "torch.stack([x[0], x[1], x[2]])", "torch.stack([x[k] * 2 for k in range(3)])", "torch.stack(list(x))", "torch.stack(x.unbind(0))", "torch.stack([row.sum() for row in x])", "torch.cat([row for row in x])", "torch.cat(x.split(1))", "torch.stack(x.unbind(1))", "torch.stack(x.unbind(1), 1)",
    "x.chunk(3)[0]", "x.split(2, dim=1)[0]", "x.split([2, 3], dim=1)[1]", "x.tensor_split(2, 1)[0]",
    "torch.diag(x[:, 0])", "torch.diag_embed(x)", "torch.diag_embed(x).sum(1)", "torch.diag_embed(x.T).sum(-1)", "torch.outer(x[:, 0], x[:, 1])", "torch.einsum('bi,bj->bij', x, x)", "torch.einsum('bi,ci->bc', x, x)", "torch.einsum('bi,bi->b', x, x)", "torch.einsum('bi,bi->i', x, x)", f"torch.einsum('bi,ij->bj', x, {W})", "torch.einsum('bi->ib', x)", "torch.einsum('bi->b', x)", "torch.einsum('bi->', x)",
    "torch.where(x > 0.5, x, 0)", "torch.where(torch.tensor([True, False, True])[:, None], x, x.sum(0))", "x.clamp(0.2, 0.8)", "torch.maximum(x, x.mean(0))", "x.masked_fill(x > 0.5, 0)", "x.masked_fill(torch.tensor([True, False, True])[:, None], 0)",
    "x.flip(0)", "x.flip(1)", "x.roll(1, 0)", "x.roll(1, 1)", "x.roll(1)", "torch.rot90(x)", "x.tril()", "x.triu(1)", "x.diff(dim=0)", "x.diff(dim=1)", "torch.trapezoid(x, dim=1)", "torch.trapezoid(x, dim=0)",
    "x.gather(1, torch.tensor([[0], [1], [2]]))", "x.gather(0, torch.tensor([[0, 1, 2, 0, 1]]))", "x.index_select(1, torch.tensor([0, 1]))", "x.index_select(0, torch.arange(3))", "x.take(torch.tensor([0, 1]))", "torch.take_along_dim(x, torch.tensor([[0], [1], [2]]), 1)", "x.narrow(1, 0, 2)", "x.select(0, 1)", "x.select(1, 1)",
    "torch.cdist(x, x)", "torch.cov(x)", "torch.corrcoef(x)", "torch.dist(x, 2 * x)", "torch.kron(x, torch.ones(2, 1).double())", "torch.tensordot(x, x, dims=([1], [1]))", "x.sum(0, keepdim=True).expand(3, 5)", "x.sum(0) + x", "x * x.sum(1)[:, None]", "x[:, 0] * x[:, 1]", "x[0] + x[1]", "x[0] * 2 + x[0]", "x.detach()", "torch.zeros_like(x)", "torch.ones(3, 5)", "x.round()", "x.argmax(1).double()", "x.sign()", "x.new_zeros(3)", "torch.fft.fft(x).abs()", "torch.fft.fft(x, dim=0).abs()", "torch.fft.rfft(x).real",
    "x.movedim(0, 1)", "x.permute(1, 0)", "x.swapaxes(0, 1).sum(0)", "x.unflatten(1, (1, 5))", "x.mm(x.T).diagonal()", "(x @ x.T).sum()", "x.addmm(x, torch.eye(5).double())", "torch.block_diag(x, x)", "torch.meshgrid(x[:, 0], x[:, 1], indexing='ij')[0]", "torch.cartesian_prod(x[:, 0], x[:, 1])", "x.unfold(1, 2, 1)", "x.unfold(0, 2, 1)", "torch.atleast_3d(x)", "x.nan_to_num()", "torch.lerp(x, x * 2, 0.5)", "torch.addcmul(x, x, x)", "x ** 2", "2 ** x", "x // 0.3", "x % 0.3", "torch.bucketize(x, torch.tensor([0.2, 0.5]).double()).double()", "x.scatter(1, torch.tensor([[0], [1], [2]]), 0.0)", "x.scatter_add(1, torch.tensor([[0], [1], [2]]), x)", "x.index_add(1, torch.tensor([0]), x[:, :1])", "x.sum(-1)",
)
batched(
    SQUARE,
    "x @ x", "x.T", "x + x.T", "x * x", "x @ x.T", "x.diagonal()", "torch.diag(x)", "x.trace()", "x[torch.arange(3), torch.arange(3)]", "torch.einsum('ii->i', x)", "x.inverse()", "torch.det(x)", "torch.linalg.solve(x, torch.ones(3).double())", "x.sum(0)", "x.sum(1)", "x.reshape(9)", "x.flatten()[::4]", "torch.matrix_exp(x)", "x.tril()", "x.mT @ x", "x.flip(0, 1)", "torch.linalg.svdvals(x)", "x.cumsum(0)",
)
batched(
    CUBE,
    "x.reshape(3, 24)", "x.reshape(12, 6)", "x.reshape(-1, 6)", "x.reshape(12, 6) + 1", "x.reshape(12, 6).sum(1)", "x.reshape(12, 6).reshape(3, 4, 6)", "x.reshape(3, 2, 2, 6)", "x.reshape(72)", "x.flatten(0, 1)", "x.flatten(1)", "x.transpose(0, 1).reshape(12, 6)", "x.transpose(1, 2)", "x.permute(2, 0, 1)", "x.permute(1, 0, 2).flatten(1)", "x.flatten(0, 1).unflatten(0, (3, 4))", "x.reshape(4, 3, 6)", "x.reshape(6, 12)",
    "x.mean(1)", "x.sum((1, 2))", "x.sum((0, 2))", "torch.bmm(x, x.mT)", "x @ x.mT", "x @ torch.ones(6, 2).double()", "torch.ones(2, 4).double() @ x", "torch.linalg.det(x @ x.mT)", "torch.linalg.inv(x @ x.mT + torch.eye(4).double())", "torch.linalg.eigvalsh(x @ x.mT)", "torch.linalg.cholesky(x @ x.mT + torch.eye(4).double())", "torch.linalg.solve(x @ x.mT + torch.eye(4).double(), x)", "torch.linalg.svdvals(x)", "torch.linalg.qr(x.mT)[1].abs()", "torch.linalg.slogdet(x @ x.mT)[1]", "torch.linalg.matrix_norm(x)", "torch.linalg.norm(x, dim=(1, 2))", "torch.linalg.pinv(x)", "torch.matrix_exp(x @ x.mT)", "torch.linalg.lstsq(x.mT, torch.ones(3, 6, 1).double()).solution",
    "x.diagonal(0, 1, 2)", "x.diagonal(0, 0, 1)", "torch.einsum('bij,bkj->bik', x, x)", "torch.einsum('bij,ckj->bikc', x, x)", "torch.einsum('...ij->...ji', x)", "torch.einsum('bij->i', x)", "x[:, 0, :]", "x[:, :, 0]", "x[:, [0, 1], [0, 1]]", "x[[0, 1, 2], [0, 1, 2]]", "x[:, 0] * x[:, 1]", "x[torch.arange(3), :, torch.arange(3)]", "x[torch.arange(3), torch.tensor([0, 1, 1])]", "x.softmax(1)", "x.softmax(0)", "x.unbind(1)[0]", "x.unbind(0)[0]", "x.cumsum(2)", "x.amax((1, 2))", "x.flip(1)", "x.roll((1, 1), (1, 2))", "torch.cross(x[:, :3], x[:, 1:], dim=1)", "torch.cdist(x, x)", "torch.tensordot(x, x, dims=([1, 2], [1, 2]))", "torch.fft.fft2(x).abs()", "torch.fft.fftn(x).abs()", "x.movedim(-1, 0)", "x.squeeze()", "x.var((1, 2), keepdim=True)", "(x - x.mean((0, 2), keepdim=True))", "x.quantile(torch.tensor([0.1, 0.5]).double(), dim=1)", "x.mode(1)[0]", "x.unfold(1, 2, 2)", "x.repeat(1, 2, 1)", "x.repeat(2, 1, 1)", "x.expand(2, 3, 4, 6).sum(0)", "x.take(torch.tensor([0, 30]))", "torch.stack([a @ a.T for a in x])", "torch.stack([torch.det(a @ a.T) for a in x])", "torch.cat([a.sum(0) for a in x])", "sum(x[k] for k in range(3))", "sum(x[:, k] for k in range(4))",
)
batched(FOUR, "x.flatten(1)", "x.flatten(2).mean(2)", "x.reshape(6, 4, 4)", "x.reshape(6, 4, 4).sum((1, 2)).reshape(3, 2)", "x.permute(0, 2, 3, 1).reshape(-1, 2)", "x.mean((2, 3))", "x - x.mean((0, 2, 3), keepdim=True)", "x.reshape(3, 2, 2, 2, 2, 2).permute(0, 1, 2, 4, 3, 5)", "x.transpose(0, 1).flatten(0, 1)", "x.diagonal(0, 2, 3)", "x @ x", "torch.einsum('bcij,bcjk->bik', x, x)", "x[:, :, ::2, 1:]", "x[:, 0, 0, 0]", "x.sum((1, 2, 3))")


def dependence(code: str, shape: tuple[int, ...]) -> tuple[list[int], int]:
    """Axes whose entry k goes with sample k alone, and on how many samples an element depends at most."""

    def f(x: torch.Tensor) -> torch.Tensor:
        return torch.as_tensor(eval(code, {"torch": torch, "x": x, "range": range, "list": list, "sum": sum})).double()

    moved = None
    for trial in range(6):
        torch.manual_seed(trial)
        x = torch.rand(shape, dtype=torch.float64)
        base = f(x)
        for sample in range(shape[0]):
            other = x.clone()
            other[sample] = torch.rand(shape[1:], dtype=torch.float64)
            if moved is None:
                moved = torch.zeros((shape[0], *base.shape), dtype=torch.bool)
            moved[sample] |= ~torch.isclose(base, f(other), rtol=1e-9, atol=1e-9)
    assert moved is not None
    return along(moved.numpy())


def described(value: object) -> tuple[object, object]:
    """Shape and type of a result; None for what is no tensor."""
    if isinstance(value, torch.Tensor):
        return list(value.shape), str(value.dtype).removeprefix("torch.")
    if isinstance(value, torch.Size):
        return list(value), None
    if isinstance(value, (tuple, list)) and all(isinstance(item, torch.Tensor) for item in value):
        return [list(item.shape) for item in value], None
    return None, None


def main() -> None:
    rows = []
    for code in dict.fromkeys(codes):
        try:
            result, dtype = described(eval(code, {"torch": torch}))
        except Exception:  # noqa: BLE001: whatever it raises is the fact
            rows.append([code, "error", None])
            continue
        if result is not None:
            rows.append([code, result, dtype])
    moves = [[code, list(shape), *dependence(code, shape)] for code, shape in dict.fromkeys(batching)]
    write(__file__, "torch", torch.__version__.split("+")[0], {"rows": rows, "batching": moves})


main()
