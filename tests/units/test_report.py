"""The report as bytes: what it must hold, how large it may be, and what must never stand in it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.axes import Name
from sim.cube import Cube, Driver, Grade, Probability, Trajectory
from sim.report.answer import kind_of
from sim.report.drivers import strongest_of, tornado
from sim.report.headline import times
from sim.report.markup import Html, amount, element, escaped, listed, rows_of, shown, text
from sim.report.numbers import chance_of, signed, span, told_chance
from sim.report.page import SECTIONS
from sim.report.pages import order_of
from sim.report.sources import why
from sim.report.svg import apart, nice_step, ticks
from sim.tables.figures import bare_percent
from sim.tables.readings import ends_of_versions, ends_with_versions, hangs_on_version
from sim.tables.selection import dots_of, ends_of, shade
from sim.tables.surprises import surprises_of
from sim.tables.wording import unfolded
from sim.texts import table
from sim.workbook.target_sheets import answer_columns
from sim.workbook.words import Words
from tests.pages import ROOT, cubes_of, page_from

NAMES = ("baseline", "plan", "trade_friction")


@pytest.fixture(scope="module")
def page() -> str:
    cubes, needs, _ = cubes_of(*NAMES)
    return page_from(cubes[:1], needs).decode("utf-8")


@pytest.fixture(scope="module")
def several() -> str:
    return page_from(*cubes_of(*NAMES)).decode("utf-8")


class Elements(HTMLParser):
    """All elements with their attributes, and whether they nest."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("meta", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_elements_nest_and_ids_stand_once(several: str) -> None:
    elements = Elements(several)
    assert elements.open == []
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    pointed = {a["aria-labelledby"] for _, a in elements.found if "aria-labelledby" in a}
    assert pointed <= set(ids)


def test_sections_stand_in_their_order_and_what_is_not_known_stands_before_any_number(page: str) -> None:
    places = [page.index(f'id="{name}"') for name in SECTIONS]
    assert places == sorted(places)
    answer = page[page.index('id="answer"') :]
    assert answer.index("先说不知道的") < re.search(r"\d+(\.\d+)?\xa0%", answer).start()  # type: ignore[union-attr]


def test_R13_the_same_cubes_give_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib; from tests.pages import cubes_of, page_from; "
        "print(hashlib.sha256(page_from(*cubes_of('plan'))).hexdigest())"
    )
    elsewhere = {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=elsewhere, capture_output=True, text=True, check=True
    )
    here = page_from(*cubes_of("plan"))  # with another seed of hashes, in the locale and time of this process
    assert done.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_S14_no_address_stands_where_a_browser_would_follow_it(several: str) -> None:
    for tag, attributes in Elements(several).found:
        for name in ("src", "href", "action", "srcset", "data", "style"):
            value = attributes.get(name)
            assert value is None or (name == "href" and value.startswith("#")), (tag, name, value)
    style = several[several.index("<style>") : several.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(
        r"\b(fetch|XMLHttpRequest|import|eval|innerHTML)\b", several[several.rindex("<script>") :]
    )


def test_S13_the_policy_names_the_style_and_the_script_by_their_hashes(page: str) -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith("default-src &#x27;none&#x27;")
    assert policy.count("sha256-") == 2
    assert "unsafe" not in policy


def test_S13_the_data_cannot_end_their_element_and_hold_the_numbers(several: str) -> None:
    cubes, _, _ = cubes_of(*NAMES)
    (island,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', several, re.DOTALL)
    assert not set("<>&\u2028\u2029") & set(island)
    data: dict[str, Any] = json.loads(island)
    told = {row["target"]: row["p"] for row in data["scenarios"][0]["headline"]}
    assert told == {row.target.id: row.p for row in cubes[0].headline()}


def test_a_page_of_one_scenario_stays_under_2_MB(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_the_page_of_a_sweep_of_25_is_made_in_10_seconds_and_stays_under_5_MB() -> None:
    cubes, needs, scenarios = cubes_of(*NAMES)
    many = tuple(
        replace(cubes[0], scenario=f"cell{i}", title=Name(f"格 {i}", f"cell {i}")) for i in range(25)
    )
    more_needs = {cube.scenario: needs["baseline"] for cube in many}
    begin = time.process_time()
    content = page_from(many, more_needs, (scenarios[0],) * 25)
    assert time.process_time() - begin < 10
    assert len(content) < 5_000_000


def test_S15_no_address_of_a_machine_or_an_index_stands_in_the_page(page: str) -> None:
    assert str(ROOT) not in page
    assert str(Path.home()) + "/" not in page


def test_no_probability_is_told_as_0_or_100_percent(several: str) -> None:
    cells = re.findall(r'<p class="big">([^<]*)</p>|<td class="n s\d+">([^<]*)</td>', several)
    told = [first or second for first, second in cells]
    assert len(told) > 50
    assert not [each for each in told if re.fullmatch(r"(0|100)(\.0)?\xa0%", each)]


def test_a_text_stands_in_both_languages_and_is_escaped() -> None:
    assert shown(Name("甲<", "a<")) == (
        '<span class="zh" lang="zh-Hans">甲&lt;</span><span class="en" lang="en">a&lt;</span>'
    )
    assert shown(Name("H01", "H01")) == "H01"
    assert (
        element("p", "<b>", Html("<i></i>"), class_='"x"') == '<p class="&quot;x&quot;">&lt;b&gt;<i></i></p>'
    )
    assert text("scenario").en == "Scenario"
    assert text("document", document="<{x}>").en == " (&lt;{x}&gt;)"
    assert listed([Name("甲", "a"), "&"]) == Name("甲、&amp;", "a, &amp;")
    assert escaped(Html("&amp;")) == "&amp;"


@pytest.mark.parametrize("tag", ["p onload", "", "1p", "p>"])
def test_S13_a_name_of_an_element_or_attribute_is_never_text(tag: str) -> None:
    with pytest.raises(ValueError, match="is no element"):
        element(tag)
    with pytest.raises(ValueError, match="is no attribute"):
        element("p", **{tag + "<": 1})


def test_every_text_of_the_page_has_the_same_blanks_in_both_languages() -> None:
    blanks = re.compile(r"\{(\w+)\}")
    for key, told in table().items():
        if key.startswith(("report.", "plot.")):
            assert set(blanks.findall(told["zh"])) == set(blanks.findall(told["en"])), key


def test_a_unit_that_begins_with_a_number_is_a_factor() -> None:
    assert amount("7,200", Name("亿元", "100 million yuan")) == (
        "7,200\xa0亿元",
        "7,200\xa0×\xa0100 million yuan",
    )


def alone(*rows: Probability) -> Cube:
    """Return the baseline with nothing but *rows* in it."""
    return replace(cubes_of(*NAMES)[0][0], probabilities=rows)


def test_where_one_assumption_moves_a_chance_far_a_range_is_told_and_drawn() -> None:
    cubes, _, _ = cubes_of(*NAMES)
    row = replace(cubes[0].headline()[0], p=0.5, driver=Driver("x", Name("甲", "a"), 0.35, 0.61))
    assert ends_of(row) == (0.35, 0.61)
    assert chance_of(row, 4096) == "35–61\xa0%"
    assert (
        times(row, alone(row)).en == "hit in about 35 to 61 of 100 simulations, depending on one assumption"
    )


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (0.0, "hit in almost none of 4,096 simulations"),
        (1.0, "hit in almost all of 4,096 simulations"),
        (0.996, "hit in about 996 of 1000 simulations"),
        (0.73, "hit in about 73 of 100 simulations"),
    ],
)
def test_times_in_a_hundred_never_say_never_or_always(p: float, told: str) -> None:
    cubes, _, _ = cubes_of(*NAMES)
    row = replace(cubes[0].headline()[0], p=p, driver=None)
    assert times(row, alone(row)).en == told
    assert dots_of(p) in range(1, 100)


def test_numbers_keep_their_sign_and_small_ones_their_digits() -> None:
    assert [signed(x) for x in (1.24, -0.04, 0.0, -3.0)] == ["+1.2", "−0.04", "0.0", "−3.0"]
    assert span(0.98, 1.0, 20_480) == "98.0 – >99.9\xa0%"


def test_labels_move_apart_in_their_order_and_stay_inside() -> None:
    moved = apart([50.0, 52.0, 51.0, 199.0], 15.0, 0.0, 200.0)
    order = np.argsort([50.0, 52.0, 51.0, 199.0])
    assert np.all(np.diff(np.array(moved)[order]) >= 15.0)
    assert max(moved) <= 200.0


@pytest.mark.parametrize("step", [0.013, 0.2, 3.0, 7.1, 1234.0])
def test_ticks_are_round_and_within(step: float) -> None:
    assert step <= nice_step(step) <= 2.6 * step
    found = ticks(-step, 4 * step)
    assert all(-step - 1e-9 <= tick <= 4 * step + 1e-9 for tick in found)
    assert 2 <= len(found) <= 6


def test_targets_without_data_are_listed_and_a_plan_without_answers_says_so() -> None:
    cubes, needs, _ = cubes_of(*NAMES)
    empty: Cube = replace(cubes[0], probabilities=(), joint=None, trajectories=())
    source = page_from((empty,), {empty.scenario: ()}).decode()
    assert "There is no headline target that can be evaluated." in source
    assert "There are no targets of cities to evaluate." in source
    assert "Fewer than two headline targets can be evaluated." in source
    missing = replace(cubes[0].headline()[0], p=None, driver=None, grade=None, passages=())
    told = page_from((replace(cubes[0], probabilities=(missing,)),), needs).decode()
    assert "Not evaluated" in told


def answer_of(source: str) -> str:
    start = source.index('<section id="answer"')
    return source[start : source.index("</section>", start)]


def card_of(source: str, target: str) -> str:
    start = source.index(f'<h3 id="t-{target}">')
    return source[start : source.index("</article>", start)]


def section_of(source: str, name: str) -> str:
    start = source.index(f'id="{name}"')
    return source[start : source.index("</section>", start)]


def test_a_target_that_its_versions_decide_is_a_range_and_never_probably_hit(page: str) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    for row in (row for row in cube.headline() if row.target.id in ("H05", "H06")):
        low, high = ends_of_versions(row, cube)
        assert high - low > 0.2
        assert (low, high) == ends_with_versions(row, cube)
        assert kind_of(row, cube) == "depends"
        told = span(low, high, cube.draws)
        unknown = answer_of(page)[: answer_of(page).index("</p>")]
        assert f"{row.target.id} ({told})" in unknown
        assert f'<p class="big">{told}</p>' in card_of(page, row.target.id)
        assert "depending on which version is counted" in card_of(page, row.target.id)
    probably = re.search(r"Probably hit[^<]*", answer_of(page))
    assert probably is not None
    assert "H07" in probably[0]
    assert "H06" not in probably[0].split("Probably missed")[0]


def test_versions_that_move_a_chance_little_leave_it_one_number() -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    first, second = cube.headline()[0], next(row for row in cube.probabilities if not row.target.lead)
    near = alone(replace(first, p=0.5, driver=None), replace(second, p=0.6))
    assert not hangs_on_version(near.probabilities[0], near)
    assert ends_with_versions(near.probabilities[0], near) == (0.5, 0.5)


def test_growth_without_history_has_no_band_and_no_finding(page: str) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    card = card_of(page, "H04")
    assert "one half is there by construction" in card
    assert "model uncertainty: not known" in card
    assert 'class="model"' not in card
    assert 'class="model"' in card_of(page, "H02")
    (row,) = [row for row in cube.headline() if row.target.id == "H04"]
    assert kind_of(row, cube) == "assumed"
    known = replace(row, p=0.9, grade=Grade("A", "A", "A", "A"))
    assert kind_of(known, alone(known)) == "hit"
    assert "(less than 1 point)" in card


def test_every_chance_of_the_answer_carries_its_model_uncertainty(page: str) -> None:
    rows = [row for row in cubes_of(*NAMES)[0][0].headline() if row.target.id in ("H01", "H02", "H03")]
    for row in rows:
        assert row.p10 is not None
        assert row.p90 is not None
        told = f"{chance_of(row, 4096)}; model uncertainty {span(row.p10, row.p90, 4096)}"
        assert f"{row.target.id} {escaped(row.target.name.en)} ({told})" in answer_of(page)


def test_an_actual_outside_the_bands_is_told_on_the_first_screen_and_below_its_chart(page: str) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    found = [each for row in cube.headline() for each in surprises_of(cube, row)]
    assert {(each.row.target.id, each.year) for each in found} >= {("H05", 2017), ("H06", 2017)}
    for each in found:
        told = f"The actual of {each.year}, {each.actual:,.6g}, lies {'above' if each.above else 'below'}"
        assert f"{told} the {each.band} % band" in page
    told = "Published actuals, which this scenario does not use, lie outside its bands: H05"
    assert told in answer_of(page)


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (100.0, []),
        (71.0, []),
        (129.0, []),
        (131.0, [(80, True)]),
        (141.0, [(95, True)]),
        (69.0, [(80, False)]),
    ],
)
def test_an_actual_is_held_against_the_widest_band_that_does_not_hold_it(
    level: float, told: list[tuple[int, bool]]
) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    (row,) = [row for row in cube.headline() if row.target.id == "H05"]
    actual = next(f for f in cube.plan.observed if f.series == "hitech_firms_certified_cumulative")
    quantiles = tuple(actual.value * q / level for q in (60.0, 70.0, 80.0, 100.0, 120.0, 130.0, 140.0))
    path = Trajectory(row.target.area, row.quantity, actual.year, 1.0, 1.0, quantiles)
    found = surprises_of(replace(cube, trajectories=(path,)), row)
    assert [(each.band, each.above) for each in found] == told
    assert surprises_of(replace(cube, trajectories=(path,), effective=900.0), row) == ()


def test_growth_by_arithmetic_and_its_chance_stand_at_every_target_that_has_them(page: str) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    rows = re.findall(r"<tr><th scope=\"row\"><b>(H\d+)</b>.*?</tr>", section_of(page, "needs"))
    assert rows == [row.target.id for row in cube.headline()]
    cells = re.findall(r'<td class="n">((?:(?!</td>).)*)</td></tr>', section_of(page, "needs"))
    assert len(cells) == len(rows)
    assert [("→" in cell) for cell in cells] == [row.required is not None for row in cube.headline()]


def test_one_printed_number_has_one_colour() -> None:
    for tenths in range(1001):
        p = tenths / 1000.0
        printed = float(bare_percent(p, 10**7).strip("<>"))
        assert shade(p) == shade(printed / 100.0), p
    assert [shade(p) for p in (0.446, 0.454, 0.455, 0.0, 1.0)] == [5, 5, 5, 0, 10]


def test_a_table_without_rows_is_not_shown(several: str) -> None:
    assert rows_of(["a"], [], "b") == ""
    assert not re.search(r"<tbody></tbody>", several)


def test_the_answer_stands_before_what_planners_wrote_and_before_the_contents(page: str) -> None:
    assert page.index('id="answer"') < page.index('class="about"') < page.index("<nav")


def test_a_page_of_a_sweep_is_about_its_middle_and_says_so() -> None:
    cubes, needs, _ = cubes_of(*NAMES)
    weights = ("0", "0.5", "1")
    swept = [replace(cubes[0], scenario=w, cell=(("growth.weight", w),)) for w in weights]
    order = order_of([tuple(dict(cube.cell)) for cube in swept])
    assert order == [1, 0, 2]
    assert order_of([(), ("growth.weight",)]) == [0, 1]
    source = page_from([swept[i] for i in order], dict.fromkeys(weights, needs["baseline"])).decode()
    assert "about the cell in the middle of the grid: weight of the plan 0.5." in source


def test_both_tables_of_scenarios_tell_a_chance_alike(several: str) -> None:
    (_, cube, *_), _, _ = cubes_of(*NAMES)
    (row,) = [row for row in cube.headline() if row.target.id == "H05"]
    told = told_chance(row, cube)
    assert "–" in told
    assert f"<small>{told}</small>" in section_of(several, "compared")
    assert f">{told_chance(row, cube, sign=False)}</td>" in answer_of(several)


def test_reasons_of_assumptions_and_calibration_stand_in_both_languages(page: str) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    written = [each for each in cube.plan.assumptions.values() if each.source_zh]
    assert len(written) >= 9
    assert all(escaped(unfolded(each.source_zh)) in page for each in written)
    assert cube.plan.calibration is not None
    for known in cube.plan.calibration.indicators.values():
        assert 'lang="zh-Hans"' in why(known, cube.plan)
        assert known.why in why(known, cube.plan)
    strange = replace(next(iter(cube.plan.calibration.indicators.values())), why="<by hand>")
    assert "&lt;by hand&gt;" in why(strange, cube.plan)


def test_the_drivers_of_a_target_are_its_strongest_assumptions_and_begin_with_the_driver(page: str) -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    for row in cube.headline():
        assert row.moves[0] == row.driver
        sizes = [move.size() for move in strongest_of(row)]
        assert len(sizes) <= 7
        assert all(size >= 0.01 for size in sizes)
        charts = section_of(page, "drivers")
        start = charts.index(f'id="d-{row.target.id}"')
        chart = charts[start : charts.index("</figure>", start)]
        assert chart.count('class="bar"') == len(sizes)
        assert ("No assumption in numbers moves it by 1 point." in chart) == (not sizes)


def test_an_answer_that_many_assumptions_move_shows_seven_of_them() -> None:
    (row, *_), cube = cubes_of(*NAMES)[0][0].headline(), cubes_of(*NAMES)[0][0]
    moves = tuple(Driver(f"a{i}", Name(f"甲{i}", f"a{i}"), 0.3 + 0.01 * i, 0.6) for i in range(9))
    chart = tornado(cube, replace(row, p=0.5, moves=moves), "")
    assert [f">a{i}<" in chart for i in range(9)] == [True] * 7 + [False] * 2


def test_a_version_of_another_year_or_value_is_told_by_what_it_asks_for(page: str) -> None:
    others = card_of(page, "H08").partition("other versions")[2]
    assert "reissued" not in others
    assert "400" in others
    assert "2018" in others


def test_a_workbook_says_beside_the_word_of_a_version_what_it_is() -> None:
    (cube, *_), _, _ = cubes_of(*NAMES)
    rows = list(cube.headline())
    for lang, head, told in (("zh", "口径", "tol2：容差 2 %"), ("en", "version", "tol2: tolerance 2 %")):
        columns = {column.head: column for column in answer_columns(rows, cube, Words(cube.plan, lang))}
        cells = dict(zip([row.target.id for row in rows], columns[head].cells, strict=True))
        assert cells["H01"] == told
        assert cells["H02"] == "printed"


def test_how_parameters_are_taken_is_said_in_words_on_the_page(page: str) -> None:
    table = section_of(page, "assumptions")
    assert "按标准误抽取" in table
    assert not re.search(r"<td[^>]*>drawn</td>", table)
