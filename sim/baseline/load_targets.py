"""targets.csv and platforms.csv: what the document promises, and what it names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal, cast

from sim.axes import Name
from sim.baseline.fields import table_or_none
from sim.baseline.load_plan import Frame
from sim.baseline.plan import MEANS, Derived, Indicator, Platform, Printed, Target
from sim.errors import Found, as_written, times_apart
from sim.marked.table import Row
from sim.units import convertible, known_unit

COLUMNS = (
    "target",
    "version",
    "lead",
    "group",
    "name_zh",
    "name_en",
    "area",
    "quantity",
    "kind",
    "comparator",
    "tolerance",
    "direction",
    "value",
    "unit",
    "year",
    "year_basis",
    "aspirational",
    "status",
    "needs",
    "section",
    "quote",
    "notes",
)
KINDS = (
    "level",
    "annual_flow",
    "cumulative_flow",
    "stock",
    "ratio",
    "rate",
    "mean_growth",
    "mean_of_rates",
    "coverage",
    "event",
    "count",
    "unquantified",
)
NEVER_EVALUATED = ("coverage", "event", "unquantified")
OF_ONE_YEAR = ("level", "annual_flow", "stock", "rate", "count")
GROUPS = ("headline", "prose_2020", "prose_undated", "prose_2016", "annex_2020", "derived_2020")
GROSS_FACTOR = 100  # between units lie ten thousand; no target is a hundred times its own plan


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a target may be about, and the printed levels to hold its value against."""

    indicators: Mapping[str, Indicator]
    derived: Mapping[str, Derived]
    printed: Printed | None

    def unit(self, id: str) -> str:
        return self.indicators[id].unit if id in self.indicators else self.derived[id].unit

    def is_of_pipeline(self, id: str) -> bool:
        return id in self.derived and self.derived[id].kind == "pipeline"

    def only_province(self, id: str) -> bool:
        return id in self.derived or self.indicators[id].scope == "province"


def load_targets(
    folder: Path, root: Path, frame: Frame, quantities: Quantities, found: Found
) -> tuple[Target, ...]:
    """Return the targets in file order; every id has exactly one lead version."""
    table = table_or_none(folder / "targets.csv", root, COLUMNS, found)
    targets: list[Target] = []
    seen: dict[tuple[str, str], int] = {}
    for row in table.rows if table is not None else ():
        key = row["target"].required(found), row["version"].required(found)
        if key in seen:
            row["target"].mistake(found, "duplicate-target", version=key[1], line=seen[key])
        seen.setdefault(key, row.line)
        targets.append(_target(row, frame, quantities, found))
    leads: dict[str, list[Target]] = {}
    for target in targets:
        leads.setdefault(target.id, [])
        if target.lead:
            leads[target.id].append(target)
    for target in targets:
        if len(leads[target.id]) != 1:
            found.add(target.place, "not-one-lead", name=target.id, count=len(leads[target.id]))
            leads[target.id] = [target]  # once for each target is enough
    return tuple(targets)


def load_platforms(folder: Path, root: Path, frame: Frame, found: Found) -> tuple[Platform, ...]:
    """Return the platforms in file order."""
    table = table_or_none(folder / "platforms.csv", root, ("area", "kind", "name", "text"), found)
    platforms: list[Platform] = []
    seen: dict[str, int] = {}
    for row in table.rows if table is not None else ():
        area = row["area"].choice([area.id for area in frame.areas], found, "unknown-area") or ""
        kind = row["kind"].choice(("priority", "platform"), found) or "platform"
        name = row["name"].required(found)
        if name in seen:
            row["name"].mistake(found, "duplicate-platform", line=seen[name])
        seen.setdefault(name, row.line)
        text = row["text"].required(found)
        platforms.append(Platform(area, cast(Literal["priority", "platform"], kind), name, text, row.place))
    return tuple(platforms)


def _target(row: Row, frame: Frame, quantities: Quantities, found: Found) -> Target:
    def choice(column: str, *legal: str) -> str:
        return row[column].choice(legal, found) or legal[0]

    kind = choice("kind", *KINDS)
    status = choice("status", "evaluated", "missing", "unquantified")
    comparator = choice("comparator", ">=", ">", "≈")
    area = row["area"].choice([area.id for area in frame.areas], found, "unknown-area") or frame.province.id
    year = row["year"].integer(found) or frame.years[-1]
    quantity = _quantity(row, kind, status, area, year, frame, quantities, found)
    value = (
        math.nan
        if status == "unquantified" and not row.text("value")
        else row["value"].number(found, positive=True)
    )
    unit = known_unit(row.text("unit"), row["unit"].place, found) or ""
    threshold = _threshold(row, kind, value, unit, quantity, quantities, found)
    if quantity is not None:
        _compare(row, kind, (area, quantity, year), threshold, quantities, found)
    return Target(
        id=row.text("target"),
        version=row.text("version"),
        lead=choice("lead", "yes", "no") == "yes",
        group=choice("group", *GROUPS),
        name=Name(row["name_zh"].required(found), row["name_en"].required(found)),
        area=area,
        quantity=quantity,
        kind=kind,
        comparator=cast(Literal[">=", ">", "≈"], comparator),
        tolerance=_tolerance(row, comparator, found),
        direction=cast(Literal["up", "down", "both"], choice("direction", "up", "down", "both")),
        value=value,
        unit=unit,
        threshold=threshold,
        year=year,
        year_basis=cast(Literal["stated", "inferred"], choice("year_basis", "stated", "inferred")),
        aspirational=choice("aspirational", "yes", "no") == "yes",
        status=cast(Literal["evaluated", "missing", "unquantified"], status),
        needs=row["needs"].text if status == "evaluated" else row["needs"].required(found),
        section=row["section"].required(found),
        quote=row["quote"].required(found),
        notes=row.text("notes"),
        place=row.place,
    )


def _quantity(
    row: Row,
    kind: str,
    status: str,
    area: str,
    year: int,
    frame: Frame,
    quantities: Quantities,
    found: Found,
) -> str | None:
    """Return what an evaluated target is about; None, and perhaps a mistake, otherwise."""
    legal = [*quantities.indicators, *quantities.derived]
    if status != "evaluated":
        return row["quantity"].choice(legal, found, "unknown-quantity") if row.text("quantity") else None
    if kind in NEVER_EVALUATED and not quantities.is_of_pipeline(row.text("quantity")):
        row["status"].mistake(found, "kind-not-evaluated", kind=kind)
        return None
    id = row["quantity"].choice(legal, found, "unknown-quantity")
    if id is None:
        return None
    if quantities.only_province(id) and area != frame.province.id:
        row["area"].mistake(found, "province-only")
    if year not in frame.years:
        row["year"].mistake(found, "year-outside-plan", first=frame.years[0], last=frame.years[-1])
    if quantities.is_of_pipeline(id):
        return id
    rate = id in quantities.indicators and quantities.indicators[id].kind == "rate"
    if (kind == "rate") != rate or (kind in ("ratio", "stock") and id in quantities.derived) > (
        kind == (quantities.derived[id].kind if id in quantities.derived else kind)
    ):
        row["kind"].mistake(found, "kind-and-quantity", quantity=id)
        return None
    return id


def _threshold(
    row: Row,
    kind: str,
    value: float,
    unit: str,
    quantity: str | None,
    quantities: Quantities,
    found: Found,
) -> float:
    """Return the value in the quantity's unit; mean growth in percent a year."""
    if quantity is None or math.isnan(value):
        return value
    place = row["unit"].place
    if kind in MEANS:
        if unit not in ("%", "%/yr"):
            found.add(place, "unit-mismatch", unit=unit, expected="%/yr")
        return value
    factor = convertible(unit, quantities.unit(quantity), place, found)
    return float(Fraction(row.text("value")) * factor) if factor is not None else value


def _compare(
    row: Row,
    kind: str,
    cell: tuple[str, str, int],
    threshold: float,
    quantities: Quantities,
    found: Found,
) -> None:
    """Add a value that is a factor of ten thousand away from what the plan prints for the same cell."""
    if quantities.printed is None or kind not in OF_ONE_YEAR or cell not in quantities.printed.cells:
        return
    level = float(quantities.printed.cells[cell].level.value)
    if not 1 / GROSS_FACTOR < threshold / level < GROSS_FACTOR:
        factor = times_apart(threshold, level)
        row["value"].mistake(found, "factor-against-plan", printed=as_written(level), factor=factor)


def _tolerance(row: Row, comparator: str, found: Found) -> float | None:
    """Return the tolerance in percent of the value."""
    if not row.text("tolerance"):
        return None
    percent = row["tolerance"].number(found)
    if comparator != "≈":
        row["tolerance"].mistake(found, "tolerance-without-about")
    elif not 0 <= percent <= 50:
        row["tolerance"].mistake(found, "tolerance-out-of-range")
    return percent
