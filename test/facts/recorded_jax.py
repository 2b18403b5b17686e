"""What the scripts that record facts of JAX's libraries share: a text that defines models, and expressions on them."""

import os
import warnings

os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import jax.flatten_util
import numpy as np

import recorded

warnings.simplefilter("ignore")


class Facts(recorded.Facts):
    """Facts of arrays of JAX."""

    arrays = (jax.Array, np.ndarray, np.generic)

    def leaves(self, code: str) -> None:
        """A row for each array of the tree of dicts that an expression gives, by its path."""
        for path, _ in jax.tree_util.tree_leaves_with_path(eval(code, dict(self.names))):
            self.add(code + jax.tree_util.keystr(path))

    def evaluated(self, code: str, x: np.ndarray | None = None) -> np.ndarray:
        with jax.enable_x64(True):
            given = {} if x is None else {"x": jax.numpy.asarray(x)}
            return np.asarray(eval(code, {**self.names, **given}), dtype=float)
