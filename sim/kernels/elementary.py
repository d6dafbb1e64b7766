"""Exponential, logarithm and normal quantile from additions, products, quotients and roots alone.

Libraries choose other code for other processors, and differ in the last bit. Here every operation
is one that IEEE 754 rounds in one way only, so the bits are the same everywhere; the error is below
one unit in the last place (tests/units/test_elementary.py).
"""

from __future__ import annotations

import math

import numpy as np

from sim.axes import Floats
from sim.kernels.jit import inlined, kernel

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238  # 33 bits: its product with an exponent is exact
_LN2_LOW = 1.9082149292705877e-10
_ROUNDER = 6755399441055744.0  # 1.5 * 2^52: adding it leaves the nearest whole number in the low bits
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD

MIDDLE = 0.425
"""Half the width of the probabilities that the middle formula of the normal quantile serves."""

FAR = 1.388794386496402e-11
"""exp(-25): below it the far tail has a formula of its own."""


@inlined
def exp(x: float) -> float:
    """Return e^x: x = k ln 2 + r, the Taylor series of r to degree 13, and an exact power of two."""
    bounded = min(max(x, -746.0), 710.0)
    shifted = bounded * _LOG2_E + _ROUNDER
    whole = shifted - _ROUNDER
    high = bounded - whole * _LN2_HIGH
    low = whole * _LN2_LOW
    r = high - low
    square = r * r
    # Pairs of terms, then pairs of pairs: short chains keep the processor busy.
    a = 1.0 / 2.0 + r * (1.0 / 6.0)
    b = 1.0 / 24.0 + r * (1.0 / 120.0)
    c = 1.0 / 720.0 + r * (1.0 / 5040.0)
    d = 1.0 / 40320.0 + r * (1.0 / 362880.0)
    e = 1.0 / 3628800.0 + r * (1.0 / 39916800.0)
    f = 1.0 / 479001600.0 + r * (1.0 / 6227020800.0)
    fourth = square * square
    tail = (a + square * b) + fourth * ((c + square * d) + fourth * (e + square * f))
    value = 1.0 + (high + (square * tail - low))
    k = np.int64(whole)
    half = k >> 1  # in two steps, so that the least numbers come out as well
    first = np.int64((half + 1023) << 52).view(np.float64)
    second = np.int64((k - half + 1023) << 52).view(np.float64)
    value = value * first * second
    return value if x == x else x


@inlined
def log_positive(x: float) -> float:
    """Return ln x of a normal positive number: x = 2^k m with m around 1, and the series of atanh."""
    bits = np.float64(x).view(np.int64)
    k = (bits - _SQRT_HALF_BITS) >> 52
    m = np.int64(bits - (k << 52)).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = 2.0 / 11.0 + w * (2.0 / 15.0 + w * (2.0 / 19.0 + w * (2.0 / 23.0)))
    even = 2.0 / 9.0 + w * (2.0 / 13.0 + w * (2.0 / 17.0 + w * (2.0 / 21.0)))
    odd = 2.0 / 3.0 + w * (2.0 / 7.0 + w * odd)
    even = 2.0 / 5.0 + w * even
    rest = z * (odd + z * even)
    half_square = 0.5 * f * f
    power = float(k)
    return power * _LN2_HIGH - ((half_square - (s * (half_square + rest) + power * _LN2_LOW)) - f)


@inlined
def log(x: float) -> float:
    """Return ln x; minus infinity at zero and no number below."""
    if x < 2.2250738585072014e-308:
        if x == 0.0:
            return -np.inf
        if x < 0.0:
            return np.nan
        return log_positive(x * 18014398509481984.0) - 37.42994775023705  # 2^54 and its logarithm
    if not x < np.inf:
        return x
    return log_positive(x)


# Wichura (1988), Algorithm AS 241: the percentage points of the normal distribution. Appl. Stat. 37, 477.


_MIDDLE_ABOVE = (
    2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
    13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608,
)  # fmt: skip
_MIDDLE_BELOW = (
    5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
    5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0,
)  # fmt: skip
_TAIL_ABOVE = (
    7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
)  # fmt: skip
_TAIL_BELOW = (
    1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
    0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0,
)  # fmt: skip
_FAR_ABOVE = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
    0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
)  # fmt: skip
_FAR_BELOW = (
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0,
)  # fmt: skip


@inlined
def ratio_of_sevenths(r: float, above: tuple[float, ...], below: tuple[float, ...]) -> float:
    """Return the quotient of two polynomials of degree seven, their coefficients from the highest down."""
    a, b = above, below
    upper = (((((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * r + a[6]) * r) + a[7]
    lower = (((((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + b[5]) * r + b[6]) * r) + b[7]
    return upper / lower


@inlined
def quantile_of_middle(q: float) -> float:
    """Return the normal quantile of ``1/2 + q`` for ``|q| <= 0.425``."""
    return q * ratio_of_sevenths(0.180625 - q * q, _MIDDLE_ABOVE, _MIDDLE_BELOW)


@inlined
def quantile_of_tail(p: float) -> float:
    """Return the size of the normal quantile of a tail ``exp(-25) <= p <= 0.075``."""
    return ratio_of_sevenths(math.sqrt(-log_positive(p)) - 1.6, _TAIL_ABOVE, _TAIL_BELOW)


@inlined
def quantile_of_far_tail(p: float) -> float:
    """Return the size of the normal quantile of a tail ``p < exp(-25)``."""
    return ratio_of_sevenths(math.sqrt(-log_positive(p)) - 5.0, _FAR_ABOVE, _FAR_BELOW)


@inlined
def normal_quantile(u: float) -> float:
    """Return the normal quantile of *u* in (0, 1)."""
    q = u - 0.5
    if abs(q) <= MIDDLE:
        return quantile_of_middle(q)
    tail = u if q < 0.0 else 1.0 - u
    size = quantile_of_tail(tail) if tail >= FAR else quantile_of_far_tail(tail)
    return -size if q < 0.0 else size


@kernel("void(float64[::1], float64[::1])")
def exp_into(x: Floats, out: Floats) -> None:
    """Set *out* to e^*x*."""
    for i in range(x.size):
        out[i] = exp(x[i])


@kernel("void(float64[::1], float64[::1])")
def log_into(x: Floats, out: Floats) -> None:
    """Set *out* to ln *x*."""
    for i in range(x.size):
        out[i] = log(x[i])


@kernel("void(float64[::1], float64[::1])")
def normal_quantile_into(u: Floats, out: Floats) -> None:
    """Set *out* to the normal quantiles of *u*."""
    for i in range(u.size):
        out[i] = normal_quantile(u[i])
