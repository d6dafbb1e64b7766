"""``run.py chances FILES``: probabilities of headline and city targets at once, as precise as asked."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from sim.commands.aims import KINDS, read_by
from sim.commands.compare import named_files
from sim.commands.console import OK, Console
from sim.commands.projects import scenario_files
from sim.texts import say


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    precision = read_by("precision_from", lang)
    parser.add_argument("files", nargs="*", type=Path, metavar="SCENARIO", help=say("cli.files", lang))
    parser.add_argument("--precision", type=precision, metavar="PP", help=say("cli.chances.precision", lang))
    parser.add_argument("--design", choices=KINDS, metavar="DESIGN", help=say("cli.chances.design", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    """Show the chances of every scenario, one after the other."""
    from sim.errors import COMMAND_LINE, BadInput, Mistake
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders
    from sim.studies.at_points import PRECISION, at_points
    from sim.tables.points_table import points_text

    plans = PlanFolders(console.root)
    files = scenario_files(named_files(options.files, console.root), console.root)
    for scenario in load_scenarios(files, plans, console.root):
        baseline = plans[scenario.plan]
        design = options.design or ("sobol" if baseline.dimensions else scenario.design)
        if design == "sobol" and not baseline.dimensions:
            raise BadInput([Mistake(COMMAND_LINE, "no-dimensions", (("plan", scenario.plan),))])
        precision = options.precision or scenario.precision or PRECISION

        def told(points: int, widest: float, wanted: float = precision) -> None:
            half = {"widest": f"{100.0 * widest:.3g}", "wanted": f"{100.0 * wanted:g}"}
            console.tell_text("cli.chances.look", points=f"{points:,}", **half)

        found = at_points(replace(scenario, design=design), baseline, precision, told)
        if found.widest() > precision:
            console.tell_text("cli.chances.not-reached", points=f"{found.points:,}")
        console.show(points_text(found, baseline, console.lang))
    return OK
