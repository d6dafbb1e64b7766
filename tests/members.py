"""Members of a family made from the types of their fields: of one that is added later, unasked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

from hypothesis import strategies as st

from sim.registry import Family

Member = TypeVar("Member")

Fields = Mapping[Any, st.SearchStrategy[Any]]
"""What a field of a member may be, by its annotation."""


def from_fields(kind: type[Member], fields: Fields) -> st.SearchStrategy[Member]:
    """Return legal members of *kind*; KeyError for a field of a type that *fields* lacks."""
    hints = get_type_hints(kind, include_extras=True)
    parts = {part.name: fields[hints[part.name]] for part in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return st.builds(kind, **parts).filter(is_legal)


def is_legal(member: Any) -> bool:
    """Return whether *member* has no flaw."""
    return not any(member.flaws())


def with_later_members(
    family: Family[Member], known: Mapping[str, st.SearchStrategy[Member]], fields: Fields
) -> dict[str, st.SearchStrategy[Member]]:
    """Return a strategy for every member of *family*: the *known* one, else one made from its fields."""
    return {
        name: known[name] if name in known else from_fields(kind, fields) for name, kind in family.items()
    }
