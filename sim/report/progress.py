"""The progress light of the national rule, kept apart from probability."""

from __future__ import annotations

from sim.axes import Name
from sim.baseline.plan import Baseline
from sim.baseline.progress import Progress
from sim.cube import name_of, unit_of
from sim.report.markup import (
    Html,
    amount,
    cell,
    element,
    joined,
    number_cell,
    row_head,
    rows_of,
    text,
    unit_name,
)
from sim.report.material import Material
from sim.report.numbers import SPACE, number, signed

SHAPES = {"red": "▲", "yellow": "◆", "green": "●", "none": "○"}


def progress_section(material: Material) -> Html:
    """Return the lights of the headline targets, then those of areas with actuals."""
    plan = material.plan
    headline = [row for row in material.progress if row.target is not None]
    cells = [row for row in material.progress if row.target is None]
    parts = [
        element("h2", text("progress")),
        element("p", text("progress.reading"), class_="note"),
        table_of(plan, headline, text("progress.headline")),
    ]
    if cells:
        parts.append(table_of(plan, cells, text("progress.cells")))
    return element("section", *parts, id="progress")


def table_of(plan: Baseline, rows: list[Progress], caption: Name) -> Html:
    head = [
        text("progress.what"),
        text("progress.light"),
        text("progress.actual"),
        text("progress.schedule"),
        text("progress.gap"),
        text("progress.elapsed"),
        text("progress.done"),
    ]
    return rows_of(head, [_row(plan, row) for row in rows], caption)


def _row(plan: Baseline, row: Progress) -> list[Html]:
    areas = {area.id: area.name for area in (*plan.cities, plan.province)}
    unit = unit_name(unit_of(plan, row.quantity))
    what = joined([element("b", row.target or ""), " ", name_of(plan, row.quantity)])
    if row.target is None:
        what = joined([element("b", areas[row.area]), " ", name_of(plan, row.quantity)])
    actual: Name | str = "—"
    schedule: Name | str = "—"
    if row.actual is not None and row.schedule is not None:
        actual = text("progress.amount", amount=amount(number(row.actual), unit), year=str(row.year))
        key = "progress.line" if row.line else "progress.path"
        schedule = text(key, amount=amount(number(row.schedule), unit))
    return [
        row_head(what),
        light(row),
        number_cell(actual),
        number_cell(schedule),
        number_cell("—" if row.gap is None else signed(-100.0 * row.gap) + SPACE + "%"),
        number_cell(_share(row.elapsed)),
        number_cell(_share(row.done)),
    ]


def light(row: Progress) -> Html:
    """Return the light: colour, shape and words say the same."""
    sign = element("span", SHAPES[row.light], class_=f"light {row.light}", aria_hidden="true")
    return cell(
        sign, " ", text(f"light.{row.light}"), element("small", text(f"word.{row.word}")), class_="lit"
    )


def _share(share: float | None) -> str:
    return "—" if share is None else f"{100.0 * share:.0f}{SPACE}%".replace("-", "\N{MINUS SIGN}")
