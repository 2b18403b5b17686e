"""What jax.numpy gives where it is asked what NumPy is asked: shapes and types of many expressions, and which of them raise.

Run with a Python that has jax (and torch, for library_numpy.py); writes library_jax_numpy.json beside this file. Takes minutes.
The questions are those of library_numpy.py in the words of JAX.
"""

import os
import re
import warnings

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.numpy as jnp
import numpy as np

import library_numpy
from recorded import nested, write

warnings.simplefilter("ignore")

codes: list[str] = []


def add(*snippets: str) -> None:
    codes.extend(snippets)


# Everything that NumPy is asked, of jax.numpy


def translated(code: str) -> str | None:
    """The same in JAX's words; None for what JAX has in words of its own."""
    if "torch" in code or re.search(r"np\.random\.(?!random_sample\(\(|randint\(\d+, size=)", code):
        return None
    code = re.sub(r"np\.random\.random_sample\((\([^()]*\))\)", r"np.full(\1, 0.5)", code)
    code = re.sub(r"np\.random\.randint\((\d+), size=(\([^()]*\))\)", r"np.full(\2, \1 // 2)", code)
    code = re.sub(r"\bnp\.float64\(0\.5\)", "np.array(0.5)", code)
    return re.sub(r"\bnp\.", "jnp.", code)


for code in library_numpy.codes:
    own = translated(code)
    # Names that jax.numpy does not have are no facts about shapes.
    if own is not None and "uint64" not in own:
        add(own)


def main() -> None:
    names = {"jax": jax, "jnp": jnp, "np": np, "sum": sum, "range": range}
    rows = []
    for code in dict.fromkeys(codes):
        try:
            result, dtype = nested(eval(code, dict(names)), (jax.Array, np.ndarray, np.generic))
        except AttributeError:
            continue
        except Exception:  # noqa: BLE001: whatever it raises is the fact
            rows.append([code, "error", None])
            continue
        if result is not None:
            rows.append([code, result, dtype])
    write(__file__, "jax", jax.__version__, {"rows": rows})


if __name__ == "__main__":
    main()
