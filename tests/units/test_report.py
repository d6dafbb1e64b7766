"""The report as bytes: what it must hold, how large it may be, and what must never stand in it."""

from __future__ import annotations

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
from sim.cube import Cube, Driver
from sim.report.headline import times
from sim.report.markup import Html, amount, element, escaped, listed, shown, text
from sim.report.numbers import chance_of, signed, span
from sim.report.page import SECTIONS
from sim.report.svg import apart, nice_step, ticks
from sim.tables.selection import dots_of, ends_of
from sim.texts import table
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
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": "Asia/Kathmandu", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed, locale in (("1", "C"), ("2", "C.UTF-8"))
    }
    assert len(found) == 1


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


def test_where_one_assumption_moves_a_chance_far_a_range_is_told_and_drawn() -> None:
    cubes, _, _ = cubes_of(*NAMES)
    row = replace(cubes[0].headline()[0], p=0.5, driver=Driver("x", Name("甲", "a"), 0.35, 0.61))
    assert ends_of(row) == (0.35, 0.61)
    assert chance_of(row, 4096) == "35–61\xa0%"
    assert times(row, 4096).en == "hit in about 35 to 61 of 100 simulations, depending on one assumption"


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
    assert times(replace(cubes[0].headline()[0], p=p, driver=None), 4096).en == told
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
