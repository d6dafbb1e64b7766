"""dimensions.csv: the numbers of quasi-random dimensions that came after those of plan.yaml.

They have a file of their own because plan.yaml is what calibrations are made from: one that is not, can
grow without making a calibration stale. A number is never given to another name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.baseline.fields import table_or_none
from sim.errors import Found

COLUMNS = ("name", "number")


def load_dimensions(folder: Path, root: Path, known: Mapping[str, int], found: Found) -> dict[str, int]:
    """Return *known*, the dimensions of plan.yaml, and those of dimensions.csv; it may be absent."""
    path = folder / "dimensions.csv"
    table = table_or_none(path, root, COLUMNS, found) if path.exists() else None
    numbers = dict(known)
    for line in table.rows if table is not None else ():
        name, number = line["name"].required(found), line["number"].integer(found)
        if not name or number is None:
            continue
        if name in numbers:
            line["name"].mistake(found, "duplicate-name")
        elif number < 1:
            line["number"].mistake(found, "not-positive")
        elif number in numbers.values():
            line["number"].mistake(found, "dimension-reused", number=number)
        numbers.setdefault(name, number)
    return numbers
