"""Types of fields that planners may write in several ways, made so that each mistake has its own code."""

from __future__ import annotations

import dataclasses
from functools import reduce
from operator import or_
from types import GenericAlias
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    create_model,
    field_validator,
)

from sim.distributions import Amount
from sim.errors import nearest
from sim.registry import Family
from sim.scenario.choices import near
from sim.scenario.measures import (
    UNREAD,
    Amounts,
    Number,
    SpanNumber,
    Text,
    YearNumber,
    flaw,
    shown,
    text_from,
    unless_unread,
)
from sim.shocks import LaterYear, Span, Year

NAME = "x-name"
"""Marks, in the schema, a text that names something of a plan; `sim.scenario.schema` lists what."""


class Written(BaseModel):
    """A map in a scenario file; any of its fields may be `UNREAD` instead."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=False)

    @field_validator("*", mode="wrap")
    @classmethod
    def _unless_unread(cls, value: Any, read: ValidatorFunctionWrapHandler) -> Any:
        return value if value is UNREAD else read(value)


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
    other = Annotated[Any, unless_unread(refuse), WithJsonSchema({"not": {}}), Tag("<other>")]

    def tag_of(value: Any) -> str:
        if value is UNREAD:
            return "<other>"
        sort = _sort(value)
        return sort if sort in tags else "<other>"

    return Annotated[reduce(or_, members, other), Discriminator(tag_of)]


def name(sort: str) -> Any:
    """Return the type of a text that names one of *sort* (areas, indicators, targets, platforms, plans)."""
    return Annotated[str, unless_unread(text_from), WithJsonSchema({"type": "string", NAME: sort})]


def names(sort: str) -> Any:
    """Return the type of one name of *sort* or of a list of them."""
    each = name(sort)
    return either("not-names", text=each, list=GenericAlias(list, (each,)))


def weights(sort: str) -> Any:
    """Return the type of names of *sort*, with or without weights."""
    keys = {"type": "object", "additionalProperties": {"type": "number"}, NAME: sort}
    weighted = Annotated[dict[Text, Number], WithJsonSchema(keys)]
    each = name(sort)
    return either("not-weights", text=each, list=GenericAlias(list, (each,)), map=weighted)


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
    legal = {field for model in models.values() for field in model.model_fields}

    def tag_of(value: Any) -> str:
        kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
        return f"<{kind}>" if isinstance(kind, str) and kind in models else "<other>"

    def refuse(value: Any) -> Any:
        if not isinstance(value, dict):
            raise flaw("not-a-map", value=shown(value))
        if "kind" not in value:
            misspelt = nearest("kind", set(value) - legal)
            if misspelt is not None:
                raise flaw("unknown-field", field=misspelt, near="kind")
            raise flaw("missing-field", field="kind")
        if value["kind"] is UNREAD:
            return UNREAD
        kind = shown(value["kind"])
        raise flaw("unknown-kind", at="kind", name=kind, near=near(kind, models))

    members = [Annotated[model, Tag(f"<{name}>")] for name, model in models.items()]
    other = Annotated[Any, PlainValidator(refuse), WithJsonSchema({"not": {}}), Tag("<other>")]
    return Annotated[reduce(or_, members, other), Discriminator(tag_of)]
