"""``run.py run [FILES]``, and ``run.py`` alone: simulate, show, and write results."""

from __future__ import annotations

import argparse
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
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
    from sim.baseline.plan import Baseline
    from sim.beside import Ask, Beside
    from sim.cube import Cube
    from sim.executors import Map
    from sim.outputs.manifest import Origin
    from sim.outputs.run_log import RunLog
    from sim.scenario.plans import PlanFolders
    from sim.scenario.scenario import Scenario
    from sim.studies.goal_seek import Needs

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
    from sim.beside import process_beside
    from sim.outputs.run_log import RunLog

    log = RunLog()
    with process_beside() as beside:
        reading = beside(loaded, options, console.root, gc.get_threshold())
        ready()  # what takes longest to import, while the scenarios are read
        log.note("imported")
        scenarios, plans, made_with = reading()
    scenarios = tuple(as_asked(scenario, options) for scenario in scenarios)
    check_nets(scenarios, plans)
    scenarios = observed_scenarios(scenarios, options.observed, plans, console.root)
    log.note("read")
    with process_beside() as beside:
        beside(ready)  # what a fork has already
        beside(ready_to_write)
        return run_with(beside, scenarios, plans, made_with, options, console, log)


def loaded(
    options: argparse.Namespace, root: Path, threshold: tuple[int, int, int]
) -> tuple[tuple[Scenario, ...], PlanFolders, dict[str, str]]:
    """Return the scenarios of the command line with their plans, and the versions of what a result depends
    on; BadInput with all mistakes.

    *threshold*: when the asking process looks for cycles; one beside it does as it does.
    """
    from sim.outputs.manifest import versions
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders

    gc.set_threshold(*threshold)
    plans = PlanFolders(root)
    return load_scenarios(scenario_files(options.files, root), plans, root), plans, versions(root)


def ready() -> None:
    """Import what a run simulates and shows with."""
    import sim.studies.batch
    import sim.studies.goal_seek
    import sim.studies.pipeline_flows
    import sim.tables.run_screens  # noqa: F401


def ready_to_write() -> None:
    """Import what `tables_and_page` needs, which takes as long as it does."""

    import sim.report.pages
    import sim.tables.interchange
    import sim.tables.result_files  # noqa: F401


def tables_and_page(
    cube: Cube, needs: Mapping[str, Needs], sources: Mapping[str, str], made_with: Mapping[str, str]
) -> dict[str, bytes]:
    """Return the files of a scenario that is no cell of a sweep, but for its workbooks and flows."""
    from sim.report.pages import PAGE, page_alone
    from sim.tables.interchange import interchange_files
    from sim.tables.result_files import result_files

    page = page_alone(cube, needs, sources, made_with)
    return result_files(cube) | interchange_files(cube) | {PAGE: page}


def run_with(
    beside: Beside,
    scenarios: tuple[Scenario, ...],
    plans: PlanFolders,
    made_with: Mapping[str, str],
    options: argparse.Namespace,
    console: Console,
    log: RunLog,
) -> int:
    """Simulate, show and write *scenarios*, with a process *beside* this one."""
    from sim.marked.text import readable_name
    from sim.outputs.results import opened
    from sim.tables.run_screens import run_screens

    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    sources = {scenario.id: readable_name(scenario.place.file) for scenario in scenarios}
    with opened(results, console.root, sources.items()):
        console.tell_text("cli.run.begin", scenarios=counted(len(scenarios), "scenarios", console.lang))

        scenarios = drawn_enough(scenarios, plans, options.workers, console)
        map_blocks = watched(map_over(options.workers), console)
        cubes = published(results, scenarios, plans, sources, made_with, log, map_blocks, beside)
        for text in run_screens(cubes, console.lang):
            if not options.quiet:
                console.show(text)
    count = counted(len(scenarios), "scenarios", console.lang)
    console.tell_text("cli.run.done", folder=results.name, scenarios=count)
    return OK


def published(
    results: Path,
    scenarios: Sequence[Scenario],
    plans: Mapping[str, Baseline],
    sources: Mapping[str, str],
    made_with: Mapping[str, str],
    log: RunLog,
    map_blocks: Map,
    ask: Ask,
) -> Iterator[Cube]:
    """Simulate, and yield each scenario's cube once its files stand in the *results* folder."""
    from sim.outputs.results import publish
    from sim.studies.batch import run_batch
    from sim.studies.goal_seek import seeking
    from sim.studies.pipeline_flows import flows_of_scenarios
    from sim.tables.pipeline_table import flow_files
    from sim.tables.result_files import result_files
    from sim.workbook import workbook_files

    # A grid is read side by side (`report`, `compare`), so its cells get tables and no pages.
    chosen = tuple(scenario for scenario in scenarios if not scenario.cell)
    seek, flows = seeking(chosen, plans, ask), flows_of_scenarios(chosen, plans, ask)
    cubes = tuple(run_batch(scenarios, plans, map_blocks, ask, paired=False))
    log.note("simulated")
    needs = seek({cube.scenario: cube for cube in cubes if not cube.cell})
    for cube in cubes:
        origin = origin_of(cube, sources[cube.scenario], made_with)
        if cube.cell:
            files = result_files(cube)
        else:
            own = {cube.scenario: needs[cube.scenario]}
            rest = ask(tables_and_page, cube, own, sources, made_with)
            files = workbook_files(cube, origin) | flow_files(next(flows)) | rest()
        publish(results, origin, files, log.content(f"made files of {cube.scenario}"))
        yield cube


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
