"""How kernels are compiled: strict arithmetic, no lock, and kept on disk for the next start.

``fastmath`` stays off, so that every sum and product is the one written, in the order written, and
nothing is fused: the same bits on every processor. The cache lies inside the environment, in a
folder that only its owner can write, since what lies in it is run.

What is kept is read without numba's compiler, whose tables take longer to fill than all kernels to read.
It is keyed by the sources of all kernels: one may hold code of another module, inlined.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
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
    # numba imports coverage wherever it is installed, to report on compiled lines: not of this program.
    unasked = "coverage" not in sys.modules
    if unasked:
        sys.modules["coverage"] = cast(Any, None)
    import numba

    if unasked:
        del sys.modules["coverage"]
    return numba


_NUMBA = _numba()

uint64, int64, float64 = _NUMBA.uint64, _NUMBA.int64, _NUMBA.float64


def inlined(function: Function) -> Function:
    """Compile a scalar *function* that kernels call; it is compiled into each of them."""
    return cast(Function, _NUMBA.njit(fastmath=False, error_model="numpy", nogil=True)(function))


@functools.cache
def sources_digest() -> str:
    """Return a hash of the sources of all kernels."""
    folder = os.path.dirname(__file__)
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(name for name in os.listdir(folder) if name.endswith(".py")):
        with open(os.path.join(folder, name), "rb") as file:
            raw = file.read()
        digest.update(f"{name} {len(raw)} ".encode())
        digest.update(raw)
    return digest.hexdigest()


def _cache_class() -> Any:
    caching: Any = importlib.import_module("numba.core.caching")
    runtime: Any = importlib.import_module("numba.core.runtime").rtsys

    class KernelCache(caching.FunctionCache):  # type: ignore[misc]  # its base has no types
        """numba's cache of a function, keyed by all sources and read without the compiler's tables."""

        def __init__(self, function: Callable[..., Any]) -> None:
            super().__init__(function)
            self._cache_file = caching.IndexDataCacheFile(
                self._cache_path, self._impl.filename_base, source_stamp=sources_digest()
            )

        def load_overload(self, signature: Any, target: Any) -> Any:
            runtime.initialize(target)  # kernels allocate
            with self._guard_against_spurious_io_errors():
                return self._load_overload(signature, target)

    return KernelCache


_CACHE_CLASS = _cache_class()


def kernel(signature: str) -> Callable[[Function], Function]:
    """Compile a function of arrays for one *signature* when its module is imported, or read it back."""

    def compiled(function: Function) -> Function:
        made = _NUMBA.njit(fastmath=False, error_model="numpy", nogil=True)(function)
        made._cache = _CACHE_CLASS(function)
        made.compile(signature)
        made.disable_compile()
        return cast(Function, made)

    return compiled
