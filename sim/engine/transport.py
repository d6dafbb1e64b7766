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
    city_covariance,
    linear_form,
    province_covariance,
    without_cities,
)
from sim.kernels import conditioning as kernel

STEPS = 12
"""Newton steps at the most; sums are nearly linear, so four are the rule."""

LEAST_STEPS = 4
"""From here on a draw must halve its distance with each step, or it will never arrive: where parameters
leave a city no noise of its own, city and province cannot both be met.
"""

CLOSE = 1e-11
"""A row has arrived when it is this near, in logs."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a case. *covariance* ``[N, row, row]`` of their linear forms ``[row, N]``, *form* as
    simulated; *straight* ``[N, row, row]``: the covariance of what is not a city's noise with every row;
    *by_city*: that of a city's noise in the cells of the *sums*; *fixed* ``[row, N]``: what of a row is not
    a city's noise, as simulated; *level* ``[sum, N]`` by city: its calm level times its noise, 0 where an
    actual gives it.
    """

    sums: tuple[int, ...]
    covariance: Floats
    form: Floats
    straight: Floats
    by_city: dict[int, Floats]
    fixed: Floats
    level: dict[int, Floats]


def rows_of(case: Case, terms: Terms) -> Rows:
    """Return the rows of *case* as simulated."""
    rows = case.plan.rows
    sums = [i for i, row in enumerate(rows) if row.sort == "sum"]
    straight = province_covariance(case, terms)
    covariance, by_city, level = straight.copy(), {}, {}
    for c in case.plan.cities:
        whole = city_covariance(case, terms, c)
        covariance += terms.share[c].T[:, :, None] * whole
        by_city[c] = whole[:, sums]
        level[c] = np.stack([level_of(case, i, c) for i in sums]) if sums else np.empty((0, case.draws))
    fixed = np.stack([without_cities(case, i) for i in range(len(rows))])
    return Rows(tuple(sums), covariance, linear_form(case, terms), straight, by_city, fixed, level)


def level_of(case: Case, position: int, city: int) -> Floats:
    """Return the level of *city* before province-wide noise in a sum's cell, 0 where an actual gives it."""
    row = case.plan.rows[position]
    if city in case.known_cities(row):
        return np.zeros(case.draws)
    level: Floats = case.calm_cities(row.k, row.year)[city] * case.city[city, case.column(row.k), row.year]
    return level


def values_at(rows: Rows, alpha: Floats) -> tuple[Floats, Floats]:
    """Return every row ``[row, N]`` after the move *alpha* and its Jacobian ``[N, row, row]`` by alpha."""

    def moved(matrix: Floats) -> Floats:
        return np.asarray(np.matmul(matrix, alpha.T[..., None])[..., 0].T)

    jacobian = rows.covariance.copy()
    value = rows.form + moved(rows.covariance)
    if rows.sums:
        at = list(rows.sums)
        level = {c: rows.level[c] * np.exp(moved(matrix)) for c, matrix in rows.by_city.items()}
        total = np.add.reduce(list(level.values()), axis=0)
        value[at] = rows.fixed[at] + moved(rows.straight[:, at]) + np.log(total)
        slope = rows.straight[:, at].copy()
        for c, matrix in rows.by_city.items():
            slope += (level[c] / total).T[:, :, None] * matrix
        jacobian[:, at] = slope
    return value, jacobian


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """*alpha* ``[row, N]`` and the log weight ``[N]``, minus infinity where no move arrives."""

    alpha: Floats
    log_weight: Floats


def distance(aim: Floats, value: Floats) -> Floats:
    """Return how far the farthest row of a draw is from its *aim*, ``[N]``."""
    far: Floats = np.max(np.abs(aim - value), axis=0)
    return far


def move_to(rows: Rows, wanted: Floats, possible: Bools) -> Move:
    """Return the move that makes every row *wanted* ``[row, N]``; draws that are not *possible* stay."""
    alpha = np.zeros_like(wanted)
    value, jacobian = values_at(rows, alpha)
    aim = np.where(possible, wanted, value)
    missing, best = distance(aim, value), np.full(alpha.shape[1], np.inf)
    for turn in range(STEPS):
        if not np.any((missing > CLOSE) & ((turn < LEAST_STEPS) | (missing < 0.5 * best))):
            break
        best = np.fmin(best, missing)
        alpha = alpha + kernel.newton_step(jacobian, aim - value)
        value, jacobian = values_at(rows, alpha)
        missing = distance(aim, value)
    determinant = kernel.log_determinant(jacobian)
    arrived = possible & (missing <= CLOSE) & np.isfinite(determinant)
    alpha = np.where(arrived, alpha, 0.0)
    form = rows.form + np.matmul(rows.covariance, alpha.T[..., None])[..., 0].T
    solution = kernel.solved(rows.covariance, form)
    weight = kernel.log_density(solution) + 2.0 * np.sum(solution.log_sd, axis=1) - determinant
    return Move(alpha, np.where(arrived & np.isfinite(weight), weight, -np.inf))
