"""``run.py run [FILES]``, and ``run.py`` alone: simulate, show, and write results."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sim.commands.aims import (
    add_aims,
    add_workers,
    as_asked,
    check_nets,
    digits_or_text,
    drawn_enough,
    read_by,
)
from sim.commands.console import OK, Console
from sim.commands.observed import observed_scenarios
from sim.commands.projects import scenario_files
from sim.texts import counted, say

if TYPE_CHECKING:
    from sim.cube import Cube
    from sim.executors import Map
    from sim.outputs.manifest import Origin

RESULTS = "results"

Item = TypeVar("Item")
Result = TypeVar("Result")


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=say("cli.files", lang))
    parser.add_argument("--draws", type=draws_in(lang), metavar="N", help=say("cli.run.draws", lang))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.run.out", lang))
    parser.add_argument("--observed", type=Path, metavar="FILE", help=say("cli.run.observed", lang))
    add_workers(parser, lang)
    add_aims(parser, lang)
    parser.add_argument("--quiet", action="store_true", help=say("cli.run.quiet", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    """Run the scenarios; all that can be wrong is said before anything is simulated."""
    from sim.marked.text import readable_name
    from sim.outputs.manifest import versions
    from sim.outputs.results import opened, publish
    from sim.outputs.run_log import RunLog
    from sim.report.pages import PAGE, pages_of
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders
    from sim.studies.batch import run_batch
    from sim.studies.pipeline_flows import flows_of_scenarios
    from sim.tables.interchange import interchange_files
    from sim.tables.pipeline_table import flow_files
    from sim.tables.result_files import result_files
    from sim.tables.run_screens import run_screens
    from sim.workbook import workbook_files

    log = RunLog()
    plans = PlanFolders(console.root)
    scenarios = load_scenarios(scenario_files(options.files, console.root), plans, console.root)
    scenarios = tuple(as_asked(scenario, options) for scenario in scenarios)
    check_nets(scenarios, plans)
    scenarios = observed_scenarios(scenarios, options.observed, plans, console.root)
    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    sources = {scenario.id: readable_name(scenario.place.file) for scenario in scenarios}
    made_with = versions(console.root)
    with opened(results, console.root, sources.items()):
        log.note("read")
        console.tell_text("cli.run.begin", scenarios=counted(len(scenarios), "scenarios", console.lang))

        scenarios = drawn_enough(scenarios, plans, options.workers, console)

        def published() -> Iterator[Cube]:
            cubes = tuple(run_batch(scenarios, plans, watched(map_over(options.workers), console)))
            # A grid is read side by side (`report`, `compare`), so its cells get tables and no pages.
            shown = tuple(cube for cube in cubes if not cube.cell)
            chosen = tuple(scenario for scenario in scenarios if not scenario.cell)
            pages = pages_of(chosen, plans, shown, sources, made_with)
            flows = flows_of_scenarios(chosen, plans)
            for cube in cubes:
                origin = origin_of(cube, sources[cube.scenario], made_with)
                files = dict(result_files(cube))
                if not cube.cell:
                    files |= interchange_files(cube) | workbook_files(cube, origin) | {PAGE: next(pages)}
                    files |= flow_files(next(flows))
                publish(results, origin, files, log.content(f"simulated {cube.scenario}"))
                yield cube

        for text in run_screens(published(), console.lang):
            if not options.quiet:
                console.show(text)
    count = counted(len(scenarios), "scenarios", console.lang)
    console.tell_text("cli.run.done", folder=results.name, scenarios=count)
    return OK


def draws_in(lang: str) -> Callable[[str], int]:
    """Return the reader of ``--draws``, which asks for what a scenario file asks for."""
    return read_by("draws_from", lang, digits_or_text)


def map_over(workers: int) -> Map:
    """Return where blocks are worked out: here, or in so many other processes."""
    from sim.executors import processes, serial

    return processes(workers) if workers > 1 else serial


def watched(inner: Map, console: Console) -> Map:
    """Return *inner* with a bar of the items done on stderr, where a person looks at it."""

    def spread(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        from tqdm import tqdm

        total = len(items) if isinstance(items, Sized) else None
        shown = console.err.isatty()
        with tqdm(total=total, file=console.err, ascii=True, leave=False, disable=not shown) as bar:
            for result in inner(function, items):
                bar.update()
                yield result

    return spread


def origin_of(cube: Cube, source: str, versions: Mapping[str, str]) -> Origin:
    """Return what the result of *cube* was made from, for its manifest."""
    from sim.marked.text import readable_name
    from sim.outputs.manifest import Origin

    return Origin(
        scenario=cube.scenario,
        source=source,
        seed=cube.seed,
        draws=cube.draws,
        inputs={readable_name(name): digest for name, digest in cube.files},
        cell=dict(cube.cell),
        versions=versions,
    )
