"""Facts of torch.distributions: shapes and types, what raises, values, and how samples of a batch move results.

    python test/facts/library_torch_distributions.py
"""

import warnings

import torch
import torch.distributions as D
from recorded import along, nested, write

warnings.filterwarnings("ignore")

codes: list[str] = []
values: list[str] = []
batching: list[tuple[str, tuple[int, ...]]] = []


def t(*shape: int) -> str:
    return f"torch.rand({', '.join(map(str, shape)) if shape else '()'})"


SHAPES = [(), (3,), (2, 3), (1,), (0,), (2, 1), (2, 0, 3)]
ONE = ["HalfNormal", "Exponential", "Chi2", "Poisson", "Bernoulli"]
TWO = ["Normal", "LogNormal", "Laplace", "Cauchy", "Gumbel", "Gamma", "Beta"]


def constructed() -> list[tuple[str, tuple[int, ...]]]:
    """Distributions of single numbers with their batches."""
    made: list[tuple[str, tuple[int, ...]]] = []
    for shape in SHAPES:
        made += [(f"D.{name}({t(*shape)})", shape) for name in ONE]
        made += [(f"D.{name}({t(*shape)}, {t(*shape)})", shape) for name in TWO]
        made += [(f"D.Uniform({t(*shape)}, {t(*shape)} + 1)", shape), (f"D.StudentT({t(*shape)} + 3)", shape), (f"D.Bernoulli(logits={t(*shape)})", shape), (f"D.StudentT({t(*shape)}, {t(*shape)}, 2.0)", shape)]
    made += [("D.Normal(0.0, 1.0)", ()), ("D.Normal(0, 1)", ()), (f"D.Normal({t(3)}, 1.0)", (3,)), (f"D.Normal({t(2, 1)}, {t(3)})", (2, 3)), ("D.Uniform(0.0, 1.0)", ()), ("D.Exponential(2.0)", ()), ("D.Bernoulli(0.3)", ()), (f"D.Gamma(2.0, {t(3)})", (3,)), ("D.StudentT(4.0)", ()), ("D.Poisson(3.0)", ()), (f"D.Normal({t(3)}.double(), {t(3)}.double())", (3,))]
    return made


def asked(d: str, batch: tuple[int, ...], event: tuple[int, ...]) -> None:
    """All that a distribution is asked for."""
    whole = (*batch, *event)
    codes.extend(f"{d}.{name}" for name in ["batch_shape", "event_shape", "mean", "variance", "stddev", "mode"])
    codes.extend(f"{d}.{name}" for name in ["sample()", "sample((4,))", "sample([2, 1])", "sample(torch.Size([5]))", "sample((0,))", "sample(3)", "rsample()", "rsample((2,))", "entropy()", "sample(sample_shape=(2,))"])
    for lead in [(), (4,), (2, 1)]:
        codes.extend(f"{d}.{name}({t(*lead, *whole)})" for name in ["log_prob", "cdf", "icdf"])
    codes.extend(f"{d}.log_prob({t(*shape)})" for shape in [(), (7,), (5, 5)])
    codes.append(f"{d}.log_prob(0.5)")
    codes.append(f"{d}.log_prob({d}.sample((2,)))")
    for shape in ["(4, " + "".join(f"{n}, " for n in batch) + ")", "(2, 3)", "[7]", "torch.Size([])"]:
        codes.extend([f"{d}.expand({shape}).batch_shape", f"{d}.expand({shape}).sample((2,))", f"{d}.expand({shape}).log_prob({t(*whole)})"])


for code, batch in constructed():
    asked(code, batch, ())

# Categories and vectors
for shape in [(3,), (2, 3), (4, 1, 3), (1,), (0, 3), ()]:
    batch, event = shape[:-1], shape[-1:]
    for given in ["{}", "logits={}", "probs={}"]:
        d = f"D.Categorical({given.format(t(*shape))})"
        asked(d, batch, ())
        codes.extend([f"{d}.probs", f"{d}.logits", f"{d}.perplexity()", f"{d}.log_prob(torch.tensor(0))", f"{d}.log_prob(torch.zeros(5, {''.join(f'{n}, ' for n in batch)}dtype=torch.long))", f"{d}.log_prob(torch.zeros(9, dtype=torch.long))"])
        d = f"D.OneHotCategorical({given.format(t(*shape))})"
        asked(d, batch, event)
        codes.extend([f"{d}.probs", f"{d}.logits", f"{d}.log_prob({d}.sample((4,)))"])
    asked(f"D.Dirichlet({t(*shape)})", batch, event)
codes.extend(["D.Categorical()", "D.Categorical(torch.rand(3), torch.rand(3))", "D.Bernoulli()", "D.Bernoulli(torch.rand(3), torch.rand(3))", "D.Categorical(0.5)", "D.Normal(torch.rand(3), torch.rand(4) + 1)", "D.Normal(torch.rand(3))", "D.Uniform(torch.rand(2, 3), torch.rand(2) + 1)"])
codes.extend(f"D.Bernoulli({g}torch.rand(2, 3)).{name}" for g in ["", "logits="] for name in ["probs", "logits"])
codes.extend(["D.Normal(torch.rand(3), 1.0).loc", "D.Normal(torch.rand(3), 1.0).scale", "D.Gamma(torch.rand(2, 1), torch.rand(3)).rate", "D.Uniform(0.0, torch.rand(3) + 1).low", "D.StudentT(torch.rand(3)).loc"])

for loc, matrix in [((2,), (2, 2)), ((3, 2), (2, 2)), ((2,), (4, 2, 2)), ((3, 2), (3, 2, 2)), ((5, 1, 2), (3, 2, 2)), ((1,), (1, 1)), ((3,), (2, 2)), ((0, 2), (2, 2)), ((2,), (2,)), ((), (2, 2)), ((2,), (2, 3)), ((3, 2), (4, 2, 2)), ((0,), (0, 0))]:
    eye = f"torch.eye({matrix[-1]}).expand({', '.join(map(str, matrix))})"
    batch = torch.broadcast_shapes(loc[:-1], matrix[:-2]) if loc[:-1] in [(), matrix[:-2]] or matrix[:-2] == () or loc == (5, 1, 2) else ()
    for given in ["{}", "covariance_matrix={}", "scale_tril={}", "precision_matrix={}"]:
        d = f"D.MultivariateNormal({t(*loc)}, {given.format(eye)})"
        asked(d, tuple(batch), loc[-1:])
        codes.extend(f"{d}.{name}" for name in ["loc", "scale_tril", "covariance_matrix", "precision_matrix"])
codes.extend(["D.MultivariateNormal(torch.rand(2))", "D.MultivariateNormal(torch.rand(2), torch.eye(2), scale_tril=torch.eye(2))", "D.MultivariateNormal(torch.zeros(3), torch.diag(torch.rand(3) + 1)).log_prob(torch.rand(10, 3))"])
for loc, factor, diagonal in [((3,), (3, 2), (3,)), ((4, 3), (3, 2), (3,)), ((3,), (4, 3, 1), (4, 3)), ((5, 3), (5, 3, 2), (5, 3)), ((3,), (2, 2), (3,)), ((3,), (3, 2), (2,)), ((3,), (3,), (3,)), ((3,), (4, 3, 1), (3,))]:
    d = f"D.LowRankMultivariateNormal({t(*loc)}, {t(*factor)}, {t(*diagonal)} + 1)"
    asked(d, tuple(torch.broadcast_shapes(loc[:-1], factor[:-2])), loc[-1:])
    codes.extend(f"{d}.{name}" for name in ["covariance_matrix", "precision_matrix", "scale_tril"])

# Distributions of distributions
for inner, batch, event in [("D.Normal(torch.rand(3), torch.rand(3))", (3,), ()), ("D.Normal(torch.rand(2, 3), 1.0)", (2, 3), ()), ("D.Bernoulli(torch.rand(4, 2, 3))", (4, 2, 3), ()), ("D.MultivariateNormal(torch.rand(5, 2), torch.eye(2))", (5,), (2,)), ("D.Normal(0.0, 1.0)", (), ())]:
    for count in range(4):
        cut = max(0, len(batch) - count)
        asked(f"D.Independent({inner}, {count})", batch[:cut], (*batch[cut:], *event))
codes.extend(["D.Independent(D.Independent(D.Normal(torch.rand(2, 3), 1.0), 1), 1).log_prob(torch.rand(4, 2, 3))", "D.Independent(D.Normal(torch.rand(2, 3), 1.0), 1).expand((5, 2)).log_prob(torch.rand(2, 3))"])
for transforms in ["D.ExpTransform()", "[D.ExpTransform()]", "[D.SigmoidTransform()]", "[D.TanhTransform()]", "[D.transforms.SoftplusTransform()]", "[D.AffineTransform(1.0, 2.0)]", "[D.AffineTransform(torch.rand(3), 2.0)]", "[D.AffineTransform(torch.rand(4, 1), 2.0)]", "[D.AffineTransform(0.0, 1.0), D.ExpTransform()]", "[D.PowerTransform(2.0)]", "[D.transforms.TanhTransform(), D.AffineTransform(loc=torch.zeros(3), scale=torch.ones(3))]"]:
    for inner, batch in [("D.Normal(torch.rand(3), 1.0)", (3,)), ("D.Normal(0.0, 1.0)", ()), ("D.Normal(torch.rand(2, 3), 1.0)", (2, 3)), ("D.Uniform(torch.zeros(3), 1.0)", (3,))]:
        d = f"D.TransformedDistribution({inner}, {transforms})"
        codes.extend([f"{d}.batch_shape", f"{d}.event_shape", f"{d}.sample()", f"{d}.rsample((2,))", f"{d}.sample((4, 1))", f"{d}.log_prob({t(*batch)})", f"{d}.log_prob({t(5, *batch)})", f"{d}.log_prob({t()})"])
    d = f"D.TransformedDistribution(D.Independent(D.Normal(torch.rand(2, 3), 1.0), 1), {transforms})"
    codes.extend([f"{d}.batch_shape", f"{d}.event_shape", f"{d}.rsample((2,))", f"{d}.log_prob(torch.rand(2, 3))", f"{d}.log_prob(torch.rand(3))", f"{d}.log_prob(torch.rand(2))"])
codes.extend(f"D.{name}({given})(torch.rand(2, 3))" for name, given in [("ExpTransform", ""), ("SigmoidTransform", ""), ("AffineTransform", "1.0, torch.rand(3)"), ("TanhTransform", "")])
codes.extend(["D.ExpTransform().inv(torch.rand(2, 3))", "D.AffineTransform(1.0, torch.rand(3)).log_abs_det_jacobian(torch.rand(2, 3), torch.rand(2, 3))", "D.TanhTransform().log_abs_det_jacobian(torch.rand(2), torch.rand(2))"])

for weights, batch in [((3,), ()), ((2, 3), (2,)), ((4, 2, 3), (4, 2))]:
    for parts, event in [(f"D.Normal({t(*batch, 3)}, 1.0)", ()), (f"D.Independent(D.Normal({t(*batch, 3, 5)}, 1.0), 1)", (5,)), (f"D.MultivariateNormal({t(*batch, 3, 2)}, torch.eye(2))", (2,)), (f"D.Normal({t(*batch, 4)}, 1.0)", ())]:
        asked(f"D.MixtureSameFamily(D.Categorical({t(*weights)}), {parts})", batch, event)
codes.append("D.MixtureSameFamily(D.Categorical(torch.rand(3)), D.Normal(0.0, 1.0))")
codes.append("D.MixtureSameFamily(D.Categorical(torch.rand(4, 3)), D.Normal(torch.rand(2, 3), 1.0))")

# Divergences
for shapes in [((3,), (3,)), ((2, 3), (3,)), ((), (3,)), ((3,), (2,)), ((2, 1), (3,))]:
    for name in [*ONE, *TWO]:
        two = [", ".join([t(*shape)] * (1 if name in ONE else 2)) for shape in shapes]
        codes.append(f"D.kl_divergence(D.{name}({two[0]}), D.{name}({two[1]}))")
    codes.append(f"D.kl.kl_divergence(D.Uniform({t(*shapes[0])}, 3.0), D.Uniform({t(*shapes[1])} - 2, 4.0))")
    codes.append(f"D.kl_divergence(D.StudentT({t(*shapes[0])} + 3), D.StudentT({t(*shapes[1])} + 3))")
    codes.append(f"D.kl_divergence(D.Categorical({t(*shapes[0], 4)}), D.Categorical({t(*shapes[1], 4)}))")
    codes.append(f"D.kl_divergence(D.OneHotCategorical(logits={t(*shapes[0], 4)}), D.OneHotCategorical({t(*shapes[1], 4)}))")
codes.extend(["D.kl_divergence(D.Independent(D.Normal(torch.rand(2, 3), 1.0), 1), D.Independent(D.Normal(torch.rand(3), 1.0), 1))", "D.kl_divergence(D.Independent(D.Normal(torch.rand(2, 3), 1.0), 2), D.Independent(D.Normal(torch.rand(2, 3), 1.0), 1))", "D.kl_divergence(D.Normal(torch.rand(3), 1.0), D.Normal(0.0, 1.0)).sum()"])
codes.extend(["torch.distributions.normal.Normal(torch.rand(3), 1.0).log_prob(torch.rand(3))", "torch.distributions.multivariate_normal.MultivariateNormal(torch.rand(3), torch.eye(3)).sample()", "torch.distributions.transforms.ExpTransform()(torch.rand(3))"])

# Values
X = "torch.linspace(0.1, 0.9, 6).reshape(2, 3)"
A = "torch.tensor([0.4, 0.7, 1.3])"
B = "torch.tensor([1.5, 0.8, 2.2])"
for d in [f"D.Normal({A}, {B})", f"D.LogNormal({A}, {B})", f"D.HalfNormal({B})", f"D.Uniform(torch.zeros(3), {B} + 1)", f"D.Exponential({B})", f"D.Laplace({A}, {B})", f"D.Cauchy({A}, {B})", f"D.Gumbel({A}, {B})", f"D.Gamma({A}, {B})", f"D.Beta({A}, {B})", f"D.Chi2({B})", f"D.StudentT({B} + 2, {A}, {B})", f"D.Dirichlet({B})", f"D.MultivariateNormal({A}, torch.diag({B}) + 0.1)", f"D.MultivariateNormal({A}, scale_tril=torch.tril(torch.full((3, 3), 0.3)) + torch.diag({B}))", f"D.LowRankMultivariateNormal({A}, torch.ones(3, 1) * 0.3, {B})", f"D.Independent(D.Normal({A}, {B}), 1)", f"D.TransformedDistribution(D.Normal({A}, {B}), [D.ExpTransform()])", f"D.TransformedDistribution(D.Normal({A}, {B}), [D.TanhTransform()])", f"D.TransformedDistribution(D.Normal({A}, {B}), [D.SigmoidTransform(), D.AffineTransform({A}, -2.0)])", f"D.TransformedDistribution(D.Normal({A}, {B}), [D.transforms.SoftplusTransform()])", f"D.MixtureSameFamily(D.Categorical({A}), D.Normal({A}, {B}))"]:
    x = f"({X}).flatten()" if "Mixture" in d else f"({X} / ({X}).sum(-1, keepdim=True))" if "Dirichlet" in d else f"({A} - ({X}))" if "Sigmoid" in d else X
    values.extend([f"{d}.log_prob({x})", f"{d}.cdf({x})", f"{d}.icdf({x})", f"{d}.mean", f"{d}.variance", f"{d}.stddev", f"{d}.mode", f"{d}.entropy()"])
for given in ["{}", "logits={}"]:
    values.extend([f"D.Bernoulli({given.format('torch.tensor([0.2, 0.7, 0.9])')}).{what}" for what in ["log_prob(torch.tensor([0.0, 1.0, 1.0]))", "mean", "variance", "entropy()", "logits", "probs"]])
    values.extend([f"D.Categorical({given.format(A)}).{what}" for what in ["log_prob(torch.tensor([0, 2, 2, 1]))", "entropy()", "logits", "probs", "mode"]])
    values.extend([f"D.OneHotCategorical({given.format(A)}).{what}" for what in ["log_prob(torch.eye(3))", "entropy()", "mean", "variance", "mode"]])
values.extend([f"D.Poisson({B}).{what}" for what in ["log_prob(torch.tensor([0.0, 2.0, 5.0]))", "mean", "variance", "mode"]])
values.extend([f"D.kl_divergence(D.Normal({A}, {B}), D.Normal({B}, {A}))", f"D.kl_divergence(D.Categorical({A}), D.Categorical({B}))", f"D.kl_divergence(D.Bernoulli(logits={A}), D.Bernoulli(logits={B}))", f"D.kl_divergence(D.Independent(D.Normal({A}, {B}), 1), D.Independent(D.Normal({B}, {A}), 1))"])

# How samples move results
W = "torch.rand(5).double() * 0.8 + 0.1"
for d in ["D.Normal(x, 1.0)", "D.Normal(torch.zeros(()).double(), x + 0.5)", "D.Laplace(x, 1.0)", "D.Cauchy(x, 1.0)", "D.Gumbel(x, 1.0)", "D.Exponential(x + 0.1)", "D.Gamma(x + 0.1, 1.0)", "D.Beta(x + 0.1, x + 0.2)", "D.StudentT(x + 3)", "D.LogNormal(x, 1.0)", "D.HalfNormal(x + 0.1)", "D.Uniform(x - 2, x + 2)", "D.Independent(D.Normal(x, 1.0), 1)"]:
    # How many numbers these take of the generator hangs on their parameters.
    draws = [] if "Gamma" in d or "Beta" in d or "StudentT" in d else ["rsample()", "rsample((2,))"]
    batching.extend((f"{d}.{what}", (3, 5)) for what in [*draws, f"log_prob({W})", "mean", "variance", "entropy()", f"log_prob(torch.rand(4, 1, 5).double() * 0.8 + 0.1)"])
for d in ["D.Categorical(x)", "D.Categorical(logits=x)", "D.Bernoulli(logits=x)", "D.OneHotCategorical(x)"]:
    batching.extend((f"{d}.{what}", (3, 5)) for what in ["entropy()", "probs", "logits"])
for what in [f"log_prob({W})", "rsample()", "rsample((2,))"]:
    batching.append((f"D.TransformedDistribution(D.Normal(x, 1.0), [D.ExpTransform()]).{what}", (3, 5)))
batching.extend([("D.Categorical(logits=x).log_prob(torch.tensor([0, 1, 2]))", (3, 5)), ("D.Dirichlet(x + 0.1).log_prob(torch.full((5,), 0.2).double())", (3, 5)), ("D.Dirichlet(x + 0.1).mean", (3, 5)), ("D.MultivariateNormal(x, torch.eye(5).double()).log_prob(torch.zeros(5).double())", (3, 5)), ("D.MultivariateNormal(x, torch.eye(5).double()).rsample()", (3, 5)), ("D.MultivariateNormal(torch.zeros(5).double(), torch.eye(5).double()).log_prob(x)", (3, 5)), ("D.Normal(0.0, 1.0).log_prob(x)", (3, 5)), ("D.Normal(torch.rand(5).double(), 1.0).log_prob(x).sum(-1)", (3, 5)), ("D.Normal(0.0, 1.0).cdf(x)", (3, 5)), ("D.MixtureSameFamily(D.Categorical(torch.ones(4).double()), D.Normal(torch.rand(4).double(), 1.0)).log_prob(x)", (3, 5)), ("D.MixtureSameFamily(D.Categorical(x), D.Normal(torch.rand(5).double(), 1.0)).log_prob(torch.rand(3).double())", (3, 5)), ("D.Normal(x.mean(0), 1.0).log_prob(x)", (3, 5)), ("D.kl_divergence(D.Normal(x, 1.0), D.Normal(0.0, 1.0))", (3, 5)), ("D.kl_divergence(D.Independent(D.Normal(x, 1.0), 1), D.Independent(D.Normal(torch.zeros(5).double(), 1.0), 1))", (3, 5)), ("D.Normal(x.sum(), 1.0).log_prob(x)", (3, 5)), ("D.Independent(D.Normal(x, 1.0), 2).log_prob(x * 2)", (3, 5))])


def moved(code: str, shape: tuple[int, ...]) -> tuple[list[int], int]:
    """Axes whose entry k goes with sample k alone, and on how many samples an element depends at most."""
    found = None
    for trial in range(4):
        torch.manual_seed(trial)
        x = torch.rand(shape, dtype=torch.float64)
        others = [x.clone() for _ in range(shape[0])]
        for k, other in enumerate(others):
            other[k] = torch.rand(shape[1:], dtype=torch.float64)

        def f(given: torch.Tensor) -> torch.Tensor:
            torch.manual_seed(trial)
            return torch.as_tensor(eval(code, {"torch": torch, "D": D, "x": given})).double()

        base = f(x)
        differs = torch.stack([~torch.isclose(base, f(other), rtol=1e-9, atol=1e-9, equal_nan=True) for other in others])
        found = differs if found is None else found | differs
    assert found is not None
    return along(found.numpy())


codes.extend(f"D.multivariate_normal._precision_to_scale_tril({matrix})" for matrix in ["torch.eye(3)", "torch.eye(3).expand(2, 1, 3, 3)", "torch.eye(3).double()", "torch.rand(2, 3)", "torch.rand(3)"])


def main() -> None:
    rows = []
    for code in dict.fromkeys(codes):
        torch.manual_seed(0)
        try:
            result, dtype = nested(eval(code, {"torch": torch, "D": D}), (torch.Tensor,))
        except Exception as error:  # noqa: BLE001: whatever it raises is the fact
            # Whether numbers are allowed ones is no question of shapes.
            if "the support" in str(error) or "the constraint" in str(error):
                continue
            rows.append([code, "error", None])
            continue
        if result is None and code.endswith("_shape"):
            rows.append([code, [], None])
        elif result is not None:
            rows.append([code, result, None if dtype is None else dtype.removeprefix("torch.")])
    torch.set_default_dtype(torch.float64)
    numbers = []
    for code in values:
        try:
            result = torch.as_tensor(eval(code, {"torch": torch, "D": D})).double().flatten()
        except NotImplementedError:
            continue
        if torch.isfinite(result).all():
            numbers.append([code, [float(f"{value:.9g}") for value in result.tolist()]])
    moves = [[code, list(shape), *moved(code, shape)] for code, shape in dict.fromkeys(batching)]
    write(__file__, "torch", torch.__version__.split("+")[0], {"rows": rows, "values": numbers, "batching": moves})
    print(len(numbers), "values,", len(moves), "moves")


main()
