"""The printed plan held against itself, exactly: which contradictions does rounding explain?

Section 3 of the model. Every printed decimal is the closed interval of plus or minus half its last
place; sums of counts must be exact. All arithmetic is in fractions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from sim.baseline.plan import Baseline, Exact, Indicator, PrintedCell
from sim.baseline.slack import Slack, slack_of
from sim.errors import Place


@dataclass(frozen=True, slots=True)
class SumMismatch:
    """Cities that do not add up to the province; *gap* is their sum less the province's number.

    *bound* is the most that rounding can explain: half a last place of every number, zero for counts.
    """

    indicator: str
    year: int
    cities: Fraction
    province: Fraction
    bound: Fraction
    place: Place

    @property
    def gap(self) -> Fraction:
        return self.cities - self.province

    @property
    def explained(self) -> bool:
        return abs(self.gap) <= self.bound


@dataclass(frozen=True, slots=True)
class GrowthMismatch:
    """A printed growth that is not the one of its two printed levels; all three are fractions a year.

    *low* and *high* are the least and the greatest growth that the unrounded levels can have had.
    """

    indicator: str
    area: str
    year: int
    printed: Exact
    implied: Fraction
    low: Fraction
    high: Fraction
    place: Place

    @property
    def explained(self) -> bool:
        return self.low <= self.printed.high and self.printed.low <= self.high


@dataclass(frozen=True, slots=True)
class ChainMismatch:
    """Printed growth chained from the first printed level, and the printed level of the last year."""

    indicator: str
    area: str
    year: int
    printed: Exact
    chained: Fraction
    low: Fraction
    high: Fraction
    place: Place

    @property
    def explained(self) -> bool:
        return self.low <= self.printed.high and self.printed.low <= self.high


@dataclass(frozen=True, slots=True)
class Audit:
    """Every mismatch of the printed plan, explained by rounding or not, and the slack of headlines.

    *checked* counts the sums, growth cells and chains that were held against print.
    """

    sums: tuple[SumMismatch, ...]
    growths: tuple[GrowthMismatch, ...]
    chains: tuple[ChainMismatch, ...]
    slacks: tuple[Slack, ...]
    checked: tuple[int, int, int]


def audit_of(baseline: Baseline) -> Audit:
    """Return the audit; rows in order of indicator, then area or year as the plan lists them."""
    sums: list[SumMismatch] = []
    growths: list[GrowthMismatch] = []
    chains: list[ChainMismatch] = []
    counts = [0, 0, 0]
    for indicator in baseline.indicators:
        for total in _sums(baseline, indicator):
            counts[0] += 1
            if total.gap:
                sums.append(total)
        for area, cells in _rows(baseline, indicator):
            for growth in _growths(indicator.id, area, baseline.years, cells):
                counts[1] += 1
                if abs(growth.implied - growth.printed.value) > growth.printed.half:
                    growths.append(growth)
            chain = _chain(indicator.id, area, baseline.years, cells)
            if chain is not None:
                counts[2] += 1
                if abs(chain.chained - chain.printed.value) > chain.printed.half:
                    chains.append(chain)
    checked = (counts[0], counts[1], counts[2])
    return Audit(tuple(sums), tuple(growths), tuple(chains), slack_of(baseline), checked)


def _sums(baseline: Baseline, indicator: Indicator) -> Iterator[SumMismatch]:
    """Yield the sum of every year in which the province and all cities are printed."""
    for year in baseline.years:
        province = baseline.printed.cells.get((baseline.province.id, indicator.id, year))
        cities = [baseline.printed.cells.get((city.id, indicator.id, year)) for city in baseline.cities]
        parts = [cell.level for cell in cities if cell is not None]
        if province is None or not parts or len(parts) < len(cities):
            continue
        exact = indicator.kind == "count"
        bound = Fraction(0) if exact else sum((part.half for part in parts), province.level.half)
        total = sum((part.value for part in parts), Fraction(0))
        yield SumMismatch(indicator.id, year, total, province.level.value, bound, province.place)


def _rows(baseline: Baseline, indicator: Indicator) -> Iterator[tuple[str, list[PrintedCell]]]:
    for area in (*baseline.cities, baseline.province):
        cells = [baseline.printed.cells.get((area.id, indicator.id, year)) for year in baseline.years]
        complete = [cell for cell in cells if cell is not None]
        if complete and len(complete) == len(cells):
            yield area.id, complete


def _growths(
    indicator: str, area: str, years: Sequence[int], cells: Sequence[PrintedCell]
) -> Iterator[GrowthMismatch]:
    """Yield the growth cells of all years but the first, whose level before is not printed."""
    for i in range(1, len(cells)):
        before, now, growth = cells[i - 1].level, cells[i].level, cells[i].growth
        if growth is not None:
            yield GrowthMismatch(
                indicator,
                area,
                years[i],
                growth,
                now.value / before.value - 1,
                now.low / before.high - 1,
                now.high / before.low - 1,
                cells[i].place,
            )


def _chain(
    indicator: str, area: str, years: Sequence[int], cells: Sequence[PrintedCell]
) -> ChainMismatch | None:
    growths = [cell.growth for cell in cells[1:] if cell.growth is not None]
    if not growths or len(growths) < len(cells) - 1:
        return None
    first, last = cells[0].level, cells[-1].level
    return ChainMismatch(
        indicator,
        area,
        years[-1],
        last,
        first.value * prod(1 + growth.value for growth in growths),
        first.low * prod(1 + growth.low for growth in growths),
        first.high * prod(1 + growth.high for growth in growths),
        cells[-1].place,
    )
