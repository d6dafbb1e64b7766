"""What the fields of a scenario mean, in both languages: for hover texts and the reference page."""

from __future__ import annotations

from pydantic import BaseModel

from sim.scenario.text_keys import text_key
from sim.scenario.written import ScenarioWritten
from sim.texts import say, table

FAMILIES = ("distribution.field", "course.field")
"""The sections of texts that the fields of sizes and courses have."""

MARK = "："
"""Parts the name of a field from its explanation, in the Chinese texts."""


def section_of(model: type[BaseModel]) -> str:
    """Return the section of texts that *model* has; members of families have none of their own."""
    return "file" if model is ScenarioWritten else model.__name__.removesuffix("Written").lower()


def field_key(model: type[BaseModel], field: str) -> str:
    """Return the key of the text of a field of *model*, which may be inherited from its parents."""
    sections = [section_of(kind) for kind in model.__mro__ if issubclass(kind, BaseModel)]
    return text_key(sections, field)


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
