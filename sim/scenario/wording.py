"""What the fields of a scenario mean, in both languages: for hover texts and the reference page."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from sim.registry import Family
from sim.scenario.written import ScenarioWritten
from sim.texts import say, table

FAMILIES = ("distribution.field", "course.field")
"""The sections of texts that the fields of sizes and courses have."""

MARK = "："
"""Parts the name of a field from its explanation, in the Chinese texts."""


def section_of(model: type[BaseModel]) -> str:
    """Return the section of texts that *model* has; members of families have none of their own."""
    return "file" if model is ScenarioWritten else model.__name__.removesuffix("Written").lower()


def text_key(models: list[str], field: str) -> str:
    """Return the key of the text of *field*, sought in the sections *models* in their order."""
    for section in models:
        key = f"scenario.{section}.{field}"
        if key in table():
            return key
    wanted = " or ".join(f"scenario.{section}.{field}" for section in models)
    raise KeyError(f"no text for {field}: sim/texts.csv needs a row {wanted}, in both languages")


def field_key(model: type[BaseModel], field: str) -> str:
    """Return the key of the text of a field of *model*, which may be inherited from its parents."""
    sections = [section_of(kind) for kind in model.__mro__ if issubclass(kind, BaseModel)]
    return text_key(sections, field)


def member_keys(family: Family[Any], member: str, field: str = "") -> str:
    """Return the key of the text of a family's member, or of one of its fields.

    A field whose meaning is the member's own has its text under the member, else under ``field``.
    """
    if not field:
        return text_key([family.name], member)
    return text_key([f"{family.name}.{member}", f"{family.name}.field"], field)


def title_of(key: str) -> str:
    """Return the Chinese name that *key* explains."""
    return say(key, "zh").split(MARK, 1)[0]


def meaning_of(key: str, lang: str) -> str:
    """Return the explanation itself, without the name before it."""
    return say(key, lang).split(MARK, 1)[-1] if lang == "zh" else say(key, lang)


def field_called(name: str, model: type[BaseModel] | None) -> str | None:
    """Return the field of *model* whose Chinese name in the reference page is *name*; keys are English."""
    if name.isascii() or model is None:
        return None
    for field, written in model.model_fields.items():
        word = written.alias or field
        sections = [section_of(kind) for kind in model.__mro__ if issubclass(kind, BaseModel)]
        keys = [f"scenario.{section}.{word}" for section in (*sections, *FAMILIES)]
        if any(key in table() and title_of(key) == name for key in keys):
            return word
    return None
