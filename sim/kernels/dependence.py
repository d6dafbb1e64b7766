"""Correlations of short records, shrunk, and a factor model through a named marker (section 10)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.axes import Bools, Floats

_ROUNDS = 200  # of the coordinate descent, which settles within fifty


class Correlations(NamedTuple):
    """Correlations ``[..., k, k]`` and the number of observations behind each pair."""

    value: Floats
    number: Floats


def correlations(values: Floats, known: Bools, centre: bool) -> Correlations:
    """Return pairwise correlations of rows ``[..., k, observation]`` over what both rows know.

    *centre* False: of values whose mean is zero by construction. A pair that shares fewer than
    three observations, or a row that does not move, has correlation zero from no observations.
    """
    both = known[..., :, None, :] & known[..., None, :, :]
    count = both.sum(axis=-1).astype(float)
    x = np.where(both, values[..., :, None, :], 0.0)
    y = np.swapaxes(x, -3, -2)
    if centre:
        number = np.maximum(count, 1.0)[..., None]
        x = np.where(both, x - x.sum(axis=-1, keepdims=True) / number, 0.0)
        y = np.where(both, y - y.sum(axis=-1, keepdims=True) / number, 0.0)
    scale = np.sqrt(np.sum(x**2, axis=-1) * np.sum(y**2, axis=-1))
    enough = (count >= 3) & (scale > 0.0)
    value = np.sum(x * y, axis=-1) / np.where(scale > 0.0, scale, 1.0)
    size = values.shape[-2]
    value = np.where(enough, np.clip(value, -1.0, 1.0), 0.0)
    return Correlations(np.where(np.eye(size, dtype=bool), 1.0, value), np.where(enough, count, 0.0))


def shrunk(observed: Correlations) -> Floats:
    """Return correlations times ``n / (n + k)``, k from the data themselves.

    A correlation r from n observations has sampling variance ``(1 - r^2)^2 / n``. What the mean
    square of all of them exceeds that variance by is theirs; k is the variance for one
    observation over that excess (empirical Bayes), so noise is shrunk away and 0.9 stays.
    """
    size = observed.value.shape[-1]
    rows, columns = np.triu_indices(size, 1)
    value, count = observed.value[..., rows, columns], observed.number[..., rows, columns]
    number = np.maximum(count, 1.0)
    noise = (1.0 - value**2) ** 2
    known = (count > 0).astype(float)
    total = np.maximum(known.sum(axis=-1), 1.0)
    excess = np.sum(known * (value**2 - noise / number), axis=-1) / total
    excess = np.maximum(excess, np.finfo(float).tiny)[..., None]
    kept = number / (number + noise / excess)
    result = np.zeros(observed.value.shape)
    result[..., rows, columns] = value * kept
    whole: Floats = result + np.swapaxes(result, -1, -2) + np.eye(size)
    return whole


def single_factor(correlation: Floats, room: Floats) -> Floats:
    """Return loadings ``[..., k]`` that fit the off-diagonal *correlation* best in least squares.

    Coordinate descent from the row means (minres of one factor); no squared loading exceeds
    *room*. The sum of the loadings is not negative.
    """
    size = correlation.shape[-1]
    off = correlation * (1.0 - np.eye(size))
    bound = np.sqrt(np.maximum(room, 0.0))
    load = np.clip(off.sum(axis=-1) / max(size - 1, 1), -bound, bound)
    for _ in range(_ROUNDS):
        for k in range(size):
            rest = load.copy()
            rest[..., k] = 0.0
            square = np.maximum(np.sum(rest**2, axis=-1), np.finfo(float).tiny)
            wanted = np.sum(off[..., k, :] * rest, axis=-1) / square
            load[..., k] = np.clip(wanted, -bound[..., k], bound[..., k])
    sign = np.where(load.sum(axis=-1, keepdims=True) < 0.0, -1.0, 1.0)
    signed: Floats = load * sign
    return signed


def loadings_through_marker(correlation: Floats, marker: int | None, factors: int, most: float) -> Floats:
    """Return loadings ``[..., factor, k]``, squares of an indicator's summing to at most *most*.

    The first factor is what moves the *marker*: its own loading is ``sqrt(most)``, another's its
    correlation with the marker over that, so correlations with the marker are kept as they are.
    Each further factor fits what those before it leave between the others (`single_factor`).
    Without a marker the first is empty.
    """
    size = correlation.shape[-1]
    load = np.zeros((*correlation.shape[:-2], factors, size))
    others = np.ones(size)
    if marker is not None:
        top = np.sqrt(most)
        load[..., 0, :] = np.clip(correlation[..., marker, :] / top, -top, top)
        load[..., 0, marker] = top
        others[marker] = 0.0
    for factor in range(1, factors):
        left = correlation - np.einsum("...jk,...jl->...kl", load, load)
        room = others * (most - np.sum(load**2, axis=-2))
        load[..., factor, :] = single_factor(left * np.outer(others, others), room)
    return load
