"""When targets are first reached, and how many of them together."""

from __future__ import annotations

import math
from itertools import accumulate

from sim.cube import Cube, Joint
from sim.report.markup import Html, Part, cell, element, number_cell, row_head, rows_of, text
from sim.report.material import Material
from sim.report.numbers import chance, margin, span
from sim.report.svg import drawing, words
from sim.tables.selection import shade


def passage(material: Material, cube: Cube, mark: str) -> Html:
    """Return by which year each headline target has been reached, and how often never."""
    years = cube.plan.years
    head: list[Part] = [text("target"), *(text("passage.by", year=year) for year in years)]
    head += [text("passage.never"), text("passage.median")]
    body = []
    for row in cube.headline_evaluated():
        if not row.passages:
            continue
        met = list(accumulate(row.passages[: len(years)]))
        cells = [cell(chance(p, cube.draws), class_=f"n s{shade(p)}") for p in met]
        body.append(
            [
                row_head(element("b", row.target.id), " ", row.target.name),
                *cells,
                number_cell(chance(row.passages[-1], cube.draws)),
                number_cell(text("passage.none") if row.reached is None else str(row.reached)),
            ]
        )
    return element(
        "section",
        element("h2", text("passage")),
        element("p", text("passage.reading"), class_="small"),
        rows_of(head, body, text("passage.caption"), class_="heat"),
        id=f"passage{mark}",
    )


def joint_section(material: Material, cube: Cube, mark: str) -> Html:
    """Return all targets together, at least k of them, and each given another."""
    joint = cube.joint
    title = element("h2", text("joint"))
    if joint is None:
        return element("section", title, element("p", text("joint.none")), id=f"joint{mark}")
    count = len(joint.targets)
    is_told = not math.isnan(joint.independent) and not math.isnan(joint.dependent)
    told = text(
        "joint.reading" if is_told else "joint.reading-alone",
        count=count,
        p=chance(joint.p, cube.draws),
        mc=margin(joint.low, joint.high),
        independent=chance(joint.independent, cube.draws) if is_told else "",
        dependent=chance(joint.dependent, cube.draws) if is_told else "",
    )
    return element(
        "section",
        title,
        element("p", told),
        bars(joint, cube.draws, mark),
        element("p", text("given.reading"), class_="small"),
        given(joint, cube.draws),
        id=f"joint{mark}",
    )


def bars(joint: Joint, draws: int, mark: str) -> Html:
    """Return a bar for at least 1, 2, ... of the targets, its number beside it."""
    ident = f"k{mark}"
    rows: list[Part] = []
    for k, (p, low, high) in enumerate(joint.at_least):
        if k == 0:
            continue
        y = 22.0 * (k - 1)
        rows.append(words(86, y + 15, text("joint.at-least", k=k), None, "end"))
        rows.append(element("rect", x=92, y=y + 3, width=max(220.0 * p, 0.5), height=16, class_="bar"))
        rows.append(
            words(97 + 220.0 * p, y + 15, f"{chance(p, draws)} ({span(low, high, draws, sign=False)})")
        )
    caption = element("figcaption", text("joint.bars"), id=ident)
    height = 22.0 * (len(joint.at_least) - 1)
    return element(
        "figure", caption, drawing(430, height, *rows, labelled_by=ident, class_="bars"), class_="chart"
    )


def given(joint: Joint, draws: int) -> Html:
    """Return ``P(column | row)``."""
    head: list[Part] = [text("given.row"), *joint.targets]
    body = []
    for i, target in enumerate(joint.targets):
        values = [float(p) for p in joint.conditional[i]]
        cells = [
            cell("·", class_="none") if i == j else cell(chance(p, draws), class_=f"n s{shade(p)}")
            for j, p in enumerate(values)
        ]
        body.append([row_head(target), *cells])
    return rows_of(head, body, text("given.caption"), class_="heat")
