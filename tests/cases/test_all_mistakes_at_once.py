"""Every mistake of every file in one pass: none hides another, none is said twice."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from sim.baseline.load import load_baseline
from sim.baseline.plan import Baseline
from sim.errors import BadInput, Mistake, Place
from sim.marked.document import document_from_bytes
from sim.scenario.loading import load_scenarios

ROOT = Path(__file__).resolve().parents[2]
TINY = load_baseline(ROOT / "tests" / "plans" / "tiny-2021", ROOT)
PLANS = {"tiny": TINY}
SHOCK = "indicators: money, size: -1, course: {kind: one_year, year: 2022}"

RICH = """\
plan: tiny
title: {zh: 甲, en: a}
growth: {source: blend, weight: 0.3}
drift:
  push: {areas: [alder, birch], indicators: money, years: {from: 2022, to: 2023}, add: 1 pp}
shocks:
  slump:
    title: slump
    platform: 甲市科学城
    areas: {alder: 1, cedar: 0.5}
    indicators: [money]
    size: {kind: triangular, low: -4, mode: -2, high: -1}
    course: {kind: ramp, start: 2022, full: 2023}
events:
  fire: {indicators: money, size: -3 %, effect: level, hazard: 0.1, course: {kind: one_year, year: 2022}}
level_shocks:
  flood: {indicators: money, year: 2023, size: {kind: empirical, values: [-10 %, 5]}}
delays:
  wait: {areas: cedar, indicators: all, by: 2, meanwhile: 3 %}
paths:
  mine: {area: alder, indicator: research, unit: 亿元, levels: {"2022": 120, "2023": 130}}
noise: {province: 0.5, city: 2, dof: gaussian, dependence: 0.1, parameters: fixed}
assumptions: {firms_exit: 0.03, firms_base_valid: {low: 500, central: 550, high: 560}}
targets: [H01, H02]
draws: 8192
seed: 3
"""
WITNESS = {"areas": "aldr", "indicators": "money", "add": 1}


def mistakes(folder: Path, **files: str) -> tuple[Mistake, ...]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_scenarios([folder / f"{name}.yaml" for name in files], PLANS, folder)
    return caught.value.mistakes


def lines(folder: Path, **files: str) -> list[str]:
    return [f"{mistake.place} {mistake.code}" for mistake in mistakes(folder, **files)]


def paths_in(data: Any, steps: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    inner = [path for step, part in parts for path in paths_in(part, (*steps, step))]
    return [steps, *inner] if steps else inner


def changed(data: Any, steps: tuple[Any, ...], value: Any) -> Any:
    new = copy.deepcopy(data)
    at = new
    for step in steps[:-1]:
        at = at[step]
    at[steps[-1]] = value
    return new


def misspelt(data: Any, steps: tuple[Any, ...]) -> Any:
    new = copy.deepcopy(data)
    at = new
    for step in steps[:-1]:
        at = at[step]
    at[f"{steps[-1]}q"] = at.pop(steps[-1])
    return new


SOUND: Any = document_from_bytes(RICH.encode(), "rich.yaml").data
PATHS = paths_in(SOUND)
OF_FIELDS = ("title", "growth", "noise")
"""Maps at the top whose keys are fields; the keys in the others are names."""


def test_a_misspelt_name_beside_a_misspelt_field_is_found_in_the_same_pass(tmp_path: Path) -> None:
    text = (
        "plan: tiny\n"
        "shocks:\n"
        "  slump:\n"
        "    areas: aldr\n"
        "    indicators: money\n"
        "    size: -1\n"
        "    course: {kind: ramp, start: 2022, ful: 2023}\n"
    )

    assert lines(tmp_path, a=text) == ["a.yaml:4:12 unknown-area", "a.yaml:7:39 unknown-field"]


def test_a_misspelt_field_is_read_as_what_it_is_nearest_to(tmp_path: Path) -> None:
    text = (
        "paln: tiny\n"
        "shoks:\n"
        "  slump:\n"
        "    aeras: {aldr: 1}\n"
        "    indicators: money\n"
        "    sise: 3 %\n"
        "    course: {knd: ramp, start: 2031, ful: 2023}\n"
    )

    found = mistakes(tmp_path, a=text)

    assert [f"{m.place.line}:{m.place.column} {m.code}" for m in found] == [
        "1:1 unknown-field",
        "2:1 unknown-field",
        "4:5 unknown-field",
        "4:13 unknown-area",
        "6:5 unknown-field",
        "6:11 wrong-unit",
        "7:14 unknown-field",
        "7:32 year-outside",
        "7:38 unknown-field",
    ]
    assert dict(found[-1].details) == {"field": "ful", "near": "full"}


def test_a_field_that_is_missing_and_not_misspelt_is_said_to_be_missing(tmp_path: Path) -> None:
    text = "plan: tiny\ndrift: {a: {indicators: money, remark: 1}}\n"

    assert lines(tmp_path, a=text) == ["a.yaml:2:9 missing-field", "a.yaml:2:32 unknown-field"]


def test_of_two_misspellings_of_one_field_the_second_is_left_alone(tmp_path: Path) -> None:
    text = "plan: tiny\ndrift: {a: {indicators: money, ad: 1, addd: 2 %}}\n"

    assert lines(tmp_path, a=text) == ["a.yaml:2:32 unknown-field", "a.yaml:2:39 unknown-field"]


def test_mistakes_of_every_sort_and_section_come_together(tmp_path: Path) -> None:
    text = (
        "plan: tiny\n"
        "draws: many\n"
        "growth: {source: guess}\n"
        "drift:\n"
        "  zero: {indicators: money, add: 0}\n"
        "  list: [1]\n"
        "  late: {areas: [aldr, 3], indicators: mony, years: [2022, 2031, x], add: 1}\n"
        "shocks:\n"
        f"  weak: {{areas: {{aldr: 1, birch: much}}, {SHOCK}}}\n"
        "  odd: {indicators: mony, size: {kind: normal, central: 1 %, sd: big}, platform: nowhere,"
        " course: {kind: ramp, start: 2031, full: x}}\n"
        f"events: {{never: {{areas: aldr, probability: often, {SHOCK}}}}}\n"
        "level_shocks: {flood: {areas: aldr, indicators: money, year: soon, size: 3 pp}}\n"
        "delays: {wait: {areas: aldr, indicators: money, by: 1.5, meanwhile: 3 pp}}\n"
        "paths: {p: {area: aldr, indicator: [money], levels: {2022: much, 2031: 5}}}\n"
        "assumptions: {firm_exit: much, firms_exit: {low: 2, central: x, high: 3 pp}}\n"
        "targets: [H99, 3]\n"
    )

    assert lines(tmp_path, a=text) == [
        f"a.yaml:{line}"
        for line in (
            "2:8 not-an-integer",
            "3:18 unknown-choice",
            "5:34 add-zero",
            "6:9 not-a-map",
            "7:18 unknown-area",
            "7:24 text-needed",
            "7:40 unknown-indicator",
            "7:60 year-outside",
            "7:66 not-years",
            "9:18 unknown-area",
            "9:34 not-a-number",
            "10:21 unknown-indicator",
            "10:57 wrong-unit",
            "10:66 not-a-number",
            "10:82 unknown-platform",
            "10:119 year-outside",
            "10:131 not-an-integer",
            "11:25 unknown-area",
            "11:44 not-a-number",
            "12:31 unknown-area",
            "12:62 not-an-integer",
            "12:74 wrong-unit",
            "13:24 unknown-area",
            "13:53 not-an-integer",
            "13:69 wrong-unit",
            "14:19 unknown-area",
            "14:36 text-needed",
            "14:60 not-a-number",
            "14:66 year-outside",
            "15:15 unknown-assumption",
            "15:26 not-a-number",
            "15:50 out-of-range",
            "15:62 not-a-number",
            "15:71 wrong-unit",
            "16:11 unknown-target",
            "16:16 text-needed",
        )
    ]


def test_what_follows_from_a_value_that_cannot_be_read_is_not_said(tmp_path: Path) -> None:
    text = (
        "plan: tiny\n"
        "growth: {source: [x], weight: 0.4}\n"
        "events:\n"
        "  a: {effect: levl, indicators: money, size: -3 %, probabilty: 0.3,"
        " course: {kind: one_year, year: 2022}}\n"
        f"shocks: {{s: {{platform: 甲市科学城, areas: [birch, 1], {SHOCK}}}}}\n"
        "paths: {p: {area: alder, indicator: research, levels: {2022: 120, 2023: x, 2024: 140}}}\n"
    )

    assert lines(tmp_path, a=text) == [
        "a.yaml:2:18 unknown-choice",
        "a.yaml:4:15 unknown-choice",
        "a.yaml:4:52 unknown-field",
        "a.yaml:5:46 text-needed",
        "a.yaml:6:73 not-a-number",
    ]


def test_mistakes_of_several_files_come_together_each_in_its_own(tmp_path: Path) -> None:
    drift = "drift: {d: {areas: aldr, indicators: money, add: 1}}\n"

    assert lines(
        tmp_path,
        a=f"plan: tiny\nseeds: 3\n{drift}",
        b="plan: tiny\ndrift: {d: {indicators: money, ad: 1}}\n"
        f"shocks: {{s: {{areas: brich, {SHOCK}}}}}\n",
        c="plan: tiny\nseed: *x\n",
        d=f"extends: b\nmixins: nothing\n{drift}",
        e="plan: tniy\ntargts: all\n",
    ) == [
        "a.yaml:2:1 unknown-field",
        "a.yaml:3:20 unknown-area",
        "b.yaml:2:32 unknown-field",
        "b.yaml:3:21 unknown-area",
        "c.yaml:2:7 alias",
        "d.yaml:2:9 no-such-file",
        "d.yaml:3:20 unknown-area",
        "e.yaml:1:7 unknown-plan",
        "e.yaml:2:1 unknown-field",
    ]


def test_of_a_file_whose_parent_is_missing_nothing_is_said_that_the_parent_may_mend(tmp_path: Path) -> None:
    text = (
        "extends: nothing\n"
        "plan: tiny\n"
        "seed:\n"
        "shocks: {s: {areas: aldr, size: -3 %}}\n"
        "events: {e: {indicators: money, course: {start: 2022}}}\n"
    )

    assert lines(tmp_path, a=text) == ["a.yaml:1:10 no-such-file", "a.yaml:4:21 unknown-area"]


def test_mistakes_of_the_plan_folder_are_told_of_a_file_whose_parent_is_missing(tmp_path: Path) -> None:
    class Broken(dict[str, Baseline]):
        def __missing__(self, plan: str) -> Baseline:
            place = Place(f"baselines/{plan}/plan.yaml")
            raise BadInput([Mistake(place, "missing-file", (("near", ""),))])

    (tmp_path / "a.yaml").write_text("extends: nothing\nplan: x\n", encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "a.yaml"], Broken(), tmp_path)

    assert [mistake.code for mistake in caught.value.mistakes] == ["no-such-file", "missing-file"]


def test_a_misspelt_extends_is_one_mistake(tmp_path: Path) -> None:
    assert lines(tmp_path, a="extend: b\nseed: 3\n") == ["a.yaml:1:1 unknown-field"]


def test_a_sweep_with_mistakes_hides_none_of_the_rest(tmp_path: Path) -> None:
    text = (
        "plan: tiny\n"
        "growth: {source: blend}\n"
        "drift: {push: {areas: aldr, indicators: money}}\n"
        "sweep: {drift.pusch.add: [1, 2], growth.weight: {from: 0, to: 1}, noise: [[]], noise.city: 3}\n"
    )

    assert lines(tmp_path, a=text) == [
        "a.yaml:3:23 unknown-area",
        "a.yaml:4:9 unknown-entry",
        "a.yaml:4:49 missing-field",
        "a.yaml:4:75 not-sweep-values",
        "a.yaml:4:92 not-sweep-values",
    ]


def test_two_files_of_one_output_are_noted_although_one_has_mistakes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()

    found = lines(tmp_path, **{"a": "plan: tiny\nseed: x\n", "sub/a": "plan: tiny\n"})

    assert found == ["a.yaml:2:7 bad-seed", "sub/a.yaml:1:1 same-output"]


def test_the_rich_scenario_is_sound(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RICH, encoding="utf-8")

    assert len(load_scenarios([tmp_path / "a.yaml"], PLANS, tmp_path)) == 1


@pytest.mark.parametrize("value", [[], {}, True, "?", -7e9, [[]], {"x": {"y": "z"}}], ids=repr)
def test_no_wrong_shape_anywhere_hides_a_misspelt_name_elsewhere(tmp_path: Path, value: Any) -> None:
    for steps in PATHS:
        if steps in (("plan",), ("drift",)):
            continue
        data = changed(changed(SOUND, steps, value), ("drift", "witness"), WITNESS)
        names = {dict(mistake.details).get("name") for mistake in mistakes(tmp_path, a=json.dumps(data))}

        assert "aldr" in names, steps


def test_a_misspelt_field_is_one_mistake_and_no_more(tmp_path: Path) -> None:
    for steps in PATHS:
        is_field = isinstance(steps[-1], str) and (len(steps) != 2 or steps[0] in OF_FIELDS)
        if not is_field or (len(steps) > 2 and steps[-2] in ("areas", "levels")):
            continue
        found = mistakes(tmp_path, a=json.dumps(misspelt(SOUND, steps)))

        assert [mistake.code for mistake in found] == ["unknown-field"], steps
