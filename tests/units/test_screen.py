"""The screen of one scenario and of a run: what it says first, what it never says, and that it fits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given

from sim.axes import Name
from sim.baseline.plan import Target
from sim.cube import Cube, Grade, Probability
from sim.outputs.text_table import display_width
from sim.scenario.cell_names import cell_name
from sim.tables.layout import WIDEST
from sim.tables.run_screens import run_screens
from sim.tables.screen import screen_text
from sim.texts import LANGUAGES, say
from tests.cube_strategies import answered, cube, cubes, driver, joint, unanswered
from tests.strategies import target

NONE_OR_ALL = re.compile(r"(?<![\d.,])(0|0\.0|100|100\.0) ?%")
NUMBER = re.compile(r"[<>~]?[-+]?\d[\d,.]*(?<![.,])")


def shown(made: Cube, lang: str) -> str:
    return screen_text(made, lang)


def headline(number: int, **changes: object) -> Target:
    fields: dict[str, object] = {"unit": "家", **changes}
    return replace(target(f"H0{number}", "firms", 100.0), **fields)  # type: ignore[arg-type]


def line_with(text: str, part: str) -> str:
    """Return the first line that holds *part*, its blanks made one."""
    return next(" ".join(line.split()) for line in text.splitlines() if part in line)


def cells_of(text: str, head: str) -> Iterator[list[str]]:
    """Yield the rows of the table whose head begins with *head*, split at blanks."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(head) and lines[i + 1].startswith("-"))
    for line in lines[start + 2 :]:
        if not line.strip():
            return
        yield line.split()


@given(cubes())
def test_a_probability_is_never_none_or_all(made: Cube) -> None:
    for lang in LANGUAGES:
        assert not NONE_OR_ALL.search(shown(made, lang))


@given(cubes())
def test_every_line_fits_a_terminal_of_120_places(made: Cube) -> None:
    for lang in LANGUAGES:
        assert max(display_width(line) for line in shown(made, lang).splitlines()) <= WIDEST


@given(cubes())
def test_chinese_is_safe_on_a_gbk_console_and_english_is_ascii(made: Cube) -> None:
    shown(made, "zh").encode("gbk")
    shown(made, "en").encode("ascii")


@given(cubes())
def test_R14_both_languages_have_the_same_numbers(made: Cube) -> None:
    chinese, english = (NUMBER.findall(shown(made, lang).replace("约", "~")) for lang in LANGUAGES)
    assert Counter(chinese) == Counter(english)


@given(cubes())
def test_no_target_disappears(made: Cube) -> None:
    text = "".join(run_screens([made], "en"))
    annex = {row.quantity for row in made.probabilities if row.target.group == "annex_2020"}
    for row in made.probabilities:
        if row.target.group != "annex_2020" or row.p is None:
            assert row.target.id in text
    for quantity in annex:
        assert re.search(rf"^area .*\b{quantity}\b", text, re.MULTILINE)


def test_it_begins_with_what_is_not_known() -> None:
    rows = (
        answered(headline(1), 0.5, grade=Grade("A", "A", "B", "A"), driver=driver(0.45, 0.55)),
        answered(headline(2), 0.6, grade=Grade("C", "A", "A", "A"), driver=driver(0.8, 0.65)),
    )
    rule, title, *lines = shown(cube(rows), "en").splitlines()
    assert set(rule) == {"="}
    assert title == "Scenario: scenario (scenario)"
    assert " ".join(" ".join(lines).split()).startswith(
        "What is not known: the worst evidence is grade C (an assumption), and 1 of the 2 headline targets "
        'have it: H02. The one assumption that moves the answers most is "made-up": with it the probability '
        "of H02 goes from 80 % to 65 %."
    )


def test_without_headline_answers_it_says_so() -> None:
    text = shown(cube((unanswered(headline(1, status="missing", needs="数 | a number")),)), "en")
    assert say("screen.no-headline", "en") in text
    assert line_with(text, "H01 H01") == "H01 H01: a number"


def test_of_one_headline_target_it_does_not_count() -> None:
    text = " ".join(shown(cube((answered(headline(1), 0.5),)), "en").split())
    assert "worst evidence of the headline target H01 is grade" in text
    assert "1 of the 1" not in text


def test_without_headline_targets_asked_for_it_does_not_say_that_they_lack_data() -> None:
    asked = answered(target("P09", "firms", 10.0, group="prose_2020"), 0.4)
    text = shown(cube((asked,)), "en")
    assert say("screen.headline-not-asked", "en") in text
    assert say("screen.no-headline", "en") not in text
    assert "40 %" in line_with(text, "P09  ")


def test_without_a_driver_it_says_that_nothing_moves_the_answers() -> None:
    assert say("screen.no-driver", "zh") in shown(cube((answered(headline(1), 0.5),)), "zh")


def test_a_driver_that_moves_less_than_a_figure_shows_is_not_said_to_move_anything() -> None:
    still = cube((answered(headline(1), 0.5, driver=driver(0.5001, 0.5003)),))
    assert say("screen.no-driver", "zh") in shown(still, "zh")
    assert "goes from" not in shown(still, "en")


def test_the_assumptions_of_the_run_stand_above_the_table() -> None:
    text = shown(cube((answered(headline(1), 0.5),), floored=3), "en")
    paragraph = " ".join(text[: text.index("id   target")].split())
    for part in ("tails none (Gaussian)", "4,096 draws (16 sets of 256)", "seed 1", "floor in 3 draws"):
        assert part in paragraph


def test_a_row_has_both_uncertainties_the_grade_and_the_driver() -> None:
    row = answered(headline(1), 0.52, p10=0.36, p90=0.68, driver=driver(0.45, 0.6))
    text = shown(cube((row,)), "en")
    assert line_with(text, "H01  H01").startswith(
        "H01 H01 (firms) 100 110 52 % 36-68 % +/-1.0 ABCA C made-up: 45 -> 60 %"
    )
    assert line_with(text, "of 100 draws hit") == (
        "About 52 of 100 draws hit; a miss falls 7 short on average; first hit 2024 (median); "
        "needs 3.0 % a year."
    )


def test_the_sentence_in_chinese_counts_in_hundreds() -> None:
    text = shown(cube((answered(headline(1), 0.73, reached=None),)), "zh")
    wanted = "100 次模拟中约 73 次达标；未达标时平均差 7；半数以上到 2025 年仍未达标；需年均增长 3.0 %。"
    assert line_with(text, "100 次模拟") == wanted


@pytest.mark.parametrize(
    ("p", "words"), [(0.0, "Fewer than 1 of"), (1.0, "More than 99 of"), (0.006, "About 1 of")]
)
def test_few_and_nearly_all_are_said_in_words(p: float, words: str) -> None:
    assert line_with(shown(cube((answered(headline(1), p),)), "en"), "of 100").startswith(words)


def test_what_one_assumption_moves_far_is_a_range_in_the_table_and_in_the_sentence() -> None:
    text = shown(cube((answered(headline(1), 0.5, driver=driver(0.7, 0.4)),)), "en")
    assert " 40-70 % " in line_with(text, "H01  H01")
    assert line_with(text, "of 100").startswith("About 40 to 70 of 100 draws hit")


def test_numbers_stand_in_the_unit_of_the_document() -> None:
    row = answered(headline(1, value=2.0, threshold=20_000.0), 0.5, median=25_000.0, shortfall=1_000.0)
    text = shown(cube((row,)), "en")
    assert line_with(text, "H01  H01").startswith("H01 H01 (firms) 2 2.5 50 %")
    assert "a miss falls 0.1 short" in text


def test_other_versions_stand_beneath_their_lead_with_what_is_different() -> None:
    lead = answered(headline(1, comparator="≈", tolerance=2.0, version="two"), 0.5)
    other = answered(headline(1, comparator="≈", tolerance=0.0, version="none", lead=False), 0.4)
    text = shown(cube((other, lead)), "en")
    lines = [line.split("  ") for line in text.splitlines()]
    assert text.index("Read here as version two: tolerance 2 %") < text.index("version none: no")
    assert any(line[0] == "" and "version none: no" in " ".join(line) for line in lines)
    assert "40 %" in line_with(text, "version none: no")


def test_versions_differ_in_what_they_measure() -> None:
    first = answered(headline(1, kind="mean_growth", unit="%"), 0.5)
    other = answered(target("H01", "papers", 3.0, kind="mean_of_rates", lead=False, version="b"), 0.4)
    text = " ".join(shown(cube((first, other)), "zh").split())
    assert "口径 printed：年均复合增速，firms" in text
    assert "口径 b：各年增速的" in text


def test_versions_that_decide_are_named_first_and_beneath_the_lead() -> None:
    lead = answered(headline(1), 0.7, driver=driver(0.65, 0.75))
    other = answered(headline(1, version="b", lead=False), 0.2)
    text = " ".join(shown(cube((lead, other)), "en").split())
    assert "which version of a target is meant; probability over the versions: H01 20-70 %." in text
    assert 'Of the assumptions in numbers "made-up" moves the answers most' in text
    assert "Which version is meant decides this probability: 20-70 % over the versions." in text


def test_a_version_of_another_year_is_another_question_and_widens_no_range() -> None:
    lead = answered(headline(1, version="lead"), 0.7, driver=driver(0.65, 0.75))
    other = answered(headline(1, version="b", lead=False), 0.6)
    earlier = answered(headline(1, version="c", lead=False, year=lead.target.year - 2), 0.05)
    text = " ".join(shown(cube((lead, other, earlier)), "en").split())
    assert "Which version is meant" not in text
    assert f"version c: {lead.target.year - 2}" in text
    assert f"Read here as version lead: {lead.target.year}" in text


def test_versions_that_move_less_than_a_number_are_not_named_first() -> None:
    lead = answered(headline(1), 0.5, driver=driver(0.4, 0.55))
    text = shown(cube((lead, answered(headline(1, version="b", lead=False), 0.45))), "en")
    assert "What decides most" not in text
    assert "Which version is meant" not in text


def test_all_together_stands_with_other_dependence_and_at_least_so_many() -> None:
    rows = (answered(headline(1), 0.5), answered(headline(2), 0.6))
    text = " ".join(shown(cube(rows, joint=joint(("H01", "H02"), [1.0, 0.8, 0.25])), "en").split())
    assert "All 2 headline targets are hit together with probability 25 %" in text
    assert "With independent indicators it would be 10 %, with strong dependence 30 %." in text
    assert "At least so many of 2: 1 of them 80 %; 2 of them 25 %." in text


def test_where_no_indicator_depends_on_another_nothing_is_said_of_dependence() -> None:
    together = joint(("H01", "H02"), [1.0, 0.8, 0.25], independent=0.25, dependent=0.25)
    text = shown(cube((answered(headline(1), 0.5),), joint=together), "en")
    assert "hit together with probability 25 %" in text
    assert "strong dependence" not in text


def test_other_dependence_that_was_not_worked_out_is_not_shown() -> None:
    together = joint(("H01", "H02"), [1.0, 0.8, 0.25], independent=float("nan"), dependent=float("nan"))
    text = shown(cube((answered(headline(1), 0.5),), joint=together), "en")
    assert "together" in text
    assert "nan" not in text


def annex(area: str, quantity: str, p: float | None) -> Probability:
    row = target(f"X-{quantity}-{area}", quantity, 10.0, area=area, group="annex_2020")
    return unanswered(row) if p is None else answered(row, p)


def test_cities_are_sorted_by_risk_after_the_province_and_the_lowest_is_marked() -> None:
    numbers = {"alder": (0.5, 0.6), "birch": (0.2, 0.9), "cedar": (0.4, None), "province": (0.1, 0.7)}
    rows = tuple(
        annex(area, quantity, p)
        for area, ps in numbers.items()
        for quantity, p in zip(("firms", "papers"), ps, strict=True)
    )
    table = list(cells_of(shown(cube(rows), "en"), "area"))
    assert table == [
        ["province", "10", "70"],
        ["cedar", "40", "no", "answer"],
        ["alder", "50", "*60"],
        ["birch", "*20", "90"],
    ]


def test_a_target_of_an_area_that_has_none_is_not_assessed() -> None:
    table = list(
        cells_of(shown(cube((annex("alder", "firms", 0.5), annex("birch", "papers", 0.5))), "zh"), "地区")
    )
    assert table == [["alder", "50", "未评估"], ["birch", "未评估", "50"]]


def test_other_answers_have_a_table_and_all_unanswered_a_list_with_what_is_missing() -> None:
    prose = target("A01", "firms", 10.0, group="prose_2016", unit="家", area="birch", year=2021, lead=False)
    lost = target("A02", "firms", 10.0, group="prose_2016")
    several = target("P05", "firms", 0.0, group="prose_2020", status="unquantified")
    rows = (answered(prose, 0.3), unanswered(lost), unanswered(several))
    text = shown(cube(rows), "en")
    assert "A01 (firms), 2021, birch," in line_with(text, "A01  ")
    assert "30 %" in line_with(text, "A01  ")
    assert "2 targets have no answer" in text
    assert line_with(text, "A02 A02").startswith("A02 A02: none of the 4,096 draws of scenario scenario")
    assert line_with(text, "P05 P05") == "P05 P05: not quantified".replace(
        "not quantified", say("targets.unquantified", "en")
    )


def compared(*made: Cube, lang: str = "en") -> str:
    return "".join(run_screens(made, lang))


def test_scenarios_stand_side_by_side_with_their_difference_to_the_first() -> None:
    first = cube((answered(headline(1), 0.5), answered(headline(2), 0.3)))
    other = cube(
        (answered(headline(1), 0.38), answered(headline(2), 0.3)), scenario="b", title=Name("乙", "b")
    )
    rows = list(cells_of(compared(first, other), "scenario"))
    assert rows == [["scenario", "50", "30"], ["b", "38", "-12", "30", "="]]


def test_a_few_targets_asked_for_are_compared_whatever_they_are() -> None:
    """A sweep of a number of a pipeline shows what it moves; of many targets the headline ones stand."""
    prose = [target(f"P{number:02}", "firms", 10.0, group="prose_2020") for number in range(1, 14)]
    few = [cube((answered(headline(1), 0.5), answered(prose[0], p))) for p in (0.3, 0.7)]
    text = compared(few[0], replace(few[1], scenario="b", title=Name("乙", "b")))
    assert "of the targets asked for" in text
    assert list(cells_of(text, "scenario  H01")) == [["scenario", "50", "30"], ["b", "50", "=", "70", "+40"]]

    many = [cube((answered(headline(1), 0.5), *(answered(each, 0.3) for each in prose))) for _ in range(2)]
    text = compared(many[0], replace(many[1], scenario="b", title=Name("乙", "b")))
    assert "of the headline targets" in text
    assert list(cells_of(text, "scenario  H01")) == [["scenario", "50"], ["b", "50", "="]]


@pytest.mark.parametrize("change", [{"seed": 2}, {"draws": 8192}])
def test_without_common_luck_no_difference_is_shown(change: dict[str, int]) -> None:
    first = cube((answered(headline(1), 0.5),))
    other = cube((answered(headline(1), 0.38),), scenario="b", title=Name("乙", "b"), **change)
    assert list(cells_of(compared(first, other), "scenario")) == [["scenario", "50"], ["b", "38"]]


def grid_cell(weight: str, p: float) -> Cube:
    cell = (("growth.weight", weight),)
    told = cell_name(dict(cell))
    title = Name(f"扫描（{told.zh}）", f"sweep ({told.en})")
    row = answered(headline(1), p)
    return cube((row,), scenario=f"sweep__weight_{weight}", title=title, cell=cell)


def test_the_cells_of_a_sweep_are_lines_of_one_grid() -> None:
    first = cube((answered(headline(1), 0.5),))
    text = compared(first, grid_cell("0", 0.4), grid_cell("0.5", 0.6))
    assert 'Sweep "sweep": 2 scenarios' in text
    assert text.count("Scenario: ") == 1
    assert list(cells_of(text, "weight")) == [["0", "40", "-10"], ["0.5", "60", "+10"]]


def test_a_sweep_alone_is_compared_with_its_first_cell() -> None:
    text = compared(grid_cell("0", 0.4), grid_cell("0.5", 0.6), lang="zh")
    assert list(cells_of(text, "weight")) == [["0", "40"], ["0.5", "60", "+20"]]
    assert "扫描“扫描”：2 个情景" in text


def test_what_has_no_answer_is_listed_once_for_all_scenarios() -> None:
    rows = (answered(headline(1), 0.5), unanswered(headline(2, status="missing", needs="数 | a number")))
    text = compared(cube(rows), cube(rows, scenario="b"))
    assert text.count("H02 H02: a number") == 1
    assert list(cells_of(text, "scenario"))[1] == ["scenario", "50", "=", "no", "answer"]


def test_a_comparison_of_many_targets_goes_on_beneath() -> None:
    rows = tuple(answered(target(f"H{number:02}", "firms", 1.0), 0.5) for number in range(1, 41))
    text = compared(cube(rows), cube(rows, scenario="b"))
    heads = [line.split() for line in text.splitlines() if line.startswith("scenario ") and "H" in line]
    assert [name for head in heads for name in head[1:]] == [row.target.id for row in rows]
    assert len(heads) > 1
