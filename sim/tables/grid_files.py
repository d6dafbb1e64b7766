"""The table of a whole grid: a row per scenario, target and number of headline targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sim.cube import AT_LEAST, Cube
from sim.outputs.machine_tables import Cell, Columns, machine_csv, parquet, people_csv
from sim.tables.columns import probability_columns

LEFT_OUT = frozenset({"median", "driver", "driver_low", "driver_high", "shown_as_range", "quote", "needs"})
"""Columns of one scenario's table that a grid has no numbers for, or that repeat the plan."""


def grid_columns(cubes: Iterable[Cube], paths: Sequence[str]) -> dict[str, list[Cell]]:
    """Return the table of *cubes*; ``sweep.PATH`` holds the value of each of the swept *paths*.

    *event* is ``target`` or ``at_least``, of which *k* says how many headline targets are meant.
    """
    table: dict[str, list[Cell]] = {}
    for cube in cubes:
        rows = dict(probability_columns(cube))
        count = len(rows["target"])
        together = cube.joint.at_least if cube.joint is not None else ()
        more = len(together)
        cell = dict(cube.cell)
        same: dict[str, Cell] = {"scenario": cube.scenario}
        same |= {f"sweep.{path}": cell.get(path) for path in paths}
        columns: dict[str, list[Cell]] = {name: [value] * (count + more) for name, value in same.items()}
        columns["event"] = [*["target"] * count, *[AT_LEAST] * more]
        columns["k"] = [*[None] * count, *range(more)]
        for name, values in rows.items():
            if name not in LEFT_OUT:
                columns[name] = [*values, *[None] * more]
        for name, place in (("p", 0), ("mc_low", 1), ("mc_high", 2)):
            columns[name][count:] = [row[place] for row in together]
        columns["draws"][count:] = [cube.draws] * more
        columns["seed"][count:] = [cube.seed] * more
        for name, part in columns.items():
            table.setdefault(name, []).extend(part)
    return table


def swept_paths(cells: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """Return every path that any of the scenarios sweeps, in the order of their files."""
    return tuple(dict.fromkeys(path for cell in cells for path in cell))


def table_files(name: str, columns: Columns) -> dict[str, bytes]:
    """Return one table as CSV for programs, CSV for spreadsheets, and Parquet."""
    return {
        f"{name}.csv": machine_csv(columns),
        f"{name}.parquet": parquet(columns),
        f"{name}_excel.csv": people_csv(columns),
    }
