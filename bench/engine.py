"""How fast the engine draws, beside a rival in plain NumPy and beside the bare random numbers of the job.

    python3 -m bench.engine [--blocks 8]

Two jobs: Gaussian noise alone, and the shipped baseline (fat tails, counts, drawn parameters), both
of every city, indicator and year. Times are per draw; what counts are ratios within one run. The
rival sums moments and counts hits; the engine does all that a report needs as well (chances, grids,
first passages, chances by set), so its share is stated with and without. The rival simulates no
pipelines, so those are left out for both.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from bench.peers import plain_numpy
from sim.axes import Axis
from sim.engine.run import run_block
from sim.model import compiled
from sim.model.model import Model, OutputModel, RatioModel, StockModel
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.streams import BLOCK, SET

ROOT = Path(__file__).parents[1]
TURNS = 5


def jobs() -> dict[str, Model]:
    """Return the models of the two jobs."""
    plans = PlanFolders(ROOT)
    (scenario,) = load_scenarios((ROOT / "scenarios/baseline.yaml",), plans, ROOT)
    model = compiled(scenario, plans[scenario.plan])
    model = without_pipelines(model)
    calm = replace(model.noise, dof=np.inf, key=("gaussian", *model.noise.key))
    gaussian = replace(
        model, noise=calm, drawn=False, is_count=np.zeros_like(model.is_count), derived=model.derived
    )
    return {"gaussian": gaussian, "baseline": model}


def without_pipelines(model: Model) -> Model:
    """Return *model* without the outputs of pipelines and their targets: the rival simulates none."""
    count = len(model.indicators)
    kept = [*range(count)]
    place = {k: k for k in kept}
    derived: list[RatioModel | StockModel] = []
    for position, item in enumerate(model.derived, start=count):
        if isinstance(item, OutputModel):
            continue
        if isinstance(item, RatioModel):
            if not {item.numerator, item.denominator} <= place.keys():
                continue
            above, below = place[item.numerator], place[item.denominator]
            item = replace(item, numerator=above, denominator=below)
        elif item.inflow not in place:
            continue
        else:
            item = replace(item, inflow=place[item.inflow])
        place[position] = count + len(derived)
        kept.append(position)
        derived.append(item)
    targets = [
        (n, replace(t, quantity=place[t.quantity]))
        for n, t in enumerate(model.targets)
        if t.quantity in place
    ]
    moved = {n: row for row, (n, _) in enumerate(targets)}
    return replace(
        model,
        quantities=Axis("quantity", tuple(model.quantities.labels[k] for k in kept)),
        derived=tuple(derived),
        targets=tuple(t for _, t in targets),
        headline=np.array([moved[int(n)] for n in model.headline if int(n) in moved]),
        pipelines=(),
    )


def engine_blocks(model: Model, detailed: bool, blocks: range) -> None:
    for block in blocks:
        tuple(run_block((model,), detailed, block))


def rival_blocks(model: Model, draws: int, blocks: range) -> None:
    plain_numpy.worked(model, len(blocks) * BLOCK // draws, draws)


def numbers_blocks(narrow: int, whole: int, blocks: range) -> None:
    """Draw as many narrow and whole normals as the job of one block has, and nothing else."""
    from sim.kernels.narrow import narrow_into
    from sim.kernels.philox import normals_into

    count = narrow + whole
    keys = np.arange(4 * count, dtype=np.uint64).reshape(count, 4) & np.uint64(0xFFFFFFFF)
    single, double = np.empty((narrow, SET), dtype=np.float32), np.empty((whole, SET))
    for block in blocks:
        for first in range(block * BLOCK, (block + 1) * BLOCK, SET):
            narrow_into(keys[:narrow], first, single)
            normals_into(keys[narrow:], first, double)


def seconds_of(work: Callable[[range], None], blocks: int, pool: ProcessPoolExecutor | None) -> float:
    """Return the seconds that *work* takes over *blocks* blocks, split among the workers of *pool*."""
    begin = time.perf_counter()
    if pool is None:
        work(range(blocks))
    else:
        share = (blocks + 1) // 2
        list(pool.map(work, [range(share), range(share, blocks)]))
    return time.perf_counter() - begin


def nanoseconds(
    works: dict[str, Callable[[range], None]], blocks: int, pool: ProcessPoolExecutor | None
) -> dict[str, float]:
    """Return nanoseconds per draw of each of *works*: the least of several turns, taken in turn."""
    best = dict.fromkeys(works, np.inf)
    for work in works.values():
        seconds_of(work, 2, pool)
    for _ in range(TURNS):
        for name, work in works.items():
            best[name] = min(best[name], seconds_of(work, blocks, pool) / (blocks * BLOCK) * 1e9)
    return best


def numbers_of(model: Model) -> tuple[int, int]:
    """Return how many narrow and whole normals (mixing variables and counts included) a draw takes."""
    cities, columns, years = len(model.cities), len(model.with_cities), len(model.years)
    factors, all_of = len(model.noise.factors), len(model.indicators)
    fat = int(np.isfinite(model.noise.dof))
    shared = (years + 2) * (factors + all_of) + columns
    counts = cities * years * int(model.is_count[model.with_cities].sum())
    return cities * (years + 1) * (factors + columns), shared + fat * (years * (cities + 1) + 1) + counts


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--blocks", type=int, default=8, help="blocks of 4,096 draws a turn")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores; {TURNS} turns of {options.blocks * BLOCK:,} draws, the best of each")
    for job, model in jobs().items():
        narrow, whole = numbers_of(model)
        works: dict[str, Callable[[range], None]] = {
            "plain NumPy, 256 at a time": partial(rival_blocks, model, SET),
            "plain NumPy, 1,024 at a time": partial(rival_blocks, model, 4 * SET),
            "engine, all of a report": partial(engine_blocks, model, True),
            "engine, probabilities": partial(engine_blocks, model, False),
            "bare numbers": partial(numbers_blocks, narrow, whole),
            "bare numbers of 52 bits": partial(numbers_blocks, 0, narrow + whole),
        }
        if job == "baseline":  # its parameters change after 256 draws
            del works["plain NumPy, 1,024 at a time"]
        cells = len(model.cities) * len(model.with_cities) * len(model.years)
        alone = np.inf
        with ProcessPoolExecutor(2) as pool:
            for cores, where in ((1, None), (2, pool)):
                best = nanoseconds(works, options.blocks, where)
                rival = min(value for name, value in best.items() if name.startswith("plain"))
                alone = min(alone, rival) if cores == 1 else alone
                for name, value in best.items():
                    print(
                        f"{job:9s} {cores} core(s)  {name:29s} {value / 1e3:7.2f} us/draw "
                        f"{value / cells:6.2f} ns/cell  {alone / value:5.2f} x NumPy on one core "
                        f"{rival / value:5.2f} x on as many  {value / best['bare numbers']:5.2f} x bare, "
                        f"{value / best['bare numbers of 52 bits']:5.2f} x of 52 bits"
                    )


if __name__ == "__main__":
    main()
