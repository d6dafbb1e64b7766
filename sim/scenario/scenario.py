"""What a planner wrote, resolved and frozen: ids instead of names, fractions instead of points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sim.axes import Name
from sim.baseline.plan import Assumption
from sim.designs import Kind
from sim.distributions import Distribution
from sim.errors import Place
from sim.shocks import Course


@dataclass(frozen=True, slots=True)
class Growth:
    """Where drift comes from; *weight* is the plan's weight in a blend (None: the assumption)."""

    source: Literal["plan", "trend", "blend"]
    weight: float | None
    place: Place


@dataclass(frozen=True, slots=True)
class Cells:
    """Areas x indicators x years that a line of the scenario touches, as ids.

    City indicators stand with cities, province-only indicators with the province.
    """

    pairs: tuple[tuple[str, str], ...]  # (area, indicator)
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Adds *add* (fraction a year) to the drift of its cells."""

    name: str
    cells: Cells
    add: float
    place: Place


@dataclass(frozen=True, slots=True)
class Delay:
    """Shifts the drift of its pairs by *by* years; before that they grow by *meanwhile*."""

    name: str
    pairs: tuple[tuple[str, str], ...]
    by: int
    meanwhile: float
    place: Place


@dataclass(frozen=True, slots=True)
class Path:
    """Replaces the plan's path of one cell; *levels* by year, in the indicator's unit."""

    name: str
    area: str
    indicator: str
    levels: Mapping[int, float]
    place: Place


@dataclass(frozen=True, slots=True)
class Chance:
    """Whether an event happens: once with *probability*, or each year with *hazard*."""

    probability: float | None
    hazard: float | None


@dataclass(frozen=True, slots=True)
class Shock:
    """A shock (chance is None) or an event.

    *footprint*: (area, indicator, weight). *size*: fraction of yearly growth, or of the level
    when *effect* is ``level`` (then negative sizes lower the level in the first year of *course*).
    """

    name: str
    title: Name
    platform: str | None
    footprint: tuple[tuple[str, str, float], ...]
    size: Distribution
    effect: Literal["growth", "level"]
    course: Course
    chance: Chance | None
    place: Place


@dataclass(frozen=True, slots=True)
class Noise:
    """Multipliers of the calibrated noise; *dof* and *dependence* None mean as calibrated.

    *dependence* multiplies every loading (capped so that no sum of squares passes one).
    """

    province: float
    city: float
    dof: float | None
    dependence: float | None
    parameters: Literal["drawn", "fixed"]
    place: Place


@dataclass(frozen=True, slots=True)
class Actual:
    """What became of one cell: *value* with its standard *error* in the indicator's unit (0: exact).

    *source* says where the figure comes from; *status* is that of the figure (actual, preliminary, ...).
    """

    name: str
    area: str
    indicator: str
    year: int
    value: float
    error: float
    status: str
    source: str
    place: Place


@dataclass(frozen=True, slots=True)
class Rounds:
    """The days of the year, (month, day) in order, on which a pipeline has its rounds."""

    days: tuple[tuple[int, int], ...]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Execution:
    """That outcomes of targets are counted as earlier plans attained theirs; *source* says whose record."""

    source: Literal["track_record"]
    place: Place = field(compare=False)


@dataclass(frozen=True, slots=True)
class Scenario:
    id: str  # the name of its folder under results/
    title: Name
    about: Name
    plan: str
    growth: Growth
    drift: tuple[Adjustment, ...]
    delays: tuple[Delay, ...]
    paths: tuple[Path, ...]
    shocks: tuple[Shock, ...]
    noise: Noise
    assumptions: Mapping[str, Assumption]  # only those that the scenario replaces, numbers of pipelines too
    targets: tuple[str, ...]  # target ids to report
    draws: int
    seed: int
    files: Mapping[str, str]  # every file that was read for it -> SHA-256
    cell: Mapping[str, str]  # the sweep's values of this grid cell, empty otherwise
    place: Place
    precision: float | None = None  # half-width that every probability is to have, as a fraction
    decide: float | None = None  # level on one side of which every probability is to be known
    design: Kind = "plain"  # how parameters and province-wide luck are spread
    observed: tuple[Actual, ...] = ()  # in order of area, indicator and year
    execution: Execution | None = None  # what earlier plans attained, as a prior of this one's
    rounds: Mapping[str, Rounds] = field(default_factory=dict)  # of pipelines by id, where it replaces them
