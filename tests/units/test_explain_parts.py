"""The numbers behind an indicator are the engine's own, and each names the line that sets it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import cli
from sim.baseline.plan import Assumption, Baseline, Derived
from sim.distributions import Fixed
from sim.errors import Place
from sim.kernels.reference import expected_growth
from sim.marked.document import Document, load_document
from sim.model import compiled
from sim.outputs.text_table import display_width
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Chance, Scenario
from sim.shocks import Ramp
from sim.studies.batch import run_batch
from sim.studies.explain import explanation_of
from sim.studies.explain_parts import Part, Parts, derived_parts, parts_of
from sim.tables.explain_parts_table import derived_text, method_words, parts_text
from sim.tables.layout import WIDEST
from sim.texts import LANGUAGES
from tests.strategies import NOWHERE, lone, name, noise, plan, scenario, shock, target

ROOT = Path(__file__).parents[2]
HERE = Place("mine.yaml", 7, 5)
NUMBER = re.compile(r"[-+]?\d[\d,.]*")


def anywhere(*_: str | int) -> Place:
    return NOWHERE


@pytest.fixture(scope="module")
def plans() -> Mapping[str, Baseline]:
    return PlanFolders(ROOT)


@pytest.fixture(scope="module")
def shipped(plans: Mapping[str, Baseline]) -> Baseline:
    return plans["zhejiang-2016"]


@pytest.fixture(scope="module")
def calibration() -> Document:
    return load_document(ROOT / "baselines" / "zhejiang-2016" / "calibration.yaml", ROOT)


@pytest.fixture(scope="module")
def blend(plans: Mapping[str, Baseline]) -> Scenario:
    [made] = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], plans, ROOT)
    return made


def parts(made: Scenario, baseline: Baseline, area: str, indicator: str, document: Document | None) -> Parts:
    chosen = next(i for i in baseline.indicators if i.id == indicator)
    return parts_of(made, baseline, area, chosen, anywhere if document is None else document.key_place)


def line_at(place: Place) -> str:
    return (ROOT / place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]


def estimate_at(place: Place) -> tuple[str, float]:
    """Return key and value of an estimate in calibration.yaml."""
    match = re.match(r" *(\w+): \{value: ([-0-9.]+),", line_at(place))
    assert match is not None
    return match[1], float(match[2])


def by_name(rows: tuple[Part, ...]) -> dict[str, Part]:
    return {part.name: part for part in rows}


@pytest.mark.parametrize("indicator", ["gdp", "rd_expenditure", "invention_patents"])
def test_the_numbers_of_a_series_make_its_trend(
    indicator: str, blend: Scenario, shipped: Baseline, calibration: Document
) -> None:
    found = parts(blend, shipped, "zhejiang", indicator, calibration)
    [rows] = found.series.values()
    known = {part.name: np.asarray(part.value) for part in rows}
    horizon = np.arange(1.0, 6.0)
    mu, own, lam, damp, phi = (known[name] for name in ("mu", "own", "lam", "damp", "phi"))
    trend = np.expm1(expected_growth(mu, own, lam, damp, phi, known["last_year_effect"], horizon))
    explained = explanation_of(blend, shipped, "zhejiang", indicator, calibration.key_place)
    source = next(source for source in explained.sources if source.name == "trend")
    # Cities keep their differences, and those that grow fast gain weight in the sum.
    assert source.growth == pytest.approx(trend, abs=1e-12 if indicator == "gdp" else 0.004)


def test_every_number_of_a_series_stands_on_the_line_that_it_names(
    blend: Scenario, shipped: Baseline, calibration: Document
) -> None:
    for indicator in shipped.indicators:
        found = parts(blend, shipped, shipped.province.id, indicator.id, calibration)
        for part in (part for rows in found.series.values() for part in rows):
            if part.place.file.endswith("calibration.yaml"):
                assert estimate_at(part.place) == (part.name, part.value)
            else:
                assert line_at(part.place).startswith(part.source.removeprefix("assumption:"))


def test_printed_years_and_loadings_stand_on_their_lines(
    blend: Scenario, shipped: Baseline, calibration: Document
) -> None:
    found = parts(blend, shipped, "hangzhou", "rd_expenditure", calibration)
    for row in found.printed:
        _, area, year, level, growth = line_at(row.place).split(",")
        assert (area, int(year), float(level)) == ("hangzhou", row.year, row.level)
        assert row.growth == pytest.approx(float(growth) / 100)
    assert Counter(loading.level for loading in found.loadings) == dict.fromkeys(
        ("common", "province", "year", "city"), 3
    )
    for loading in found.loadings:
        key, value = estimate_at(loading.place)
        assert (key, round(value, 6)) == ("rd_expenditure", round(loading.value, 6))


def test_an_assumption_of_the_scenario_stands_in_for_that_of_the_plan(
    blend: Scenario, shipped: Baseline, calibration: Document
) -> None:
    damping = replace(shipped.assumptions["damping"], low=0.7, central=0.75, high=0.8, place=HERE)
    changed = replace(blend, assumptions={"damping": damping})
    [rows] = parts(changed, shipped, "zhejiang", "rd_expenditure", calibration).series.values()
    part = by_name(rows)["damp"]
    assert (part.value, part.low, part.high, part.place) == (0.75, 0.7, 0.8, HERE)


def test_tails_and_dependence_are_those_of_the_run() -> None:
    baseline = plan({"a": {"rd": 100.0}}, load=0.3, dof=8.0)
    own = noise(dof=4.0, dependence=2.0, place=HERE)
    calm = parts(scenario(baseline), baseline, "a", "rd", None)
    changed = parts(scenario(baseline, noise=own), baseline, "a", "rd", None)
    assert (calm.tails.value, calm.tails.place) == (8.0, NOWHERE)
    assert (changed.tails.value, changed.tails.place) == (4.0, HERE)
    assert {loading.value for loading in calm.loadings} == {0.3}
    assert {loading.value for loading in changed.loadings} == {0.6}


def test_a_shock_shows_its_weights_and_its_share_of_every_year() -> None:
    gdp = lone("gdp", 5000.0)
    baseline = plan({"a": {"rd": 100.0}, "b": {"rd": 50.0}}, more=(gdp,))
    ramp = shock("push", (("a", "rd", 1.0), ("b", "rd", 0.5)), size=Fixed(0.01), course=Ramp(2022, 2023))
    made = scenario(baseline, shocks=(ramp,))
    province, city = (parts(made, baseline, area, "rd", None).reaches for area in ("province", "b"))
    assert [reach.weights for reach in (*province, *city)] == [(0.5, 1.0), (0.5,)]
    assert city[0].shares.tolist() == [[0.0, 0.5, 1.0, 1.0, 1.0]]
    assert parts(made, baseline, "province", "gdp", None).reaches == ()
    alone = shock("slump", (("province", "gdp", 0.7),), size=Fixed(-0.01), course=Ramp(2022, 2022))
    found = parts(scenario(baseline, shocks=(alone,)), baseline, "province", "gdp", None)
    assert found.reaches[0].weights == (0.7,)
    assert {loading.level for loading in found.loadings} == {"common", "province", "year"}


def test_an_event_with_a_hazard_has_a_course_for_each_year_in_which_it_may_start() -> None:
    baseline = plan({"a": {"rd": 100.0}})
    event = shock(
        "slump",
        (("a", "rd", 1.0),),
        size=Fixed(-0.1),
        course=Ramp(2021, 2021),
        chance=Chance(probability=None, hazard=0.2),
    )
    [reach] = parts(scenario(baseline, shocks=(event,)), baseline, "a", "rd", None).reaches
    assert reach.shares.shape == (5, 5)
    text = parts_text(parts(scenario(baseline, shocks=(event,)), baseline, "a", "rd", None), baseline, "en")
    steps = np.triu(np.ones((5, 5), dtype=np.int64)).astype(str).tolist()
    assert [line.split()[-5:] for line in text.splitlines()[-5:]] == steps


def derived(ident: str, **changes: object) -> Derived:
    fields: dict[str, object] = {
        "id": ident,
        "name": name(ident),
        "unit": "件",
        "kind": "ratio",
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
        "grade_definition": "B",
        "place": HERE,
    }
    return Derived(**{**fields, **changes})  # type: ignore[arg-type]


def stock(ident: str, **changes: object) -> Derived:
    return derived(ident, kind="stock", inflow="grants", **changes)


def plan_with_stocks() -> Baseline:
    people, figure = lone("people", 5000.0, group="none")
    exits = Assumption("exits", name("exits"), 0.04, 0.05, 0.06, "1", "C", "", HERE)
    stocks = (
        derived(
            "stock", kind="stock", inflow="grants", base=("history", "people"), exit=("assumption", "exits")
        ),
        derived("plain", kind="stock", inflow="grants", base=("value", "900"), exit=("calibration", "plain")),
        derived("each", numerator="stock", denominator="people", lag=1, factor=10.0),
        derived("share", numerator="grants", denominator="people"),
    )
    targets = tuple(target(d.id, d.id, 1.0) for d in stocks)
    more = ((people, figure),)
    made = plan({"a": {"grants": 300.0}}, more=more, derived=stocks, targets=targets, assumptions=(exits,))
    assert made.calibration is not None
    exit_rate = replace(made.calibration.dof, value=0.1, se=0.01)
    return replace(made, calibration=replace(made.calibration, exits={"plain": exit_rate}))


def test_derived_values_are_those_of_a_run_without_luck() -> None:
    baseline = plan_with_stocks()
    quiet = scenario(baseline, noise=noise(province=0.0, city=0.0))
    [cube] = run_batch([quiet], {"made-up": baseline})
    means = {(t.indicator, t.year): t.mean for t in cube.trajectories if t.area == "province"}
    for each in baseline.derived:
        found = derived_parts(quiet, baseline, each, anywhere)
        assert found.values == pytest.approx([means[each.id, year] for year in baseline.years], rel=1e-9)


def test_the_numbers_of_a_stock_say_where_they_come_from() -> None:
    baseline = plan_with_stocks()
    drawn, plain, each, _ = baseline.derived
    base, leaving = derived_parts(scenario(baseline), baseline, drawn, anywhere).numbers
    assert (base.value, base.place) == (5000.0, NOWHERE)
    assert (leaving.value, leaving.low, leaving.high, leaving.place) == (0.05, 0.04, 0.06, HERE)
    base, leaving = derived_parts(scenario(baseline), baseline, plain, anywhere).numbers
    assert (base.value, base.grade, base.place) == (900.0, "B", HERE)
    assert (leaving.value, leaving.se) == (0.1, 0.01)
    assert derived_parts(scenario(baseline), baseline, each, anywhere).numbers == ()


def test_the_formula_is_said_with_its_lag_if_there_is_one() -> None:
    baseline = plan_with_stocks()
    found = [derived_parts(scenario(baseline), baseline, each, anywhere) for each in baseline.derived]
    drawn, _, each, share = (derived_text(parts, baseline, "en") for parts in found)
    assert "ratio: 10 * stock / people (the latter 1 year earlier)  mine.yaml:7:5" in each
    assert "ratio: 1 * grants / people  mine.yaml:7:5" in share
    assert "stock: that of the year before * (1 - exit) + grants" in drawn
    assert "存量：上年存量 * (1 - 退出率) + grants" in derived_text(found[0], baseline, "zh")


def test_both_languages_have_the_same_numbers_and_every_line_fits(
    blend: Scenario, shipped: Baseline, calibration: Document
) -> None:
    for indicator in ("rd_expenditure", "new_hitech_firms", "technology_trade", "st_contribution"):
        found = parts(blend, shipped, "zhejiang", indicator, calibration)
        texts = [parts_text(found, shipped, lang) for lang in LANGUAGES]
        chinese, english = (Counter(NUMBER.findall(text)) for text in texts)
        assert chinese == english
        assert max(display_width(line) for text in texts for line in text.splitlines()) <= WIDEST


def test_gaussian_tails_are_said_in_words() -> None:
    baseline = plan({"a": {"rd": 100.0}}, dof=np.inf)
    found = parts(scenario(baseline), baseline, "a", "rd", None)
    assert np.isinf(compiled(scenario(baseline), baseline).noise.dof)
    assert "inf" not in parts_text(found, baseline, "en").split()
    assert "none (Gaussian)" in parts_text(found, baseline, "en")


def test_explain_follows_what_is_derived_down_to_its_indicators(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "scenarios" / "baseline.yaml")
    argv = ["explain", file, "--area", "浙江", "--indicator", "patents_per_10k", "--lang", "en"]
    assert cli.main(argv, ROOT) == 0
    out = capsys.readouterr().out
    titles = re.findall(r"^Baseline \(half plan, half trend\) / Zhejiang / (.+)$", out, re.MULTILINE)
    assert titles == ["Invention patents granted", "Resident population"]
    assert "assumptions.yaml:3:1" in out
    assert max(map(display_width, out.splitlines())) <= WIDEST
    argv[argv.index("浙江")] = "hangzhou"
    assert cli.main(argv, ROOT) == 2
    assert "[only-the-province]" in capsys.readouterr().err


def test_how_a_number_of_a_series_was_made_is_told_in_chinese() -> None:
    """Of the shipped plan: what no text translates would stand in English among Chinese."""
    calibration = PlanFolders(ROOT)["zhejiang-2016"].calibration
    assert calibration is not None
    shown = ("mu", "own", "last_year_effect", "lam", "damp", "phi", "sd", "tau", "year_sd", "slope")
    methods = {getattr(series, part).method for series in calibration.series.values() for part in shown}
    assert len(methods) > 10
    assert {method for method in methods if method_words(method, "zh") == method} == set()
    assert method_words("assumption:firms.start", "en") == "assumption:firms.start"
