from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import cli
from sim.baseline.plan import Baseline
from sim.distributions import Fixed, Triangular
from sim.errors import Place
from sim.marked.document import Document, load_document
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Adjustment, Cells, Chance, Delay, Growth, Scenario, Shock
from sim.scenario.scenario import Path as ReplacedPath
from sim.shocks import OneYear
from sim.studies.explain import Explanation, explanation_of, growth_of
from sim.tables.explain_table import explanation_text, places_text

ROOT = Path(__file__).parents[2]
ZHEJIANG = ROOT / "baselines" / "zhejiang-2016"
HERE = Place("mine.yaml", 7, 5)


@pytest.fixture(scope="module")
def plan() -> Baseline:
    return PlanFolders(ROOT)["zhejiang-2016"]


@pytest.fixture(scope="module")
def calibration() -> Document:
    return load_document(ZHEJIANG / "calibration.yaml", ROOT)


@pytest.fixture(scope="module")
def blend(plan: Baseline) -> Scenario:
    [scenario] = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], PlanFolders(ROOT), ROOT)
    return scenario


def explain(
    scenario: Scenario, plan: Baseline, calibration: Document, area: str, indicator: str
) -> Explanation:
    return explanation_of(scenario, plan, area, indicator, calibration.key_place)


def adjustment(add: float, year: int = 2018) -> Adjustment:
    return Adjustment("push", Cells((("hangzhou", "rd_expenditure"),), (year,)), add, HERE)


def test_the_plan_row_is_the_growth_of_the_path_and_names_its_cell(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    found = explain(blend, plan, calibration, "hangzhou", "rd_expenditure")
    k = plan.indicator_axis().position("rd_expenditure")
    path = plan.path[plan.city_axis().position("hangzhou"), k]
    source = next(source for source in found.sources if source.name == "plan")
    assert source.growth == pytest.approx(path[1:] / path[:-1] - 1)
    cell = plan.printed.cells["hangzhou", "rd_expenditure", 2016]
    assert source.places == (cell.place,)


@pytest.mark.parametrize("area", ["hangzhou", "zhejiang"])
def test_with_plan_growth_alone_the_levels_are_the_path(
    area: str, blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    scenario = replace(blend, growth=Growth("plan", None, HERE))
    found = explain(scenario, plan, calibration, area, "hitech_value_added")
    row = [*plan.city_axis().labels, plan.province.id].index(area)
    path = plan.path[row, plan.indicator_axis().position("hitech_value_added")]
    assert found.levels == pytest.approx(path, rel=1e-9)
    assert found.weight is None


def test_a_blend_lies_between_plan_and_trend_by_its_weight(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    scenario = replace(blend, growth=Growth("blend", 0.25, HERE))
    found = explain(scenario, plan, calibration, "hangzhou", "rd_expenditure")
    growth = {source.name: source.growth for source in found.sources}
    assert growth["drift"] == pytest.approx(0.25 * growth["plan"] + 0.75 * growth["trend"])
    assert (found.weight, found.weight_place) == (0.25, HERE)


def test_the_weight_of_the_assumption_names_the_line_of_the_assumption(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    found = explain(blend, plan, calibration, "hangzhou", "rd_expenditure")
    assumption = plan.assumptions["blend_weight"]
    assert (found.weight, found.weight_place) == (assumption.central, assumption.place)


def test_an_adjustment_is_shown_in_its_year_with_its_line(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    scenario = replace(blend, drift=(adjustment(0.02),))
    found = explain(scenario, plan, calibration, "hangzhou", "rd_expenditure")
    [effect] = found.effects
    assert (effect.field, effect.name, effect.place) == ("drift", "push", HERE)
    assert effect.change == pytest.approx([0, 0, 0.02, 0, 0], abs=1e-12)
    drift = next(source.growth for source in found.sources if source.name == "drift")
    assert found.sources[-1].growth == pytest.approx(drift + effect.change)
    assert explain(scenario, plan, calibration, "ningbo", "rd_expenditure").effects == ()
    [province] = explain(scenario, plan, calibration, "zhejiang", "rd_expenditure").effects
    assert 0 < province.change[2] < 0.02


def test_a_shock_of_lopsided_size_is_told_at_its_mean(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    size = Triangular(low=-0.06, mode=-0.01, high=0.0)
    cell = (("hangzhou", "rd_expenditure", 1.0),)
    slump = Shock("s", plan.title, None, cell, size, "growth", OneYear(2018), Chance(0.5, None), HERE)
    found = explain(replace(blend, shocks=(slump,)), plan, calibration, "hangzhou", "rd_expenditure")
    [effect] = found.effects
    assert effect.change[2] == pytest.approx(0.5 * -0.07 / 3, rel=1e-9)


def test_every_kind_of_entry_is_told_from_the_others(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    pair = ("zhejiang", "gdp")
    size = Triangular(low=-0.06, mode=-0.03, high=-0.01)

    def shock(name: str, effect: str, chance: Chance | None) -> Shock:
        footprint = ((*pair, 1.0),)
        return Shock(name, plan.title, None, footprint, size, effect, OneYear(2017), chance, HERE)  # type: ignore[arg-type]

    scenario = replace(
        blend,
        drift=(Adjustment("a", Cells((pair,), (2016,)), 0.01, HERE),),
        delays=(Delay("d", (pair,), 1, 0.02, HERE),),
        paths=(ReplacedPath("p", *pair, {2016: 50_000.0, 2017: 51_000.0}, HERE),),
        shocks=(
            shock("s", "growth", None),
            shock("e", "growth", Chance(0.5, None)),
            shock("h", "growth", Chance(None, 0.1)),
            shock("l", "level", None),
        ),
    )
    found = explain(scenario, plan, calibration, *pair)
    changes = {effect.name: (effect.field, effect.change) for effect in found.effects}
    assert {name: field for name, (field, _) in changes.items()} == {
        "a": "drift",
        "d": "delays",
        "p": "paths",
        "s": "shocks",
        "e": "events",
        "h": "events",
        "l": "level_shocks",
    }
    assert changes["s"][1][1] == pytest.approx(size.mean(), rel=0.05)
    assert changes["e"][1][1] == pytest.approx(0.5 * size.mean(), rel=0.05)
    assert changes["h"][1] == pytest.approx(size.mean() * 0.1 * 0.9 ** np.arange(5), rel=0.05)
    for lang, words, when in (
        ("en", "hazard 0.1 a year", "one year (year 2017)"),
        ("zh", "每年概率 0.1", "过程：一年（年份 2017）"),
    ):
        text = explanation_text(found, plan, lang)
        assert words in text
        assert when in text
        assert str(HERE) in text


@pytest.mark.parametrize(
    ("area", "indicator", "push"),
    [("ningbo", "technology_trade", "ningbo"), ("zhejiang", "technology_trade", "ningbo")],
)
def test_the_rows_add_up_in_a_year_with_a_level_shock(
    area: str, indicator: str, push: str, blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    footprint = tuple((city.id, indicator, 1.0) for city in plan.cities)
    loss = Shock("a", plan.title, None, footprint, Fixed(-0.1), "level", OneYear(2019), None, HERE)
    scenario = replace(
        blend,
        drift=(Adjustment("b", Cells(((push, indicator),), (2019,)), -0.01, HERE),),
        shocks=(loss,),
    )
    found = explain(scenario, plan, calibration, area, indicator)
    growth = {source.name: source.growth for source in found.sources}
    changes = {effect.name: effect.change for effect in found.effects}
    assert growth["drift"] + changes["b"] + changes["a"] == pytest.approx(growth["growth"], abs=1e-12)
    if area == push:  # the adjustment is told as it is written, and the shock takes a tenth of all that grew
        assert changes["b"][3] == pytest.approx(-0.01)
        assert changes["a"][3] == pytest.approx(-0.1 * (1 + growth["drift"][3] - 0.01))


def test_a_rate_is_told_in_points_and_what_the_province_alone_has_is_refused_to_a_city(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    found = explain(blend, plan, calibration, "zhejiang", "st_contribution")
    assert growth_of(found.levels, found.indicator) == pytest.approx(np.diff(found.levels))
    assert 50 < found.levels[0] < found.levels[-1] < 100
    with pytest.raises(ValueError, match="province alone"):
        explain(blend, plan, calibration, "hangzhou", "st_contribution")


def test_the_noise_of_a_city_has_two_terms_more_and_a_wider_level(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    province = explain(blend, plan, calibration, "zhejiang", "rd_expenditure")
    city = explain(blend, plan, calibration, "lishui", "rd_expenditure")
    names = [spread.name for spread in city.spreads]
    assert names == [*(spread.name for spread in province.spreads), "city", "city-year"]
    assert np.all(city.spread_of_level > province.spread_of_level)
    assert np.all(np.diff(city.spread_of_level) > 0)
    year = next(spread for spread in province.spreads if spread.name == "year")
    lines = (ZHEJIANG / "calibration.yaml").read_text(encoding="utf-8").splitlines()
    assert [lines[place.line - 1].split(":")[0].strip() for place in year.places] == ["sd", "year_sd"]


def test_a_term_at_its_floor_says_so(blend: Scenario, plan: Baseline, calibration: Document) -> None:
    found = explain(blend, plan, calibration, "zhejiang", "rd_expenditure")
    assert plan.calibration is not None
    assert plan.calibration.common_drift["science"].value == 0.01
    assert [spread.name for spread in found.spreads if spread.at_floor] == ["common"]
    assert "at its floor" in explanation_text(found, plan, "en")


def test_a_scenario_that_calms_the_province_halves_its_terms(
    blend: Scenario, plan: Baseline, calibration: Document
) -> None:
    calm = replace(blend, noise=replace(blend.noise, province=0.5))
    before, after = (
        {spread.name: spread.sd for spread in explain(s, plan, calibration, "zhejiang", "gdp").spreads}
        for s in (blend, calm)
    )
    for name in ("common", "own", "year"):
        assert after[name] == pytest.approx(0.5 * before[name])


def test_places_of_one_file_name_it_once() -> None:
    places = (Place("a", 3, 1), Place("b", 1, 2), Place("a", 9, 4), Place("a", 3, 1))
    assert places_text(places) == "a:3:1 9:4 b:1:2"


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    code = cli.main(["explain", *argv, "--lang", "en"], ROOT)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_explain_takes_names_in_any_language_and_tells_of_a_grid(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "scenarios" / "sweep_slowdown.yaml")
    code, out, err = answer(capsys, file, "--area", "杭州", "--indicator", "rd_expenditure")
    assert code == 0
    assert "Hangzhou" in out
    assert "grid of 25" in err


def test_explain_offers_the_nearest_names(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "scenarios" / "baseline.yaml")
    code, _, err = answer(capsys, file, "--area", "杭洲", "--indicator", "rd_expenditur")
    assert code == 2
    assert "'杭州'" in err
    assert "'rd_expenditure'" in err
    code, _, err = answer(capsys, file, "--area", "hangzhou", "--indicator", "gdp")
    assert (code, "[only-the-province]" in err) == (2, True)
