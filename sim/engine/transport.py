"""Draws moved onto the actuals along Matheron's direction, and the weight of where they come to lie.

A row is ``F(x)`` of the normal vector x, linear but for a province's sum, with linear form ``A x``. A draw
moves to ``x' = x + S A' alpha`` with ``F(x') = wanted``, S the covariance of x. The law of x' has a
density on the surface, since along the direction the normal law integrates in closed form; weighed
by the law that is asked for over it, a draw counts

    N(A x'; 0, A S A') det(A S A') / abs det(dF(x') S A').

Where F is linear this is Matheron's rule and the density of what was observed. A draw that already
agrees has alpha zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.axes import Bools, Floats
from sim.engine.case import Case
from sim.engine.gaussian_terms import (
    Terms,
    city_cells,
    city_covariance,
    linear_form,
    province_covariance,
    province_groups,
    without_cities,
)
from sim.kernels import conditioning as kernel
from sim.kernels.moves import CLOSE, LEAST_STEPS, STEPS, moves_into

FEW = 0.5
"""When fewer draws than this share are still on their way, those that have arrived are left behind."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a case, draws first. *covariance* ``[N, row, row]`` of their linear forms ``[N, row]``,
    *form* as simulated; *straight* ``[N, sum, row]``: the covariance of what is not a city's noise in the
    *sums* with every row; *by_city* ``[N, sum, city, row]``: that of a city's noise; *fixed* ``[N, sum]``:
    what of a sum is not a city's noise, as simulated; *level* ``[N, sum, city]``: a city's calm level times
    its noise, 0 where an actual gives it.
    """

    sums: tuple[int, ...]
    covariance: Floats
    form: Floats
    straight: Floats
    by_city: Floats
    fixed: Floats
    level: Floats

    def of(self, draws: Bools) -> Rows:
        """Return the rows of some draws alone."""
        parts = (self.covariance, self.form, self.straight, self.by_city, self.fixed, self.level)
        return Rows(self.sums, *(part[draws] for part in parts))


def move_of(case: Case, terms: Terms, wanted: Floats, possible: Bools) -> Move:
    """Return the move that makes every row *wanted* ``[row, N]``; draws that are not *possible* stay."""
    if not case.compiled:
        return move_to(rows_of(case, terms), wanted, possible)
    rows = case.plan.rows
    sums = np.array([i for i, row in enumerate(rows) if row.sort == "sum"], dtype=np.int64)
    correlation, coefficient = province_groups(case, terms)
    correlation_city, cells, share = city_cells(case, terms)
    fixed = np.empty((case.draws, len(sums)))
    level = np.empty((case.draws, len(sums), len(case.plan.cities)))
    for at, i in enumerate(sums):
        fixed[:, at] = without_cities(case, i)
        for j, c in enumerate(case.plan.cities):
            level[:, at, j] = level_of(case, i, c)
    alpha, log_weight = np.empty((case.draws, len(rows))), np.empty(case.draws)
    moves_into(
        correlation,
        coefficient,
        correlation_city,
        cells,
        share,
        np.array([row.error for row in rows]) ** 2,
        np.ascontiguousarray(linear_form(case, terms).T),
        sums,
        fixed,
        level,
        np.ascontiguousarray(wanted.T),
        possible,
        alpha,
        log_weight,
    )
    return Move(alpha.T, log_weight)


def rows_of(case: Case, terms: Terms) -> Rows:
    """Return the rows of *case* as simulated."""
    rows, cities = case.plan.rows, case.plan.cities
    sums = [i for i, row in enumerate(rows) if row.sort == "sum"]
    covariance = province_covariance(case, terms)
    straight = covariance[:, sums]
    by_city = np.empty((case.draws, len(sums), len(cities), len(rows)))
    level = np.empty((case.draws, len(sums), len(cities)))
    for j, c in enumerate(cities):
        whole = city_covariance(case, terms, c)
        covariance += terms.share[c].T[:, :, None] * whole
        by_city[:, :, j] = whole[:, sums]
        for i, row in enumerate(sums):
            level[:, i, j] = level_of(case, row, c)
    fixed = np.array([without_cities(case, i) for i in sums]).reshape(-1, case.draws)
    return Rows(tuple(sums), covariance, linear_form(case, terms).T, straight, by_city, fixed.T, level)


def level_of(case: Case, position: int, city: int) -> Floats:
    """Return the level of *city* before province-wide noise in a sum's cell, 0 where an actual gives it."""
    row = case.plan.rows[position]
    if city in case.known_cities(row):
        return np.zeros(case.draws)
    level: Floats = case.calm_cities(row.k, row.year)[city] * case.city[city, case.column(row.k), row.year]
    return level


def moved(covariance: Floats, alpha: Floats) -> Floats:
    """Return the change ``[N, x]`` that a move *alpha* ``[N, row]`` makes, given ``[N, x, row]``."""
    change: Floats = np.matmul(covariance, alpha[..., None])[..., 0]
    return change


def values_at(rows: Rows, alpha: Floats) -> tuple[Floats, Floats]:
    """Return every row ``[N, row]`` after the move *alpha* and its Jacobian ``[N, row, row]`` by alpha."""
    jacobian = rows.covariance.copy()
    value = rows.form + moved(rows.covariance, alpha)
    if rows.sums:
        at, count = list(rows.sums), alpha.shape[1]
        change = moved(rows.by_city.reshape(len(alpha), -1, count), alpha).reshape(rows.level.shape)
        level = rows.level * np.exp(change)
        total = np.sum(level, axis=2)
        value[:, at] = rows.fixed + moved(rows.straight, alpha) + np.log(total)
        share = level / total[..., None]
        jacobian[:, at] = rows.straight + np.einsum("nsc,nscr->nsr", share, rows.by_city)
    return value, jacobian


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """*alpha* ``[row, N]`` and the log weight ``[N]``, minus infinity where no move arrives."""

    alpha: Floats
    log_weight: Floats


def move_to(rows: Rows, wanted: Floats, possible: Bools) -> Move:
    """Return the move that makes every row *wanted* ``[row, N]``; draws that are not *possible* stay."""
    draws, count = rows.form.shape
    alpha, missing, determinant = np.zeros((draws, count)), np.zeros(draws), np.zeros(draws)
    some, near, at = rows, np.zeros((draws, count)), np.arange(draws)
    value, jacobian = values_at(some, near)
    aim = np.where(possible[:, None], wanted.T, value)
    best = np.full(draws, np.inf)
    for turn in range(STEPS + 1):
        far = np.max(np.abs(aim - value), axis=1)
        going = (far > CLOSE) & ((turn < LEAST_STEPS) | (far < 0.5 * best)) & (turn < STEPS)
        if going.mean() < FEW:
            done = ~going
            alpha[at[done]], missing[at[done]] = near[done], far[done]
            determinant[at[done]] = kernel.log_determinant(jacobian[done])
            if not going.any():
                break
            some, at, aim, best = some.of(going), at[going], aim[going], best[going]
            near, value, jacobian, far = near[going], value[going], jacobian[going], far[going]
        best = np.fmin(best, far)
        near = near + kernel.newton_step(jacobian, (aim - value).T).T
        value, jacobian = values_at(some, near)
    arrived = possible & (missing <= CLOSE) & np.isfinite(determinant)
    alpha = np.where(arrived[:, None], alpha, 0.0)
    solution = kernel.solved(rows.covariance, (rows.form + moved(rows.covariance, alpha)).T)
    weight = kernel.log_density(solution) + 2.0 * np.sum(solution.log_sd, axis=1) - determinant
    return Move(alpha.T, np.where(arrived & np.isfinite(weight), weight, -np.inf))
