"""A scenario as planners write it: the shape of the file, before any name means anything.

The fields of these models are the fields of the files; the JSON Schema and the reference page are
made from them. Any field may be `UNREAD` instead of what its type says, once the mistake in its shape
is noted. What a name, a year or a unit means in a plan is found in `sim.scenario.reading`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

from pydantic import BaseModel, Field, Tag

from sim.designs import Kind
from sim.distributions import distribution
from sim.scenario.measures import (
    Amounts,
    Day,
    Dof,
    Draws,
    EntryName,
    Level,
    Measure,
    Multiplier,
    Number,
    Precision,
    Prose,
    Seed,
    Share,
    SpanNumber,
    Text,
    YearNumber,
)
from sim.scenario.unions import Written, either, name, names, one_of, weights
from sim.shocks import course
from sim.streams import BLOCK

DEFAULT_DRAWS, DEFAULT_SEED = 5 * BLOCK, 1


class Bilingual(Written):
    zh: Prose
    en: Prose


class YearRange(Written):
    from_: YearNumber = Field(alias="from")
    to: YearNumber


if TYPE_CHECKING:
    Words: TypeAlias = str | Bilingual
    AreaName: TypeAlias = str
    IndicatorName: TypeAlias = str
    PlatformName: TypeAlias = str
    PlanName: TypeAlias = str
    AreaNames: TypeAlias = str | list[str]
    IndicatorNames: TypeAlias = str | list[str]
    TargetNames: TypeAlias = str | list[str]
    Files: TypeAlias = str | list[str]
    AreaWeights: TypeAlias = str | list[str] | dict[str, float]
    IndicatorWeights: TypeAlias = str | list[str] | dict[str, float]
    Years: TypeAlias = int | str | list[int | str] | YearRange
    Size: TypeAlias = Measure | Any
    Course: TypeAlias = Any
else:
    Words = either("not-a-title", text=Prose, map=Bilingual)
    AreaName, IndicatorName = name("areas"), name("indicators")
    PlatformName, PlanName = name("platforms"), name("plans")
    AreaNames, IndicatorNames, TargetNames = names("areas"), names("indicators"), names("targets")
    AreaWeights, IndicatorWeights = weights("areas"), weights("indicators")
    Files = either("not-names", text=Text, list=list[Text])
    YearText = either("not-years", number=YearNumber, text=Text)
    Years = either("not-years", number=YearNumber, text=Text, list=list[YearText], map=YearRange)
    Size = either("not-a-size", number=Amounts, text=Amounts, map=one_of(distribution))
    Course = one_of(course)


class GrowthWritten(Written):
    source: Literal["plan", "trend", "blend"]
    weight: Share | None = Field(default=None, examples=[0.5])


class DriftWritten(Written):
    areas: AreaNames = "all"
    indicators: IndicatorNames
    years: Years = Field(default="all", examples=[2018, "2017-2019", [2016, 2018], "all"])
    add: Amounts = Field(examples=[1.5, "-2 百分点"])


class ShockWritten(Written):
    title: Words | None = None
    platform: PlatformName | None = None
    areas: AreaWeights = "all"
    indicators: IndicatorWeights
    size: Size = Field(examples=[-2, {"kind": "triangular", "low": -5, "mode": -3, "high": -1}])
    course: Course = Field(examples=[{"kind": "ramp", "start": 2017, "full": 2018}])


class EventWritten(ShockWritten):
    effect: Literal["growth", "level"] = "growth"
    probability: Share | None = Field(default=None, examples=[0.3])
    hazard: Share | None = Field(default=None, examples=[0.1])


class LevelShockWritten(Written):
    title: Words | None = None
    platform: PlatformName | None = None
    areas: AreaWeights = "all"
    indicators: IndicatorWeights
    size: Size = Field(examples=[-10, "-10 %"])
    year: YearNumber


class DelayWritten(Written):
    areas: AreaNames = "all"
    indicators: IndicatorNames
    by: SpanNumber = Field(examples=[1])
    meanwhile: Amounts = Field(examples=[5, "5 %"])


class PathWritten(Written):
    area: AreaName
    indicator: IndicatorName
    unit: Text | None = Field(default=None, examples=["亿元"])
    levels: dict[Text, Amounts] = Field(examples=[{"2016": 340, "2017": 380}])


class ActualWritten(Written):
    area: AreaName
    indicator: IndicatorName
    year: YearNumber
    value: Amounts | None = Field(default=None, examples=[1266.3, "1266.3 亿元"])
    se: Amounts | None = Field(default=None, examples=[5])
    progress: Amounts | None = Field(default=None, examples=["60 %"])
    usual: Amounts | None = Field(default=None, examples=["50 %"])
    of: Amounts | None = Field(default=None, examples=[473])
    status: Literal["actual", "preliminary", "estimate", "derived"] = "actual"
    source: Text | None = None


class ObservedWritten(Written):
    until: YearNumber | None = Field(default=None, examples=[2016])
    values: dict[EntryName, ActualWritten] = {}


class NoiseWritten(Written):
    province: Multiplier = 1.0
    city: Multiplier = 1.0
    dof: Dof | None = Field(default=None, examples=[5, "gaussian"])
    dependence: Multiplier | None = Field(default=None, examples=[0.5])
    parameters: Literal["drawn", "fixed"] = "drawn"


class RangeWritten(Written):
    low: Amounts
    central: Amounts
    high: Amounts


DATES = "dates"
"""The one field of a pipeline that is no number: the days of its rounds."""


class SweepRange(Written):
    from_: Number = Field(alias="from")
    to: Number
    step: Number


if TYPE_CHECKING:
    Range: TypeAlias = Measure | Any
    RangeOrDates: TypeAlias = Measure | list[Any] | Any
    SweepValues: TypeAlias = Any
else:
    Range = either("not-a-range", number=Amounts, text=Amounts, map=RangeWritten)
    RangeOrDates = either("not-a-range", number=Amounts, text=Amounts, map=RangeWritten, list=list[Day])
    SweepValues = either("not-sweep-values", list=list[Number | Text | bool], map=SweepRange)


class ScenarioWritten(Written):
    title: Words | None = None
    about: Words | None = None
    extends: Text | None = Field(default=None, examples=["baseline"])
    mixins: Files | None = Field(default=None, examples=[["parts/gaussian"]])
    plan: PlanName
    growth: GrowthWritten = Field(
        default=GrowthWritten(source="blend"), examples=[{"source": "blend", "weight": 0.5}]
    )
    drift: dict[EntryName, DriftWritten] = {}
    shocks: dict[EntryName, ShockWritten] = {}
    events: dict[EntryName, EventWritten] = {}
    level_shocks: dict[EntryName, LevelShockWritten] = {}
    delays: dict[EntryName, DelayWritten] = {}
    paths: dict[EntryName, PathWritten] = {}
    observed: ObservedWritten = Field(default=ObservedWritten(), examples=[{"until": 2016}])
    noise: NoiseWritten = Field(default=NoiseWritten(), examples=[{"province": 1.5, "dof": "gaussian"}])
    assumptions: dict[EntryName, Range] = {}
    pipelines: dict[EntryName, dict[EntryName, RangeOrDates]] = Field(
        default={}, examples=[{"incubation": {"stay": 2.5}, "auctions": {"dates": ["03-18", "10-21"]}}]
    )
    execution: Literal["track_record"] | None = Field(default=None, examples=["track_record"])
    targets: TargetNames = "all"
    draws: Draws = DEFAULT_DRAWS
    seed: Seed = DEFAULT_SEED
    design: Kind = Field(default="plain", examples=["sobol"])
    precision: Precision | None = Field(default=None, examples=["0.5 pp"])
    decide: Level | None = Field(default=None, examples=[0.8])
    # Read by `sim.scenario.sweeps`, so never here when a cell is checked; it stands here for the schema.
    sweep: dict[Text, SweepValues] = Field(default={}, examples=[{"growth.weight": [0, 0.5, 1]}])


def legal_fields(steps: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the fields that may stand in the map at *steps*, a location as pydantic gives it."""
    kind = model_at(steps)
    return () if kind is None else tuple(field.alias or name for name, field in kind.model_fields.items())


def model_at(steps: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return what is written in the map at *steps*; None where names are the planner's own."""
    kind: Any = ScenarioWritten
    for step in steps:
        kind = _inner(kind, step)
    return kind if _is_model(kind) else None


def _inner(kind: Any, step: int | str) -> Any:
    """Return the type that *step* leads to from *kind*."""
    if _is_model(kind):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        field = fields.get(str(step))
        return field.annotation if field else None
    arguments = get_args(kind)
    for part in arguments:  # a union: its tag, or the one member that is not None
        tags = [mark.tag for mark in getattr(part, "__metadata__", ()) if isinstance(mark, Tag)]
        if step in tags:
            return get_args(part)[0]
    if hasattr(kind, "__metadata__"):
        return _inner(arguments[0], step)
    inner = [part for part in arguments if part is not type(None)]
    if len(inner) == 1 and len(arguments) == 2:
        return _inner(inner[0], step)
    return arguments[-1] if arguments else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
