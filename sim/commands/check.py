"""``run.py check FILES``: every mistake of every file in one pass."""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.commands.console import OK, Console
from sim.commands.projects import scenario_files
from sim.texts import counted, say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=say("cli.files", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders

    files = scenario_files(options.files, console.root)
    plans = PlanFolders(console.root)
    scenarios = load_scenarios(files, plans, console.root)
    counts = {"files": counted(len(files), "files", console.lang)}
    counts["scenarios"] = counted(len(scenarios), "scenarios", console.lang)
    console.show_text("cli.check.sound", **counts)
    for plan in dict.fromkeys(scenario.plan for scenario in scenarios):
        if plans[plan].calibration is None:
            console.tell_text("cli.check.no-calibration", plan=plan)
    return OK
