"""City by indicator: the probability of every target of the annex, the areas at most risk first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sim.cube import Cube, Probability, name_of
from sim.outputs.text_table import display_width
from sim.tables.figures import bare_chance
from sim.tables.layout import WIDEST, paragraph, wrapped_table
from sim.texts import say

GROUP = "annex_2020"
NARROWEST, BROADEST = 8, 11

GAP = " "
_BRACKETS = re.compile(r"\s*[（(].*?[）)]")
WORST = "*"

Cells = Mapping[tuple[str, str], Probability]


def annex_cells(cube: Cube) -> dict[tuple[str, str], Probability]:
    """Return the lead annex targets by area and quantity; of several years the last."""
    cells: dict[tuple[str, str], Probability] = {}
    for row in cube.probabilities:
        if row.target.group != GROUP or not row.target.lead or not row.quantity:
            continue
        key = (row.target.area, row.quantity)
        if key not in cells or cells[key].target.year < row.target.year:
            cells[key] = row
    return cells


def city_table(cube: Cube, lang: str) -> str:
    """Return the table, in several parts where there are more indicators than places; empty without targets.

    The province stands first, then the cities from the lowest mean probability to the highest; the
    lowest city of each column is marked.
    """
    cells = annex_cells(cube)
    quantities = list(dict.fromkeys(quantity for _, quantity in cells))
    if not quantities:
        return ""
    areas = areas_by_risk(cells, cube)
    names = {area.id: area.name.in_language(lang) for area in (*cube.plan.cities, cube.plan.province)}
    first = max(display_width(name) for name in (*names.values(), say("screen.area", lang)))
    each = max(1, (WIDEST - first) // (NARROWEST + 1))
    parts = [quantities[i : i + each] for i in range(0, len(quantities), each)]
    years = sorted({row.target.year for row in cells.values()})
    title = say("screen.cities", lang, year=" / ".join(str(year) for year in years))
    tables = [_part(part, areas, names, first, cells, cube, lang) for part in parts]
    return paragraph(title) + "\n" + "\n\n".join(tables)


def areas_by_risk(cells: Cells, cube: Cube) -> tuple[str, ...]:
    """Return the areas that have a target: the province, then the cities by their mean probability."""

    def mean(city: str) -> float:
        known = [row.p for (area, _), row in cells.items() if area == city and row.p is not None]
        return sum(known) / len(known) if known else 1.0

    there = {area for area, _ in cells}
    cities = sorted((city.id for city in cube.plan.cities if city.id in there), key=lambda c: (mean(c), c))
    return (*([cube.plan.province.id] if cube.plan.province.id in there else []), *cities)


def short_name(quantity: str, cube: Cube, lang: str) -> str:
    """Return the name of a quantity without what stands in brackets."""
    name = name_of(cube.plan, quantity).in_language(lang)
    return _BRACKETS.sub("", name) or name


def _part(
    quantities: Sequence[str],
    areas: Sequence[str],
    names: Mapping[str, str],
    first: int,
    cells: Cells,
    cube: Cube,
    lang: str,
) -> str:
    width = min(BROADEST, (WIDEST - first) // len(quantities) - len(GAP))
    head = [say("screen.area", lang), *(short_name(q, cube, lang) for q in quantities)]
    columns = [_column(quantity, areas, cells, cube, lang) for quantity in quantities]
    rows = [[names[area], *(column[i] for column in columns)] for i, area in enumerate(areas)]
    most = dict.fromkeys(range(1, len(head)), width)
    return wrapped_table(head, rows, most, right=range(1, len(head)), gap=GAP)


def _column(quantity: str, areas: Sequence[str], cells: Cells, cube: Cube, lang: str) -> list[str]:
    """Return the cells of one indicator; the lowest of its cities is marked."""
    rows = [cells.get((area, quantity)) for area in areas]
    known = [
        row.p
        for area, row in zip(areas, rows, strict=True)
        if row is not None and row.p is not None and area != cube.plan.province.id
    ]
    lowest = min(known) if len(set(known)) > 1 else None
    return [
        say("screen.not-assessed", lang)
        if row is None or row.p is None
        else (WORST if row.p == lowest and area != cube.plan.province.id else "")
        + bare_chance(row, cube.draws)
        for area, row in zip(areas, rows, strict=True)
    ]
