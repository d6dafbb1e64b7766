"""``run.py hindcast``: forecast years that are known from earlier ones alone, and score the forecast."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from sim.commands.console import OK, Console
from sim.commands.projects import add_plan, plans
from sim.commands.run import RESULTS, draws_in
from sim.texts import say

DRAWS = 20_480


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument(
        "--panel", type=Path, required=True, metavar="FILE", help=say("cli.hindcast.panel", lang)
    )
    parser.add_argument(
        "--as-of", type=int, required=True, metavar="YEAR", help=say("cli.hindcast.as_of", lang)
    )
    parser.add_argument(
        "--horizon", type=int, required=True, metavar="YEAR", help=say("cli.hindcast.year", lang)
    )
    parser.add_argument("--breaks", type=Path, metavar="FILE", help=say("cli.hindcast.breaks", lang))
    parser.add_argument("--rolling", action="store_true", help=say("cli.hindcast.rolling", lang))
    parser.add_argument("--variants", action="store_true", help=say("cli.hindcast.variants", lang))
    parser.add_argument(
        "--draws", type=draws_in(lang), default=DRAWS, metavar="N", help=say("cli.run.draws", lang)
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.run.out", lang))
    add_plan(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    """Score the panel, show the table, and write the page into a folder of its own."""
    from sim.baseline.load_panel import load_panel
    from sim.outputs.machine_tables import machine_csv, people_csv
    from sim.outputs.manifest import Origin, versions
    from sim.outputs.results import opened, publish
    from sim.outputs.run_log import RunLog
    from sim.plots.hindcast import hindcast_pictures
    from sim.report.hindcast import hindcast_page
    from sim.studies.hindcast.forecast import SEED
    from sim.studies.hindcast.study import hindcast
    from sim.tables.hindcast_table import hindcast_text, score_columns, summary_columns, variant_columns

    log = RunLog()
    panel = load_panel(options.panel, console.root, options.breaks)
    plan = next(plans(options, console))
    result = hindcast(
        panel, plan, options.as_of, options.horizon, options.draws, options.rolling, options.variants
    )
    log.note("scored")
    name = f"hindcast-{options.panel.stem}-{options.as_of}-{options.horizon}"
    name += "-rolling" if options.rolling else ""
    pictures = {
        f"{picture}_{lang}": svg
        for lang in ("zh", "en")
        for picture, svg in hindcast_pictures(result, lang).items()
    }
    files = {"hindcast.html": hindcast_page(result, pictures)}
    files |= {f"{picture}.svg": svg for picture, svg in sorted(pictures.items())}
    tables = {"scores": score_columns(result), "summary": summary_columns(result)}
    tables |= {"variants": variant_columns(result)} if result.variants else {}
    for table, columns in tables.items():
        files[f"{table}.csv"] = machine_csv(columns)
        files[f"{table}_excel.csv"] = people_csv(columns)
    inputs = dict(panel.hashes) | {f"{plan.folder}/{file}": digest for file, digest in plan.hashes.items()}
    origin = Origin(name, panel.name, SEED, options.draws, inputs, {}, versions(console.root))
    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    with opened(results, console.root, [(name, panel.name)]):
        place = publish(results, origin, files, log.content())
    console.show(hindcast_text(result, console.lang))
    for mistake in result.left_out:
        console.tell(mistake.line(console.lang))
    console.tell_text("cli.hindcast.done", folder=f"{results.name}/{place.name}")
    return OK
