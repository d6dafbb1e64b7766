"""Chances given all but one normal direction, slowly: what `tests/oracle.py` says of targets."""

from __future__ import annotations

import math

from sim.baseline.plan import Derived, Target
from sim.streams import Source
from tests.oracle import Oracle
from tests.oracle_growth import PROVINCE
from tests.oracle_numbers import NORMAL, logit

INFINITE = math.inf


def above(x: float) -> float:
    """Return the chance that a standard normal is at most *x*."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def chance_between(mean: float, variance: float, low: float, high: float) -> float:
    if variance <= 0.0:
        return float(low <= mean <= high)
    sd = math.sqrt(variance)
    return above((mean - low) / sd) - above((mean - high) / sd)


def bounds(target: Target) -> tuple[float, float]:
    """Return the values between which *target* is hit, in its own unit."""
    v = target.threshold
    spare = 1e-9 * abs(v) * (-1.0 if target.comparator == ">" else 1.0)
    width = abs(v) * (target.tolerance or 0.0) / 100.0 if target.comparator == "≈" else 0.0
    low = -INFINITE if target.direction == "down" else v - width - spare
    high = INFINITE if target.direction == "up" else v + width + spare
    return low, high


def log_of(value: float) -> float:
    return math.log(value) if value > 0.0 else -INFINITE


def covariance(o: Oracle, pair: tuple[str, str], years: tuple[int, int], draw: int) -> float:
    """Return the covariance of the accumulated province-wide noise of two indicators."""
    first, second = pair

    def alike(level: str) -> float:
        if first == second:
            return 1.0
        return sum(x * y for x, y in zip(o.loads[level, first], o.loads[level, second], strict=True))

    n = o.sd_n[first] * o.sd_n[second] * o.common_scale(draw) ** 2 * alike("common")
    own = o.sd_o[first] * o.sd_o[second] * alike("province")
    scale = o.scales(draw)
    here, there = o.innovations(first, years[0]), o.innovations(second, years[1])
    yearly = sum(x * y * s * s for x, y, s in zip(here, there, scale, strict=False))
    both = yearly * o.sd_p[first] * o.sd_p[second] * alike("year")
    return (years[0] + 1) * (years[1] + 1) * (n + own) + both


def location(o: Oracle, ident: str, area: str, t: int, draw: int) -> tuple[float, float]:
    """Return mean and variance of the log level (logit of a rate) over its normal direction."""
    variance = covariance(o, (ident, ident), (t, t), draw)
    if o.indicators[ident].kind == "rate":
        return o.calm(PROVINCE, ident, draw)[t], variance
    if o.indicators[ident].scope == "province":
        return math.log(o.calm(PROVINCE, ident, draw)[t]), variance
    if area != PROVINCE:
        own = o.city_variance(area, ident, draw)[t]
        return math.log(o.calm(area, ident, draw)[t]) - own / 2.0, variance + own
    total = sum(o.calm(c, ident, draw)[t] * math.exp(o.city_noise(c, ident, draw)[t]) for c in o.cities)
    return math.log(total) + o.log_ratio[ident][t], variance + o.ratio_sd[ident] ** 2


def chance(o: Oracle, target: Target, draw: int) -> float | None:
    """Return the chance of *target* given all but one normal, or None where hits are counted."""
    t = o.baseline.years.index(target.year)
    area = PROVINCE if target.area == o.baseline.province.id else target.area
    low, high = bounds(target)
    quantity = str(target.quantity)
    if target.kind in ("cumulative_flow", "mean_of_rates"):
        return None
    if quantity not in o.indicators:
        derived = next(d for d in o.baseline.derived if d.id == quantity)
        return chance_of_derived(o, derived, t, (low, high), draw)
    kind = o.indicators[quantity].kind
    if kind == "count" or (kind == "rate" and target.kind == "mean_growth"):
        return None
    mean, variance = location(o, quantity, area, t, draw)
    if kind == "rate":
        ends = [-INFINITE if x <= 0.0 else INFINITE if x >= 100.0 else logit(x / 100.0) for x in (low, high)]
    elif target.kind == "mean_growth":
        base = math.log(o.base[area, quantity])
        ends = [base + (t + 1) * math.log1p(x / 100.0) if math.isfinite(x) else x for x in (low, high)]
    else:
        ends = [log_of(x) for x in (low, high)]
    return chance_between(mean, variance, ends[0], ends[1])


def chance_of_derived(
    o: Oracle, derived: Derived, t: int, ends: tuple[float, float], draw: int
) -> float | None:
    """Return the chance of a ratio of indicators, or of a stock to an indicator."""
    if derived.kind == "stock":
        return chance_of_stock(o, derived, t, ends, draw)
    if str(derived.denominator) not in o.indicators:
        return None
    top, bottom = str(derived.numerator), str(derived.denominator)
    if top not in o.indicators:
        stock = next(d for d in o.baseline.derived if d.id == top)
        if stock.inflow == bottom:
            return None
        row = o.levels(draw)[PROVINCE, bottom]
        below_ = row[t - derived.lag] if t >= derived.lag else o.base_of(bottom)
        low, high = (x / derived.factor * below_ for x in ends)
        return chance_of_stock(o, stock, t, (low, high), draw)
    if "count" in (o.indicators[top].kind, o.indicators[bottom].kind):
        return None
    mean, variance = location(o, top, PROVINCE, t, draw)
    before = t - derived.lag
    if before < 0:
        below, below_variance, both = math.log(o.base_of(bottom)), 0.0, 0.0
    else:
        below, below_variance = location(o, bottom, PROVINCE, before, draw)
        both = covariance(o, (top, bottom), (t, before), draw)
        both += o.ratio_sd.get(top, 0.0) ** 2 if top == bottom else 0.0
    logs = [log_of(x / derived.factor) for x in ends]
    return chance_between(mean - below, variance + below_variance - 2.0 * both, logs[0], logs[1])


def chance_of_stock(o: Oracle, stock: Derived, t: int, ends: tuple[float, float], draw: int) -> float | None:
    """Return the chance over the inflow's own normal in o, found by halving."""
    k = str(stock.inflow)
    if o.indicators[k].kind == "count":
        return None
    inflow = o.levels(draw)[PROVINCE, k]
    load = o.loads["province", k]
    slope = o.sd_o[k] * math.sqrt(max(0.0, 1.0 - sum(x * x for x in load)))
    mine = o.normal(Source("province", "", k), draw)
    leaving = o.amount(stock.exit)

    def reached(z: float) -> float:
        level = o.amount(stock.base)
        for j in range(t + 1):
            level = level * (1.0 - leaving) + inflow[j] * math.exp((j + 1) * slope * (z - mine))
        return level

    def chance_of(wanted: float) -> float:
        if slope <= 0.0:
            return float(reached(mine) >= wanted)
        start, stop = -40.0, 40.0
        if reached(start) >= wanted:
            return 1.0
        while stop - start > 1e-13:
            middle = 0.5 * (start + stop)
            start, stop = (start, middle) if reached(middle) >= wanted else (middle, stop)
        return NORMAL.cdf(-stop)

    return chance_of(ends[0]) - (0.0 if ends[1] == INFINITE else chance_of(ends[1]))
