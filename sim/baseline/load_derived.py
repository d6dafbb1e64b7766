"""assumptions.yaml and derived.yaml: numbers that no source gives, and quantities made from others."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal, cast

from sim.baseline.fields import Fields, document_or_none
from sim.baseline.load_indicators import GRADES
from sim.baseline.load_plan import ID
from sim.baseline.plan import Assumption, Derived
from sim.errors import Found
from sim.units import known_unit

SOURCES = ("history", "assumption", "calibration", "value")
MOST_LAG = 5


def load_assumptions(folder: Path, root: Path, found: Found) -> dict[str, Assumption]:
    """Return the assumptions by id, in the order of the file."""
    document = document_or_none(folder / "assumptions.yaml", root, found)
    if document is None:
        return {}
    assumptions = {}
    for id, fields in Fields(document, (), found).children():
        check_id(id, fields)
        assumptions[id] = Assumption(
            id=id,
            name=fields.name(),
            low=fields.number("low"),
            central=fields.number("central"),
            high=fields.number("high"),
            unit=_unit(fields),
            grade=fields.choice("grade", GRADES),
            source=fields.text("source"),
            place=fields.place,
            source_zh=fields.text("source_zh", ""),
        )
        fields.finish()
        item = assumptions[id]
        if item.low > item.central or item.central > item.high:
            found.add(fields.place, "not-in-order", low=item.low, central=item.central, high=item.high)
    return assumptions


def load_derived(folder: Path, root: Path, found: Found) -> tuple[Derived, ...]:
    """Return the derived quantities in file order, each as it is written."""
    document = document_or_none(folder / "derived.yaml", root, found)
    if document is None:
        return ()
    return tuple(_derived(id, fields) for id, fields in Fields(document, (), found).children())


def in_order_of_use(derived: Sequence[Derived], found: Found) -> tuple[Derived, ...]:
    """Return the quantities so that each uses only earlier ones; a cycle is a mistake.

    Those of a cycle come last: they exist, so whatever names them is not mistaken too.
    """
    rest = {item.id: item for item in derived}
    cyclic: list[Derived] = []
    while True:
        sorter = TopologicalSorter(
            {id: [p for p in item.parts() if p in rest] for id, item in rest.items()}
        )
        try:
            return (*(rest[id] for id in sorter.static_order()), *cyclic)
        except CycleError as error:
            cycle: list[str] = error.args[1]
        # The sorter lists a cycle from user to used or the other way; the quantity first in the file leads.
        first = next(id for id in rest if id in cycle)
        found.add(rest[first].place, "derived-cycle", chain=" -> ".join(dict.fromkeys(cycle)))
        cyclic += [item for id, item in rest.items() if id in cycle]
        rest = {id: item for id, item in rest.items() if id not in cycle}


def _derived(id: str, fields: Fields) -> Derived:
    check_id(id, fields)
    kind = fields.choice("kind", ("ratio", "stock"))
    ratio = kind == "ratio"
    item = Derived(
        id=id,
        name=fields.name(),
        unit=_unit(fields),
        kind=cast(Literal["ratio", "stock"], kind),
        numerator=fields.text("numerator") if ratio else None,
        denominator=fields.text("denominator") if ratio else None,
        lag=fields.integer("lag", 0) if ratio else 0,
        factor=fields.number("factor", 1.0) if ratio else 1.0,
        inflow=None if ratio else fields.text("inflow"),
        base=None if ratio else _source(fields, "base"),
        exit=None if ratio else _source(fields, "exit"),
        stock_series=None if ratio else fields.text("stock_series", "") or None,
        inflow_series=None if ratio else fields.text("inflow_series", "") or None,
        grade_base=fields.choice("grade_base", GRADES),
        grade_definition=fields.choice("grade_definition", GRADES),
        place=fields.place,
    )
    if not 0 <= item.lag <= MOST_LAG:
        fields.found.add(fields.value_place("lag"), "lag-out-of-range", most=MOST_LAG)
    if item.factor <= 0:
        fields.found.add(fields.value_place("factor"), "not-positive", column="factor", value=item.factor)
    fields.finish()
    return item


def _source(fields: Fields, name: str) -> tuple[str, str] | None:
    """Return ``(kind of source, name or number)`` of a base or an exit."""
    inner = fields.child(name)
    if inner is None:
        return None
    given = [kind for kind in SOURCES if inner.has(kind)]
    if len(given) != 1:
        fields.found.add(inner.place, "not-one-source", field=name, legal=" / ".join(SOURCES))
        inner.finish()
        return None
    kind = given[0]
    text = f"{inner.number(kind):.12g}" if kind == "value" else inner.text(kind)
    inner.finish()
    return kind, text


def _unit(fields: Fields) -> str:
    text = fields.text("unit")
    return known_unit(text, fields.value_place("unit"), fields.found) or "" if text else ""


def check_id(id: str, fields: Fields) -> None:
    """Add the mistake that *id* is where it is none."""
    if not ID.fullmatch(id):
        fields.found.add(fields.place, "bad-id", column="id", value=id)
