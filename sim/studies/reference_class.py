"""The reference class as arrays: panels of units, longer windows, national series, city records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from sim.axes import Bools, Floats, Ints
from sim.baseline.breaks import ALL, break_years
from sim.baseline.plan import Area, Assumption, Break, Figure, Indicator
from sim.errors import Found, Place
from sim.kernels.reference import logit
from sim.units import units

NATIONAL = ("全国", "合计")
"""Words in the names that sources give the country; such a region is no unit of the class."""

WINDOW = 5
"""Years of a window, the length of the plans whose odds are asked."""

SMALLEST_SHARE = 1 / 8
"""Share of units, smallest by GDP, that do not fit spreads: of 31 provinces the four of section 10."""

LEAST_UNITS = 6
LEAST_YEARS = 4
STILL = 1e-9  # growth that differs by less between units gives no spread to estimate
REPORTED = 0.9  # a year belongs to the panel when this share of its units has a figure


Scale = Literal["log", "logit", "plain"]
"""On which a series moves: amounts by their log, shares by their logit, rates of growth as they are."""


class Evidence(Protocol):
    """What a calibration reads: a plan (`Baseline`), or a panel alone as of a year."""

    @property
    def base_year(self) -> int: ...
    @property
    def province(self) -> Area: ...
    @property
    def cities(self) -> tuple[Area, ...]: ...
    @property
    def indicators(self) -> tuple[Indicator, ...]: ...
    @property
    def figures(self) -> tuple[Figure, ...]: ...
    @property
    def assumptions(self) -> Mapping[str, Assumption]: ...
    @property
    def breaks(self) -> tuple[Break, ...]: ...


@dataclass(frozen=True, slots=True, eq=False)
class ReferencePanel:
    """One series of the class inside the window, without gaps: ``log_level [unit, year]`` on its *scale*.

    *used* are the units that fit spreads, *home* is the province's position.
    """

    series: str
    units: tuple[str, ...]
    years: Ints
    log_level: Floats
    used: Bools
    home: int
    scale: Scale = "log"

    @property
    def spans(self) -> Ints:
        return np.diff(self.years)

    @property
    def growth(self) -> Floats:
        """Mean yearly log growth between the years known, ``[unit, observation]``."""
        growth: Floats = np.diff(self.log_level, axis=1) / self.spans
        return growth

    @property
    def log_size(self) -> Floats:
        """Mean log level over that of the province, ``[unit]``: zero at its own size; a share has no size."""
        if self.scale != "log":
            return np.zeros(len(self.units))
        mean = self.log_level.mean(axis=1)
        size: Floats = mean - mean[self.home]
        return size

    @property
    def window(self) -> tuple[int, int]:
        return int(self.years[0]), int(self.years[-1])


@dataclass(frozen=True, slots=True, eq=False)
class NationalSeries:
    """Log levels of one region that stands for the country."""

    region: str
    years: Ints
    log_level: Floats


def scale_of(unit: str) -> Scale:
    """Return on which scale figures of *unit* move; a unit that is not listed counts something."""
    dimension = units()[unit].dimension if unit in units() else ""
    return "logit" if dimension == "share" else "plain" if dimension in ("growth", "points") else "log"


def moved(value: float, unit: str, scale: Scale) -> float:
    """Return *value* on its *scale*; not-a-number where it has no place there."""
    if scale == "log":
        return float(np.log(value)) if value > 0.0 else np.nan
    share = value * float(units()[unit].factor)
    if scale == "plain":
        return share
    return float(logit(np.float64(share))) if 0.0 < share < 1.0 else np.nan


def is_unit(region: str) -> bool:
    """Say whether *region* is a unit of the class and not the country."""
    return not any(word in region for word in NATIONAL)


def figures_by_region(baseline: Evidence, series: str) -> dict[str, dict[int, Figure]]:
    """Return the figures of *series* up to the base year, by region and year, cities left out."""
    cities = {city.id for city in baseline.cities}
    regions: dict[str, dict[int, Figure]] = {}
    for figure in baseline.figures:
        if figure.series == series and figure.year <= baseline.base_year and figure.region not in cities:
            regions.setdefault(figure.region, {})[figure.year] = figure
    return dict(sorted(regions.items()))


def breaks_in_window(breaks: Sequence[Break], series: str, base_year: int) -> tuple[int, ...]:
    """Return the years inside the window in which all regions of *series* begin anew."""
    return tuple(y for y in break_years(breaks, series, ALL) if base_year - WINDOW < y <= base_year)


def smallest_units(baseline: Evidence) -> frozenset[str]:
    """Return the smallest units by GDP in the last year that it has, `SMALLEST_SHARE` of them."""
    names = [s for i in baseline.indicators if i.group == "gdp" for s in i.series]
    if not names:
        return frozenset()
    units = {r: f for r, f in figures_by_region(baseline, names[0]).items() if is_unit(r)}
    last = max((max(figures) for figures in units.values()), default=0)
    levels = sorted((figures[last].value, region) for region, figures in units.items() if last in figures)
    return frozenset(region for _, region in levels[: round(SMALLEST_SHARE * len(levels))])


def panel_of(
    baseline: Evidence,
    series: str,
    smallest: frozenset[str],
    place: Place,
    found: Found,
    scale: Scale = "log",
) -> ReferencePanel | None:
    """Return the panel of *series* in the window before the plan; None with a mistake if there is none.

    A year counts when most units report it, a unit when it reports all those years.
    """
    start = baseline.base_year - WINDOW
    regions = {
        region: {year: figure for year, figure in figures.items() if year >= start}
        for region, figures in figures_by_region(baseline, series).items()
        if is_unit(region)
    }
    regions = {region: figures for region, figures in regions.items() if len(figures) > 1}
    reporting = [sum(year in f for f in regions.values()) for year in range(start, baseline.base_year + 1)]
    years = [start + t for t, count in enumerate(reporting) if count and count >= REPORTED * len(regions)]
    units = [region for region, figures in regions.items() if all(year in figures for year in years)]
    broken = breaks_in_window(baseline.breaks, series, baseline.base_year)
    if broken and (len(years) < LEAST_YEARS or len(units) < LEAST_UNITS):
        details = {"series": series, "year": broken[-1], "as_of": baseline.base_year}
        found.add(place, "panel-break-in-window", **details)
    elif len(years) < LEAST_YEARS:
        found.add(place, "calibration-few-years", series=series, years=len(years), least=LEAST_YEARS)
    elif len(units) < LEAST_UNITS:
        found.add(place, "calibration-few-units", series=series, units=len(units), least=LEAST_UNITS)
    elif baseline.province.id not in units:
        found.add(place, "calibration-no-province", series=series, area=baseline.province.id)
    else:
        return _panel(series, units, years, regions, smallest, baseline.province.id, found, scale)
    return None


def _panel(
    series: str,
    units: list[str],
    years: list[int],
    regions: dict[str, dict[int, Figure]],
    smallest: frozenset[str],
    province: str,
    found: Found,
    scale: Scale,
) -> ReferencePanel | None:
    figures = [regions[unit][year] for unit in units for year in years]
    levels = np.array([moved(f.value, f.unit, scale) for f in figures]).reshape(len(units), len(years))
    for figure, level in zip(figures, levels.ravel(), strict=True):
        if np.isnan(level):
            code = "calibration-not-positive" if scale == "log" else "calibration-not-a-share"
            found.add(figure.place, code, series=series, region=figure.region, year=figure.year)
    if np.isnan(levels).any():
        return None
    if np.ptp(np.diff(levels, axis=1), axis=0).max() < STILL:
        found.add(figures[0].place, "calibration-no-spread", series=series)
        return None
    return ReferencePanel(
        series,
        tuple(units),
        np.array(years, dtype=np.int64),
        levels,
        np.array([unit not in smallest for unit in units]),
        units.index(province),
        scale,
    )


@dataclass(frozen=True, slots=True, eq=False)
class EarlierWindows:
    """Growth in windows before, and in the years after each: ``[pair, unit]``, zero where unknown.

    Later growth of a pair spans years *first* to *last* after the window's end, ``[pair]``.
    """

    earlier: Floats
    later: Floats
    known: Bools
    first: Ints
    last: Ints


def earlier_windows(baseline: Evidence, panel: ReferencePanel) -> EarlierWindows | None:
    """Return growth in windows that end a window or more before the base year, and what followed.

    None where fewer than two such windows have figures for most units: one alone could not tell
    the share that is kept from its damping.
    """
    base = baseline.base_year
    regions = figures_by_region(baseline, panel.series)
    all_years = sorted({year for unit in panel.units for year in regions[unit]})
    rows_of = [[regions[unit].get(year) for year in all_years] for unit in panel.units]
    level = np.array(
        [[np.nan if f is None else moved(f.value, f.unit, panel.scale) for f in row] for row in rows_of]
    )
    enough = np.mean(~np.isnan(level), axis=0) >= REPORTED
    years = [year for year, kept in zip(all_years, enough, strict=True) if kept]
    column = {year: level[:, all_years.index(year)] for year in years}
    rows = []
    ends = [end for end in range(base - 2 * WINDOW, base, WINDOW) if {end - WINDOW, end} <= set(years)]
    for end in ends:
        earlier = (column[end] - column[end - WINDOW]) / WINDOW
        steps = [year for year in years if end <= year <= end + WINDOW]
        for start, stop in zip(steps, steps[1:], strict=False):
            later = (column[stop] - column[start]) / (stop - start)
            rows.append((earlier, later, start - end + 1, stop - end))
    if len(ends) < 2:
        return None
    earlier, later = np.stack([row[0] for row in rows]), np.stack([row[1] for row in rows])
    known = ~np.isnan(earlier + later)
    return EarlierWindows(
        np.where(known, earlier, 0.0),
        np.where(known, later, 0.0),
        known,
        np.array([row[2] for row in rows]),
        np.array([row[3] for row in rows]),
    )


def national_series(baseline: Evidence, series: str, scale: Scale = "log") -> tuple[NationalSeries, ...]:
    """Return the national rows of *series*, one entry a region, sums over units first.

    A sum over units has the coverage of the panel. ``全国(国内)`` continues ``全国`` where their years
    do not overlap. Within a region, years whose note names a vintage that its last year does not
    share are left out: growth into another vintage is no growth.
    """
    merged: dict[str, dict[int, Figure]] = {}
    for region, figures in figures_by_region(baseline, series).items():
        if is_unit(region):
            continue
        plain = region.split("(")[0]
        target = plain if not set(figures) & set(merged.get(plain, {})) else region
        merged.setdefault(target, {}).update(figures)
    result = []
    for region, figures in sorted(merged.items(), key=lambda item: (NATIONAL[1] not in item[0], item[0])):
        last = _vintage(figures[max(figures)])
        known = {y: moved(f.value, f.unit, scale) for y, f in sorted(figures.items()) if _vintage(f) == last}
        years = [year for year, level in known.items() if level == level]
        levels = np.array([known[year] for year in years])
        result.append(NationalSeries(region, np.array(years, dtype=np.int64), levels))
    return tuple(result)


def _vintage(figure: Figure) -> str:
    return figure.note if "vintage" in figure.note else ""
