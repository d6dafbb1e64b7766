"""How cost grows with draws, areas, indicators and scenarios: two decades of each, on made-up plans.

    python3 -m bench.scaling

Processor seconds, the least of several turns; ``per unit`` would be constant where cost is linear. What a
block needs once, its names and tables, shows at the small end.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from sim.engine import run
from sim.model import compiled
from sim.model.model import Model
from sim.streams import BLOCK
from tests.strategies import plan, scenario, target

TURNS = 3
CITIES, INDICATORS = 11, 9


def made(cities: int = CITIES, indicators: int = INDICATORS) -> Model:
    """Return the model of a plan with so many cities and indicators, a target for each cell."""
    areas, names = [f"c{i:03d}" for i in range(cities)], [f"k{i:03d}" for i in range(indicators)]
    bases = {area: {name: 100.0 + 7.0 * i for i, name in enumerate(names)} for area in areas}
    cells = tuple(
        target(f"{area} {name}", name, 1.6 * bases[area][name], area=area, lead=False, group="city")
        for area in areas
        for name in names
    )
    headline = tuple(target(name, name, 1.6 * cities * bases[areas[0]][name]) for name in names[:9])
    made_up = plan(bases, targets=(*headline, *cells), dof=6.0, sd=0.05, tau=0.02, common=0.02, load=0.4)
    return compiled(scenario(made_up), made_up)


def others(model: Model, count: int) -> tuple[Model, ...]:
    """Return so many models that share nothing but their noise."""
    return tuple(replace(model, drift=replace(model.drift)) for _ in range(count))


def seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds of *work*, the least of `TURNS`."""
    best = float("inf")
    for _ in range(TURNS):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return best


def table(name: str, sizes: Sequence[int], work: Callable[[int], Callable[[], object]]) -> None:
    """Print the seconds of each size, in all and per unit."""
    for size in sizes:
        spent = seconds(work(size))
        print(f"{name:10s} {size:8,d} {spent * 1e3:10.1f} ms {spent / size * 1e6:12.2f} us per unit")


def main() -> None:
    model = made()
    run((model,), range(1))
    table("draws", [BLOCK, 10 * BLOCK, 100 * BLOCK], lambda n: partial(run, (model,), range(n // BLOCK)))
    table("areas", [1, 10, 100], lambda n: partial(run, (made(n),), range(1)))
    table("indicators", [1, 10, 100], lambda n: partial(run, (made(5, n),), range(1)))
    # Scenarios differ in their growth, so they share luck and noise but no levels.
    table("scenarios", [1, 10, 100], lambda n: partial(run, others(model, n), range(1)))


if __name__ == "__main__":
    main()
