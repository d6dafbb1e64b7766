"""How glibc serves the arrays of a block: large ones apart, small ones from room that it keeps."""

from __future__ import annotations

import ctypes
import functools

LARGE = 4 << 20
"""Bytes from which an array has pages of its own: those of all cities do, those of one indicator do not."""

KEPT = 128 << 20
"""Bytes of freed room that are kept for the next block; less is in use at any time."""

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


@functools.cache
def settle_memory() -> None:
    """Have large arrays go back to the system when they are freed, and the room of small ones stay.

    By itself glibc comes to do the opposite: it keeps large arrays among the small ones, whose longer lives
    then leave holes (a tenth to a quarter more memory after some hundred blocks), and gives back the rest
    after each block, so that the next pays for fresh pages (a third more time). Other C libraries have no
    such switches.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # TypeError: Windows has no library without a name
        return
    mallopt(_M_MMAP_THRESHOLD, LARGE)
    mallopt(_M_TRIM_THRESHOLD, KEPT)
