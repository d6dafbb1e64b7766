"""What a plan folder says, frozen: the types between its files and the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, NamedTuple

from sim.axes import Axis, Floats, Ints, Name
from sim.baseline.calibration import Calibration
from sim.errors import Place


@dataclass(frozen=True, slots=True)
class Area:
    id: str
    name: Name
    role: Literal["city", "province"]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indicator:
    """A series that is simulated.

    *kind*: ``quantity`` (log growth), ``count`` (Poisson counts of a latent rate; its printed
    numbers are yearly additions and need no base year) or ``rate`` (a percentage whose logit moves).
    *scope*: ``cities`` (cities, unallocated, province) or ``province`` (province alone).
    *group*: which common drift it shares (``science``, ``gdp``, ``none``).
    *growth*: ``printed`` (the plan prints a path) or ``trend`` (history alone; GDP, population)
    or ``line`` (straight line from the base to *line_end*, in the indicator's unit).
    *base_series*: the history series with the base-year actual, if there is one.
    *series*: panel series that inform drift and spread (several proxies: each draw takes one),
    its *own*, a *proxy* or *none*; *city_series*: what is known of the spread between cities.
    *decimals*: with how many decimals its levels are shown.
    """

    id: str
    name: Name
    unit: str
    kind: Literal["quantity", "count", "rate"]
    scope: Literal["cities", "province"]
    group: str
    growth: Literal["printed", "trend", "line"]
    line_end: float | None
    price_basis: str
    authority: Literal["both", "level", "growth"]
    base: Literal["printed", "actual"]
    base_series: str | None
    decimals: int
    table: str
    series: tuple[str, ...]
    evidence: Literal["own", "proxy", "none"]
    city_series: str | None
    grade_base: str
    grade_definition: str
    place: Place


class Exact(NamedTuple):
    """A printed decimal, exactly: the closed interval of *value* plus or minus *half* its last place."""

    value: Fraction
    half: Fraction

    @property
    def low(self) -> Fraction:
        return self.value - self.half

    @property
    def high(self) -> Fraction:
        return self.value + self.half


@dataclass(frozen=True, slots=True)
class PrintedCell:
    """One cell of the tables; *growth* is a fraction, None where none is printed."""

    level: Exact
    growth: Exact | None
    place: Place


@dataclass(frozen=True, slots=True)
class Printed:
    """The tables as printed. ``[area, indicator, year]``, NaN where the plan prints nothing.

    *level_half* and *growth_half* are half the last printed decimal; growth is a fraction.
    *cells* has the same exactly, by (area, indicator, year).
    """

    level: Floats
    level_half: Floats
    growth: Floats
    growth_half: Floats
    cells: Mapping[tuple[str, str, int], PrintedCell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure from outside the plan, with where it comes from."""

    series: str
    region: str  # an area id of the plan, or the region's name as the source writes it
    year: int
    value: float
    unit: str
    status: str  # actual, preliminary, estimate, derived
    note: str
    trust: str  # high, medium, low
    source: str
    place: Place
    se: float = 0.0  # its standard error, where the source gives one: of actuals alone


@dataclass(frozen=True, slots=True)
class Assumption:
    """A number that no source gives: low, central, high (triangular), with why; in Chinese if written."""

    id: str
    name: Name
    low: float
    central: float
    high: float
    unit: str
    grade: str
    source: str
    place: Place
    source_zh: str = ""


@dataclass(frozen=True, slots=True)
class Derived:
    """A quantity made from others: *kind* ``ratio``, ``stock`` or ``pipeline``.

    ratio: ``factor * numerator[t] / denominator[t - lag]``.
    stock: ``stock[t] = stock[t-1] * (1 - exit) + inflow[t]`` from the base year's stock.
    *base* and *exit* name where their number comes from: ``("history", series)``,
    ``("assumption", id)``, ``("calibration", id)`` or ``("value", "0")``.
    pipeline: what the *pipeline* of that id gives as its *output*, from the quantities *inputs*;
    *grade_base* is the worst grade of its stocks, *grade_flow* that of its other numbers.
    """

    id: str
    name: Name
    unit: str
    kind: Literal["ratio", "stock", "pipeline"]
    numerator: str | None
    denominator: str | None
    lag: int
    factor: float
    inflow: str | None
    base: tuple[str, str] | None
    exit: tuple[str, str] | None
    stock_series: str | None  # history series of the stock itself, for fitting the exit
    inflow_series: str | None
    grade_base: str
    grade_definition: str
    place: Place
    inputs: tuple[str, ...] = ()
    pipeline: str = ""
    output: str = ""
    grade_flow: str = "A"

    def parts(self) -> tuple[str, ...]:
        """Return the indicators and derived quantities that this one is made from."""
        named = (self.numerator, self.denominator, self.inflow, *self.inputs)
        return tuple(part for part in named if part is not None)


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """A pipeline of the plan. *numbers*: field -> id of its assumption; *feeds*: role -> quantity.

    *dates*: (month, day) of its rounds, none where its kind has none; *coupled_to*: the indicator whose
    province-wide noise it feels; *outputs*: output -> id of the derived quantity.
    """

    id: str
    name: Name
    kind: str
    numbers: Mapping[str, str]
    feeds: Mapping[str, str]
    dates: tuple[tuple[int, int], ...]
    coupled_to: str | None
    outputs: Mapping[str, str]
    place: Place
    dates_place: Place


MEANS = ("mean_growth", "mean_of_rates")
"""Kinds of targets that ask for mean growth."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target of the document (one version of it).

    *value* is in the document's *unit*; *threshold* is the same in the quantity's unit, and in
    percent a year for mean growth; *tolerance* is in percent of the value.
    *kind*: level, annual_flow, cumulative_flow, stock, ratio, rate, mean_growth (compound),
    mean_of_rates, coverage, event, count, unquantified. *status*: ``evaluated``, ``missing`` (data
    named in *needs*) or ``unquantified`` (the document gives no count).
    """

    id: str
    version: str
    lead: bool
    group: str  # headline, prose_2020, prose_undated, prose_2016, annex_2020, derived_2020
    name: Name
    area: str
    quantity: str | None  # an indicator or derived id
    kind: str
    comparator: Literal[">=", ">", "≈"]
    tolerance: float | None
    direction: Literal["up", "down", "both"]
    value: float
    unit: str
    threshold: float
    year: int
    year_basis: Literal["stated", "inferred"]
    aspirational: bool
    status: Literal["evaluated", "missing", "unquantified"]
    needs: str
    section: str
    quote: str
    notes: str
    place: Place


@dataclass(frozen=True, slots=True)
class Platform:
    area: str
    kind: Literal["priority", "platform"]
    name: str
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Break:
    """From *year* on figures of *series* in *region* (``*``: all) cannot be compared with earlier ones."""

    series: str
    region: str
    year: int
    note: str


@dataclass(frozen=True, slots=True)
class PastTarget:
    """An earlier plan's quantified target and what became of it; *kind*: ``ratio`` or ``amount``."""

    plan: str
    region: str
    indicator: str
    kind: str
    year: int
    target: float
    outcome: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """A plan folder, checked. Area order: cities by id, then unallocated, then the province."""

    id: str
    folder: str
    title: Name
    document: str
    base_year: int
    years: tuple[int, ...]
    province: Area
    cities: tuple[Area, ...]  # canonical order of id
    indicators: tuple[Indicator, ...]  # canonical order of id
    groups: Mapping[str, tuple[str, ...]]  # group of areas or of indicators -> ids
    group_names: Mapping[str, Name]
    printed: Printed  # area axis: cities then province; indicator axis: all indicators
    path: Floats  # [cities then province, indicator, base year + years]; NaN where none
    figures: tuple[Figure, ...]  # history.csv and panel.csv
    observed: tuple[Figure, ...]
    assumptions: Mapping[str, Assumption]
    derived: tuple[Derived, ...]  # in an order in which each uses only earlier ones
    targets: tuple[Target, ...]
    platforms: tuple[Platform, ...]
    dimensions: Mapping[str, int]  # names of quasi-random dimensions, never reused
    calibration: Calibration | None
    hashes: Mapping[str, str]  # file name -> SHA-256
    tiles: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # city -> row, column of the tile map
    breaks: tuple[Break, ...] = ()  # of history.csv and panel.csv, in the order of breaks.csv
    track_record: tuple[PastTarget, ...] = ()  # earlier targets with numbers, in the order of the file
    pipelines: Mapping[str, PipelinePlan] = field(default_factory=dict)

    def city_axis(self) -> Axis:
        return Axis("city", tuple(city.id for city in self.cities))

    def indicator_axis(self) -> Axis:
        return Axis("indicator", tuple(indicator.id for indicator in self.indicators))

    def year_axis(self) -> Ints:
        import numpy as np

        return np.asarray(self.years, dtype=np.int64)

    def is_grown(self, quantity: str) -> bool:
        """Say whether *quantity* comes from a pipeline, itself or in one of its parts."""
        for derived in self.derived:
            if derived.id == quantity:
                return derived.kind == "pipeline" or any(self.is_grown(part) for part in derived.parts())
        return False

    def history(self, series: str, region: str) -> dict[int, Figure]:
        """Return the figures of *series* in *region* by year."""
        return {f.year: f for f in self.figures if f.series == series and f.region == region}
