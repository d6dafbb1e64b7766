"""Cities by indicators: a table of chances sorted by risk, and the same as maps of tiles."""

from __future__ import annotations

from collections.abc import Sequence

from sim.axes import Name
from sim.cube import Cube, Probability, name_of
from sim.report.markup import Html, Part, cell, element, row_head, rows_of, text
from sim.report.material import Material
from sim.report.numbers import chance_of, span
from sim.report.svg import drawing, words
from sim.tables.selection import (
    Rows,
    areas_by_risk,
    cells_of,
    ends_of,
    indicators_by_risk,
    places_of,
    shade_between,
)

TILE = 54.0
"""Side of a tile."""


def cities(material: Material, cube: Cube, mark: str) -> Html:
    """Return heatmap and tile maps; without rows for cities, what is missing."""
    rows = cells_of(cube)
    indicators = indicators_by_risk(rows)
    if not indicators:
        return element(
            "section", element("h2", text("cities")), element("p", text("cities.none")), id=f"cities{mark}"
        )
    maps = [tile_map(cube, rows, indicator, mark) for indicator in indicators]
    return element(
        "section",
        element("h2", text("cities")),
        element("p", text("cities.reading", year=cube.plan.years[-1]), class_="small"),
        shades(),
        heatmap(cube, rows, indicators),
        element("h3", text("map")),
        element("p", text("map.reading"), class_="small"),
        element("div", *maps, class_="maps"),
        id=f"cities{mark}",
    )


def shades() -> Html:
    """Return the key of the colours, with numbers."""
    keys = [element("i", f"{10 * i}", class_=f"s{i}") for i in range(11)]
    return element("p", text("shades"), " ", *keys, class_="shades")


def heatmap(cube: Cube, rows: Rows, indicators: Sequence[str]) -> Html:
    """Return the table: a number and its model uncertainty in each cell, 未评估 where there is none."""
    head: list[Part] = [text("area"), *(name_of(cube.plan, q) for q in indicators)]
    body = []
    for area in areas_by_risk(cube.plan, rows):
        cells = [heat_cell(rows.get((area.id, q)), cube.draws) for q in indicators]
        body.append([row_head(area.name), *cells])
    return rows_of(head, body, text("cities.caption"), class_="heat")


def heat_cell(row: Probability | None, draws: int) -> Html:
    if row is None or row.p is None:
        return cell(text("not-evaluated"), class_="none")
    between = ""
    if row.p10 is not None and row.p90 is not None:
        between = span(row.p10, row.p90, draws, sign=False)
    shown = chance_of(row, draws, sign=False)
    return cell(shown, element("small", between), class_=f"s{shade_between(*ends_of(row))}")


def tile_map(cube: Cube, rows: Rows, indicator: str, mark: str) -> Html:
    """Return one map: a tile per city with its name and its chance."""
    places = places_of(cube.plan)
    ident = f"m{mark}-{indicator}"
    height, width = (TILE * max(place[i] for place in places.values()) for i in (0, 1))
    tiles: list[Part] = []
    for city in cube.plan.cities:
        tiles.append(tile(places[city.id], city.name, rows.get((city.id, indicator)), cube.draws))
    title = element("figcaption", name_of(cube.plan, indicator), id=ident)
    return element(
        "figure", title, drawing(width, height, *tiles, labelled_by=ident, class_="tiles"), class_="map"
    )


def tile(place: tuple[int, int], name: Name, row: Probability | None, draws: int) -> Html:
    x, y = (place[1] - 1) * TILE, (place[0] - 1) * TILE
    known = row is not None and row.p is not None
    class_ = f"s{shade_between(*ends_of(row))}" if row is not None and row.p is not None else "none"
    number: Part = (
        chance_of(row, draws, sign=False) if row is not None and row.p is not None else text("not-evaluated")
    )
    box = element("rect", x=x + 1, y=y + 1, width=TILE - 2, height=TILE - 2, rx=4)
    return element(
        "g",
        box,
        words(x + TILE / 2, y + 20, name, "place", "middle"),
        words(x + TILE / 2, y + 40, number, "value" if known else "place", "middle"),
        class_=class_,
    )
