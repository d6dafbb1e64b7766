"""What a province's actual says, given its cities: the noise it asks for, its counts, its ratio."""

from __future__ import annotations

import numpy as np

from sim.axes import Floats, Ints
from sim.engine.actual_rows import Row
from sim.engine.case import Case
from sim.kernels import conditioning as kernel


def known_sum(case: Case, known: Ints) -> Floats:
    """Return the sum of the cities that actuals give, ``[N]``."""
    total: Floats = np.add.reduce(case.values[known], axis=0)
    return total


def wanted_sum(case: Case, row: Row) -> tuple[Floats, Floats]:
    """Return what the cities that no actual gives should add up to, in logs (with the draw of the ratio,
    where that is conditioned too), and what this adds to the log weight, ``[N]`` each.

    ``X = (1 + u) (known + rest)``, so rest is ``X / (1 + u) - known`` and the density of log X that of
    log rest times ``(known + rest) / rest``. Minus infinity: the actual cannot be.
    """
    column = case.column(row.k)
    log_ratio = case.model.log_ratio[column, row.year] + np.zeros(case.draws)
    if row.k not in case.plan.free:
        log_ratio = log_ratio + case.ratio[column]
    total = case.values[row.actual] / np.exp(log_ratio)
    left = total - known_sum(case, case.observed.at(row.k, row.year, False))
    if case.model.is_count[row.k]:
        left = np.rint(left)
        return np.log(np.maximum(left, kernel.LEAST_COUNT)), np.where(left >= 0.0, 0.0, -np.inf)
    possible = left > 0.0
    wanted = np.log(np.where(possible, left, 1.0))
    return wanted, np.where(possible, np.log(total) - wanted, -np.inf)


def count_weight(case: Case, row: Row, shared: Floats, city: Floats, ratio: Floats) -> Floats:
    """Return the Poisson chance of an observed count over its Gaussian stand-in, in logs, ``[N]``.

    *shared*, *city* and *ratio* ``[Kc, T, N]`` are the noise as corrected. A count with an error of its
    own keeps the stand-in: what was counted is then not known.
    """
    observed = case.observed
    if not case.model.is_count[row.k] or observed.error[row.actual] > 0.0:
        return np.zeros(case.draws)
    column = case.column(row.k)
    rate = case.calm_cities(row.k, row.year) * city[:, column, row.year]
    lift, error = shared[row.k, row.year], np.asarray(row.error)
    if row.sort == "city":
        return kernel.poisson_log_ratio(case.values[row.actual], np.log(rate[row.city]) + lift, error)
    known = observed.at(row.k, row.year, False)
    log_ratio = case.model.log_ratio[column, row.year] + ratio[column, row.year]
    left = np.rint(case.values[row.actual] / np.exp(log_ratio) - known_sum(case, known))
    rest = np.add.reduce(np.delete(rate, observed.city[known], axis=0), axis=0)
    chance = kernel.poisson_log_ratio(np.maximum(left, 0.0), np.log(rest) + lift, error)
    return np.where(left >= 0.0, chance - log_ratio, -np.inf)


def set_known_ratio(case: Case, k: int, ratio: Floats) -> None:
    """Set the draw of the ratio in *ratio* ``[Kc, T, N]`` where province and all cities are known.

    It is what they imply, and stands until the next year that is known whole, so that the ratio keeps its
    printed change; years before the first have what the first implies.
    """
    column = case.column(k)
    implied: dict[int, Floats] = {}
    for year in sorted(year for kk, year in case.plan.whole if kk == k):
        province, cities = case.observed.at(k, year, True)[0], case.observed.at(k, year, False)
        total = np.log(case.values[province]) - np.log(known_sum(case, cities))
        implied[year] = total - case.model.log_ratio[column, year]
    for year in range(case.years):
        if implied:
            last = max((known for known in implied if known <= year), default=min(implied))
            ratio[column, year] = implied[last]
