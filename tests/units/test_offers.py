"""What a mistake offers instead: near names, each in quotes, in the reader's language, and its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic_core import PydanticCustomError

from sim import cli
from sim.axes import Name
from sim.baseline.load import load_baseline
from sim.errors import (
    COMMAND_LINE,
    MORE,
    SEPARATOR,
    BadInput,
    Mistake,
    Place,
    as_written,
    nearest_of,
    times_apart,
)
from sim.marked.document import document_from_text
from sim.marked.table import table_from_bytes
from sim.scenario.choices import SHOWN
from sim.scenario.loading import load_scenarios
from sim.scenario.measures import number_from
from sim.scenario.names import directories_of, directory
from sim.scenario.plans import PlanFolders

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "plans" / "tiny-2021"
CITIES = ("杭州", "宁波", "温州", "湖州", "嘉兴", "绍兴", "金华", "衢州", "舟山", "台州", "丽水")


@pytest.mark.parametrize(
    ("word", "legal", "offered"),
    [
        ("杭洲", CITIES, ("杭州",)),
        ("=>", (">=", ">", "≈"), (">=",)),
        ("nope", ("72_nospace", "baseline"), ()),
        ("mony", ("money", "firms"), ("money",)),
        ("chek", ("check", "compare", "explain"), ("check",)),
        ("", ("a",), ()),
        ("kat", ("cat", "kit"), ("kit",)),  # of two that are as near the one with the same first letter
        ("key0", tuple(f"key{n}" for n in range(1, 9)), tuple(f"key{n}" for n in range(1, 7))),  # six at most
    ],
)
def test_what_is_offered_is_what_was_probably_meant(
    word: str, legal: tuple[str, ...], offered: tuple[str, ...]
) -> None:
    assert nearest_of(word, legal) == offered


def test_names_that_are_equally_near_are_all_offered() -> None:
    offered = nearest_of("溫州", CITIES)
    assert set(offered) == {"杭州", "温州", "湖州", "衢州", "台州"}
    line = Mistake(Place("a"), "unknown-area", (("name", "溫州"), ("near", " / ".join(offered)))).line("en")
    assert "'温州'" in line
    assert line.count(" or ") == 1


@pytest.mark.parametrize(
    ("word", "offered"),
    [
        ("拍卖", ["科技成果拍卖"]),
        ("孵化", ["创业苗圃—孵化器—加速器", "国家和省级孵化器（大学科技园）"]),
        ("Nursery", ["Nursery, incubator, accelerator"]),
        ("ACCELERATOR", ["Nursery, incubator, accelerator"]),
    ],
)
def test_a_part_of_a_name_offers_the_names_that_hold_it(word: str, offered: list[str]) -> None:
    """One name of each thing, and not the list of all."""
    pipelines = directories_of(PlanFolders(ROOT)["zhejiang-2016"]).pipelines
    assert pipelines.near(word, only_single=True).split(SEPARATOR) == offered


@pytest.mark.parametrize("word", ["企", "or", "prov", "zzzz"])
def test_a_part_of_many_names_or_of_none_or_a_letter_offers_the_first_of_all(word: str) -> None:
    pipelines = directories_of(PlanFolders(ROOT)["zhejiang-2016"]).pipelines
    chinese = next(name for name in pipelines.legal if not name.isascii())
    first = next(iter(pipelines.ids)) if word.isascii() else chinese
    assert pipelines.near(word).split(SEPARATOR)[::SHOWN] == [first, MORE]


def test_an_id_with_other_digits_is_offered_from_its_own_letter() -> None:
    offered = nearest_of("H10", ("H01", "H02", "H09", "P10", "P01"))
    assert offered
    assert all(name.startswith("H") for name in offered)


def test_nothing_is_offered_where_there_is_nothing() -> None:
    line = Mistake(Place("a"), "unknown-area", (("name", "x"), ("near", ""))).line("en")
    assert line == "a:1:1: no area 'x' [unknown-area]"


def test_a_reader_gets_needs_and_units_in_one_language() -> None:
    needs = Mistake(COMMAND_LINE, "target-without-data", (("name", "P01"), ("needs", "缺 | lacks it")))
    assert (needs.line("en"), needs.line("zh")) == (
        "the target P01 cannot be evaluated; missing: lacks it [target-without-data]",
        "目标 P01 无法评估，缺少：缺 [target-without-data]",
    )
    unit = Mistake(Place("a"), "wrong-unit", (("expected", "百分点"), ("unit", "亿元")))
    assert "'百分点 (percentage points)'" in unit.line("en")
    assert "100 million yuan" in unit.line("en")
    assert "percentage" not in unit.line("zh")


@pytest.mark.parametrize(
    ("word", "area"),
    [("全省", "zhejiang"), ("浙江省", "zhejiang"), ("浙江", "zhejiang"), ("杭州市", "hangzhou")],
)
def test_areas_are_known_with_and_without_their_suffix(word: str, area: str) -> None:
    assert directories_of(PlanFolders(ROOT)["zhejiang-2016"]).areas.id_of(word) == area


def test_a_name_that_has_its_suffix_is_known_without_it_unless_one_letter_is_left() -> None:
    areas = directories_of(load_baseline(TINY, ROOT)).areas
    assert areas.id_of("某省") == "shire"
    assert areas.id_of("某") is None


def test_a_group_keeps_its_name_from_what_a_thing_may_be_called_besides() -> None:
    things, group = [("north", Name("北", "North"))], {"north_province": (Name("北省", "N"), ("north",))}
    found = directory("unknown-area", things, group, [("north", "北省"), ("north", "北市")])
    assert found.id_of("北省") is None
    assert found.group_of("北省") == ("north",)
    assert found.id_of("北市") == "north"


@pytest.mark.parametrize("value", [1e15 * 1.001, -2e15, 10**16])
def test_a_number_beyond_all_sense_is_refused(value: float) -> None:
    assert number_from(1e15) == 1e15
    with pytest.raises(PydanticCustomError, match="number-range"):
        number_from(value)


def test_what_is_not_allocated_cannot_be_named(tmp_path: Path) -> None:
    text = "plan: tiny\ndrift: {d: {areas: unallocated, indicators: money, add: 1}}\n"
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "a.yaml"], {"tiny": load_baseline(TINY, ROOT)}, tmp_path)
    assert [mistake.code for mistake in caught.value.mistakes] == ["unallocated-area"]


@pytest.mark.parametrize("file", ["areas.csv", "indicators.csv", "printed.csv"])
def test_a_table_without_rows_is_one_mistake(file: str, tmp_path: Path) -> None:
    plan = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    head = (plan / file).read_text(encoding="utf-8").splitlines()[0]
    (plan / file).write_text(head + "\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_baseline(plan, tmp_path)
    mistakes = [mistake for mistake in caught.value.mistakes if mistake.place.file.endswith(file)]
    assert [mistake.code for mistake in mistakes] == ["no-rows"]
    assert not any("''" in mistake.line("en") for mistake in caught.value.mistakes)


def test_without_any_figure_nothing_is_offered_for_a_series(tmp_path: Path) -> None:
    plan = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    for file in ("history.csv", "panel.csv"):
        head = (plan / file).read_text(encoding="utf-8").splitlines()[0]
        (plan / file).write_text(head + "\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_baseline(plan, tmp_path)
    codes = [mistake.code for mistake in caught.value.mistakes]
    assert "no-rows" in codes
    assert "unknown-series" not in codes


def test_a_mistake_of_the_command_line_has_no_place_in_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "scenarios" / "baseline.yaml")
    argv = ["explain", file, "--area", "杭洲", "--indicator", "rd_expenditure", "--lang", "zh"]
    assert cli.main(argv, ROOT) == 2
    assert capsys.readouterr().err == "没有地区“杭洲”；是否要写“杭州”？ [unknown-area]\n"


def test_a_target_is_explained_by_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "scenarios" / "baseline.yaml")
    assert cli.main(["explain", file, "--area", "全省", "--indicator", "H01", "--lang", "en"], ROOT) == 0
    assert "R&D expenditure" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "written"),
    [(1200000.0, "1200000"), (0.1 + 0.2, "0.3"), (6210.36, "6210.36"), (1e15, "1" + 15 * "0")],
)
def test_a_number_is_told_as_it_was_written(value: float, written: str) -> None:
    assert as_written(value) == written


def test_the_factor_between_two_numbers_is_told() -> None:
    assert (times_apart(1.2e6, 120.0), times_apart(3.0, 30000.0), times_apart(1.0, 0.0)) == (
        "10,000",
        "10,000",
        "∞",
    )


def test_an_empty_yaml_file_is_told_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "a.yaml"], {}, tmp_path)
    assert "write {}" in caught.value.mistakes[0].line("en")


SHOCK = "plan: tiny\nshocks: {{s: {{indicators: money, size: {size}, course: {course}}}}}\n"
IN_2022 = "{kind: one_year, year: 2022}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SHOCK.format(size="200", course=IN_2022), "out-of-range"),
        (SHOCK.format(size="{kind: normal, central: -150, sd: 1}", course=IN_2022), "out-of-range"),
        (SHOCK.format(size="-3", course="{kind: rebound, start: 2025, years: 2}"), "rebound-after-plan"),
        (
            "plan: tiny\nevents: {e: {effect: level, probability: 0.5, indicators: money, course: "
            + IN_2022
            + ", size: {kind: lognormal, median: -120, log_sd: 0.1}}}\n",
            "level-below-zero",
        ),
        ("plan: tiny\ndrift:\n  d:\n    indicators: money\n    add: 1,5\n", "decimal-comma"),
        ("plan: tiny\ndrift:\n  d:\n    indicators: money\n    add: 1,5 pp\n", "decimal-comma"),
        ("plan: tiny\ngrowth: {source: blend, weight: '0,5'}\n", "decimal-comma"),
    ],
)
def test_a_size_that_leaves_nothing_or_does_nothing_is_refused(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_scenarios([tmp_path / "a.yaml"], {"tiny": load_baseline(TINY, ROOT)}, tmp_path)
    assert [mistake.code for mistake in caught.value.mistakes] == [code]


def test_a_rebound_that_gives_a_part_back_within_the_plan_is_legal(tmp_path: Path) -> None:
    text = SHOCK.format(size="-3", course="{kind: rebound, start: 2024, years: 2}")
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    assert load_scenarios([tmp_path / "a.yaml"], {"tiny": load_baseline(TINY, ROOT)}, tmp_path)


def mistakes_of(folder: Path, text: str) -> list[str]:
    """Return what is said in Chinese of *text* as a scenario of the small plan."""
    (folder / "baselines").mkdir(exist_ok=True)
    shutil.copytree(TINY, folder / "baselines" / TINY.name, dirs_exist_ok=True)
    (folder / "scenarios").mkdir(exist_ok=True)
    file = folder / "scenarios" / "mine.yaml"
    head = f"plan: {TINY.name}\ntitle: x\nabout: y\ngrowth: {{source: plan}}\n"
    file.write_text(head + text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        load_scenarios([file], PlanFolders(folder), folder)
    return [mistake.line("zh").partition("mine.yaml:")[2] for mistake in caught.value.mistakes]


def test_a_field_by_its_chinese_name_is_told_its_key_and_read_on(tmp_path: Path) -> None:
    lines = mistakes_of(tmp_path, "增速调整:\n  甲: {地区: 全部, 指标: 某某, 增减: 1}\n")
    assert [line for line in lines if "增速调整" in line][0].endswith("；是否要写“drift”？ [unknown-field]")
    for written, key in (("地区", "areas"), ("指标", "indicators"), ("增减", "add")):
        assert any(f"没有字段“{written}”；是否要写“{key}”？" in line for line in lines)
    assert any("没有指标“某某”" in line for line in lines)


def test_names_in_one_text_are_offered_as_a_list(tmp_path: Path) -> None:
    baseline = load_baseline(TINY, ROOT)
    one, two = (indicator.name.zh for indicator in baseline.indicators[:2])
    for mark in "，、；":
        line = mistakes_of(tmp_path, f"drift: {{a: {{indicators: {one}{mark}{two}, add: 1}}}}\n")[0]
        assert f"[{one}, {two}]" in line
        assert "[names-in-one]" in line


def test_someone_who_wrote_chinese_is_offered_chinese_names() -> None:
    indicators = directories_of(load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT)).indicators
    assert indicators.near("新产品") == "规模以上工业新产品产值"
    assert not any(name.isascii() for name in indicators.near("龘").split(SEPARATOR))
    assert all(name.isascii() for name in indicators.near("zzzz").split(SEPARATOR) if name != MORE)


def test_a_file_that_is_not_there_is_offered_its_likest_neighbour(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "出口下滑.yaml").write_text("{}", encoding="utf-8")
    for wrong in ("出口下滑.yml", "scenario/出口下滑.yaml", "scenarios/出口下划.yaml"):
        with pytest.raises(BadInput) as caught:
            load_scenarios([tmp_path / wrong], PlanFolders(tmp_path), tmp_path)
        assert "；是否要写“scenarios/出口下滑.yaml”？ [missing-file]" in caught.value.mistakes[0].line("zh")


def test_a_column_headed_in_chinese_is_told_its_key() -> None:
    with pytest.raises(BadInput) as caught:
        table_from_bytes("指标,地区\n甲,乙\n".encode(), "a.csv", ("series", "region", "year"))
    said = " ".join(mistake.line("zh") for mistake in caught.value.mistakes)
    assert "没有列“指标”；是否要写“series”？" in said
    assert "没有列“地区”；是否要写“region”？" in said


def test_all_full_width_colons_that_stand_together_are_told_at_once() -> None:
    with pytest.raises(BadInput) as caught:
        document_from_text("plan: x\ndrift：\n  甲：\n    areas： 全部\nseed: 1\n", "a.yaml")
    assert [mistake.place.line for mistake in caught.value.mistakes] == [2, 3, 4]
    assert {mistake.code for mistake in caught.value.mistakes} == {"full-width-colon"}
