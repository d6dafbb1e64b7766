"""Panels, national series and whole plans simulated from the model with a known truth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.axes import Floats
from sim.baseline.plan import Assumption, Baseline, Figure
from sim.errors import Place
from sim.kernels.reference import city_scale
from tests.strategies import indicator, lone, name, plan

UNITS = 31


@dataclass(frozen=True, slots=True)
class Truth:
    """Parameters of a simulated panel."""

    mu: float = 0.12
    tau: float = 0.04
    sd: float = 0.06
    phi: float = 0.3
    slope: float = 0.2
    year_sd: float = 0.05


def sizes() -> Floats:
    """Return log sizes of units over that of the province, which is the last but seven."""
    spread = np.linspace(-2.5, 0.9, UNITS)
    relative: Floats = spread - spread[-8]
    return relative


def ar(phi: float, shape: tuple[int, ...], random: np.random.Generator) -> Floats:
    """Return unit-variance AR(1) values along the last axis."""
    steps = random.standard_normal(shape)
    for t in range(1, shape[-1]):
        steps[..., t] = phi * steps[..., t - 1] + np.sqrt(1.0 - phi**2) * steps[..., t]
    return steps


def simulated_growth(truth: Truth, panels: int, years: int, seed: int) -> Floats:
    """Return yearly log growth ``[panel, unit, year]`` of the model page's panel."""
    random = np.random.Generator(np.random.Philox(seed))
    scale = city_scale(np.exp(sizes()), np.asarray(truth.slope))[:, None]
    trend = truth.tau * scale * random.standard_normal((panels, UNITS, 1))
    effect = truth.year_sd * ar(truth.phi, (panels, 1, years), random)
    residual = truth.sd * scale * ar(truth.phi, (panels, UNITS, years), random)
    return truth.mu + trend + effect + residual


def figure(series: str, region: str, year: int, value: float, note: str = "") -> Figure:
    place = Place("made-up/panel.csv", year, 1)
    return Figure(series, region, year, value, "亿元", "actual", note, "high", "simulated", place)


def panel_figures(series: str, truth: Truth, seed: int, base: float = 1000.0) -> tuple[Figure, ...]:
    """Return the figures of a simulated panel of 2015-2020 and of the country it belongs to."""
    growth = simulated_growth(truth, 1, 5, seed)[0]
    level = base * np.exp(
        sizes()[:, None] + np.concatenate([np.zeros((UNITS, 1)), growth.cumsum(axis=1)], axis=1)
    )
    regions = [f"unit{u:02d}" for u in range(UNITS)]
    regions[-8] = "province"
    rows = [
        figure(series, region, 2015 + t, float(level[u, t]))
        for u, region in enumerate(regions)
        for t in range(level.shape[1])
    ]
    random = np.random.Generator(np.random.Philox(seed + 1))
    shared = truth.mu + truth.year_sd * ar(truth.phi, (20,), random)
    national = level.sum() * np.exp(np.concatenate([[0.0], shared.cumsum()]))
    rows += [figure(series, "全国", 2000 + t, float(v)) for t, v in enumerate(national)]
    return tuple(rows)


def assumptions() -> tuple[Assumption, ...]:
    place = Place("made-up/assumptions.yaml")
    return (
        Assumption("shrinkage", name("shrinkage"), 0.0, 0.5, 1.0, "1", "C", "made up", place),
        Assumption("damping", name("damping"), 0.8, 0.9, 0.98, "1", "C", "made up", place),
    )


def plan_with_panels(truth: Truth = Truth(), seed: int = 1) -> Baseline:
    """Return a made-up plan of three cities with a science indicator, GDP and one without history."""
    ids = {"alder": 60.0, "birch": 30.0, "cedar": 10.0}
    gdp = lone("gdp", 5000.0)
    made = plan(
        {city: {"research": base, "trade": base} for city, base in ids.items()},
        more=(gdp,),
        changes={"trade": {"series": (), "evidence": "none"}},
        assumptions=assumptions(),
    )
    level = made.path[:, :, 1:]
    printed = replace(made.printed, level=level)
    figures = panel_figures("research", truth, seed) + panel_figures("gdp", truth, seed + 2, 9000.0)
    return replace(made, figures=figures, printed=printed, calibration=None)


__all__ = [
    "UNITS",
    "Truth",
    "assumptions",
    "ar",
    "figure",
    "indicator",
    "panel_figures",
    "plan_with_panels",
    "simulated_growth",
    "sizes",
]
