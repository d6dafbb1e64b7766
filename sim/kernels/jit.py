"""How kernels are compiled: strict arithmetic, no lock, and kept on disk for the next start.

``fastmath`` stays off, so that every sum and product is the one written, in the order written, and
nothing is fused: the same bits on every processor. The cache lies inside the environment, in a
folder that only its owner can write, since what lies in it is run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

CACHE = "planodds-kernels"

Function = TypeVar("Function", bound=Callable[..., Any])


def owned_folder(prefix: str) -> str | None:
    """Return the cache folder inside *prefix*, made if need be; None where that cannot be."""
    folder = os.path.join(prefix, CACHE)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        about = os.stat(folder)
    except OSError:
        return None
    if sys.platform != "win32" and (about.st_uid != os.getuid() or about.st_mode & 0o022):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _numba() -> Any:
    """Return numba, its cache aimed at the owned folder unless the environment says otherwise."""
    folder = owned_folder(sys.prefix)
    if folder is not None:
        os.environ.setdefault("NUMBA_CACHE_DIR", folder)
    import numba

    return numba


_NUMBA = _numba()

uint64, int64, float64 = _NUMBA.uint64, _NUMBA.int64, _NUMBA.float64


def inlined(function: Function) -> Function:
    """Compile a scalar *function* that kernels call; it is compiled into each of them."""
    return cast(Function, _NUMBA.njit(fastmath=False, error_model="numpy", nogil=True)(function))


def kernel(signature: str) -> Callable[[Function], Function]:
    """Compile a function of arrays for one *signature* when its module is imported, or read it back."""

    def compiled(function: Function) -> Function:
        made = _NUMBA.njit(signature, fastmath=False, error_model="numpy", nogil=True, cache=True)(function)
        return cast(Function, made)

    return compiled
