"""What pages and pictures show of a cube: which rows, in which order, where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean

from sim.axes import Name
from sim.baseline.plan import Area, Baseline, Target
from sim.baseline.progress import base_of
from sim.cube import QUANTILES, Cube, Probability, Trajectory, name_of
from sim.tables.figures import is_extreme

Rows = Mapping[tuple[str, str], Probability]

SHADES = (
    "#f3f7fc",
    "#e4eef8",
    "#d4e4f3",
    "#bfd7ed",
    "#a6c8e6",
    "#8ab6dd",
    "#6ea2d2",
    "#386fa8",
    "#285b93",
    "#184880",
    "#08306b",
)
"""Eleven shades of one hue for chances of 0, 10, ... 100 %: in grey they still run from pale to deep."""

LIGHT_ON = 7
"""From this shade on, letters are white."""


def shade(p: float) -> int:
    """Return which of `SHADES` a chance has: that of the per cent that are printed, halves upwards, so that
    one number has one colour.
    """
    tenths = round(1000.0 * p) if is_extreme(p) else 10 * round(100.0 * p)
    return min(len(SHADES) - 1, max(0, (tenths + 50) // 100))


def shade_between(low: float, high: float) -> int:
    """Return the shade of a range: that of the middle of its printed ends."""
    if low == high:
        return shade(low)
    return shade(0.5 * (round(100.0 * low) + round(100.0 * high)) / 100.0)


def dots_of(p: float) -> int:
    """Return how many of a hundred dots a chance fills: never none, never all."""
    return min(99, max(1, round(100.0 * p)))


def ends_of(row: Probability) -> tuple[float, float]:
    """Return where the chance of *row* lies: one point, or a range where one number would mislead."""
    if row.p is None:
        raise ValueError(f"{row.target.id} has no probability")
    if row.driver is None or not row.is_range():
        return row.p, row.p
    ends = (row.p, row.driver.low, row.driver.high)
    return min(ends), max(ends)


def cells_of(cube: Cube) -> dict[tuple[str, str], Probability]:
    """Return the rows of the plan's tables, province and cities in its last year, by area and quantity."""
    last = cube.plan.years[-1]
    rows = [row for row in cube.probabilities if row.target.group.startswith("annex") and row.p is not None]
    return {(row.target.area, row.quantity): row for row in rows if row.target.year == last}


def indicators_by_risk(rows: Rows) -> list[str]:
    """Return the indicators that have rows, the most at risk first."""
    found = sorted({quantity for _, quantity in rows})
    return sorted(found, key=lambda q: _mean([r for (_, quantity), r in rows.items() if quantity == q]))


def areas_by_risk(plan: Baseline, rows: Rows) -> list[Area]:
    """Return the cities, the most at risk first, then the province."""
    risk = {c.id: _mean([r for (area, _), r in rows.items() if area == c.id]) for c in plan.cities}
    return [*sorted(plan.cities, key=lambda c: (risk[c.id], c.id)), plan.province]


def _mean(rows: Sequence[Probability]) -> float:
    """Return the mean chance of the *rows* that have one; those without any stand last."""
    known = [row.p for row in rows if row.p is not None]
    return fmean(known) if known else math.inf


def places_of(plan: Baseline) -> dict[str, tuple[int, int]]:
    """Return row and column of every city: as the plan's folder says, else in rows of equal length."""
    if plan.tiles:
        return dict(plan.tiles)
    columns = math.ceil(math.sqrt(len(plan.cities)))
    return {c.id: (i // columns + 1, i % columns + 1) for i, c in enumerate(plan.cities)}


def trajectory_of(cube: Cube, area: str, quantity: str) -> tuple[Trajectory, ...]:
    """Return the years of one quantity of one area, in order; those without a valid draw left out."""
    return tuple(
        t
        for t in cube.trajectories
        if t.area == area and t.indicator == quantity and all(map(math.isfinite, t.quantiles))
    )


def median_line(cube: Cube, area: str, quantity: str) -> dict[int, float]:
    """Return the median by year, from the base year's level where there is one."""
    base = base_of(cube.plan, area, quantity)
    start = {} if base is None else {cube.plan.base_year: base}
    middle = QUANTILES.index(0.5)
    return start | {t.year: t.quantiles[middle] for t in trajectory_of(cube, area, quantity)}


def charted(plan: Baseline, target: Target) -> Name:
    """Return what a chart of the target's quantity shows: of mean growth, the level that grows."""
    return name_of(plan, str(target.quantity)) if target.kind.startswith("mean") else target.name


def goal_of(plan: Baseline, target: Target) -> float | None:
    """Return the level that the target asks for; mean growth compounds from the base."""
    if target.kind in ("mean_growth", "mean_of_rates"):
        base = base_of(plan, target.area, str(target.quantity))
        years = target.year - plan.base_year
        return None if base is None else float(base * (1.0 + target.threshold / 100.0) ** years)
    return None if target.kind == "cumulative_flow" else target.threshold


def growth_asked(target: Target) -> float | None:
    """Return the growth in per cent a year whose compounding is the level of `goal_of`, if it is that."""
    return target.threshold if target.kind in ("mean_growth", "mean_of_rates") else None


def level_limits(values: Sequence[float]) -> tuple[float, float]:
    """Return where an axis of levels begins and ends: at zero unless all levels lie far from it."""
    low, high = min(values), max(values)
    room = 0.05 * (high - low) or 1.0
    return (0.0 if 0.0 <= low < 0.4 * high else low - room), high + room


def hit_edge(target: Target, goal: float) -> float | None:
    """Return the level from which (of a target met from above: to which) *goal* counts as hit.

    A target of "about" (左右) carries its tolerance; None where a hit lies between two levels.
    """
    share = (target.tolerance or 0.0) / 100.0 if target.comparator == "≈" else 0.0
    room = abs(goal) * share
    return {"up": goal - room, "down": goal + room, "both": None}[target.direction]
