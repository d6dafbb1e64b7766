"""printed.csv: the tables as printed, with the precision of each cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from sim.baseline.fields import table_or_none
from sim.baseline.load_plan import Frame
from sim.baseline.plan import Area, Exact, Indicator, Printed, PrintedCell
from sim.errors import Found, Place, as_written, times_apart
from sim.marked.table import Cell, Row

COLUMNS = ("indicator", "area", "year", "level", "growth")
DECIMAL = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,9})?")
# A misprint of the document must load, for the audit to name it; a slip of typing must not. Five points
# of yearly growth, or a hundredfold in a year, are beyond what rounding or a misprint of one digit does.
GROSS_GROWTH = Fraction(5, 100)
GROSS_FACTOR = 100

Key = tuple[str, str, int]


def load_printed(
    folder: Path, root: Path, frame: Frame, indicators: Sequence[Indicator], found: Found
) -> Printed | None:
    """Return the printed tables with every expected cell; None where the file cannot be read."""
    is_needed = any(indicator.growth == "printed" for indicator in indicators)
    table = table_or_none(folder / "printed.csv", root, COLUMNS, found, needs_rows=is_needed)
    if table is None:
        return None
    known = {indicator.id: indicator for indicator in indicators}
    cells: dict[Key, PrintedCell] = {}
    seen: dict[Key, int] = {}
    for row in table.rows:
        key = _key(row, frame, known, found)
        if key is None:
            continue
        if key in seen:
            row["indicator"].mistake(found, "duplicate-cell", line=seen[key])
            continue
        seen[key] = row.line
        cell = _cell(row, known[key[1]], found)
        if cell is not None:
            cells[key] = cell
    for indicator in indicators:
        _find_missing(indicator, frame, seen, table.place, found)
        if indicator.growth == "printed":
            _compare_years(indicator, frame, cells, found)
    return _arrays(frame.areas, indicators, frame.years, cells)


def areas_of(indicator: Indicator, frame: Frame) -> tuple[Area, ...]:
    """Return the areas for which the plan prints *indicator*."""
    return frame.areas if indicator.scope == "cities" else (frame.province,)


def _key(row: Row, frame: Frame, known: dict[str, Indicator], found: Found) -> Key | None:
    indicator = row["indicator"].choice(known, found, "unknown-indicator")
    area = row["area"].choice([area.id for area in frame.areas], found, "unknown-area")
    year = row["year"].integer(found)
    if year is not None and year not in frame.years:
        row["year"].mistake(found, "year-outside-plan", first=frame.years[0], last=frame.years[-1])
        return None
    if indicator is None or area is None or year is None:
        return None
    if known[indicator].growth != "printed":
        row["indicator"].mistake(found, "not-a-printed-indicator")
        return None
    if area not in [area.id for area in areas_of(known[indicator], frame)]:
        row["area"].mistake(found, "province-only")
        return None
    return area, indicator, year


def exact_decimal(text: str, unit: Fraction = Fraction(1)) -> Exact | None:
    """Return the decimal *text* times *unit* with half its last place; None if it is no decimal."""
    if not DECIMAL.fullmatch(text):
        return None
    decimals = len(text.partition(".")[2])
    return Exact(Fraction(text) * unit, unit * Fraction(1, 2 * 10**decimals))


def _cell(row: Row, indicator: Indicator, found: Found) -> PrintedCell | None:
    level = _exact(row["level"], Fraction(1), found)
    growth = _exact(row["growth"], Fraction(1, 100), found) if row.text("growth") else None
    if level is None or (growth is None and row.text("growth")):
        return None
    if level.value <= 0:
        row["level"].mistake(found, "no-growth-from")
        return None
    if indicator.kind == "count" and level.value.denominator != 1:
        row["level"].mistake(found, "bad-integer")
    if indicator.kind == "rate" and level.value >= 100:
        row["level"].mistake(found, "rate-out-of-range")
    if len(row.text("level").partition(".")[2]) > indicator.decimals:
        row["level"].mistake(found, "too-many-decimals", most=indicator.decimals)
    if growth is not None and growth.value <= -1:
        row["growth"].mistake(found, "growth-out-of-range")
        return None
    return PrintedCell(level, growth, row["level"].place)


def _exact(cell: Cell, unit: Fraction, found: Found) -> Exact | None:
    value = exact_decimal(cell.text, unit)
    if value is None:
        cell.mistake(found, "bad-value")
    return value


def _find_missing(
    indicator: Indicator, frame: Frame, seen: dict[Key, int], place: Place, found: Found
) -> None:
    if indicator.growth != "printed":
        return
    expected = [(area.id, indicator.id, year) for area in areas_of(indicator, frame) for year in frame.years]
    missing = [key for key in expected if key not in seen]
    if len(missing) == len(expected):
        found.add(indicator.place, "indicator-not-printed", name=indicator.id, file=place.file)
        return
    for area, _, year in missing:
        found.add(place, "missing-cell", name=indicator.id, area=area, year=year)


def _compare_years(indicator: Indicator, frame: Frame, cells: dict[Key, PrintedCell], found: Found) -> None:
    """Add missing growth cells, and levels that cannot follow one another."""
    areas = [area.id for area in areas_of(indicator, frame)]
    for year in frame.years:
        row = [cells[key] for area in areas if (key := (area, indicator.id, year)) in cells]
        if any(cell.growth is not None for cell in row):
            for cell in row:
                if cell.growth is None:
                    found.add(cell.place, "missing-growth", name=indicator.id, year=year)
    for before, cell in _neighbours(areas, indicator.id, frame.years, cells):
        implied = cell.level.value / before.level.value - 1
        if not Fraction(1, GROSS_FACTOR) < 1 + implied < GROSS_FACTOR:
            factor = times_apart(float(cell.level.value), float(before.level.value))
            values = {"value": _short(cell), "before": _short(before), "factor": factor}
            found.add(cell.place, "factor-against-year-before", **values)
        elif cell.growth is not None:
            low = cell.level.low / before.level.high - 1 - cell.growth.high
            high = cell.level.high / before.level.low - 1 - cell.growth.low
            if low > GROSS_GROWTH or high < -GROSS_GROWTH:
                found.add(
                    cell.place,
                    "growth-cannot-belong",
                    growth=as_written(float(cell.growth.value * 100)),
                    implied=f"{float(implied) * 100:.1f}",
                )


def _neighbours(
    areas: Sequence[str], indicator: str, years: Sequence[int], cells: dict[Key, PrintedCell]
) -> Iterator[tuple[PrintedCell, PrintedCell]]:
    for area in areas:
        for before, year in zip(years, years[1:], strict=False):
            if (area, indicator, before) in cells and (area, indicator, year) in cells:
                yield cells[area, indicator, before], cells[area, indicator, year]


def _short(cell: PrintedCell) -> str:
    return as_written(float(cell.level.value))


def _arrays(
    areas: Sequence[Area],
    indicators: Sequence[Indicator],
    years: Sequence[int],
    cells: dict[Key, PrintedCell],
) -> Printed:
    shape = (len(areas), len(indicators), len(years))
    level, level_half, growth, growth_half = (np.full(shape, np.nan) for _ in range(4))
    row = {area.id: i for i, area in enumerate(areas)}
    column = {indicator.id: i for i, indicator in enumerate(indicators)}
    for (area, indicator, year), cell in cells.items():
        at = row[area], column[indicator], year - years[0]
        level[at], level_half[at] = float(cell.level.value), float(cell.level.half)
        if cell.growth is not None:
            growth[at], growth_half[at] = float(cell.growth.value), float(cell.growth.half)
    for array in (level, level_half, growth, growth_half):
        array.setflags(write=False)
    return Printed(level, level_half, growth, growth_half, cells)
