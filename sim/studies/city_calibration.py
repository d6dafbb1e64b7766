"""Whether simulated cities spread as known cities do (section 10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.axes import Floats
from sim.baseline.calibration import Estimate, SeriesCalibration
from sim.baseline.plan import Baseline, Figure, Indicator
from sim.kernels.panel import mean_variance
from sim.kernels.reference import city_scale, province_and_city_sd

MOST_RATIO = 2.0
"""Simulated spread between cities may be twice the known one (section 10), not more."""


@dataclass(frozen=True, slots=True, eq=False)
class KnownCities:
    """Observed spread of log growth between cities over *horizon* years, and what should give it.

    *series* are those that simulate it, *shares* ``[city]`` of the province.
    """

    name: str
    series: tuple[str, ...]
    shares: Floats
    spread: float
    horizon: int


def city_factors(
    baseline: Baseline,
    series: Mapping[str, SeriesCalibration],
    chosen: Mapping[str, tuple[str, ...]],
    nearness: Mapping[tuple[str, str], float],
) -> dict[str, Estimate]:
    """Return the factor of city terms by indicator.

    *chosen* gives each indicator's series, *nearness* correlations of unit means between series:
    an indicator without known cities takes the factor of the nearest record.
    """
    own: dict[str, KnownCities] = {}
    for indicator in baseline.indicators:
        record = known_cities(baseline, indicator, series)
        if record is not None:
            own[indicator.id] = record
    factors = {id: factor_of(record, series) for id, record in own.items()}
    result = {}
    for indicator in baseline.indicators:
        if indicator.scope != "cities":
            result[indicator.id] = Estimate(1.0, 0.0, "C", "no city terms")
        elif indicator.id in factors:
            result[indicator.id] = factors[indicator.id]
        elif not factors:
            result[indicator.id] = Estimate(1.0, 0.0, "C", "no cities known")
        else:
            near = {id: _nearness(chosen[indicator.id], own[id].series, nearness) for id in sorted(own)}
            nearest = max(near, key=lambda id: near[id])
            factor = factors[nearest]
            method = f"nearest record, correlation of unit means {near[nearest]:.2f}: {factor.method}"
            result[indicator.id] = Estimate(factor.value, factor.se, "C", method)
    return result


def _nearness(mine: tuple[str, ...], theirs: tuple[str, ...], of: Mapping[tuple[str, str], float]) -> float:
    return float(np.mean([of.get((a, b), 0.0) for a in mine for b in theirs]))


def known_cities(
    baseline: Baseline, indicator: Indicator, series: Mapping[str, SeriesCalibration]
) -> KnownCities | None:
    """Return what is known of cities: growth rates of all of them, or levels of all in two years."""
    cities = [city.id for city in baseline.cities]
    if not set(indicator.series) or not set(indicator.series) <= set(series) or len(cities) < 3:
        return None
    names = [indicator.city_series] if indicator.city_series else list(indicator.series)
    for name in names:
        figures: dict[int, dict[str, Figure]] = {}
        for figure in baseline.figures:
            if figure.series == name and figure.region in cities and figure.year <= baseline.base_year:
                figures.setdefault(figure.year, {})[figure.region] = figure
        years = sorted(year for year, known in figures.items() if len(known) == len(cities))
        value = {year: np.array([figures[year][city].value for city in cities]) for year in years}
        if years and figures[years[-1]][cities[0]].unit == "%":
            shares = _printed_shares(baseline, indicator)
            growth, horizon = np.log1p(value[years[-1]] / 100.0), 1
        elif len(years) > 1:
            shares = value[years[0]] / value[years[0]].sum()
            growth, horizon = np.log(value[years[-1]] / value[years[0]]), years[-1] - years[0]
        else:
            continue
        return KnownCities(name, indicator.series, shares, float(np.std(growth, ddof=1)), horizon)
    return None


def _printed_shares(baseline: Baseline, indicator: Indicator) -> Floats:
    """Return the cities' shares of their printed sum in the first year of the plan."""
    k = baseline.indicator_axis().position(indicator.id)
    level = baseline.printed.level[: len(baseline.cities), k]
    first = level[:, ~np.isnan(level).any(axis=0)][:, 0]
    shares: Floats = first / first.sum()
    return shares


def simulated_city_spread(known: SeriesCalibration, shares: Floats, horizon: int) -> float:
    """Return the spread between cities of log growth over *horizon* years that the model gives."""
    scale = city_scale(shares, np.asarray(known.slope.value))
    _, tau = province_and_city_sd(np.asarray(known.tau.value), shares, scale)
    _, sd = province_and_city_sd(np.asarray(known.sd.value), shares, scale)
    yearly = sd**2 * mean_variance(np.asarray(known.phi.value), horizon)
    return float(horizon * np.sqrt(np.mean(tau**2 + yearly)))


def factor_of(record: KnownCities, series: Mapping[str, SeriesCalibration]) -> Estimate:
    """Return the factor that brings the simulated spread down to twice the known, at most one."""
    squares = [simulated_city_spread(series[s], record.shares, record.horizon) ** 2 for s in record.series]
    simulated = float(np.sqrt(np.mean(squares)))
    ratio = simulated / record.spread
    method = (
        f"{record.name}: simulated spread between cities over {record.horizon} y {simulated:.3f}, "
        f"known {record.spread:.3f}"
    )
    if ratio <= MOST_RATIO:
        return Estimate(1.0, 0.0, "C", method)
    factor = MOST_RATIO / ratio
    return Estimate(factor, factor / float(np.sqrt(2.0 * (len(record.shares) - 1))), "C", method)
