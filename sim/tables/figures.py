"""Numbers as a reader sees them: no more digits than are known, and never 0 % or 100 %."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from sim.cube import Probability
from sim.estimators import clopper_pearson

FEWEST = 0.001
"""No probability is told from 0 or 1 more finely than this, however many draws there were."""


@cache
def limit_of(draws: int) -> float:
    """Return the chance below which *draws* draws cannot tell p from zero, in whole tenths of 1 %.

    It is the upper end of the exact 95 % interval when none of the draws hits.
    """
    _, high = clopper_pearson(np.asarray(0.0), np.asarray(float(draws)))
    return max(FEWEST, math.ceil(1000.0 * float(high)) / 1000.0)


def bare_percent(p: float, draws: int) -> str:
    """Return *p* in per cent without the sign, such as ``47``, ``3.2``, ``<0.1`` or ``>99.9``."""
    limit = limit_of(draws)
    if p < limit:
        return f"<{100.0 * limit:.1f}"
    if p > 1.0 - limit:
        return f">{100.0 * (1.0 - limit):.1f}"
    return f"{100.0 * p:.1f}" if is_extreme(p) else f"{100.0 * p:.0f}"


def is_extreme(p: float) -> bool:
    """Return whether *p* is so near to 0 or 1 that it is shown with tenths of a per cent."""
    return min(p, 1.0 - p) < 0.0495


def percent(p: float, draws: int) -> str:
    """Return *p* such as ``47 %``."""
    return bare_percent(p, draws) + " %"


def bare_span(low: float, high: float, draws: int) -> str:
    """Return a range of probabilities in per cent without the sign, one number where both ends look alike."""
    first, last = bare_percent(low, draws), bare_percent(high, draws)
    return first if first == last else f"{first}-{last}" if last[0] != ">" else f"{first} - {last}"


def span(low: float, high: float, draws: int) -> str:
    """Return a range such as ``36-68 %``."""
    return bare_span(low, high, draws) + " %"


def bare_chance(row: Probability, draws: int) -> str:
    """Return the probability of *row* without the sign: a range where one number would mislead."""
    if row.p is None:
        raise ValueError(f"{row.target.id} has no probability")
    if row.driver is None or not row.is_range():
        return bare_percent(row.p, draws)
    ends = (row.p, row.driver.low, row.driver.high)
    return bare_span(min(ends), max(ends), draws)


def margin(low: float, high: float) -> str:
    """Return half the width of an interval in points, such as ``+/-2.8``."""
    half = 50.0 * (high - low)
    return f"+/-{half:.1f}" if half >= 0.05 else "<0.1"


def moved(before: float, after: float) -> str:
    """Return a difference of probabilities in points: ``-12``, ``+0.3``, ``<0.1``, or ``=`` for none."""
    points = 100.0 * (after - before)
    if points == 0.0:
        return "="
    if abs(points) < 0.05:
        return "<0.1"
    fine = abs(points) < 0.95 or (is_extreme(before) and is_extreme(after))
    return f"{points:+.1f}" if fine else f"{points:+.0f}"


def number(value: float) -> str:
    """Return *value* with four digits, all of them before the point if there are more."""
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"


def stated(value: float) -> str:
    """Return a number of the document with all its digits."""
    return f"{value:,.10g}"


def growth(fraction: float) -> str:
    """Return growth a year such as ``4.6 %``."""
    return f"{100.0 * fraction:.1f} %"


def times_in_hundred(p: float) -> int:
    """Return how many of a hundred draws would hit, rounded."""
    return round(100.0 * p)
