"""Standard normals of 32 bits, in float32, in compiled loops: `sim.narrow` says what they are.

A word makes one, and vectors hold twice as many, so they take less than half the time of those of 52 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kernels.elementary import quantile_of_tail
from sim.kernels.jit import inlined, kernel
from sim.kernels.philox import Words, words_of_counter
from sim.narrow import (
    CELL,
    CENTRE,
    EDGE,
    EXPONENT,
    HALF,
    LN2,
    LOG,
    ONE,
    QUANTILE,
    ROOT_HALF_BITS,
    TOP,
    TWO,
    TWO_CELLS,
    Narrow,
)

# Whole numbers are cast at every step: numba would widen them, and vectors would hold half as many.


@inlined
def minus_log(x: Any) -> Any:
    """Return ``-log`` of a positive number in single precision."""
    bits = np.float32(x).view(np.int32)
    k = np.int32(np.int32(bits - ROOT_HALF_BITS) >> EXPONENT)
    f = np.int32(bits - np.int32(k << EXPONENT)).view(np.float32) - ONE
    g, z = LOG, f * f
    a = (g[0] + g[1] * f) + z * (g[2] + g[3] * f)
    b = (g[4] + g[5] * f) + z * (g[6] + g[7] * f)
    y = (a + (z * z) * (b + (z * z) * g[8])) * (f * z) - HALF * z
    return -(np.float32(k) * LN2 + (f + y))


@inlined
def tail_of_word(word: Any) -> Any:
    """Return the whole number of the tail that *word* lies in."""
    return np.int32(word if word >= 0 else ~word)


@inlined
def normal_of_word(word: Any) -> Any:
    """Return the normal of *word* where its tail is not a far one."""
    tail = tail_of_word(word)
    apart = (np.float32(np.int32(TOP - tail)) + HALF) * CELL
    twice = (np.float32(tail) + HALF) * TWO_CELLS
    v = minus_log(twice * (TWO - twice)) - CENTRE
    g, z = QUANTILE, v * v
    a = (g[0] + g[1] * v) + z * (g[2] + g[3] * v)
    b = (g[4] + g[5] * v) + z * (g[6] + g[7] * v)
    c = (g[8] + g[9] * v) + z * (g[10] + g[11] * v)
    size = apart * (a + (z * z) * (b + (z * z) * c))
    return size if word >= 0 else -size


@inlined
def fill_words(stream: Words, first: Any, out: NDArray[np.int32]) -> None:
    """Set *out* to the words of *stream* ``[4]`` from draw *first* on; both it and their number are multiples
    of four, so that no word of a counter is made in vain.
    """
    start = np.uint64(first) >> np.uint64(2)
    low, high, third, fourth = stream[0], stream[1], stream[2], stream[3]  # once: out may not be they
    for i in range(out.size // 4):
        a, b, c, d = words_of_counter(start + np.uint64(i), low, high, third, fourth)
        out[4 * i] = np.int32(a)
        out[4 * i + 1] = np.int32(b)
        out[4 * i + 2] = np.int32(c)
        out[4 * i + 3] = np.int32(d)


@inlined
def fill_any_words(stream: Words, first: Any, out: NDArray[np.int32]) -> None:
    """Set *out* to what `fill_words` sets it to, wherever it begins and ends."""
    for i in range(out.size):
        draw = np.uint64(first + i)
        a, b, c, d = words_of_counter(draw >> np.uint64(2), stream[0], stream[1], stream[2], stream[3])
        place = draw & np.uint64(3)
        left = a if place == 0 else b
        right = c if place == 2 else d
        out[i] = np.int32(left if place < 2 else right)


@inlined
def least_tail(words: NDArray[np.int32]) -> Any:
    least = TOP
    for i in range(words.size):
        least = min(least, tail_of_word(words[i]))
    return least


@inlined
def far_tails(words: NDArray[np.int32], out: Narrow) -> None:
    """Set those of *out* whose tail is a far one."""
    for i in range(words.size):
        tail = tail_of_word(words[i])
        if tail < EDGE:
            size = np.float32(quantile_of_tail((np.float64(tail) + 0.5) * 2.0**-32))
            out[i] = size if words[i] >= 0 else -size


@inlined
def words_to_normals(words: NDArray[np.int32], out: Narrow) -> None:
    """Set *out* to the normals of *words*."""
    for i in range(words.size):
        out[i] = normal_of_word(words[i])
    if least_tail(words) < EDGE:
        far_tails(words, out)


@inlined
def fill_narrow(keys: Words, first: Any, words: NDArray[np.int32], out: Narrow) -> None:
    """Set *out* ``[stream, draw]`` as `narrow_into` does; *words* ``[draw]`` is room."""
    is_whole = first % 4 == 0 and words.size % 4 == 0
    for row in range(out.shape[0]):
        if is_whole:
            fill_words(keys[row], first, words)
        else:
            fill_any_words(keys[row], first, words)
        words_to_normals(words, out[row])


@kernel("void(uint64[:, ::1], int64, float32[:, ::1])")
def narrow_into(keys: Words, first: int, out: Narrow) -> None:
    """Set *out* ``[stream, draw]`` to narrow normals of streams *keys* ``[stream, 4]`` from *first* on."""
    fill_narrow(keys, first, np.empty(out.shape[1], dtype=np.int32), out)
