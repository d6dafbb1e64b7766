"""``run.py pipeline NAME``: one pipeline by itself, its stocks and queues by month and its flows."""

from __future__ import annotations

import argparse
from pathlib import Path

from sim.commands.console import OK, Console
from sim.commands.projects import SCENARIOS, scenario_files
from sim.errors import BadInput, Mistake, Place
from sim.texts import say

FOLDER = "pipelines"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help=say("cli.pipeline.name", lang))
    parser.add_argument("--scenario", type=Path, metavar="FILE", help=say("cli.pipeline.scenario", lang))
    parser.add_argument("--watch", action="store_true", help=say("cli.pipeline.watch", lang))
    parser.add_argument(
        "--out", type=Path, default=Path("results"), metavar="DIR", help=say("cli.pipeline.out", lang)
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Show the pipeline in a scenario (of a sweep the first cell) and write its flow table."""
    from sim.outputs.atomic import write_whole
    from sim.outputs.machine_tables import machine_csv
    from sim.scenario.loading import load_scenarios
    from sim.scenario.names import directories_of
    from sim.scenario.plans import PlanFolders
    from sim.streams import SET
    from sim.studies.coupling import coupling_of
    from sim.studies.watch_pipeline import watched
    from sim.tables.layout import paragraph
    from sim.tables.pipeline_table import (
        coupling_text,
        flow_columns,
        flows_text,
        months_text,
        pipelines_text,
    )

    folders = PlanFolders(console.root)
    file = options.scenario or console.root / SCENARIOS / "baseline.yaml"
    scenario = load_scenarios(scenario_files([file], console.root), folders, console.root)[0]
    baseline, lang = folders[scenario.plan], console.lang
    if options.name is None or not baseline.pipelines:
        console.show(pipelines_text(baseline, lang))
        return OK
    names = directories_of(baseline).pipelines
    ident = names.id_of(options.name)
    if ident is None:
        details = (("name", options.name), ("near", names.near(options.name, only_single=True)))
        raise BadInput([Mistake(Place(f"{baseline.folder}/pipelines.yaml"), names.code, details)])
    seen = watched(scenario, baseline, ident)
    name, title = seen.plan.name.in_language(lang), scenario.title.in_language(lang)
    sets = seen.draws // SET
    drawn = f"{seen.draws:,}"
    console.show(paragraph(say("pipeline.title", lang, name=name, scenario=title, draws=drawn, sets=sets)))
    if seen.plan.coupled_to is None:
        console.show_text("pipeline.alone")
    else:
        noisy = {indicator.id: indicator.name for indicator in baseline.indicators}[seen.plan.coupled_to]
        low, central, high = seen.coupling
        value = f"{central:g}" if low == high else f"{central:g} ({low:g}-{high:g})"
        console.show_text("pipeline.coupled", indicator=noisy.in_language(lang), value=value)
        if high == 0.0:
            console.show_text("pipeline.uncoupled")
    if options.watch:
        console.show(months_text(seen.trace.months, seen.trace.balances, lang))
    console.show(flows_text(seen.years, seen.flows, lang))
    if seen.plan.coupled_to is not None and seen.coupling[-1] > 0.0:
        coupled = coupling_of(scenario, baseline, seen.plan)
        if coupled is not None:
            console.show(coupling_text(coupled, lang))
    path = options.out / FOLDER / f"{scenario.id}__{ident}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, machine_csv(flow_columns({ident: seen.flows}, baseline, seen.seed, seen.draws)))
    console.show_text("pipeline.written", file=f"{options.out.name}/{FOLDER}/{path.name}")
    return OK
