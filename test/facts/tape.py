"""What TensorFlow's tapes give: small programs with what `result` is afterwards. Writes tape.json.

    python test/facts/tape.py

A tensor is its shape and numbers, None is null, a list, tuple or dict is an array, and what raises is the error's name.
"""
import json
import os
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf

HERE = Path(__file__).parent

PRELUDE = """
import tensorflow as tf

x = tf.constant([[0.1, -0.4], [0.3, 0.7], [-0.6, 0.2]])
whole = tf.constant([[1, 2], [3, 4], [5, 6]])
W = tf.Variable(tf.constant([[0.5, -0.3, 0.8], [0.2, 0.9, -0.7]]))
b = tf.Variable(tf.constant([0.1, 0.2, 0.3]))
fixed = tf.Variable(tf.constant([[0.5, -0.3], [0.2, 0.9]]), trainable=False)


def f(x):
    return tf.tanh(tf.matmul(x, W) + b)
"""

WATCHED = """
with tf.GradientTape({}) as tape:
    tape.watch(x)
    y = f(x)
"""


def watched(result: str, options: str = "") -> str:
    return WATCHED.format(options) + f"result = {result}\n"


def block(body: str, options: str = "") -> str:
    lines = body.strip("\n").split("\n")
    inside = [f"    {line}" for line in lines[:-1]]
    return "\n".join([f"with tf.GradientTape({options}) as tape:", *inside, f"result = {lines[-1]}", ""])


NESTED = """
with tf.GradientTape() as outer:
    {outer}
    with tf.GradientTape() as inner:
        inner.watch(x)
        y = f(x)
    g = inner.{first}(y, x)
result = outer.{second}(g, x)
"""

PROGRAMS = [
    # What is watched.
    watched("tape.gradient(y, x)"),
    block("y = f(x)\ntape.gradient(y, x)"),
    block("y = f(x)\ntape.jacobian(y, x)"),
    block("y = f(x)\ntape.batch_jacobian(y, x)"),
    block("y = f(x)\ntape.gradient(y, W)"),
    block("y = f(x)\ntape.gradient(y, [W, b])"),
    block("y = tf.matmul(x, fixed)\ntape.gradient(y, fixed)"),
    block("tape.watch(fixed)\ny = tf.matmul(x, fixed)\ntape.gradient(y, fixed)"),
    block("tape.watch(W)\ny = f(x)\ntape.gradient(y, [W, b])", "watch_accessed_variables=False"),
    block("y = f(x)\ntape.gradient(y, [W, b])", "watch_accessed_variables=False"),
    block("tape.watch([x, {'a': W}])\ny = f(x)\ntape.gradient(y, (x, W))", "watch_accessed_variables=False"),
    block("y = x * x\ntape.watch(x)\nz = y * 2.0\ntape.gradient(z, x)"),
    block("y = x * x\ntape.watch(x)\nz = y * x\ntape.gradient(z, x)"),
    block("y = x * x\ntape.watch(y)\nz = y * 2.0\ntape.gradient(z, [x, y])"),
    block("tape.watch(x)\ny = x * x\nz = y * 2.0\ntape.gradient(z, [x, y])"),
    block("h = tf.matmul(x, W)\ny = tf.tanh(h)\ntape.gradient(y, h)"),
    block("tape.watch(x)\nc = x * 2.0\ny = c * b[:2]\ntape.gradient(y, c)"),
    block("tape.watch(x)\ntape.gradient(x, x)"),
    block("tape.watch(tf.ones((3, 5)).numpy())\ntape.gradient(x, x)"),
    # What is recorded.
    watched("tape.gradient(y * 2.0, x)"),
    watched("tape.gradient(y[:, 0], x)"),
    watched("tape.jacobian(tf.reduce_sum(y, 0), x)"),
    "a = x * x\n" + block("tape.watch(x)\ny = a * x\ntape.gradient(y, x)"),
    "a = x * x\n" + block("tape.watch(x)\ny = a * x\ntape.jacobian(y, x)"),
    "a = x * x\n" + block("tape.watch(x)\ny = a * x + tf.sin(a)\ntape.batch_jacobian(y, x)"),
    block("tape.watch(x)\nwith tape.stop_recording():\n    y = f(x)\nz = y * 2.0\ntape.gradient(z, x)"),
    block("tape.watch(x)\nwith tape.stop_recording():\n    a = x * x\nz = a * x\ntape.gradient(z, x)"),
    block("tape.watch(x)\ny = f(x)\ntape.reset()\nz = y * 2.0\ntape.gradient(z, x)"),
    block("tape.watch(x)\ny = f(x)\ntape.reset()\ntape.watch(y)\nz = y * 2.0\ntape.gradient(z, [x, y])"),
    block("tape.watch(x)\na = x * x\ny = tf.constant(a) + tf.convert_to_tensor(x) + tf.cast(x, tf.float32)\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.Variable(x) * x\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.identity(x) * x\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.convert_to_tensor(x.numpy()) * 2.0\ntape.gradient(y, x)"),
    block("fixed.assign(x[:2])\ny = x * x\ntape.gradient(y, x)"),
    block("tape.watch(x)\nfixed.assign(x[:2] * 3.0)\ny = fixed * x[:2]\ntape.gradient(y, x)"),
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    y = f(x)\nwith tape:\n    z = y * x\nresult = tape.gradient(z, x)\n",
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    y = f(x)\nz = y * x\nwith tape:\n    z = y + z * x\nresult = tape.gradient(z, x)\n",
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    if tf.reduce_sum(x) > 0:\n        y = f(x)\n    else:\n        y = f(x) * 2.0\nresult = tape.gradient(y, x)\n",
    # What gradient gives: the sum over the target's entries.
    watched("tape.gradient([y, {'k': y * 0.0}], (x, W))"),
    block("tape.watch(x)\ny = f(x)\nz = y * y\ntape.gradient([y, z], {'a': x, 'c': (W, b)})"),
    watched("tape.gradient(y, x, output_gradients=tf.ones((3, 3)) * 2.0)"),
    watched("tape.gradient(y, x, tf.constant([[1.0, 0.0, 2.0]] * 3))"),
    watched("tape.gradient(y, x, output_gradients=tf.ones((4,)))"),
    watched("tape.gradient(y, [x, fixed], unconnected_gradients='zero')"),
    watched("tape.gradient(y, whole, unconnected_gradients=tf.UnconnectedGradients.ZERO)"),
    watched("tape.gradient(None, x)"),
    watched("tape.gradient(3.0, x)"),
    # No derivative passes there.
    block("tape.watch(whole)\ny = whole * whole\ntape.gradient(y, whole)"),
    block("tape.watch(whole)\ny = tf.cast(whole, tf.float32) * 2.0\ntape.gradient(y, whole)"),
    block("tape.watch(x)\ny = tf.cast(tf.cast(x, tf.int32), tf.float32) * 2.0\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.argmax(x, 1)\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.round(x) * 2.0\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.floor(x) * x\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.sign(x) * 2.0\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.stop_gradient(x * x) * x\ntape.gradient(y, x)"),
    block("tape.watch(x)\ny = tf.stop_gradient(x)\ntape.gradient(y, x)"),
    # Jacobians.
    watched("tape.jacobian(y, x)"),
    watched("tape.jacobian(y, [x, W, fixed])"),
    watched("tape.jacobian(y, {'a': x, 'c': (W, b)})"),
    watched("tape.jacobian([y, y], x)"),
    watched("tape.jacobian(y, fixed, unconnected_gradients='zero')"),
    watched("tape.jacobian(y, x, experimental_use_pfor=False)"),
    watched("tape.jacobian(y, x, experimental_use_pfor=False)", "persistent=True"),
    watched("tape.jacobian(target=y, sources=x, parallel_iterations=2)"),
    block("tape.watch(x)\ny = tf.reduce_sum(f(x))\ntape.jacobian(y, x)"),
    block("tape.watch(x)\ny = tf.reduce_sum(f(x), 1)\ntape.jacobian(y, x)"),
    watched("tape.batch_jacobian(y, x)"),
    watched("tape.batch_jacobian(target=y, source=x)"),
    watched("tape.batch_jacobian(y, [x])"),
    watched("tape.batch_jacobian(y, fixed)"),
    watched("tape.batch_jacobian(y, x, experimental_use_pfor=False)"),
    watched("tape.batch_jacobian(y, x, experimental_use_pfor=False)", "persistent=True"),
    block("tape.watch(x)\ny = tf.reduce_sum(f(x), 1)\ntape.batch_jacobian(y, x)"),
    block("tape.watch(x)\ny = tf.transpose(f(x))[:2]\ntape.batch_jacobian(y, x)"),
    block("tape.watch(x)\ny = x - tf.reduce_mean(x, 0)\ntape.batch_jacobian(y, x)"),
    block("tape.watch(x)\ny = tf.nn.softmax(f(x), axis=0)\ntape.batch_jacobian(y, x)"),
    block("tape.watch(x)\ny = f(x)[:, :, None] * x[:, None, :]\ntape.batch_jacobian(y, x)"),
    # A tape that is not persistent gives one set of derivatives.
    watched("[tape.gradient(y, x), tape.gradient(y, x)]"),
    watched("[tape.gradient(y, x), tape.gradient(y, x)]", "persistent=True"),
    watched("[tape.jacobian(y, x), tape.jacobian(y, x)]"),
    watched("[tape.batch_jacobian(y, x), tape.gradient(y, x)]"),
    watched("[tape.gradient(y[:, 0], x) for _ in range(2)]"),
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    parts = tf.unstack(f(x), axis=1)\nrows = []\nfor part in parts:\n    rows.append(tape.gradient(part, x))\nresult = rows\n",
    "with tf.GradientTape(watch_accessed_variables=False) as tape:\n    tape.watch(x)\n    y = f(x)\n\n\ndef by(source):\n    return tape.gradient(y, source)\n\n\nresult = [by(x), by(W)]\n",
    "def both(y, tape):\n    first = tape.gradient(y, x)\n    return first, tape.gradient(y, W)\n\n\nwith tf.GradientTape() as tape:\n    tape.watch(x)\n    y = f(x)\nresult = both(y, tape)\n",
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    y = f(x)\n    g = tape.gradient(y, x)\n    z = g * x\nresult = [g, tape.gradient(z, x)]\n",
    "with tf.GradientTape(persistent=True) as tape:\n    tape.watch(x)\n    y = f(x)\n    g = tape.gradient(y, x)\nresult = [g, tape.gradient(g, x), tape.jacobian(g, x), tape.batch_jacobian(g, x)]\n",
    watched("tape.gradient(tape.gradient(y, x), x)", "persistent=True"),
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    y = f(x)\na = tape.gradient(y, x)\nwith tape:\n    tape.watch(x)\n    y = f(x)\nresult = tape.gradient(y, x)\n",
    "with tf.GradientTape() as tape:\n    tape.watch(x)\n    y = f(x)\n    with tape:\n        y = f(x)\nresult = tape.gradient(y, x)\n",
    "tape = tf.GradientTape()\ntape.watch(x)\nresult = x\n",
    "tape = tf.GradientTape()\nresult = tape.gradient(x, x)\n",
    "grads = []\nfor _ in range(3):\n    with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = f(x)\n    grads.append(tape.gradient(y, x))\nresult = grads\n",
    # The second order.
    *(
        NESTED.format(outer="outer.watch(x)", first=first, second=second)
        for first in ("gradient", "jacobian", "batch_jacobian")
        for second in ("gradient", "jacobian", "batch_jacobian")
    ),
    NESTED.format(outer="pass", first="gradient", second="jacobian"),
    NESTED.format(outer="outer.watch(x)", first="gradient", second="jacobian").replace("    g = inner", "g = inner"),
    NESTED.format(outer="outer.watch(W)", first="gradient", second="gradient").replace("(g, x)", "(g, [W, b])"),
    # Inside functions that run as graphs.
    *(
        f"@tf.function\ndef derivative(x):\n    with tf.GradientTape() as tape:\n        tape.watch(x)\n        y = f(x)\n    return {call}\n\n\nresult = derivative(x)\n"
        for call in (
            "tape.gradient(y, x)",
            "tape.jacobian(y, x)",
            "tape.jacobian(y, x, experimental_use_pfor=False)",
            "tape.batch_jacobian(y, x, experimental_use_pfor=False)",
            "[tape.gradient(y, x), tape.gradient(y, x)]",
        )
    ),
    *(
        f"@tf.function(reduce_retracing=True)\ndef derivative(x):\n    y = f(x)\n    return {call}\n\n\nresult = derivative(x)\n"
        for call in (
            "tf.gradients(y, x)",
            "tf.gradients([y, y * y], [x, W])",
            "tf.gradients(y, x, grad_ys=tf.ones((3, 3)) * 2.0)",
            "tf.gradients(y, [x, fixed], unconnected_gradients='zero')",
            "tf.hessians(tf.reduce_sum(y * y), x)",
            "tf.hessians(y, [x])",
        )
    ),
    # Forward mode.
    "with tf.autodiff.ForwardAccumulator(x, x * 2.0) as acc:\n    y = f(x)\nresult = acc.jvp(y)\n",
    "with tf.autodiff.ForwardAccumulator(x, x * 2.0) as acc:\n    y = f(x)\nresult = acc.jvp([y, fixed])\n",
    "with tf.autodiff.ForwardAccumulator([x, W], [x, tf.ones((2, 3))]) as acc:\n    y = f(x)\nresult = acc.jvp(y)\n",
    "with tf.autodiff.ForwardAccumulator(x, x) as acc:\n    y = f(x)\nresult = acc.jvp(fixed, unconnected_gradients='zero')\n",
    "with tf.autodiff.ForwardAccumulator(x, x) as acc:\n    y = f(x)\nresult = acc.jvp(y * 2.0)\n",
]


def plain(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, dict):
        return [plain(item) for item in value.values()]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    numbers = tf.convert_to_tensor(value).numpy()
    return {"shape": list(numbers.shape), "numbers": [float(f"{number:.6g}") for number in numbers.reshape(-1)]}


def outcome(program: str) -> object:
    names: dict = {"__name__": "program"}
    try:
        exec(compile(PRELUDE + program, "program", "exec"), names)
    except Exception as error:
        return type(error).__name__
    return plain(names["result"])


def main() -> None:
    rows = [[program, outcome(program)] for program in PROGRAMS]
    # What asks too much of its tape, with a persistent one.
    mended = [
        [program, persistent, outcome(persistent)]
        for program, result in rows
        if result == "RuntimeError" and "with tf.G" in program and (persistent := program.replace("GradientTape()", "GradientTape(persistent=True)")) != program
    ]
    out = ",\n".join(json.dumps(row) for row in rows)
    again = ",\n".join(json.dumps(row) for row in mended)
    (HERE / "tape.json").write_text(
        f'{{"tensorflow": "{tf.__version__}", "prelude": {json.dumps(PRELUDE)}, "rows": [\n{out}\n],\n"mended": [\n{again}\n]}}\n', encoding="utf-8"
    )
    print(f"{len(rows)} programs, {sum(isinstance(result, str) for _, result in rows)} of which raise")


if __name__ == "__main__":
    main()
