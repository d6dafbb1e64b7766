"""How long pipelines take: all of the shipped plan, and vectors against one entity, one process.

    python3 -m bench.pipelines

prints one line per figure beside its bar, in processor seconds: other work on the machine does not count.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sim.model.model import Model

ROOT = Path(__file__).parents[1]
DRAWS = 100_000
CORES = 2
RUNS = 40


def model_of(targets: tuple[str, ...] | None = None) -> Model:
    """Return the model of the shipped plan, with its own *targets* or all that it reports."""
    from sim.model import compiled
    from sim.scenario.loading import load_scenarios
    from sim.scenario.plans import PlanFolders

    folders = PlanFolders(ROOT)
    scenario = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], folders, ROOT)[0]
    chosen = scenario if targets is None else replace(scenario, targets=targets)
    return compiled(chosen, folders[scenario.plan])


def pipelines_of_block(model: Model, block: int) -> float:
    """Return the processor seconds that all pipelines of *model* take in a block."""
    from sim.engine.levels import levels_of_block, quantities_of_block
    from sim.engine.luck import Luck
    from sim.engine.noise import block_noise, set_parameters
    from sim.model import drawn_parameters
    from sim.streams import SETS

    luck = Luck(model.seed, block)
    values = drawn_parameters(model.parameters, model.seed, model.drawn, block * SETS, SETS)
    parameters = set_parameters(model, values, block)
    noise = block_noise(model, parameters, luck)
    levels = levels_of_block(model, values, parameters, noise, luck, False)
    begin = time.process_time()
    quantities_of_block(model, values, levels, luck)
    return time.process_time() - begin


def seconds_of_share(first: int) -> float:
    """Return the processor seconds of every second block of `DRAWS` draws, from *first* on."""
    from sim.streams import BLOCK

    model = model_of()
    pipelines_of_block(model, 0)  # what is loaded or compiled once is not counted
    return sum(pipelines_of_block(model, block) for block in range(first, -(-DRAWS // BLOCK), CORES))


def seconds_of_all() -> float:
    """Return seconds of all pipelines at `DRAWS` draws on two cores: those of the busier one."""
    with ProcessPoolExecutor(CORES, get_context("spawn")) as processes:
        return max(processes.map(seconds_of_share, range(CORES)))


def ratio_of_firms() -> float:
    """Return how many times faster a draw of the vector is than firms one by one."""
    from sim.streams import BLOCK
    from tests.pipeline_worlds import ALL, FIRMS, YEARS, FirmByFirm, additions, ran, world_of

    random = np.random.default_rng(1)
    numbers = FIRMS | {"start": 600.0, "renewal": 0.7, "start_smes": 600.0, "sme_exit": 0.1}
    begin = time.process_time()
    for _ in range(RUNS):
        FirmByFirm(random, numbers).run([(200, 200)] * len(YEARS))
    single = (time.process_time() - begin) / RUNS
    begin = time.process_time()
    ran("certification", world_of(numbers, additions(200.0, 200.0, ALL), shape=ALL))
    return single / ((time.process_time() - begin) / BLOCK)


def ratio_of_incubator() -> float:
    """Return the same of the small incubator."""
    from sim.streams import BLOCK
    from tests.pipeline_worlds import ALL, INCUBATION, ProjectByProject, ran, world_of

    random = np.random.default_rng(1)
    begin = time.process_time()
    for _ in range(RUNS):
        ProjectByProject(random, INCUBATION).run()
    single = (time.process_time() - begin) / RUNS
    begin = time.process_time()
    ran("incubation", world_of(INCUBATION, shape=ALL))
    return single / ((time.process_time() - begin) / BLOCK)


def main() -> None:
    seconds = seconds_of_all()
    met = "met" if seconds < 10.0 else "MISSED"
    print(f"{'all pipelines, 100,000 draws, two cores':52s} {seconds:8.2f} s (bar 10) {met}")
    idle = len(model_of(("H03",)).pipelines)
    met = "met" if idle == 0 else "MISSED"
    print(f"{'pipelines that run where no target needs one':52s} {idle:8d} (bar 0) {met}")
    for name, ratio in (("firms", ratio_of_firms()), ("small incubator", ratio_of_incubator())):
        met = "met" if ratio >= 100.0 else "MISSED"
        print(f"{name + ': vector over one by one, per draw':52s} {ratio:8.0f} times (bar 100) {met}")


if __name__ == "__main__":
    main()
