"""The labelled results of one scenario: what tables, files and pages are made of."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.accumulators import level_of_index, rate_of_index
from sim.axes import Floats, Name
from sim.baseline.plan import Baseline, Derived, Indicator, Target

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Quantiles of trajectories."""

RANGE_FROM = 0.2
"""Where one assumption moves p by more than this, p is shown as a range (section 8)."""


@dataclass(frozen=True, slots=True)
class Grade:
    """Evidence of base, drift, spread and definition: A own data, B proxy, C assumption."""

    base: str
    drift: str
    spread: str
    definition: str

    def worst(self) -> str:
        return max(self.base, self.drift, self.spread, self.definition)

    def __str__(self) -> str:
        return f"{self.base}{self.drift}{self.spread}{self.definition} {self.worst()}"


@dataclass(frozen=True, slots=True)
class Driver:
    """The assumption that moves a probability most, with the probability at either end."""

    assumption: str
    name: Name
    low: float
    high: float

    def size(self) -> float:
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True)
class Probability:
    """One target's answer. *status* other than ``evaluated`` leaves all numbers None.

    *p10*, *p90*: model uncertainty; *mc_low*, *mc_high*: error of the simulation, 95 %. *median*,
    *shortfall* (expected, given a miss) and *tied* (near ties) are of the quantity, in *value_unit*;
    *reached*: the median year of first passage among all draws, None if most never reach it;
    *required*: growth a year (fraction) that the target still asks of its quantity; *passages*: share
    of the draws that first reach it in each year of the plan, the last those that never do. *moves*:
    what every assumption does alone, the strongest first, of which *driver* is the first.
    """

    target: Target
    quantity: str
    p: float | None
    mc_low: float | None
    mc_high: float | None
    p10: float | None
    p90: float | None
    median: float | None
    shortfall: float | None
    reached: int | None
    required: float | None
    ties: int | None
    invalid: int | None
    grade: Grade | None
    driver: Driver | None
    passages: tuple[float, ...] = ()
    moves: tuple[Driver, ...] = ()

    def is_range(self) -> bool:
        """Return whether one assumption moves p so far that only a range is honest."""
        return self.driver is not None and self.driver.size() > RANGE_FROM


@dataclass(frozen=True, slots=True)
class Joint:
    """The lead headline targets together: *p* of all, of at least k (index k), pairwise
    conditional ``P(column | row)``, and *p* of all with independent and with strong dependence.
    """

    targets: tuple[str, ...]
    p: float
    low: float
    high: float
    at_least: tuple[tuple[float, float, float], ...]
    conditional: Floats
    independent: float
    dependent: float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One area, quantity and year: moments and quantiles in the quantity's unit."""

    area: str
    indicator: str
    year: int
    mean: float
    sd: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RunAssumption:
    """An assumption of the whole run, printed once above the table."""

    id: str
    name: Name
    value: str
    source: str


AT_LEAST = "at_least"
"""What stands for a target where at least so many of the lead headline targets are meant."""


@dataclass(frozen=True, slots=True)
class Cube:
    """All results of one scenario.

    *by_set*: chances ``[group]`` by (target, version) and by (`AT_LEAST`, how many). Groups are the sets of
    a plain run, or those that its *design* makes independent: the pairs in which scenarios of one seed
    are compared; not-a-number where no draw is valid.
    *actuals*: how many are given; *untold*: assumptions of which they leave too few effective draws to tell
    what they move.
    *without*: p by (target, version) without the execution prior, on the same draws; empty where it is off.
    """

    scenario: str
    title: Name
    about: Name
    plan: Baseline
    draws: int
    sets: int
    seed: int
    probabilities: tuple[Probability, ...]
    joint: Joint | None
    trajectories: tuple[Trajectory, ...]
    run_assumptions: tuple[RunAssumption, ...]
    floored: int
    files: tuple[tuple[str, str], ...]  # inputs: file -> SHA-256
    cell: tuple[tuple[str, str], ...]  # values of the sweep
    by_set: Mapping[tuple[str, str], Floats] = field(default_factory=dict)
    effective: float | None = None  # effective draws, where actuals give draws weights
    design: str = "plain"
    without: Mapping[tuple[str, str], float] = field(default_factory=dict)
    actuals: int = 0
    untold: tuple[Name, ...] = ()

    def headline(self) -> tuple[Probability, ...]:
        """Return the lead headline rows in the order of the plan."""
        return tuple(p for p in self.probabilities if p.target.group == "headline" and p.target.lead)

    def headline_evaluated(self) -> tuple[Probability, ...]:
        """Return the lead headline rows that the data allow."""
        return tuple(row for row in self.headline() if row.target.status == "evaluated")


def worst_of(letters: list[str]) -> str:
    return max(letters)


def grade_of(baseline: Baseline, quantity: str, assumed: Container[str]) -> Grade:
    """Return the grade of a quantity; growth of the indicators *assumed* is the plan's or typed: drift C.

    A derived quantity is as good as the worst of its parts, letter by letter, and has a base and a
    definition of its own.
    """
    if baseline.calibration is None:
        raise ValueError("grades need a calibration")
    for indicator in baseline.indicators:
        if indicator.id == quantity:
            known = baseline.calibration.indicators[quantity]
            drift = "C" if quantity in assumed else known.grade_drift
            return Grade(indicator.grade_base, drift, known.grade_spread, indicator.grade_definition)
    derived = next(d for d in baseline.derived if d.id == quantity)
    parts = [grade_of(baseline, part, assumed) for part in derived.parts()]
    bases = [derived.grade_base] if derived.kind != "ratio" else [p.base for p in parts]
    return Grade(
        worst_of([*bases, derived.grade_base]),
        worst_of([derived.grade_flow, *(p.drift for p in parts)]),
        worst_of([derived.grade_flow, *(p.spread for p in parts)]),
        worst_of([derived.grade_definition, *(p.definition for p in parts)]),
    )


def unit_of(baseline: Baseline, quantity: str) -> str:
    """Return the unit of an indicator or a derived quantity."""
    parts: tuple[Indicator | Derived, ...] = (*baseline.indicators, *baseline.derived)
    return next(part.unit for part in parts if part.id == quantity)


def name_of(baseline: Baseline, quantity: str) -> Name:
    """Return the name of an indicator or a derived quantity."""
    parts: tuple[Indicator | Derived, ...] = (*baseline.indicators, *baseline.derived)
    return next(part.name for part in parts if part.id == quantity)


def value_of_index(index: np.ndarray, is_rate: np.ndarray, zero: Floats) -> Floats:
    """Return the values of grid indices; rates lie on a linear grid, levels on one with its own *zero*."""
    return np.where(is_rate, rate_of_index(index), level_of_index(index, zero))
