"""Small plans with small scenarios, of every kind that the language has, for tests of the whole engine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

from sim.baseline.calibration import Calibration, Estimate, Loadings, SeriesCalibration
from sim.baseline.plan import Assumption, Baseline, Derived, Figure, Target
from sim.distributions import Distribution, Fixed, Normal, Triangular, Uniform
from sim.scenario.scenario import Adjustment, Cells, Chance, Delay, Growth, Noise, Path, Scenario, Shock
from sim.shocks import Course, Decay, OneYear, Ramp, Rebound, SeveralYears
from tests.strategies import NOWHERE, estimate, lone, name, noise, plan, scenario, shock, target

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""Shrinking a plan takes minutes and makes it no easier to read."""

FEW = settings(max_examples=max(10, settings().max_examples // 4), phases=UNSHRUNK)
"""For laws that run whole blocks."""

YEARS = (2021, 2022, 2023, 2024, 2025)
LEVELS = ("common", "province", "year", "city")
FACTORS = ("economy", "policy")


@dataclass(frozen=True, repr=False)
class Case:
    baseline: Baseline
    scenario: Scenario

    def __repr__(self) -> str:
        """Return the part that a reader can take in: a whole plan fills pages."""
        s = self.scenario
        lines = (s.growth, s.drift, s.delays, s.paths, s.shocks, s.noise, s.seed)
        return f"Case({self.baseline.path[..., 0].tolist()}, {lines})"


def derived(ident: str, kind: str, **changes: object) -> Derived:
    """Return a derived quantity, changed as asked."""
    fields: dict[str, object] = {
        "id": ident,
        "name": name(ident),
        "unit": "亿元",
        "kind": kind,
        "numerator": None,
        "denominator": None,
        "lag": 0,
        "factor": 1.0,
        "inflow": None,
        "base": None,
        "exit": None,
        "stock_series": None,
        "inflow_series": None,
        "grade_base": "A",
        "grade_definition": "A",
        "place": NOWHERE,
    }
    return Derived(**{**fields, **changes})  # type: ignore[arg-type]


def bent(baseline: Baseline, bends: list[list[float]]) -> Baseline:
    """Return *baseline* whose printed path of each city and the province bends by log growth of its own."""
    path = baseline.path.copy()
    for row in range(len(path)):
        growth = np.concatenate([[0.0], np.cumsum(bends[row])])
        path[row] *= np.exp(growth)
    return replace(baseline, path=path)


small = st.floats(0.0, 0.08)


@st.composite
def series_calibrations(draw: st.DrawFn, drawn: bool) -> SeriesCalibration:
    def number(low: float, high: float, se: float) -> Estimate:
        value = round(draw(st.floats(low, high)), 4)
        return estimate(value, draw(st.floats(0.1, 1.0)) * se if drawn else 0.0)

    return SeriesCalibration(
        mu=number(-0.02, 0.15, 0.02),
        own=number(-0.02, 0.15, 0.02),
        last_year_effect=number(-0.03, 0.03, 0.01),
        lam=number(0.0, 1.0, 0.2),
        damp=number(0.5, 1.0, 0.2),
        phi=number(-0.5, 0.8, 0.3),
        sd=number(0.0, 0.1, 0.02),
        tau=number(0.0, 0.06, 0.01),
        year_sd=number(0.0, 0.05, 0.01),
        slope=number(0.05, 0.4, 0.02),  # nearer to zero a city's own part is the difference of equals
        cap=estimate(draw(st.sampled_from([0.02, 0.12, np.inf]))),
        units=31,
        window=(2015, 2020),
    )


@st.composite
def calibrations(draw: st.DrawFn, baseline: Baseline, drawn: bool) -> Calibration:
    """Return a calibration of *baseline* in which everything differs, with standard errors if *drawn*."""
    old = baseline.calibration
    assert old is not None
    names = sorted({s for i in baseline.indicators for s in i.series})
    loads = {
        level: Loadings(
            {
                f: {i.id: estimate(draw(st.floats(-0.65, 0.65))) for i in baseline.indicators}
                for f in FACTORS[: draw(st.integers(0, 2))]
            }
        )
        for level in LEVELS
    }
    made = replace(
        old,
        series={s: draw(series_calibrations(drawn)) for s in names},
        loadings=loads,
        dof=estimate(draw(st.sampled_from([4.0, 6.0, np.inf]))),
        common_drift={
            g: estimate(round(draw(st.floats(0.0, 0.04)), 4), 0.005 if drawn else 0.0)
            for g in ("science", "gdp")
        },
        exits={"stock": estimate(round(draw(st.floats(0.0, 0.2)), 4), 0.02 if drawn else 0.0)},
        indicators={
            i: replace(
                known,
                has_trend=draw(st.booleans()) or i in ("gdp", "pop"),
                city_factor=estimate(draw(st.floats(0.2, 1.0)), 0.1 if drawn else 0.0),
            )
            for i, known in old.indicators.items()
        },
    )
    if draw(st.booleans()):
        first = replace(made.series[names[0]], lam=replace(estimate(0.5), method="assumption:shrinkage"))
        made = replace(made, series={**made.series, names[0]: first})
    return made


def targets_of(cities: list[str], has_count: bool) -> tuple[Target, ...]:
    """Return targets of every form, near the middle of what may happen."""
    rows = [
        target("T01", "k0", 2200.0),
        target("T02", "k0", 1000.0, area=cities[0], group="annex"),
        target("T03", "k0", 8.0, kind="mean_growth"),
        target("T04", "k0", 8.0, kind="mean_of_rates", year=2024),
        target("T05", "k0", 8000.0, kind="cumulative_flow"),
        target("T06", "intensity", 33.0, comparator="≈", tolerance=2.0),
        target("T07", "intensity", 30.0, comparator="≈", tolerance=20.0, direction="both", year=2023),
        target("T08", "per", 1.5),
        target("T09", "rate", 60.0, kind="rate"),
        target("T10", "rate", 1.0, kind="mean_growth"),
        target("T11", "gdp", 7000.0, comparator=">", direction="down"),
        target("T12", "stock", 8000.0, kind="stock"),
        target("T13", "k0", -2.0, kind="mean_growth", area=cities[-1], year=2022),
        target("T14", "back", 1.1),
        target("T17", "per", 1.5, comparator="≈", tolerance=10.0, direction="both", year=2024),
        target("T18", "stock", 6000.0, kind="stock", direction="down", year=2023),
    ]
    if has_count:
        rows.append(target("T15", "n0", 160.0, kind="annual_flow"))
        rows.append(target("T16", "firms", 1500.0, kind="stock"))
    return tuple(rows)


@st.composite
def baselines(draw: st.DrawFn, drawn: bool) -> Baseline:
    """Return a plan with cities, lone indicators, derived quantities and targets."""
    cities = [f"c{i}" for i in range(draw(st.integers(1, 3)))]
    has_count = draw(st.booleans())
    numbers = {
        c: {"k0": draw(st.floats(50.0, 2000.0))} | ({"n0": draw(st.floats(2.0, 150.0))} if has_count else {})
        for c in cities
    }
    more = [
        lone("gdp", 5000.0),
        lone("pop", 5400.0, group="none"),
        lone("rate", 57.0, kind="rate", growth="line", line_end=62.0, group="none", unit="%"),
    ]
    changes: dict[str, dict[str, object]] = {
        "k0": {"series": ("k0", "other", "third")[: draw(st.integers(1, 3))]},
        "n0": {"kind": "count", "group": draw(st.sampled_from(["science", "none"]))},
    }
    if draw(st.booleans()):
        changes["k0"] |= {"base": "actual", "base_series": "k0"}
    quantities = [
        derived("intensity", "ratio", numerator="k0", denominator="gdp", factor=100.0),
        derived("back", "ratio", numerator="k0", denominator="k0", lag=1),
        derived("stock", "stock", inflow="k0", base=("assumption", "start"), exit=("calibration", "stock")),
        derived("per", "ratio", numerator="stock", denominator="pop", lag=1),
    ]
    if has_count:
        quantities.append(derived("firms", "stock", inflow="n0", base=("value", "500"), exit=("value", "0")))
    made = plan(
        numbers,
        growth=draw(st.floats(0.02, 0.2)),
        unallocated=draw(st.floats(-0.2, 0.2)),
        more=tuple(more),
        changes=changes,
        derived=tuple(quantities),
        targets=targets_of(cities, has_count),
        assumptions=(
            Assumption("start", name("start"), 2000.0, 2500.0, 3500.0, "亿元", "C", "made up", NOWHERE),
            Assumption("shrinkage", name("lam"), 0.2, 0.5, 0.6, "1", "C", "made up", NOWHERE),
        ),
    )
    bends = [[draw(st.floats(-0.05, 0.05)) for _ in YEARS] for _ in range(len(cities) + 1)]
    bends[-1] = [0.3 * x for x in bends[-1]]
    made = bent(made, bends)
    total = sum(n["k0"] for n in numbers.values())
    actual = [Figure("k0", "province", 2020, total * 1.1, "亿元", "actual", "", "high", "made up", NOWHERE)]
    if len(cities) > 1:
        printed = made.path[:, [i.id for i in made.indicators].index("k0"), 0]
        rest = total * 1.1 * printed[:-1].sum() / printed[-1]  # the others need some
        first = min(numbers[cities[0]]["k0"] * 1.05, 0.9 * rest)
        actual.append(replace(actual[0], region=cities[0], value=first))
    made = replace(made, figures=(*made.figures, *actual))
    return replace(made, calibration=draw(calibrations(made, drawn)))


courses: st.SearchStrategy[Course] = st.one_of(
    st.builds(OneYear, st.sampled_from(YEARS)),
    st.builds(lambda y, n: SeveralYears(y, y + n), st.sampled_from(YEARS), st.integers(0, 3)),
    st.builds(lambda y, n: Ramp(y, y + n), st.sampled_from(YEARS), st.integers(0, 3)),
    st.builds(Decay, st.sampled_from(YEARS), st.floats(0.5, 4.0)),
    st.builds(Rebound, st.sampled_from(YEARS), st.integers(1, 3)),
)
sizes: st.SearchStrategy[Distribution] = st.one_of(
    st.builds(Fixed, st.floats(-0.1, 0.1)),
    st.builds(Normal, st.floats(-0.05, 0.05), st.floats(0.001, 0.05)),
    st.builds(Uniform, st.floats(-0.1, -0.05), st.floats(0.0, 0.1)),
    st.builds(Triangular, st.floats(-0.1, -0.05), st.floats(-0.04, 0.0), st.floats(0.01, 0.1)),
)
chances = st.one_of(
    st.none(),
    st.builds(lambda p: Chance(p, None), st.floats(0.05, 1.0)),
    st.builds(lambda h: Chance(None, h), st.floats(0.05, 1.0)),
)


def pairs_of(baseline: Baseline) -> list[tuple[str, str]]:
    """Return the (area, indicator) that a line of a scenario may touch."""
    cities = [c.id for c in baseline.cities]
    return [
        (area, i.id)
        for i in baseline.indicators
        for area in (cities if i.scope == "cities" else [baseline.province.id])
    ]


@st.composite
def shocks(draw: st.DrawFn, baseline: Baseline, ident: str) -> Shock:
    touched = draw(st.lists(st.sampled_from(pairs_of(baseline)), min_size=1, max_size=3, unique=True))
    footprint = tuple((area, k, draw(st.floats(0.2, 1.5))) for area, k in touched)
    return shock(
        ident,
        footprint,
        size=draw(sizes),
        course=draw(courses),
        chance=draw(chances),
        effect=draw(st.sampled_from(["growth", "growth", "level"])),
    )


@st.composite
def paths(draw: st.DrawFn, baseline: Baseline) -> tuple[Path, ...]:
    """Return no, one or two replaced paths."""
    made: list[Path] = []
    ids = [i.id for i in baseline.indicators]
    for _ in range(draw(st.integers(0, 2))):
        area, ident = draw(st.sampled_from([*pairs_of(baseline), ("province", "k0")]))
        if any((area, ident) == (p.area, p.indicator) for p in made):
            continue
        row = [*(c.id for c in baseline.cities), "province"].index(area)
        known = baseline.path[row, ids.index(ident)]
        if np.isnan(known[-1]):
            base = next(f.value for f in baseline.figures if f.series == ident)
            levels = {2020 + t: base * (1.0 + 0.03 * t) for t in range(6)}
        else:
            first = draw(st.integers(1, 5))
            last = draw(st.integers(first, 5))
            levels = {2020 + t: float(known[t]) * draw(st.floats(0.9, 1.1)) for t in range(first, last + 1)}
        made.append(Path(f"path{len(made)}", area, ident, levels, NOWHERE))
    return tuple(made)


@st.composite
def noises(draw: st.DrawFn, drawn: bool) -> Noise:
    return noise(
        province=draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])),
        city=draw(st.sampled_from([0.0, 1.0, 1.5])),
        dof=draw(st.sampled_from([None, 4.0, np.inf])),
        dependence=draw(st.sampled_from([None, 0.0, 0.5, 2.0])),
        parameters="drawn" if drawn else "fixed",
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return a plan and a scenario on it in which anything that the language has may happen."""
    drawn = draw(st.booleans())
    baseline = draw(baselines(drawn))
    growth = draw(
        st.sampled_from([("plan", None), ("trend", None), ("blend", None), ("blend", None), ("blend", 0.3)])
    )
    pairs = pairs_of(baseline)
    adjusted = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True))
    delayed = draw(st.lists(st.sampled_from(pairs), max_size=2, unique=True))
    years = tuple(sorted(draw(st.sets(st.sampled_from(YEARS), min_size=1))))
    made = scenario(
        baseline,
        growth=Growth(growth[0], growth[1], NOWHERE),  # type: ignore[arg-type]
        drift=(Adjustment("a", Cells(tuple(adjusted), years), draw(st.floats(-0.03, 0.03)), NOWHERE),),
        delays=(Delay("d", tuple(delayed), draw(st.integers(1, 3)), draw(st.floats(-0.02, 0.05)), NOWHERE),),
        paths=draw(paths(baseline)),
        shocks=tuple(draw(shocks(baseline, f"s{i}")) for i in range(draw(st.integers(0, 2)))),
        noise=draw(noises(drawn)),
        seed=draw(st.integers(0, 2**64 - 1)),
    )
    return Case(baseline, made)
