"""Draws moved onto the actuals, one draw at a time in compiled loops; `engine.transport` has the formulas.

All of a draw's small matrices stay in the nearest cache, and no library of linear algebra is asked, so
that the bits are the same on every processor.
"""

from __future__ import annotations

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.kernels.conditioning import JITTER, LOG_ROOT_TAU
from sim.kernels.elementary import exp, log
from sim.kernels.jit import inlined, kernel

STEPS = 12
"""Newton steps at the most; sums are nearly linear, so four are the rule."""

LEAST_STEPS = 4
"""From here on a draw must halve its distance with each step, or it will never arrive: where parameters
leave a city no noise of its own, city and province cannot both be met.
"""

CLOSE = 1e-11
"""A row has arrived when it is this near, in logs."""

TINY = 2.0**-1022


@inlined
def dot(x: Floats, y: Floats) -> float:
    """Return the inner product, in four running sums that need not wait for one another."""
    size = x.size
    fours = size - size % 4
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    for i in range(0, fours, 4):
        a += x[i] * y[i]
        b += x[i + 1] * y[i + 1]
        c += x[i + 2] * y[i + 2]
        d += x[i + 3] * y[i + 3]
    for i in range(fours, size):
        a += x[i] * y[i]
    return (a + b) + (c + d)


@inlined
def add_row(factor: float, x: Floats, out: Floats) -> None:
    """Add *factor* times *x* to *out*."""
    for j in range(out.size):
        out[j] += factor * x[j]


@inlined
def covariance_of_province(corr: Floats, coefficient: Floats, variance: Floats, out: Floats) -> None:
    """Set *out* ``[row, row]`` to what province-wide normals give to it; *coefficient* ``[G, row]``."""
    rows = out.shape[0]
    out[:] = 0.0
    for g in range(coefficient.shape[0]):
        a = coefficient[g]
        for i in range(rows):
            if a[i] != 0.0:
                for j in range(rows):
                    out[i, j] += a[i] * a[j] * corr[g, i, j]
    for i in range(rows):
        out[i, i] += variance[i]


@inlined
def add_city(corr: Floats, cell: Floats, share: Floats, i: int, whole: Floats, out: Floats) -> None:
    """Set *whole* ``[row]`` to the covariance of one city's noise in the cell of row *i* with all rows, and
    add to *out* ``[row]`` what of it row *i* takes; *cell* ``[H, row]``, *corr* and *share* ``[row]``.
    """
    whole[:] = 0.0
    for h in range(cell.shape[0]):
        add_row(cell[h, i], cell[h], whole)
    for j in range(whole.size):
        whole[j] *= corr[j] * share[j]
    add_row(share[i], whole, out)


@inlined
def rows_at(
    alpha: Floats,
    covariance: Floats,
    form: Floats,
    sums: Ints,
    straight: Floats,
    by_city: Floats,
    fixed: Floats,
    level: Floats,
    value: Floats,
    jacobian: Floats,
) -> None:
    """Set *value* ``[row]`` and *jacobian* ``[row, row]`` to the rows after the move *alpha*, and their
    derivative by it. What they are made of is that of `engine.transport.Rows`, of one draw.
    """
    for i in range(alpha.size):
        value[i] = form[i] + dot(covariance[i], alpha)
        jacobian[i] = covariance[i]
    for at in range(sums.size):
        row = jacobian[sums[at]]
        row[:] = 0.0
        total = 0.0
        for c in range(level.shape[1]):
            if level[at, c] != 0.0:
                moved = level[at, c] * exp(dot(by_city[at, c], alpha))
                total += moved
                add_row(moved, by_city[at, c], row)
        value[sums[at]] = fixed[at] + dot(straight[at], alpha) + log(total)
        for j in range(row.size):
            row[j] = straight[at, j] + row[j] / total


@inlined
def eliminate(matrix: Floats, right: Floats, scale: Floats) -> float:
    """Solve ``matrix x = right`` in place of *right*, by rows and with pivots; return ``log abs det``.

    *matrix* is brought to a diagonal of one first, as `conditioning.scaled` does, and is used up. Not a
    number where it is singular.
    """
    size = right.size
    result = 0.0
    for i in range(size):
        scale[i] = 1.0 / np.sqrt(max(abs(matrix[i, i]), TINY))
        result -= 2.0 * log(scale[i])
    for i in range(size):
        right[i] *= scale[i]
        for j in range(size):
            matrix[i, j] *= scale[i] * scale[j]
        matrix[i, i] += JITTER
    for k in range(size):
        pivot = k
        for i in range(k + 1, size):
            if abs(matrix[i, k]) > abs(matrix[pivot, k]):
                pivot = i
        if not abs(matrix[pivot, k]) > 0.0:
            return np.nan
        if pivot != k:
            for j in range(k, size):
                matrix[k, j], matrix[pivot, j] = matrix[pivot, j], matrix[k, j]
            right[k], right[pivot] = right[pivot], right[k]
        result += log(abs(matrix[k, k]))
        below = 1.0 / matrix[k, k]
        for i in range(k + 1, size):
            factor = matrix[i, k] * below
            if factor != 0.0:
                add_row(-factor, matrix[k, k + 1 :], matrix[i, k + 1 :])
                right[i] -= factor * right[k]
    for k in range(size - 1, -1, -1):
        right[k] = (right[k] - dot(matrix[k, k + 1 :], right[k + 1 :])) / matrix[k, k]
    for i in range(size):
        right[i] *= scale[i]
    return result


@inlined
def log_normal_form(covariance: Floats, x: Floats, scale: Floats) -> float:
    """Return ``log N(x; 0, covariance) + log det covariance``; both *covariance* and *x* are used up.

    By Cholesky's factor, of unit variances; not a number where there is none.
    """
    size = x.size
    result = -LOG_ROOT_TAU * size
    for i in range(size):
        scale[i] = 1.0 / np.sqrt(covariance[i, i]) if covariance[i, i] > 0.0 else 1.0
        result -= log(scale[i])
    for i in range(size):
        x[i] *= scale[i]
        for j in range(i):
            covariance[i, j] *= scale[i] * scale[j]
        covariance[i, i] = 1.0 + JITTER
    for i in range(size):
        for j in range(i):
            left = covariance[i, j] - dot(covariance[i, :j], covariance[j, :j])
            covariance[i, j] = left / covariance[j, j]
        square = covariance[i, i] - dot(covariance[i, :i], covariance[i, :i])
        if not square > 0.0:
            return np.nan
        covariance[i, i] = np.sqrt(square)
        x[i] = (x[i] - dot(covariance[i, :i], x[:i])) / covariance[i, i]
        result += log(covariance[i, i]) - 0.5 * x[i] * x[i]
    return result


@kernel(
    "void(float64[:, :, ::1], float64[:, :, ::1], float64[:, ::1], float64[:, :, :, ::1],"
    "float64[:, :, ::1], float64[::1], float64[:, ::1], int64[::1], float64[:, ::1], float64[:, :, ::1],"
    "float64[:, ::1], boolean[::1], float64[:, ::1], float64[::1])"
)
def moves_into(
    corr: Floats,
    coefficient: Floats,
    corr_city: Floats,
    cell: Floats,
    share: Floats,
    variance: Floats,
    form: Floats,
    sums: Ints,
    fixed: Floats,
    level: Floats,
    wanted: Floats,
    possible: Bools,
    alpha: Floats,
    log_weight: Floats,
) -> None:
    """Set *alpha* ``[N, row]`` to the moves that make every row *wanted* ``[N, row]`` and *log_weight*
    ``[N]`` to what they weigh: zero and minus infinity where a draw is not *possible* or never arrives.

    *coefficient* ``[N, G, row]`` of province-wide normals of groups with correlations *corr* ``[G, row,
    row]``; *cell* ``[N, C, H, row]`` of the cities' normals, with *corr_city* ``[row, row]``, and *share*
    ``[N, C, row]``, how much of a row is a city's noise; *variance* ``[row]`` of errors; *form* ``[N, row]``
    as simulated; of the rows *sums* ``[sum]``: *fixed* ``[N, sum]`` and *level* ``[N, sum, C]``.
    """
    draws, rows = form.shape
    count, cities = sums.size, share.shape[1]
    covariance, jacobian = np.empty((rows, rows)), np.empty((rows, rows))
    straight, by_city = np.empty((count, rows)), np.empty((count, cities, rows))
    value, step, near, whole = np.empty(rows), np.empty(rows), np.empty(rows), np.empty(rows)
    position = np.full(rows, -1)
    for at in range(count):
        position[sums[at]] = at
    for d in range(draws):
        alpha[d] = 0.0
        log_weight[d] = -np.inf
        if not possible[d]:
            continue
        covariance_of_province(corr, coefficient[d], variance, covariance)
        for at in range(count):
            straight[at] = covariance[sums[at]]
        by_city[:] = 0.0
        for c in range(cities):
            for i in range(rows):
                if share[d, c, i] != 0.0:
                    add_city(corr_city[i], cell[d, c], share[d, c], i, whole, covariance[i])
                    if position[i] >= 0:
                        by_city[position[i], c] = whole
        near[:] = 0.0
        best, determinant = np.inf, np.nan
        for turn in range(STEPS + 1):
            rows_at(
                near, covariance, form[d], sums, straight, by_city, fixed[d], level[d], value, jacobian
            )
            far = 0.0
            for i in range(rows):
                step[i] = wanted[d, i] - value[i]
                far = max(far, abs(step[i])) if step[i] == step[i] else np.inf
            if not far < np.inf or turn == STEPS and far > CLOSE:
                break
            if far > CLOSE and turn >= LEAST_STEPS and not far < 0.5 * best:
                break
            determinant = eliminate(jacobian, step, whole)
            if far <= CLOSE:
                break
            best = min(best, far)
            add_row(1.0, step, near)
        if far <= CLOSE and determinant - determinant == 0.0:
            for i in range(rows):
                step[i] = form[d, i] + dot(covariance[i], near)
            weight = log_normal_form(covariance, step, whole) - determinant
            if weight - weight == 0.0:
                log_weight[d] = weight
                alpha[d] = near
