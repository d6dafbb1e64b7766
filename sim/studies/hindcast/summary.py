"""What the scores of all origins say together, with errors that know that units share their years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.studies.hindcast.rivals import RIVALS
from sim.studies.hindcast.scores import EVENTS, LEVELS, OriginScores

COVERAGES = {50: (2, 4), 80: (1, 5), 95: (0, 6)}
"""Nominal coverage -> positions of its ends in `LEVELS`."""

BINS = 10
SIGNIFICANT = 0.05

Verdict = Literal["consistent", "too_high", "too_low", "narrow", "wide", "shape"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of outcomes inside an interval, and where 90 % of the model's own worlds have it."""

    nominal: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Skill:
    """``1 - score / rival's score`` and its standard error over years; None from fewer than two."""

    rival: str
    value: float
    se: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Forecasts of about one probability: their mean, the share that came true, the model's own 90 %."""

    count: int
    forecast: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The scores of one series, or of all (``*``), at the last horizon of every origin.

    *pit* counts the outcomes by tenths; *pit_p* is the share of the model's own worlds that are at
    least as uneven, which allows for what units share. *years*: independent stretches of years.
    """

    series: str
    cells: int
    years: int
    crps: float
    skills: tuple[Skill, ...]
    coverages: tuple[Coverage, ...]
    pit: tuple[int, ...]
    pit_mean: float
    pit_p: float
    brier: float
    brier_skill: Skill
    reliability: tuple[Bin, ...]
    verdict: Verdict

    @property
    def best(self) -> Skill:
        """The skill against the rival that is hardest to beat."""
        return min(self.skills, key=lambda skill: skill.value)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Known cells at the last horizon, a row each; *stretch* is the cluster of the row's years."""

    series: tuple[str, ...]
    stretch: Ints
    crps: Floats
    rivals: Floats  # [rival, row]
    pit: Floats
    ranks: Floats  # [row, draw]
    chance: Floats  # [event, row]
    hit: Floats
    rival_chance: Floats  # [rival, event, row]
    worlds: Floats  # [event, row, draw]: hits in the model's own worlds

    def of(self, kept: Bools) -> Rows:
        names = tuple(name for name, k in zip(self.series, kept, strict=True) if k)
        return Rows(
            names, self.stretch[kept], self.crps[kept], self.rivals[:, kept], self.pit[kept],
            self.ranks[kept], self.chance[:, kept], self.hit[:, kept], self.rival_chance[..., kept],
            self.worlds[:, kept],
        )  # fmt: skip


def rows_of(scores: Sequence[OriginScores]) -> Rows:
    """Return the known cells of all origins. Origins nearer than a horizon share years: one stretch."""
    first = min(s.origin.as_of for s in scores)
    parts = []
    for s in scores:
        horizon = s.outcome.shape[2]
        known = ~np.isnan(s.crps[..., -1])
        names = np.broadcast_to(np.array(s.origin.series, dtype=object), known.shape)[known]
        stretch = np.full(int(known.sum()), (s.origin.as_of - first) // horizon)
        parts.append(
            (
                names,
                stretch,
                s.crps[known, -1],
                s.rival_crps[:, known, -1],
                s.pit[known, -1],
                s.ranks[known],
                s.chance[:, known, -1],
                s.hit[:, known, -1],
                s.rival_chance[:, :, known, -1],
                (s.ensemble[None] >= s.threshold[..., -1, None])[:, known],
            )
        )
    columns = list(zip(*parts, strict=True))
    axes = (0, 0, 0, 1, 0, 0, 1, 1, 2, 1)
    joined = [np.concatenate(c, axis=axis) for c, axis in zip(columns, axes, strict=True)]
    return Rows(tuple(joined[0]), *joined[1:])


def summaries_of(scores: Sequence[OriginScores]) -> tuple[Summary, ...]:
    """Return the summary of every series, and first that of all together."""
    rows = rows_of(scores)
    names = sorted(set(rows.series))
    every = summary_of("*", rows)
    return (every, *(summary_of(n, rows.of(np.array([s == n for s in rows.series]))) for n in names))


def summary_of(series: str, rows: Rows) -> Summary:
    """Return the summary of *rows*."""
    skills = tuple(skill_of(name, rows.crps, rows.rivals[r], rows.stretch) for r, name in enumerate(RIVALS))
    coverages = tuple(_coverage(nominal, rows) for nominal in COVERAGES)
    counts = _histogram(rows.pit)
    uneven = np.sort(np.sum(_histograms(rows.ranks) ** 2, axis=0))
    above = len(uneven) - np.searchsorted(uneven, np.sum(counts**2))
    pit_p = float((1 + above) / (1 + len(uneven)))
    squares = np.mean((rows.chance - rows.hit) ** 2, axis=0)
    rival_squares = np.mean((rows.rival_chance - rows.hit) ** 2, axis=1)
    best = int(np.argmin(rival_squares.mean(axis=1)))
    return Summary(
        series=series,
        cells=len(rows.crps),
        years=len(set(rows.stretch.tolist())),
        crps=float(rows.crps.mean()),
        skills=skills,
        coverages=coverages,
        pit=tuple(int(c) for c in counts),
        pit_mean=float(rows.pit.mean()),
        pit_p=pit_p,
        brier=float(squares.mean()),
        brier_skill=skill_of(RIVALS[best], squares, rival_squares[best], rows.stretch),
        reliability=reliability_of(rows),
        verdict=_verdict(rows, coverages, pit_p),
    )


LEAST_STRETCHES = 3
"""Independent windows that an error of a skill needs."""


def skill_of(rival: str, score: Floats, other: Floats, stretch: Ints) -> Skill:
    """Return the skill of *score* against *other*, with the error of a ratio of sums over stretches.

    Linearised: stretch c moves the skill by ``sum_c (score - (1 - skill) other) / sum other``. Two stretches
    give no error: two numbers can agree by chance, as GDP's five-year windows do.
    """
    ratio = float(score.sum() / other.sum())
    known = np.unique(stretch)
    if len(known) < LEAST_STRETCHES:
        return Skill(rival, 1.0 - ratio, None)
    moved = np.array([np.sum((score - ratio * other)[stretch == c]) for c in known]) / other.sum()
    factor = len(known) / (len(known) - 1.0)
    return Skill(rival, 1.0 - ratio, float(np.sqrt(factor * np.sum(moved**2))))


def _coverage(nominal: int, rows: Rows) -> Coverage:
    low, high = (LEVELS[p] for p in COVERAGES[nominal])

    def share(pit: Floats) -> Floats:
        inside: Floats = np.mean((pit > low) & (pit < high), axis=0)
        return inside

    ends = np.quantile(share(rows.ranks), [0.05, 0.95])
    return Coverage(nominal, float(share(rows.pit)), float(ends[0]), float(ends[1]))


def _histogram(pit: Floats) -> Ints:
    return np.bincount(np.minimum((pit * BINS).astype(np.int64), BINS - 1), minlength=BINS)


def _histograms(ranks: Floats) -> Floats:
    """Return the counts ``[bin, draw]`` of the model's own worlds."""
    cells = np.minimum((ranks * BINS).astype(np.int64), BINS - 1)
    return np.stack([np.sum(cells == b, axis=0) for b in range(BINS)]).astype(float)


def _verdict(rows: Rows, coverages: Sequence[Coverage], pit_p: float) -> Verdict:
    """Return what is wrong first: the middle, then the width, then the shape, or nothing."""
    low, high = np.quantile(rows.ranks.mean(axis=0), [SIGNIFICANT / 2, 1.0 - SIGNIFICANT / 2])
    if rows.pit.mean() < low:
        return "too_high"
    if rows.pit.mean() > high:
        return "too_low"
    middle = coverages[list(COVERAGES).index(80)]
    if not middle.low <= middle.share <= middle.high:
        return "narrow" if middle.share < middle.low else "wide"
    return "consistent" if pit_p >= SIGNIFICANT else "shape"


def reliability_of(rows: Rows) -> tuple[Bin, ...]:
    """Return the bins of all forecast probabilities that hold at least one."""
    chance, hit = rows.chance.reshape(-1), rows.hit.reshape(-1)
    worlds = rows.worlds.reshape(len(chance), -1)
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    result = []
    for b in range(BINS):
        kept = place == b
        if kept.any():
            ends = np.quantile(worlds[kept].mean(axis=0), [0.05, 0.95])
            means = float(chance[kept].mean()), float(hit[kept].mean())
            result.append(Bin(int(kept.sum()), *means, float(ends[0]), float(ends[1])))
    return tuple(result)


__all__ = ["BINS", "COVERAGES", "EVENTS", "Bin", "Coverage", "Skill", "Summary", "rows_of", "summaries_of"]
