"""tiles.csv: where each city stands on the tile map; a plan may do without."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.baseline.fields import table_or_none
from sim.baseline.load_plan import Frame
from sim.errors import Found

COLUMNS = ("area", "row", "column")


def load_tiles(folder: Path, root: Path, frame: Frame, found: Found) -> Mapping[str, tuple[int, int]]:
    """Return row and column (from 1, north and west first) of every city; empty without the file."""
    path = folder / "tiles.csv"
    table = table_or_none(path, root, COLUMNS, found) if path.exists() else None
    if table is None:
        return {}
    cities = {city.id for city in frame.cities}
    tiles: dict[str, tuple[int, int]] = {}
    for line in table.rows:
        area = line["area"].choice(cities, found, "unknown-area")
        row, column = (line[name].integer(found) for name in ("row", "column"))
        if area is None or row is None or column is None:
            continue
        if row < 1 or column < 1:
            line["row" if row < 1 else "column"].mistake(found, "not-positive")
        elif area in tiles or (row, column) in tiles.values():
            line["area" if area in tiles else "row"].mistake(found, "tile-taken")
        tiles.setdefault(area, (row, column))
    for area in sorted(cities - tiles.keys()):
        found.add(table.place, "tile-missing", name=area)
    return tiles
