"""How long a grid of 200 scenarios x 100,000 draws takes, and what is kept of it.

    python3 -m bench.batch [SCENARIOS] [DRAWS] [WORKERS]

prints seconds, draws a second and core, bytes a chunk on disk, and what the second run (all known) takes.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
GRID = """\
title: {{zh: 基准网格, en: Grid of the benchmark}}
plan: zhejiang-2016
growth: {{source: blend}}
draws: {draws}
drift: {{extra: {{indicators: rd_expenditure, years: all, add: 0.1}}}}
sweep: {{drift.extra.add: {{from: 0.1, to: {last:g}, step: 0.1}}}}
"""


def seconds_of(arguments: list[str]) -> float:
    """Run ``run.py`` with *arguments*; return wall-clock seconds."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, str(ROOT / "run.py"), *arguments], check=True, cwd=ROOT)
    return time.perf_counter() - begin


def main() -> None:
    given, usual = sys.argv[1:], ("200", "102400", "2")
    scenarios, draws, workers = map(int, (*given, *usual[len(given) :]))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench_grid.yaml"
        file.write_text(GRID.format(draws=draws, last=scenarios / 10), encoding="utf-8")
        argv = ["batch", str(file), "--quiet", "--workers", str(workers), "--out", f"{folder}/results"]
        first = seconds_of(argv)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        second = seconds_of(argv)
        chunks = [path.stat().st_size for path in Path(folder).rglob("*.chunk")]
    total = scenarios * draws
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3
    print(f"{scenarios} scenarios x {draws:,} draws, {workers} workers: {first:.1f} s")
    print(f"scenario-draws a second and worker: {total / first / workers:,.0f}")
    print(f"scenario-draws a second of processor time: {total / (used.ru_utime + used.ru_stime):,.0f}")
    print(f"again, all known: {second:.1f} s")
    print(f"{len(chunks)} chunks, {sum(chunks) / len(chunks) / 1e3:.0f} kB each")
    print(f"peak memory of one process: {peak:.0f} MB")


if __name__ == "__main__":
    main()
