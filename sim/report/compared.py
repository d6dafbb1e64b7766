"""Scenarios side by side: differences with the error that common luck leaves, and what was written."""

from __future__ import annotations

from sim.axes import Name
from sim.cube import Cube, Probability, name_of
from sim.report.markup import Html, Part, element, joined, number_cell, row_head, rows_of, text
from sim.report.material import Material
from sim.report.numbers import signed, told_chance
from sim.studies.compare import ChanceChange, Comparison, Interval
from sim.tables.difference_lines import difference_line

MOST = 8
"""Changes of levels that are told of each scenario."""


def compared(material: Material) -> Html:
    """Return the section that compares every other scenario with the first."""
    title = element("h2", text("compared"))
    if len(material.cubes) == 1:
        return element("section", title, element("p", text("compared.one")), id="compared")
    if not material.comparisons:
        return element("section", title, element("p", text("compared.luck")), id="compared")
    parts: list[Part] = [
        title,
        element("p", text("compared.reading", first=material.main.title), class_="small"),
        differences_table(material),
    ]
    parts += [written(material.main, comparison) for comparison in material.comparisons]
    return element("section", *parts, id="compared")


def differences_table(material: Material) -> Html:
    """Return a row per scenario: its headline chances less those of the first, in points."""
    targets = [row.target.id for row in material.main.headline_evaluated()]
    head: list[Part] = [text("scenario"), *targets, text("together")]
    body = []
    for comparison in material.comparisons:
        changes = {
            c.target.id: c for c in comparison.chances if c.target.lead and c.target.group == "headline"
        }
        rows = {row.target.id: row for row in comparison.now.headline_evaluated()}
        cells = [_change(changes.get(target), rows.get(target), comparison.now) for target in targets]
        together = comparison.joint[-1].difference if comparison.joint else None
        cells.append(number_cell("" if together is None else _points(together)))
        body.append([row_head(comparison.now.title), *cells])
    return rows_of(head, body, text("compared.caption", first=material.main.title), class_="wide")


def _change(change: ChanceChange | None, row: Probability | None, cube: Cube) -> Html:
    if change is None or row is None or row.p is None:
        return number_cell("—")
    return number_cell(_points(change.difference), element("small", told_chance(row, cube)))


def _points(interval: Interval) -> str:
    """Return a difference in points with its error, such as ``+3.1 ±0.4``."""
    error = 50.0 * (interval.high - interval.low)
    if interval.value == 0.0 and error == 0.0:
        return "="
    return f"{signed(100.0 * interval.value)} ±{max(error, 0.1):.1f}"


def written(first: Cube, comparison: Comparison) -> Html:
    """Return what the files differ in, and which levels that moves most."""
    plan = first.plan
    areas = {area.id: area.name for area in (*plan.cities, plan.province)}
    lines = [Name(*(difference_line(d, plan, lang) for lang in ("zh", "en"))) for d in comparison.written]
    known = [shift for shift in comparison.moved if shift.change is not None and shift.area in areas]
    shifts = [
        text(
            "compared.shift",
            area=areas[shift.area],
            name=name_of(plan, shift.quantity),
            year=shift.year,
            change=signed(100.0 * (shift.change or 0.0)),
        )
        for shift in known[:MOST]
    ]
    parts: list[Part] = [element("summary", comparison.now.title)]
    parts.append(element("p", text("compared.written" if lines else "compared.same")))
    parts.append(element("ul", *(element("li", line) for line in lines)))
    if shifts:
        parts += [element("p", text("compared.moved")), element("ul", *(element("li", s) for s in shifts))]
    return element("details", joined(parts), class_="written")
