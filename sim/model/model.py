"""The model of one scenario on one plan: arrays, positions and keys, complete when built.

``C`` cities, ``K`` indicators in canonical order of id, of which ``Kc`` have cities and ``Ka``
stand alone with the province, ``T`` plan years, ``F`` factors, ``M`` proxies at the most.
Growth is a fraction a year; of rates (shares that move by their logit) it is logit units.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from sim.axes import Axis, Bools, Floats, Ints
from sim.designs import PLAIN, Design
from sim.distributions import Distribution, Fixed
from sim.model.observed import ObservedModel
from sim.model.parameters import ParameterTable

SERIES_FIELDS = (
    "mu",
    "own",
    "lam",
    "damp",
    "phi",
    "last_year_effect",
    "sd",
    "tau",
    "year_sd",
    "slope",
)
"""What a series of the reference class contributes, in the order of ``NoiseModel.series_rows``."""

NONE = -1
"""A position that is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class NoiseModel:
    """Everything that noise depends on; two models with equal *key* have the same noise.

    *series_rows* ``[K, M, field]`` are parameter rows, padded with `NONE` beyond *proxies* ``[K]``;
    *common_rows*, *factor_rows* ``[K]``; loadings ``[K, F]``; *shares* ``[C, Kc]`` of the base;
    *relative_size* ``[C, Kc]``: base of the city over base of the province;
    *ratio_sd* ``[Kc]``: sd of yearly changes of the log printed ratio of province to cities.
    """

    key: tuple[object, ...]
    series_rows: Ints
    proxies: Ints
    common_rows: Ints
    factor_rows: Ints
    factors: tuple[str, ...]
    load_common: Floats
    load_province: Floats
    load_year: Floats
    load_city: Floats
    dof: float
    province_scale: float
    city_scale: float
    shares: Floats
    relative_size: Floats
    ratio_sd: Floats

    def rows(self) -> frozenset[int]:
        """Return the parameter rows that noise depends on."""
        fields = [SERIES_FIELDS.index(name) for name in ("phi", "sd", "tau", "year_sd", "slope")]
        parts = (self.series_rows[:, :, fields].ravel(), self.common_rows, self.factor_rows)
        return frozenset(int(row) for part in parts for row in part if row != NONE)


@dataclass(frozen=True, slots=True, eq=False)
class ShockModel:
    """One shock or event. *footprint* ``[C, Kc]``, *footprint_alone* ``[Ka]``.

    *course* ``[start, T]``: its share of the size by year, a row for each year in which it may
    start; *chances* ``[start]``: probability of each start (the rest: it does not happen).
    """

    name: str
    footprint: Floats
    footprint_alone: Floats
    size: Distribution
    course: Floats
    chances: Floats
    is_level: bool

    @property
    def is_certain(self) -> bool:
        """Whether it happens in every draw, and when."""
        return len(self.chances) == 1 and bool(self.chances[0] >= 1.0)

    @property
    def is_constant(self) -> bool:
        """Whether its size is the same in every draw."""
        return isinstance(self.size, Fixed)


@dataclass(frozen=True, slots=True, eq=False)
class DriftModel:
    """Where growth comes from, before it is drawn.

    *plan* ``[C, Kc, T]`` and *plan_province* ``[K, T]``; *cap* as a parameter-free bound ``[K, M]``,
    *known* the years whose growth is known ``[K, M]``;
    *weight_row* of the plan's weight (`NONE`: *weight* is fixed); *forced* ``[Ka, T]`` replaces the
    growth of lone indicators where not NaN; *add* and *add_alone* are adjustments; year *t* takes
    the drift of year ``t - delay``, before that *meanwhile*.
    """

    has_trend: Bools
    trend_only: Bools
    plan: Floats
    plan_province: Floats
    cap: Floats
    known: Floats
    weight_row: int
    weight: float
    forced: Floats
    add: Floats
    add_alone: Floats
    delay: Ints
    delay_alone: Ints
    meanwhile: Floats
    meanwhile_alone: Floats


@dataclass(frozen=True, slots=True)
class RatioModel:
    """``factor * numerator[t] / denominator[t - lag]``; positions as in `Model.quantities`."""

    numerator: int
    denominator: int
    lag: int
    factor: float


@dataclass(frozen=True, slots=True)
class StockModel:
    """``stock[t] = stock[t-1] (1 - exit) + inflow[t]``; *base_row*, *exit_row*: parameter rows."""

    inflow: int
    base_row: int
    exit_row: int


@dataclass(frozen=True, slots=True)
class OutputModel:
    """What the pipeline at this position of `Model.pipelines` gives as *output*."""

    pipeline: int
    output: str


@dataclass(frozen=True, slots=True, eq=False)
class PipelineModel:
    """A pipeline: *rows* of its numbers by field; *feeds* as positions in `Model.quantities` by role.

    *coupled_to*: the indicator whose province-wide noise it feels, or `NONE`; *dates*: (month, day).
    *apart*: it takes noise and inflows from another draw, as strong as its own but nobody else's.
    """

    id: str
    kind: str
    rows: Mapping[str, int]
    feeds: Mapping[str, int]
    dates: tuple[tuple[int, int], ...]
    coupled_to: int
    apart: bool = False


@dataclass(frozen=True, slots=True)
class ExecutionModel:
    """A target's outcome is counted times ``exp(w e a[t])``: w the plan's weight, e the parameter *row* (log
    of outcome over target of earlier plans), a the share *accrued* by each year (of a rate in logit units).
    """

    row: int
    accrued: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TargetModel:
    """One target by positions; a hit is ``lower <= x <= upper`` (bounds carry the tolerance of comparison).

    *city* is a position on the city axis or `NONE` for the province; *quantity* a position in
    `Model.quantities`; *form*: ``value``, ``sum`` (cumulative flow), ``mean_growth`` or
    ``mean_of_rates``; *threshold* is in the quantity's unit (a growth fraction for mean growth).
    """

    row: int
    city: int
    quantity: int
    form: str
    year: int
    threshold: float
    lower: float
    upper: float
    execution: ExecutionModel | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What the engine runs. *base* ``[C, Kc]`` and *base_province* ``[K]`` are levels of the base year
    (logits for rates; the first year's printed rate for counts); *log_ratio* ``[Kc, T]``.
    """

    scenario: str
    seed: int
    blocks: int
    drawn: bool
    cities: Axis
    indicators: Axis
    years: Axis
    quantities: Axis  # indicators, then derived quantities
    with_cities: Ints
    alone: Ints
    is_count: Bools
    is_rate: Bools
    base: Floats
    base_province: Floats
    log_ratio: Floats
    drift: DriftModel
    shocks: tuple[ShockModel, ...]
    noise: NoiseModel
    parameters: ParameterTable
    derived: tuple[RatioModel | StockModel | OutputModel, ...]
    targets: tuple[TargetModel, ...]
    headline: Ints  # positions in *targets* of the lead headline targets
    observed: ObservedModel | None = None  # actuals that every draw must meet
    pipelines: tuple[PipelineModel, ...] = ()  # only those that a target needs
    design: Design = PLAIN

    def parts_of(self, quantity: int) -> frozenset[int]:
        """Return *quantity* and all quantities that it is made from."""
        if quantity < len(self.indicators):
            return frozenset({quantity})
        derived = self.derived[quantity - len(self.indicators)]
        if isinstance(derived, RatioModel):
            parts: tuple[int, ...] = (derived.numerator, derived.denominator)
        elif isinstance(derived, StockModel):
            parts = (derived.inflow,)
        else:
            pipe = self.pipelines[derived.pipeline]
            parts = (*pipe.feeds.values(), *((pipe.coupled_to,) if pipe.coupled_to != NONE else ()))
        return frozenset({quantity}).union(*(self.parts_of(part) for part in parts))

    @functools.cache  # noqa: B019  # models are few, and asked once a block
    def pipelines_needed(self) -> frozenset[int]:
        """Return the positions of the pipelines that some target needs."""
        count = len(self.indicators)
        asked = {target.quantity for target in self.targets}
        made = {q for quantity in asked for q in self.parts_of(quantity) if q >= count}
        derived = [self.derived[q - count] for q in made]
        return frozenset(item.pipeline for item in derived if isinstance(item, OutputModel))
