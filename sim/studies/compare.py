"""Scenarios side by side: differences of probabilities on common luck, and what moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from sim.axes import Floats
from sim.baseline.plan import Target
from sim.cube import AT_LEAST, Cube, Trajectory
from sim.errors import Found
from sim.estimators import CONFIDENCE, clopper_pearson
from sim.scenario.differences import Difference, differences
from sim.scenario.scenario import Scenario


class Interval(NamedTuple):
    """A difference of two probabilities with its simulation error, 95 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ChanceChange:
    """One target's probability in two scenarios; exactly zero where nothing of it has changed."""

    target: Target
    was: float
    now: float
    difference: Interval


@dataclass(frozen=True, slots=True)
class JointChange:
    """The probability of at least *k* lead headline targets in two scenarios."""

    k: int
    was: float
    now: float
    difference: Interval


@dataclass(frozen=True, slots=True)
class Shift:
    """Mean level of a quantity of an area in the last year of the plan; *change* is a fraction of *was*.

    None where *was* is zero.
    """

    area: str
    quantity: str
    year: int
    was: float
    now: float
    change: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What *now* differs in from *was*, and what that does; *moved*: largest relative change first."""

    was: Cube
    now: Cube
    written: tuple[Difference, ...]
    chances: tuple[ChanceChange, ...]
    joint: tuple[JointChange, ...]
    moved: tuple[Shift, ...]
    unmoved: int


LUCK = ("plan", "seed", "design", "draws")
"""What scenarios must share for their draws to be the same draws."""


def are_comparable(scenarios: Sequence[Scenario]) -> bool:
    """Return whether the scenarios are of one plan and share their luck."""
    return all(len({getattr(each, part) for each in scenarios}) == 1 for part in LUCK)


def check_comparable(scenarios: Sequence[Scenario]) -> None:
    """Raise BadInput unless the scenarios are of one plan and share their luck: seed and draws."""
    found = Found()
    first = scenarios[0]
    for other in scenarios[1:]:
        for part in LUCK:
            if getattr(first, part) != getattr(other, part):
                values = {"was": getattr(first, part), "now": getattr(other, part)}
                found.add(other.place, f"other-{part}", name=other.id, other=first.id, **values)
    found.raise_if_any()


def comparisons_of(scenarios: Sequence[Scenario], cubes: Sequence[Cube]) -> tuple[Comparison, ...]:
    """Return each scenario compared with the first; *cubes* in the same order."""
    pairs = list(zip(scenarios, cubes, strict=True))
    return tuple(
        comparison_of(cubes[0], cube, differences(scenarios[0], scenario, cube.plan))
        for scenario, cube in pairs[1:]
    )


def comparison_of(was: Cube, now: Cube, written: tuple[Difference, ...] = ()) -> Comparison:
    """Return the comparison of two results of one plan, seed and number of draws."""
    shifts = _shifts(was, now)
    moved = [shift for shift, is_moved in shifts if is_moved]
    still = {(shift.area, shift.quantity) for shift, is_moved in shifts if not is_moved}
    moved.sort(key=lambda shift: (-abs(shift.change or 0.0), shift.quantity, shift.area))
    return Comparison(
        was, now, written, _chances(was, now, still), _joint(was, now, still), tuple(moved), len(still)
    )


def _chances(was: Cube, now: Cube, still: set[tuple[str, str]]) -> tuple[ChanceChange, ...]:
    before = {(row.target.id, row.target.version): row for row in was.probabilities}
    changes = []
    for row in now.probabilities:
        key = row.target.id, row.target.version
        old = before.get(key)
        if old is None or old.p is None or row.p is None:
            continue
        is_still = (row.target.area, row.quantity) in still
        interval = paired_difference(
            old.p, row.p, was.by_set[key], now.by_set[key], None if is_still else now.draws
        )
        changes.append(ChanceChange(row.target, old.p, row.p, interval))
    return tuple(changes)


def _joint(was: Cube, now: Cube, still: set[tuple[str, str]]) -> tuple[JointChange, ...]:
    if was.joint is None or now.joint is None or was.joint.targets != now.joint.targets:
        return ()
    is_still = all((row.target.area, row.quantity) in still for row in now.headline() if row.p is not None)
    changes = []
    for k, (old, new) in enumerate(zip(was.joint.at_least, now.joint.at_least, strict=True)):
        key = AT_LEAST, str(k)
        draws = None if is_still or k == 0 else now.draws
        interval = paired_difference(old[0], new[0], was.by_set[key], now.by_set[key], draws)
        changes.append(JointChange(k, old[0], new[0], interval))
    return tuple(changes)


def paired_difference(
    was: float, now: float, before: Floats, after: Floats, draws: int | None, confidence: float = CONFIDENCE
) -> Interval:
    """Return ``now - was`` with the error that is left when luck is common.

    *before*, *after* ``[set]`` are the chances of the same sets: their differences, not the chances,
    are what the simulation sees vary (Student's interval of paired differences). Where no set differs
    though something did change, no more is known than that none of *draws* draws told them apart:
    the exact bound of a proportion. None: nothing changed, and the difference is zero without error.
    """
    apart = after - before
    apart = apart[~np.isnan(apart)]
    if not np.any(apart):
        bound = 0.0 if draws is None else float(clopper_pearson(np.asarray(0.0), np.asarray(float(draws)))[1])
        return Interval(now - was, 0.0 - bound, bound)
    if len(apart) < 2:
        return Interval(now - was, -1.0, 1.0)
    error = float(np.std(apart, ddof=1) / np.sqrt(len(apart)) * stdtrit(len(apart) - 1, 0.5 + confidence / 2))
    return Interval(now - was, max(-1.0, now - was - error), min(1.0, now - was + error))


def _shifts(was: Cube, now: Cube) -> list[tuple[Shift, bool]]:
    """Return the last year's means of every area and quantity, and whether any year of it moved."""
    before, after = _by_series(was), _by_series(now)
    shifts = []
    for key in (key for key in after if key in before):
        old, new = before[key], after[key]
        first, last = old[-1].mean, new[-1].mean
        change = (last - first) / abs(first) if first else None
        is_moved = any(_numbers(a) != _numbers(b) for a, b in zip(old, new, strict=True))
        shifts.append((Shift(*key, new[-1].year, first, last, change), is_moved))
    return shifts


def _by_series(cube: Cube) -> dict[tuple[str, str], list[Trajectory]]:
    series: dict[tuple[str, str], list[Trajectory]] = {}
    for row in cube.trajectories:
        series.setdefault((row.area, row.indicator), []).append(row)
    return series


def _numbers(row: Trajectory) -> tuple[str, ...]:
    """Return the numbers of a row such that not-a-number equals itself."""
    return tuple(map(repr, (row.mean, row.sd, *row.quantiles)))
