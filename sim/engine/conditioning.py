"""A block given actuals: every draw corrected so that observed cells have their values, and weighted.

Section 7 of the model. Given parameters, mixing, shocks and events the accumulated log noise is
normal. Three sorts of rows are conditioned on, all at once:

* ``city``: city plus province-wide noise of an observed city;
* ``lone``: province-wide noise of an indicator without cities;
* ``sum``: a province's actual, of which cities that no actual gives make up the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.engine.actual_rows import Row
from sim.engine.case import Case
from sim.engine.gaussian_terms import Terms, city_change, province_change, terms_of
from sim.engine.province_sums import count_weight, set_known_ratio, wanted_sum
from sim.kernels import conditioning as kernel
from sim.kernels.reference import logit
from sim.model.observed import ObservedModel

PERCENT = 100.0

LEAST_LOG_WEIGHT = -1e4
"""A draw of less weight than this cannot be brought to the actuals: it stays as it is, without weight."""

NOTHING = -60.0
"""...and so does one of so little beside the mean weight that it will count for nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Conditioned:
    """Noise of a block given the actuals: *shared* ``[K, T, S, D]``, *city* ``[C, Kc, T, S, D]``,
    *ratio* ``[Kc, T, S, D]``, the value of each observed cell ``[row, S, D]`` and the log weight ``[S, D]``.
    """

    observed: ObservedModel
    shared: Floats
    city: Floats
    ratio: Floats
    values: Floats
    log_weight: Floats


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def conditioned(case: Case) -> Conditioned:
    """Return the noise of a block given its actuals."""
    terms = terms_of(case)
    alpha, weight = corrections(case, terms)
    change, of_ratio = province_change(case, terms, alpha)
    shared, city = case.shared + change, case.city.copy()
    ratio = np.repeat(case.ratio[:, None], case.years, axis=1)
    for column, k in enumerate(case.model.with_cities):
        if int(k) in case.plan.free:
            ratio[column] += of_ratio[k]
        set_known_ratio(case, int(k), ratio)
    for c in case.plan.cities:
        city[c] *= np.exp(city_change(case, terms, c, alpha))
    for row in case.plan.rows:
        weight = weight + count_weight(case, row, shared, city, ratio)
    weight = np.where(np.isnan(weight), -np.inf, weight)
    sets = case.noise.common_mixing.shape

    def split(array: Floats) -> Floats:
        return array.reshape(*array.shape[:-1], *sets)

    return Conditioned(
        case.observed, split(shared), split(city), split(ratio), split(case.values), split(weight)
    )


def corrections(case: Case, terms: Terms) -> tuple[Floats, Floats]:
    """Return what every row asks of its normals ``[row, N]``, and the log weight of a draw ``[N]``."""
    from sim.engine.transport import move_of  # its kernel is read from disk, which only actuals ask for

    wanted = np.empty((len(case.plan.rows), case.draws))
    weight = np.zeros(case.draws)
    for i, row in enumerate(case.plan.rows):
        if row.sort == "sum":
            wanted[i], addition = wanted_sum(case, row)
            weight += addition
        else:
            wanted[i] = wanted_row(case, terms, row)
    move = move_of(case, terms, wanted, np.isfinite(weight))
    weight = weight + move.log_weight
    least = np.fmax(LEAST_LOG_WEIGHT, case.observed.reference + NOTHING)
    weight = np.where(weight > least, weight, -np.inf)
    return np.where(np.isfinite(weight), move.alpha, 0.0), weight


def wanted_row(case: Case, terms: Terms, row: Row) -> Floats:
    """Return what the actual of a city or of a lone indicator says of the noise, ``[N]``."""
    value = case.values[row.actual]
    if row.sort == "lone":
        scale = logit(value / PERCENT) if case.model.is_rate[row.k] else np.log(value)
        alone: Floats = scale - case.calm_alone(row.k, row.year)
        return alone
    value = np.maximum(value, kernel.LEAST_COUNT) if case.model.is_count[row.k] else value
    below = np.log(case.calm_cities(row.k, row.year)[row.city])
    wanted: Floats = np.log(value) - below + 0.5 * terms.variance[row.city][case.column(row.k), row.year]
    return wanted
