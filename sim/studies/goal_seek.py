"""What it would take: how the chance of each headline target rises with growth of what drives it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from scipy.special import ndtr, ndtri

from sim.axes import Floats
from sim.baseline.plan import Baseline
from sim.beside import Ask, when_wanted
from sim.cube import QUANTILES, Cube
from sim.engine import run
from sim.engine.pilot import without_reference
from sim.model.model import NONE, Model, RatioModel, StockModel
from sim.scenario.scenario import Scenario
from sim.studies.learned import learned_model
from sim.studies.sensitivity import headline_only

BLOCKS = 1
"""Blocks on which the curve is taken: its shape needs few draws, its height comes from the cube."""

STEPS = (-0.10, -0.05, -0.02, 0.0, 0.02, 0.05, 0.10, 0.20, 0.40)
"""Growth a year that is added on top of the scenario; in between, the probit of p is linear."""

RATES = 0.2
"""Rates are counted in points a year, of which less is more: their steps are this share of `STEPS`."""

SURE = 1e-6
"""Chances are kept this far from 0 and 1, where a probit is infinite."""


@dataclass(frozen=True, slots=True)
class Need:
    """How the chance of a lead headline target depends on growth of its *driver*.

    *growth*: the driver's median growth a year under the scenario, a fraction (of a rate: its yearly
    change as a share). *curve*: (growth a year, p), growth rising.
    """

    target: str
    driver: str
    growth: float
    curve: tuple[tuple[float, float], ...]

    def p_at(self, growth: float) -> float:
        """Return the chance at *growth*; beyond the ends of the curve, that of the end."""
        at, p = np.array(self.curve).T
        return float(ndtr(np.interp(growth, at, ndtri(p))))

    def growth_for(self, p: float) -> float:
        """Return the least growth that gives the chance *p*: minus infinity where the whole curve
        lies above it, infinity where the curve does not reach it.
        """
        at, chances = np.array(self.curve).T
        rising = np.maximum.accumulate(chances)
        i = int(np.searchsorted(rising, p))
        if i in (0, len(rising)):
            return -np.inf if i == 0 else np.inf
        low, high, wanted = ndtri(rising[i - 1]), ndtri(rising[i]), ndtri(p)
        return float(at[i - 1] + (at[i] - at[i - 1]) * (wanted - low) / (high - low))


Needs = tuple[Need, ...]
Seek = Callable[[Mapping[str, Cube]], dict[str, Needs]]
"""What makes of cubes, by scenario id, what their targets would take."""


def goal_seek(
    scenarios: Sequence[Scenario],
    baselines: Mapping[str, Baseline],
    cubes: Mapping[str, Cube],
) -> dict[str, Needs]:
    """Return what each scenario's lead headline targets would take, by scenario id.

    All growth of the driver is moved alike: every city, every year (counts: from the second year on).
    """
    return seeking(scenarios, baselines)(cubes)


def seeking(
    scenarios: Sequence[Scenario], baselines: Mapping[str, Baseline], ask: Ask = when_wanted
) -> Seek:
    """*Ask* for what `goal_seek` draws, before there are cubes; return what makes its answer of them."""
    models = {s.id: headline_only(learned_model(s, baselines[s.plan])) for s in scenarios}
    groups = {id: groups_of(model) for id, model in models.items()}
    drawn = ask(curves_of, list(models.values()), list(groups.values()))

    def needs(cubes: Mapping[str, Cube]) -> dict[str, Needs]:
        found = zip(models.items(), groups.values(), drawn(), strict=True)
        return {
            id: tuple(needs_of(model, cubes[id], group, curves))
            for (id, model), group, curves in found
            if id in cubes
        }

    return needs


def curves_of(models: Sequence[Model], groups: Sequence[Sequence[set[int]]]) -> list[Floats]:
    """Return the chances of each model's targets ``[group, step, target]``, its drivers moved in *groups*."""
    variants = [
        moved(model, drivers, step)
        for model, each in zip(models, groups, strict=True)
        for drivers in each
        for step in STEPS
    ]
    done = iter(run(variants, range(BLOCKS), detailed=False)) if variants else iter(())
    curves = []
    for model, each in zip(models, groups, strict=True):
        chances = [summary.chances.mean() for summary in islice(done, len(each) * len(STEPS))]
        curves.append(np.array(chances).reshape(len(each), len(STEPS), len(model.targets)))
    return curves


def needs_of(model: Model, cube: Cube, groups: Sequence[set[int]], chances: Floats) -> Iterator[Need]:
    """Yield the need of every lead headline target; *chances* ``[group, step, target]``."""
    for i, (target, row) in enumerate(zip(model.targets, cube.headline_evaluated(), strict=True)):
        k = driver_of(model, target.quantity)
        if row.p is None or k == NONE:
            continue
        group = next(g for g, drivers in enumerate(groups) if k in drivers)
        growth = growth_of(model, cube, k, target.year)
        curve = anchored(chances[group, :, i], row.p)
        steps = np.array(STEPS) * (RATES if model.is_rate[k] else 1.0)
        points = tuple((growth + float(step), float(p)) for step, p in zip(steps, curve, strict=True))
        yield Need(row.target.id, model.indicators.labels[k], growth, points)


def anchored(chances: Floats, p: float) -> Floats:
    """Return the curve moved, in probits, so that it passes through *p* where nothing is added."""
    probit = ndtri(np.clip(chances, SURE, 1.0 - SURE))
    moved_by = ndtri(min(max(p, SURE), 1.0 - SURE)) - probit[STEPS.index(0.0)]
    return np.asarray(ndtr(probit + moved_by))


def driver_of(model: Model, quantity: int) -> int:
    """Return the indicator that drives a quantity: the numerator of a ratio, the inflow of a stock,
    the first feed of a pipeline, else the indicator whose noise it feels; `NONE` if nothing does.
    """
    while quantity >= len(model.indicators):
        derived = model.derived[quantity - len(model.indicators)]
        if isinstance(derived, RatioModel):
            quantity = derived.numerator
        elif isinstance(derived, StockModel):
            quantity = derived.inflow
        else:
            pipe = model.pipelines[derived.pipeline]
            quantity = next(iter(pipe.feeds.values()), pipe.coupled_to)
    return quantity


def indicators_of(model: Model, quantity: int) -> frozenset[int]:
    """Return all indicators that a quantity is made of."""
    return frozenset(part for part in model.parts_of(quantity) if part < len(model.indicators))


def groups_of(model: Model) -> list[set[int]]:
    """Return drivers that may move together: none is part of another's target but its own."""
    needs = [(driver_of(model, t.quantity), indicators_of(model, t.quantity)) for t in model.targets]
    needs = [need for need in needs if need[0] != NONE]
    groups: list[set[int]] = []
    clashes = {(d, e) for d, _ in needs for e, parts in needs if d != e and d in parts}
    for driver, _ in needs:
        if any(driver in group for group in groups):
            continue
        free = (
            g for g in groups if all((driver, e) not in clashes and (e, driver) not in clashes for e in g)
        )
        group = next(free, None)
        if group is None:
            groups.append({driver})
        else:
            group.add(driver)
    return groups


def moved(model: Model, drivers: set[int], step: float) -> Model:
    """Return *model* with *step* added to the yearly growth of the *drivers*."""
    add, add_alone = model.drift.add.copy(), model.drift.add_alone.copy()
    for k in drivers:
        first = 1 if model.is_count[k] else 0  # the base of counts is their first year
        step_of_k = step * RATES if model.is_rate[k] else step
        if k in model.with_cities:
            add[:, list(model.with_cities).index(k), first:] += step_of_k
        else:
            add_alone[list(model.alone).index(k), first:] += step_of_k
    return without_reference(replace(model, drift=replace(model.drift, add=add, add_alone=add_alone)))


def growth_of(model: Model, cube: Cube, k: int, year: int) -> float:
    """Return the median growth a year of indicator *k* of the province up to *year* (a position)."""
    name, area = model.indicators.labels[k], cube.plan.province.id
    wanted = cube.plan.years[year]
    level = next(
        t.quantiles[QUANTILES.index(0.5)]
        for t in cube.trajectories
        if (t.area, t.indicator, t.year) == (area, name, wanted)
    )
    base = float(model.base_province[k])
    if model.is_rate[k]:
        return (level / 100.0 - float(1.0 / (1.0 + np.exp(-base)))) / (year + 1)
    return float((level / base) ** (1.0 / max(year + (0 if model.is_count[k] else 1), 1)) - 1.0)
