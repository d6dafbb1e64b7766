"""history.csv, panel.csv, observed.csv: figures from outside the plan, each with its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from sim.baseline.fields import table_or_none
from sim.baseline.load_plan import Frame
from sim.baseline.plan import Area, Figure
from sim.errors import Found, as_written, times_apart
from sim.marked.table import Row
from sim.units import known_unit, units

COLUMNS = ("series", "region", "year", "value", "unit", "status", "note", "trust", "source")
SE = "se"
"""A column that a file of actuals may have: the standard error of the figure, in its unit; empty: none."""

BY_HAND = ("status", "note", "trust")
"""Columns that a file of one's own actuals need not have; without a status its figures are actual."""

LARGEST_ERROR = 0.5
"""An error of more than half the value says nothing of it."""

STATUSES = ("actual", "preliminary", "estimate", "derived")
VINTAGES = ("actual", "derived", "preliminary", "estimate")
"""From the last word to the first guess."""

TRUSTS = ("high", "medium", "low")
YEARS = range(1900, 2101)
# Ten thousand is the usual slip between units; the fastest real series (a market that had just opened)
# grew thirtyfold in a decade and a half, so neighbouring figures a hundred times apart, and thirty per
# cent more for each year between them, are one.
GROSS_FACTOR = 100.0
GROSS_GROWTH = 1.3


def load_figures(folder: Path, root: Path, name: str, frame: Frame, found: Found) -> tuple[Figure, ...]:
    """Return the figures of one file in its order; empty where it cannot be read."""
    figures = _figures(folder / name, root, frame.areas, found)
    _refuse_twice(figures, found, vintages=False)
    return figures


def load_named_figures(
    path: Path, root: Path, areas: Sequence[Area], found: Found, *, called: Mapping[str, str] | None = None
) -> tuple[Figure, ...]:
    """Return the figures of a file of actuals, of each cell the best vintage.

    A preliminary value or an estimate may stand beside what it was revised to: the order of `VINTAGES`.
    A file made by hand, where an area may be *called* otherwise than by its id, must say something and may
    leave out the columns `BY_HAND`.
    """
    figures = _figures(path, root, areas, found, (SE,), called=called)
    _refuse_twice(figures, found, vintages=True)
    best: dict[tuple[str, str, int], Figure] = {}
    for figure in sorted(figures, key=lambda f: VINTAGES.index(f.status) if f.status in VINTAGES else -1):
        best.setdefault((figure.series, figure.region, figure.year), figure)
    return tuple(figure for figure in figures if best[figure.series, figure.region, figure.year] is figure)


def _figures(
    path: Path,
    root: Path,
    areas: Sequence[Area],
    found: Found,
    optional: Sequence[str] = (),
    *,
    called: Mapping[str, str] | None = None,
) -> tuple[Figure, ...]:
    by_hand = called is not None
    needed = [column for column in COLUMNS if not by_hand or column not in BY_HAND]
    others = [*optional, *(column for column in COLUMNS if column not in needed)]
    table = table_or_none(path, root, needed, found, needs_rows=by_hand, optional=others)
    if table is None:
        return ()
    if called is not None:
        figures = (_figure(row, {}, found) for row in table.rows)
        known = (figure for figure in figures if figure is not None)
        return tuple(replace(figure, region=called.get(figure.region, figure.region)) for figure in known)
    spelt = {name: area.id for area in areas for name in area.name}
    return tuple(figure for row in table.rows if (figure := _figure(row, spelt, found)) is not None)


def _refuse_twice(figures: Sequence[Figure], found: Found, vintages: bool) -> None:
    """Note a figure that stands twice; with *vintages* the same cell may stand once in each status."""
    seen: dict[tuple[str, str, int, str], Figure] = {}
    for figure in figures:
        key = figure.series, figure.region, figure.year, figure.status if vintages else ""
        if key in seen:
            found.add(
                figure.place,
                "duplicate-figure",
                series=key[0],
                region=key[1],
                year=key[2],
                file=seen[key].place.file,
                line=seen[key].place.line,
            )
        seen.setdefault(key, figure)


def joined_figures(history: Sequence[Figure], panel: Sequence[Figure], found: Found) -> tuple[Figure, ...]:
    """Return both without repetition; a figure that stands in both must say the same."""
    first = {(f.series, f.region, f.year): f for f in history}
    result = list(history)
    for figure in panel:
        other = first.get((figure.series, figure.region, figure.year))
        if other is None:
            result.append(figure)
        elif (other.value, other.unit) != (figure.value, figure.unit):
            found.add(
                figure.place,
                "figures-differ",
                value=as_written(figure.value),
                other=as_written(other.value),
                file=other.place.file,
                line=other.place.line,
            )
    return tuple(result)


def check_figures(figures: Sequence[Figure], found: Found) -> None:
    """Add series with two units, and neighbouring years that no growth connects."""
    unit: dict[str, Figure] = {}
    by_region: dict[tuple[str, str], list[Figure]] = {}
    for figure in figures:
        first = unit.setdefault(figure.series, figure)
        if figure.unit != first.unit:
            found.add(figure.place, "unit-mismatch", unit=figure.unit, expected=first.unit)
        if units()[figure.unit].dimension not in ("share", "growth", "points"):
            by_region.setdefault((figure.series, figure.region), []).append(figure)
    for row in by_region.values():
        for before, figure in pairwise(sorted(row, key=lambda f: f.year)):
            bound = GROSS_FACTOR * GROSS_GROWTH ** (figure.year - before.year - 1)
            if not 1 / bound < figure.value / before.value < bound:
                found.add(
                    figure.place,
                    "factor-against-year-before",
                    value=as_written(figure.value),
                    before=as_written(before.value),
                    factor=times_apart(figure.value, before.value),
                )


def figures_by_key(figures: Sequence[Figure]) -> Mapping[tuple[str, str, int], Figure]:
    """Return the figures by (series, region, year)."""
    return {(figure.series, figure.region, figure.year): figure for figure in figures}


def _figure(row: Row, spelt: Mapping[str, str], found: Found) -> Figure | None:
    region = row["region"].required(found)
    if region in spelt and spelt[region] != region:
        row["region"].mistake(found, "region-by-name", id=spelt[region])
    series = row["series"].required(found)
    year = row["year"].integer(found)
    if year is not None and year not in YEARS:
        row["year"].mistake(found, "no-such-year")
    unit = row.text("unit")
    if unit not in units():
        known_unit(unit, row["unit"].place, found)
        return None
    share = units()[unit].dimension in ("share", "growth", "points")
    value = row["value"].number(found)
    if value <= 0 and not share:
        row["value"].mistake(found, "no-growth-from")
    status = row["status"].choice(STATUSES, found) if "status" in row else VINTAGES[0]
    trust = row["trust"].choice(TRUSTS, found) if "trust" in row else None
    source = row["source"].required(found)
    if year is None or value != value or (value <= 0 and not share):
        return None
    note, error = row.text("note") if "note" in row else "", _error(row, value, found)
    return Figure(
        series, region, year, value, unit, status or "", note, trust or "", source, row.place, error
    )


def _error(row: Row, value: float, found: Found) -> float:
    """Return the standard error of a figure of *value*; 0 where the file does not give one."""
    if SE not in row or not row.text(SE):
        return 0.0
    error = row[SE].number(found)
    highest = LARGEST_ERROR * abs(value)
    if not 0.0 <= error <= highest:
        if error == error:
            row[SE].mistake(found, "out-of-range", low="0", high=f"{highest:g}")
        return 0.0
    return error
