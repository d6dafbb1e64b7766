"""Scores of one origin: every unit, series and horizon against what happened.

The CRPS comes from scoringrules, the energy score is its formula; the unit is log growth accumulated since
the origin, so that series of every size count alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sim.axes import Floats
from sim.kernels.philox import normals_into
from sim.streams import Source, streams
from sim.studies.hindcast.forecast import SEED, Variant, shared_draws, unit_draws
from sim.studies.hindcast.origin import Origin
from sim.studies.hindcast.rivals import RIVALS, Rival, rivals_of

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
JOINT_DRAWS = 2000
"""Draws of the energy score and of the model's own law of every statistic."""

EVENTS = ("own_growth", "panel_growth")
"""Thresholds as a plan would set them: the unit's past growth goes on; the panel's mean growth."""


@dataclass(frozen=True, slots=True, eq=False)
class OriginScores:
    """Scores of an origin, NaN where nothing is known.

    ``[unit, series, horizon]``: *outcome*, *crps*, *pit* (share of draws below the outcome);
    *quantiles* ``[level, ...]``, *rival_crps* ``[rival, ...]``. ``[event, unit, series, horizon]``:
    *threshold*, *chance*; *rival_chance* ``[rival, event, ...]``. At the last horizon *ensemble*
    ``[unit, series, draw]`` and *ranks*, its own PIT; *rival_ensemble* likewise ``[rival, ...]``.
    """

    origin: Origin
    outcome: Floats
    crps: Floats
    pit: Floats
    quantiles: Floats
    rival_crps: Floats
    threshold: Floats
    chance: Floats
    rival_chance: Floats
    ensemble: Floats
    ranks: Floats
    rival_ensemble: Floats

    @property
    def hit(self) -> Floats:
        """One where the outcome reached the threshold, ``[event, unit, series, horizon]``."""
        return np.where(np.isnan(self.outcome), np.nan, self.outcome >= self.threshold)


def scores_of(origin: Origin, variant: Variant, draws: int, kept: int = JOINT_DRAWS) -> OriginScores:
    """Return the scores of *variant* at *origin* with *draws* draws, a multiple of 256.

    *kept* of them stand for the joint.
    """
    import scoringrules  # it compiles for seconds when it starts, which no other command should pay for

    shape = origin.outcome.shape
    rivals = _rivals(origin)
    threshold = _thresholds(origin)
    crps, pit = np.full((2, *shape), np.nan)
    quantiles = np.full((len(LEVELS), *shape), np.nan)
    chance = np.full(threshold.shape, np.nan)
    kept = min(kept, draws)
    ensemble, ranks = np.full((2, *shape[:2], kept), np.nan)
    shared = shared_draws(origin, variant, draws)
    for i, unit in enumerate(origin.units):
        values = unit_draws(origin, shared, variant, unit)
        ensemble[i] = values[:, -1, :kept]
        values.sort(axis=-1)
        known = ~np.isnan(values[..., 0])
        quantiles[:, i] = _sorted_quantiles(values)
        crps[i] = scoringrules.crps_ensemble(origin.outcome[i], values, sorted_ensemble=True, estimator="pwm")
        for k, h in zip(*np.nonzero(known), strict=True):
            row = values[k, h]
            pit[i, k, h] = np.searchsorted(row, origin.outcome[i, k, h]) / draws
            chance[:, i, k, h] = 1.0 - np.searchsorted(row, threshold[:, i, k, h]) / draws
        for k in np.flatnonzero(known[:, -1]):
            ranks[i, k] = (np.searchsorted(values[k, -1], ensemble[i, k]) + 0.5) / draws
    pit[np.isnan(origin.outcome)] = np.nan
    means, sds = np.stack([r.mean for r in rivals]), np.stack([r.sd for r in rivals])
    rival_crps = scoringrules.crps_normal(origin.outcome, means, sds)
    rival_chance = 1.0 - ndtr((threshold - means[:, None]) / sds[:, None])
    rival_ensemble = means[..., -1, None] + sds[..., -1, None] * _rival_normals(origin, kept)
    return OriginScores(
        origin, origin.outcome, crps, pit, quantiles, rival_crps, threshold, chance, rival_chance,
        ensemble, ranks, rival_ensemble,
    )  # fmt: skip


def _sorted_quantiles(values: Floats) -> Floats:
    """Return the `LEVELS` of sorted draws ``[series, horizon, draw]``, levels first."""
    last = values.shape[-1] - 1
    return np.stack([values[..., round(level * last)] for level in LEVELS])


def _rivals(origin: Origin) -> list[Rival]:
    """Return each rival's laws on the axes of the outcome."""
    result = []
    for name in RIVALS:
        mean, sd = np.full((2, *origin.outcome.shape), np.nan)
        for k, series in enumerate(origin.series):
            panel = origin.fitted[series].panel
            rows = [origin.units.index(unit) for unit in panel.units]
            law = rivals_of(panel, origin.outcome.shape[2])[name]
            mean[rows, k], sd[rows, k] = law.mean, law.sd
        result.append(Rival(mean, sd))
    return result


def _thresholds(origin: Origin) -> Floats:
    """Return log growth that a plan would ask for, ``[event, unit, series, horizon]``."""
    walk = _rivals(origin)
    return np.stack([walk[RIVALS.index("random_walk")].mean, walk[RIVALS.index("panel_mean")].mean])


def _rival_normals(origin: Origin, draws: int) -> Floats:
    """Return independent normals ``[unit, series, draw]``, the same for all rivals."""
    sources = tuple(
        Source(f"hindcast:rival:{origin.as_of}", unit, series)
        for unit in origin.units
        for series in origin.series
    )
    normals = np.empty((len(sources), draws + draws % 2))
    normals_into(streams(SEED, sources), 0, normals)
    return normals[:, :draws].reshape(len(origin.units), len(origin.series), draws)


@dataclass(frozen=True, slots=True)
class Joint:
    """Mean energy scores of vectors: the model, its draws with dependence broken, the rivals."""

    model: float
    independent: float
    rivals: tuple[float, ...]


def joint_scores(scores: OriginScores) -> dict[str, Joint]:
    """Return energy scores of all series of a unit (``unit``) and of all units of a series (``series``).

    Each series is divided by the spread of the random walk, so that none rules the distance and variants
    of the model are measured alike.
    """
    scale = np.nanstd(scores.rival_ensemble[RIVALS.index("random_walk")], axis=(0, 2))[None, :]
    outcome = scores.outcome[..., -1] / scale
    ensembles = [scores.ensemble, _broken(scores.ensemble), *scores.rival_ensemble]
    result = {}
    for name, axis in (("unit", 0), ("series", 1)):
        means = []
        for ensemble in ensembles:
            rows = np.moveaxis(ensemble / scale[..., None], axis, 0)
            means.append(_mean_energy(np.moveaxis(outcome, axis, 0), rows))
        result[name] = Joint(means[0], means[1], tuple(means[2:]))
    return result


def _broken(ensemble: Floats) -> Floats:
    """Return the draws with those of every cell moved by another step: dependence gone, laws kept."""
    result = np.empty_like(ensemble)
    for i in range(ensemble.shape[0]):
        for k in range(ensemble.shape[1]):
            result[i, k] = np.roll(ensemble[i, k], 1 + 53 * i + 7 * k)
    return result


def _mean_energy(outcome: Floats, ensemble: Floats) -> float:
    """Return the mean energy score of rows ``[row, cell]`` against ``[row, cell, draw]``, known cells only.

    A score grows with the number of cells, so each is divided by its root.
    """
    total = []
    for observed, draws in zip(outcome, ensemble, strict=True):
        known = ~np.isnan(observed) & ~np.isnan(draws[:, 0])
        if known.any():
            total.append(energy_score(observed[known], draws[known].T) / np.sqrt(known.sum()))
    return float(np.mean(total)) if total else float("nan")


def energy_score(outcome: Floats, ensemble: Floats) -> float:
    """Return ``mean |x - y| - sum over pairs |x - x'| / m^2`` of *ensemble* ``[draw, cell]``.

    The estimator ``nrg`` of scoringrules, which tests hold it against, by a loop that is a hundred times
    as fast.
    """
    from scipy.spatial.distance import pdist

    near = np.linalg.norm(ensemble - outcome, axis=1).mean()
    return float(near - pdist(ensemble).sum() / len(ensemble) ** 2)
