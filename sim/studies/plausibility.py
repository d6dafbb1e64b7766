"""How far a scenario departs from what history leads to expect: its distance, and where its median lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtr, ndtr

from sim.axes import Floats
from sim.baseline.calibration import Calibration, SeriesCalibration
from sim.baseline.plan import Baseline, Indicator
from sim.cube import Cube
from sim.kernels.panel import mean_variance
from sim.kernels.reference import expected_growth, unexplained_share
from sim.studies.reference_class import figures_by_region, is_unit

RIDGE = 1e-9  # keeps a correlation of loadings invertible where a series repeats another


@dataclass(frozen=True, slots=True)
class Departure:
    """Mean log growth a year of the province's median path against the reference, normal with *sd*.

    *faster* of *units* regions of the class grew at least so fast over *window*.
    """

    indicator: str
    growth: float
    expected: float
    sd: float
    faster: int
    units: int
    window: tuple[int, int]

    @property
    def z(self) -> float:
        return (self.growth - self.expected) / self.sd

    @property
    def percentile(self) -> float:
        """Share of the reference that grows more slowly."""
        return float(ndtr(self.z))


@dataclass(frozen=True, slots=True)
class Plausibility:
    """*distance*: Mahalanobis; *kl*: relative entropy of two normals of equal spread, half its square.

    *farther*: the chance that history's own futures lie farther out (chi2 with as many degrees).
    """

    departures: tuple[Departure, ...]
    distance: float
    kl: float
    farther: float

    @property
    def most_unusual(self) -> Departure:
        return max(self.departures, key=lambda d: abs(d.z))


def plausibility_of(cube: Cube) -> Plausibility | None:
    """Return how far the cube's median paths lie from trend, in the reference's own spread.

    None where no indicator has a history. Rates and counts, whose growth has other units, stay out.
    """
    plan, calibration = cube.plan, cube.plan.calibration
    if calibration is None:
        return None
    ends = {(t.indicator, t.year): t.quantiles[3] for t in cube.trajectories if t.area == plan.province.id}
    years = len(plan.years)
    chosen: list[tuple[Indicator, float]] = []
    for indicator in plan.indicators:
        start, end = (ends.get((indicator.id, year)) for year in (plan.base_year, plan.years[-1]))
        start = start if start is not None else _base(plan, indicator)
        known = calibration.indicators[indicator.id]
        usable = indicator.kind == "quantity" and known.has_trend
        if usable and start is not None and end is not None and start > 0.0 < end:
            chosen.append((indicator, float(np.log(end / start)) / years))
    if not chosen:
        return None
    rows = [_departure(plan, calibration, indicator, growth, years) for indicator, growth in chosen]
    z = np.array([row.z for row in rows])
    correlation = _correlation(calibration, [i for i, _ in chosen], years)
    square = float(z @ np.linalg.solve(correlation, z))
    return Plausibility(tuple(rows), square**0.5, square / 2.0, float(1.0 - chdtr(len(z), square)))


def _base(plan: Baseline, indicator: Indicator) -> float | None:
    """Return the level of the base year that the run starts from: the path's, or the actual."""
    if indicator.base == "actual" and indicator.base_series is not None:
        known = plan.history(indicator.base_series, plan.province.id).get(plan.base_year)
        return None if known is None else known.value
    level = float(plan.path[len(plan.cities), plan.indicator_axis().position(indicator.id), 0])
    return level if level == level else None


def _departure(
    plan: Baseline, calibration: Calibration, indicator: Indicator, growth: float, years: int
) -> Departure:
    names = calibration.indicators[indicator.id].series
    known = [calibration.series[name] for name in names]
    expected = float(np.mean([_expected(k, years) for k in known]))
    sd = float(np.sqrt(np.mean([np.sum(_parts(calibration, indicator, k, years) ** 2) for k in known])))
    faster, units, window = _units_as_fast(plan, names[0], growth, known[0].window)
    return Departure(indicator.id, growth, expected, sd, faster, units, window)


def _expected(known: SeriesCalibration, years: int) -> float:
    parts = (known.mu, known.own, known.lam, known.damp, known.phi, known.last_year_effect)
    mu, own, lam, damp, phi, last = (np.asarray(part.value) for part in parts)
    return float(np.mean(expected_growth(mu, own, lam, damp, phi, last, np.arange(1.0, years + 1.0))))


def _parts(calibration: Calibration, indicator: Indicator, known: SeriesCalibration, years: int) -> Floats:
    """Return the spreads of mean growth by level: common drift, own drift left by trend, yearly terms."""
    yearly = np.hypot(known.sd.value, known.year_sd.value)
    mean = np.sqrt(float(mean_variance(np.asarray(known.phi.value), years)))
    common = calibration.common_drift.get(indicator.group)
    parts = (known.lam, known.damp, known.phi, known.sd, known.tau)
    lam, damp, phi, sd, tau = (np.asarray(part.value) for part in parts)
    span = np.asarray(float(known.window[1] - known.window[0]))
    own = known.tau.value * float(np.sqrt(unexplained_share(lam, damp, phi, sd, tau, span, years)))
    return np.array([0.0 if common is None else common.value, own, yearly * mean])


def _correlation(calibration: Calibration, chosen: list[Indicator], years: int) -> Floats:
    """Return the correlation of mean growth that the loadings give, ``[indicator, indicator]``."""
    parts = []
    for indicator in chosen:
        known = [calibration.series[name] for name in calibration.indicators[indicator.id].series]
        squares = [_parts(calibration, indicator, k, years) ** 2 for k in known]
        parts.append(np.sqrt(np.mean(squares, axis=0)))
    spread = np.array(parts)
    total = np.zeros((len(chosen), len(chosen)))
    for j, level in enumerate(("common", "province", "year")):
        load = _load(calibration.loadings[level].load, chosen)
        correlation = load.T @ load
        np.fill_diagonal(correlation, 1.0)
        total += correlation * np.outer(spread[:, j], spread[:, j])
    scale = np.sqrt(np.diag(total))
    result: Floats = total / np.outer(scale, scale) + RIDGE * np.eye(len(chosen))
    return result


def _load(load: Mapping[str, Mapping[str, object]], chosen: list[Indicator]) -> Floats:
    rows = [[getattr(row[i.id], "value", 0.0) for i in chosen] for _, row in sorted(load.items())]
    return np.array(rows, dtype=float)


def _units_as_fast(
    plan: Baseline, series: str, growth: float, window: tuple[int, int]
) -> tuple[int, int, tuple[int, int]]:
    """Return how many units of the class grew at least so fast over *window*, and of how many."""
    start, end = window
    known = [
        float(np.log(figures[end].value / figures[start].value)) / (end - start)
        for region, figures in figures_by_region(plan, series).items()
        if is_unit(region) and start in figures and end in figures
    ]
    return sum(value >= growth for value in known), len(known), window
