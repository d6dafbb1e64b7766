"""plan.yaml and areas.csv: what the plan is, its years, its areas and groups."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, cast

from sim.axes import UNALLOCATED, Name
from sim.baseline.fields import Fields, document_or_none, table_or_none
from sim.baseline.plan import Area
from sim.errors import Found
from sim.marked.table import nearest_or_all
from sim.marked.text import name_in_project

AREA_COLUMNS = ("id", "name_zh", "name_en", "role")
ID = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = ("all", "province", "cities", UNALLOCATED)  # words of scenarios that are no area or group


@dataclass(frozen=True, slots=True)
class Frame:
    """What the other files refer to; *groups* and *group_names* by group id."""

    folder: str  # relative to the project
    title: Name
    document: str
    base_year: int
    years: tuple[int, ...]
    groups: Mapping[str, tuple[str, ...]]
    group_names: Mapping[str, Name]
    dimensions: Mapping[str, int]
    province: Area
    cities: tuple[Area, ...]

    @property
    def areas(self) -> tuple[Area, ...]:
        """Cities in canonical order, then the province."""
        return (*self.cities, self.province)


def load_frame(
    folder: Path,
    root: Path,
    areas: Sequence[Area] | None,
    indicators: Collection[str],
    found: Found,
) -> Frame | None:
    """Return plan.yaml joined with *areas*; None where one of them cannot be read at all.

    *indicators* are the ids of indicators.csv, for the groups that list indicators.
    """
    document = document_or_none(folder / "plan.yaml", root, found)
    if document is None or areas is None:
        return None
    top = Fields(document, (), found)
    title = top.name("title")
    text = top.text("document")
    span = _years(top)
    groups, names = _groups(top, {area.id for area in areas}, indicators)
    dimensions = _dimensions(top)
    top.finish()
    joined = tuple(
        replace(area, groups=tuple(sorted(group for group, members in groups.items() if area.id in members)))
        for area in areas
    )
    province = next((area for area in joined if area.role == "province"), None)
    if province is None or span is None:
        return None
    cities = tuple(sorted((area for area in joined if area.role == "city"), key=lambda area: area.id))
    name = name_in_project(folder, root)
    return Frame(name, title, text, *span, groups, names, dimensions, province, cities)


def load_areas(folder: Path, root: Path, found: Found) -> tuple[Area, ...] | None:
    """Return the areas in file order, without groups; None where the file cannot be read."""
    table = table_or_none(folder / "areas.csv", root, AREA_COLUMNS, found, needs_rows=True)
    if table is None:
        return None
    areas: list[Area] = []
    taken: set[str] = set()
    for row in table.rows:
        id = row["id"].required(found)
        if id and (not ID.fullmatch(id) or id in RESERVED):
            row["id"].mistake(found, "bad-id")
        for column in ("id", "name_zh", "name_en"):
            word = row[column].required(found)
            if word in taken and word:
                row[column].mistake(found, "duplicate-name")
        taken |= {id, row.text("name_zh"), row.text("name_en")}
        role = row["role"].choice(("city", "province"), found) or "city"
        name = Name(row.text("name_zh"), row.text("name_en"))
        areas.append(Area(id, name, cast(Literal["city", "province"], role), ()))
    if sum(area.role == "province" for area in areas) != 1:
        found.add(table.place, "not-one-province")
        return None
    return tuple(areas)


def _years(top: Fields) -> tuple[int, tuple[int, ...]] | None:
    """Return the base year and the years after it, which follow without a gap; None if they do not."""
    base = top.integer("base_year")
    listed = top.items("years")
    years = tuple(year for year in listed if isinstance(year, int))
    if not years or listed != tuple(range(base + 1, base + 1 + len(listed))):
        top.found.add(top.value_place("years"), "years-not-in-a-row", base=base)
        return None
    return base, years


def _groups(
    top: Fields, areas: Collection[str], indicators: Collection[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, Name]]:
    groups: dict[str, tuple[str, ...]] = {}
    names: dict[str, Name] = {}
    every = top.child("groups", required=False)
    for id, group in every.children() if every is not None else ():
        if not ID.fullmatch(id) or id in RESERVED or id in areas or id in indicators:
            top.found.add(group.place, "bad-id", column="groups", value=id)
        names[id] = Name(group.text("zh"), group.text("en"))
        kind = "indicators" if group.has("indicators") else "areas"
        groups[id] = _members(group, kind, indicators if kind == "indicators" else areas)
        group.finish()
    return groups, names


def _members(group: Fields, kind: str, legal: Collection[str]) -> tuple[str, ...]:
    members: list[str] = []
    code = "unknown-indicator" if kind == "indicators" else "unknown-area"
    for i, member in enumerate(group.items(kind)):
        place = group.document.place(*group.path, kind, i)
        if member not in legal:
            group.found.add(place, code, name=member, near=nearest_or_all(str(member), legal))
        elif member in members:
            group.found.add(place, "duplicate-member", name=member)
        members.append(str(member))
    return tuple(members)


def _dimensions(top: Fields) -> dict[str, int]:
    numbers: dict[str, int] = {}
    inner = top.child("dimensions", required=False)
    for name in inner.data if inner is not None else ():
        assert inner is not None
        number = inner.integer(name)
        if number < 1:
            top.found.add(inner.value_place(name), "not-positive", column=name, value=number)
        elif number in numbers.values():
            top.found.add(inner.value_place(name), "dimension-reused", number=number)
        numbers[name] = number
    return numbers
