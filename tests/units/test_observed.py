"""Actuals as planners give them: in a scenario, in the plan folder, in a file of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.baseline.load_figures import load_figures, load_named_figures
from sim.baseline.load_plan import Frame
from sim.commands.observed import observed_scenarios
from sim.errors import BadInput, Found
from sim.scenario.loading import load_scenarios
from sim.scenario.observed import actuals_of_plan
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Actual, Scenario
from sim.studies.actuals import Moves, Step
from sim.tables.actuals_table import actuals_text
from sim.tables.wording import series_words, source_words

ROOT = Path(__file__).resolve().parents[2]
PLANS = PlanFolders(ROOT)
HEAD = "series,region,year,value,unit,status,note,trust,source\n"


def read(folder: Path, observed: str) -> Scenario:
    file = folder / "mine.yaml"
    file.write_text(f"plan: zhejiang-2016\n{observed}", encoding="utf-8")
    [scenario] = load_scenarios([file], PLANS, folder)
    return scenario


def test_until_takes_all_actuals_of_the_plan_up_to_that_year(tmp_path: Path) -> None:
    scenario = read(tmp_path, "observed: {until: 2016}\n")

    cells = {(a.area, a.indicator): a.value for a in scenario.observed}
    assert {a.year for a in scenario.observed} == {2016}
    assert cells["zhejiang", "rd_expenditure"] == 1130.6297
    assert cells["hangzhou", "rd_personnel"] == 94696
    assert all(a.source and a.place.file.endswith("observed.csv") for a in scenario.observed)


def test_a_single_value_goes_before_the_plan_folder(tmp_path: Path) -> None:
    own = "values: {mine: {area: 杭州, indicator: rd_expenditure, year: 2016, value: 350, se: 2}}"
    scenario = read(tmp_path, f"observed: {{until: 2016, {own}}}\n")

    [actual] = [a for a in scenario.observed if (a.area, a.indicator) == ("hangzhou", "rd_expenditure")]
    assert (actual.value, actual.error) == (350.0, 2.0)


def test_a_half_year_rate_becomes_the_year_with_its_error(tmp_path: Path) -> None:
    """281.12 of technology trade by June 2018 were 59.43 % of the year's target of 473."""
    rate = "progress: 59.43 %, of: 473, usual: 50 %, se: 6 %"
    entry = f"{{area: zhejiang, indicator: technology_trade, year: 2018, {rate}}}"
    [actual] = read(tmp_path, f"observed: {{values: {{june: {entry}}}}}\n").observed

    assert actual.value == pytest.approx(2 * 281.1, rel=1e-3)
    assert actual.error / actual.value == pytest.approx(6 / 59.43)


def test_what_a_preliminary_figure_was_revised_to_counts(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    rows = (
        "gdp,zhejiang,2016,46485,亿元,preliminary,,high,first release\n"
        "gdp,zhejiang,2016,47251.36,亿元,actual,,high,yearbook\n"
    )
    file.write_text(HEAD + rows, encoding="utf-8")
    baseline, found = PLANS["zhejiang-2016"], Found()
    [figure] = load_named_figures(file, tmp_path, (baseline.province,), found)

    assert (figure.value, figure.status, found.mistakes) == (47251.36, "actual", [])


def test_a_file_of_actuals_is_checked_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    rows = (
        "rd_expense,zhejiang,2016,1130,亿元,actual,,high,made up\n"
        "rd_expenditure,suzhou,2016,1130,亿元,actual,,high,made up\n"
        "rd_expenditure,hangzhou,2021,400,亿元,actual,,high,made up\n"
        "gdp,hangzhou,2016,11000,亿元,actual,,high,made up\n"
        "rd_expenditure,ningbo,2016,-5,亿元,actual,,high,made up\n"
    )
    file.write_text(HEAD + rows, encoding="utf-8")
    scenarios = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], PLANS, ROOT)

    with pytest.raises(BadInput) as caught:
        observed_scenarios(scenarios, file, PLANS, tmp_path)

    found = {(m.place.line, m.code) for m in caught.value.mistakes}
    expected = {(2, "unknown-series"), (3, "unknown-area"), (4, "year-outside"), (5, "only-the-province")}
    assert expected <= found
    assert any(line == 6 for line, _ in found)


def actuals_of(folder: Path, text: str) -> dict[tuple[str, str, int], float]:
    file = folder / "news.csv"
    file.write_text(text, encoding="utf-8")
    scenarios = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], PLANS, ROOT)
    [scenario] = observed_scenarios(scenarios, file, PLANS, folder)
    return {(a.area, a.indicator, a.year): a.value for a in scenario.observed}


def test_a_file_of_ones_own_needs_neither_notes_nor_names_of_series(tmp_path: Path) -> None:
    head = "series,region,year,value,unit,source\n"
    rows = "new_hitech_firms,zhejiang,2016,2595,家,summary\nhitech_firms_new,zhejiang,2017,2010,家,summary\n"
    known = actuals_of(tmp_path, head + rows)

    assert known == {("zhejiang", "new_hitech_firms", y): v for y, v in ((2016, 2595.0), (2017, 2010.0))}


def test_a_file_of_ones_own_may_call_areas_and_indicators_by_name(tmp_path: Path) -> None:
    head = "series,region,year,value,unit,source\n"
    rows = "研发人员数,杭州市,2016,100000,人年,公报\n研发人员数,Hangzhou,2017,103245,人年,公报\n"
    known = actuals_of(tmp_path, head + rows)
    assert known == {("hangzhou", "rd_personnel", y): v for y, v in ((2016, 100_000.0), (2017, 103_245.0))}

    with pytest.raises(BadInput) as caught:
        actuals_of(tmp_path, head + "研发人员数,杭洲,2016,100000,人年,公报\n")
    assert "没有地区“杭洲”；是否要写“杭州”" in caught.value.mistakes[0].line("zh")


@pytest.mark.parametrize(
    ("rows", "line", "code"),
    [
        ("hitech_firms_new,zhejiang,2016,2595.5,家", 2, "not-whole"),
        ("rd_expenditure,zhejiang,2016,113063,亿元", 2, "factor-against-path"),
        ("rd_expenditure,zhejiang,2016,11,亿元", 2, "factor-against-path"),
        ("hitech_firms_new,zhejiang,2016,25,家\nnew_hitech_firms,zhejiang,2016,25,家", 3, "duplicate-figure"),
        ("", 1, "no-rows"),
    ],
)
def test_a_slip_in_a_file_of_actuals_is_one_line(tmp_path: Path, rows: str, line: int, code: str) -> None:
    body = "".join(f"{row},actual,,high,made up\n" for row in rows.split("\n") if row)
    with pytest.raises(BadInput) as caught:
        actuals_of(tmp_path, HEAD + body)

    [mistake] = caught.value.mistakes
    assert (mistake.place.line, mistake.code) == (line, code)


def test_a_small_city_may_count_none(tmp_path: Path) -> None:
    entry = "{area: 舟山, indicator: new_hitech_firms, year: 2016, value: 0}"
    [actual] = read(tmp_path, f"observed: {{values: {{none: {entry}}}}}\n").observed

    assert actual.value == 0.0


def test_both_kinds_of_new_firms_of_the_plan_folder_are_taken() -> None:
    """What was added to 23,930 and to 31,584 in all is what is reported as new."""
    plan = PLANS["zhejiang-2016"]
    new = {a.year: a.value for a in actuals_of_plan(plan, 2017) if a.indicator == "new_tech_smes"}
    stock = {f.year: f.value for f in plan.observed if f.series == "tech_smes_cumulative"}

    assert new == {2016: 7654.0, 2017: 8856.0}
    assert new[2017] == stock[2017] - stock[2016]
    assert "new_hitech_firms" in {a.indicator for a in actuals_of_plan(plan, 2016)}


def test_a_file_of_actuals_may_say_how_wrong_a_figure_can_be(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    head = HEAD.replace("value,", "value,se,")
    rows = (
        "gdp,zhejiang,2016,46485,300,亿元,preliminary,,high,first release\n"
        "rd_expenditure,hangzhou,2016,346.36,,亿元,actual,,high,yearbook\n"
    )
    file.write_text(head + rows, encoding="utf-8")
    scenarios = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], PLANS, ROOT)
    [scenario] = observed_scenarios(scenarios, file, PLANS, tmp_path)

    assert {a.indicator: a.error for a in scenario.observed} == {"gdp": 300.0, "rd_expenditure": 0.0}


@pytest.mark.parametrize("error", ["-1", "30000", "half", "nan"])
def test_an_error_of_more_than_half_the_figure_or_none_at_all_is_a_mistake(
    tmp_path: Path, error: str
) -> None:
    file = tmp_path / "news.csv"
    row = f"gdp,zhejiang,2016,46485,{error},亿元,actual,,high,made up\n"
    file.write_text(HEAD.replace("value,", "value,se,") + row, encoding="utf-8")
    baseline, found = PLANS["zhejiang-2016"], Found()
    load_named_figures(file, tmp_path, (baseline.province,), found)

    [mistake] = found.mistakes
    assert (mistake.place.line, mistake.place.column) == (2, 25)


def test_history_has_no_column_of_errors(tmp_path: Path) -> None:
    row = "gdp,zhejiang,2014,40173,1,亿元,actual,,high,made up\n"
    (tmp_path / "history.csv").write_text(HEAD.replace("value,", "value,se,") + row, encoding="utf-8")
    baseline, found = PLANS["zhejiang-2016"], Found()
    years, province = baseline.years, baseline.province
    frame = Frame("", province.name, "", 2015, years, {}, {}, {}, province, baseline.cities)
    load_figures(tmp_path, tmp_path, "history.csv", frame, found)

    assert [m.code for m in found.mistakes] == ["unknown-column"]


def test_a_file_of_actuals_becomes_an_input_of_every_scenario(tmp_path: Path) -> None:
    file = tmp_path / "news.csv"
    file.write_text(HEAD + "gdp,zhejiang,2016,47251.36,亿元,actual,,high,yearbook\n", encoding="utf-8")
    scenarios = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], PLANS, ROOT)
    [scenario] = observed_scenarios(scenarios, file, PLANS, tmp_path)

    assert [a.indicator for a in scenario.observed] == ["gdp"]
    assert "news.csv" in scenario.files


def test_actuals_of_what_is_not_simulated_are_left_out() -> None:
    indicators = {a.indicator for a in actuals_of_plan(PLANS["zhejiang-2016"], 2017)}

    assert "technology_trade" not in indicators  # its series change their definition in 2017
    assert {"gdp", "new_hitech_firms", "patents_in_force"} <= indicators


def test_the_table_says_which_series_of_the_plan_folder_no_indicator_takes() -> None:
    plan = PLANS["zhejiang-2016"]
    [scenario] = load_scenarios([ROOT / "scenarios" / "baseline.yaml"], PLANS, ROOT)

    def told(actuals: tuple[Actual, ...], lang: str) -> str:
        return actuals_text(Moves(scenario, (Step(2017, actuals, 4096, 2048.0),), (), False), plan, lang)

    known = actuals_of_plan(plan, 2017)
    for lang, words in (("en", "not used"), ("zh", "未使用")):
        left_out = told(known, lang).split(words)[1].split(":" if lang == "en" else "：")[1]
        assert "technology_transactions_reported" in left_out
        assert "tech_smes_new" not in left_out
        assert words not in told((), lang)


@pytest.mark.parametrize("file", ["planners.md", "planners.zh.md"])
def test_the_table_that_the_page_for_planners_shows_is_taken(tmp_path: Path, file: str) -> None:
    page = (ROOT / "docs" / file).read_text(encoding="utf-8")
    shown = page.partition("```csv\n")[2].partition("```")[0]
    assert len(actuals_of(tmp_path, shown)) == shown.count("\n") - 1 > 1


@pytest.mark.parametrize("file", ["actuals.md", "actuals.zh.md"])
def test_the_actuals_that_the_page_on_them_shows_are_taken(tmp_path: Path, file: str) -> None:
    page = (ROOT / "docs" / file).read_text(encoding="utf-8")
    known = read(tmp_path, page.partition("```yaml\n")[2].partition("```")[0]).observed
    by_hand = {(a.area, a.indicator, a.year): a for a in known if a.place.file == "mine.yaml"}
    assert {a.year for a in known if a.place.file != "mine.yaml"} == {2016}
    assert by_hand["hangzhou", "rd_expenditure", 2017].value == 396.82
    assert by_hand["zhejiang", "gdp", 2018].error == 300.0
    june = by_hand["zhejiang", "technology_trade", 2018]
    assert june.value == pytest.approx(473 * 59.43 / 50)
    assert june.error == pytest.approx(june.value * 8 / 59.43)
    assert len(by_hand) == 3


def test_every_source_of_the_plan_folder_that_is_no_address_is_named_in_chinese() -> None:
    plan = PLANS["zhejiang-2016"]
    areas = {area.id for area in (*plan.cities, plan.province)}
    sources = {figure.source for figure in (*plan.figures, *plan.observed) if figure.region in areas}
    named = {source for source in sources if not source.startswith("http")}
    assert len(named) > 5
    assert {source for source in named if source_words(source, "zh") == source} == set()
    assert source_words("市统计局快报", "zh") == "市统计局快报"


def test_every_series_of_the_plan_folder_that_is_shown_has_a_name_and_a_plan_s_own_name_goes_first() -> None:
    plan = PLANS["zhejiang-2016"]
    assert plan.calibration is not None
    shown = {*plan.calibration.series, *(figure.series for figure in (*plan.figures, *plan.observed))}
    for lang in ("zh", "en"):
        words = {series: series_words(series, plan, lang) for series in shown}
        assert [series for series, name in words.items() if name == series or series not in name] == []
        assert plan.indicators[0].name.in_language(lang) in words[plan.indicators[0].id]
    assert series_words("of_one_s_own", plan, "zh") == "of_one_s_own"
