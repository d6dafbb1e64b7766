"""Error against time of headline and city probabilities: plain NumPy, draws of every design, points.

    python3 -m bench.precision [SEEDS]

For each way and number of draws or points: the processor time of one warm run, the standard error in
points of the worst headline or city probability, and that of all headline targets together. The last
lines say how much less time points need than a rival in plain NumPy (`bench/peers/plain_numpy.py`, which
counts hits and nothing else here) for a standard error of `WANTED` points on every probability, and for
that of all together. Errors of draws and points are root mean squares over the replicates of SEEDS seeds.
Three rivals are put at their errors by formula: one whose draws cost what they cost with parameters shared
by 256 but have parameters of their own all the same, which nobody can write; one that shares them by as many
as is best for it, at its own cost for a set; and one that shares them by 256, as the engine does.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.engine import without_pipelines
from bench.peers import plain_numpy
from sim.api import ROOT, load_scenarios
from sim.designs import KINDS, by_group, group_variance
from sim.engine import run
from sim.engine.drift import drift_of_sets
from sim.engine.noise import set_parameters
from sim.engine.point_targets import point_targets
from sim.engine.points import point_chances
from sim.kernels.reference import accumulation_weights
from sim.model import compiled
from sim.model.model import Model
from sim.model.parameters import drawn_parameters
from sim.scenario.plans import PlanFolders
from sim.streams import BLOCK, SET, SETS
from sim.studies.at_points import FEWEST, PIECE

WANTED, FINER = 0.1, 0.01
"""Standard errors, in points; the joint probability is so small that it needs the finer."""

BLOCKS = (1, 4, 16)
POINTS = (FEWEST, 1024, 2048, 4096, 8192, 16384, 32768)
CHUNKS = 64

Floats = NDArray[np.float64]


def asked(design: str, seed: int) -> Model:
    """Return the shipped baseline with its headline and city targets, those that points answer first."""
    [baseline] = load_scenarios("baseline")
    scenario = replace(baseline, design=design, seed=seed)  # type: ignore[arg-type]
    model = without_pipelines(compiled(scenario, PlanFolders(ROOT)[scenario.plan]))
    rows = point_targets(model).rows
    cities = len(rows) - len(point_targets(model).asked)
    return replace(
        model, targets=tuple(model.targets[row] for row in rows), headline=np.arange(cities, len(rows))
    )


def errors(model: Model, chances: Floats) -> Floats:
    """Return the variance of the means of *chances* ``[event, set]``."""
    variance, count = group_variance(by_group(model.design, chances))
    return np.asarray(variance / count)


def from_draws(model: Model, blocks: int) -> tuple[Floats, Floats]:
    """Return means and variances of every target's chance, then of all headline targets together."""
    [summary] = run([model], range(blocks), detailed=False)
    by_set = summary.by_set.value()
    chances = np.concatenate([by_set[: len(model.targets)], by_set[-1:]])
    return chances.mean(axis=1), errors(model, chances)


def from_points(model: Model, points: int) -> tuple[Floats, Floats]:
    """Return the same from points."""
    targets = point_targets(model)
    parts = [point_chances(model, targets, n, min(PIECE, points - n)) for n in range(0, points, PIECE)]
    chances = np.concatenate(parts, axis=1)
    return chances.mean(axis=1), errors(model, chances)


def curve(name: str, design: str, way: object, counts: tuple[int, ...], seeds: int) -> list[Floats]:
    """Print and return for every count: seconds, worst error and error of all together, in points."""
    assert callable(way)
    rows = []
    for count in counts:
        spent, variances = 0.0, []
        for seed in range(1, seeds + 1):
            model = asked(design, seed)
            if seed == 1:
                way(model, count)
            begin = time.process_time()
            _, variance = way(model, count)
            spent += time.process_time() - begin
            variances.append(variance)
        each = 100.0 * np.sqrt(np.mean(variances, axis=0))
        rows.append(np.array([spent / seeds, each[:-1].max(), each[-1]]))
        shown = count * BLOCK if way is from_draws else count
        print(f"{name:7s} {design:10s} {shown:8,} {1000 * rows[-1][0]:9.1f} ms  {each[:-1].max():7.4f} "
              f"{each[-1]:8.5f}", flush=True)  # fmt: skip
    return rows


def seconds_for(rows: list[Floats], column: int, wanted: float) -> float:
    """Return the time at which the error of *column* falls to *wanted*, between the counts by powers."""
    if rows[0][column] <= wanted:
        return float(rows[0][0])
    for before, after in pairwise(rows):
        if after[column] <= wanted:
            way = np.log(before[column] / wanted) / np.log(before[column] / after[column])
            return float(before[0] * (after[0] / before[0]) ** way)
    last = rows[-1]
    return float(last[0] * (last[column] / wanted) ** 2)


def cost_of_set(model: Model) -> float:
    """Return the seconds that the rival takes for the parameters of one set, many at a time."""
    begin = time.process_time()
    values = drawn_parameters(model.parameters, model.seed, model.drawn, 0, SET)
    p = set_parameters(model, values, 0)
    drift_of_sets(model, values, p)
    accumulation_weights(p.phi, len(model.years))
    return (time.process_time() - begin) / SET


def rivals(p: Floats, between: Floats, a_draw: float, a_set: float, wanted: float) -> dict[str, float]:
    """Return the seconds that each rival takes until the worst of *p* ``[event]`` has the error *wanted*.

    *between* ``[event]`` is the variance that parameters make.
    """
    whole = p * (1.0 - p)
    shares = np.arange(1.0, SET + 1.0)
    variances = (between[:, None] + (whole - between)[:, None] / shares).max(axis=0) / (0.01 * wanted) ** 2
    costs = variances * (a_set + shares * a_draw)
    ideal = whole.max() / (0.01 * wanted) ** 2 * a_draw
    return {"own parameters for nothing": ideal, "shared at best": costs.min(), "shared by 256": costs[-1]}


def main() -> None:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    model = asked("plain", 1)
    cost_of_set(model)
    a_set = cost_of_set(model)
    plain_numpy.worked(model, 2, moments=False)
    begin = time.process_time()
    plain_numpy.worked(model, CHUNKS, moments=False)
    a_draw = (time.process_time() - begin) / (CHUNKS * SET)
    print(f"numpy: {1e6 * a_draw:.1f} us a draw, {1e6 * a_set:.1f} us a set of parameters")
    p, _ = from_points(asked("sobol", 1), 8192)
    _, variance = from_draws(model, 64)
    between = np.maximum(variance * 64 * SETS - p * (1.0 - p) / SET, 0.0)
    print("way     design        count      time      worst  together   (standard errors in points)")
    for design in KINDS:
        curve("draws", design, from_draws, BLOCKS, seeds)
    best = {design: curve("points", design, from_points, POINTS, seeds) for design in KINDS}
    every, together = slice(None, -1), slice(-1, None)
    for name, column, rows, wanted in (
        ("every one", 1, every, WANTED), ("all together", 2, together, WANTED),
        ("all together", 2, together, FINER),
    ):  # fmt: skip
        mine = {design: seconds_for(curves, column, wanted) for design, curves in best.items()}
        print(f"{name} to {wanted} points:", *(f"{d} {1000 * s:.1f} ms" for d, s in mine.items()))
        for rival, seconds in rivals(p[rows], between[rows], a_draw, a_set, wanted).items():
            print(f"    numpy, {rival}: {seconds:.2f} s, {seconds / mine['sobol']:,.0f} times sobol")


if __name__ == "__main__":
    main()
