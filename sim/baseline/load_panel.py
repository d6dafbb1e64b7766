"""A panel of units that stands alone: figures in one CSV, declared breaks in a small one beside it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sim.baseline.breaks import FILE as BREAKS
from sim.baseline.breaks import break_years, load_breaks, without_break
from sim.baseline.load_figures import YEARS, check_figures
from sim.baseline.plan import Break, Figure
from sim.errors import Found, Place
from sim.marked.table import MAX_BYTES, Row, table_from_bytes
from sim.marked.text import load_bytes, name_in_project, text_from_bytes
from sim.units import units

NAMES = ("indicator", "series")
"""The first column may have either name: a plan folder calls its series so."""

REQUIRED = ("region", "year", "value", "unit", "source")
OPTIONAL = ("status", "note", "trust")


@dataclass(frozen=True, slots=True)
class PanelFile:
    """A panel with its breaks. *hashes*: file name -> SHA-256."""

    name: str
    figures: tuple[Figure, ...]
    breaks: tuple[Break, ...]
    hashes: Mapping[str, str]

    def breaks_of(self, series: str, region: str) -> tuple[int, ...]:
        """Return the years in which figures of *series* in *region* begin anew."""
        return break_years(self.breaks, series, region)

    @property
    def series(self) -> tuple[str, ...]:
        return tuple(sorted({figure.series for figure in self.figures}))


def load_panel(path: Path, root: Path, breaks: Path | None = None) -> PanelFile:
    """Return the panel in *path*; BadInput with every mistake of both files.

    Columns: ``indicator`` (or ``series``), region, year, value, unit, source, and if there are any
    status, note, trust. *breaks*: the file of declared breaks, else ``breaks.csv`` beside the panel.
    """
    raw = load_bytes(path, root, MAX_BYTES)
    name = name_in_project(path, root)
    table = table_from_bytes(raw, name, _columns_of(raw, name))
    found = Found()
    figures = tuple(f for row in table.rows if (f := _figure(row, table.columns, found)) is not None)
    _check_twice(figures, found)
    hashes = {path.name: hashlib.sha256(raw).hexdigest()}
    file = breaks or path.with_name(BREAKS)
    declared: tuple[Break, ...] = ()
    if breaks is not None or file.is_file():
        declared = load_breaks(file, root, figures, found)
        hashes[file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    whole = [f for f in without_break(figures, declared) if f.unit in units()]
    if not found.mistakes:
        check_figures(whole, found)
        _check_units(figures, found)
    if not figures and not found.mistakes:
        found.add(Place(name), "panel-empty")
    found.raise_if_any()
    return PanelFile(name, figures, declared, hashes)


def _columns_of(raw: bytes, name: str) -> tuple[str, ...]:
    """Return the columns that *raw* must have: the required ones, and those optional ones that it has."""
    first = text_from_bytes(raw, name).split("\n", 1)[0]
    header = [column.strip() for column in next(csv.reader([first]), [])]
    own = next((column for column in NAMES if column in header), NAMES[0])
    return (own, *REQUIRED, *(column for column in OPTIONAL if column in header))


def _figure(row: Row, header: tuple[str, ...], found: Found) -> Figure | None:
    name = row["series" if "series" in header else "indicator"].required(found)
    region = row["region"].required(found)
    year = row["year"].integer(found)
    if year is not None and year not in YEARS:
        row["year"].mistake(found, "no-such-year")
    unit = row["unit"].required(found)
    value = row["value"].number(found)
    source = row["source"].required(found)
    if year is None or value != value:
        return None
    if value <= 0.0 and not is_share(unit):
        row["value"].mistake(found, "panel-not-positive", series=name, region=region, year=year)
        return None
    status, note, trust = (row.text(column) if column in header else "" for column in OPTIONAL)
    return Figure(name, region, year, value, unit, status or "actual", note, trust, source, row.place)


def is_share(unit: str) -> bool:
    """Say whether *unit* is that of a percentage, whose logarithm does not grow."""
    return unit in units() and units()[unit].dimension in ("share", "growth", "points")


def _check_twice(figures: tuple[Figure, ...], found: Found) -> None:
    seen: dict[tuple[str, str, int], Figure] = {}
    for figure in figures:
        first = seen.setdefault((figure.series, figure.region, figure.year), figure)
        if first is not figure:
            found.add(
                figure.place,
                "duplicate-figure",
                series=figure.series,
                region=figure.region,
                year=figure.year,
                file=first.place.file,
                line=first.place.line,
            )


def _check_units(figures: tuple[Figure, ...], found: Found) -> None:
    """Add series with two units where `check_figures`, which knows the listed units alone, did not."""
    unit: dict[str, Figure] = {}
    for figure in figures:
        first = unit.setdefault(figure.series, figure)
        if figure.unit != first.unit:
            found.add(figure.place, "unit-mismatch", unit=figure.unit, expected=first.unit)
