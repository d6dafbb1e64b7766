"""``run.py calibrate``: write what the program itself writes into a plan folder: path and calibration."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from sim.commands.console import OK, Console
from sim.commands.projects import add_plan, plan_folders

PATH, CALIBRATION = "path.csv", "calibration.yaml"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_plan(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    from sim.baseline import load_baseline
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
