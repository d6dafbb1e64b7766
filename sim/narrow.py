"""Standard normals of 32 bits, in float32: the plain form of `sim.kernels.narrow`, and its constants.

A word *w* of the generator, read as a signed number, names the middle of one of 2^32 cells of (0, 1): its
tail is ``p = (m + 1/2) / 2^32`` with m the word or, where it is negative, its complement, and its sign that
of the normal. What lies between tail and median, ``1/2 - p``, is taken from whole numbers too, so neither end
loses digits. The quantile is ``(1/2 - p) P(log 1/(4 p (1 - p)))``, as Giles (2010, *Approximating the erfinv
function*) writes it, with a polynomial fitted for ``4 p (1 - p) > exp(-10)``; beyond, the double quantile is
rounded. Errors are below 5e-7 of the normal; the largest is 6.34.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Narrow = NDArray[np.float32]
"""Numbers in single precision."""

TOP = np.int32(0x7FFFFFFF)
EDGE = np.int32(49392)
"""Words below it, whose tail is less than 1.15e-5, are worked in double precision."""

CELL, TWO_CELLS = np.float32(2.0**-32), np.float32(2.0**-31)
HALF, ONE, TWO, CENTRE = np.float32(0.5), np.float32(1.0), np.float32(2.0), np.float32(5.0)

QUANTILE = tuple(
    np.float32(value)
    for value in (
        5.8825984, 0.6044424, -0.020545935, 0.0003690865, 0.00014829035, -2.95166e-05, 2.9318476e-06,
        -3.27565e-08, -4.9714046e-08, 6.5479178e-09, 1.9621997e-10, -6.201811e-11,
    )
)  # fmt: skip
"""Powers of ``log 1/(4 p (1 - p)) - 5``: least in the largest relative error, 1.03e-7 before rounding."""

LOG = tuple(
    np.float32(value)
    for value in (
        3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1,
        -1.2420140846e-1, 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2,
    )
)  # fmt: skip
"""``(log(1 + f) - f + f^2 / 2) / f^3`` for ``1 + f`` around 1, as Moshier's Cephes library has it (1989)."""

LN2 = np.float32(0.6931471805599453)
ROOT_HALF_BITS, EXPONENT = np.int32(0x3F3504F3), np.int32(23)


def narrow_normals(words: NDArray[np.int32]) -> Narrow:
    """Return the normals of *words*, in the operations of the compiled form and their order."""
    from scipy.special import ndtri

    tail = np.where(words >= 0, words, ~words)
    apart = ((TOP - tail).astype(np.float32) + HALF) * CELL
    twice = (tail.astype(np.float32) + HALF) * TWO_CELLS
    v = _minus_log(twice * (TWO - twice)) - CENTRE
    g, z = QUANTILE, v * v
    a = (g[0] + g[1] * v) + z * (g[2] + g[3] * v)
    b = (g[4] + g[5] * v) + z * (g[6] + g[7] * v)
    c = (g[8] + g[9] * v) + z * (g[10] + g[11] * v)
    size = apart * (a + (z * z) * (b + (z * z) * c))
    far = tail < EDGE
    size[far] = -ndtri((tail[far] + 0.5) * 2.0**-32)
    normals: Narrow = np.where(words >= 0, size, -size).astype(np.float32)
    return normals


def _minus_log(x: Narrow) -> Narrow:
    """Return ``-log`` of positive numbers."""
    bits = x.view(np.int32)
    k = (bits - ROOT_HALF_BITS) >> EXPONENT
    f = (bits - (k << EXPONENT)).view(np.float32) - ONE
    g, z = LOG, f * f
    a = (g[0] + g[1] * f) + z * (g[2] + g[3] * f)
    b = (g[4] + g[5] * f) + z * (g[6] + g[7] * f)
    y = (a + (z * z) * (b + (z * z) * g[8])) * (f * z) - HALF * z
    logs: Narrow = k.astype(np.float32) * LN2 + (f + y)
    return -logs
