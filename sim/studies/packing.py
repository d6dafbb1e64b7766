"""A summary as bytes and back, without loss: whole numbers, exact sums, grids and float64 as they are.

A packed summary is a JSON head that lists every part, then the parts' raw little-endian bytes, all
deflated. Nothing in it is code and nothing in it is trusted: what is read back is checked part by part
and refused with `BadPack` where anything is not as a summary would be.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from sim.accumulators import CHANCE_CELLS, ChancesBySet, ExactSum, SetChances
from sim.engine import Summary
from sim.weights import WeightedChances, Weights

FORMAT = 1
LARGEST_PACK = 1 << 30
"""Bytes of an inflated pack at most: no summary of a chunk comes near it."""

LARGEST_SUM = 2096
"""Bits of an exact sum at most: 2^1100 units times 2^996, so that the sum of any run is a float64."""

MOST_TOGETHER = 24
"""Numbers of headline targets that may be met at once: patterns are counted for each subset of them."""

_KINDS = {"i8": "<i8", "i4": "<i4", "f8": "<f8"}


class BadPack(ValueError):
    """The bytes are no summary."""


def packed(summary: Summary) -> bytes:
    """Return *summary* as bytes; equal summaries give equal bytes. Trajectories have no place in a pack."""
    if summary.trajectories is not None:
        raise ValueError("a pack holds the summary of a run without trajectories")
    entries, raw = [], []
    for name, value in _parts(summary):
        kind, shape, content = _encoded(value)
        entries.append([name, kind, list(shape), len(content)])
        raw.append(content)
    head = json.dumps([FORMAT, entries], separators=(",", ":")).encode("ascii")
    return zlib.compress(len(head).to_bytes(4, "big") + head + b"".join(raw), 1)


def _parts(s: Summary) -> Iterator[tuple[str, Any]]:
    yield from (("draws", s.draws), ("floored", s.floored))
    yield from (("hits", s.hits), ("ties", s.ties), ("invalid", s.invalid))
    yield from (("passages", s.passages), ("patterns", s.patterns), ("shortfall", s.shortfall))
    for name, chances in (("chances", s.chances), ("together", s.together)):
        yield from ((f"{name}.{field.name}", getattr(chances, field.name)) for field in fields(chances))
    if s.weights is not None:
        yield "weights", ExactSum((2,), (s.weights.total, s.weights.squares))
    yield "by_set.blocks", np.array(s.by_set.blocks, dtype=np.int64)
    yield "by_set.chances", np.stack(s.by_set.chances)
    if s.by_set.weights:
        yield "by_set.weights", np.stack(s.by_set.weights)


def _encoded(value: Any) -> tuple[str, tuple[int, ...], bytes]:
    if isinstance(value, ExactSum):
        return "sum", value.shape, " ".join(format(number, "x") for number in value.numbers).encode("ascii")
    array = np.asarray(value)
    kind = f"{array.dtype.kind}{array.dtype.itemsize}"
    return kind, array.shape, np.ascontiguousarray(array, dtype=_KINDS[kind]).tobytes()


@dataclass(frozen=True, slots=True)
class _Reader:
    """The parts of a pack by name; each is taken with the kind that it must have."""

    parts: dict[str, tuple[str, tuple[int, ...], bytes]]

    def array(self, name: str, kind: str, *shape: int | None) -> Any:
        """Return an array of *kind* whose *shape* is as given; None leaves an axis free."""
        told, found, content = self._part(name)
        fits = len(found) == len(shape) and all(b in (None, a) for a, b in zip(found, shape, strict=True))
        if told != kind or not fits:
            raise BadPack(f"{name} is {told}{found}")
        try:
            return np.frombuffer(content, dtype=_KINDS[kind]).astype(_KINDS[kind][1:]).reshape(found)
        except ValueError as error:
            raise BadPack(name) from error

    def counts(self, name: str, *shape: int | None, kind: str = "i8") -> Any:
        """Return counts: an array that nowhere is negative."""
        counts = self.array(name, kind, *shape)
        if counts.size and counts.min() < 0:
            raise BadPack(f"{name} counts below nothing")
        return counts

    def total(self, name: str, shape: tuple[int, ...]) -> ExactSum:
        told, found, content = self._part(name)
        words = content.decode("ascii").split() if content.isascii() else []
        if told != "sum" or found != shape or len(words) != int(np.prod(shape)):
            raise BadPack(name)
        if max(map(len, words), default=0) * 4 > LARGEST_SUM:
            raise BadPack(f"{name} is past all sums")
        return ExactSum(shape, tuple(int(word, 16) for word in words))

    def _part(self, name: str) -> tuple[str, tuple[int, ...], bytes]:
        if name not in self.parts:
            raise BadPack(f"{name} is missing")
        return self.parts[name]


def unpacked(content: bytes) -> Summary:
    """Return the summary that *content* holds; BadPack where it holds none."""
    read = _Reader(_entries(content))
    draws = int(read.counts("draws"))
    hits = read.counts("hits", None)
    targets = len(hits)
    weights = _weights(read)
    chances, together = (
        _chances(read, name, events) if weights is None else _weighted(read, name, events)
        for name, events in (("chances", targets), ("together", None))
    )
    events = len(together.grid)
    blocks = read.counts("by_set.blocks", None)
    by_set = read.array("by_set.chances", "f8", len(blocks), targets + events, None)
    invalid = read.counts("invalid", targets)
    set_weights = () if weights is None else tuple(read.array("by_set.weights", "f8", *by_set.shape))
    most = draws if weights is None else weights.total
    if np.any(hits + invalid > most) or np.any((by_set < 0.0) | (by_set > 1.0)):
        raise BadPack("chances of no draws")
    return Summary(
        draws=draws,
        hits=hits,
        ties=read.counts("ties", targets),
        invalid=invalid,
        chances=chances,
        shortfall=read.total("shortfall", (targets,)),
        passages=read.counts("passages", targets, None),
        patterns=read.counts("patterns", 1 << (events - 1)),
        together=together,
        by_set=ChancesBySet(tuple(int(b) for b in blocks), tuple(by_set), set_weights),
        floored=int(read.counts("floored")),
        trajectories=None,
        weights=weights,
    )


def _weights(read: _Reader) -> Weights | None:
    if "weights" not in read.parts:
        return None
    total, squares = read.total("weights", (2,)).numbers
    if not 0 <= total <= squares:  # weights are whole numbers
        raise BadPack("weights")
    return Weights(total, squares)


def _weighted(read: _Reader, name: str, events: int | None) -> WeightedChances:
    grid = read.counts(f"{name}.grid", events, CHANCE_CELLS + 1)
    shape = (len(grid),)
    if not len(grid) or (events is None and len(grid) > MOST_TOGETHER):
        raise BadPack(f"{name} has {len(grid)} events")
    sums = [f.name for f in fields(WeightedChances) if f.name not in ("sets", "grid")]
    return WeightedChances(
        sets=int(read.counts(f"{name}.sets")),
        grid=grid,
        **{part: read.total(f"{name}.{part}", shape) for part in sums},
    )


def _chances(read: _Reader, name: str, events: int | None) -> SetChances:
    counted = read.counts(f"{name}.counted", events)
    shape = (len(counted),)
    if not len(counted) or (events is None and len(counted) > MOST_TOGETHER):
        raise BadPack(f"{name} has {len(counted)} events")
    return SetChances(
        int(read.counts(f"{name}.sets")),
        counted,
        read.total(f"{name}.total", shape),
        read.total(f"{name}.squares", shape),
        read.total(f"{name}.within", shape),
        read.counts(f"{name}.grid", len(counted), CHANCE_CELLS + 1, kind="i4"),
    )


def _entries(content: bytes) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Return the parts that the head of *content* lists; every length is checked before it is used."""
    try:
        inflater = zlib.decompressobj()
        plain = inflater.decompress(content, LARGEST_PACK)
        if not inflater.eof or inflater.unused_data:
            raise BadPack("cut short, or longer than a pack")
        size = int.from_bytes(plain[:4], "big")
        version, entries = json.loads(plain[4 : 4 + size])
        parts: dict[str, tuple[str, tuple[int, ...], bytes]] = {}
        start = 4 + size
        for name, kind, shape, length in entries:
            numbers = [length, *shape]
            if not all(type(number) is int and 0 <= number <= LARGEST_PACK for number in numbers):
                raise BadPack("sizes that are none")
            parts[str(name)] = (str(kind), tuple(shape), plain[start : start + length])
            start += length
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise BadPack(str(error)) from error
    if version != FORMAT or start != len(plain):
        raise BadPack("another format, or another length")
    return parts
