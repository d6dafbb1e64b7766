"""A block given actuals: every draw corrected so that observed cells have their values, and weighted.

Section 7 of the model. Given parameters, mixing, shocks and events the accumulated log noise is
normal. Four sorts of rows are conditioned on, in this order:

* ``city``: city plus province-wide noise of an observed city;
* ``lone``: province-wide noise of an indicator without cities;
* ``held``: noise of a cell of an observed city that a province's sum needs and no actual gives. It is
  drawn given the rows before it, then taken as given;
* ``sum``: province-wide noise, solved from the province's actual and the cities' levels.

The weight of a draw is the density of all rows but the held ones, each given those before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Floats, Ints
from sim.engine.actual_rows import Plan, Row, plan_of, source_of, values_of
from sim.engine.luck import Luck
from sim.engine.noise import BlockNoise
from sim.kernels import conditioning as kernel
from sim.kernels.reference import logit
from sim.model.model import NONE, Model
from sim.model.observed import ObservedModel
from sim.streams import SETS, Source

PERCENT = 100.0

LEAST_LOG_WEIGHT = -1e4
"""A draw of less weight than this cannot be brought to the actuals: it stays as it is, without weight."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The Gaussian side of one set: coefficients of groups of normals and the draws as simulated.

    *province* ``[K, T, G, D]``, the last group being the ratio; *city* ``[Kc, T, H, D]`` by city;
    *shared* ``[K, T, D]``; *own* is the cities' log noise ``[Kc, T, D]`` by city, without its mean.
    """

    province: Floats
    city: dict[int, Floats]
    shared: Floats
    own: dict[int, Floats]


def conditioned(
    model: Model,
    observed: ObservedModel,
    own_sd: Floats,
    noise: BlockNoise,
    shared: Floats,
    calm: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    luck: Luck,
) -> Conditioned:
    """Return the noise of a block given *observed*; *calm* are levels of cities and of lone indicators."""
    plan = plan_of(model, observed)
    normals = np.stack([luck.normal(source_of(model, observed, row)) for row in range(len(observed.value))])
    values = values_of(model, observed, plan, normals)
    years = len(model.years)
    ratio = np.repeat(noise.ratio[:, None], years, axis=1)
    weight = np.zeros(shared.shape[2:])
    result = Conditioned(observed, shared.copy(), noise.city.copy(), ratio, values, weight)
    scales = {
        c: np.stack(
            [
                luck.mixing(Source("mixing:city", model.cities.labels[c], year=y), model.noise.dof)
                for y in model.years.labels
            ]
        )
        for c in plan.cities
    }
    for s in range(SETS):
        part = part_of_set(model, plan, own_sd, noise, shared, scales, s)
        condition_set(model, observed, plan, part, noise, calm, normals[:, s], result, s)
    for column, k in enumerate(model.with_cities):
        known_ratio(model, observed, plan, column, int(k), result)
    return result


def part_of_set(
    model: Model,
    plan: Plan,
    own_sd: Floats,
    noise: BlockNoise,
    shared: Floats,
    scales: dict[int, Floats],
    s: int,
) -> Part:
    """Return the Gaussian side of set *s*."""
    p, years, cities = noise.parameters, len(model.years), model.with_cities
    draws = shared.shape[-1]
    span = np.arange(1.0, years + 1.0)[:, None]
    weights = np.moveaxis(noise.weights[..., s, 0], 2, 0)  # [K, t, u]
    province = np.zeros((len(model.indicators), years, years + 3, draws))
    province[:, :, 0] = (p.common_sd[:, s, None] * noise.common_mixing[s])[:, None] * span
    province[:, :, 1] = own_sd[:, s, None, None] * span
    province[:, :, 2:-1] = p.year_sd[:, s, None, None, None] * weights[..., None] * noise.mixing[:, s]
    for column, k in enumerate(cities):
        if k in plan.free:
            province[k, :, -1] = model.noise.ratio_sd[column]
    city, own = {}, {}
    for c in plan.cities:
        part = np.zeros((len(cities), years, years + 1, draws))
        part[:, :, 0] = p.city_tau[c, :, s, None, None] * span
        part[:, :, 1:] = p.city_sd[c, :, s, None, None, None] * weights[cities][..., None] * scales[c][:, s]
        city[c] = part
        own[c] = np.log(noise.city[c, :, :, s]) + 0.5 * noise.city_variance[c, :, :, s]
    return Part(province, city, shared[:, :, s], own)


def condition_set(
    model: Model,
    observed: ObservedModel,
    plan: Plan,
    part: Part,
    noise: BlockNoise,
    calm: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    normals: Floats,
    result: Conditioned,
    s: int,
) -> None:
    """Correct and weigh the draws of set *s*, in *result*."""
    rows = plan.rows
    first = [i for i, row in enumerate(rows) if row.sort in ("city", "lone")]
    coefficients, correlations = groups_of(model, plan, part)
    error = np.array([row.error for row in rows])
    simulated = np.stack([simulated_row(model, plan, part, noise, row, normals, s) for row in rows])
    wanted = simulated.copy()
    for i in first:
        wanted[i] = wanted_row(model, rows[i], noise, calm, result.values[:, s], s)
    weight = np.zeros(simulated.shape[1])
    columns = {int(k): column for column, k in enumerate(model.with_cities)}
    if len(first) < len(rows):  # held cells are drawn given the rows before them
        leading = [c[first] for c in coefficients], [r[np.ix_(first, first)] for r in correlations]
        own = dict(part.own)
        if first:
            covariance = kernel.row_covariance(*leading, error[first])
            alpha = kernel.solved(covariance, (wanted - simulated)[first]).alpha
            own = {c: part.own[c] + city_change(model, plan, part, first, alpha, c) for c in plan.cities}
        for i, row in enumerate(rows):
            if row.sort == "held":
                wanted[i] = own[row.city][columns[row.k], row.year]
        for i, row in enumerate(rows):
            if row.sort == "sum":
                solved, addition = solved_sum(model, observed, plan, part, noise, calm, own, result, row, s)
                weight += addition
                wanted[i] = np.where(np.isfinite(solved), solved, simulated[i])
    covariance = kernel.row_covariance(coefficients, correlations, error)
    counted = np.array([row.sort != "held" for row in rows])
    weight += kernel.log_density(kernel.solved(covariance, wanted), counted)
    weight = np.where(weight > LEAST_LOG_WEIGHT, weight, -np.inf)
    alpha = np.where(np.isfinite(weight), kernel.solved(covariance, wanted - simulated).alpha, 0.0)
    every = list(range(len(rows)))
    change, of_ratio = province_change(model, plan, part, every, alpha)
    result.shared[:, :, s] = part.shared + change
    for column, k in enumerate(model.with_cities):
        if int(k) in plan.free:
            result.ratio[column, :, s] += of_ratio[k]
    for c in plan.cities:
        result.city[c, :, :, s] *= np.exp(city_change(model, plan, part, every, alpha, c))
    for row in rows:
        weight += count_weight(model, observed, row, noise, calm, result, s)
    result.log_weight[s] = np.where(np.isnan(weight), -np.inf, weight)


def groups_of(model: Model, plan: Plan, part: Part) -> tuple[list[Floats], list[Floats]]:
    """Return coefficients ``[row, D]`` and correlations ``[row, row]`` of every group of normals."""
    rows, draws = plan.rows, part.shared.shape[-1]
    k = np.array([row.k for row in rows])
    has_province = np.array([row.sort != "held" for row in rows])
    is_sum = np.array([row.sort == "sum" for row in rows])
    coefficients: list[Floats] = []
    correlations: list[Floats] = []
    for g in range(part.province.shape[2]):
        mask = is_sum if g == part.province.shape[2] - 1 else has_province
        coefficient = np.stack([part.province[row.k, row.year, g] for row in rows])
        coefficients.append(coefficient * mask[:, None])
        correlations.append(province_correlation(model, part, g)[np.ix_(k, k)])
    columns = {int(k): column for column, k in enumerate(model.with_cities)}
    for c in plan.cities:
        for g in range(part.city[c].shape[2]):
            coefficient = np.zeros((len(rows), draws))
            for i, row in enumerate(rows):
                if row.city == c:
                    coefficient[i] = part.city[c][columns[row.k], row.year, g]
            coefficients.append(coefficient)
            correlations.append(correlation_of(model.noise.load_city)[np.ix_(k, k)])
    return coefficients, correlations


def correlation_of(load: Floats) -> Floats:
    """Return the correlation of unit terms with loadings *load* ``[K, F]``."""
    correlation: Floats = load @ load.T
    np.fill_diagonal(correlation, 1.0)
    return correlation


def province_correlation(model: Model, part: Part, group: int) -> Floats:
    """Return the correlation of a province-wide group: n, o, each year of p, the ratio."""
    if group == part.province.shape[2] - 1:
        return np.eye(len(model.indicators))
    noise = model.noise
    return correlation_of((noise.load_common, noise.load_province)[group] if group < 2 else noise.load_year)


def province_change(
    model: Model, plan: Plan, part: Part, chosen: list[int], alpha: Floats
) -> tuple[Floats, Floats]:
    """Return what is added to the province-wide noise ``[K, T, D]`` and to the ratio ``[K, T, D]``."""
    rows = [plan.rows[i] for i in chosen]
    k = [row.k for row in rows]
    last = part.province.shape[2] - 1
    change, ratio = np.zeros_like(part.shared), np.zeros_like(part.shared)
    for g in range(last + 1):
        relevant = [row.sort == "sum" if g == last else row.sort != "held" for row in rows]
        coefficient = (
            np.stack([part.province[row.k, row.year, g] for row in rows]) * np.array(relevant)[:, None]
        )
        normals = kernel.corrected_normals(coefficient, province_correlation(model, part, g)[:, k], alpha)
        addition = part.province[:, :, g] * normals[:, None]
        if g == last:
            ratio += addition
        else:
            change += addition
    return change, ratio


def city_change(model: Model, plan: Plan, part: Part, chosen: list[int], alpha: Floats, city: int) -> Floats:
    """Return what is added to the log noise of *city*, ``[Kc, T, D]``."""
    columns = {int(k): column for column, k in enumerate(model.with_cities)}
    correlation = correlation_of(model.noise.load_city)[model.with_cities]
    here = [(j, plan.rows[i]) for j, i in enumerate(chosen) if plan.rows[i].city == city]
    change = np.zeros_like(part.own[city])
    if not here:
        return change
    positions = [j for j, _ in here]
    k = [row.k for _, row in here]
    for g in range(part.city[city].shape[2]):
        coefficient = np.stack([part.city[city][columns[row.k], row.year, g] for _, row in here])
        normals = kernel.corrected_normals(coefficient, correlation[:, k], alpha[positions])
        change += part.city[city][:, :, g] * normals[:, None]
    return change


def simulated_row(
    model: Model, plan: Plan, part: Part, noise: BlockNoise, row: Row, normals: Floats, s: int
) -> Floats:
    """Return the value of *row* in the draws as simulated, its error included, ``[D]``."""
    columns = {int(k): column for column, k in enumerate(model.with_cities)}
    value = np.zeros(part.shared.shape[-1])
    if row.sort != "held":
        value = value + part.shared[row.k, row.year]
    if row.city != NONE:
        value = value + part.own[row.city][columns[row.k], row.year]
    if row.sort == "sum" and row.k in plan.free:
        value = value + noise.ratio[columns[row.k], s]
    return value + row.error * normals[row.actual] if row.error > 0.0 else value


def wanted_row(
    model: Model,
    row: Row,
    noise: BlockNoise,
    calm: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    values: Floats,
    s: int,
) -> Floats:
    """Return what the actual of a city or of a lone indicator says of the noise, ``[D]``."""
    value = values[row.actual]
    if row.sort == "lone":
        scale = logit(value / PERCENT) if model.is_rate[row.k] else np.log(value)
        alone: Floats = scale - calm[1][list(model.alone).index(row.k)][row.year, s]
        return alone
    column = list(model.with_cities).index(row.k)
    value = np.maximum(value, kernel.LEAST_COUNT) if model.is_count[row.k] else value
    below = np.log(calm[0][column][row.city, row.year, s])
    wanted: Floats = np.log(value) - below + 0.5 * noise.city_variance[row.city, column, row.year, s]
    return wanted


def rest_of_sum(
    model: Model,
    observed: ObservedModel,
    part: Part,
    calm: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    noise: BlockNoise,
    own: dict[int, Floats],
    row: Row,
    s: int,
) -> tuple[Floats, Ints]:
    """Return the sum ``[D]`` of the cities that no actual gives, before province-wide noise, and the
    rows of the cities that one does.
    """
    column = list(model.with_cities).index(row.k)
    known = observed.at(row.k, row.year, False)
    level = calm[0][column][:, row.year, s] * noise.city[:, column, row.year, s]
    for c, noise_of_city in own.items():
        level[c] = level[c] * np.exp(noise_of_city[column, row.year] - part.own[c][column, row.year])
    rest = np.delete(level, observed.city[known], axis=0)
    return np.add.reduce(rest, axis=0), known


def solved_sum(
    model: Model,
    observed: ObservedModel,
    plan: Plan,
    part: Part,
    noise: BlockNoise,
    calm: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    own: dict[int, Floats],
    result: Conditioned,
    row: Row,
    s: int,
) -> tuple[Floats, Floats]:
    """Return the province-wide noise that a province's actual asks for, and what it adds to the weight.

    ``X = (1 + u) (known + exp(P) rest)``, so P is the log of ``(X / (1 + u) - known) / rest`` and the
    density of log X that of P times ``(known + exp(P) rest) / (exp(P) rest)``.
    """
    column = list(model.with_cities).index(row.k)
    rest, known = rest_of_sum(model, observed, part, calm, noise, own, row, s)
    log_ratio = model.log_ratio[column, row.year] + np.zeros(rest.shape)
    if row.k not in plan.free:
        log_ratio = log_ratio + result.ratio[column, row.year, s]
    total = result.values[row.actual, s] / np.exp(log_ratio)
    left = total - np.add.reduce(result.values[known, s], axis=0)
    if model.is_count[row.k]:
        left = np.rint(left)
        possible = left >= 0.0
        solved = np.log(np.maximum(left, kernel.LEAST_COUNT)) - np.log(rest)
        return np.where(possible, solved, np.nan), np.where(possible, 0.0, -np.inf)
    with np.errstate(invalid="ignore", divide="ignore"):
        solved = np.log(left) - np.log(rest)
        jacobian = np.log(total) - np.log(left)
    return solved, np.where(left > 0.0, jacobian, -np.inf)


def count_weight(
    model: Model,
    observed: ObservedModel,
    row: Row,
    noise: BlockNoise,
    calm: tuple[tuple[Floats, ...], tuple[Floats, ...]],
    result: Conditioned,
    s: int,
) -> Floats:
    """Return the Poisson chance of an observed count over its Gaussian stand-in, in logs, ``[D]``.

    A count with an error of its own keeps the stand-in: what was counted is then not known.
    """
    nothing = np.zeros(result.log_weight.shape[1])
    if row.actual == NONE or not model.is_count[row.k] or observed.error[row.actual] > 0.0:
        return nothing
    column = list(model.with_cities).index(row.k)
    rate = calm[0][column][:, row.year, s] * result.city[:, column, row.year, s]
    lift = result.shared[row.k, row.year, s]
    error = np.asarray(row.error)
    if row.sort == "city":
        return kernel.poisson_log_ratio(result.values[row.actual, s], np.log(rate[row.city]) + lift, error)
    known = observed.at(row.k, row.year, False)
    log_ratio = model.log_ratio[column, row.year] + result.ratio[column, row.year, s]
    left = np.rint(
        result.values[row.actual, s] / np.exp(log_ratio) - np.add.reduce(result.values[known, s], axis=0)
    )
    rest = np.add.reduce(np.delete(rate, observed.city[known], axis=0), axis=0)
    ratio = kernel.poisson_log_ratio(np.maximum(left, 0.0), np.log(rest) + lift, error)
    return np.where(left >= 0.0, ratio - log_ratio, -np.inf)


def known_ratio(
    model: Model, observed: ObservedModel, plan: Plan, column: int, k: int, result: Conditioned
) -> None:
    """Set the draw of the ratio where province and all cities are known: what they imply.

    It stands until the next year that is known whole, so that the ratio keeps its printed change; years
    before the first have what the first implies.
    """
    implied: dict[int, Floats] = {}
    for year in sorted(year for kk, year in plan.whole if kk == k):
        province, cities = observed.at(k, year, True)[0], observed.at(k, year, False)
        total = np.add.reduce(result.values[cities], axis=0)
        implied[year] = np.log(result.values[province]) - np.log(total) - model.log_ratio[column, year]
    for year in range(len(model.years)):
        if implied:
            last = max((known for known in implied if known <= year), default=min(implied))
            result.ratio[column, year] = implied[last]


def pin_cities(model: Model, known: Conditioned, k: int, level: Floats) -> None:
    """Give the exact cells of *level* ``[C, T, S, D]`` of indicator *k* their values."""
    observed = known.observed
    for row in np.flatnonzero((observed.indicator == k) & (observed.city != NONE) & (observed.error == 0.0)):
        level[observed.city[row], observed.year[row]] = known.values[row]


def pin_province(
    model: Model, known: Conditioned, k: int, province: Floats, unallocated: Floats | None
) -> None:
    """Give the exact years of *province* ``[T, S, D]`` of indicator *k* their values.

    What that changes (the rounding of a quantity; the luck of counts that the cities still have) goes
    to the *unallocated*, so that the sum holds.
    """
    observed = known.observed
    for row in np.flatnonzero((observed.indicator == k) & (observed.city == NONE) & (observed.error == 0.0)):
        year = observed.year[row]
        if unallocated is not None:
            unallocated[year] += known.values[row] - province[year]
        province[year] = known.values[row]
