"""Which files and plans a command line means."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.console import Console
from sim.errors import COMMAND_LINE, BadInput, Mistake, Place
from sim.texts import say

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline

SCENARIOS = "scenarios"


SHIPPED = (
    "baseline",
    "innovation_push",
    "late_start",
    "plan",
    "slowdown",
    "sweep_slowdown",
    "trade_friction",
    "trend",
)
"""The scenarios that come with the program; a planner's own stand beside them."""


def shipped_files(root: Path) -> list[Path]:
    """Return the files of the shipped scenarios."""
    return [root / "scenarios" / f"{name}.yaml" for name in SHIPPED]


def scenario_files(named: Sequence[Path], root: Path) -> list[Path]:
    """Return the scenario files of a command line: a folder stands for all of its, nothing for the shipped.

    A file that is named twice is meant once.
    """
    files: dict[Path, None] = {}
    for path in named or [root / SCENARIOS]:
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not found:
            raise BadInput([Mistake(Place(path.name), "no-scenarios")])
        files |= dict.fromkeys(found)
    return list(files)


def add_plan(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("--plan", metavar="ID", help=say("cli.plan", lang))


def plan_folders(options: argparse.Namespace, console: Console) -> list[Path]:
    """Return the folder of the plan that is asked for, or of every plan."""
    from sim.scenario.choices import near
    from sim.scenario.plans import FOLDER, PlanFolders

    known = list(PlanFolders(console.root))
    if options.plan is not None and options.plan not in known:
        details = (("name", options.plan), ("near", near(options.plan, known)))
        raise BadInput([Mistake(COMMAND_LINE, "unknown-plan", details)])
    return [console.root / FOLDER / plan for plan in known if options.plan in (None, plan)]


def plans(options: argparse.Namespace, console: Console) -> Iterator[Baseline]:
    """Yield the plan that is asked for, or every plan."""
    from sim.scenario.plans import PlanFolders

    known = PlanFolders(console.root)
    for folder in plan_folders(options, console):
        yield known[folder.name]
