"""What would it take: growth that gives a chance, and the chance that growth gives."""

from __future__ import annotations

import math

from sim.axes import Name
from sim.baseline.plan import Baseline
from sim.cube import Cube, Probability, name_of
from sim.report.markup import Html, element, number_cell, row_head, rows_of, text, text_cell
from sim.report.material import Material
from sim.report.numbers import MINUS, SPACE, chance, chance_of, growth
from sim.studies.goal_seek import Need

MEDIAN = 0.5
"""The chance of a target that the median outcome just meets."""

WANTED = (MEDIAN, 0.8, 0.9)
"""Chances for which the growth is told."""


def is_rate(plan: Baseline, driver: str) -> bool:
    return next(i.kind for i in plan.indicators if i.id == driver) == "rate"


def growth_text(plan: Baseline, need: Need, value: float) -> Name:
    """Return growth a year in the driver's own way: per cent, or points of a rate."""
    if not math.isfinite(value):
        return Name("", "")
    if is_rate(plan, need.driver):
        return text("points-a-year", value=f"{100.0 * value:.2f}".replace("-", MINUS))
    return Name(growth(value), growth(value))


def needs_section(material: Material, cube: Cube, mark: str) -> Html:
    """Return the section: growth of the driver under the scenario, and for each chance."""
    needs = {need.target: need for need in material.needs.get(cube.scenario, ())}
    head = [
        text("target"),
        text("needs.driver"),
        text("needs.now"),
        text("needs.p"),
        *(text("needs.for", p=f"{100 * p:.0f}{SPACE}%") for p in WANTED),
        text("needs.required"),
    ]
    body = []
    for row in cube.headline_evaluated():
        need = needs.get(row.target.id)
        if need is None or row.p is None:
            continue
        cells = [
            row_head(element("b", row.target.id), " ", row.target.name),
            text_cell(name_of(cube.plan, need.driver)),
            number_cell(growth_text(cube.plan, need, need.growth)),
            number_cell(chance_of(row, cube.draws)),
            *(number_cell(bounded(cube.plan, need, p)) for p in WANTED),
            number_cell(by_arithmetic(cube, row, need)),
        ]
        body.append(cells)
    table = rows_of(head, body, text("needs.caption"))
    extra = [element("div", class_="slider", id="slider")] if not mark else []
    return element(
        "section",
        element("h2", text("needs")),
        element("p", text("needs.reading"), class_="small"),
        table,
        *extra,
        id=f"needs{mark}",
    )


def by_arithmetic(cube: Cube, row: Probability, need: Need) -> Name:
    """Return the growth from base to target, and the chance that it gives: of the driver where it is what
    the target counts, else of the quantity itself, whose median then just meets the target.
    """
    if row.required is None:
        return Name("—", "—")
    if row.quantity == need.driver and not is_rate(cube.plan, need.driver):
        p = need.p_at(row.required)
        return text("needs.gives", growth=growth(row.required), p=chance(p, cube.draws))
    return text("needs.gives-own", growth=growth(row.required), p=chance(MEDIAN, cube.draws))


def bounded(plan: Baseline, need: Need, p: float) -> Name:
    """Return the growth for *p*, or on which side of all that was tried it lies."""
    wanted = need.growth_for(p)
    if math.isfinite(wanted):
        return growth_text(plan, need, wanted)
    end = need.curve[0][0] if wanted < 0 else need.curve[-1][0]
    key = "needs.below" if wanted < 0 else "needs.above"
    return text(key, growth=growth_text(plan, need, end))
