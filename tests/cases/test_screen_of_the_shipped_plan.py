"""The screen of the shipped plan: what a reader is to find there, on real results of one block."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from sim.baseline.plan import Baseline
from sim.cube import Cube
from sim.outputs.text_table import display_width
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.streams import BLOCK
from sim.studies.batch import run_batch
from sim.tables.layout import WIDEST
from sim.tables.result_files import result_files
from sim.tables.run_screens import run_screens
from sim.tables.screen import screen_text
from sim.tables.targets_table import targets_text
from sim.texts import LANGUAGES

ROOT = Path(__file__).parents[2]
PLAN = "zhejiang-2016"
NONE_OR_ALL = re.compile(r"(?<![\d.,])(0|0\.0|100|100\.0) ?%")


@pytest.fixture(scope="module")
def plans() -> Mapping[str, Baseline]:
    return PlanFolders(ROOT)


@pytest.fixture(scope="module")
def cubes(plans: Mapping[str, Baseline]) -> tuple[Cube, ...]:
    """The baseline and the shipped slowdown, of one block each."""
    files = [ROOT / "scenarios" / name for name in ("baseline.yaml", "slowdown.yaml")]
    scenarios = load_scenarios(files, plans, ROOT)
    return tuple(run_batch([replace(scenario, draws=BLOCK) for scenario in scenarios], plans))


def chance_cells(text: str) -> list[str]:
    """Return the probabilities of the lead headline targets as the table shows them."""
    rows = [line.split("  ") for line in text.splitlines() if re.match(r"H0\d  ", line)]
    return [next(cell.strip() for cell in row if cell.strip().endswith(" %")) for row in rows]


def test_the_nine_headline_targets_stand_in_both_languages_with_equal_numbers(
    cubes: tuple[Cube, ...],
) -> None:
    chinese, english = (screen_text(cubes[0], lang) for lang in LANGUAGES)
    assert len(chance_cells(chinese)) == 9
    assert chance_cells(chinese) == chance_cells(english)


def test_what_the_screen_shows_is_what_the_files_hold(cubes: tuple[Cube, ...]) -> None:
    rows = csv.DictReader(io.StringIO(result_files(cubes[0])["probabilities.csv"].decode("utf-8")))
    leads = [row for row in rows if row["group"] == "headline" and row["lead"] == "true"]
    shown = chance_cells(screen_text(cubes[0], "zh"))
    assert [row["target"] for row in leads] == [f"H0{number}" for number in range(1, 10)]
    for row, cell in zip(leads, shown, strict=True):
        if row["shown_as_range"] == "true":
            low, high = (float(end.strip("<> ")) for end in cell.removesuffix(" %").split("-"))
            assert low - 0.51 <= 100 * float(row["p"]) <= high + 0.51
        elif cell[0] not in "<>":
            assert float(cell.removesuffix(" %")) == pytest.approx(100 * float(row["p"]), abs=0.51)


def test_every_city_has_a_row_and_every_target_a_place(
    cubes: tuple[Cube, ...], plans: Mapping[str, Baseline]
) -> None:
    text = "\n".join(run_screens(cubes, "en"))
    for city in plans[PLAN].cities:
        assert re.search(rf"^{city.name.en} +\*?\d", text, re.MULTILINE)
    for target in plans[PLAN].targets:
        if target.group != "annex_2020" and target.lead:
            assert re.search(rf"^{target.id}\b", text, re.MULTILINE), target.id
    assert text.count("P01 ") == 1
    assert "All 9 headline targets" in text
    assert "9 of them" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_fits_a_terminal_and_says_neither_none_nor_all(cubes: tuple[Cube, ...], lang: str) -> None:
    text = "\n".join(run_screens(cubes, lang))
    assert max(display_width(line) for line in text.splitlines()) <= WIDEST
    assert not NONE_OR_ALL.search(text)


def test_R24_the_chinese_screens_are_safe_on_a_gbk_console(
    cubes: tuple[Cube, ...], plans: Mapping[str, Baseline]
) -> None:
    "\n".join(run_screens(cubes, "zh")).encode("gbk")
    targets_text(plans[PLAN], "zh").encode("gbk")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_list_of_targets_fits_and_speaks_one_language(plans: Mapping[str, Baseline], lang: str) -> None:
    text = targets_text(plans[PLAN], lang)
    assert max(display_width(line) for line in text.splitlines()) <= WIDEST
    assert " | " not in text
    assert ("set up and" in " ".join(text.split())) == (lang == "en")
    prose, annex = text.splitlines()[-3:-1]
    assert re.findall(r"\d+", prose) == ["58", "46", "9", "3"]
    assert re.findall(r"\d+", annex) == ["108", "108"]


def test_the_comparison_shows_what_a_slowdown_takes_with_common_luck(cubes: tuple[Cube, ...]) -> None:
    *_, comparison = run_screens(cubes, "en")
    head, first, other = (
        line for line in comparison.splitlines() if re.match("scenario|Baseline|Slowdown", line)
    )
    assert head.split() == ["scenario", *(f"H0{number}" for number in range(1, 10)), "all"]
    assert not re.search(r" [-+]\d", first.removeprefix("Baseline"))
    values = dict(zip(head.split()[1:], re.findall(r"(\S+) (=|<0\.1|[-+][\d.]+)", other), strict=True))
    for ident in ("H02", "H03", "H04", "H08"):
        assert float(values[ident][1]) < 0
    assert values["H05"][1] == "="
