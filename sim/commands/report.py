"""``run.py report A B ...``: a page and a workbook that set scenarios side by side, the first before all."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.aims import add_workers, check_nets, drawn_enough
from sim.commands.compare import named_files, origin_of
from sim.commands.console import OK, Console
from sim.commands.projects import scenario_files
from sim.commands.run import RESULTS, draws_in, map_over, watched
from sim.texts import counted, say

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline
    from sim.cube import Cube
    from sim.outputs.manifest import Origin
    from sim.scenario.scenario import Scenario


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_simulation(parser, lang, "report")
    parser.add_argument("--pictures", action="store_true", help=say("cli.report.pictures", lang))


def add_simulation(parser: argparse.ArgumentParser, lang: str, name: str) -> None:
    """Add the arguments of a command that simulates and writes into a folder of its own."""
    parser.add_argument("files", nargs="*", type=Path, metavar="SCENARIO", help=say("cli.files", lang))
    parser.add_argument("--name", default=name, metavar="NAME", help=say("cli.report.name", lang))
    parser.add_argument("--draws", type=draws_in(lang), metavar="N", help=say("cli.run.draws", lang))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.run.out", lang))
    add_workers(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    return written(options, console, with_page=True, with_pictures=options.pictures)


def written(options: argparse.Namespace, console: Console, with_page: bool, with_pictures: bool) -> int:
    """Simulate, and write the page, the pictures or both into one folder of the results."""
    from sim.marked.text import readable_name
    from sim.outputs.manifest import versions
    from sim.outputs.results import opened, publish
    from sim.outputs.run_log import RunLog
    from sim.plots import pictures_of
    from sim.report import PAGE, page_together
    from sim.scenario.plans import PlanFolders
    from sim.studies.batch import run_batch

    log = RunLog()
    plans = PlanFolders(console.root)
    scenarios = scenarios_of_one_plan(options, console, plans)
    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    sources = {scenario.id: readable_name(scenario.place.file) for scenario in scenarios}
    source = "+".join(dict.fromkeys(sources.values()))
    made_with = versions(console.root)
    with opened(results, console.root, [(options.name, source)]):
        console.tell_text("cli.run.begin", scenarios=counted(len(scenarios), "scenarios", console.lang))
        scenarios = drawn_enough(scenarios, plans, options.workers, console)
        cubes: Sequence[Cube] = tuple(
            run_batch(scenarios, plans, watched(map_over(options.workers), console))
        )
        log.note("simulated")
        origin = origin_of(options.name, source, cubes, console.root)
        files: dict[str, bytes] = {}
        if with_page:
            files[PAGE] = page_together(scenarios, plans, cubes, sources, made_with)
            log.note("page")
            files |= workbooks_of(scenarios, cubes, origin)
            log.note("workbooks")
        if with_pictures:
            files |= pictures_of(cubes, console.lang)
            log.note("pictures")
        place = publish(results, origin, files, log.content())
    console.tell_text("cli.report.done", folder=f"{results.name}/{place.name}", files=len(files))
    return OK


def workbooks_of(scenarios: Sequence[Scenario], cubes: Sequence[Cube], origin: Origin) -> dict[str, bytes]:
    """Return the workbook in each language: of one scenario, or of several side by side.

    Scenarios of several seeds or numbers of draws have none: their differences would be luck.
    """
    from sim.studies.compare import are_comparable, comparisons_of
    from sim.workbook import comparison_files, workbook_files
    from sim.workbook.workbooks import NAMES

    if len(scenarios) == 1:
        return workbook_files(cubes[0], origin)
    if not are_comparable(scenarios):
        return {}
    files = comparison_files(comparisons_of(scenarios, cubes), origin)
    return {name: files[name] for name in NAMES.values()}


def scenarios_of_one_plan(
    options: argparse.Namespace, console: Console, plans: Mapping[str, Baseline]
) -> tuple[Scenario, ...]:
    """Return the scenarios that are asked for; BadInput where they are of several plans."""
    from sim.errors import Found
    from sim.scenario.loading import load_scenarios

    files = scenario_files(named_files(options.files, console.root), console.root)
    scenarios = load_scenarios(files, plans, console.root)
    if options.draws is not None:
        scenarios = tuple(replace(scenario, draws=options.draws) for scenario in scenarios)
    check_nets(scenarios, plans)
    found = Found()
    first = scenarios[0]
    for other in scenarios[1:]:
        if other.plan != first.plan:
            values = {"was": first.plan, "now": other.plan}
            found.add(other.place, "other-plan", name=other.id, other=first.id, **values)
    found.raise_if_any()
    return scenarios
