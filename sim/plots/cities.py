"""Cities by indicators: heat map and tile maps, a number in every place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from sim.cube import Cube, Probability, name_of
from sim.plots.style import INK, KEY_SIZE, SOFT, panels, short, title_of
from sim.tables.figures import bare_percent, bare_span
from sim.tables.selection import (
    LIGHT_ON,
    SHADES,
    areas_by_risk,
    cells_of,
    indicators_by_risk,
    places_of,
    shade,
)
from sim.texts import say


def heatmap(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return the table of chances, the most at risk on top and at the left."""
    cube = cubes[0]
    rows = cells_of(cube)
    indicators, areas = indicators_by_risk(rows), areas_by_risk(cube.plan, rows)
    figure = Figure(figsize=(1.8 + 1.05 * len(indicators), 1.9 + 0.4 * len(areas)), layout="constrained")
    axis = figure.add_subplot()
    for y, area in enumerate(areas):
        for x, quantity in enumerate(indicators):
            _cell(axis, x, y, rows.get((area.id, quantity)), cube.draws, lang)
    axis.set_xlim(0, max(len(indicators), 1))
    axis.set_ylim(len(areas), 0)
    names = [short(name_of(cube.plan, q).in_language(lang), 15) for q in indicators]
    axis.set_xticks([i + 0.5 for i in range(len(indicators))], names, fontsize=7.5)
    axis.set_yticks([i + 0.5 for i in range(len(areas))], [a.name.in_language(lang) for a in areas])
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    _shades_below(figure, lang)
    title = f"{cube.title.in_language(lang)}: {say('report.cities.caption', lang)}; {say('plot.cell', lang)}"
    title_of(figure, title)
    return figure


def _shades_below(figure: Figure, lang: str) -> None:
    """Put what the colours mean below the places."""
    colours = [
        Patch(facecolor=colour, edgecolor="#b9c6d4", lw=0.5, label=f"{10 * depth}")
        for depth, colour in enumerate(SHADES)
    ]
    figure.legend(
        handles=colours,
        loc="outside lower center",
        ncols=len(SHADES),
        frameon=False,
        fontsize=KEY_SIZE,
        title=say("report.shades", lang),
        title_fontsize=KEY_SIZE,
        handlelength=1.4,
        columnspacing=0.9,
    )


def _cell(axis: Axes, x: float, y: float, row: Probability | None, draws: int, lang: str) -> None:
    fill, ink, told = _told(row, draws, lang)
    axis.add_patch(Rectangle((x + 0.02, y + 0.03), 0.96, 0.94, facecolor=fill, edgecolor="none"))
    around: dict[str, Any] = {"color": ink, "ha": "center", "va": "center"}
    if row is None or row.p10 is None or row.p90 is None:
        axis.text(x + 0.5, y + 0.5, told, fontsize=9, **around)
        return
    axis.text(x + 0.5, y + 0.36, told, fontsize=9, **around)
    axis.text(x + 0.5, y + 0.76, bare_span(row.p10, row.p90, draws), fontsize=6.5, **around)


def _told(row: Probability | None, draws: int, lang: str) -> tuple[str, str, str]:
    """Return fill, ink and text of a place."""
    if row is None or row.p is None:
        return "#ffffff", SOFT, say("report.not-evaluated", lang)
    depth = shade(row.p)
    return SHADES[depth], "#ffffff" if depth >= LIGHT_ON else INK, bare_percent(row.p, draws)


def tiles(cubes: Sequence[Cube], lang: str) -> Figure:
    """Return a map of tiles for each indicator, the most at risk first."""
    cube = cubes[0]
    rows, places = cells_of(cube), places_of(cube.plan)
    indicators = indicators_by_risk(rows)
    deep, wide = (max(place[i] for place in places.values()) for i in (0, 1))
    figure, axes = panels(len(indicators), 3, 0.62 * wide + 0.2, 0.62 * deep + 0.4)
    for quantity, axis in zip(indicators, axes, strict=True):
        for city in cube.plan.cities:
            y, x = places[city.id]
            fill, ink, told = _told(rows.get((city.id, quantity)), cube.draws, lang)
            axis.add_patch(
                Rectangle((x - 0.97, y - 0.97), 0.94, 0.94, facecolor=fill, edgecolor="#b9c6d4", lw=0.5)
            )
            name = city.name.in_language(lang)
            size = 7.5 if len(name) < 5 else 6.0
            axis.text(x - 0.5, y - 0.68, name, color=ink, ha="center", va="center", fontsize=size)
            axis.text(
                x - 0.5,
                y - 0.3,
                told,
                color=ink,
                ha="center",
                va="center",
                fontsize=10 if row_known(told) else 6,
            )
        axis.set_xlim(0, wide)
        axis.set_ylim(deep, 0)
        axis.set_aspect("equal")
        axis.axis("off")
        axis.set_title(short(name_of(cube.plan, quantity).in_language(lang), 34), fontsize=9)
    _shades_below(figure, lang)
    title_of(figure, f"{cube.title.in_language(lang)}: {say('report.cities.caption', lang)}", 10.0)
    return figure


def row_known(told: str) -> bool:
    return any(letter.isdigit() for letter in told)
