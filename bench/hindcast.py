"""How long calibration and a full hindcast take.

    python3 -m bench.hindcast

prints one line per figure beside its bar. The hindcast is of a simulated panel: 31 units, 8 indicators, 5
years ahead, 10^5 draws (whole blocks), scores, tables and page without the time of the first start.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.main_job import report
from sim.baseline.load import load_baseline
from sim.baseline.load_panel import PanelFile
from sim.baseline.plan import Figure
from sim.errors import Place
from sim.streams import BLOCK, Source, uniforms
from sim.studies.calibrate import calibrate
from sim.studies.hindcast.study import hindcast

ROOT = Path(__file__).resolve().parents[1]
UNITS, INDICATORS, AHEAD, DRAWS = 31, 8, 5, 25 * BLOCK


def simulated_panel() -> PanelFile:
    """Return a panel of 2010-2020 whose growth is 10 % a year, give or take."""
    rows = []
    for k in range(INDICATORS):
        for u in range(UNITS):
            noise = uniforms(0, Source("bench", f"unit{u}", f"series{k}"), 0, 12)[:10]
            country = uniforms(0, Source("bench", "", f"series{k}"), 0, 12)[:10]
            level = 100.0 * (u + 1) * np.exp(np.cumsum(0.1 + 0.2 * (noise - 0.5) + 0.1 * (country - 0.5)))
            values = [100.0 * (u + 1), *level.tolist()]
            rows += [
                Figure(
                    f"series{k}", f"unit{u}", 2010 + t, v, "亿元", "actual", "", "", "made up", Place("bench")
                )
                for t, v in enumerate(values)
            ]
    return PanelFile("bench.csv", tuple(rows), (), {})


def main() -> None:
    plan = load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT)
    begin = time.perf_counter()
    calibrate(replace(plan, calibration=None))
    report("calibration of the plan's panel", time.perf_counter() - begin, 10, "s")
    panel = simulated_panel()
    hindcast(panel, plan, 2015, 2016, BLOCK)  # compiles what is compiled once
    begin = time.perf_counter()
    hindcast(panel, plan, 2015, 2015 + AHEAD, DRAWS)
    report(f"hindcast, {DRAWS:,} draws", time.perf_counter() - begin, 60, "s")


if __name__ == "__main__":
    main()
