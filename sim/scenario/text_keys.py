"""Where the texts of families stand: apart from the shape of the file, which takes long to import."""

from __future__ import annotations

from typing import Any

from sim.registry import Family
from sim.texts import table


def text_key(models: list[str], field: str) -> str:
    """Return the key of the text of *field*, sought in the sections *models* in their order."""
    for section in models:
        key = f"scenario.{section}.{field}"
        if key in table():
            return key
    wanted = " or ".join(f"scenario.{section}.{field}" for section in models)
    raise KeyError(f"no text for {field}: sim/texts.csv needs a row {wanted}, in both languages")


def member_keys(family: Family[Any], member: str, field: str = "") -> str:
    """Return the key of the text of a family's member, or of one of its fields.

    A field whose meaning is the member's own has its text under the member, else under ``field``.
    """
    if not field:
        return text_key([family.name], member)
    return text_key([f"{family.name}.{member}", f"{family.name}.field"], field)
