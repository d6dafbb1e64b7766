"""breaks.csv: years from which on figures cannot be compared with earlier ones, in a panel or a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.baseline.plan import Break, Figure
from sim.errors import Found
from sim.marked.table import nearest_or_all

FILE = "breaks.csv"
ALL = "*"
"""A break of this region is one of all regions, the country included."""

COLUMNS = ("indicator", "region", "year", "note", "source")


def load_breaks(path: Path, root: Path, figures: Sequence[Figure], found: Found) -> tuple[Break, ...]:
    """Return the breaks declared in *path*; each must name a series and a region of *figures*."""
    from sim.baseline.fields import (
        table_or_none,  # with it comes YAML, which who does not load has no need of
    )

    table = table_or_none(path, root, COLUMNS, found)
    if table is None:
        return ()
    series = {figure.series for figure in figures}
    result = []
    for row in table.rows:
        name, region = row["indicator"].required(found), row["region"].required(found)
        year = row["year"].integer(found)
        row["source"].required(found)
        regions = {figure.region for figure in figures if figure.series == name} | {ALL}
        for value, legal, cell in ((name, series, "indicator"), (region, regions, "region")):
            if value and name in series | {value} and value not in legal:
                row[cell].mistake(found, "bad-choice", near=nearest_or_all(value, legal))
        if year is not None:
            result.append(Break(name, region, year, row.text("note")))
    return tuple(result)


def break_years(breaks: Sequence[Break], series: str, region: str) -> tuple[int, ...]:
    """Return the years in which figures of *series* in *region* begin anew."""
    return tuple(sorted({b.year for b in breaks if b.series == series and b.region in (region, ALL)}))


def comparable(figures: Sequence[Figure], breaks: Sequence[Break], as_of: int) -> tuple[Figure, ...]:
    """Return the figures between which and *as_of* no break lies."""
    if not breaks:
        return tuple(figures)
    return tuple(
        f for f in figures if not any(f.year < y <= as_of for y in break_years(breaks, f.series, f.region))
    )


def without_break(figures: Sequence[Figure], breaks: Sequence[Break]) -> tuple[Figure, ...]:
    """Return the figures of series and regions that have no break at all: their jumps are slips."""
    broken = {(b.series, b.region) for b in breaks}
    return tuple(f for f in figures if not broken & {(f.series, f.region), (f.series, ALL)})
