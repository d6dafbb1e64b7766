"""The Gaussian side of a case: the normals that noise is made of, the rows as their functions, corrections.

Normals come in kinds: province-wide common drift, own drift, each year's innovation, the ratio; of each
city drift and each year's innovation. Kinds, and years of a kind, are independent of one another; between
indicators normals of one kind are correlated by its loadings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.engine.case import Case
from sim.kernels import conditioning as kernel
from sim.model.model import NONE


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Coefficients of normals in every cell: *province* by kind ``[K, T, G, N]``, *city* by city
    ``[Kc, T, H, N]``; *load* are correlations by kind ``[K, K]``, *load_city* that of cities.

    *own* ``[Kc, T, N]`` by city is its log noise as simulated, without its mean; *variance* that of it.
    *share* ``[row, N]`` by city: how much of a row's linear form is that city's noise.
    """

    province: tuple[Floats, ...]
    correlation: tuple[Floats, ...]
    city: dict[int, Floats]
    city_correlation: Floats
    own: dict[int, Floats]
    variance: dict[int, Floats]
    share: dict[int, Floats]


RATIO = 3
"""The kind that only sums feel."""


def terms_of(case: Case) -> Terms:
    """Return the Gaussian side of *case*."""
    model, noise, p = case.model, case.noise, case.noise.parameters
    cities, years = model.with_cities, case.years
    span = np.arange(1.0, years + 1.0)[:, None]
    weights = np.moveaxis(case.by_set(noise.weights[:years, :years, :, :, 0]), 2, 0)  # [K, t, u, N]
    common = case.flat(p.common_sd[..., None] * noise.common_mixing)
    ratio = np.zeros((len(model.indicators), years, 1, case.draws))
    for column, k in enumerate(cities):
        if k in case.plan.free:
            ratio[k] = model.noise.ratio_sd[column]
    province = (
        (common[:, None] * span)[:, :, None],
        (case.by_set(case.own_sd)[:, None] * span)[:, :, None],
        case.by_set(p.year_sd)[:, None, None] * weights * case.flat(noise.mixing[:years]),
        ratio,
    )
    loads = (model.noise.load_common, model.noise.load_province, model.noise.load_year)
    city, own, variance = {}, {}, {}
    for c in case.plan.cities:
        part = np.empty((len(cities), years, years + 1, case.draws))
        part[:, :, 0] = case.by_set(p.city_tau[c])[:, None] * span
        sd = case.by_set(p.city_sd[c])[:, None, None]
        part[:, :, 1:] = sd * weights[cities] * case.flat(noise.city_mixing[c])
        city[c] = part
        variance[c] = np.sum(part**2, axis=2)
        own[c] = np.log(case.city[c]) + 0.5 * variance[c]
    return Terms(
        province,
        (*(correlation_of(load) for load in loads), np.eye(len(model.indicators))),
        city,
        correlation_of(model.noise.load_city),
        own,
        variance,
        shares_of(case),
    )


def correlation_of(load: Floats) -> Floats:
    """Return the correlation of unit terms with loadings *load* ``[K, F]``."""
    correlation: Floats = load @ load.T
    np.fill_diagonal(correlation, 1.0)
    return correlation


def shares_of(case: Case) -> dict[int, Floats]:
    """Return by city how much of each row's linear form is its noise, ``[row, N]``.

    All of it in a row of its own; in a province's sum its share, without noise, of the cities that no
    actual gives.
    """
    rows = case.plan.rows
    share = {c: np.zeros((len(rows), case.draws)) for c in case.plan.cities}
    for i, row in enumerate(rows):
        if row.sort == "city":
            share[row.city][i] = 1.0
        elif row.sort == "sum":
            level = case.calm_cities(row.k, row.year).copy()
            level[list(case.known_cities(row))] = 0.0
            total = np.add.reduce(level, axis=0)
            for c in case.plan.cities:
                share[c][i] = level[c] / total
    return share


def province_covariance(case: Case, terms: Terms) -> Floats:
    """Return what province-wide normals and errors of figures give to the covariance, ``[N, row, row]``."""
    rows = case.plan.rows
    k = [row.k for row in rows]
    total = np.zeros((case.draws, len(rows), len(rows)))
    for kind in range(len(terms.province)):
        coefficient = row_coefficients(case, terms, kind)
        if coefficient.any():
            correlation = terms.correlation[kind][np.ix_(k, k)]
            total += kernel.cross_covariance(coefficient, coefficient, correlation)
    at = np.arange(len(rows))
    total[:, at, at] += np.array([row.error for row in rows]) ** 2
    return total


def row_coefficients(case: Case, terms: Terms, kind: int) -> Floats:
    """Return the coefficients of province-wide normals of one kind in the rows, ``[row, G, N]``."""
    rows = case.plan.rows
    felt = np.array([kind != RATIO or row.sort == "sum" for row in rows])
    coefficients = np.stack([terms.province[kind][row.k, row.year] for row in rows])
    return np.asarray(coefficients * felt[:, None, None])


def province_groups(case: Case, terms: Terms) -> tuple[Floats, Floats]:
    """Return the groups of province-wide normals that rows feel: the rows' correlations in each ``[group,
    row, row]``, and their coefficients ``[N, group, row]``.
    """
    k = [row.k for row in case.plan.rows]
    felt = last_year(case) + 1  # a year's innovation moves no row before it
    correlation, coefficient = [], []
    for kind in range(len(terms.province)):
        each = row_coefficients(case, terms, kind)[:, :felt]
        if each.any():
            correlation += [terms.correlation[kind][np.ix_(k, k)]] * each.shape[1]
            coefficient += [each[:, g].T for g in range(each.shape[1])]
    return np.stack(correlation), np.ascontiguousarray(np.stack(coefficient, axis=1))


def last_year(case: Case) -> int:
    """Return the position of the last year of any row."""
    return max(row.year for row in case.plan.rows)


def city_cells(case: Case, terms: Terms) -> tuple[Floats, Floats, Floats]:
    """Return what rows have of the cities' normals: correlations ``[row, row]``, coefficients ``[N, C, H,
    row]`` and shares ``[N, C, row]``; C are the cities whose noise the rows depend on.
    """
    k = [row.k for row in case.plan.rows]
    felt = last_year(case) + 2  # the drift, then the innovations
    shape = (case.draws, len(case.plan.cities), felt, len(k))
    cells, share = np.empty(shape), np.empty((*shape[:2], len(k)))
    for position, c in enumerate(case.plan.cities):
        coefficient = city_coefficients(case, terms, c)[:, :felt]
        cells[:, position] = coefficient.transpose(2, 1, 0)
        share[:, position] = terms.share[c].T
    return np.ascontiguousarray(terms.city_correlation[np.ix_(k, k)]), cells, share


def city_coefficients(case: Case, terms: Terms, city: int) -> Floats:
    """Return the coefficients of the normals of *city* in every row's cell, ``[row, H, N]``."""
    part = terms.city[city]
    lone = np.zeros(part.shape[2:])
    return np.stack(
        [lone if row.sort == "lone" else part[case.column(row.k), row.year] for row in case.plan.rows]
    )


def city_covariance(case: Case, terms: Terms, city: int) -> Floats:
    """Return the covariance of the noise of *city* in every row's cell with every row, ``[N, row, row]``."""
    k = [row.k for row in case.plan.rows]
    cells = city_coefficients(case, terms, city)
    correlation = terms.city_correlation[np.ix_(k, k)]
    touched = np.flatnonzero(terms.share[city].any(axis=1))
    whole = np.zeros((case.draws, len(k), len(k)))
    weighed = cells[touched] * terms.share[city][touched, None]
    whole[:, :, touched] = kernel.cross_covariance(cells, weighed, correlation[:, touched])
    return whole


def province_change(case: Case, terms: Terms, alpha: Floats) -> tuple[Floats, Floats]:
    """Return what *alpha* ``[row, N]`` adds to province-wide noise and to the ratio, ``[K, T, N]`` each."""
    k = [row.k for row in case.plan.rows]
    change, ratio = np.zeros_like(case.shared), np.zeros_like(case.shared)
    for kind, coefficient in enumerate(terms.province):
        in_rows = row_coefficients(case, terms, kind)
        correlation = terms.correlation[kind][:, k]
        total = ratio if kind == RATIO else change
        for g in range(coefficient.shape[2]):
            normals = correlation @ (in_rows[:, g] * alpha)
            total += coefficient[:, :, g] * normals[:, None]
    return change, ratio


def city_change(case: Case, terms: Terms, city: int, alpha: Floats) -> Floats:
    """Return what *alpha* ``[row, N]`` adds to the log noise of *city*, ``[Kc, T, N]``."""
    k = [row.k for row in case.plan.rows]
    weighed = city_coefficients(case, terms, city) * terms.share[city][:, None]
    correlation = terms.city_correlation[case.model.with_cities][:, k]
    change = np.zeros_like(terms.own[city])
    for g in range(weighed.shape[1]):
        normals = correlation @ (weighed[:, g] * alpha)
        change += terms.city[city][:, :, g] * normals[:, None]
    return change


def linear_form(case: Case, terms: Terms) -> Floats:
    """Return every row's linear form in the draws as simulated, its error included, ``[row, N]``."""
    form = np.empty((len(case.plan.rows), case.draws))
    for i, row in enumerate(case.plan.rows):
        form[i] = without_cities(case, i)
        if row.sort == "lone":
            continue
        cell = case.column(row.k), row.year
        for c in case.plan.cities if row.city == NONE else (row.city,):
            form[i] += terms.share[c][i] * terms.own[c][cell]
    return form


def without_cities(case: Case, position: int) -> Floats:
    """Return what a row says of province-wide noise, ratio and its error, as simulated, ``[N]``."""
    row = case.plan.rows[position]
    value: Floats = case.shared[row.k, row.year].copy()
    if row.sort == "sum" and row.k in case.plan.free:
        value += case.ratio[case.column(row.k)]
    return value + row.error * case.normals[row.actual] if row.error > 0.0 else value
