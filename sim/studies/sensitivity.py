"""Which one assumption moves each headline probability most: one at a time, with common luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logit

from sim.accumulators import ChancesBySet
from sim.axes import Floats
from sim.engine import Summary, run
from sim.engine.pilot import refitted, without_reference
from sim.engine.run import level_rows
from sim.executors import Map, serial
from sim.model.model import Model, NoiseModel
from sim.model.parameters import EXECUTION

BLOCKS = 1
"""Blocks on which assumptions are compared: luck is common, so the differences need few draws."""

TAILS = "tails"
DEPENDENCE = "dependence"

MOST_LOADING = 0.95
"""Strong dependence: loadings at min(0.95, twice) (section 8)."""


MIDDLE_80 = 1.2815515655446004
"""The execution prior has no lowest and highest value: the ends of its middle 80 % stand for them."""


@dataclass(frozen=True, slots=True)
class Move:
    """The probability with an assumption at its low and its high value."""

    assumption: str
    low: float
    high: float

    def size(self) -> float:
        return abs(self.high - self.low)


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """For each lead headline target its moves, strongest first; and the joint probability
    with all loadings zero and with strong loadings, not-a-number where too few draws tell of it.

    *untold*: assumptions that have no move, since actuals leave too few effective draws at one end.
    """

    moves: tuple[tuple[Move, ...], ...]
    joint_independent: float
    joint_dependent: float
    untold: tuple[str, ...] = ()


def headline_only(model: Model) -> Model:
    """Return *model* with its lead headline targets alone."""
    targets = tuple(model.targets[i] for i in model.headline)
    return replace(model, targets=targets, headline=np.arange(len(targets)))


def held_at(model: Model, row: int, value: float) -> Model:
    """Return *model* with one parameter held."""
    held = replace(model, parameters=replace(model.parameters, held=((row, value),)))
    return without_reference(held) if row in level_rows(model) else held


def with_noise(model: Model, noise: NoiseModel, mark: str) -> Model:
    """Return *model* with other noise, its key marked so that it is not mistaken for the original."""
    return refitted(replace(model, noise=replace(noise, key=(*noise.key, mark))))


def strong(load: Floats) -> Floats:
    """Return loadings at min(0.95, twice), rows no longer than 0.95."""
    doubled = np.sign(load) * np.minimum(np.abs(2.0 * load), MOST_LOADING)
    length = np.sqrt(np.sum(doubled**2, axis=1, keepdims=True))
    capped: Floats = doubled * np.minimum(1.0, MOST_LOADING / np.maximum(length, MOST_LOADING))
    return capped


def dependence_variants(model: Model) -> tuple[Model, Model]:
    """Return *model* with all loadings zero and with strong loadings."""
    zero, high = with_loadings(model.noise, np.zeros_like), with_loadings(model.noise, strong)
    return with_noise(model, zero, "independent"), with_noise(model, high, "dependent")


def with_loadings(noise: NoiseModel, changed: Callable[[Floats], Floats]) -> NoiseModel:
    """Return *noise* with the loadings of every level *changed*."""
    return replace(
        noise,
        load_common=changed(noise.load_common),
        load_province=changed(noise.load_province),
        load_year=changed(noise.load_year),
        load_city=changed(noise.load_city),
    )


def variants_of(model: Model) -> Iterator[tuple[str, Model, Model]]:
    """Yield each assumption with the model at its low and at its high value."""
    idle = idle_rows(model)
    for row, parameter in enumerate(model.parameters.rows):
        if parameter.law == "triangular" and row not in idle:
            name = parameter.name.removeprefix("assumption:")
            yield name, held_at(model, row, parameter.low), held_at(model, row, parameter.high)
    for kind in sorted({p.name for p in model.parameters.rows if p.name.startswith(EXECUTION)}):
        row = model.parameters.row(kind)
        known = model.parameters.rows[row]
        low, high = (known.value + z * known.se for z in (-MIDDLE_80, MIDDLE_80))
        yield kind, held_at(model, row, low), held_at(model, row, high)
    if np.isfinite(model.noise.dof):
        yield TAILS, with_noise(model, replace(model.noise, dof=np.inf), "gaussian"), model
    yield DEPENDENCE, *dependence_variants(model)


def idle_rows(model: Model) -> frozenset[int]:
    """Return the parameters of pipelines that no target of *model* needs."""
    needed = model.pipelines_needed()
    rows = [set(pipe.rows.values()) for pipe in model.pipelines]
    return frozenset().union(*(each for i, each in enumerate(rows) if i not in needed))


def sensitivity_of(
    models: Sequence[Model], map_blocks: Map = serial, blocks: int = BLOCKS
) -> tuple[Sensitivity, ...]:
    """Return what moves the lead headline probabilities of each model."""
    plans = [list(variants_of(headline_only(model))) for model in models]
    flat = [variant for plan in plans for _, low, high in plan for variant in (low, high)]
    if not flat or not any(len(m.headline) for m in models):
        return tuple(Sensitivity((), np.nan, np.nan) for _ in models)
    done = iter(run(flat, range(blocks), detailed=False, map_blocks=map_blocks))
    return tuple(sensitivity_from([(name, next(done), next(done)) for name, _, _ in plan]) for plan in plans)


def chances_there(summary: Summary) -> Floats:
    """Return the chances of *summary* on the blocks that compare assumptions: targets, then joint."""
    whole = summary.by_set
    by_set = ChancesBySet(whole.blocks[:BLOCKS], whole.chances[:BLOCKS], whole.weights[:BLOCKS]).value()
    valid = ~np.isnan(by_set)
    if summary.by_set.weights:
        weights = np.concatenate(summary.by_set.weights[:BLOCKS], axis=1)
        total = weights.sum(axis=1)
        return np.asarray((weights * by_set).sum(axis=1) / np.where(total > 0.0, total, np.nan))
    counted = np.maximum(valid.sum(axis=1), 1)
    return np.asarray(np.where(valid.any(axis=1), np.where(valid, by_set, 0.0).sum(axis=1) / counted, np.nan))


def carried_over(end: float, here: float, whole: float) -> float:
    """Return the chance *end* of a few blocks, where it was *here*, as it stands beside the *whole* run's.

    The difference of logits is common to both, so that ends never contradict the chance they belong to
    and stay chances.
    """
    if not (0.0 < end < 1.0 and 0.0 < here < 1.0 and 0.0 < whole < 1.0):
        return end
    return float(expit(logit(end) - logit(here) + logit(whole)))


def sensitivity_from(results: list[tuple[str, Summary, Summary]]) -> Sensitivity:
    """Return the sensitivity from the summaries of each assumption's two ends."""
    targets = len(results[0][1].hits)
    untold = tuple(name for name, *both in results if not all(is_enough(end) for end in both))
    told = [result for result in results if result[0] not in untold]
    ends = [(name, low.chances.mean(), high.chances.mean()) for name, low, high in told]
    moves = [
        tuple(
            sorted(
                (Move(name, float(low[i]), float(high[i])) for name, low, high in ends),
                key=lambda move: (-move.size(), move.assumption),
            )
        )
        for i in range(targets)
    ]
    joint = {name: (low.together.mean()[-1], high.together.mean()[-1]) for name, low, high in results}
    independent, dependent = joint[DEPENDENCE] if DEPENDENCE not in untold else (np.nan, np.nan)
    return Sensitivity(tuple(moves), float(independent), float(dependent), untold)


LEAST_EFFECTIVE = 400
"""Fewer effective draws than this answer nothing (section 7)."""


def is_enough(summary: Summary) -> bool:
    """Return whether enough draws are effective to say a probability."""
    return summary.weights is None or summary.effective() >= LEAST_EFFECTIVE
