"""What moves each headline target: its strongest assumptions, one at a time, as a tornado."""

from __future__ import annotations

from sim.cube import Cube, Driver, Probability
from sim.report.markup import Html, Part, element, listed, text
from sim.report.numbers import bare, chance
from sim.report.svg import drawing, line, words

STRONGEST = 7
"""Assumptions shown of each target."""

LEAST = 0.01
"""An assumption that moves the chance by less is left out."""

WIDTH, ROW, TOP = 420.0, 40.0, 6.0
LEFT, SCALE = 40.0, 3.3
"""Places: the left end of the scale, and units of the drawing per point of probability."""


def drivers(cube: Cube, mark: str) -> Html:
    """Return the section: a chart for every headline target that has an answer."""
    rows = [row for row in cube.headline_evaluated() if row.p is not None]
    untold = text("drivers.untold", names=listed(cube.untold))
    return element(
        "section",
        element("h2", text("drivers")),
        element("p", text("drivers.reading"), class_="small"),
        *([element("p", untold, class_="small")] if cube.untold else []),
        element("div", *(tornado(cube, row, mark) for row in rows), class_="charts"),
        id=f"drivers{mark}",
    )


def strongest_of(row: Probability) -> list[Driver]:
    """Return the assumptions that move *row* most, the strongest first."""
    return [move for move in row.moves if move.size() >= LEAST][:STRONGEST]


def tornado(cube: Cube, row: Probability, mark: str) -> Html:
    """Return one chart: a bar from low to high for each assumption, its name above it."""
    ident = f"d{mark}-{row.target.id}"
    title = element("figcaption", element("b", row.target.id), " ", row.target.name, id=ident)
    moves = strongest_of(row)
    if not moves or row.p is None:
        return element("figure", title, element("p", text("drivers.none"), class_="small"), class_="chart")
    bottom = TOP + ROW * len(moves)
    parts: list[Part] = [line(_x(0.25 * i), TOP, _x(0.25 * i), bottom, "grid") for i in range(5)]
    for i, move in enumerate(moves):
        parts += bar(move, TOP + ROW * i, cube.draws)
        parts.append(line(_x(row.p), TOP + ROW * i + 19, _x(row.p), TOP + ROW * i + 35, "median"))
    parts += [words(_x(0.25 * i), bottom + 16, f"{25 * i}", "tick", "middle") for i in range(5)]
    picture = drawing(WIDTH, bottom + 22, *parts, labelled_by=ident, class_="fan")
    return element("figure", title, picture, class_="chart")


def bar(move: Driver, y: float, draws: int) -> list[Html]:
    """Return the name of an assumption, its bar with a mark at either end, and both chances."""
    first, last = sorted((move.low, move.high))
    ends = {end: "start" if end == last else "end" for end in (first, last)}
    level = y + 27
    parts = [
        words(4, y + 14, move.name, None),
        element(
            "rect", x=_x(first), y=level - 4, width=max(_x(last) - _x(first), 1.0), height=8, class_="bar"
        ),
        element("circle", cx=_x(move.low), cy=level, r=4.5, class_="low"),
        element("circle", cx=_x(move.high), cy=level, r=4.5, class_="high"),
    ]
    for end, anchor in ends.items():
        aside = 9 if anchor == "start" else -9
        told = chance(end, draws) if anchor == "start" else bare(end, draws)
        parts.append(words(_x(end) + aside, level + 4, told, "end", anchor))
    return parts


def _x(p: float) -> float:
    return LEFT + SCALE * 100.0 * p
