"""indicators.csv: what is simulated, in which unit, from which history."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal, cast

from sim.axes import Name
from sim.baseline.fields import table_or_none
from sim.baseline.load_plan import ID, RESERVED
from sim.baseline.plan import Indicator
from sim.errors import Found
from sim.marked.table import Row
from sim.units import known_unit, units

COLUMNS = (
    "id",
    "name_zh",
    "name_en",
    "unit",
    "kind",
    "scope",
    "group",
    "growth",
    "line_end",
    "price_basis",
    "decimals",
    "authority",
    "base",
    "base_series",
    "table",
    "series",
    "evidence",
    "city_series",
    "grade_base",
    "grade_definition",
    "note",
)
GRADES = ("A", "B", "C")
MOST_DECIMALS = 6


def load_indicators(
    folder: Path, root: Path, areas: Collection[str], found: Found
) -> tuple[Indicator, ...] | None:
    """Return the indicators in canonical order of id; None where the file cannot be read."""
    table = table_or_none(folder / "indicators.csv", root, COLUMNS, found, needs_rows=True)
    if table is None:
        return None
    indicators: list[Indicator] = []
    taken: set[str] = set(areas)
    for row in table.rows:
        for column in ("id", "name_zh", "name_en"):
            if row[column].required(found) in taken and row.text(column):
                row[column].mistake(found, "duplicate-name")
        taken |= {row.text("id"), row.text("name_zh"), row.text("name_en")}
        indicator = _indicator(row, found)
        _check(indicator, row, found)
        indicators.append(indicator)
    return tuple(sorted(indicators, key=lambda indicator: indicator.id))


def _indicator(row: Row, found: Found) -> Indicator:
    def choice(column: str, *legal: str) -> str:
        return row[column].choice(legal, found) or legal[0]

    decimals = row["decimals"].integer(found)
    if decimals is not None and not 0 <= decimals <= MOST_DECIMALS:
        row["decimals"].mistake(found, "too-many-decimals", most=MOST_DECIMALS)
    return Indicator(
        id=row.text("id"),
        name=Name(row.text("name_zh"), row.text("name_en")),
        unit=known_unit(row.text("unit"), row["unit"].place, found) or "",
        kind=cast(Literal["quantity", "count", "rate"], choice("kind", "quantity", "count", "rate")),
        scope=cast(Literal["cities", "province"], choice("scope", "cities", "province")),
        group=row["group"].required(found),
        growth=cast(Literal["printed", "trend", "line"], choice("growth", "printed", "trend", "line")),
        line_end=row["line_end"].optional_number(found),
        price_basis=row["price_basis"].required(found),
        authority=cast(Literal["both", "level", "growth"], choice("authority", "both", "level", "growth")),
        base=cast(Literal["printed", "actual"], choice("base", "printed", "actual")),
        base_series=row.text("base_series") or None,
        decimals=decimals or 0,
        table=row.text("table"),
        series=row["series"].names(),
        evidence=cast(Literal["own", "proxy", "none"], choice("evidence", "own", "proxy", "none")),
        city_series=row.text("city_series") or None,
        grade_base=choice("grade_base", *GRADES),
        grade_definition=choice("grade_definition", *GRADES),
        place=row.place,
    )


def _check(indicator: Indicator, row: Row, found: Found) -> None:
    """Add what the fields of one indicator say against each other."""
    if indicator.id and (not ID.fullmatch(indicator.id) or indicator.id in RESERVED):
        row["id"].mistake(found, "bad-id")
    if (indicator.growth == "line") != (indicator.line_end is not None):
        row["line_end"].mistake(found, "line-end-and-growth")
    end = indicator.line_end
    if end is not None and (end <= 0 or (indicator.kind == "rate" and end >= 100)):
        row["line_end"].mistake(found, "line-end-out-of-range")
    if (indicator.growth != "printed" or indicator.base == "actual") and indicator.base_series is None:
        row["base_series"].mistake(found, "no-base")
    if (indicator.evidence == "none") != (not indicator.series):
        row["evidence"].mistake(found, "evidence-and-series")
    if indicator.kind == "rate" and indicator.unit and units()[indicator.unit].dimension != "share":
        row["unit"].mistake(found, "rate-not-share")
    if indicator.growth == "trend" and not indicator.series:
        row["series"].mistake(found, "trend-without-series")
