"""In what two scenarios differ: every field that counts, and nothing that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sim.axes import Name
from sim.baseline.plan import Assumption
from sim.commands.projects import shipped_files
from sim.distributions import Empirical, Fixed, Triangular
from sim.errors import Place
from sim.scenario.differences import Difference, differences
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Adjustment, Cells, Chance, Delay, Growth, Scenario
from sim.scenario.scenario import Path as LevelPath
from sim.shocks import Decay, OneYear, Ramp
from sim.tables.difference_lines import difference_line, years_text
from sim.texts import LANGUAGES
from tests.strategies import NOWHERE, noise, plan, scenario, shock, target

ROOT = Path(__file__).parents[2]
PLAN = plan(
    {city: {"jobs": 100.0, "labs": 50.0} for city in ("a", "b", "c")},
    targets=(target("H01", "jobs", 1.0), target("H02", "labs", 1.0)),
)
ALL = ("a", "b", "c")


def lowered(
    add: float, areas: tuple[str, ...] = ALL, years: tuple[int, ...] = (2022, 2023, 2024)
) -> Adjustment:
    return Adjustment("made", Cells(tuple((area, "jobs") for area in areas), years), add, NOWHERE)


def lines(was: Scenario, now: Scenario, lang: str = "en") -> list[str]:
    return [difference_line(each, PLAN, lang) for each in differences(was, now, PLAN)]


def of(**changes: object) -> Scenario:
    return scenario(PLAN, **changes)


def test_a_scenario_does_not_differ_from_itself_whatever_it_is_called() -> None:
    other = of(
        id="other", title=Name("别的", "other"), about=Name("x", "x"), files={"a": "b"}, cell={"x": "1"}
    )
    moved = replace(other, place=Place("elsewhere", 9, 9))
    assert differences(of(), moved, PLAN) == ()


def test_an_adjustment_is_one_line_for_all_its_cities_and_years() -> None:
    now = of(drift=(lowered(-0.02),))
    assert lines(of(), now) == ["jobs (all cities) 2022-2024: −2.0 pp, was 0"]
    assert lines(of(), now, "zh") == ["jobs（全部市） 2022-2024：−2.0 个百分点（原为 0）"]
    assert lines(now, of()) == ["jobs (all cities) 2022-2024: 0, was −2.0 pp"]


def test_the_only_city_is_named_and_not_called_all() -> None:
    alone = plan({"a": {"jobs": 100.0}})
    now = scenario(alone, drift=(lowered(-0.02, ("a",)),))
    [line] = [difference_line(each, alone, "en") for each in differences(scenario(alone), now, alone)]
    assert line == "jobs (a) 2022-2024: −2.0 pp, was 0"


def test_adjustments_of_one_cell_add_up_and_only_their_sum_counts() -> None:
    whole = of(drift=(lowered(-0.5),))
    parts = of(drift=(lowered(-0.25), lowered(-0.25)))
    assert differences(whole, parts, PLAN) == ()
    more = of(drift=(lowered(-0.02), lowered(-0.0125, ("a",), (2024,))))
    assert lines(of(drift=(lowered(-0.02),)), more) == ["jobs (a) 2024: −3.25 pp, was −2.0 pp"]


@pytest.mark.parametrize(
    ("years", "text"),
    [((2021,), "2021"), ((2023, 2021, 2022), "2021-2023"), ((2021, 2023), "2021, 2023"), ((), "")],
)
def test_years_are_spans(years: tuple[int, ...], text: str) -> None:
    assert years_text(years) == text


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"growth": Growth("trend", None, NOWHERE)}, "source of growth: trend, was plan"),
        ({"growth": Growth("plan", 0.7, NOWHERE)}, "weight of the plan: 0.7, was drawn from the assumption"),
        ({"noise": noise(province=1.5)}, "noise of the province times: 1.5, was 1"),
        ({"noise": noise(city=0.5)}, "noise of the cities times: 0.5, was 1"),
        ({"noise": noise(dof=5.0)}, "degrees of freedom of the noise: 5, was as calibrated"),
        ({"noise": noise(dependence=2.0)}, "dependence times: 2, was as calibrated"),
        ({"noise": noise(parameters="drawn")}, "parameters: drawn, was fixed"),
        ({"targets": ("H02",)}, "targets no longer asked for: H01"),
        ({"draws": 8192}, "draws: 8192, was 4096"),
        ({"seed": 2**64 - 1}, "seed: 18446744073709551615, was 1"),
    ],
)
def test_every_field_of_a_run_has_its_line(changes: dict[str, object], line: str) -> None:
    assert lines(of(), of(**changes)) == [line]


def test_targets_that_only_one_of_two_asks_for_are_named_as_far_as_they_are_few() -> None:
    assert lines(of(targets=("H02",)), of()) == ["targets asked for besides: H01"]
    many = tuple(f"X{number}" for number in range(30))
    (line,) = lines(of(targets=(*many, "H01")), of(targets=("H01",)))
    assert line.endswith("X10, X11, ... (30 in all)")


def test_a_delay_is_one_line_for_what_it_delays_alike() -> None:
    pairs = tuple((area, "jobs") for area in ALL)
    now = of(delays=(Delay("late", pairs, 1, 0.064, NOWHERE),))
    assert lines(of(), now) == [
        "delay jobs (all cities): 1-year delay, growing by 6.4 % a year until then, was none"
    ]
    renamed = of(delays=(Delay("other name", pairs, 1, 0.064, Place("x")),))
    assert differences(now, renamed, PLAN) == ()


def test_a_path_shows_its_levels() -> None:
    path = LevelPath("mine", "a", "labs", {2021: 60.0, 2022: 70.5}, NOWHERE)
    assert lines(of(), of(paths=(path,))) == ["path labs (a): 2021: 60, 2022: 70.5, was as planned"]
    assert differences(of(paths=(path,)), of(paths=(replace(path, name="y"),)), PLAN) == ()


def test_an_assumption_shows_its_three_numbers() -> None:
    weight = PLAN.assumptions["blend_weight"]
    other = Assumption("blend_weight", weight.name, 0.5, 0.6, 0.7, "1", "C", "mine", NOWHERE)
    assert lines(of(), of(assumptions={"blend_weight": other})) == [
        "assumption 'weight': 0.5 / 0.6 / 0.7, was 0.25 / 0.5 / 0.75"
    ]
    words = replace(weight, source="better words")
    assert differences(of(), of(assumptions={"blend_weight": words}), PLAN) == ()


SLUMP = shock(
    "slump",
    (("a", "jobs", 1.0), ("a", "labs", 0.5), ("b", "jobs", 1.0), ("b", "labs", 0.5)),
    size=Triangular(-0.1, -0.07, -0.03),
    course=OneYear(2022),
)


def test_a_new_shock_shows_all_that_it_is() -> None:
    assert lines(of(), of(shocks=(SLUMP,))) == [
        "shock 'slump': triangular (low −10, mode −7, high −3), pp a year; one year (year 2022); "
        "a, b: jobs, labs ×0.5, was none"
    ]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"size": Fixed(-0.02)},
            "size of shock 'slump': −2.0 pp, was triangular (low −10, mode −7, high −3), pp a year",
        ),
        (
            {"course": Ramp(2022, 2024)},
            "course of shock 'slump': ramp (start 2022, full 2024), was one year (year 2022)",
        ),
        (
            {"course": Decay(2022, 1.5)},
            "course of shock 'slump': decay (start 2022, half_life 1.5), was one year (year 2022)",
        ),
        ({"chance": Chance(0.3, None)}, "chance of shock 'slump': happens with 30 %, was none"),
        ({"chance": Chance(None, 0.1)}, "chance of shock 'slump': happens with 10 % each year, was none"),
        (
            {"footprint": (("c", "labs", 2.0),)},
            "footprint of shock 'slump': c: labs ×2, was a, b: jobs, labs ×0.5",
        ),
    ],
)
def test_a_changed_shock_shows_the_part_that_changed(changes: dict[str, object], line: str) -> None:
    changed = replace(SLUMP, **changes)  # type: ignore[arg-type]
    assert lines(of(shocks=(SLUMP,)), of(shocks=(changed,))) == [line]


def test_a_shock_on_the_level_is_in_per_cent_of_it() -> None:
    was = replace(SLUMP, effect="level")
    now = replace(was, size=Empirical((-0.25, -0.5), (1.0, 3.0)))
    assert lines(of(shocks=(was,)), of(shocks=(now,))) == [
        "size of shock (level) 'slump': empirical (values −25 / −50, weights 1 / 3), % of the level, "
        "was triangular (low −10, mode −7, high −3), % of the level"
    ]
    assert "effect of shock 'slump': level, was growth" in lines(of(shocks=(SLUMP,)), of(shocks=(was,)))


def test_every_shipped_scenario_differs_from_the_baseline_in_lines_of_both_languages() -> None:
    plans = PlanFolders(ROOT)
    baseline, *others = load_scenarios(shipped_files(ROOT), plans, ROOT)
    assert baseline.id == "baseline"
    for other in others:
        found = differences(baseline, other, plans[other.plan])
        assert found, other.id
        for lang in LANGUAGES:
            assert all(difference_line(each, plans[other.plan], lang) for each in found)


def test_a_difference_knows_where_it_applies() -> None:
    [found] = differences(of(), of(drift=(lowered(0.01, ("b",), (2025,)),)), PLAN)
    assert found == Difference("drift", 0.0, 0.01, None, ("b",), ("jobs",), (2025,))
