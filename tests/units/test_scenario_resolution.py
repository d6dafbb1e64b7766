"""From what a planner wrote to ids and fractions, on a made-up plan of three cities."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import pytest

from sim.axes import Name
from sim.baseline.load import load_baseline
from sim.baseline.plan import Baseline
from sim.distributions import Empirical, Fixed, Triangular
from sim.errors import BadInput
from sim.scenario.loading import load_scenarios
from sim.scenario.scenario import Chance, Scenario
from sim.shocks import OneYear, Ramp

ROOT = Path(__file__).resolve().parents[2]
TINY = load_baseline(ROOT / "tests" / "plans" / "tiny-2021", ROOT)
CITIES = ("alder", "birch", "cedar")
YEARS = (2021, 2022, 2023, 2024, 2025)
COURSE = "course: {kind: one_year, year: 2022}"
THIN = "{kind: student_t, central: 1, sd: 1, dof: 1}"


def lone(baseline: Baseline) -> Baseline:
    """Return the plan with a second indicator that only the province has, and no path for it."""
    first, second = baseline.indicators
    path = baseline.path.copy()
    path[:, 0] = math.nan
    figure = dataclasses.replace(baseline.figures[0], series="firms", region="shire", year=2020, value=50.0)
    changed = dataclasses.replace(first, scope="province", base_series="firms", kind="quantity")
    return dataclasses.replace(
        baseline, indicators=(changed, second), path=path, figures=(*baseline.figures, figure)
    )


PLANS = {"tiny": TINY, "lone": lone(TINY)}


def load(folder: Path, text: str, plan: str = "tiny") -> Scenario:
    file = folder / "mine.yaml"
    file.write_text(f"plan: {plan}\n{text}", encoding="utf-8")
    (scenario,) = load_scenarios([file], PLANS, folder)
    return scenario


def codes(folder: Path, text: str, plan: str = "tiny") -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        load(folder, text, plan)
    assert all(m.line("zh") and m.line("en") for m in caught.value.mistakes)
    return [(f"{m.place.line}:{m.place.column}", m.code) for m in caught.value.mistakes]


def test_an_empty_scenario_is_the_blend_without_shocks(tmp_path: Path) -> None:
    scenario = load(tmp_path, "")

    assert (scenario.id, scenario.plan, scenario.title) == ("mine", TINY.id, Name("mine", "mine"))
    assert (scenario.growth.source, scenario.growth.weight) == ("blend", None)
    assert (scenario.draws, scenario.drift, scenario.shocks, scenario.assumptions) == (20480, (), (), {})
    assert (scenario.noise.province, scenario.noise.dof, scenario.noise.parameters) == (1.0, None, "drawn")
    assert set(scenario.targets) == {target.id for target in TINY.targets}


def test_names_may_be_ids_chinese_or_english_in_any_letters(tmp_path: Path) -> None:
    scenario = load(tmp_path, "drift: {a: {areas: [甲市, BIRCH, cedar], indicators: 研究经费, add: 1}}\n")

    assert scenario.drift[0].cells.pairs == tuple((city, "research") for city in CITIES)
    assert scenario.drift[0].cells.years == YEARS
    assert scenario.drift[0].add == 0.01


@pytest.mark.parametrize(
    "areas",
    ["all", "全部", "shire", "某省", "[alder, birch, cedar]", "[lowland, 丙市]"],
)
def test_the_province_and_groups_stand_for_their_cities(tmp_path: Path, areas: str) -> None:
    scenario = load(tmp_path, f"drift: {{a: {{areas: {areas}, indicators: money, add: 1}}}}\n")

    assert scenario.drift[0].cells.pairs == tuple((city, "research") for city in CITIES)


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        ("2022", (2022,)),
        ("2022-2024", (2022, 2023, 2024)),
        ("2022—2024", (2022, 2023, 2024)),
        ("[2025, 2021]", (2021, 2025)),
        ("[2021, 2023-2024]", (2021, 2023, 2024)),
        ("{from: 2024, to: 2025}", (2024, 2025)),
        ("all", YEARS),
    ],
)
def test_years_may_be_written_in_several_ways(tmp_path: Path, years: str, expected: tuple[int, ...]) -> None:
    scenario = load(tmp_path, f"drift: {{a: {{indicators: money, years: {years}, add: 1}}}}\n")

    assert scenario.drift[0].cells.years == expected


@pytest.mark.parametrize(
    "add",
    ["1.5", "1.5 百分点", "1.5 pp", "1.5个百分点", "'１.５ percentage points'", "1.5e0 pp"],
)
def test_R4_percentage_points_may_carry_their_unit(tmp_path: Path, add: str) -> None:
    assert load(tmp_path, f"drift: {{a: {{indicators: money, add: {add}}}}}\n").drift[0].add == 0.015


@pytest.mark.parametrize("add", ["1.5 %", "1.5 ％", "1.5 percent", "1.5 亿元", "1.5 x"])
def test_R4_another_unit_is_refused_and_both_are_named(tmp_path: Path, add: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, f"drift: {{a: {{indicators: money, add: {add}}}}}\n")

    (mistake,) = caught.value.mistakes
    assert mistake.code == "wrong-unit"
    assert "百分点" in mistake.line("en")
    assert dict(mistake.details)["unit"] in ("%", "亿元", "x")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("growth: {source: blend, weight: 0.5 亿元}\n", "wrong-unit"),
        ("title: '  '\n", "text-needed"),
        ("drift: {a: {areas: ' ', indicators: money, add: 1}}\n", "not-one-line"),
        (f"drift: {{{'x' * 81}: {{indicators: money, add: 1}}}}\n", "name-too-long"),
        ("drift: {a: {indicators: money, years: {from: 2019, to: 2022}, add: 1}}\n", "year-outside"),
        ("drift: {a: {indicators: money, years: {from: 2021}, add: 1}}\n", "missing-field"),
        (
            "drift: {a: {indicators: money, years: {from: 2021, til: 2022, to: 2022}, add: 1}}\n",
            "unknown-field",
        ),
        ("assumptions: {firms_exit: {low: 0.1, central: 0.2, hi: 0.3, high: 0.3}}\n", "unknown-field"),
        ("mixins: [3]\n", "not-a-file-name"),
    ],
)
def test_a_mistake_of_shape_has_one_code_of_its_own(tmp_path: Path, text: str, code: str) -> None:
    assert [found for _, found in codes(tmp_path, text)] == [code]


def test_the_name_of_an_entry_that_will_not_do_is_marked_itself(tmp_path: Path) -> None:
    text = f"drift: {{{'x' * 81}: {{indicators: money, add: 1}}}}\n"

    assert codes(tmp_path, text) == [("2:9", "name-too-long")]


def test_a_word_where_a_number_is_swept_is_marked_in_the_sweep(tmp_path: Path) -> None:
    found = codes(tmp_path, "noise: {city: 1}\nsweep: {noise.city: [true, 2]}\n")

    assert found == [("3:22", "not-a-number")]


def test_a_negative_sign_of_typographers_is_a_sign(tmp_path: Path) -> None:
    assert load(tmp_path, "drift: {a: {indicators: money, add: −2 pp}}\n").drift[0].add == -0.02


def test_weights_of_areas_and_indicators_multiply(tmp_path: Path) -> None:
    scenario = load(
        tmp_path,
        "shocks: {s: {areas: {all: 1, 甲市: 2, birch: 0}, indicators: {research: 0.5, new_firms: -1},"
        f" size: 2, {COURSE}}}}}\n",
    )

    assert scenario.shocks[0].footprint == (
        ("alder", "new_firms", -2.0),
        ("alder", "research", 1.0),
        ("birch", "new_firms", -0.0),
        ("birch", "research", 0.0),
        ("cedar", "new_firms", -1.0),
        ("cedar", "research", 0.5),
    )


def test_indicators_of_the_province_stand_with_it_and_groups_skip_them_for_cities(tmp_path: Path) -> None:
    everywhere = load(tmp_path, "drift: {a: {indicators: all, add: 1}}\n", "lone").drift[0].cells.pairs
    city = (
        load(tmp_path, "drift: {a: {areas: alder, indicators: all, add: 1}}\n", "lone").drift[0].cells.pairs
    )

    assert everywhere == (*((city, "research") for city in CITIES), ("shire", "new_firms"))
    assert city == (("alder", "research"),)
    assert codes(tmp_path, "drift: {a: {areas: alder, indicators: new_firms, add: 1}}\n", "lone") == [
        ("2:39", "only-the-province")
    ]


def test_a_shock_has_its_size_in_fractions_and_its_place_where_the_size_stands(tmp_path: Path) -> None:
    scenario = load(
        tmp_path,
        "shocks:\n"
        "  s:\n"
        "    title: {zh: 冲击, en: blow}\n"
        "    platform: 甲市科学城\n"
        "    indicators: money\n"
        "    size: {kind: triangular, low: -4 pp, mode: -2, high: -1}\n"
        "    course: {kind: ramp, start: 2022, full: 2027}\n",
    )

    (shock,) = scenario.shocks
    assert shock.size == Triangular(-0.04, -0.02, -0.01)
    assert (shock.course, shock.chance, shock.effect) == (Ramp(2022, 2027), None, "growth")
    assert (shock.title, shock.platform) == (Name("冲击", "blow"), "甲市科学城")
    assert str(shock.place) == "mine.yaml:7:11"


def test_events_have_a_chance_and_may_hit_the_level(tmp_path: Path) -> None:
    scenario = load(
        tmp_path,
        "events:\n"
        f"  b: {{indicators: money, size: -3, probability: 30 %, {COURSE}}}\n"
        f"  a: {{indicators: money, size: -3 %, effect: level, hazard: 0.1, {COURSE}}}\n",
    )

    assert [(s.name, s.effect, s.chance) for s in scenario.shocks] == [
        ("a", "level", Chance(None, 0.1)),
        ("b", "growth", Chance(0.3, None)),
    ]


def test_a_level_shock_is_a_shock_of_one_year_in_percent(tmp_path: Path) -> None:
    scenario = load(
        tmp_path,
        "level_shocks: {l: {indicators: money, year: 2023, size: {kind: empirical, values: [-10 %, 5]}}}\n",
    )

    (shock,) = scenario.shocks
    assert (shock.effect, shock.course, shock.chance) == ("level", OneYear(2023), None)
    assert isinstance(shock.size, Empirical)
    assert shock.size.values == pytest.approx((-0.1, 0.05))


@pytest.mark.parametrize(
    "size", ["-100", "{kind: uniform, low: -120, high: 0}", "{kind: normal, central: -100, sd: 1}"]
)
def test_a_level_cannot_lose_all_of_itself(tmp_path: Path, size: str) -> None:
    assert codes(tmp_path, f"level_shocks: {{l: {{indicators: money, year: 2023, size: {size}}}}}\n") == [
        ("2:57", "level-below-zero")
    ]


def test_a_level_shock_may_raise_by_more_than_all(tmp_path: Path) -> None:
    shock = load(tmp_path, "level_shocks: {l: {indicators: money, year: 2023, size: 150}}\n").shocks[0]

    assert shock.size == Fixed(1.5)


def test_delays_have_years_and_a_growth_meanwhile(tmp_path: Path) -> None:
    (delay,) = load(tmp_path, "delays: {d: {areas: 乙市, indicators: all, by: 2, meanwhile: 3 %}}\n").delays

    assert (delay.pairs, delay.by, delay.meanwhile) == (
        (("birch", "new_firms"), ("birch", "research")),
        2,
        0.03,
    )


def test_a_path_has_levels_in_the_unit_of_its_indicator(tmp_path: Path) -> None:
    levels = "{2022: 120, 2023: 130 亿元}"
    text = f"paths: {{p: {{area: 甲市, indicator: 研究经费, unit: 亿元, levels: {levels}}}}}\n"

    (path,) = load(tmp_path, text).paths

    assert (path.area, path.indicator, path.levels) == ("alder", "research", {2022: 120.0, 2023: 130.0})


def test_a_path_of_counts_needs_no_base_year(tmp_path: Path) -> None:
    (path,) = load(tmp_path, "paths: {p: {area: alder, indicator: new_firms, levels: {2021: 33}}}\n").paths

    assert path.levels == {2021: 33.0}


def test_a_path_where_the_plan_has_none_starts_from_the_base_year(tmp_path: Path) -> None:
    levels = "{2021: 51, 2022: 52, 2023: 53, 2024: 54, 2025: 55}"
    text = f"paths: {{p: {{area: shire, indicator: new_firms, levels: {levels}}}}}\n"

    (path,) = load(tmp_path, text, "lone").paths

    assert path.levels == {2020: 50.0, 2021: 51.0, 2022: 52.0, 2023: 53.0, 2024: 54.0, 2025: 55.0}


@pytest.mark.parametrize(
    ("area", "indicator", "levels", "code"),
    [
        ("alder", "research", "{2022: 0}", "not-above-zero"),
        ("alder", "research", "{2022: -1}", "out-of-range"),
        ("alder", "research", "{2026: 120}", "year-outside"),
        ("alder", "research", "{}", "no-levels"),
        ("alder", "research", "{2022: 1200000}", "factor-ten-thousand"),
        ("alder", "research", "{2022: 120 万元}", "wrong-unit"),
        ("alder", "new_firms", "{2021: 30}", "only-the-province"),
        ("shire", "new_firms", "{2021: 51}", "path-gap"),
    ],
)
def test_a_path_that_cannot_be_is_refused(
    tmp_path: Path, area: str, indicator: str, levels: str, code: str
) -> None:
    text = f"paths: {{p: {{area: {area}, indicator: {indicator}, levels: {levels}}}}}\n"

    assert [found for _, found in codes(tmp_path, text, "lone")] == [code]


def test_the_plans_own_path_is_no_replacement(tmp_path: Path) -> None:
    row = TINY.path[0, TINY.indicator_axis().position("research")]
    text = f"paths: {{p: {{area: alder, indicator: research, levels: {{2021: {float(row[1])!r}}}}}}}\n"

    assert codes(tmp_path, text) == [("2:55", "path-as-planned")]


def test_noise_may_be_gaussian_fixed_and_scaled(tmp_path: Path) -> None:
    text = "noise: {province: 0, city: 2, dof: gaussian, dependence: 0, parameters: fixed}\n"

    noise = load(tmp_path, text).noise

    assert (noise.province, noise.city, noise.dof, noise.dependence, noise.parameters) == (
        0.0,
        2.0,
        math.inf,
        0.0,
        "fixed",
    )


def test_an_assumption_is_replaced_by_a_number_or_a_range(tmp_path: Path) -> None:
    base_range = "{low: 500 家, central: 550, high: 560}"
    text = f"assumptions: {{企业年退出率: 0.03, firms_base_valid: {base_range}}}\n"

    assumptions = load(tmp_path, text).assumptions

    exit_, base = assumptions["firms_exit"], assumptions["firms_base_valid"]
    assert (exit_.low, exit_.central, exit_.high) == (0.03, 0.03, 0.03)
    assert (base.low, base.central, base.high, base.unit) == (500.0, 550.0, 560.0, "家")
    assert str(exit_.place) == "mine.yaml:2:23"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("assumptions: {firms_exit: 1.2}\n", "out-of-range"),
        ("assumptions: {firms_base_valid: -5}\n", "out-of-range"),
        ("assumptions: {firms_base_valid: 5 万家}\n", "wrong-unit"),
        ("assumptions: {firms_exit: 0.1, 企业年退出率: 0.2}\n", "named-twice"),
        ("growth: {source: blend, weight: 0.4}\nassumptions: {blend_weight: 0.4}\n", "unused-assumption"),
    ],
)
def test_an_assumption_that_cannot_be_or_does_nothing_is_refused(
    tmp_path: Path, text: str, code: str
) -> None:
    assert [found for _, found in codes(tmp_path, text)] == [code]


def test_targets_are_chosen_by_id_group_or_name_in_the_order_of_the_plan(tmp_path: Path) -> None:
    assert load(tmp_path, "targets: headline\n").targets == ("H01", "H02", "H03")
    assert load(tmp_path, "targets: [P01, 研究经费年均增长]\n").targets == ("H02", "P01")
    assert "P02" in load(tmp_path, "targets: prose_2020\n").targets


def test_a_target_that_lacks_data_must_not_be_asked_for_by_name(tmp_path: Path) -> None:
    assert codes(tmp_path, "targets: [H01, P02]\n") == [("2:16", "target-without-data")]


def test_order_in_the_file_changes_nothing(tmp_path: Path) -> None:
    a = f"a: {{indicators: money, size: 1, {COURSE}}}"
    b = f"b: {{indicators: [research, new_firms], size: 2, {COURSE}}}"
    c = f"b: {{indicators: [new_firms, research], size: 2, {COURSE}}}"

    first = load(tmp_path, f"shocks: {{{a}, {b}}}\n").shocks
    second = load(tmp_path, f"shocks: {{{c}, {a}}}\n").shocks

    assert [(s.name, s.footprint, s.size) for s in first] == [(s.name, s.footprint, s.size) for s in second]


def test_zero_is_a_fair_value_inside_a_sweep_and_only_there(tmp_path: Path) -> None:
    shock = f"shocks: {{s: {{indicators: money, size: -1, {COURSE}}}}}\n"
    text = f"plan: tiny\n{shock}sweep: {{shocks.s.size: [0, -1]}}\n"
    (tmp_path / "grid.yaml").write_text(text, encoding="utf-8")

    grid = load_scenarios([tmp_path / "grid.yaml"], PLANS, tmp_path)

    assert [(s.id, s.shocks[0].size.mean(), dict(s.cell)) for s in grid] == [
        ("grid__size_0", 0.0, {"shocks.s.size": "0"}),
        ("grid__size_-1", -0.01, {"shocks.s.size": "-1"}),
    ]
    assert grid[1].title == Name("grid（冲击的大小（s）−1）", grid[1].title.en)
    assert grid[1].title.en.startswith("grid (")
    assert grid[1].title.en.endswith("−1)")


def test_two_scenarios_that_differ_in_words_alone_are_a_mistake(tmp_path: Path) -> None:
    shock = f"shocks: {{s: {{indicators: money, size: -1, {COURSE}}}}}\n"
    (tmp_path / "a.yaml").write_text(f"plan: tiny\ntitle: one\n{shock}", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(f"{shock}plan: tiny\ntitle: two\nabout: x\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(f"{shock}plan: tiny\nseed: 2\n", encoding="utf-8")
    files = [tmp_path / f"{name}.yaml" for name in "abc"]

    with pytest.raises(BadInput) as caught:
        load_scenarios(files, PLANS, tmp_path)

    (mistake,) = caught.value.mistakes
    assert (str(mistake.place), mistake.code) == ("b.yaml:1:1", "same-scenario")
    names = {"name": "b", "other": "a"}
    assert dict(mistake.details) == names | {"file": "b.yaml", "other_file": "a.yaml"}


@pytest.mark.parametrize("other", ["Same.yaml", "same.yml", "sub/same.yaml"])
def test_R21_two_files_of_one_output_name_are_refused(tmp_path: Path, other: str) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "same.yaml").write_text("plan: tiny\n", encoding="utf-8")
    (tmp_path / other).write_text("plan: tiny\nseed: 2\n", encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "same.yaml", tmp_path / other], PLANS, tmp_path)

    assert [(m.place.file, m.code) for m in caught.value.mistakes] == [(other, "same-output")]


def test_R21_two_cells_of_one_name_are_refused(tmp_path: Path) -> None:
    text = "plan: tiny\ndrift: {a: {indicators: money, add: 1}}\nsweep: {drift.a.areas: [all, All]}\n"
    (tmp_path / "grid.yaml").write_text(text, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "grid.yaml"], PLANS, tmp_path)

    assert {m.code for m in caught.value.mistakes} == {"same-output", "same-scenario"}


def test_mistakes_of_the_plan_folder_are_passed_on_once(tmp_path: Path) -> None:
    class Broken(dict[str, Baseline]):
        def __missing__(self, plan: str) -> Baseline:
            from sim.errors import Mistake, Place

            place = Place(f"baselines/{plan}/plan.yaml")
            raise BadInput([Mistake(place, "missing-file", (("near", ""),))])

    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text("plan: x\n", encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "a.yaml", tmp_path / "b.yaml"], Broken(), tmp_path)

    (mistake,) = caught.value.mistakes
    assert (mistake.place.file, mistake.code) == ("baselines/x/plan.yaml", "missing-file")


@pytest.mark.parametrize("word", ["NO", "on", "12:30", "007", "2016-2020", "~x"])
def test_R7_words_that_other_readers_turn_into_something_else_stay_words(tmp_path: Path, word: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, f"drift: {{a: {{areas: [{word}], indicators: money, add: 1}}}}\n")

    (mistake,) = caught.value.mistakes
    assert mistake.code == "unknown-area"
    assert dict(mistake.details)["name"] == word


@pytest.mark.parametrize(
    ("seed", "legal"), [(0, True), (2**32 - 1, True), (2**64 - 1, True), (2**64, False), (-1, False)]
)
def test_N4_a_seed_is_a_whole_number_below_two_to_the_64(tmp_path: Path, seed: int, legal: bool) -> None:
    if legal:
        assert load(tmp_path, f"seed: {seed}\n").seed == seed
    else:
        assert codes(tmp_path, f"seed: {seed}\n") == [("2:7", "bad-seed")]


@pytest.mark.parametrize("seed", ["text", "1.0", "true", "[1]", "'1'"])
def test_N4_a_seed_of_another_kind_is_refused(tmp_path: Path, seed: str) -> None:
    assert codes(tmp_path, f"seed: {seed}\n") == [("2:7", "bad-seed")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("noise: {dof: 2}\n", "2:14"),
        ("noise: {dof: 0}\n", "2:14"),
        ("noise: {dof: -3}\n", "2:14"),
        (f"shocks: {{s: {{indicators: money, {COURSE}, size: {THIN}}}}}\n", "2:119"),
    ],
)
def test_N10_tails_without_a_variance_are_refused(tmp_path: Path, text: str, place: str) -> None:
    assert codes(tmp_path, text) == [(place, "dof-too-small")]


def test_N10_a_negative_dependence_is_refused(tmp_path: Path) -> None:
    assert codes(tmp_path, "noise: {dependence: -0.1}\n") == [("2:21", "out-of-range")]


@pytest.mark.parametrize("draws", [4096, 20480, 4096 * 4096])
def test_draws_are_whole_blocks(tmp_path: Path, draws: int) -> None:
    assert load(tmp_path, f"draws: {draws}\n").draws == draws


@pytest.mark.parametrize("draws", [0, -4096, 4095, 4096 * 4097])
def test_other_draws_are_refused_with_the_nearest_that_will_do(tmp_path: Path, draws: int) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, f"draws: {draws}\n")

    (mistake,) = caught.value.mistakes
    details: Any = dict(mistake.details)
    assert mistake.code == "bad-draws"
    assert int(details["lower"]) % 4096 == int(details["upper"]) % 4096 == 0
    assert 4096 <= int(details["lower"]) < int(details["upper"]) <= 4096 * 4096


def test_R3_an_unknown_key_is_marked_itself_and_its_neighbour_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, "shocks:\n  s:\n    indicators: money\n    sise: 1\n    size: 1\n    " + COURSE + "\n")

    (mistake,) = caught.value.mistakes
    assert str(mistake.place) == "mine.yaml:5:5"
    assert dict(mistake.details) == {"field": "sise", "near": "size"}
