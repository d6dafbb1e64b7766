"""How much room the headline targets have over the plan as printed, exactly where print allows."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import prod
from typing import NamedTuple

from sim.baseline.plan import MEANS, Baseline, Derived, Indicator, Target


@dataclass(frozen=True, slots=True)
class Slack:
    """A headline target over the printed path: *value* over *threshold*, less one.

    *low* and *high* are the value at the ends of the printed intervals; mean growth is a fraction a year.
    Where the plan prints no path of what the target needs (*needs* names it), value is None; *required*
    is then the level of that denominator at which the target is just met, if a denominator is missing.
    """

    target: str
    version: str
    lead: bool
    year: int
    unit: str
    threshold: Fraction
    value: Fraction | None
    low: Fraction | None
    high: Fraction | None
    needs: str | None
    required: Fraction | None

    @property
    def slack(self) -> Fraction | None:
        return None if self.value is None else self.value / self.threshold - 1


class Range(NamedTuple):
    """A value with the least and the greatest that print allows."""

    value: Fraction
    low: Fraction
    high: Fraction


class NotPrinted(Exception):
    """The plan prints no path of the indicator or source *needs*."""

    def __init__(self, needs: str) -> None:
        super().__init__(needs)
        self.needs = needs


def slack_of(baseline: Baseline) -> tuple[Slack, ...]:
    """Return a row for every version of every headline target that can be evaluated from print.

    What a pipeline grows is not printed.
    """
    headline = [t for t in baseline.targets if t.group == "headline" and t.status == "evaluated"]
    chosen = [t for t in headline if not baseline.is_grown(str(t.quantity))]
    return tuple(_slack(baseline, target) for target in chosen)


def _slack(baseline: Baseline, target: Target) -> Slack:
    mean = target.kind in MEANS
    threshold = _least(target) / (100 if mean else 1)
    value: Range | None = None
    needs: str | None = None
    required: Fraction | None = None
    try:
        value = _target_range(baseline, target)
    except NotPrinted as missing:
        needs = missing.needs
        required = _required(baseline, target, threshold, needs)
    return Slack(
        target.id,
        target.version,
        target.lead,
        target.year,
        target.unit if mean else _unit(baseline, target.quantity or ""),
        threshold,
        value.value if value else None,
        value.low if value else None,
        value.high if value else None,
        needs,
        required,
    )


def _least(target: Target) -> Fraction:
    """Return the value at which *target* is just met: an approximate one less (or more) its tolerance."""
    threshold = exact(target.threshold)
    if target.comparator != "≈" or target.tolerance is None:
        return threshold
    width = abs(threshold) * exact(target.tolerance) / 100
    return threshold + width if target.direction == "down" else threshold - width


def exact(number: float) -> Fraction:
    """Return the decimal that *number* is written as, not its nearest binary."""
    return Fraction(repr(float(number)))


def _target_range(baseline: Baseline, target: Target) -> Range:
    quantity = target.quantity or ""
    if target.kind in MEANS:
        return _mean_growth(baseline, target)
    if target.kind == "cumulative_flow":
        years = [year for year in baseline.years if year <= target.year]
        flows = [_range(baseline, target.area, quantity, year) for year in years]
        return Range(*(sum(parts, Fraction(0)) for parts in zip(*flows, strict=True)))
    return _range(baseline, target.area, quantity, target.year)


def _mean_growth(baseline: Baseline, target: Target) -> Range:
    """Return the mean growth a year of the printed growth cells, as a fraction.

    Compound, or the mean of the yearly rates where the target's kind is ``mean_of_rates``.
    """
    years = [year for year in baseline.years if year <= target.year]
    cells = [baseline.printed.cells.get((target.area, target.quantity or "", year)) for year in years]
    growths = [cell.growth for cell in cells if cell is not None and cell.growth is not None]
    if len(growths) < len(years):
        raise NotPrinted(target.quantity or "")
    ends = zip(*((growth.value, growth.low, growth.high) for growth in growths), strict=True)
    if target.kind == "mean_of_rates":
        return Range(*(sum(rates, Fraction(0)) / len(years) for rates in ends))
    return Range(
        *(_root(prod((1 + rate for rate in rates), start=Fraction(1)), len(years)) - 1 for rates in ends)
    )


def _root(power: Fraction, n: int) -> Fraction:
    """Return the n-th root, exact where it is a decimal of six places."""
    near = float(power) ** (1 / n)
    rounded = Fraction(round(near * 10**6), 10**6)
    return rounded if rounded**n == power else Fraction(near)


def _range(baseline: Baseline, area: str, quantity: str, year: int) -> Range:
    """Return what the plan prints of *quantity* in *year*; NotPrinted where it prints nothing."""
    for indicator in baseline.indicators:
        if indicator.id == quantity:
            return _level(baseline, area, indicator, year)
    derived = next(item for item in baseline.derived if item.id == quantity)
    return (
        _stock(baseline, area, derived, year)
        if derived.kind == "stock"
        else _ratio(baseline, area, derived, year)
    )


def _level(baseline: Baseline, area: str, indicator: Indicator, year: int) -> Range:
    cell = baseline.printed.cells.get((area, indicator.id, year))
    if cell is not None:
        return Range(cell.level.value, cell.level.low, cell.level.high)
    figure = baseline.history(indicator.base_series or "", area).get(baseline.base_year)
    if indicator.growth == "line" and figure is not None and indicator.line_end is not None:
        steps = Fraction(year - baseline.base_year, len(baseline.years))
        start = exact(figure.value)
        level = start + (exact(indicator.line_end) - start) * steps
        return Range(level, level, level)
    past = baseline.history(indicator.base_series or "", area).get(year)
    if past is None:
        raise NotPrinted(indicator.id)
    return Range(*[exact(past.value)] * 3)


def _stock(baseline: Baseline, area: str, item: Derived, year: int) -> Range:
    stock = Range(*[_source(baseline, area, item.base)] * 3)
    stays = 1 - _source(baseline, area, item.exit)
    for t in baseline.years:
        if t <= year:
            inflow = _range(baseline, area, item.inflow or "", t)
            stock = Range(*(s * stays + i for s, i in zip(stock, inflow, strict=True)))
    return stock


def _ratio(baseline: Baseline, area: str, item: Derived, year: int) -> Range:
    above = _range(baseline, area, item.numerator or "", year)
    below = _range(baseline, area, item.denominator or "", year - item.lag)
    factor = exact(item.factor)
    return Range(
        factor * above.value / below.value, factor * above.low / below.high, factor * above.high / below.low
    )


def _source(baseline: Baseline, area: str, source: tuple[str, str] | None) -> Fraction:
    """Return the central value of a stock's base or exit."""
    kind, name = source or ("value", "0")
    if kind == "value":
        return Fraction(name)
    if kind == "assumption":
        return exact(baseline.assumptions[name].central)
    if kind == "history":
        return exact(baseline.history(name, area)[baseline.base_year].value)
    if baseline.calibration is None or name not in baseline.calibration.exits:
        raise NotPrinted("calibration")
    return exact(baseline.calibration.exits[name].value)


def _required(baseline: Baseline, target: Target, threshold: Fraction, needs: str) -> Fraction | None:
    """Return the denominator at which a ratio just meets its target; None where more is missing."""
    item = next((item for item in baseline.derived if item.id == target.quantity), None)
    if item is None or item.kind != "ratio" or item.denominator != needs:
        return None
    try:
        above = _range(baseline, target.area, item.numerator or "", target.year)
    except NotPrinted:
        return None
    return exact(item.factor) * above.value / threshold


def _unit(baseline: Baseline, quantity: str) -> str:
    units = {indicator.id: indicator.unit for indicator in baseline.indicators}
    return (units | {item.id: item.unit for item in baseline.derived})[quantity]
