"""``run.py calibrate``: write what the program itself writes into a plan folder: path and calibration.

With ``--panel FILE`` the calibration of any panel, into a folder of results.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict
from pathlib import Path

from sim.commands.console import OK, Console
from sim.commands.projects import add_plan, plan_folders, plans
from sim.commands.run import RESULTS
from sim.errors import COMMAND_LINE, BadInput, Mistake
from sim.texts import say

PATH, CALIBRATION = "path.csv", "calibration.yaml"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_plan(parser, lang)
    parser.add_argument("--panel", type=Path, metavar="FILE", help=say("cli.calibrate.panel", lang))
    parser.add_argument("--as-of", type=int, metavar="YEAR", help=say("cli.calibrate.as_of", lang))
    parser.add_argument("--region", default="", metavar="NAME", help=say("cli.calibrate.region", lang))
    parser.add_argument("--breaks", type=Path, metavar="FILE", help=say("cli.hindcast.breaks", lang))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=say("cli.run.out", lang))


def run(options: argparse.Namespace, console: Console) -> int:
    if options.panel is not None:
        return of_panel(options, console)
    if options.as_of is not None or options.region or options.breaks or options.out:
        raise BadInput([Mistake(COMMAND_LINE, "calibrate-needs-panel")])
    return of_plans(options, console)


def of_panel(options: argparse.Namespace, console: Console) -> int:
    """Show the calibration of a panel that stands alone and write it into a folder of its own."""
    from sim.baseline.load_panel import load_panel
    from sim.baseline.write_calibration import calibration_text
    from sim.outputs.manifest import Origin, versions
    from sim.outputs.results import opened, publish
    from sim.outputs.run_log import RunLog
    from sim.studies.panel_calibration import panel_calibration
    from sim.tables import calibration_table

    log = RunLog()
    panel = load_panel(options.panel, console.root, options.breaks)
    plan = next(plans(options, console))
    as_of = max(f.year for f in panel.figures) if options.as_of is None else options.as_of
    calibration, left_out = panel_calibration(panel, plan, as_of, options.region)
    log.note("calibrated")
    name = f"calibration-{options.panel.stem}-{as_of}"
    inputs = dict(panel.hashes) | {f"{plan.folder}/{file}": digest for file, digest in plan.hashes.items()}
    origin = Origin(name, panel.name, 0, 0, inputs, {}, versions(console.root))
    files = {CALIBRATION: calibration_text(calibration).encode("utf-8")}
    results = Path(os.path.abspath(options.out or console.root / RESULTS))
    with opened(results, console.root, [(name, panel.name)]):
        place = publish(results, origin, files, log.content())
    console.show(calibration_table.calibration_text(calibration, console.lang))
    for check in calibration.checks:
        console.show_text("cli.calibrate.check", **asdict(check))
    for mistake in left_out:
        console.tell(mistake.line(console.lang))
    console.tell_text("cli.calibrate.panel-done", file=f"{results.name}/{place.name}/{CALIBRATION}")
    return OK


def of_plans(options: argparse.Namespace, console: Console) -> int:
    """Write the path and the calibration of the plan that is asked for, or of all."""
    from sim.baseline.load import load_baseline
    from sim.baseline.path import paths_of, write_path
    from sim.baseline.write_calibration import calibration_text
    from sim.outputs.atomic import write_whole
    from sim.studies.calibrate import calibrate

    done = []
    for folder in plan_folders(options, console):
        baseline = load_baseline(folder, console.root, sources_only=True)
        done.append((folder, baseline, paths_of(baseline), calibrate(baseline)))
    for folder, baseline, paths, calibration in done:  # nothing is written until all could be made
        write_path(baseline, paths, folder)
        write_whole(folder / CALIBRATION, calibration_text(calibration).encode("utf-8"))
        for check in calibration.checks:
            console.show_text("cli.calibrate.check", **asdict(check))
        console.show_text("cli.calibrate.done", folder=baseline.folder, path=PATH, calibration=CALIBRATION)
    return OK
