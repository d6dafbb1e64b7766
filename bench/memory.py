"""How much memory a run takes, by its number of draws: the shipped baseline, pipelines included.

    python3 -m bench.memory [DRAWS ...]

Peak resident size of one process that loads the plan, runs, and makes everything that `run.py run` writes;
the default is one, ten and a hundred times 102,400 draws (the last takes ten minutes).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sim.streams import BLOCK

ROOT = Path(__file__).parents[1]
BAR = 400
"""Megabytes that ten million draws may take."""

DEFAULT = (25 * BLOCK, 250 * BLOCK, 2_500 * BLOCK)


def peak(draws: int) -> float:
    """Return the megabytes that a run of so many *draws* takes at most."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "run.py", "run", "scenarios/baseline.yaml", "--quiet"]
        command += ["--draws", str(draws), "--out", folder]
        child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"run.py ended with {child.returncode}")
    return used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("draws", nargs="*", type=int, default=DEFAULT)
    for draws in parser.parse_args().draws:
        size = peak(draws)
        verdict = "met" if size <= BAR else "missed"
        print(f"{draws:12,d} draws {size:8.0f} MB  (bar {BAR}) {verdict}", flush=True)


if __name__ == "__main__":
    main()
