"""``run.py actuals [FILE]``: how each probability moved as the actuals of each year came in."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from sim.commands.aims import add_workers, check_nets
from sim.commands.console import OK, Console
from sim.commands.projects import SCENARIOS, scenario_files
from sim.commands.run import draws_in, map_over, watched
from sim.texts import say

DEFAULT = Path(SCENARIOS) / "baseline.yaml"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=say("cli.actuals.file", lang))
    parser.add_argument("--area", metavar="NAME", action="append", help=say("cli.actuals.area", lang))
    parser.add_argument("--observed", type=Path, metavar="FILE", help=say("cli.run.observed", lang))
    parser.add_argument("--draws", type=draws_in(lang), metavar="N", help=say("cli.run.draws", lang))
    add_workers(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    """Show the moves of one scenario; areas are the province and, unless named, those with actuals."""
    from sim.commands.observed import observed_scenarios
    from sim.errors import Found, Place
    from sim.scenario.loading import load_scenarios
    from sim.scenario.names import directories_of
    from sim.scenario.observed import actuals_of_plan
    from sim.scenario.plans import PlanFolders
    from sim.studies.actuals import moves_of
    from sim.tables.actuals_table import actuals_text

    plans = PlanFolders(console.root)
    files = scenario_files([options.file or console.root / DEFAULT], console.root)
    scenarios = load_scenarios(files[:1], plans, console.root)[:1]
    [scenario] = observed_scenarios(scenarios, options.observed, plans, console.root)
    baseline = plans[scenario.plan]
    if options.draws is not None:
        scenario = replace(scenario, draws=options.draws)
    check_nets([scenario], plans)
    known = scenario.observed or actuals_of_plan(baseline, baseline.years[-1])
    found = Found()
    if not known:
        found.add(Place(f"{baseline.folder}/observed.csv"), "nothing-observed", year=baseline.years[-1])
    names, areas = directories_of(baseline).areas, [baseline.province.id]
    for word in options.area or ():
        ident = names.id_of(word)
        if ident is None:
            found.add(Place(baseline.folder), names.code, name=word, near=names.near(word, only_single=True))
        areas.append(ident or "")
    if not options.area:
        areas += sorted({actual.area for actual in known})
    found.raise_if_any()
    moves = moves_of(scenario, baseline, areas, watched(map_over(options.workers), console))
    console.show(actuals_text(moves, baseline, console.lang))
    return OK
