"""The targets outside the two main tables: the others that have an answer, and those that have none."""

from __future__ import annotations

from collections.abc import Iterable

from sim.cube import Cube, Probability
from sim.tables.city_table import annex_cells
from sim.tables.headline_table import HEAD, MOST, RIGHT, cells_of
from sim.tables.layout import paragraph, wrapped_table
from sim.tables.wording import needs_words, with_unit
from sim.texts import say

NAME_WIDTH = 30
HANGING = 6


def other_rows(cube: Cube) -> tuple[Probability, ...]:
    """Return the targets with an answer that stand in no other table."""
    leads = {row.target.id for row in cube.headline()}
    shown = {id(row) for row in annex_cells(cube).values()}
    return tuple(
        row
        for row in cube.probabilities
        if row.p is not None
        and id(row) not in shown
        and not (row.target.group == "headline" and row.target.id in leads)
    )


def other_table(cube: Cube, lang: str) -> str:
    """Return the other targets with an answer as a table; empty where there are none."""
    rows = [(row.target.id, _name(row, cube, lang), *cells_of(row, cube, lang)) for row in other_rows(cube)]
    if not rows:
        return ""
    head = [say(f"screen.head-{name}", lang) for name in HEAD[:-1]]
    most = MOST | {1: NAME_WIDTH}
    return say("screen.others", lang) + "\n" + wrapped_table(head, rows, most, RIGHT)


def _name(row: Probability, cube: Cube, lang: str) -> str:
    """Return name, year, area and version, each as far as it is not what most targets have."""
    areas = {area.id: area.name.in_language(lang) for area in cube.plan.cities}
    parts = [with_unit(row.target.name.in_language(lang), row.target.unit, lang), str(row.target.year)]
    parts += [areas[row.target.area]] if row.target.area in areas else []
    parts += [] if row.target.lead else [say("screen.version", lang, version=row.target.version)]
    return say("screen.comma", lang).join(parts)


def unanswered_list(cubes: Iterable[Cube], lang: str) -> str:
    """Return a line for each target that no scenario of *cubes* can answer, with what is missing."""
    lines: dict[tuple[str, str], str] = {}
    for cube in cubes:
        for row in cube.probabilities:
            if row.p is None:
                lines.setdefault((row.target.id, row.target.version), _line(row, cube, lang))
    if not lines:
        return ""
    return "\n".join((say("screen.unanswered", lang, count=len(lines)), *lines.values()))


def _line(row: Probability, cube: Cube, lang: str) -> str:
    if row.target.status == "evaluated":
        needs = say("screen.invalid", lang, draws=f"{cube.draws:,}", scenario=cube.scenario)
    else:
        needs = needs_words(row.target, lang) or say(f"targets.{row.target.status}", lang)
    name = row.target.name.in_language(lang)
    return paragraph(say("screen.needs", lang, id=row.target.id, name=name, needs=needs), hanging=HANGING)
