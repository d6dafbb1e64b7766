"""What decides a number, as a hash: the model's arrays, the code, the libraries, the range of blocks."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import sim
from sim.model.model import Model

NOT_DECIDING = frozenset({("Model", "scenario"), ("Model", "blocks")})
"""Fields that change no draw: what a scenario is called, and how many blocks are asked for."""

LIBRARIES = ("numba", "numpy", "scipy")
ROWS = (
    "engine",
    "kernels",
    "model",
    "pipelines",
    "accumulators.py",
    "axes.py",
    "designs.py",
    "distributions.py",
    "narrow.py",
    "shocks.py",
    "streams.py",
    "weights.py",
)
"""The rows of the house through which a draw passes, and how a summary is packed."""


@cache
def code_fingerprint() -> str:
    """Return the hash of the code and the versions of the libraries through which draws pass."""
    digest = hashlib.sha256()
    folder = Path(sim.__file__).parent
    files = [folder / "studies" / "packing.py"]
    for row in ROWS:
        files += sorted((folder / row).rglob("*.py")) if (folder / row).is_dir() else [folder / row]
    for file in files:
        _feed(digest, file.relative_to(folder).as_posix().encode("utf-8"))
        _feed(digest, file.read_bytes().replace(b"\r\n", b"\n"))
    for name in LIBRARIES:
        _feed(digest, f"{name} {importlib.metadata.version(name)}".encode())
    return digest.hexdigest()


def model_fingerprint(model: Model) -> str:
    """Return the hash of everything in *model* that decides its draws; its name is not of it."""
    digest = hashlib.sha256()
    for part in _fed(model):
        _feed(digest, part)
    return digest.hexdigest()


def chunk_key(model: str, code: str, first: int, count: int) -> str:
    """Return the address of the summary of *count* blocks from *first* of a model by its fingerprint."""
    text = f"planodds chunk {model} {code} {first} {count}"
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _feed(digest: Any, part: bytes) -> None:
    """Feed *part* with its length before it, so that joined parts stay apart."""
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)


def _fed(value: Any) -> Iterator[bytes]:
    """Yield *value* as bytes, kind by kind; TypeError for what has no fixed form."""
    if isinstance(value, np.ndarray):
        yield f"array {value.dtype.str} {value.shape}".encode("ascii")
        yield np.ascontiguousarray(value).tobytes()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        yield f"fields {type(value).__module__}.{kind}".encode()
        for field in dataclasses.fields(value):
            if (kind, field.name) not in NOT_DECIDING:
                yield field.name.encode()
                yield from _fed(getattr(value, field.name))
    elif isinstance(value, (tuple, list)):
        yield f"row {len(value)}".encode("ascii")
        for part in value:
            yield from _fed(part)
    elif isinstance(value, Mapping):
        yield f"map {len(value)}".encode("ascii")
        for key in sorted(value):
            yield from _fed(key)
            yield from _fed(value[key])
    elif isinstance(value, (float, np.floating)):
        yield b"number " + float(value).hex().encode("ascii")
    elif value is None or isinstance(value, (str, int, bool, np.integer, np.bool_)):
        plain = value.item() if isinstance(value, np.generic) else value
        yield f"{type(plain).__name__} {plain}".encode()
    else:
        raise TypeError(f"{type(value).__name__} has no fingerprint")
