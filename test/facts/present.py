"""The libraries that are there, for the scripts that run programs of all of them: PyTorch with JAX, or TensorFlow."""
import contextlib
import importlib.util
import os
import re

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

HAVE_TENSORFLOW = importlib.util.find_spec("tensorflow") is not None

if HAVE_TENSORFLOW:
    import tensorflow as tf
else:
    import jax
    import torch


def uses_tensorflow(text: str) -> bool:
    return re.search(r"^\s*(?:import|from) (?:tensorflow|keras)\b", text, re.MULTILINE) is not None


def versions() -> dict[str, str]:
    if HAVE_TENSORFLOW:
        return {"tensorflow": tf.__version__}
    return {"torch": torch.__version__, "jax": jax.__version__}


def with_seed(seed: int) -> None:
    if HAVE_TENSORFLOW:
        tf.keras.utils.set_random_seed(seed)
    else:
        torch.manual_seed(seed)
        torch.set_default_dtype(torch.float32)


def apart() -> contextlib.AbstractContextManager:
    """Draws within leave those after it as they are, as far as the library has such."""
    return contextlib.nullcontext() if HAVE_TENSORFLOW else torch.random.fork_rng(devices=[])


def is_abstract(value: object) -> bool:
    """Whether it is a tensor within a transform or graph, or on no device, which has no values to be looked at."""
    if HAVE_TENSORFLOW:
        return tf.is_symbolic_tensor(value)
    if isinstance(value, jax.core.Tracer):
        return True
    if not isinstance(value, torch.Tensor):
        return False
    if value.is_meta:
        return True
    return "GradTrackingTensor" in str(type(value)) or torch._C._functorch.is_functorch_wrapped_tensor(value)


def array_of(value: object) -> np.ndarray | None:
    """The numbers of a tensor or array of the libraries; None for anything else."""
    if HAVE_TENSORFLOW:
        return value.numpy() if isinstance(value, (tf.Tensor, tf.Variable)) else None
    if isinstance(value, jax.Array):
        return None if jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key) else np.array(value)
    return value.detach().numpy() if isinstance(value, torch.Tensor) and not value.is_meta else None
