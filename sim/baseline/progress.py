"""Progress so far: actuals against the plan's schedule, and the light of the national rule.

发改办环资〔2020〕901号: behind schedule with a gap above 10 % is red (一级预警), behind with a gap up to
10 % yellow (二级预警), on schedule green (三级预警), without data no light (未预警). The gap is taken
over the schedule of the same year. A light says where things stand; it is not a probability.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sim.baseline.plan import Baseline, Derived, Figure, Indicator, Target

WARNING_GAP = 0.10
"""The gap of the national rule."""

Light = Literal["red", "yellow", "green", "none"]
Word = Literal["early", "on_schedule", "behind", "no_data"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One quantity of one area in the latest year that is known.

    *schedule*: the plan's path of that year, or the straight line from base to target where the plan
    prints none (*line*). *elapsed*: share of the plan's time gone; *done*: share of the way from
    *base* to *target* gone (目标一致法). Only *light* and *word* are there without data.
    """

    area: str
    quantity: str
    target: str | None
    year: int | None
    actual: float | None
    schedule: float | None
    line: bool
    base: float | None
    goal: float | None
    elapsed: float | None
    done: float | None
    light: Light
    word: Word

    @property
    def gap(self) -> float | None:
        """Return how far the actual lies below the schedule, as a share of the schedule."""
        if self.actual is None or not self.schedule:
            return None
        return 1.0 - self.actual / self.schedule


def progress_of(baseline: Baseline) -> tuple[Progress, ...]:
    """Return a row per lead headline target, then one per area and indicator that has actuals."""
    return (*_headlines(baseline), *_cells(baseline))


def _headlines(baseline: Baseline) -> Iterator[Progress]:
    for target in baseline.targets:
        if target.group == "headline" and target.lead and target.quantity is not None:
            yield _progress(baseline, target.area, target.quantity, target)


def _cells(baseline: Baseline) -> Iterator[Progress]:
    for area in (baseline.province, *baseline.cities):
        for indicator in baseline.indicators:
            if indicator.growth == "printed" and actuals_of(baseline, area.id, indicator.id):
                yield _progress(baseline, area.id, indicator.id, None)


def _progress(baseline: Baseline, area: str, quantity: str, target: Target | None) -> Progress:
    actuals = actuals_of(baseline, area, quantity)
    years = [year for year in actuals if year in baseline.years]
    base = base_of(baseline, area, quantity)
    path = planned_of(baseline, area, quantity)
    last = baseline.years[-1] if target is None else target.year
    goal = path.get(last) if target is None else _goal(target, base, last - baseline.base_year)
    name = None if target is None else target.id
    year = max(years, default=baseline.base_year)
    is_flow = any(i.id == quantity and i.kind == "count" for i in baseline.indicators)
    if not years or goal is None or (base is None and year not in path):  # an addition may have no base
        return Progress(area, quantity, name, *(None,) * 3, False, base, goal, None, None, "none", "no_data")
    elapsed = (year - baseline.base_year) / (last - baseline.base_year)
    schedule = path[year] if base is None or year in path else base + (goal - base) * elapsed
    actual = actuals[year]
    done = None if is_flow or base is None or goal == base else (actual - base) / (goal - base)
    light, word = _judged(actual, schedule, None if is_flow else goal)
    return Progress(
        area, quantity, name, year, actual, schedule, year not in path, base, goal, elapsed, done, light, word
    )


def _goal(target: Target, base: float | None, years: int) -> float | None:
    """Return the level that *target* asks for."""
    if target.kind in ("mean_growth", "mean_of_rates"):
        return None if base is None else float(base * (1.0 + target.threshold / 100.0) ** years)
    return target.threshold


def _judged(actual: float, schedule: float, goal: float | None) -> tuple[Light, Word]:
    """Return light and word; a yearly addition has no *goal* that could be done ahead of time."""
    if actual >= schedule:
        return "green", "early" if goal is not None and actual >= goal else "on_schedule"
    return ("red" if 1.0 - actual / schedule > WARNING_GAP else "yellow"), "behind"


def planned_of(baseline: Baseline, area: str, quantity: str) -> dict[int, float]:
    """Return the plan's own path by year, base year included; empty where it has none."""
    rows = [*(city.id for city in baseline.cities), baseline.province.id]
    for k, indicator in enumerate(baseline.indicators):
        if indicator.id == quantity and indicator.growth == "printed":
            levels = baseline.path[rows.index(area), k]
            first = 1 if indicator.kind == "count" else 0  # counts have no base year
            pairs = zip((baseline.base_year, *baseline.years)[first:], levels[first:], strict=True)
            return {year: float(level) for year, level in pairs if np.isfinite(level)}
    return {}


def base_of(baseline: Baseline, area: str, quantity: str) -> float | None:
    """Return the level of the base year: as published, else as the plan implies."""
    published = _known(baseline, area, quantity).get(baseline.base_year)
    if published is not None:
        return published
    derived = _derived(baseline, quantity)
    if derived is not None and derived.base is not None and derived.base[0] == "assumption":
        return baseline.assumptions[derived.base[1]].central
    return planned_of(baseline, area, quantity).get(baseline.base_year)


def actuals_of(baseline: Baseline, area: str, quantity: str) -> dict[int, float]:
    """Return the actuals of the plan's years that came in, by year."""
    return {y: v for y, v in _known(baseline, area, quantity).items() if y > baseline.base_year}


def _known(baseline: Baseline, area: str, quantity: str) -> dict[int, float]:
    """Return what is published of a quantity: its own series, else made from its parts."""
    derived = _derived(baseline, quantity)
    own = _series(baseline, area, series_of(baseline, quantity))
    if derived is None or derived.kind != "ratio":
        return own
    above = _known(baseline, area, str(derived.numerator))
    below = _known(baseline, area, str(derived.denominator))
    years = [year for year in above if year - derived.lag in below]
    return {year: derived.factor * above[year] / below[year - derived.lag] for year in years} | own


def series_of(baseline: Baseline, quantity: str) -> str:
    """Return the published series of a quantity, whose name is its own where no other is given."""
    derived = _derived(baseline, quantity)
    if derived is not None:
        return derived.base[1] if derived.base is not None and derived.base[0] == "history" else quantity
    indicator = _indicator(baseline, quantity)
    return indicator.base_series or (indicator.series[0] if indicator.evidence == "own" else quantity)


def _series(baseline: Baseline, area: str, series: str) -> dict[int, float]:
    figures: tuple[Figure, ...] = (*baseline.figures, *baseline.observed)
    return {f.year: f.value for f in figures if f.series == series and f.region == area}


def _indicator(baseline: Baseline, quantity: str) -> Indicator:
    return next(indicator for indicator in baseline.indicators if indicator.id == quantity)


def _derived(baseline: Baseline, quantity: str) -> Derived | None:
    return next((derived for derived in baseline.derived if derived.id == quantity), None)
