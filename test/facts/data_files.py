"""Files of arrays as NumPy and the safetensors format have them, for the panel's readers: writes data/ beside this file.

expected.json holds for each array of each file its dtype, its shape and its values rounded to float32 as NumPy rounds,
or null where it holds what is no real number. Safetensors are written by hand, from the format's description.
"""
import json
import pathlib
import struct

import ml_dtypes
import numpy as np

folder = pathlib.Path(__file__).with_name("data")
folder.mkdir(exist_ok=True)
expected = {}


def plain(v):
    return float(v) if np.isfinite(v) else str(v)


def fact(name, array):
    with np.errstate(over="ignore"):
        values = np.asarray(array).astype(np.float32)
    return {"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "values": [plain(v) for v in values.reshape(-1)]}


def unread(name):
    return {"name": name, "dtype": None, "shape": None, "values": None}


matrix = np.array([[0.1, -2.5, 3e38], [np.nan, -np.inf, 0.0]])
whole = np.array([[0, 1, -2], [127, -128, 3]])
cube = np.arange(24).reshape(2, 3, 4)

arrays = {
    "float32": matrix.astype("<f4"), "float64": matrix * np.array([1, 1, 1e10]), "float16": matrix.astype("<f2"), "big_float32": matrix.astype(">f4"),
    "fortran": np.asfortranarray(cube.astype("<f8")), "big_int64": whole.astype(">i8") * 2**40, "int8": whole.astype("i1"), "uint8": np.abs(whole).astype("u1"),
    "int16": whole.astype("<i2"), "uint16": np.abs(whole).astype(">u2"), "int32": whole.astype("<i4"), "uint32": np.abs(whole).astype("<u4") * 2**24,
    "uint64": np.abs(whole).astype("<u8") * 2**50, "bool": whole > 0, "scalar": np.array(2.5, "<f4"), "vector": np.array([1.0, 2.0], "<f4"), "empty": np.zeros((0, 3), "<f4"),
}
others = {
    "complex": np.array([1 + 2j]), "objects": np.array([None, {}], dtype=object), "text": np.array(["a", "bc"]), "dates": np.array(["2026-01-01"], "<M8[D]"),
    "records": np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]), "bfloat16": np.array([1.0, 2.0], ml_dtypes.bfloat16), "longdouble": np.array([1.0], np.longdouble),
}

for name, array in arrays.items():
    np.save(folder / f"{name}.npy", array)
    expected[f"{name}.npy"] = [fact(name, array)]
for name, array in others.items():
    np.save(folder / f"{name}.npy", array, allow_pickle=True)
    expected[f"{name}.npy"] = [unread(name)]
for version in ((2, 0), (3, 0)):
    name = f"version{version[0]}"
    with open(folder / f"{name}.npy", "wb") as file:
        np.lib.format.write_array(file, arrays["float32"], version=version)
    expected[f"{name}.npy"] = [fact(name, arrays["float32"])]

some = {"0.weight": arrays["float64"], "0.bias": arrays["fortran"], "layers/ünï.weight": arrays["int8"], "scalar": arrays["scalar"]}
np.savez(folder / "stored.npz", **some, objects=others["objects"])
np.savez_compressed(folder / "packed.npz", **some, text=others["text"])
np.savez(folder / "positional.npz", arrays["float32"], arrays["int8"])
expected["stored.npz"] = [*(fact(*item) for item in some.items()), unread("objects")]
expected["packed.npz"] = [*(fact(*item) for item in some.items()), unread("text")]
expected["positional.npz"] = [fact("arr_0", arrays["float32"]), fact("arr_1", arrays["int8"])]


def safetensors(name, tensors, extra={}):
    header, data, facts = dict(extra), b"", []
    for key, (code, array) in tensors.items():
        own = array.tobytes()
        header[key] = {"dtype": code, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(own)]}
        data += own
        facts.append(fact(key, array) if not code.startswith("F8") else unread(key))
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / name).write_bytes(struct.pack("<Q", len(text)) + text + data)
    expected[name] = facts


safetensors(
    "model.safetensors",
    {
        "0.weight": ("F32", arrays["float32"]), "0.bias": ("F64", arrays["float64"]), "half": ("F16", arrays["float16"]), "brain": ("BF16", matrix.astype(ml_dtypes.bfloat16)),
        "small": ("F8_E4M3", np.array([1.0, 2.0], ml_dtypes.float8_e4m3fn)), "count": ("I64", whole.astype("<i8")), "mask": ("BOOL", whole > 0), "byte": ("U8", arrays["uint8"]),
        "scalar": ("F32", arrays["scalar"]), "empty": ("F32", arrays["empty"]),
    },
    {"__metadata__": {"format": "pt"}},
)
safetensors("nothing.safetensors", {})

path = folder / "expected.json"
path.write_text(json.dumps({"numpy": np.__version__, "files": expected}, ensure_ascii=False, separators=(",", ":")) + "\n")
print(len(expected), "files,", sum(file.stat().st_size for file in folder.iterdir()), "bytes")
