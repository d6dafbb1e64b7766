"""Where the large arrays of a block lie, so that memory does not grow with the number of blocks."""

from __future__ import annotations

import ctypes
import functools

LARGE = 8 << 20
"""Bytes from which an array has pages of its own: those of all cities do, those of one indicator do not."""

_M_MMAP_THRESHOLD = -3


@functools.cache
def keep_large_arrays_apart() -> None:
    """Have glibc give large arrays pages of their own, which go back to the system when they are freed.

    By itself it comes to keep such arrays among the small ones, whose long lives then leave holes: a tenth
    to a quarter more memory after some hundred blocks. Other C libraries have no such switch.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library without a name
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
