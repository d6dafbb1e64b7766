"""What the generator and the engine give today, to be stored: ``refresh()`` writes it.

Only ``python3 run.py golden`` calls it: a change of these files is a change of every result.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from sim.baseline.plan import Assumption, Baseline
from sim.distributions import Lognormal, Normal, Triangular
from sim.engine import Summary, run
from sim.model import compiled
from sim.scenario.scenario import Adjustment, Cells, Chance, Delay, Growth, Scenario
from sim.shocks import Decay, OneYear, Ramp, Rebound
from sim.streams import BLOCK, SETS, Source, set_uniforms, uniforms
from tests.scenario_strategies import bent, derived
from tests.strategies import NOWHERE, lone, name, noise, plan, scenario, shock, target

HERE = Path(__file__).parent
DRAWS = HERE / "draws.json"
RUN = HERE / "run.json"
SOURCES = (
    Source("year", "", "rd_expenditure", "2016"),
    Source("city", "hangzhou", "rd_expenditure", "2020"),
    Source("count", "宁波", "new_tech_smes", "2018"),
    Source("shock:出口"),
)
SEEDS = (0, 1, 2**32 - 1, 2**64 - 1)


def hexed(values: np.ndarray) -> list[str]:
    """Return floats to the last bit, as text."""
    return [float(x).hex() for x in np.ravel(values)]


def draws() -> dict[str, list[str]]:
    """Return draws of a few sources: the first of a stream, the first of its second block, and of sets."""
    stored = {}
    for seed in SEEDS:
        for source in SOURCES:
            key = f"{seed} {source.name} {source.area} {source.indicator} {source.year}"
            parts = [uniforms(seed, source, 0, 3), uniforms(seed, source, BLOCK, 2)]
            stored[key] = hexed(np.concatenate([*parts, set_uniforms(seed, source, SETS + 1, 2)]))
    return stored


def reference_plan() -> Baseline:
    """Return a plan in which everything occurs: counts, rates, proxies, ratios, stocks, every form."""
    targets = (
        target("level", "rd", 2800.0),
        target("ratio", "intensity", 34.0, comparator="≈", tolerance=2.0),
        target("per", "per", 2.0),
        target("stock", "firms", 1000.0, kind="stock"),
        target("growth", "rd", 9.0, kind="mean_growth"),
        target("rates", "rd", 9.0, kind="mean_of_rates", group="annex"),
        target("sum", "rd", 11000.0, kind="cumulative_flow", group="annex"),
        target("city", "rd", 1600.0, area="a", group="annex"),
        target("count", "new", 90.0, kind="annual_flow", group="annex", year=2023),
        target("rate", "rate", 62.0, kind="rate", group="annex"),
        target("low", "gdp", 7500.0, direction="down", group="annex"),
    )
    more = (
        lone("gdp", 5000.0),
        lone("pop", 5400.0, group="none"),
        lone("rate", 57.0, kind="rate", growth="line", line_end=62.0, group="none", unit="%"),
    )
    quantities = (
        derived("intensity", "ratio", numerator="rd", denominator="gdp", factor=100.0),
        derived("stock", "stock", inflow="rd", base=("assumption", "start"), exit=("value", "0.05")),
        derived("per", "ratio", numerator="stock", denominator="pop", lag=1),
        derived("firms", "stock", inflow="new", base=("value", "600"), exit=("value", "0.01")),
    )
    start = Assumption("start", name("start"), 2000.0, 3000.0, 5000.0, "亿元", "C", "made up", NOWHERE)
    made = plan(
        {"a": {"rd": 1000.0, "new": 40.0}, "b": {"rd": 500.0, "new": 20.0}, "c": {"rd": 80.0, "new": 3.0}},
        more=more,
        changes={"new": {"kind": "count"}, "rd": {"series": ("rd", "new")}},
        derived=quantities,
        targets=targets,
        assumptions=(start,),
        se=0.3,
    )
    bends = [
        [0.02, -0.01, 0.0, 0.01, 0.0],
        [0.0] * 5,
        [0.05, 0.0, -0.05, 0.02, 0.0],
        [0.01, 0.0, 0.01, -0.01, 0.0],
    ]
    made = bent(made, bends)
    known = made.calibration
    assert known is not None
    before = known.series["new"]
    cap, phi = replace(before.cap, value=0.05), replace(before.phi, value=0.5)
    new = replace(before, cap=cap, phi=phi)
    return replace(made, calibration=replace(known, series={**known.series, "new": new}))


def reference_scenarios(baseline: Baseline) -> tuple[Scenario, ...]:
    """Return scenarios that use the whole of the language between them."""
    province = (("province", "gdp", 1.0), ("province", "rate", 0.5))
    shocks = (
        shock(
            "ramp", (("a", "rd", 1.0), ("b", "rd", 0.5)), size=Normal(-0.02, 0.01), course=Ramp(2022, 2024)
        ),
        shock(
            "crisis",
            province,
            size=Triangular(-0.04, -0.02, 0.0),
            course=Rebound(2022, 2),
            chance=Chance(0.3, None),
        ),
        shock(
            "fire",
            (("b", "new", 1.0),),
            size=Lognormal(-0.1, 0.5),
            course=OneYear(2021),
            chance=Chance(None, 0.2),
            effect="level",
        ),
        shock("fading", (("c", "rd", 2.0),), size=Normal(0.03, 0.01), course=Decay(2021, 1.5)),
    )
    drift = (Adjustment("more", Cells((("a", "rd"), ("province", "rate")), (2023, 2024)), 0.01, NOWHERE),)
    delays = (Delay("late", (("b", "rd"),), 1, 0.02, NOWHERE),)
    drawn = noise(parameters="drawn")
    return (
        scenario(baseline, id="plan", draws=2 * BLOCK),
        scenario(
            baseline,
            id="blend",
            growth=Growth("blend", None, NOWHERE),
            noise=drawn,
            draws=2 * BLOCK,
            seed=7,
        ),
        scenario(
            baseline,
            id="everything",
            growth=Growth("trend", None, NOWHERE),
            noise=noise(parameters="drawn", province=0.8, city=1.2, dof=4.0, dependence=1.5),
            shocks=shocks,
            drift=drift,
            delays=delays,
            draws=2 * BLOCK,
        ),
    )


def numbers(summary: Summary) -> dict[str, list[int] | list[str]]:
    """Return the numbers of a summary: counts as they are, floats to the last bit."""
    paths = summary.trajectories
    assert paths is not None
    chances, together = summary.chances, summary.together
    return {
        "hits": [int(x) for x in summary.hits],
        "ties": [int(x) for x in summary.ties],
        "invalid": [int(x) for x in summary.invalid],
        "passages": [int(x) for x in summary.passages.ravel()],
        "patterns": [int(x) for x in summary.patterns],
        "floored": [summary.floored],
        "chance": hexed(chances.mean()),
        "variance": hexed(chances.variance()),
        "within": hexed(chances.sampling_variance()),
        "together": hexed(together.mean()),
        "shortfall": hexed(summary.shortfall.value()),
        "moments": hexed(paths.moments.value()),
        "median": [int(x) for x in paths.grid.index_at(0.5)],
    }


def reference_run() -> dict[str, dict[str, list[int] | list[str]]]:
    """Return the numbers of two blocks of each reference scenario."""
    baseline = reference_plan()
    scenarios = reference_scenarios(baseline)
    summaries = run([compiled(s, baseline) for s in scenarios], range(2))
    return {s.id: numbers(summary) for s, summary in zip(scenarios, summaries, strict=True)}


def refresh(folder: Path = HERE) -> tuple[Path, ...]:
    """Write the stored draws and the stored run; return the files."""
    written = []
    for path, content in ((DRAWS, draws()), (RUN, reference_run())):
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8", newline="\n")
        written.append(folder / path.name)
    return tuple(written)
