"""Where the points of a run lie: keyed by name one by one, or spread evenly by a scrambled Sobol sequence.

A Sobol run has `REPLICATES` sequences of sets, scrambled apart from each other, so that their means are
independent and honest errors follow from them (Owen 1997, *Scrambled net variance for integrals of
smooth functions*). Block b belongs to replicate b mod `REPLICATES`: more draws make every sequence longer and
change no set. A dimension has a number, stored with the plan and never given to another name.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats, Ints
from sim.streams import SETS, Source, key_of

REPLICATES = 16
"""Independent scramblings: fewer would widen Student's interval, more would shorten each sequence."""

_BITS = 32
_LONGEST = 12  # a sequence of 2^12 sets in each replicate is the most that a run can have
_U = np.uint32


def is_whole_net(blocks: int) -> bool:
    """Return whether *blocks* give each replicate a power of two of points, which a Sobol net needs."""
    each, rest = divmod(blocks, REPLICATES)
    return rest == 0 and each > 0 and each & (each - 1) == 0


def set_points(seed: int, name: str, dimension: int, first: int, count: int) -> Floats:
    """Return the coordinates in (0, 1) of sets *first* and later in *dimension* (from 1), ``[set]``."""
    sets = np.arange(first, first + count)
    block, within = np.divmod(sets, SETS)
    cycle, replicate = np.divmod(block, REPLICATES)
    plain = sobol(dimension, cycle * SETS + within)
    scrambled = np.empty(count, dtype=_U)
    for each in np.unique(replicate):
        key = key_of(seed, Source("sobol", indicator=name, year=str(each))) & 0xFFFFFFFF
        here = replicate == each
        scrambled[here] = scrambled_words(plain[here], key)
    return (scrambled.astype(np.float64) + 0.5) * 2.0**-_BITS


def sobol(dimension: int, points: Ints) -> NDArray[np.uint32]:
    """Return the coordinates of *points* as whole numbers of 2^-32, before scrambling."""
    directions = _directions(1 << (dimension - 1).bit_length())[dimension - 1]
    words = np.zeros(points.shape, dtype=_U)
    for bit, direction in enumerate(directions):
        words ^= np.where((points >> bit) & 1, direction, _U(0))
    return words


@cache
def _directions(dimensions: int) -> NDArray[np.uint32]:
    """Return the direction numbers of Joe and Kuo (2008), ``[dimension, bit]``.

    Point 2^(b+1) - 1 of scipy's sequence, which runs in Gray code, is direction b alone.
    """
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=False, bits=_BITS)
    taken, columns = 0, []
    for bit in range(_LONGEST):
        engine.fast_forward((2 << bit) - 1 - taken)
        columns.append(np.ldexp(engine.random(1)[0], _BITS).astype(np.int64).astype(_U))
        taken = 2 << bit
    return np.stack(columns, axis=1)


def scrambled_words(words: NDArray[np.uint32], key: int) -> NDArray[np.uint32]:
    """Return *words* under a nested uniform scrambling: each bit flips by a hash of the bits above it.

    The hash is Burley's (2020, *Practical hash-based Owen scrambling*), on reversed bits, where a
    multiplication by an even number lets a bit depend on those below it alone.
    """
    seed = _U(key)
    with np.errstate(over="ignore"):
        x = _reversed(words)
        x ^= x * _U(0x3D20ADEA)
        x += seed
        x *= (seed >> _U(16)) | _U(1)
        x ^= x * _U(0x05526C56)
        x ^= x * _U(0x53A22864)
    return _reversed(x)


def _reversed(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return *words* with their bits in reverse order."""
    x = words.copy()
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        x = ((x >> _U(shift)) & _U(mask)) | ((x & _U(mask)) << _U(shift))
    return (x >> _U(16)) | (x << _U(16))


def replicate_means(by_set: Floats) -> Floats:
    """Return the means ``[event, replicate]`` of chances ``[event, set]`` of whole nets."""
    blocks = by_set.shape[1] // SETS
    parts = by_set.reshape(len(by_set), blocks // REPLICATES, REPLICATES, SETS)
    valid = ~np.isnan(parts)
    count = valid.sum(axis=(1, 3))
    total = np.where(valid, parts, 0.0).sum(axis=(1, 3))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
