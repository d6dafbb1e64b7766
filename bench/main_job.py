"""How long the main job takes, what memory it needs, and how soon ``check`` answers.

    python3 -m bench.main_job

prints one line per figure beside its bar. Whole commands are timed, as a planner would wait for them; what
the parts of a run of one scenario take is what its log says.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPEATS = 5


def seconds_of(arguments: list[str]) -> float:
    """Run ``run.py`` with *arguments*, its output thrown away; return wall-clock seconds."""
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, str(ROOT / "run.py"), *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begin


def median_seconds(arguments: list[str]) -> float:
    """Return the median time of several runs after one that is not counted."""
    seconds_of(arguments)
    return sorted(seconds_of(arguments) for _ in range(REPEATS))[REPEATS // 2]


def report(name: str, value: float, bar: float, unit: str) -> None:
    """Print one figure beside its bar."""
    print(f"{name:52s} {value:8.2f} {unit:3s} (bar {bar:g}) {'met' if value < bar else 'MISSED'}")


def shares(log: Path, whole: float) -> None:
    """Print what the parts of a run take, of *whole* seconds, as its *log* says (of the last run)."""
    told = [line.split(None, 2) for line in log.read_text(encoding="utf-8").splitlines()[1:]]
    ends = [0.0, *(float(seconds) for seconds, _, _ in told)]
    names = ("imports, while it is read", "the rest of reading", "engine", "files")
    for name, begin, end in zip(names, ends, ends[1:], strict=False):
        print(f"    {name:48s} {end - begin:8.2f} s   ({(end - begin) / whole:.0%})")
    rest = whole - ends[-1]
    print(f"    {'starting Python, and ending':48s} {rest:8.2f} s   ({rest / whole:.0%})")


def main() -> None:
    report("check, one file, median", median_seconds(["check", "scenarios/baseline.yaml"]), 1.5, "s")
    with tempfile.TemporaryDirectory() as folder:
        whole = median_seconds(["run", "scenarios/baseline.yaml", "--quiet", "--out", folder])
        report("run, one scenario, 20,480 draws, median", whole, 2, "s")
        shares(Path(folder) / "baseline" / "run.log", whole)
    with tempfile.TemporaryDirectory() as folder:
        report(
            "main job, 32 scenarios of 20,480 draws", seconds_of(["run", "--quiet", "--out", folder]), 60, "s"
        )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    report("main job, peak memory of one process", peak, 1.0, "GB")


if __name__ == "__main__":
    main()
