"""``run.py batch FILES``: many scenarios in pieces that are kept, so that a killed run goes on."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.aims import add_aims, add_workers, as_asked, check_nets, told_look, workers_in
from sim.commands.compare import named_files
from sim.commands.console import OK, PARTIAL, Console
from sim.commands.projects import scenario_files
from sim.commands.run import RESULTS, draws_in
from sim.texts import say

if TYPE_CHECKING:
    from sim.cube import Cube
    from sim.executors import Crew
    from sim.outputs.machine_tables import Cell
    from sim.outputs.manifest import Origin
    from sim.scenario.scenario import Scenario
    from sim.studies.grid import Grid

EVERY = 10.0
"""Seconds between two lines of progress where nobody watches a terminal."""

KEY_SHOWN = 12

HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Za-z:.%]{2,60}\]")
"""A host by name or by address; one of IPv6 stands in brackets."""

LAST_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help=say("cli.files", lang))
    parser.add_argument("--draws", type=draws_in(lang), metavar="N", help=say("cli.run.draws", lang))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.run.out", lang))
    parser.add_argument("--name", metavar="NAME", help=say("cli.batch.name", lang))
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--on", type=place_in(lang), metavar="PLACE", help=say("cli.batch.on", lang))
    add_workers(where, lang)
    add_aims(parser, lang)
    parser.add_argument("--against", metavar="SCENARIO", help=say("cli.batch.against", lang))
    parser.add_argument("--prune", action="store_true", help=say("cli.batch.prune", lang))
    parser.add_argument("--quiet", action="store_true", help=say("cli.run.quiet", lang))


def place_in(lang: str) -> Callable[[str], str]:
    """Return the reader of ``--on``: ``local:N``, or the address of a scheduler."""

    def place(text: str) -> str:
        kind, _, rest = text.partition(":")
        if kind == "local":
            return f"local:{workers_in(lang)(rest)}"
        host, _, port = rest.removeprefix("//").rpartition(":")
        is_port = port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= LAST_PORT
        if kind not in ("tcp", "tls") or not rest.startswith("//") or not HOST.fullmatch(host) or not is_port:
            raise argparse.ArgumentTypeError(say("cli.batch.bad-place", lang, text=text[:80]))
        return text

    return place


def run(options: argparse.Namespace, console: Console) -> int:
    """Run the grid; what an earlier run finished is taken over, scenarios that fail are named."""
    from sim.marked.text import readable_name
    from sim.outputs.chunks import FOLDER, Chunks
    from sim.outputs.results import opened, publish
    from sim.outputs.run_log import RunLog
    from sim.scenario.loading import load_scenarios
    from sim.scenario.measures import MAX_DRAWS
    from sim.scenario.plans import PlanFolders
    from sim.streams import BLOCK
    from sim.studies.grid import Grid, done_work
    from sim.studies.precision import aims_of, as_precise_as_asked

    log = RunLog()
    plans = PlanFolders(console.root)
    files = scenario_files(named_files(options.files, console.root), console.root)
    scenarios = load_scenarios(files, plans, console.root)
    scenarios = tuple(as_asked(scenario, options) for scenario in scenarios)
    check_nets(scenarios, plans)
    check_reference(options, scenarios)
    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    name = "batch-" + (options.name or "-".join(file.stem for file in files if options.files) or "all")
    source = "+".join(dict.fromkeys(readable_name(scenario.place.file) for scenario in scenarios))

    def noticed(key: str, why: str) -> None:
        console.tell_text(f"cli.batch.{why}", chunk=key[:KEY_SHOWN])

    with opened(results, console.root, [(name, source)]), crew_for(options) as crew:
        chunks = Chunks(results / FOLDER, noticed)
        chunks.prepare()
        console.tell_text("cli.batch.begin", scenarios=len(scenarios))
        blocks = {scenario.id: blocks_of(scenario) for scenario in scenarios}
        with contextlib.closing(Progress(console)) as progress:
            grid = Grid(scenarios, plans, chunks, crew, progress.told)
            if aims := aims_of(scenarios):
                reference, look = options.against, partial(told_look, console)
                blocks = as_precise_as_asked(grid, aims, reference, MAX_DRAWS // BLOCK, done_work, look)
            else:
                grid.complete(blocks, done_work)
        grid.scenarios = tuple(replace(s, draws=blocks[s.id] * BLOCK) for s in scenarios)
        log.note("simulated")
        made = tables_of(grid, blocks)
        origin = origin_of(name, source, scenarios, made.cubes, console.root)
        place = publish(results, origin, made.files, log.content())
        if options.prune:
            kept = {key for scenario in grid.models for key, _, _ in grid.keys(scenario, blocks[scenario])}
            count, size = chunks.prune(kept)
            console.tell_text("cli.batch.pruned", count=count, size=f"{size / 1e6:.1f}")
    return shown(options, console, grid, made, f"{results.name}/{place.name}")


def check_reference(options: argparse.Namespace, scenarios: Sequence[Scenario]) -> None:
    """Raise BadInput where ``--against`` names none of *scenarios*, or they do not share their luck."""
    from sim.errors import COMMAND_LINE, BadInput, Mistake
    from sim.scenario.choices import near
    from sim.studies.compare import check_comparable

    if options.against is None:
        return
    ids = [scenario.id for scenario in scenarios]
    if options.against not in ids:
        details = (("name", options.against[:80]), ("near", near(options.against, ids)))
        raise BadInput([Mistake(COMMAND_LINE, "unknown-scenario", details)])
    check_comparable(scenarios)
    first = scenarios[ids.index(options.against)]
    others = [s for s in scenarios if set(s.targets) != set(first.targets)]
    if others:
        details = (("name", others[0].id), ("other", first.id))
        raise BadInput([Mistake(others[0].place, "other-targets", details)])


def shown(options: argparse.Namespace, console: Console, grid: Grid, made: Made, folder: str) -> int:
    """Show the grid, name what failed, and return the exit code."""
    from sim.tables.run_screens import plan_screens

    if not options.quiet:
        for plan in dict.fromkeys(cube.plan.id for cube in made.cubes):
            for text in plan_screens([cube for cube in made.cubes if cube.plan.id == plan], console.lang):
                console.show(text)
    failures = grid.failures()
    for failed in failures:
        console.tell_text("cli.batch.failed", scenario=failed.scenario, why=failed.why)
    counts = {"done": len(made.cubes), "all": len(grid.scenarios)}
    console.tell_text("cli.batch.done", folder=folder, **counts)
    return PARTIAL if failures else OK


@contextlib.contextmanager
def crew_for(options: argparse.Namespace) -> Iterator[Crew]:
    """Hold the crew that the command line asks for: this process, several, or a cluster."""
    from sim.executors import NoCluster, cluster_crew, crew_of_processes, lone_crew
    from sim.outputs.problems import Broken, Refused
    from sim.studies.fingerprints import code_fingerprint

    if options.on is None:
        yield crew_of_processes(options.workers) if options.workers > 1 else lone_crew
        return
    try:
        with cluster_crew(options.on, code_fingerprint) as crew:
            yield crew
    except NoCluster as none:
        kind = Broken if none.code == "lost" else Refused
        raise kind(f"cluster-{none.code}", place=options.on, detail=none.detail) from None


def blocks_of(scenario: Scenario) -> int:
    """Return how many blocks a scenario's draws are."""
    from sim.streams import BLOCK

    return scenario.draws // BLOCK


@dataclass(slots=True)
class Made:
    """The cubes of a grid, without what only differences need, and its files."""

    cubes: list[Cube] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def tables_of(grid: Grid, blocks: Mapping[str, int]) -> Made:
    """Return the tables of all that is done; each plan's first scenario is what others differ from."""
    from sim.studies.compare import comparison_of
    from sim.tables.compared import chance_columns
    from sim.tables.comparison import has_common_luck
    from sim.tables.grid_files import grid_columns, swept_paths, table_files

    made, firsts = Made(), dict[str, "Cube"]()
    differences: dict[str, list[Cell]] = {name: [] for name in chance_columns([])}
    for cube in grid.cubes(blocks):
        first = firsts.setdefault(cube.plan.id, cube)
        if first is not cube and has_common_luck(cube, first):
            for name, column in chance_columns([comparison_of(first, cube)]).items():
                differences[name].extend(column)
        made.cubes.append(replace(cube, by_set={}))
    paths = swept_paths(scenario.cell for scenario in grid.scenarios)
    made.files = table_files("grid", grid_columns(made.cubes, paths))
    made.files |= table_files("differences", differences)
    failures = grid.failures()
    failed: dict[str, list[Cell]] = {
        "scenario": [each.scenario for each in failures],
        "why": [each.why for each in failures],
    }
    return made if not failures else replace(made, files=made.files | table_files("failed", failed))


def origin_of(
    name: str, source: str, scenarios: Sequence[Scenario], cubes: Sequence[Cube], root: Path
) -> Origin:
    """Return what the grid was made from, for its manifest."""
    from sim.marked.text import readable_name
    from sim.outputs.manifest import Origin, versions

    return Origin(
        scenario=name,
        source=source,
        seed=scenarios[0].seed,
        draws=max(scenario.draws for scenario in scenarios),
        inputs={readable_name(file): digest for cube in cubes for file, digest in cube.files},
        cell={},
        versions=versions(root),
    )


class Progress:
    """How many chunks are done and how long the rest will take: a bar for a person, else a line at times."""

    def __init__(self, console: Console) -> None:
        from tqdm import tqdm

        self._console = console
        self._watched = console.err.isatty()
        self._bar = tqdm(file=console.err, ascii=True, leave=False, disable=not self._watched, unit="chunk")
        self._begin = self._last = time.monotonic()

    def told(self, done: int, total: int) -> None:
        """Take note that *done* of *total* missing chunks are there."""
        now = time.monotonic()
        self._bar.total = total
        self._bar.update(done - self._bar.n)
        if self._watched or done == 0 or (now - self._last < EVERY and done < total):
            return
        self._last = now
        left = round((now - self._begin) / done * (total - done))
        self._console.tell_text("cli.batch.progress", done=done, total=total, left=left)

    def close(self) -> None:
        self._bar.close()
