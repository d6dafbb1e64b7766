"""The one source of randomness: every number is a pure function of seed, names and draw index.

Philox-4x64-10 (Salmon et al. 2011, *Parallel random numbers: as easy as 1, 2, 3*) keyed by a
hash of the names, counted by the draw. Nothing here has state, so order, chunks and workers
cannot matter, and a stream is longer than any run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats

BLOCK = 4096
"""Draws of a block; part of the definition of a result."""

SET = 256
"""Draws that share one draw of the parameters."""

SETS = BLOCK // SET
"""Sets of a block."""

_WORDS = 4  # 64-bit words that one Philox counter yields
_MANTISSA = 52  # bits kept: k + 1/2 is then exact in float64, and never rounds to 0 or 1


@dataclass(frozen=True, slots=True)
class Source:
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


def words(key: int, first: int, count: int) -> NDArray[np.uint64]:
    """Return words *first* and later of the stream *key*; *first* is a multiple of four."""
    if first % _WORDS:
        raise ValueError(f"streams are read from whole counters, not from word {first}")
    return np.random.Philox(key=key, counter=first // _WORDS).random_raw(count)


def uniforms(seed: int, source: Source, first: int, count: int) -> Floats:
    """Return *count* uniforms in the open interval (0, 1) for draws *first* and later."""
    raw = words(key_of(seed, source), first, count) >> np.uint64(64 - _MANTISSA)
    return (raw.astype(np.float64) + 0.5) * 2.0**-_MANTISSA


def block_uniforms(seed: int, source: Source, block: int) -> Floats:
    """Return the uniforms of a block, ``[set, draw in set]``."""
    return uniforms(seed, source, block * BLOCK, BLOCK).reshape(SETS, SET)


def block_normals(seed: int, source: Source, block: int) -> Floats:
    """Return standard normals of a block by the inverse distribution function, ``[set, draw in set]``."""
    from scipy.special import ndtri

    normals: Floats = ndtri(block_uniforms(seed, source, block))
    return normals


def set_uniforms(seed: int, source: Source, first: int, count: int) -> Floats:
    """Return uniforms of sets *first* and later (any first), ``[set]``."""
    skip = first % _WORDS
    return uniforms(seed, source, first - skip, count + skip)[skip:]
