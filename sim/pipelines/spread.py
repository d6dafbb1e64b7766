"""How an amount spreads over the draws: mean, 10 % and 90 % quantile."""

from __future__ import annotations

import numpy as np

from sim.axes import Floats, Ints

ENDS = (0.1, 0.9)


def spread_of(amount: Floats, weights: Ints | None) -> Floats:
    """Return mean and quantiles of *amount* ``[..., S, D]`` over its draws, ``[3, ...]``.

    Draws count by *weights* ``[S, D]`` if there are any. Quantiles are values that some draw has.
    """
    flat = amount.reshape(*amount.shape[:-2], -1)
    each = None if weights is None else weights.ravel().astype(np.float64)
    low, high = np.quantile(flat, ENDS, axis=-1, weights=each, method="inverted_cdf")
    return np.stack([np.average(flat, axis=-1, weights=each), low, high])
