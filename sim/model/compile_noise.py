"""The noise of a scenario: parameter rows, loadings, tails and sizes of cities (section 4)."""

from __future__ import annotations

import numpy as np

from sim.axes import Floats, Ints
from sim.baseline.calibration import ASSUMED, Calibration, Estimate, Loadings
from sim.baseline.plan import Assumption, Baseline
from sim.model.model import NONE, SERIES_FIELDS, NoiseModel
from sim.model.parameters import TableBuilder
from sim.scenario.scenario import Scenario

BOUNDS = {
    "phi": (-0.9, 0.95),
    "lam": (0.0, 1.0),
    "damp": (0.0, 1.0),
    "slope": (0.0, 1.0),
    "sd": (0.0, np.inf),
    "tau": (0.0, np.inf),
    "year_sd": (0.0, np.inf),
}
"""Where a drawn parameter keeps its meaning: a stationary AR(1), shrinkage and damping towards the mean."""

SPREADS = ("sd", "tau", "year_sd")

MOST_LOADING = 0.95
"""No indicator's loadings explain more than this (as a correlation) because something multiplies them."""

ROUNDING = 1e-9
"""Loadings may explain this much more than everything: they are written with a few digits."""


def row_of_estimate(
    builder: TableBuilder, baseline: Baseline, scenario: Scenario, name: str, estimate: Estimate, field: str
) -> int:
    """Return the parameter row of *estimate*: its own, or that of the assumption it stands for."""
    if estimate.method.startswith(ASSUMED):
        return builder.assumption(assumption_of(scenario, baseline, estimate.method[len(ASSUMED) :]))
    low, high = BOUNDS.get(field, (-np.inf, np.inf))
    return builder.estimate(name, estimate, low, high, "spread" if field in SPREADS else "normal")


def assumption_of(scenario: Scenario, baseline: Baseline, assumption: str) -> Assumption:
    """Return the scenario's own version of an assumption, or the plan's."""
    return scenario.assumptions.get(assumption, baseline.assumptions[assumption])


def noise_of(
    scenario: Scenario,
    baseline: Baseline,
    calibration: Calibration,
    builder: TableBuilder,
    with_cities: Ints,
    base: Floats,
    base_province: Floats,
    ratio_sd: Floats,
) -> NoiseModel:
    """Return the noise model of *scenario*, adding its parameters to *builder*."""
    names = [i.id for i in baseline.indicators]
    series_rows, common_rows, factor_rows = rows_of_noise(scenario, baseline, calibration, builder)
    multiplier = 1.0 if scenario.noise.dependence is None else scenario.noise.dependence
    factors = tuple(sorted({f for level in calibration.loadings.values() for f in level.load}))
    loads = {
        level: loading_array(calibration.loadings[level], factors, names, multiplier)
        for level in ("common", "province", "year", "city")
    }
    dof = calibration.dof.value if scenario.noise.dof is None else scenario.noise.dof
    return NoiseModel(
        key=(
            baseline.id,
            tuple(sorted(baseline.hashes.items())),
            scenario.noise.province,
            scenario.noise.city,
            dof,
            multiplier,
            scenario.noise.parameters,
            scenario.seed,
            scenario.design,
            tuple(sorted((a.id, a.low, a.central, a.high) for a in scenario.assumptions.values())),
        ),
        series_rows=series_rows,
        proxies=np.array([len(calibration.indicators[name].series) for name in names], dtype=np.int64),
        common_rows=common_rows,
        factor_rows=factor_rows,
        factors=factors,
        load_common=loads["common"],
        load_province=loads["province"],
        load_year=loads["year"],
        load_city=loads["city"],
        dof=dof,
        province_scale=scenario.noise.province,
        city_scale=scenario.noise.city,
        shares=base / base.sum(axis=0),
        relative_size=base / base_province[with_cities],
        ratio_sd=ratio_sd,
    )


def rows_of_noise(
    scenario: Scenario, baseline: Baseline, calibration: Calibration, builder: TableBuilder
) -> tuple[Ints, Ints, Ints]:
    """Return parameter rows: of series ``[K, proxy, field]``, shared drift ``[K]``, city factor ``[K]``.

    They are added to *builder*; `NONE` stands where there is no such parameter. An indicator without
    evidence of its own has draws of its own: its stand-in lends it a law, and is not the same thing.
    """
    names = [i.id for i in baseline.indicators]
    most = max(len(calibration.indicators[name].series) for name in names)
    series_rows = np.full((len(names), most, len(SERIES_FIELDS)), NONE, dtype=np.int64)
    common_rows = np.full(len(names), NONE, dtype=np.int64)
    factor_rows = np.full(len(names), NONE, dtype=np.int64)
    for k, indicator in enumerate(baseline.indicators):
        known = calibration.indicators[indicator.id]
        borrower = f"@{indicator.id}" if indicator.evidence == "none" else ""
        for m, series in enumerate(known.series):
            for f, field in enumerate(SERIES_FIELDS):
                estimate = getattr(calibration.series[series], field)
                name = f"{field}:{series}{borrower}"
                series_rows[k, m, f] = row_of_estimate(builder, baseline, scenario, name, estimate, field)
        if indicator.group in calibration.common_drift:
            estimate = calibration.common_drift[indicator.group]
            common_rows[k] = builder.estimate(
                f"common_drift:{indicator.group}", estimate, 0.0, np.inf, "spread"
            )
        factor = known.city_factor
        factor_rows[k] = builder.estimate(f"city_factor:{indicator.id}", factor, 0.0, np.inf, "spread")
    return series_rows, common_rows, factor_rows


def loading_array(
    loadings: Loadings, factors: tuple[str, ...], names: list[str], multiplier: float
) -> Floats:
    """Return loadings ``[K, F]`` times *multiplier*, which lengthens no row past `MOST_LOADING`.

    Loadings as calibrated stay as they are; ValueError if they explain more than everything.
    """
    load = np.zeros((len(names), len(factors)))
    for j, factor in enumerate(factors):
        for k, name in enumerate(names):
            estimate = loadings.load.get(factor, {}).get(name)
            load[k, j] = 0.0 if estimate is None else estimate.value
    length = np.sqrt(np.sum(load**2, axis=1, keepdims=True))
    if np.any(length > 1.0 + ROUNDING):
        raise ValueError(f"loadings of {names[int(length.argmax())]} explain more than all its variance")
    most = np.maximum(MOST_LOADING, length)
    capped: Floats = load * np.minimum(multiplier, most / np.maximum(length, np.finfo(np.float64).tiny))
    return capped
