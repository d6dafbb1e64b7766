"""Scrambled Sobol points of a block in compiled loops: `sim.designs` says what they are, in plain NumPy.

Replicate s gives set s of every block; within it the draws of block b are points ``256 b`` and later.
Words are of 32 bits, held in 64, so that products and shifts are those of every processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.axes import Floats
from sim.kernels.jit import inlined, kernel
from sim.kernels.philox import LANES, Words, uniforms_to_normals
from sim.kernels.tails import normals_to_scales

_WORD = np.uint64(0xFFFFFFFF)
_CELL = 2.0**-32


@inlined
def reversed_word(x: Any) -> Any:
    """Return the 32 bits of *x* in reverse order."""
    x = ((x >> np.uint64(1)) & np.uint64(0x55555555)) | ((x & np.uint64(0x55555555)) << np.uint64(1))
    x = ((x >> np.uint64(2)) & np.uint64(0x33333333)) | ((x & np.uint64(0x33333333)) << np.uint64(2))
    x = ((x >> np.uint64(4)) & np.uint64(0x0F0F0F0F)) | ((x & np.uint64(0x0F0F0F0F)) << np.uint64(4))
    x = ((x >> np.uint64(8)) & np.uint64(0x00FF00FF)) | ((x & np.uint64(0x00FF00FF)) << np.uint64(8))
    return ((x >> np.uint64(16)) | (x << np.uint64(16))) & _WORD


@inlined
def scrambled_word(word: Any, key: Any) -> Any:
    """Return *word* scrambled under the 32-bit *key*: `designs.scrambled_words` of one word."""
    x = reversed_word(word)
    x ^= (x * np.uint64(0x3D20ADEA)) & _WORD
    x = (x + key) & _WORD
    x = (x * ((key >> np.uint64(16)) | np.uint64(1))) & _WORD
    x ^= (x * np.uint64(0x05526C56)) & _WORD
    x ^= (x * np.uint64(0x53A22864)) & _WORD
    return reversed_word(x)


@inlined
def fill_points(direction: Words, key: Any, first: int, out: Floats) -> None:
    """Set *out* to the coordinates in (0, 1) of points *first* (a multiple of its size) and later.

    *direction* ``[bit]``; the size of *out* is a power of two, so the bits of *first* lie above those
    that run: each point is an earlier one with one bit more.
    """
    word = np.uint64(0)
    for bit in range(direction.size):
        if (first >> bit) & 1:
            word ^= direction[bit]
    plain = np.empty(out.size, dtype=np.uint64)
    plain[0] = word
    size, bit = 1, 0
    while size < out.size:
        for i in range(size):
            plain[size + i] = plain[i] ^ direction[bit]
        size *= 2
        bit += 1
    for i in range(out.size):
        out[i] = (np.float64(np.int64(scrambled_word(plain[i], key))) + 0.5) * _CELL


@kernel("void(uint64[:, ::1], uint64[:, ::1], int64, float64[:, :, ::1])")
def points_into(directions: Words, keys: Words, block: int, out: Floats) -> None:
    """Set *out* ``[source, set, draw]`` to the points of *block*; *directions* ``[source, bit]``.

    *keys* ``[source, set]`` are those of the scramblings.
    """
    for row in range(out.shape[0]):
        for s in range(out.shape[1]):
            fill_points(directions[row], keys[row, s], block * out.shape[2], out[row, s])


@kernel("void(uint64[:, ::1], uint64[:, ::1], int64, float64[:, :, ::1])")
def point_normals_into(directions: Words, keys: Words, block: int, out: Floats) -> None:
    """Set *out* ``[source, set, draw]`` to the normal quantiles of what `points_into` gives."""
    count = out.shape[2]
    u, tails, where = np.empty(count), np.empty(count + LANES), np.empty(count + LANES, dtype=np.int64)
    for row in range(out.shape[0]):
        for s in range(out.shape[1]):
            fill_points(directions[row], keys[row, s], block * count, u)
            uniforms_to_normals(u, out[row, s], where, tails)


@kernel("void(float64[::1], float64[::1])")
def quantiles_into(u: Floats, out: Floats) -> None:
    """Set *out* to the normal quantiles of the uniforms *u*."""
    tails, where = np.empty(u.size + LANES), np.empty(u.size + LANES, dtype=np.int64)
    uniforms_to_normals(u, out, where, tails)


@kernel("void(float64[:, ::1], float64, float64[::1])")
def scales_of_normals(table: Floats, highest: float, z: Floats) -> None:
    """Turn the normals *z* into mixing variables, in place."""
    normals_to_scales(table, highest, z)


@kernel("void(uint64[:, ::1], uint64[:, ::1], int64, float64[:, ::1])")
def set_points_into(directions: Words, keys: Words, first: int, out: Floats) -> None:
    """Set *out* ``[source, set]`` to the points of sets *first* and later: `designs.set_points`, compiled.

    *directions* ``[source, bit]``, *keys* ``[source, replicate]``; set s is point ``s div R`` of replicate
    ``s mod R``.
    """
    replicates = keys.shape[1]
    for row in range(out.shape[0]):
        last, word = -1, np.uint64(0)
        for i in range(out.shape[1]):
            point = (first + i) // replicates
            if point != last:
                last, word = point, np.uint64(0)
                for bit in range(directions.shape[1]):
                    if (point >> bit) & 1:
                        word ^= directions[row, bit]
            scrambled = scrambled_word(word, keys[row, (first + i) % replicates])
            out[row, i] = (np.float64(np.int64(scrambled)) + 0.5) * _CELL
