"""``run.py golden``: store the reference runs that tests hold the engine against."""

from __future__ import annotations

import argparse
import importlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.console import OK, Console
from sim.commands.projects import shipped_files

if TYPE_CHECKING:
    from sim.outputs.machine_tables import Cell

GOLDEN = Path("tests") / "golden" / "probabilities.csv"
KEPT = ("target", "version", "p", "p10", "p90", "median")


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """Nothing to ask for."""


def run(options: argparse.Namespace, console: Console) -> int:
    from sim.outputs.atomic import write_whole
    from sim.outputs.machine_tables import machine_csv

    path = console.root / GOLDEN
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, machine_csv(reference_columns(console.root)))
    console.show_text("cli.golden.done", file=GOLDEN.as_posix())
    # The tests' own reference runs stand with the tests, whose plans they use.
    for written in importlib.import_module("tests.golden.refresh").refresh(path.parent):
        console.show_text("cli.golden.done", file=written.relative_to(console.root).as_posix())
    return OK


def reference_columns(root: Path) -> dict[str, list[Cell]]:
    """Return what one block of draws says of every evaluated target, by shipped scenario (sweeps apart)."""
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders
    from sim.streams import BLOCK
    from sim.studies.batch import run_batch
    from sim.tables.columns import probability_columns

    plans = PlanFolders(root)
    shipped = load_scenarios(shipped_files(root), plans, root)
    chosen = [replace(scenario, draws=BLOCK) for scenario in shipped if not scenario.cell]
    columns: dict[str, list[Cell]] = {"scenario": [], **{name: [] for name in KEPT}}
    for cube in run_batch(chosen, plans):
        rows = probability_columns(cube)
        evaluated = [row for row, p in enumerate(rows["p"]) if p is not None]
        columns["scenario"] += [cube.scenario] * len(evaluated)
        for name in KEPT:
            columns[name] += [rows[name][row] for row in evaluated]
    return columns
