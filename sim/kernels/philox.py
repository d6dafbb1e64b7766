"""Philox-4x32-10 (Salmon et al. 2011) and normals from it, into buffers that stay in cache.

The 32-bit form, because its products are ones that every processor works many at a time. Two words
make a uniform; `sim.streams` says which, and holds the same generator in plain NumPy.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats
from sim.kernels.elementary import FAR, MIDDLE, quantile_of_far_tail, quantile_of_middle, quantile_of_tail
from sim.kernels.jit import inlined, kernel

Words = NDArray[np.uint64]

_FIRST = np.uint64(0xD2511F53)
_SECOND = np.uint64(0xCD9E8D57)
_GOLDEN = np.uint64(0x9E3779B9)
_ROOT3 = np.uint64(0xBB67AE85)
_WORD = np.uint64(0xFFFFFFFF)
_WIDTH = np.uint64(32)
_SPARE = np.uint64(12)  # bits of a pair of words beyond the 52 that are kept
_TAKEN = np.uint64(20)
_CELL = 2.0**-52

LANES = 8
"""Numbers that the widest vectors hold."""


@inlined
def words_of_counter(counter: Any, low: Any, high: Any, third: Any, fourth: Any) -> Any:
    """Return the four words of *counter*: its low two words count, its high two name the stream."""
    a, b, c, d = counter & _WORD, counter >> _WIDTH, third, fourth
    for _ in range(10):
        first, second = _FIRST * a, _SECOND * c
        a, b, c, d = (second >> _WIDTH) ^ b ^ low, second & _WORD, (first >> _WIDTH) ^ d ^ high, first & _WORD
        low = (low + _GOLDEN) & _WORD
        high = (high + _ROOT3) & _WORD
    return a, b, c, d


@inlined
def uniform_of_words(high: Any, low: Any) -> Any:
    """Return the middle of one of 2^52 cells of (0, 1)."""
    cell = np.int64((high << _TAKEN) | (low >> _SPARE))
    return (np.float64(cell) + 0.5) * _CELL


@inlined
def fill_uniforms(stream: Words, first: Any, out: Floats) -> None:
    """Set *out* (an even number) to the uniforms of *stream* ``[4]`` from draw *first* (even) on."""
    start = np.uint64(first) >> np.uint64(1)
    low, high, third, fourth = stream[0], stream[1], stream[2], stream[3]  # once: out may not be they
    for i in range(out.size // 2):
        a, b, c, d = words_of_counter(start + np.uint64(i), low, high, third, fourth)
        out[2 * i] = uniform_of_words(a, b)
        out[2 * i + 1] = uniform_of_words(c, d)


@inlined
def uniforms_to_normals(u: Floats, out: Floats, where: NDArray[np.int64], tails: Floats) -> None:
    """Set *out* to the normal quantiles of *u*; *where* and *tails* are room for as many and `LANES` more.

    The middle formula is worked for all, the tails are gathered and worked by themselves, so that
    every loop is one without a branch; they are filled up to whole vectors, whose rest would be slow.
    """
    for i in range(u.size):
        out[i] = quantile_of_middle(u[i] - 0.5)
    count = 0
    for i in range(u.size):
        where[count] = i
        count += 1 if abs(u[i] - 0.5) > MIDDLE else 0
    filled = (count + LANES - 1) // LANES * LANES
    for j in range(count):
        tails[j] = 0.5 - abs(u[where[j]] - 0.5)  # exact: the smaller of u and 1 - u
    for j in range(count, filled):
        tails[j] = 0.5 - MIDDLE
    far = 0
    for j in range(filled):
        far += 1 if tails[j] < FAR else 0
    if far == 0:
        for j in range(filled):
            tails[j] = quantile_of_tail(tails[j])
    else:
        for j in range(filled):
            tails[j] = quantile_of_tail(tails[j]) if tails[j] >= FAR else quantile_of_far_tail(tails[j])
    for j in range(count):
        i = where[j]
        out[i] = math.copysign(tails[j], u[i] - 0.5)


@kernel("void(uint64[:, ::1], int64, float64[:, ::1])")
def uniforms_into(keys: Words, first: int, out: Floats) -> None:
    """Set *out* ``[stream, draw]`` to uniforms of streams *keys* ``[stream, 4]`` from draw *first* on."""
    for row in range(out.shape[0]):
        fill_uniforms(keys[row], first, out[row])


@kernel("void(uint64[:, ::1], int64, float64[:, ::1])")
def normals_into(keys: Words, first: int, out: Floats) -> None:
    """Set *out* ``[stream, draw]`` to standard normals of streams *keys* from draw *first* on."""
    count = out.shape[1]
    u, tails, where = np.empty(count), np.empty(count + LANES), np.empty(count + LANES, dtype=np.int64)
    for row in range(out.shape[0]):
        fill_uniforms(keys[row], first, u)
        uniforms_to_normals(u, out[row], where, tails)
