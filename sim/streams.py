"""The one source of randomness: every number is a pure function of seed, names and draw index.

Philox-4x32-10 (Salmon et al. 2011, *Parallel random numbers: as easy as 1, 2, 3*) keyed by a
hash of the names, counted by the draw; `sim.kernels.philox` is its compiled form. Nothing here has
state, so order, chunks and workers cannot matter, and a stream is longer than any run.
"""

from __future__ import annotations

import functools
import hashlib
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats
from sim.narrow import narrow_normals

BLOCK = 4096
"""Draws of a block; part of the definition of a result."""

SET = 256
"""Draws that share one draw of the parameters."""

SETS = BLOCK // SET
"""Sets of a block."""

_PAIR = 2  # uniforms that one Philox counter yields
_WORDS = 4
_MANTISSA = 52  # bits kept: k + 1/2 is then exact in float64, and never rounds to 0 or 1
_WORD = 0xFFFFFFFF
_WIDTH = np.uint64(32)
_ROUNDS = 10
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_PIECE = 1 << 14  # counters made at a time: what is at hand then fits into the cache of a processor


class Source(NamedTuple):
    """What a random number is for; unused names stay empty."""

    name: str
    area: str = ""
    indicator: str = ""
    year: str = ""


def key_of(seed: int, source: Source) -> int:
    """Return the 128-bit key of *source* under *seed*; length prefixes keep joined names apart."""
    digest = hashlib.blake2b(digest_size=16, person=b"planodds-streams")
    for part in (str(seed), source.name, source.area, source.indicator, source.year):
        raw = part.encode("utf-8")
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return int.from_bytes(digest.digest(), "big")


def stream_of(key: int) -> NDArray[np.uint64]:
    """Return the four 32-bit words, least first, by which *key* names a stream: ``[4]``.

    The first two are the generator's key, the others the upper half of its counter.
    """
    return np.array([(key >> shift) & _WORD for shift in (0, 32, 64, 96)], dtype=np.uint64)


@functools.lru_cache(maxsize=1 << 12)
def streams(seed: int, sources: tuple[Source, ...]) -> NDArray[np.uint64]:
    """Return the streams of *sources*, ``[source, 4]``; the same for every block, so made once."""
    return np.array([stream_of(key_of(seed, source)) for source in sources], dtype=np.uint64).reshape(-1, 4)


def words(key: int, first: int, count: int) -> NDArray[np.uint64]:
    """Return the words of *count* counters from *first* on of the stream *key*, ``[counter, 4]``."""
    low, high, c_name, d_name = (int(word) for word in stream_of(key))
    counter = np.arange(first, first + count, dtype=np.uint64)
    a, b = counter & np.uint64(_WORD), counter >> _WIDTH
    c, d = np.full_like(a, c_name), np.full_like(a, d_name)
    for turn in range(_ROUNDS):
        one, two = _MULTIPLIERS[0] * a, _MULTIPLIERS[1] * c
        keys = [np.uint64((k + turn * w) & _WORD) for k, w in zip((low, high), _WEYL, strict=True)]
        a, c = (two >> _WIDTH) ^ b ^ keys[0], (one >> _WIDTH) ^ d ^ keys[1]
        b, d = two & np.uint64(_WORD), one & np.uint64(_WORD)
    return np.stack([a, b, c, d], axis=1)


def uniforms(seed: int, source: Source, first: int, count: int) -> Floats:
    """Return *count* uniforms in the open interval (0, 1) for draws *first* (even) and later.

    A counter serves two draws: its first two words the even one, its last two the odd one.
    """
    if first % _PAIR:
        raise ValueError(f"streams are read from whole counters, not from draw {first}")
    key, counters = key_of(seed, source), (count + 1) // _PAIR
    result = np.empty(_PAIR * counters)
    for at in range(0, counters, _PIECE):
        raw = words(key, first // _PAIR + at, min(_PIECE, counters - at)).reshape(-1, 2)
        cells = (raw[:, 0] << np.uint64(_MANTISSA - 32)) | (raw[:, 1] >> np.uint64(64 - _MANTISSA))
        result[_PAIR * at : _PAIR * at + len(cells)] = (cells.astype(np.float64) + 0.5) * 2.0**-_MANTISSA
    return result[:count]


def block_uniforms(seed: int, source: Source, block: int) -> Floats:
    """Return the uniforms of a block, ``[set, draw in set]``."""
    return uniforms(seed, source, block * BLOCK, BLOCK).reshape(SETS, SET)


def block_normals(seed: int, source: Source, block: int) -> Floats:
    """Return standard normals of a block by the inverse distribution function, ``[set, draw in set]``."""
    from scipy.special import ndtri

    normals: Floats = ndtri(block_uniforms(seed, source, block))
    return normals


def block_narrow(seed: int, source: Source, block: int) -> Floats:
    """Return the narrow normals of a block (`sim.narrow`), ``[set, draw in set]``: a counter serves four."""
    raw = words(key_of(seed, source), block * BLOCK // _WORDS, BLOCK // _WORDS)
    normals = narrow_normals(raw.astype(np.uint32).view(np.int32).ravel())
    return normals.astype(np.float64).reshape(SETS, SET)


def set_uniforms(seed: int, source: Source, first: int, count: int) -> Floats:
    """Return uniforms of sets *first* and later (any first), ``[set]``."""
    skip = first % _PAIR
    return uniforms(seed, source, first - skip, count + skip)[skip:]
