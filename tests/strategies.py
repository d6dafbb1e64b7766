"""Random inputs: one place for every Hypothesis strategy, and plans made in memory."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from sim.axes import Name
from sim.baseline.calibration import (
    Calibration,
    Estimate,
    IndicatorCalibration,
    Loadings,
    SeriesCalibration,
)
from sim.baseline.plan import Area, Assumption, Baseline, Derived, Figure, Indicator, Printed, Target
from sim.errors import Place
from sim.scenario.scenario import Growth, Noise, Scenario, Shock
from sim.streams import BLOCK

NOWHERE = Place("made-up", 1, 1)
FACTOR = "economy"


def name(text: str) -> Name:
    return Name(text, text)


def estimate(value: float, se: float = 0.0) -> Estimate:
    return Estimate(value, se, "A", "made up")


def indicator(ident: str, **changes: object) -> Indicator:
    """Return an indicator with cities whose path is printed, changed as asked."""
    fields: dict[str, object] = {
        "id": ident,
        "name": name(ident),
        "unit": "亿元",
        "kind": "quantity",
        "scope": "cities",
        "group": "science",
        "growth": "printed",
        "line_end": None,
        "price_basis": "current",
        "authority": "both",
        "base": "printed",
        "base_series": None,
        "decimals": 0,
        "table": "",
        "series": (ident,),
        "evidence": "own",
        "city_series": None,
        "grade_base": "A",
        "grade_definition": "A",
        "place": NOWHERE,
    }
    return Indicator(**{**fields, **changes})  # type: ignore[arg-type]


def lone(ident: str, base: float, **changes: object) -> tuple[Indicator, Figure]:
    """Return an indicator of the province alone, with the figure that is its base."""
    figure = Figure(ident, "province", 2020, base, "亿元", "actual", "", "high", "made up", NOWHERE)
    fields: dict[str, object] = {
        "scope": "province",
        "growth": "trend",
        "base": "actual",
        "base_series": ident,
        "group": "gdp",
    }
    return indicator(ident, **{**fields, **changes}), figure


def series(
    mean: float = 0.08,
    sd: float = 0.04,
    tau: float = 0.03,
    year_sd: float = 0.02,
    phi: float = 0.2,
    se: float = 0.0,
    slope: float = 0.15,
) -> SeriesCalibration:
    """Return the calibration of a series; *se* is the relative error of its spreads."""
    return SeriesCalibration(
        mu=estimate(mean, se * 0.1),
        own=estimate(mean + 0.01),
        last_year_effect=estimate(-0.01),
        lam=estimate(0.5, se * 0.2),
        damp=estimate(0.9, 0.0),
        phi=estimate(phi, se * 0.2),
        sd=estimate(sd, se * sd),
        tau=estimate(tau, se * tau),
        year_sd=estimate(year_sd, se * year_sd),
        slope=estimate(slope),
        cap=estimate(0.3),
        units=31,
        window=(2015, 2020),
    )


def calibration(
    indicators: tuple[Indicator, ...],
    dof: float = 6.0,
    load: float = 0.5,
    common: float = 0.02,
    city_factor: float = 1.0,
    **spread: float,
) -> Calibration:
    """Return a calibration in which every indicator has a series of its own name."""
    loads = Loadings({FACTOR: {i.id: estimate(load) for i in indicators}})
    names = {s for i in indicators for s in i.series or (i.id,)}
    return Calibration(
        estimator="made up",
        window=(2015, 2020),
        hashes={},
        series={n: series(**spread) for n in names},
        indicators={
            i.id: IndicatorCalibration(
                i.series or (i.id,), i.evidence != "none", "A", "A", estimate(city_factor), "made up"
            )
            for i in indicators
        },
        common_drift={"science": estimate(common), "gdp": estimate(common)},
        dof=estimate(dof),
        loadings=dict.fromkeys(("common", "province", "year", "city"), loads),
        exits={},
        checks=(),
    )


def target(ident: str, quantity: str, threshold: float, **changes: object) -> Target:
    """Return an evaluated headline target of the province in the last year, changed as asked."""
    fields: dict[str, object] = {
        "id": ident,
        "version": "printed",
        "lead": True,
        "group": "headline",
        "name": name(ident),
        "area": "province",
        "quantity": quantity,
        "kind": "level",
        "comparator": ">=",
        "tolerance": None,
        "direction": "up",
        "value": threshold,
        "unit": "亿元",
        "threshold": threshold,
        "year": 2025,
        "year_basis": "stated",
        "aspirational": False,
        "status": "evaluated",
        "needs": "",
        "section": "",
        "quote": "",
        "notes": "",
        "place": NOWHERE,
    }
    return Target(**{**fields, **changes})  # type: ignore[arg-type]


def plan(
    cities: dict[str, dict[str, float]],
    growth: float = 0.1,
    unallocated: float = 0.02,
    more: tuple[tuple[Indicator, Figure], ...] = (),
    changes: dict[str, dict[str, object]] | None = None,
    derived: tuple[Derived, ...] = (),
    targets: tuple[Target, ...] = (),
    assumptions: tuple[Assumption, ...] = (),
    **calibrated: float,
) -> Baseline:
    """Return a plan of 2021-2025 whose cities start at the given bases and grow evenly."""
    years = tuple(range(2021, 2026))
    ids = sorted(cities)
    names = sorted({k for bases in cities.values() for k in bases})
    made = {k: indicator(k, **(changes or {}).get(k, {})) for k in names}
    made.update({i.id: i for i, _ in more})
    indicators = tuple(made[k] for k in sorted(made))
    path = np.full((len(ids) + 1, len(indicators), len(years) + 1), np.nan)
    for k, ind in enumerate(indicators):
        if ind.id in names:
            for c, city in enumerate(ids):
                path[c, k] = cities[city][ind.id] * (1.0 + growth) ** np.arange(len(years) + 1)
            path[-1, k] = path[:-1, k].sum(axis=0) * (1.0 + unallocated)
        if ind.kind == "count":
            path[:, k, 0] = np.nan  # yearly additions have no base year
        if ind.growth == "line":
            base = next(f.value for i, f in more if i.id == ind.id)
            path[-1, k] = np.linspace(base, float(ind.line_end or base), len(years) + 1)
    blend = Assumption("blend_weight", name("weight"), 0.25, 0.5, 0.75, "", "C", "made up", NOWHERE)
    nothing = np.full((len(ids) + 1, len(indicators), len(years)), np.nan)
    return Baseline(
        id="made-up",
        folder="made-up",
        title=name("made up"),
        document="",
        base_year=2020,
        years=years,
        province=Area("province", name("province"), "province", ()),
        cities=tuple(Area(c, name(c), "city", ()) for c in ids),
        indicators=indicators,
        groups={},
        group_names={},
        printed=Printed(nothing, nothing, nothing, nothing),
        path=path,
        figures=tuple(f for _, f in more),
        observed=(),
        assumptions={a.id: a for a in (blend, *assumptions)},
        derived=derived,
        targets=targets,
        platforms=(),
        dimensions={},
        calibration=calibration(indicators, **calibrated),
        hashes={},
    )


def scenario(baseline: Baseline, **changes: object) -> Scenario:
    """Return a scenario of plan growth with calibrated noise, one block, changed as asked."""
    fields: dict[str, object] = {
        "id": "scenario",
        "title": name("scenario"),
        "about": name(""),
        "plan": baseline.id,
        "growth": Growth("plan", None, NOWHERE),
        "drift": (),
        "delays": (),
        "paths": (),
        "shocks": (),
        "noise": noise(),
        "assumptions": {},
        "targets": tuple(t.id for t in baseline.targets),
        "draws": BLOCK,
        "seed": 1,
        "files": {},
        "cell": {},
        "place": NOWHERE,
    }
    return Scenario(**{**fields, **changes})  # type: ignore[arg-type]


def noise(**changes: object) -> Noise:
    """Return the calibrated noise with fixed parameters, changed as asked."""
    fields: dict[str, object] = {
        "province": 1.0,
        "city": 1.0,
        "dof": None,
        "dependence": None,
        "parameters": "fixed",
        "place": NOWHERE,
    }
    return Noise(**{**fields, **changes})  # type: ignore[arg-type]


def shock(ident: str, footprint: tuple[tuple[str, str, float], ...], **fields: object) -> Shock:
    """Return a shock on growth."""
    defaults: dict[str, object] = {
        "title": name(ident),
        "platform": None,
        "effect": "growth",
        "chance": None,
        "place": NOWHERE,
    }
    return Shock(name=ident, footprint=footprint, **{**defaults, **fields})  # type: ignore[arg-type]


bases = st.floats(1.0, 1e4, allow_nan=False)
growths = st.floats(-0.2, 0.5, allow_nan=False)


@st.composite
def plans(draw: st.DrawFn) -> Baseline:
    """Return a plan of 1 to 4 cities and 1 to 3 indicators."""
    cities = [f"c{i}" for i in range(draw(st.integers(1, 4)))]
    names = [f"k{i}" for i in range(draw(st.integers(1, 3)))]
    numbers = {c: {k: draw(bases) for k in names} for c in cities}
    return plan(
        numbers,
        growth=draw(growths),
        unallocated=draw(st.floats(-0.3, 0.3)),
        dof=draw(st.sampled_from([4.0, 8.0, np.inf])),
        load=draw(st.floats(-0.9, 0.9)),
        common=draw(st.floats(0.0, 0.05)),
        phi=draw(st.floats(-0.5, 0.8)),
        sd=draw(st.floats(0.0, 0.2)),
        tau=draw(st.floats(0.0, 0.1)),
    )
