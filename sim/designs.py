"""Where the points of a run lie: keyed by name one by one, spread evenly by Sobol points, or mirrored.

``plain``: every number has a keyed stream of its own.

``sobol``: parameters and province-wide terms lie on scrambled Sobol sequences, `REPLICATES` of them,
scrambled apart from each other, so that their means are independent and honest errors follow from them
(Owen 1997, *Scrambled net variance for integrals of smooth functions*). Set s of every block belongs to
replicate s: more draws make every sequence longer and change no draw. A dimension has a number, stored
with the plan and never given to another name; what has none stays keyed.

``antithetic``: parameters and province-wide terms of the odd sets mirror those of the even sets before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from sim.axes import Floats, Ints
from sim.streams import SET, SETS, Source, key_of

Kind = Literal["plain", "sobol", "antithetic"]
KINDS: tuple[Kind, ...] = get_args(Kind)

REPLICATES = SETS
"""Independent scramblings: fewer would widen Student's interval, more would shorten each sequence."""

PARAMETER = "parameter:"
"""What the names of dimensions of parameters begin with; the name of the parameter follows."""

_BITS = 32
_SET_BITS = 12  # bits of the number of a block: a run has 2^12 at the most
_DRAW_BITS = 20  # and of a draw within its replicate
_U = np.uint32


@dataclass(frozen=True, slots=True)
class Design:
    """How a run's parameters and province-wide terms are spread; *dimensions*: numbers by name, from 1."""

    kind: Kind = "plain"
    dimensions: tuple[tuple[str, int], ...] = ()

    def number(self, name: str | None) -> int | None:
        """Return the Sobol dimension of *name*; None where it stays keyed."""
        return None if name is None or self.kind != "sobol" else _numbers(self).get(name)

    def mirrors(self, name: str | None) -> bool:
        """Return whether odd sets mirror *name*."""
        return self.kind == "antithetic" and name is not None


PLAIN = Design()


@cache
def _numbers(design: Design) -> dict[str, int]:
    return dict(design.dimensions)


def name_of(source: Source) -> str | None:
    """Return the name of a province-wide *source* among a plan's dimensions; None for all others."""
    if source.area:
        return None
    if source.name.startswith("mixing:"):
        term = source.name.removeprefix("mixing:")
        return {"common": "common:mixing", "year": f"year:mixing:{source.year}"}.get(term)
    return {
        "common": f"common:{source.indicator}",
        "province": f"province:{source.indicator}",
        "year": f"year:{source.indicator}:{source.year}",
        "ratio": f"unallocated:{source.indicator}",
    }.get(source.name)


def is_whole_net(blocks: int) -> bool:
    """Return whether *blocks* give each replicate a power of two of points, which a Sobol net needs."""
    return blocks > 0 and blocks & (blocks - 1) == 0


def next_net(blocks: int) -> int:
    """Return the least number of blocks from *blocks* on that gives a whole net."""
    return 1 << (max(blocks, 1) - 1).bit_length()


def set_points(seed: int, name: str, dimension: int, first: int, count: int) -> Floats:
    """Return the coordinates in (0, 1) of sets *first* and later in *dimension* (from 1), ``[set]``."""
    point, replicate = np.divmod(np.arange(first, first + count), REPLICATES)
    keys = scrambling_keys(seed, name).astype(_U)[replicate]
    return in_unit(scrambled_words(sobol(dimension, point, _SET_BITS), keys))


def draw_points(seed: int, name: str, dimension: int, block: int) -> Floats:
    """Return the coordinates in (0, 1) of the draws of *block* in *dimension*, ``[set, draw]``."""
    words = sobol(dimension, np.arange(block * SET, (block + 1) * SET), _DRAW_BITS)
    return in_unit(scrambled_words(words, scrambling_keys(seed, name).astype(_U)[:, None]))


def draw_directions(dimension: int) -> NDArray[np.uint64]:
    """Return the direction numbers of *dimension* that draws need, ``[bit]``."""
    directions = _directions(_rounded(dimension), _DRAW_BITS)[dimension - 1]
    return np.asarray(directions, dtype=np.uint64)


@cache
def net_directions(dimensions: tuple[int, ...]) -> NDArray[np.uint64]:
    """Return the direction numbers of *dimensions* that sets need, ``[dimension, bit]``."""
    rows = [_directions(_rounded(each), _SET_BITS)[each - 1] for each in dimensions]
    return np.stack(rows).astype(np.uint64)


@lru_cache(maxsize=64)
def net_of(
    design: Design, seed: int, names: tuple[str, ...]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return direction numbers ``[name, bit]`` and scrambling keys ``[name, replicate]`` of sets."""
    numbers = tuple(design.number(name) or 1 for name in names)
    return net_directions(numbers), np.stack([scrambling_keys(seed, name) for name in names])


@cache
def scrambling_keys(seed: int, name: str) -> NDArray[np.uint64]:
    """Return the 32-bit keys of the scramblings of *name*, ``[replicate]``."""
    keys = [key_of(seed, Source("sobol", indicator=name, year=str(each))) for each in range(REPLICATES)]
    return np.array([key & 0xFFFFFFFF for key in keys], dtype=np.uint64)


def in_unit(words: NDArray[np.uint32]) -> Floats:
    """Return the middles of the cells of (0, 1) that *words* name."""
    return (words.astype(np.float64) + 0.5) * 2.0**-_BITS


def sobol(dimension: int, points: Ints, bits: int = _SET_BITS) -> NDArray[np.uint32]:
    """Return the coordinates of *points* below ``2^bits`` as whole numbers of 2^-32, before scrambling."""
    words = np.zeros(points.shape, dtype=_U)
    for bit, direction in enumerate(_directions(_rounded(dimension), bits)[dimension - 1]):
        words ^= np.where((points >> bit) & 1, direction, _U(0))
    return words


def _rounded(dimension: int) -> int:
    return 1 << (dimension - 1).bit_length()


@cache
def _directions(dimensions: int, bits: int) -> NDArray[np.uint32]:
    """Return the first *bits* direction numbers of Joe and Kuo (2008), ``[dimension, bit]``.

    Point 2^(b+1) - 1 of scipy's sequence, which runs in Gray code, is direction b alone.
    """
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=False, bits=_BITS)
    taken, columns = 0, []
    for bit in range(bits):
        engine.fast_forward((2 << bit) - 1 - taken)
        columns.append(np.ldexp(engine.random(1)[0], _BITS).astype(np.int64).astype(_U))
        taken = 2 << bit
    return np.stack(columns, axis=1)


def scrambled_words(words: NDArray[np.uint32], keys: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return *words* under nested uniform scramblings: each bit flips by a hash of the bits above it.

    The hash is Burley's (2020, *Practical hash-based Owen scrambling*), on reversed bits, where a
    multiplication by an even number lets a bit depend on those below it alone. *keys* broadcast.
    """
    with np.errstate(over="ignore"):
        x = _reversed(words)
        x = x ^ (x * _U(0x3D20ADEA))
        x = x + keys
        x = x * ((keys >> _U(16)) | _U(1))
        x = x ^ (x * _U(0x05526C56))
        x = x ^ (x * _U(0x53A22864))
    return _reversed(x)


def _reversed(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return *words* with their bits in reverse order."""
    x = words.copy()
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF)):
        x = ((x >> _U(shift)) & _U(mask)) | ((x & _U(mask)) << _U(shift))
    return (x >> _U(16)) | (x << _U(16))


def by_group(design: Design, by_set: Floats) -> Floats:
    """Return the chances ``[event, group]`` of the groups of sets that *design* makes independent.

    *by_set* ``[event, set]`` are those of whole blocks. Plain sets stand alone; of Sobol points the
    replicates are independent, of mirrored sets the pairs. Not-a-number where no draw is valid.
    """
    if design.kind == "plain":
        return by_set
    if design.kind == "sobol":
        parts = by_set.reshape(len(by_set), -1, REPLICATES).transpose(0, 2, 1)
    else:
        parts = by_set.reshape(len(by_set), -1, 2)
    valid = ~np.isnan(parts)
    count = valid.sum(axis=2)
    total = np.where(valid, parts, 0.0).sum(axis=2)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def group_variance(values: Floats) -> tuple[Floats, Ints]:
    """Return the variance over groups ``[event]`` of *values* ``[event, group]``, and how many speak."""
    valid = ~np.isnan(values)
    count = valid.sum(axis=1)
    mean = np.where(valid, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    apart = np.where(valid, values - mean[:, None], 0.0)
    return (apart**2).sum(axis=1) / np.maximum(count - 1, 1), count
