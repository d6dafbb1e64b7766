"""``run.py calibrate``: write what the program itself writes into a plan folder: path and calibration."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sim.commands.console import OK, Console
from sim.commands.projects import add_plan, plan_folders

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline

PATH, CALIBRATION = "path.csv", "calibration.yaml"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_plan(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    from sim.baseline.path import paths_of, write_path
    from sim.baseline.write_calibration import calibration_text
    from sim.outputs.atomic import write_whole
    from sim.studies.calibrate import calibrate

    for folder in plan_folders(options, console):
        baseline = _sources(folder, console.root)
        write_path(baseline, paths_of(baseline), folder)
        calibration = calibrate(baseline)
        write_whole(folder / CALIBRATION, calibration_text(calibration).encode("utf-8"))
        for check in calibration.checks:
            console.show_text("cli.calibrate.check", **asdict(check))
        console.show_text("cli.calibrate.done", folder=baseline.folder, path=PATH, calibration=CALIBRATION)
    return OK


def _sources(folder: Path, root: Path) -> Baseline:
    """Return the plan; what the program wrote for tables that have changed since is put away first."""
    from sim.baseline import load_baseline
    from sim.errors import BadInput

    try:
        return load_baseline(folder, root)
    except BadInput as bad:
        stale = {root / mistake.place.file for mistake in bad.mistakes}
        if not stale <= {folder / PATH, folder / CALIBRATION}:
            raise
    for file in stale:
        file.unlink()
    return load_baseline(folder, root)
