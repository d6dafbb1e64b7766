"""Error against time: keyed and Sobol parameters, chances given the rest and counted hits.

    python3 bench/precision.py [BLOCKS]

prints, for each number of draws up to BLOCKS blocks (16, 32, ...), the standard error in points of every
headline probability, then of all together, with the parameters of sets keyed or on a scrambled Sobol
sequence, and the seconds it took. Errors are those of 16 replicates, so each is known to about a fifth.
The last line of each number is what counting hits would leave if the parameters were given.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from sim.api import ROOT, load_scenarios
from sim.designs import REPLICATES, replicate_means
from sim.engine import run
from sim.model import compiled
from sim.model.model import Model
from sim.scenario.plans import PlanFolders
from sim.studies.sensitivity import headline_only


def with_sobol(model: Model) -> Model:
    """Return *model* with its drawn parameters on Sobol dimensions, in the order of their rows."""
    names = [row.name for row in model.parameters.rows if row.law != "constant"]
    dimensions = tuple((name, number) for number, name in enumerate(names, start=1))
    return replace(model, parameters=replace(model.parameters, dimensions=dimensions))


def errors_of(model: Model, blocks: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return standard errors of the chances, then of all of them together, and seconds."""
    begin = time.perf_counter()
    [summary] = run([model], range(blocks), detailed=False)
    seconds = time.perf_counter() - begin
    means = replicate_means(summary.by_set.value())
    error = 100.0 * means.std(axis=1, ddof=1) / np.sqrt(REPLICATES)
    share = summary.hits / summary.draws
    counted = 100.0 * np.sqrt(share * (1.0 - share) / summary.draws)
    return np.append(error[: len(model.targets)], error[-1]), counted, seconds


def main() -> None:
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    [scenario] = load_scenarios("baseline")
    plain = headline_only(compiled(scenario, PlanFolders(ROOT)[scenario.plan]))
    blocks = REPLICATES
    while blocks <= most:
        for name, model in (("keyed", plain), ("sobol", with_sobol(plain))):
            errors, counted, seconds = errors_of(model, blocks)
            row = " ".join(f"{error:7.4f}" for error in errors)
            print(f"{4096 * blocks:10,} draws {name:6s} {seconds:7.1f} s  {row}")
        row = " ".join(f"{error:7.4f}" for error in counted)
        print(f"{'':17s} counted, parameters given  {row}")
        blocks *= 2


if __name__ == "__main__":
    main()
