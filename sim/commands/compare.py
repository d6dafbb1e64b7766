"""``run.py compare A B ...``: scenarios on common luck, each against the first."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.aims import add_workers, check_nets, drawn_enough
from sim.commands.console import OK, Console
from sim.commands.projects import SCENARIOS, scenario_files
from sim.commands.run import RESULTS, draws_in, map_over, watched
from sim.texts import counted, say

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline
    from sim.cube import Cube
    from sim.outputs.manifest import Origin
    from sim.scenario.scenario import Scenario


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="SCENARIO", help=say("cli.compare.files", lang)
    )
    parser.add_argument("--draws", type=draws_in(lang), metavar="N", help=say("cli.run.draws", lang))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.run.out", lang))
    add_workers(parser, lang)
    parser.add_argument("--quiet", action="store_true", help=say("cli.run.quiet", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    """Compare the scenarios, show the result, and write it into a folder of its own."""
    from sim.outputs.results import opened, publish
    from sim.outputs.run_log import RunLog
    from sim.scenario.plans import PlanFolders
    from sim.studies.batch import run_batch
    from sim.studies.compare import comparisons_of
    from sim.tables.compared import compared_text
    from sim.workbook import comparison_files

    log = RunLog()
    plans = PlanFolders(console.root)
    scenarios = comparable_scenarios(options, console, plans)
    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    name = "compare-" + "-".join(scenario.id for scenario in scenarios)
    source = "+".join(dict.fromkeys(scenario.place.file for scenario in scenarios))
    with opened(results, console.root, [(name, source)]):
        console.tell_text("cli.run.begin", scenarios=counted(len(scenarios), "scenarios", console.lang))
        scenarios = drawn_enough(scenarios, plans, options.workers, console)
        cubes = tuple(run_batch(scenarios, plans, watched(map_over(options.workers), console)))
        comparisons = comparisons_of(scenarios, cubes)
        log.note("simulated")
        origin = origin_of(name, source, cubes, console.root)
        place = publish(results, origin, comparison_files(comparisons, origin), log.content())
    if not options.quiet:
        console.show(compared_text(comparisons, console.lang))
    console.tell_text("cli.compare.done", folder=f"{results.name}/{place.name}")
    return OK


def comparable_scenarios(
    options: argparse.Namespace, console: Console, plans: Mapping[str, Baseline]
) -> tuple[Scenario, ...]:
    """Return the scenarios that are asked for, two at least, of one plan, seed and number of draws."""
    from sim.errors import COMMAND_LINE, BadInput, Mistake
    from sim.scenario.loading import load_scenarios
    from sim.studies.compare import check_comparable

    files = scenario_files(named_files(options.files, console.root), console.root)
    scenarios = load_scenarios(files, plans, console.root)
    if options.draws is not None:
        scenarios = tuple(replace(scenario, draws=options.draws) for scenario in scenarios)
    check_nets(scenarios, plans)
    if len(scenarios) < 2:
        raise BadInput([Mistake(COMMAND_LINE, "compare-needs-two")])
    check_comparable(scenarios)
    return scenarios


def named_files(named: Sequence[Path], root: Path) -> list[Path]:
    """Return files for *named*: a bare name that is no file here is a scenario of the project."""
    shipped = [root / SCENARIOS / f"{path.name}.yaml" for path in named]
    return [
        mine if not path.exists() and path.parent == Path() and mine.exists() else path
        for path, mine in zip(named, shipped, strict=True)
    ]


def origin_of(name: str, source: str, cubes: Sequence[Cube], root: Path) -> Origin:
    """Return what the comparison was made from, for its manifest."""
    from sim.marked.text import readable_name
    from sim.outputs.manifest import Origin, versions

    return Origin(
        scenario=name,
        source=source,
        seed=cubes[0].seed,
        draws=cubes[0].draws,
        inputs={readable_name(file): digest for cube in cubes for file, digest in cube.files},
        cell={},
        versions=versions(root),
    )
