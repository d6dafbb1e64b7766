"""Charts of the workbook and the numbers behind them: as on the page, under names that say what they are."""

from __future__ import annotations

import itertools
from functools import cache

import openpyxl
import pytest

from sim.api import load_scenarios, run
from sim.baseline.progress import actuals_of, base_of, planned_of
from sim.cube import QUANTILES, Cube
from sim.streams import BLOCK
from sim.tables.selection import goal_of, trajectory_of
from sim.workbook.chart_sheets import fan_of
from sim.workbook.workbooks import workbook
from tests.units.test_workbook import opened, origin


@cache
def shipped() -> tuple[Cube, openpyxl.Workbook]:
    """Return the result of the shipped plan and its workbook."""
    [made] = run(load_scenarios("baseline", draws=BLOCK))
    return made, opened(workbook(made, origin(), "en"))


def chart_tables() -> dict[str, list[dict[str, object]]]:
    """Return the tables of the sheet of numbers behind the charts, by the title above each."""
    rows = list(shipped()[1]["Chart data"].iter_rows(values_only=True))
    found: dict[str, list[dict[str, object]]] = {}
    for i, row in enumerate(rows):
        if row[0] == "year":
            body = itertools.takewhile(lambda cells: isinstance(cells[0], int), rows[i + 1 :])
            found[str(rows[i - 1][0])] = [dict(zip(map(str, row), cells, strict=True)) for cells in body]
    return found


def test_numbers_behind_a_fan_are_quantiles_under_their_own_names_and_increments_say_what_they_are() -> None:
    made, tables = shipped()[0], chart_tables()
    answers = [row for row in made.headline() if fan_of(made, row)]
    assert len(tables) == len(answers) == 9
    for (title, rows), answer in zip(tables.items(), answers, strict=True):
        assert title.startswith(answer.target.id)
        series = trajectory_of(made, answer.target.area, answer.quantity)
        for row, year in zip(rows[-len(series) :], series, strict=True):
            assert row["year"] == year.year
            for level, quantile in zip(QUANTILES, year.quantiles, strict=True):
                name = f"{100 * level:g} % quantile"
                assert row[f"median ({name})" if level == 0.5 else name] == pytest.approx(quantile, rel=1e-12)
            stacked = [value for name, value in row.items() if name.startswith("for drawing only")]
            assert sum(map(float, map(str, stacked))) == pytest.approx(year.quantiles[-1], rel=1e-12)
        assert not any("of draws" in name for name in rows[0])


def test_a_fan_has_base_year_actuals_planned_path_and_target_as_the_page_has_them() -> None:
    made, titles = shipped()[0], chart_tables()
    tables = {title[:3]: rows for title, rows in titles.items()}
    plan = made.plan
    for answer in (row for row in made.headline() if fan_of(made, row)):
        rows, place = tables[answer.target.id], (answer.target.area, answer.quantity)
        by_year = {row["year"]: row for row in rows}
        base = by_year[plan.base_year]
        level = base_of(plan, *place)
        for name in ("actual", "2.5 % quantile", "97.5 % quantile"):
            assert base[name] == pytest.approx(level, rel=1e-12)
        known = {year: row["actual"] for year, row in by_year.items() if row["actual"] is not None}
        actuals = {plan.base_year: level} | actuals_of(plan, *place)
        assert known == pytest.approx(actuals, rel=1e-12)
        path = {year: row["planned path"] for year, row in by_year.items() if row["planned path"] is not None}
        assert path == pytest.approx(planned_of(plan, *place), rel=1e-12)
        [head] = [name for name in base if name.startswith("target")]
        assert base[head] == pytest.approx(goal_of(plan, answer.target), rel=1e-12)
    assert "target (15 % a year, compounded)" in tables["H04"][0]
    assert "H04 High-tech industry investment (100 million yuan)" in titles


def test_no_chart_is_cut_by_the_edge_of_a_page_and_no_number_by_its_column() -> None:
    book = shipped()[1]
    assert book["Charts"].sheet_properties.pageSetUpPr.fitToPage
    assert book["Charts"].page_setup.fitToHeight in (None, 1)
    sheet = book["Chart data"]
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, (int, float)):
                width = sheet.column_dimensions[cell.column_letter].width
                assert width > len(f"{cell.value:,.2f}"), cell.coordinate
            elif cell.alignment.wrap_text and cell.font.bold:
                lines = len(str(cell.value)) / sheet.column_dimensions[cell.column_letter].width
                assert sheet.row_dimensions[cell.row].height >= 12.0 * lines
