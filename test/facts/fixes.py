"""Runs every fix that the command line offers for test/cases/ under the real libraries that are there, and writes fixes.json.

    npm run build && python test/facts/fixes.py             all cases whose library is there
    npm run build && python test/facts/fixes.py FILE...     these alone; what is known of the others is kept

A safe fix must leave every tensor of the program as it was. A suggested fix must make the name that it is about what was
meant: the per-sample derivative, computed one sample at a time (MEANT below). Where the program raises without the fix, the
name is there with it, and is what was meant; where it makes no name, as an assertion, it raises no more.
"""
import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from cases import expectations, guarded, namespace
from present import HAVE_TENSORFLOW, array_of, uses_tensorflow, versions, with_seed

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# Of TensorFlow: the Jacobians of one sample after the other, the whole one, and the Hessians of one sample after the other.
JACOBIAN_OF = """
def jacobian_of(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.jacobian(y, x)


def hessian_of(f, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = jacobian_of(f, x)
    return tape.jacobian(y, x)
"""
TAPE_OF_EACH = "tf.stack([jacobian_of(lambda row: {}, row) for row in x])"
WHOLE_TAPE = "jacobian_of(lambda x: {}, x)"
HESSIANS = "tf.stack([hessian_of(lambda row: tf.matmul(tf.tanh(net(row[None])), w3)[0, 0], row) for row in x])"

# What a name holds once it is mended, for each case: an expression in the names of the program.
MEANT = {
    "full_jacobian.py": {"result": "torch.stack([jacobian(net, row) for row in x])"},
    "hessians.py": {
        "full": "torch.stack([hessian(lambda r: net(r).squeeze(), row) for row in x])",
        "by_sum": "torch.stack([hessian(lambda r: net(r).squeeze(), row) for row in x])",
    },
    "several_inputs.py": {
        "A": "torch.stack([jacobian_of(dynamics, pair)[0] for pair in zip(states, actions)])",
        "B": "torch.stack([jacobian_of(dynamics, pair)[1] for pair in zip(states, actions)])",
        "by_action": "torch.stack([jacobian_of(dynamics, pair)[1] for pair in zip(states, actions)])",
        "C": "torch.stack([jacobian_of(dynamics, pair)[0] for pair in zip(states, actions)])",
        "D": "torch.stack([jacobian_of(dynamics, pair)[1] for pair in zip(states, actions)])",
        "by_state": "torch.stack([jacobian_of(lambda s: weighed(s, mass), row) for row in states])",
        "shared": "torch.stack([jacobian_of(lambda s: weighed(s, mass), row) for row in states])",
        "by_mass": "torch.stack([jacobian_of(lambda m: weighed(row, m), mass) for row in states])",
        "of_input": "torch.stack([jacobian_of(net, row) for row in states])",
        "with_aux": "torch.stack([jacobian_of(net, row) for row in states])",
        "in_chunks": "torch.stack([jacobian_of(net, row) for row in states])",
        "elsewhere": "torch.stack([jacobian_of(net, row) for row in states])",
    },
    "jax_batches.py": {
        "of_input": "jnp.stack([jax.jacrev(apply, argnums=1)(params, row) for row in states])",
        "A": "jnp.stack([jax.jacrev(dynamics)(s, a) for s, a in zip(states, actions)])",
        "B": "jnp.stack([jax.jacrev(dynamics, argnums=1)(s, a) for s, a in zip(states, actions)])",
        "from_model": "jnp.stack([jax.jacrev(lambda s: jnp.sin(s) @ kernel)(row) for row in states])",
        "jitted": "jnp.stack([jax.jacrev(dynamics)(s, a) for s, a in zip(states, actions)])",
        "with_aux": "jnp.stack([jax.jacrev(lambda s: with_value(s)[0])(row) for row in states])",
        "curvature": "jnp.stack([jax.hessian(energy)(row) for row in states])",
        "of_total": "jnp.stack([jax.hessian(lambda s: jnp.tanh(s @ kernel).sum())(row) for row in states])",
    },
    "tapes.py": {
        **dict.fromkeys(("dense", "listed", "named", "jacobian", "ones", "output_first"), TAPE_OF_EACH.format("net(row[None])[0]")),
        "vector": TAPE_OF_EACH.format("tf.reduce_sum(net(row[None]))"),
        "mixed": WHOLE_TAPE.format("net(x) - tf.reduce_mean(net(x), axis=0)"),
        "rows": WHOLE_TAPE.format("tf.matmul(tf.ones((3, 3)), x)"),
        "hessian": HESSIANS,
        "u_xx": f"tf.linalg.diag_part({HESSIANS})",
    },
    "sum_trick.py": {"output_first": "torch.stack([jacobian(net, row) for row in x])"},
    "zeroth_output.py": {"zeroth": "torch.stack([jacobian(net, row) for row in x])"},
    "diagonal_of_full.py": {"wrong_dims": "torch.diagonal(jacobian(net, x), dim1=0, dim2=2)"},
    "batch_mixing.py": {
        # Before anything else is computed, the statistics are those that a new layer starts from; a pass in training
        # less is made afterwards, so that what is computed with them later changes too.
        "mixed": "(lambda net: net[1].reset_running_stats() or net.eval() and torch.stack("
        "[jacobian(net, row[None])[0, :, 0] for row in x]).movedim(1, 0))(deepcopy(net))",
        "separate": "torch.stack([jacobian(net, row[None])[0, :, 0] for row in x])",
    },
    "second_order_by_grad_of_ones.py": {
        "row_sums": "torch.stack([torch.stack([hessian_of(lambda r: net(r)[i], row).diagonal() for i in range(10)], -1)"
        " for row in x.detach()])",
        "summed": "torch.stack([jacobian_of(net, row) for row in x.detach()])",
    },
    "found/nested_jacobian.py": {
        **dict.fromkeys(("second", "H"), "torch.stack([hessian_of(lambda v: net(v)[k], x) for k in range(2)])"),
        "dg": "torch.func.jacrev(lambda p: (lambda D: D.T @ D)(torch.func.jacrev(sphere)(p)))(at)",
        "curvature": "hessian_of(lambda v: net(v).pow(2).sum(), x)",
        "stiffness": "torch.stack([-hessian_of(lambda q: net(q)[0], row) for row in many])",
        "rows": "hessian_of(lambda v: net(v).sum(), x)",
        "third": "torch.func.jacrev(lambda v: torch.func.hessian(lambda z: net(z).pow(2).sum())(v) @ torch.ones(3))(x)",
    },
    # The derivative itself stays; what comes to the weights is the gradient of the loss as it is written, by torch.func.
    "found/detached_jacobian.py": {
        "of_critic": "grad_by_weight(critic, '0.weight', lambda f: f(fake).mean() - f(real).mean() + 10 * "
        "((torch.func.grad(lambda m: f(m).sum())(mixed.detach()).norm(2, dim=1) - 1) ** 2).mean())",
        "of_model": "grad_by_weight(model, '0.weight', lambda f: F.mse_loss(f(x), y) + 0.1 * torch.func.jacrev(f)(x).pow(2).sum())",
        "of_contraction": "grad_by_weight(contraction, '0.weight', lambda f: torch.linalg.matrix_norm(torch.func.jacrev(f)(x)))",
        "ddu": "torch.stack([hessian_of(lambda s: u(s[None]).sum(), row).flatten() for row in t.detach()])",
        "of_potential": "grad_by_weight(potential, 'net.0.weight', lambda f: F.mse_loss(f(positions), known_energy) + "
        "F.mse_loss(-torch.func.grad(lambda p: f(p).sum())(positions), known_forces))",
        "dds": "6 * s",
        "of_field": "grad_by_weight(field, '0.weight', lambda f: torch.func.jacrev(f)(at).diagonal().sum().pow(2))",
    },
    "found/grad_of_non_scalar.py": {
        "slope": "jacobian_of(net, x[0])",
        "per_sample": "torch.stack([jacobian_of(value, row) for row in x])",
        "ux": "torch.stack([jacobian_of(value, row)[0] for row in x])",
        # The mean or the sum: one is a multiple of the other.
        "of_value": "(lambda g: g * of_value.norm() / g.norm())(grad_by_weight(value, '0.weight', lambda f: F.mse_loss(f(x), goals)))",
        "of_net": "(lambda g: g * of_net.norm() / g.norm())(grad_by_weight(net, '0.weight', lambda f: F.cross_entropy(f(x), labels)))",
        "dw": "jnp.stack([jax.grad(lambda w: layer(w, z)[k])(w) for k in range(2)])",
        "dz": "jnp.stack([jax.grad(lambda v: layer(w, v)[k])(z) for k in range(2)])",
    },
    "found/vmap_over_autograd.py": {
        **dict.fromkeys(("per_sample", "kept"), "torch.stack([jacobian_of(net, row) for row in x])"),
        "curvature": "torch.stack([hessian_of(lambda r: net(r).sum(), row) for row in x])",
        "gradients": "torch.stack([jacobian_of(lambda r: net(r).sum(), row) for row in x])",
        "forward": "hessian_of(lambda r: net(r).sum(), x[0])",
        "reverse": "torch.stack([hessian_of(lambda r: net(r)[k], x[0]) for k in range(2)])",
        "total": "torch.stack([hessian_of(lambda r: net(r).sum(), row).sum(0) for row in x])",
    },
    "found/vmap_sizes.py": {
        **dict.fromkeys(("heights", "named_once"), "torch.stack([planes @ point for point in points])"),
        "as_list": "points.pow(2).sum(1)",
        "nothing": "planes @ normal",
        "scaled": "0.5 * points",
        "without": "points",
        "columns": "torch.stack([jacobian_of(net, point) for point in points])",
        "gradients": "torch.stack([grad(loss)(params, *pair)['2.bias'] for pair in zip(points, targets)])",
    },
    "found/batched_function_under_vmap.py": {
        "by_column": "torch.stack([jacobian_of(lambda r: lorenz(r[None])[0], row) for row in x])",
        "by_shape": "torch.stack([jacobian_of(lambda r: normalised(r[None])[0], row) for row in x])",
        "by_sum": "2 * x",
        "by_cat": "torch.stack([torch.cat([row.cos().diag(), -row.sin().diag()]) for row in x])",
        "by_einsum": "torch.ones(3, 2, 5)",
        "by_norm": "torch.stack([jacobian_of(lambda r: normed(r[None])[0], row) for row in x])",
        "by_flatten": "torch.stack([jacobian_of(lambda r: classifier(r[None])[0], image) for image in images])",
        "per_sample": "torch.stack([grad(loss)(params, row[None])['fc.bias'] for row in x])",
    },
    "found/batch_statistics_under_vmap.py": {
        "of_sets": "mlp(sets.flatten(0, 1)).view(3, 4, 2)",
        "whole": "jacobian_of(lambda z: mlp(z).pow(2).sum(), x)",
        "per_set": "torch.stack([jacobian_of(mlp, z) for z in sets])",
        "features": "conv(images)",
        "per_sample": "torch.stack([grad(loss)(params, buffers, z)['0.bias'] for z in sets])",
        "encoded": "encoder(sets.flatten(0, 1)).view(3, 4, 6)",
        "instance": "tracking(sets)",
    },
    # Of most draws only the shape is known, and what they cannot be.
    "found/randomness_under_vmap.py": {
        **{name: name for name in ("outputs", "per_sample", "forward", "noisy", "chosen", "latent", "ensemble", "soft")},
        "dropped": "torch.where(dropped == 0, dropped, 2 * x)",
        "shared": "x + (shared - x)[0]",
        "filled": "x + (filled - x)[0].clamp(-1, 1)",
        "coins": "(coins != 0).float()",
    },
    "found/wrong_argument.py": {
        "by_weight": "jacobian_of(lambda w: torch.func.functional_call(net, {'0.weight': w}, (x,)), net[0].weight)",
        "by_params": "jacobian_of(lambda b: torch.func.functional_call(net, {'0.bias': b}, (x,)), net[0].bias)",
        "loss_grad": "jacobian_of(lambda b: torch.func.functional_call(net, {'2.bias': b}, (x,)).pow(2).sum(), net[2].bias)",
        "by_bias": "hessian_of(lambda b: torch.func.functional_call(net, {'0.bias': b}, (x,)).sum(), net[0].bias)",
        "at_x": "jacobian_of(lambda z: net(z).sum(0), x)",
        "first": "jacobian_of(torch.tanh, x[0])",
        "with_scale": "jacobian_of(lambda z: scaled(z, 2.0), row)",
        "with_shift": "jacobian_of(lambda z: scaled(z, shift=row), row)",
        "by_second": "jacobian_of(lambda b: ones @ b + ones.sum(), row)",
        "curved": "torch.stack([hessian_of(lambda z: scaled(z, 2.0, ones)[k], row) for k in range(5)])",
        "per_sample": "torch.stack([jacobian_of(lambda z: scaled(z, 2.0), each) for each in x])",
        **dict.fromkeys(("of_call", "of_name"), "jacobian_of(net, x)"),
        "of_sum": "hessian_of(lambda z: net(z).pow(2).sum(), x)",
        "of_transform": "jacobian_of(lambda z: net(z).sum(0), x)",
        "mapped": "torch.stack([net(row) for row in x])",
        "u_t": "jacobian_of(lambda p: field(p).sum(), points.detach())[:, :1]",
        "u_s": "jacobian_of(lambda p: field(p).sum(), points.detach())[:, 1:]",
        "u_row": "jacobian_of(lambda p: field(p).sum(), points.detach())[0]",
        "u_copy": "jacobian_of(lambda p: field(p).sum(), points.detach())",
    },
    "found/jax_transforms.py": {
        "pairs": "jnp.stack([jnp.dot(x, row) for row in jnp.ones((4, 5))])",
        "scaled": "2.0 * x",
        "keys": "jnp.stack([x + jax.random.normal(key, (5,)) for key in jax.random.split(jax.random.key(0), 4)])",
        "mapped_weights": "jnp.stack([affine(params, row) for row in x])",
        "by_column": "jnp.stack([jax.jacrev(lambda r: jnp.sin(r[:1]))(row)[0] for row in x])",
        "by_axis": "jnp.ones((3, 5))",
        "curvature": "jnp.stack([jax.hessian(lambda r: r[0] ** 2)(row) for row in x])",
    },
}

# The gradient of an elementwise function: the diagonal of its Jacobian, in the shape of the input.
OF_ELEMENTS = "torch.stack([jacobian_of({0}, entry) for entry in {1}.flatten()]).reshape({1}.shape)"
MEANT["found/elementwise_jacobian.py"] = {
    "a": OF_ELEMENTS.format("torch.tanh", "x"),
    "b": OF_ELEMENTS.format("swish", "x"),
    "c": OF_ELEMENTS.format("lambda x: x**3 - x", "x"),
    "d": OF_ELEMENTS.format("activation", "maps"),
    "e": OF_ELEMENTS.format("torch.erf", "x"),
    "left": OF_ELEMENTS.format("torch.tanh", "x"),
}

# These have safe fixes alone.
MEANT["found/contracted_jacobian.py"] = {}

# Batch first, then outputs, then inputs.
OF_SAMPLES = "torch.stack([jacobian_of({0}, row) for row in x.detach()])"
OF_IMAGES = "torch.stack([jacobian_of(lambda image: cnn(image[None])[0], image) for image in images.detach()])"
DIAGONALS = "torch.stack([hessian_of(lambda row: {0}(row)[{1}], row).diagonal() for row in x.detach()])"

MEANT["found/diagonal_not_batch.py"] = {
    **dict.fromkeys("abcde", "torch.stack([jacobian_of(net, row) for row in x], -1)"),
    **dict.fromkeys("fgh", "torch.stack([jacobian_of(wide, row) for row in rows])"),
    "wrong": "torch.stack([jacobian_of(model, row) for row in own])",
    "i": "torch.stack([jacobian_of(lambda row: to_matrix(row[None])[0], row) for row in codes], -1)",
}
MEANT["found/output_axis_first.py"] = {
    **{name: OF_SAMPLES.format("net") for name in (*"abcdefg", "per_sample")},
    **{name: OF_SAMPLES.format("head") for name in ("h", "left")},
    "batch_jacobian": OF_SAMPLES.format("square"),
    "j": OF_IMAGES,
    "k": "torch.stack([jacobian_of(lambda row: to_matrix(row[None])[0], row) for row in q])",
    "l": "torch.stack([hessian_of(lambda row: energy(row).sum(), row) for row in x])",
}
MEANT["found/single_output_row.py"] = {
    **{name: OF_SAMPLES.format("net") for name in "abcd"},
    "of_model": OF_SAMPLES.format("model"),
    "g": OF_IMAGES,
}
MEANT["found/grad_sums_outputs.py"] = {
    **{name: OF_SAMPLES.format("net") for name in "abcdefg"},
    "h": OF_SAMPLES.format("net") + "[:, :2]",
    "wrong": OF_SAMPLES.format("velocity"),
    "i": OF_IMAGES,
}
MEANT["found/hessian_row_sum.py"] = {
    **{name: DIAGONALS.format("net", 0) for name in "ad"},
    "c": DIAGONALS.format("net", 0) + ".sum(1)",
    "r": "heat.residual_right(points)",
    "second_k": DIAGONALS.format("field", 1),
}
# Safe fixes alone.
MEANT |= dict.fromkeys(["found/wrong_mode.py", "found/per_sample_loop.py", "found/contract_stated.py"], {})
# What is meant is the blocks of equal samples.
MEANT |= dict.fromkeys(["found/full_then_diagonal_loops.py", "found/jax_full_then_diagonal.py"], {})

# A layer that was called in training mode alone before has the statistics that it started from.
STORED = "(lambda f: torch.stack([jacobian_of(f, row[None])[0, :, 0] for row in {1}]))(fresh({0}))"
MEANT["found/batch_norm_in_training.py"] = {
    "a": STORED.format("small", "x"),
    "b": STORED.format("mlp", "x"),
    "c": STORED.format("conv", "images"),
    "d": STORED.format("encoder", "x"),
    "e": STORED.format("deep", "x") + ".movedim(0, 1)",
}
MEANT["found/tape_not_persistent.py"] = {
    "by_weight": "tf.reduce_sum(jacobian_of(lambda w: tf.tanh(tf.matmul(x, w)), tf.convert_to_tensor(W)), axis=(0, 1))",
    "rows": "tf.stack([tf.stack([jacobian_of(lambda row: net(row[None])[0, k], row) for row in x]) for k in range(3)])",
    "slow": TAPE_OF_EACH.format("net(row[None])[0]"),
}
MEANT["found/batch_jacobian_of_unbatched.py"] = {
    "a": WHOLE_TAPE.format("tf.nn.relu(adjacency @ x @ w)"),
    "b": WHOLE_TAPE.format("tf.tensordot(adjacency, x * x, 1)"),
    "c": WHOLE_TAPE.format("tf.matmul(stencil, tf.sin(x))"),
    "d": WHOLE_TAPE.format("tf.einsum('ij,jk->ik', adjacency, tf.tanh(x @ w))"),
    "e": WHOLE_TAPE.format("layer(adjacency, x)"),
}

FITS = {
    **dict.fromkeys("cd", "torch.einsum('bi,oi->bo', x, W)"),
    "a": "torch.einsum('bi,oi->bo', x, W) + b",
    "e": "torch.stack([row / row.norm() for row in x])",
    "f": "torch.stack([row.sum() * row for row in x])",
    "g": "torch.stack([M @ z for M, z in zip(A, v)])[..., None]",
    "h": "x @ W.T",
    "i": "torch.stack([frame * row.norm() for frame, row in zip(frames, x)])",
    "j": "torch.stack([torch.linalg.solve(M, z) + z.sum() for M, z in zip(A, v)])",
    "r": "jnp.tanh(jnp.einsum('bi,oi->bo', rows, kernel))",
    "column": "torch.stack([torch.autograd.functional.jacobian(lambda p: torch.sin(p)[0], row) for row in points.detach()])",
    "s": "jnp.stack([row - row.mean() for row in rows])",
    "t": "jnp.einsum('bi,oi->bo', rows, kernel)",
    "J": "jnp.stack([jax.jacrev(lambda row: jnp.sin(kernel @ row))(row) for row in rows])",
    "K": "torch.stack([jacobian_of(lambda row: torch.tanh(W @ row), row) for row in x])",
}
MEANT["found/shape_mismatch.py"] = FITS
MEANT["found/shape_mismatch_layers.py"] = {
    "normed": "torch.stack([nn.functional.layer_norm(row, (6,)) for row in own.inner(x)])",
    "maps": "nn.functional.conv2d(images, conv.weight, conv.bias)",
    "scaled": "(x - x.mean(0)) / (x.var(0, correction=0) + 1e-5).sqrt()",
    "out": "torch.relu(x @ net[0].weight.T + net[0].bias) @ net[2].weight.T + net[2].bias",
    "J": "torch.stack([jacobian_of(small, row) for row in x])",
}
MEANT["found/transposed_jacobian.py"] = {
    **{name: OF_SAMPLES.format("net") for name in ("J_boi", "J", "c", "jac_boi", "d", "g")},
    "e": OF_SAMPLES.format("flow.field"),
    "f": OF_SAMPLES.format("flow.field") + ".sum(dim=2)",
}

# One number a sample.
MEANT["found/batch_collapsed.py"] = {
    "per_sample_norm": "J.flatten(1).norm(dim=1)",
    "a": "J.flatten(1).norm(dim=1)",
    "b": "J.flatten(1).square().sum(1)",
    "d": "J.flatten(1).norm(dim=1)",
    "e": "(J.flatten(1).norm(dim=1) - 1).pow(2).mean()",
    "f": "torch.stack([sample.trace() for sample in J])",
    "diagonals": "torch.stack([sample.diagonal() for sample in J])",
    "trace": "torch.stack([jacobian_of(net, point).trace() for point in points.detach()])",
    "per_sample_sensitivity": "torch.stack([jacobian_of(net, row).abs().sum() for row in x])",
}

MEANT["found/squeezed_batch.py"] = {
    **{name: OF_SAMPLES.format("net") for name in "aJbcdf"},
    "e": OF_SAMPLES.format("model").replace("x.detach()", "points"),
    "H": "torch.stack([hessian_of(lambda r: energy(r).squeeze(), row) for row in x])",
}

MEANT["found/contract_annotations.py"] = {}

# What is too large is run in small.
MEANT["found/jacobian_too_large.py"] = {}
SMALLER = {"found/jacobian_too_large.py": {'"meta"': '"cpu"', "20000": "20", "17000": "17", "4096": "64", "3072": "12", "512": "5", "128": "8"}}

PRELUDE = JACOBIAN_OF if HAVE_TENSORFLOW else """
from copy import deepcopy
from torch.autograd.functional import hessian as hessian_of, jacobian as jacobian_of


def fresh(model):
    # A copy in evaluation mode, with the statistics of a new one.
    model = deepcopy(model)
    for module in model.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
    return model.eval()


def grad_by_weight(model, name, loss):
    called = lambda w: lambda *inputs: torch.func.functional_call(model, {name: w}, inputs)
    return torch.func.grad(lambda w: loss(called(w)))(model.get_parameter(name))
"""


def apply(text: str, edits: list[dict]) -> str:
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    at = lambda line, column: starts[line - 1] + column - 1
    spans = [(at(e["line"], e["column"]), at(e["endLine"], e["endColumn"]), e["newText"]) for e in edits]
    for start, end, new in sorted(spans, key=lambda span: span[0], reverse=True):
        text = text[:start] + new + text[end:]
    return text


def smaller(name: str, text: str) -> str:
    for large, small in SMALLER.get(name, {}).items():
        text = text.replace(large, small)
    return text


def run(text: str, raised: dict[int, list[Exception | None]]) -> dict:
    """The names of a program that was run, with what its statements raised by line."""
    names: dict = namespace("case", raised)
    with_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(guarded(text, "case", expectations(text)), names)
        exec(PRELUDE, names)
    return names


def tensors(names: dict) -> dict[str, np.ndarray]:
    found = {}
    for name, value in names.items():
        if isinstance(value, list) and value:
            items = [array_of(item) for item in value]
            array = None if any(item is None or item.shape != items[0].shape for item in items) else np.stack(items)
        else:
            array = array_of(value)
        if array is not None:
            found[name] = array
    return found


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.shape == b.shape and np.allclose(a.astype(float), b.astype(float), rtol=1e-4, atol=1e-6)


def same_sample_blocks(was: np.ndarray, now: np.ndarray) -> bool:
    """Whether what is left of a full result is its blocks of equal samples, whose axis may stand anywhere."""
    return any(
        same(np.moveaxis(was.diagonal(axis1=0, axis2=axis), -1, place), now)
        for axis in range(1, was.ndim)
        if was.shape[axis] == was.shape[0]
        for place in range(was.ndim - 1)
    )


def verdict(before: dict, after: dict, kind: str, meant: dict, has_raised: bool) -> str:
    was, now = tensors(before), tensors(after)
    changed = sorted(name for name in now if name not in was or not same(was[name], now[name]))
    if kind == "safe":
        # A full Jacobian whose name keeps only its blocks changes; what is made of it must not.
        changed = [name for name in changed if name not in was or was[name].ndim <= now[name].ndim or not same_sample_blocks(was[name], now[name])]
        # Where something raised, what it was to make is there now.
        there = {name: tensors({name: eval(meant[name], after)})[name] for name in changed if has_raised and name in meant}
        changed = [name for name in changed if name not in there or not same(now[name], there[name])]
        return "equal" if not changed else f"{', '.join(changed)} differ"
    for name in changed:
        if name not in meant and name in was and same_sample_blocks(was[name], now[name]):
            continue
        if name not in meant:
            return f"{name} changed, and it is not known what was meant"
        if not same(now[name], tensors({name: eval(meant[name], after)})[name]):
            return f"{name} is not what was meant"
    return "as meant" if changed else "changes nothing"


def errors(raised: dict[int, list[Exception | None]]) -> int:
    return sum(error is not None for each in raised.values() for error in each)


def main(chosen: list[str]) -> None:
    names = {Path(each).resolve().relative_to(ROOT / "test/cases").as_posix() for each in chosen}
    command = ["node", str(ROOT / "dist/cli.js"), "check", "--format", "json", *sorted(f"test/cases/{name}" for name in names or ["."])]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    recorded = json.loads((HERE / "fixes.json").read_text())
    # What the libraries that are not here gave before.
    is_not_here = lambda name: uses_tensorflow((ROOT / "test/cases" / name).read_text()) != HAVE_TENSORFLOW
    rows = [row for row in recorded["rows"] if is_not_here(row[0]) or (names and row[0] not in names)]
    for finding in json.loads(listed):
        path = ROOT / finding["file"]
        text = path.read_text()
        name = path.relative_to(ROOT / "test/cases").as_posix()
        if is_not_here(name) or (names and name not in names):
            continue
        for fix in finding["fixes"]:
            fixed = apply(text, fix["edits"])
            try:
                raised, left = {}, {}
                before, after = run(smaller(name, text), raised), run(smaller(name, fixed), left)
            except Exception as error:
                print(path.name, finding["line"], finding["rule"], fix["title"], "->", type(error).__name__, error)
                continue
            said = verdict(before, after, fix["kind"], MEANT.get(name, {}), errors(raised) > 0)
            if said == "changes nothing" and errors(left) < errors(raised):
                said = "as meant"
            # The others are run too, and what is said of them is for the eye: what their fixes mean is in no table yet.
            if path.parent.name == "cases" or name in MEANT:
                rows.append([name, finding["line"], finding["rule"], fix["title"], changed_lines(text, fixed), said])
            if said not in ("equal", "as meant"):
                print(path.name, finding["line"], finding["rule"], fix["title"], "->", said)
    out = ",\n".join(json.dumps(row) for row in sorted(rows, key=lambda row: row[:2]))
    said = {key: value for key, value in recorded.items() if key != "rows"} | versions()
    (HERE / "fixes.json").write_text(f'{{{json.dumps(said)[1:-1]}, "rows": [\n{out}\n]}}\n')
    print(f"{len(rows)} fixes")


def changed_lines(before: str, after: str) -> list[str]:
    known = before.splitlines()
    return [line for line in after.splitlines() if line not in known]


if __name__ == "__main__":
    main(sys.argv[1:])
