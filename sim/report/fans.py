"""Fan charts: bands of 50, 80 and 95 %, target, planned path, actuals, other scenarios' medians."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sim.axes import Name
from sim.baseline.progress import actuals_of, base_of, planned_of
from sim.cube import QUANTILES, Cube, Probability, Trajectory, unit_of
from sim.report.markup import Html, Part, element, number_cell, row_head, rows_of, text, unit_name
from sim.report.material import Material
from sim.report.numbers import number
from sim.report.svg import apart, drawing, line, path, ticks, words
from sim.tables.selection import charted, goal_of, level_limits, median_line, trajectory_of
from sim.tables.surprises import Surprise, surprises_of

WIDTH, HEIGHT = 420.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 122.0, 12.0, 28.0
"""Room on the right for "median 1,234,567" in the widest of common fonts (DejaVu Sans)."""
OTHERS = 5
"""Medians of so many other scenarios can be told apart in one chart."""

MARKS = "①②③④⑤"
BANDS = ((0.025, 0.975, "b95"), (0.1, 0.9, "b80"), (0.25, 0.75, "b50"))


@dataclass(frozen=True, slots=True)
class Scale:
    """Years and levels to places in the drawing."""

    years: tuple[int, ...]
    low: float
    high: float

    def x(self, year: int) -> float:
        share = (year - self.years[0]) / max(self.years[-1] - self.years[0], 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, level: float) -> float:
        share = (level - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def fans(material: Material, cube: Cube, mark: str) -> Html:
    """Return a chart for every headline target whose quantity has a trajectory."""
    others = [other for other in material.cubes if other is not cube]
    shown = others[:OTHERS]
    rows = [row for row in cube.headline_evaluated() if row.p is not None]
    charts = [fan(cube, row, shown, mark) for row in rows]
    legend: list[Part] = [
        element("span", element("i", class_=f"key {name}"), text(f"fan.{name}"))
        for name in ("b50", "b80", "b95", "median", "goal", "plan", "actual")
    ]
    legend += [
        element("span", element("i", f"{letter}", class_="letter"), other.title)
        for letter, other in zip(MARKS, shown, strict=False)
    ]
    if len(others) > OTHERS:
        legend.append(element("span", text("fan.more", count=len(others) - OTHERS)))
    return element(
        "section",
        element("h2", text("fans")),
        element("p", text("fans.reading" if cube.effective is None else "fans.reading.used"), class_="small"),
        element("p", *legend, class_="legend"),
        element("div", *charts, class_="charts"),
        id=f"fans{mark}",
    )


def fan(cube: Cube, row: Probability, others: Sequence[Cube], mark: str) -> Html:
    """Return one chart with its numbers in a table below it."""
    target = row.target
    series = trajectory_of(cube, target.area, row.quantity)
    if not series:
        return Html("")
    base = base_of(cube.plan, target.area, row.quantity)
    goal = goal_of(cube.plan, target)
    medians = [median_line(other, target.area, row.quantity) for other in others]
    plan = planned_of(cube.plan, target.area, row.quantity)
    actual = actuals_of(cube.plan, target.area, row.quantity)
    values = [q for t in series for q in (t.quantiles[0], t.quantiles[-1])]
    values += [v for v in (base, goal) if v is not None]
    values += [*plan.values(), *actual.values(), *(v for m in medians for v in m.values())]
    scale = Scale((cube.plan.base_year, *cube.plan.years), *level_limits(values))
    ident = f"f{mark}-{target.id}"
    parts = [*axes(scale), *bands(scale, series, base, cube.plan.base_year)]
    if plan:
        parts.append(path([(scale.x(y), scale.y(v)) for y, v in sorted(plan.items())], "plan"))
    for i, points in enumerate(medians):
        parts.append(path([(scale.x(y), scale.y(v)) for y, v in sorted(points.items())], f"other o{i}"))
    middle = median_line(cube, target.area, row.quantity)
    parts.append(path([(scale.x(y), scale.y(v)) for y, v in sorted(middle.items())], "median"))
    if goal is not None:
        parts.append(
            line(scale.x(scale.years[0]), scale.y(goal), scale.x(target.year), scale.y(goal), "goal")
        )
    parts += [
        element("circle", cx=scale.x(y), cy=scale.y(v), r=3.5, class_="actual") for y, v in actual.items()
    ]
    parts += ends(scale, series[-1], goal, medians)
    unit = unit_name(unit_of(cube.plan, row.quantity))
    title = element(
        "figcaption",
        element("b", target.id),
        " ",
        charted(cube.plan, target),
        text("in-unit", unit=unit),
        id=ident,
    )
    return element(
        "figure",
        title,
        drawing(WIDTH, HEIGHT, *parts, labelled_by=ident, class_="fan"),
        *(element("p", outside(each), class_="outside") for each in surprises_of(cube, row)),
        fan_table(series, plan, actual),
        class_="chart",
    )


def outside(each: Surprise) -> Name:
    """Return that an actual contradicts the chart."""
    key = "fan.outside.above" if each.above else "fan.outside.below"
    rest = 100 - each.band
    return text(key, year=str(each.year), value=number(each.actual), band=each.band, rest=rest)


def axes(scale: Scale) -> list[Html]:
    parts = []
    for level in ticks(scale.low, scale.high):
        parts.append(line(LEFT, scale.y(level), WIDTH - RIGHT, scale.y(level), "grid"))
        parts.append(words(LEFT - 5, scale.y(level) + 4, number(level), "tick", "end"))
    parts += [words(scale.x(year), HEIGHT - 7, str(year), "tick", "middle") for year in scale.years]
    return parts


def bands(scale: Scale, series: Sequence[Trajectory], base: float | None, base_year: int) -> list[Html]:
    parts = []
    for low, high, name in BANDS:
        start = [] if base is None else [(scale.x(base_year), scale.y(base))]
        top = [(scale.x(t.year), scale.y(t.quantiles[QUANTILES.index(high)])) for t in series]
        bottom = [(scale.x(t.year), scale.y(t.quantiles[QUANTILES.index(low)])) for t in series]
        parts.append(path([*start, *top, *reversed(bottom)], name, closed=True))
    return parts


def ends(
    scale: Scale, last: Trajectory, goal: float | None, others: Sequence[dict[int, float]]
) -> list[Html]:
    """Return the labels at the right end, moved apart where they would cover each other."""
    labels: list[tuple[float, Name, str]] = []
    middle = last.quantiles[QUANTILES.index(0.5)]
    labels.append((middle, text("fan.end-median", value=number(middle)), "end"))
    if goal is not None:
        labels.append((goal, text("fan.end-goal", value=number(goal)), "end goal-text"))
    for letter, points in zip(MARKS, others, strict=False):
        if last.year in points:
            level = points[last.year]
            labels.append(
                (level, Name(f"{letter} {number(level)}", f"{letter} {number(level)}"), "end other-text")
            )
    places = apart([scale.y(level) + 4 for level, _, _ in labels], 15.0, TOP + 4, HEIGHT - BOTTOM)
    return [
        words(WIDTH - RIGHT + 6, y, told, class_) for y, (_, told, class_) in zip(places, labels, strict=True)
    ]


def fan_table(series: Sequence[Trajectory], plan: dict[int, float], actual: dict[int, float]) -> Html:
    """Return the numbers of a chart, folded away."""
    head: list[Part] = [
        text("year"),
        text("actual"),
        text("planned"),
        *(f"{100 * q:g}{chr(0xA0)}%" for q in QUANTILES),
    ]
    body = [
        [
            row_head(str(t.year)),
            number_cell(number(actual[t.year]) if t.year in actual else ""),
            number_cell(number(plan[t.year]) if t.year in plan else ""),
            *(number_cell(number(q)) for q in t.quantiles),
        ]
        for t in series
    ]
    summary = element("summary", text("fan.numbers"))
    return element("details", summary, rows_of(head, body, text("fan.table")), class_="fold")
