"""What successive five-year windows say: how own trends last, how the shared drift changes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.axes import Floats, Ints

_DAMP_GRID = np.linspace(0.5, 1.0, 101)
"""Damping below one half leaves nothing of a trend after three years: no need to look further."""

_LARGEST = 0.2  # a change of 20 points of yearly growth from one window to the next


class Reversion(NamedTuple):
    """Share of an own trend that is kept, and its damping a year."""

    lam: Floats
    damp: Floats


def reversion_from_windows(
    earlier: Floats, later: Floats, weight: Floats, first: Ints, last: Ints
) -> Reversion:
    """Return lambda and damp of ``later = lambda * mean(damp^h) * earlier`` by least squares.

    *earlier*, *later* mean log growth ``[..., pair, unit]``, taken as deviations from their
    weighted mean over units; *weight* is zero where a unit has no figures. Later growth of a pair
    spans the years *first* to *last* after the earlier window, ``[pair]``. Lambda is kept within
    0 and 1.
    """
    total = np.maximum(weight.sum(axis=-1, keepdims=True), np.finfo(float).tiny)
    x = earlier - np.sum(weight * earlier, axis=-1, keepdims=True) / total
    y = later - np.sum(weight * later, axis=-1, keepdims=True) / total
    years = (last - first + 1).astype(float)  # the mean of more years has less noise
    square = years * np.sum(weight * x**2, axis=-1)
    product = years * np.sum(weight * x * y, axis=-1)
    horizons = [np.arange(start, stop + 1) for start, stop in zip(first, last, strict=True)]
    kept = np.stack([np.mean(_DAMP_GRID[:, None] ** horizon, axis=1) for horizon in horizons])
    numerator = product @ kept
    denominator = np.maximum(square @ kept**2, np.finfo(float).tiny)
    lam = np.clip(numerator / denominator, 0.0, 1.0)
    gain = 2.0 * lam * numerator - lam**2 * denominator
    best = np.argmax(gain, axis=-1)
    return Reversion(np.take_along_axis(lam, best[..., None], axis=-1)[..., 0], _DAMP_GRID[best])


def window_changes(years: Ints, log_level: Floats, length: int, slack: int) -> dict[int, float]:
    """Return the change of mean yearly log growth from one window to the next, by the year between.

    Windows overlap. They are *length* years long; where the year wanted is missing inside the
    series the nearest within *slack* years stands for it.
    """
    known = dict(zip(years.tolist(), log_level.tolist(), strict=True))

    def endpoint(year: int) -> int | None:
        if not years[0] - slack <= year <= years[-1] + slack:
            return None
        candidates = [y for y in known if abs(y - year) <= slack]
        exact_possible = years[0] <= year <= years[-1]
        candidates = candidates if exact_possible else []
        return min(candidates, key=lambda y: (abs(y - year), y), default=None)

    changes = {}
    for middle, level in known.items():
        start, end = endpoint(middle - length), endpoint(middle + length)
        if start is not None and end is not None and start < middle < end:
            before = (level - known[start]) / (middle - start)
            changes[middle] = (known[end] - level) / (end - middle) - before
    return changes


def common_drift_from_changes(
    mean_square: Floats, implied: Floats, effective: Floats, floor: float
) -> tuple[float, float]:
    """Return the spread of the shared drift's change and its standard error, pooled over series.

    A change is normal with variance ``t + implied``, where t is what is wanted and *implied* what
    year effects alone give; likelihood over series, each counted as its *effective* number of
    changes, so that a series whose year effects are wild says little. The standard error is that
    of t by the curvature, as a step in the spread.
    """
    grid = np.linspace(floor, _LARGEST, 2001) ** 2
    variance = grid[:, None] + implied
    likelihood = -0.5 * np.sum(effective * (np.log(variance) + mean_square / variance), axis=1)
    best = float(grid[np.argmax(likelihood)])
    information = 0.5 * np.sum(effective / (best + implied) ** 2)
    spread = float(np.sqrt(best))
    return spread, float(np.sqrt(best + 1.0 / np.sqrt(information)) - spread)


def shrunk_spread(spread: float, error: float, floor: float) -> float:
    """Return *spread* with its variance shrunk by the error of that variance, at least *floor*.

    ``t t^2 / (t^2 + e^2)``, t the variance and e its error (that of *error*, a step in the spread): what a
    few changes say of their own variance is believed as far as it exceeds what chance gives, as of tails.
    """
    variance = spread**2
    step = (spread + error) ** 2 - variance
    return max(floor, float(np.sqrt(variance**3 / (variance**2 + step**2)))) if variance > 0.0 else floor
