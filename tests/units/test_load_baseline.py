"""A plan folder loads whole, or says everything that is wrong with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sim.baseline.load import KEPT, forget, load_baseline
from sim.errors import BadInput, Mistake

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "plans" / "tiny-2021"
ZHEJIANG = ROOT / "baselines" / "zhejiang-2016"

Edit = Callable[[str, str, str], None]


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """Return a copy of the tiny plan that a test may break."""
    return Path(shutil.copytree(TINY, tmp_path / "plans" / "tiny"))


@pytest.fixture
def edit(plan: Path) -> Edit:
    """Return a function that replaces the one occurrence of a text in a file of the plan."""

    def replace(file: str, old: str, new: str) -> None:
        text = (plan / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (plan / file).write_text(text.replace(old, new), encoding="utf-8", newline="\n")

    return replace


def mistakes_of(plan: Path) -> tuple[Mistake, ...]:
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, plan.parent.parent)
    for mistake in raised.value.mistakes:
        assert mistake.line("zh")
    return raised.value.mistakes


def found_in(plan: Path) -> list[str]:
    return [f"{m.place} {m.code}".removeprefix("plans/tiny/") for m in mistakes_of(plan)]


def test_another_plan_is_another_folder() -> None:
    baseline = load_baseline(TINY, ROOT)
    assert (baseline.id, baseline.folder) == ("tiny-2021", "tests/plans/tiny-2021")
    assert (baseline.base_year, baseline.years) == (2020, (2021, 2022, 2023, 2024, 2025))
    assert [city.id for city in baseline.cities] == ["alder", "birch", "cedar"]
    assert baseline.province.id == "shire"
    assert baseline.cities[0].groups == ("lowland",)
    assert [indicator.id for indicator in baseline.indicators] == ["new_firms", "research"]
    assert [item.id for item in baseline.derived] == ["firms_cumulative", "firms_valid", "entry_rate"]
    assert baseline.groups == {"lowland": ("alder", "birch"), "money": ("research",)}
    assert len({figure.region for figure in baseline.figures}) >= 8 + 1
    assert baseline.calibration is None
    assert set(baseline.hashes) == {file.name for file in TINY.iterdir()}


def test_printed_numbers_carry_their_precision_and_growth_is_a_fraction() -> None:
    baseline = load_baseline(TINY, ROOT)
    alder, research = 0, baseline.indicator_axis().position("research")
    assert baseline.printed.level[alder, research, 0] == 110.0
    assert baseline.printed.level_half[alder, research, 0] == 0.05
    assert baseline.printed.growth[alder, research, 0] == 0.1
    assert baseline.printed.growth_half[alder, research, 0] == 0.0005
    assert np.isnan(baseline.printed.growth[:, baseline.indicator_axis().position("new_firms")]).all()


def test_targets_are_converted_to_the_unit_of_their_quantity() -> None:
    targets = {(target.id, target.version): target for target in load_baseline(TINY, ROOT).targets}
    assert targets["H03", "valid"].value == 0.1
    assert targets["H03", "valid"].threshold == 1000
    assert targets["H03", "valid"].tolerance == 2
    assert targets["H02", "cagr"].threshold == 9.5
    assert np.isnan(targets["P03", "printed"].value)
    personnel = next(target for target in load_baseline(ZHEJIANG, ROOT).targets if target.id == "H02")
    assert (personnel.value, personnel.threshold) == (45.6, 456_000)


def test_the_order_of_rows_changes_nothing_but_places(plan: Path) -> None:
    for file in ("areas.csv", "indicators.csv", "printed.csv"):
        head, *rows = (plan / file).read_text(encoding="utf-8").splitlines()
        (plan / file).write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    turned, straight = load_baseline(plan, plan), load_baseline(TINY, ROOT)
    assert [city.id for city in turned.cities] == [city.id for city in straight.cities]
    np.testing.assert_array_equal(turned.printed.level, straight.printed.level)
    np.testing.assert_array_equal(turned.path, straight.path)


def test_what_the_program_writes_may_be_absent(plan: Path) -> None:
    (plan / "path.csv").unlink()
    baseline = load_baseline(plan, plan)
    assert np.isnan(baseline.path).all()
    assert baseline.path.shape == (4, 2, 6)
    assert "path.csv" not in baseline.hashes


def test_the_zhejiang_folder_loads_with_all_its_cells() -> None:
    baseline = load_baseline(ZHEJIANG, ROOT)
    assert np.count_nonzero(~np.isnan(baseline.printed.level)) == 540
    assert {target.id for target in baseline.targets if target.group == "headline"} == {
        f"H0{i}" for i in range(1, 10)
    }


@pytest.mark.speed
def test_loading_is_fast_and_needs_neither_pandas_nor_scipy() -> None:
    code = (
        "import sys; from pathlib import Path; from sim.baseline.load import load_baseline;"
        f"load_baseline(Path({str(ZHEJIANG)!r}), Path({str(ROOT)!r}));"
        "sys.exit(len({'pandas', 'scipy', 'pyarrow', 'pydantic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    times = []
    for _ in range(3):
        forget()
        start = time.perf_counter()
        load_baseline(ZHEJIANG, ROOT)
        times.append(time.perf_counter() - start)
    assert min(times) < 2.0  # a quarter of a second, and several times that while coverage is measured


def test_a_plan_that_was_read_is_read_again_only_where_a_file_changed(plan: Path, edit: Edit) -> None:
    first = load_baseline(plan, plan.parent.parent)
    assert load_baseline(plan, plan.parent.parent) is first
    assert load_baseline(plan, plan) is not first  # places are told from another folder
    with pytest.raises(ValueError, match="read-only"):
        first.path[:] = 0.0
    edit("areas.csv", "Birch", "Silver Birch")
    changed = load_baseline(plan, plan.parent.parent)
    assert [city.name.en for city in changed.cities] == ["Alder", "Silver Birch", "Cedar"]
    edit("areas.csv", "Silver Birch", "Birch")
    assert load_baseline(plan, plan.parent.parent) is first
    (plan / "path.csv").unlink()
    assert np.isnan(load_baseline(plan, plan.parent.parent).path).all()
    (plan / "path.csv").mkdir()  # no file, so that no hash tells it from an absent one
    assert found_in(plan)[0].startswith("path.csv:1:1 ")


def test_no_more_plans_than_a_few_are_kept(plan: Path) -> None:
    forget()
    first = load_baseline(plan, plan)
    for number in range(KEPT):
        add(plan, "platforms.csv", f"alder,platform,x{number},y\n")
        load_baseline(plan, plan)
    (plan / "platforms.csv").write_bytes((TINY / "platforms.csv").read_bytes())
    assert load_baseline(plan, plan) is not first


def test_all_mistakes_of_all_files_are_reported_at_once(plan: Path, edit: Edit) -> None:
    edit("areas.csv", "birch,乙市,Birch,city", "birch,乙市,Birch,town")
    edit("printed.csv", "research,alder,2023,133.1,10.0", "research,alder,2023,133.1,1l.0")
    edit("observed.csv", "alder,2021,112.0,亿元", "alder,2021,112.0,亿圆")
    edit("derived.yaml", "lag: 1", "lagg: 1")
    edit("assumptions.yaml", "low: 550", "low: 650")
    edit("targets.csv", "H02,cagr,yes", "H02,cagr,maybe")
    (plan / "platforms.csv").unlink()
    found = found_in(plan)
    assert [entry.partition(":")[0] for entry in found] == sorted(entry.partition(":")[0] for entry in found)
    for expected in (
        "areas.csv:4:16 bad-choice",
        "assumptions.yaml:25:1 not-in-order",
        "derived.yaml:27:3 unknown-field",
        "observed.csv:3:36 unknown-unit",
        "platforms.csv:1:1 missing-file",
        "printed.csv:9:27 bad-value",
        "targets.csv:3:10 bad-choice",
    ):
        assert expected in found


def test_the_sentence_of_a_mistyped_growth_is_the_one_of_the_architecture(plan: Path, edit: Edit) -> None:
    edit("printed.csv", "research,alder,2023,133.1,10.0", "research,alder,2023,133.1,1l.0")
    (mistake,) = mistakes_of(plan)
    assert mistake.line("en") == "plans/tiny/printed.csv:9:27: growth '1l.0' is not a number [bad-value]"


@pytest.mark.parametrize("name", ["areas.csv", "indicators.csv", "plan.yaml", "printed.csv", "history.csv"])
def test_R10_a_missing_file_is_reported(plan: Path, name: str) -> None:
    (plan / name).unlink()
    assert f"{name}:1:1 missing-file" in found_in(plan)


def test_R10_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as raised:
        load_baseline(tmp_path / "none", tmp_path)
    assert [m.code for m in raised.value.mistakes] == ["missing-folder"]


def test_R10_missing_cells_are_listed_each(plan: Path, edit: Edit) -> None:
    edit("printed.csv", "research,birch,2022,58.3,8.0\n", "")
    edit("printed.csv", "new_firms,cedar,2025,10,\n", "")
    sentences = [m.line("en") for m in mistakes_of(plan)]
    assert "cell research birch 2022 is missing" in sentences[0]
    assert "cell new_firms cedar 2025 is missing" in sentences[1]
    assert len(sentences) == 2


def test_R10_an_indicator_without_any_cell_is_one_mistake(plan: Path) -> None:
    lines = (plan / "printed.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (plan / "printed.csv").write_text("".join(x for x in lines if not x.startswith("new_firms")), "utf-8")
    assert found_in(plan) == ["indicators.csv:3:1 indicator-not-printed"]


NO_PANEL = "research_spending,shire,2010,69.84,亿元,actual,,high,invented for tests\n"
BROKEN = [
    ("plan.yaml", "base_year: 2020", "base_year: 2019", "plan.yaml:5:8 years-not-in-a-row"),
    ("plan.yaml", "areas: [alder, birch]", "areas: [alder, brich]", "plan.yaml:7:49 unknown-area"),
    ("plan.yaml", "areas: [alder, birch]", "areas: [alder, alder]", "plan.yaml:7:49 duplicate-member"),
    ("plan.yaml", "indicators: [research]", "indicators: [resaerch]", "plan.yaml:8:57 unknown-indicator"),
    ("plan.yaml", "  lowland:", "  all:", "plan.yaml:7:3 bad-id"),
    (
        "plan.yaml",
        '"common:factor:economy": 2',
        '"common:factor:economy": 1',
        "plan.yaml:11:28 dimension-reused",
    ),
    ("plan.yaml", '"common:mixing": 1', '"common:mixing": 0', "plan.yaml:10:20 not-positive"),
    ("plan.yaml", '"common:mixing": 1\n', '"common:mixing": x\n', "plan.yaml:10:20 not-integer"),
    ("plan.yaml", "document: 试验文件第1号", "document: 1", "plan.yaml:3:11 not-text"),
    ("plan.yaml", "document: 试验文件第1号\n", "", "plan.yaml:2:1 missing-field"),
    ("plan.yaml", "document:", "extra: 1\ndocument:", "plan.yaml:3:1 unknown-field"),
    ("plan.yaml", "{zh: 平原, en: Lowland, areas: [alder, birch]}", "平原", "plan.yaml:7:3 not-a-mapping"),
    ("plan.yaml", "areas: [alder, birch]", "areas: alder", "plan.yaml:7:41 not-list"),
    ("areas.csv", "shire,某省,Shire,province", "shire,某省,Shire,city", "areas.csv:1:1 not-one-province"),
    ("areas.csv", "birch,乙市", "birch,甲市", "areas.csv:4:7 duplicate-name"),
    ("indicators.csv", "research,研究经费", "Research,研究经费", "indicators.csv:2:1 bad-id"),
    (
        "indicators.csv",
        "Research spending,亿元",
        "Research spending,亿圆",
        "indicators.csv:2:33 unknown-unit",
    ),
    ("indicators.csv", "亿元,quantity", "亿元,quantitty", "indicators.csv:2:36 bad-choice"),
    ("indicators.csv", "printed,,current", "printed,5,current", "indicators.csv:2:68 line-end-and-growth"),
    ("indicators.csv", "printed,research_spending,", "actual,,", "indicators.csv:2:91 no-base"),
    ("indicators.csv", ",own,", ",none,", "indicators.csv:2:131 evidence-and-series"),
    ("indicators.csv", "亿元,quantity", "亿元,rate", "indicators.csv:2:33 rate-not-share"),
    ("indicators.csv", ",research_spending,own", ",research,own", "indicators.csv:2:1 unknown-series"),
    ("indicators.csv", ",1,both", ",9,both", "indicators.csv:2:77 too-many-decimals"),
    ("indicators.csv", ",1,both", ",0,both", "printed.csv:2:21 too-many-decimals"),
    (
        "indicators.csv",
        "Research spending,亿元",
        "Research spending,万元",
        "indicators.csv:2:1 unit-mismatch",
    ),
    ("indicators.csv", "new_firms,新增企业", "new_firms,研究经费", "indicators.csv:3:11 duplicate-name"),
    ("areas.csv", "birch,乙市", "Birch,乙市", "areas.csv:4:1 bad-id"),
    (
        "derived.yaml",
        "  grade_base: A\n  grade_definition: C\n\nfirms_valid",
        "  stock_series: x\n  grade_base: A\n  grade_definition: C\n\nfirms_valid",
        "derived.yaml:1:1 unknown-series",
    ),
    (
        "derived.yaml",
        "  name: {zh: 企业总数（有效）, en: Firms (valid)}\n",
        "",
        "derived.yaml:11:1 missing-field",
    ),
    ("derived.yaml", "factor: 100\n", "factor: x\n", "derived.yaml:28:11 not-number"),
    ("assumptions.yaml", "  central: 600\n", "", "assumptions.yaml:25:1 missing-field"),
    ("printed.csv", "research,cedar,2021,", "research,ceder,2021,", "printed.csv:17:10 unknown-area"),
    ("printed.csv", "research,cedar,2021,", "reserch,cedar,2021,", "printed.csv:17:1 unknown-indicator"),
    ("printed.csv", "research,cedar,2021,", "research,cedar,2020,", "printed.csv:17:16 year-outside-plan"),
    ("printed.csv", "research,cedar,2022,", "research,cedar,2021,", "printed.csv:18:1 duplicate-cell"),
    ("printed.csv", "cedar,2021,22.4,12.0", "cedar,2021,-22.4,12.0", "printed.csv:17:21 no-growth-from"),
    ("printed.csv", "cedar,2021,22.4,12.0", "cedar,2021,0,12.0", "printed.csv:17:21 no-growth-from"),
    ("printed.csv", "cedar,2021,22.4,12.0", "cedar,2021,2e1,12.0", "printed.csv:17:21 bad-value"),
    ("printed.csv", "cedar,2021,22.4,12.0", "cedar,2021,22.4,", "printed.csv:17:21 missing-growth"),
    (
        "printed.csv",
        "cedar,2021,22.4,12.0",
        "cedar,2021,22.4,-100.0",
        "printed.csv:17:26 growth-out-of-range",
    ),
    ("printed.csv", "cedar,2023,28.1,12.0", "cedar,2023,28.1,1.2", "printed.csv:19:21 growth-cannot-belong"),
    (
        "printed.csv",
        "new_firms,birch,2023,20,",
        "new_firms,birch,2023,20.5,",
        "printed.csv:34:22 bad-integer",
    ),
    ("history.csv", "alder,2020,100.00,亿元", "alder,2020,100.00,万元", "history.csv:24:1 unit-mismatch"),
    ("history.csv", "shire,2020,700,家", "某省,2020,700,家", "history.csv:39:13 region-by-name"),
    ("history.csv", "alder,2020,100.00", "alder,2020,0", "history.csv:24:30 no-growth-from"),
    ("history.csv", "alder,2020,100.00", "alder,2020,100x", "history.csv:24:30 bad-value"),
    ("history.csv", "alder,2020,100.00,", "alder,2021,100.00,", "history.csv:24:1 figure-after-base"),
    ("history.csv", "alder,2020,100.00", "alder,1620,100.00", "history.csv:24:25 no-such-year"),
    ("history.csv", "alder,2020,100.00", "alder,2019,100.00", "history.csv:24:1 duplicate-figure"),
    ("history.csv", "alder,2020,100.00", "alder,2020,1000000", "history.csv:24:1 factor-against-year-before"),
    ("history.csv", "700,家,actual", "700,家,guess", "history.csv:39:30 bad-choice"),
    ("history.csv", "cumulative,high,invented for tests", "cumulative,high,", "history.csv:39:53 empty-cell"),
    ("history.csv", "firms_total,shire,2020", "firms_total,shire,2019", "derived.yaml:1:1 no-base-figure"),
    ("panel.csv", "shire,2010,69.84", "shire,2010,69.85", "panel.csv:138:1 figures-differ"),
    ("observed.csv", "alder,2021,112.0", "alder,2020,112.0", "observed.csv:3:1 year-outside-plan"),
    ("observed.csv", "alder,2021,112.0,亿元", "alder,2021,112.0,万元", "observed.csv:3:1 unit-mismatch"),
    ("assumptions.yaml", "firms_exit:", "Firms exit:", "assumptions.yaml:33:1 bad-id"),
    ("assumptions.yaml", "low: 550", "low: many", "assumptions.yaml:27:8 not-number"),
    ("assumptions.yaml", "high: 0.1\n", "high: 1.1\n", "derived.yaml:11:1 exit-not-share"),
    ("assumptions.yaml", "unit: 家", "unit: 个", "assumptions.yaml:25:1 unit-mismatch"),
    (
        "derived.yaml",
        "{assumption: firms_exit}",
        "{assumption: firm_exit}",
        "derived.yaml:11:1 unknown-assumption",
    ),
    ("derived.yaml", "{assumption: firms_exit}", "{value: 1.5}", "derived.yaml:11:1 exit-not-share"),
    ("derived.yaml", "{assumption: firms_base_valid}", "{value: 0}", "derived.yaml:11:1 not-positive"),
    ("derived.yaml", "{assumption: firms_exit}", "{guess: 1}", "derived.yaml:17:3 not-one-source"),
    ("derived.yaml", "{history: firms_total}", "{history: firm_total}", "derived.yaml:1:1 unknown-series"),
    (
        "derived.yaml",
        "denominator: firms_cumulative",
        "denominator: firms",
        "derived.yaml:21:1 unknown-quantity",
    ),
    (
        "derived.yaml",
        "denominator: firms_cumulative",
        "denominator: entry_rate",
        "derived.yaml:21:1 derived-cycle",
    ),
    (
        "derived.yaml",
        "denominator: firms_cumulative",
        "denominator: research",
        "derived.yaml:21:1 unit-mismatch",
    ),
    ("derived.yaml", "factor: 100", "factor: 1", "derived.yaml:21:1 wrong-factor"),
    ("derived.yaml", "factor: 100", "factor: -1", "derived.yaml:28:11 not-positive"),
    ("derived.yaml", "lag: 1", "lag: 9", "derived.yaml:27:8 lag-out-of-range"),
    ("derived.yaml", "entry_rate:", "research:", "derived.yaml:21:1 duplicate-name"),
    ("derived.yaml", "kind: ratio", "kind: ration", "derived.yaml:24:9 bad-choice"),
    ("derived.yaml", 'unit: "%"', 'unit: "‰"', "derived.yaml:23:9 unknown-unit"),
    (
        "targets.csv",
        "Shire-2025,printed,yes,annex_2020,研究",
        "Shire-2025,printed,no,annex_2020,研究",
        "targets.csv:9:1 not-one-lead",
    ),
    ("targets.csv", "H03,valid,no", "H03,cumulative,no", "targets.csv:5:1 duplicate-target"),
    ("targets.csv", "H03,valid,no", "H03,valid,yes", "targets.csv:4:1 not-one-lead"),
    ("targets.csv", "shire,firms_valid,", "shire,firms_vald,", "targets.csv:5:40 unknown-quantity"),
    ("targets.csv", "shire,firms_valid,", "alder,firms_valid,", "targets.csv:5:34 province-only"),
    ("targets.csv", "firms_valid,stock,", "firms_valid,ratio,", "targets.csv:5:52 kind-and-quantity"),
    ("targets.csv", "firms_valid,stock,", "firms_valid,coverage,", "targets.csv:5:90 kind-not-evaluated"),
    (
        "targets.csv",
        "firms_valid,stock,≈,2,",
        "firms_valid,stock,>=,2,",
        "targets.csv:5:61 tolerance-without-about",
    ),
    (
        "targets.csv",
        "firms_valid,stock,≈,2,",
        "firms_valid,stock,≈,90,",
        "targets.csv:5:60 tolerance-out-of-range",
    ),
    ("targets.csv", "up,270,亿元", "up,270,家", "targets.csv:2:87 unit-mismatch"),
    ("targets.csv", "up,270,亿元", "up,270,万元", "targets.csv:2:83 factor-against-plan"),
    ("targets.csv", "up,9.5,%", "up,9.5,百分点", "targets.csv:3:103 unit-mismatch"),
    ("targets.csv", "up,270,亿元,2025", "up,270,亿元,2026", "targets.csv:2:90 year-outside-plan"),
    (
        "targets.csv",
        "missing,每场拍卖的日期 | dates of the auctions,",
        "missing,,",
        "targets.csv:7:109 empty-cell",
    ),
    ("platforms.csv", "alder,platform", "elder,platform", "platforms.csv:2:1 unknown-area"),
    (
        "platforms.csv",
        "birch,priority,新材料",
        "birch,priority,甲市科学城",
        "platforms.csv:3:16 duplicate-platform",
    ),
    ("path.csv", "research,alder,2021,109.99812\n", "", "path.csv:1:1 path-incomplete"),
    (
        "path.csv",
        "research,alder,2021,109.99812",
        "research,alder,2021,111",
        "path.csv:1:1 path-outside-print",
    ),
    (
        "path.csv",
        "research,alder,2021,109.99812",
        "research,alder,2019,109.9",
        "path.csv:23:16 year-outside-plan",
    ),
    ("path.csv", "new_firms,alder,2022,30", "new_firms,alder,2021,30", "path.csv:3:1 duplicate-row"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), BROKEN, ids=[f"{case[3]}-{i}" for i, case in enumerate(BROKEN)]
)
def test_each_mistake_is_found_where_it_stands(
    plan: Path, edit: Edit, file: str, old: str, new: str, expected: str
) -> None:
    edit(file, old, new)
    assert expected in found_in(plan)


@pytest.mark.parametrize("level", ["0", "-22.4"])
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("printed.csv", "cedar,2021,22.4,", "cedar,2021,{},"),
        ("history.csv", "alder,2020,100.00,", "alder,2020,{},"),
    ],
)
def test_N8_a_base_of_zero_or_below_is_refused_with_advice(
    plan: Path, edit: Edit, file: str, old: str, new: str, level: str
) -> None:
    edit(file, old, new.format(level))
    line = next(m for m in mistakes_of(plan) if m.code == "no-growth-from").line("en")
    assert f"'{level}' must be above zero" in line
    assert "can be a stock of a pipeline (pipelines.yaml)" in line


def test_R4_ten_thousand_times_the_base_year_is_refused_and_both_numbers_are_named(plan: Path) -> None:
    lines = (plan / "printed.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    for i, line in enumerate(lines):
        if line.startswith("research,alder"):
            indicator, area, year, level, growth = line.split(",")
            lines[i] = f"{indicator},{area},{year},{float(level) * 10_000:.0f},{growth}"
    (plan / "printed.csv").write_text("".join(lines), encoding="utf-8")
    (plan / "path.csv").unlink()
    first = next(m for m in mistakes_of(plan) if m.code == "factor-against-base")
    assert (first.place.line, dict(first.details)["base"]) == (7, "100")
    assert "1100000" in first.line("en")
    assert "10,000 times apart" in first.line("en")


def test_actuals_of_cities_leave_something_to_the_other_cities(plan: Path, edit: Edit) -> None:
    edit("indicators.csv", "both,printed,research_spending", "both,actual,research_spending")
    edit("history.csv", "research_spending,cedar,2020,20.00,亿元,actual,,medium,invented for tests\n", "")
    edit("history.csv", "alder,2020,100.00", "alder,2020,119.00")
    assert load_baseline(plan, plan).id == "tiny"
    edit("history.csv", "alder,2020,119.00", "alder,2020,121.00")
    assert found_in(plan) == ["history.csv:24:1 no-rest-for-cities"]


def test_R4_a_jump_between_printed_years_is_refused(plan: Path, edit: Edit) -> None:
    edit("printed.csv", "research,alder,2023,133.1", "research,alder,2023,1331000")
    assert "printed.csv:9:21 factor-against-year-before" in found_in(plan)


def test_a_misprint_of_the_document_loads_for_the_audit_to_name(plan: Path, edit: Edit) -> None:
    (plan / "path.csv").unlink()
    edit("printed.csv", "research,alder,2023,133.1,10.0", "research,alder,2023,133.1,10.4")
    assert load_baseline(plan, plan).id == "tiny"


def test_quantities_come_after_what_they_use(plan: Path) -> None:
    text = (plan / "derived.yaml").read_text(encoding="utf-8")
    parts = text.split("\n\n")
    (plan / "derived.yaml").write_text(
        "\n\n".join(reversed([part.strip("\n") for part in parts])) + "\n", "utf-8"
    )
    ids = [item.id for item in load_baseline(plan, plan).derived]
    assert ids.index("firms_cumulative") < ids.index("entry_rate")


def test_a_long_chain_of_derived_quantities_needs_no_recursion(plan: Path) -> None:
    entry = (
        'x{i}:\n  name: {{zh: 甲{i}, en: x{i}}}\n  unit: "%"\n  kind: ratio\n  numerator: {part}\n'
        "  denominator: x0\n  factor: 100\n  grade_base: C\n  grade_definition: C\n"
    )
    first = entry.format(i=0, part="new_firms").replace("denominator: x0", "denominator: new_firms")
    chain = first + "".join(entry.format(i=i, part=f"x{i - 1}") for i in range(1, 1_500))
    (plan / "derived.yaml").write_text((plan / "derived.yaml").read_text(encoding="utf-8") + chain, "utf-8")
    assert len(load_baseline(plan, plan).derived) == 1_503


GDP = (
    "gdp,生产总值,GDP,亿元,quantity,province,gdp,{growth},{end},current,0,level,actual,gdp,,{series},own,"
    ",A,A,\n"
)
FIGURE = "gdp,{area},{year},2000,亿元,actual,,high,invented for tests\n"


def add(plan: Path, file: str, text: str) -> None:
    with (plan / file).open("a", encoding="utf-8") as lines:
        lines.write(text)


def add_gdp(
    plan: Path, growth: str, end: str = "", series: str = "gdp", area: str = "shire", year: int = 2020
) -> None:
    add(plan, "indicators.csv", GDP.format(growth=growth, end=end, series=series))
    add(plan, "history.csv", FIGURE.format(area=area, year=year))


def test_an_indicator_of_the_province_alone_needs_no_printed_cells(plan: Path) -> None:
    add_gdp(plan, "trend")
    baseline = load_baseline(plan, plan)
    assert baseline.indicators[0].id == "gdp"
    assert np.isnan(baseline.printed.level[:, 0]).all()
    assert baseline.history("gdp", "shire")[2020].value == 2000
    assert list(baseline.year_axis()) == [2021, 2022, 2023, 2024, 2025]
    assert baseline.city_axis().labels == ("alder", "birch", "cedar")


def test_a_cell_that_the_plan_cannot_print_is_refused(plan: Path) -> None:
    add_gdp(plan, "trend")
    add(plan, "printed.csv", "gdp,shire,2021,2100,5\n")
    assert found_in(plan) == ["printed.csv:42:1 not-a-printed-indicator"]


def test_a_city_cell_of_an_indicator_of_the_province_is_refused(plan: Path) -> None:
    add_gdp(plan, "printed")
    add(plan, "printed.csv", "".join(f"gdp,shire,{year},2000,\n" for year in range(2021, 2026)))
    add(plan, "printed.csv", "gdp,alder,2021,1000,\n")
    assert "printed.csv:47:5 province-only" in found_in(plan)


def test_a_base_that_must_be_an_actual_must_be_there(plan: Path) -> None:
    add_gdp(plan, "trend", area="alder")
    assert found_in(plan) == ["indicators.csv:4:1 no-base-figure"]


def test_a_line_ends_above_zero_and_a_trend_has_a_series(plan: Path) -> None:
    add_gdp(plan, "line", end="-5", series="")
    (plan / "path.csv").unlink()
    codes = {entry.split()[-1] for entry in found_in(plan)}
    assert codes == {"line-end-out-of-range", "evidence-and-series"}
    text = (plan / "indicators.csv").read_text(encoding="utf-8")
    (plan / "indicators.csv").write_text(text.replace("line,-5", "trend,"), encoding="utf-8")
    assert "indicators.csv:4:74 trend-without-series" in found_in(plan)


def test_a_path_by_growth_is_held_against_printed_growth(plan: Path, edit: Edit) -> None:
    edit("indicators.csv", "1,both,printed", "1,growth,printed")
    edit("path.csv", "research,alder,2023,133.10774", "research,alder,2023,134")
    assert found_in(plan) == ["path.csv:1:1 path-outside-print"]


@pytest.mark.parametrize(
    "name", ["assumptions.yaml", "derived.yaml", "targets.csv", "observed.csv", "panel.csv"]
)
def test_a_file_that_cannot_be_read_does_not_hide_the_mistakes_of_others(plan: Path, name: str) -> None:
    (plan / name).write_bytes("杭州: [".encode("gbk"))
    add(plan, "platforms.csv", "nowhere,platform,x,y\n")
    found = found_in(plan)
    assert f"{name}:1:1 gbk-file" in found
    assert "platforms.csv:4:1 unknown-area" in found
