"""path.csv: the plan's path as `sim.baseline.path` solved it once, with eight digits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.axes import Floats
from sim.baseline.fields import table_or_none
from sim.baseline.load_plan import Frame
from sim.baseline.load_printed import areas_of
from sim.baseline.plan import Indicator, Printed
from sim.errors import Found
from sim.marked.table import Row, Table

COLUMNS = ("indicator", "area", "year", "level")
DIGITS = 8
SLACK = 1e-6  # eight digits of a level next to the edge of its printed interval, and as much for growth


def load_path(
    folder: Path,
    root: Path,
    frame: Frame,
    indicators: Sequence[Indicator],
    printed: Printed,
    found: Found,
    unread: bool = False,
) -> Floats:
    """Return the path ``[cities then province, indicator, base year + years]``; NaN where none is.

    All NaN where the file is not there yet, or stays *unread*. A file that lacks cells, or whose levels
    do not lie in the printed intervals, was made from other tables: a mistake.
    """
    shape = (len(frame.areas), len(indicators), len(frame.years) + 1)
    path = np.full(shape, np.nan)
    file = folder / "path.csv"
    table = table_or_none(file, root, COLUMNS, found) if file.exists() and not unread else None
    if table is not None:
        _fill(path, table, frame, indicators, found)
        _check(path, table, frame, indicators, printed, found)
    path.setflags(write=False)
    return path


def _fill(path: Floats, table: Table, frame: Frame, indicators: Sequence[Indicator], found: Found) -> None:
    rows = {area.id: i for i, area in enumerate(frame.areas)}
    columns = {indicator.id: i for i, indicator in enumerate(indicators)}
    for row in table.rows:
        at = _position(row, rows, columns, frame, found)
        level = row["level"].number(found, positive=True)
        if at is None:
            continue
        if not np.isnan(path[at]):
            row["indicator"].mistake(found, "duplicate-row")
        path[at] = level


def _position(
    row: Row, rows: dict[str, int], columns: dict[str, int], frame: Frame, found: Found
) -> tuple[int, int, int] | None:
    area = row["area"].choice(rows, found, "unknown-area")
    indicator = row["indicator"].choice(columns, found, "unknown-indicator")
    year = row["year"].integer(found)
    if year is not None and not frame.base_year <= year <= frame.years[-1]:
        row["year"].mistake(found, "year-outside-plan", first=frame.base_year, last=frame.years[-1])
        return None
    if area is None or indicator is None or year is None:
        return None
    return rows[area], columns[indicator], year - frame.base_year


def _check(
    path: Floats, table: Table, frame: Frame, indicators: Sequence[Indicator], printed: Printed, found: Found
) -> None:
    for column, indicator in enumerate(indicators):
        areas = {area.id for area in areas_of(indicator, frame)}
        rows = [i for i, area in enumerate(frame.areas) if area.id in areas]
        levels = path[rows, column, :]
        first = 1 if indicator.kind == "count" else 0
        if indicator.growth == "trend" or not rows:
            continue
        if np.isnan(levels[:, first:]).any():
            found.add(table.place, "path-incomplete", name=indicator.id)
            continue
        if indicator.growth != "printed":
            continue
        level, half = printed.level[rows, column], printed.level_half[rows, column]
        growth, growth_half = printed.growth[rows, column], printed.growth_half[rows, column]
        if indicator.authority == "growth":
            off = np.abs(levels[:, 1:] / levels[:, :-1] - 1 - growth) - growth_half > SLACK
        else:
            off = np.abs(levels[:, 1:] - level) - half > SLACK * level
        for i in np.flatnonzero(off.any(axis=1)):
            found.add(table.place, "path-outside-print", name=indicator.id, area=frame.areas[rows[i]].id)
