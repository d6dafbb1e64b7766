"""A scenario as planners write it: the shape of the file, before any name means anything.

The fields of these models are the fields of the files; the JSON Schema and the reference page are
made from them. What a name, a year or a unit means in a plan is found in `sim.scenario.reading`.
"""

from __future__ import annotations

import dataclasses
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    create_model,
)

from sim.distributions import Amount, distribution
from sim.registry import Family
from sim.scenario.choices import near
from sim.scenario.measures import (
    Amounts,
    Dof,
    Draws,
    EntryName,
    Measure,
    Multiplier,
    Number,
    Prose,
    Seed,
    Share,
    SpanNumber,
    Text,
    YearNumber,
    flaw,
    shown,
)
from sim.shocks import LaterYear, Span, Year, course
from sim.streams import BLOCK

DEFAULT_DRAWS, DEFAULT_SEED = 5 * BLOCK, 1


class Written(BaseModel):
    """A map in a scenario file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=False)


def _sort(value: Any) -> str:
    """Return what sort of YAML value this is."""
    if isinstance(value, (dict, BaseModel)):
        return "<map>"
    if isinstance(value, list):
        return "<list>"
    return "<text>" if isinstance(value, str) else "<number>"


def either(code: str, **sorts: Any) -> Any:
    """Return the type that is one of *sorts* (map, list, text, number); all else is the mistake *code*."""

    def refuse(value: Any) -> Any:
        raise flaw(code, value=shown(value))

    tags = {f"<{sort}>": kind for sort, kind in sorts.items()}
    members = [Annotated[kind, Tag(tag)] for tag, kind in tags.items()]
    other = Annotated[Any, PlainValidator(refuse), WithJsonSchema({"not": {}}), Tag("<other>")]

    def tag_of(value: Any) -> str:
        sort = _sort(value)
        return sort if sort in tags else "<other>"

    return Annotated[reduce(or_, members, other), Discriminator(tag_of)]


FIELD_TYPES: dict[Any, Any] = {
    float: Number,
    Amount: Amounts,
    Year: YearNumber,
    LaterYear: YearNumber,
    Span: SpanNumber,
    tuple[Amount, ...]: list[Amounts],
    tuple[float, ...]: list[Number],
}
"""What the fields of a family's members are in a file."""


def member_models(family: Family[Any]) -> dict[str, type[Written]]:
    """Return the model of each member of *family*: its ``kind`` and its fields."""
    models = {}
    for name, member in family.items():
        hints = get_type_hints(member, include_extras=True)
        fields: dict[str, Any] = {"kind": (Literal[name], Field())}
        for part in dataclasses.fields(member):
            required = part.default is dataclasses.MISSING
            kind = FIELD_TYPES[hints[part.name]]
            fields[part.name] = (kind, Field()) if required else (kind, Field(default=()))
        models[name] = create_model(f"{family.name}_{name}", __base__=Written, **fields)
    return models


def one_of(family: Family[Any]) -> Any:
    """Return the type of a map whose ``kind`` says which member of *family* it is."""
    models = member_models(family)

    def tag_of(value: Any) -> str:
        kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
        return f"<{kind}>" if isinstance(kind, str) and kind in models else "<other>"

    def refuse(value: Any) -> Any:
        if not isinstance(value, dict):
            raise flaw("not-a-map", value=shown(value))
        if "kind" not in value:
            raise flaw("missing-field", field="kind")
        kind = shown(value["kind"])
        raise flaw("unknown-kind", at="kind", name=kind, near=near(kind, models))

    members = [Annotated[model, Tag(f"<{name}>")] for name, model in models.items()]
    other = Annotated[Any, PlainValidator(refuse), WithJsonSchema({"not": {}}), Tag("<other>")]
    return Annotated[reduce(or_, members, other), Discriminator(tag_of)]


class Bilingual(Written):
    zh: Prose
    en: Prose


class YearRange(Written):
    from_: YearNumber = Field(alias="from")
    to: YearNumber


if TYPE_CHECKING:
    Words = str | Bilingual
    Names = str | list[str]
    Weights = str | list[str] | dict[str, float]
    Years = int | str | list[int | str] | YearRange
    Size = Measure | Any
    Range = Measure | Any
    Course = Any
else:
    Words = either("not-a-title", text=Prose, map=Bilingual)
    Names = either("not-names", text=Text, list=list[Text])
    Weights = either("not-weights", text=Text, list=list[Text], map=dict[Text, Number])
    YearText = either("not-years", number=YearNumber, text=Text)
    Years = either("not-years", number=YearNumber, text=Text, list=list[YearText], map=YearRange)
    Size = either("not-a-size", number=Amounts, text=Amounts, map=one_of(distribution))
    Course = one_of(course)


class GrowthWritten(Written):
    source: Literal["plan", "trend", "blend"]
    weight: Share | None = None


class DriftWritten(Written):
    areas: Names = "all"
    indicators: Names
    years: Years = "all"
    add: Amounts


class ShockWritten(Written):
    title: Words | None = None
    platform: Text | None = None
    areas: Weights = "all"
    indicators: Weights
    size: Size
    course: Course


class EventWritten(ShockWritten):
    effect: Literal["growth", "level"] = "growth"
    probability: Share | None = None
    hazard: Share | None = None


class LevelShockWritten(Written):
    title: Words | None = None
    platform: Text | None = None
    areas: Weights = "all"
    indicators: Weights
    size: Size
    year: YearNumber


class DelayWritten(Written):
    areas: Names = "all"
    indicators: Names
    by: SpanNumber
    meanwhile: Amounts


class PathWritten(Written):
    area: Text
    indicator: Text
    unit: Text | None = None
    levels: dict[Text, Amounts]


class NoiseWritten(Written):
    province: Multiplier = 1.0
    city: Multiplier = 1.0
    dof: Dof | None = None
    dependence: Multiplier | None = None
    parameters: Literal["drawn", "fixed"] = "drawn"


class RangeWritten(Written):
    low: Amounts
    central: Amounts
    high: Amounts


class SweepRange(Written):
    from_: Number = Field(alias="from")
    to: Number
    step: Number


if TYPE_CHECKING:
    SweepValues = Any
else:
    SweepValues = either("not-sweep-values", list=list[Number | Text | bool], map=SweepRange)
    Range = either("not-a-range", number=Amounts, text=Amounts, map=RangeWritten)


class ScenarioWritten(Written):
    title: Words | None = None
    about: Words | None = None
    extends: Text | None = None
    mixins: Names | None = None
    plan: Text
    growth: GrowthWritten | None = None
    drift: dict[EntryName, DriftWritten] = {}
    shocks: dict[EntryName, ShockWritten] = {}
    events: dict[EntryName, EventWritten] = {}
    level_shocks: dict[EntryName, LevelShockWritten] = {}
    delays: dict[EntryName, DelayWritten] = {}
    paths: dict[EntryName, PathWritten] = {}
    noise: NoiseWritten = NoiseWritten()
    assumptions: dict[EntryName, Range] = {}
    targets: Names = "all"
    draws: Draws = DEFAULT_DRAWS
    seed: Seed = DEFAULT_SEED
    sweep: dict[Text, SweepValues] = {}  # read by `sim.scenario.sweeps`; here for the schema


def legal_fields(steps: tuple[int | str, ...]) -> tuple[str, ...]:
    """Return the fields that may stand in the map at *steps*, a location as pydantic gives it."""
    kind: Any = ScenarioWritten
    for step in steps:
        kind = _inner(kind, step)
    while not _is_model(kind) and get_args(kind):
        kind = next((part for part in get_args(kind) if _is_model(part)), None)
    return tuple(field.alias or name for name, field in kind.model_fields.items()) if _is_model(kind) else ()


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
