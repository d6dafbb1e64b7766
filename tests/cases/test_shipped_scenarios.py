"""The scenarios that are shipped: they load, say what they assume, and quote the figures of the data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sim.commands.projects import shipped_files
from sim.outputs.safe_names import safe_name
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]
FILES = shipped_files(ROOT)
PLANS = PlanFolders(ROOT)
ALL = load_scenarios(FILES, PLANS, ROOT)
BY_ID = {scenario.id: scenario for scenario in ALL}


def growth(series: str, year: int, region: str = "zhejiang") -> float:
    """Return the growth in percent that the plan folder holds."""
    figures = PLANS["zhejiang-2016"].history(series, region)
    return 100.0 * (figures[year].value / figures[year - 1].value - 1.0)


def test_the_named_scenarios_and_a_grid_of_at_least_25_cells_are_shipped() -> None:
    named = {"baseline", "plan", "trend", "trade_friction", "slowdown", "innovation_push", "late_start"}

    assert named <= set(BY_ID)
    assert sum(1 for scenario in ALL if scenario.cell) >= 25
    assert BY_ID["baseline"].growth.source == "blend"


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_each_says_in_two_sentences_what_it_assumes(file: Path) -> None:
    about = next(s.about for s in ALL if s.id == file.stem or s.id.startswith(file.stem + "__"))

    assert about.zh.count("。") == 2
    assert len(re.findall(r"\.(?= [A-Z]|$)", about.en)) == 2


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_each_tells_editors_where_the_schema_is(file: Path) -> None:
    assert file.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=schema.json\n")


def test_the_push_stands_on_named_platforms_of_the_annex() -> None:
    platforms = {shock.platform for shock in BY_ID["innovation_push"].shocks}

    assert {"西湖大学", "杭州城西科创大走廊", "宁波新材料科技城"} <= platforms
    assert platforms <= {platform.name for platform in PLANS["zhejiang-2016"].platforms}


@pytest.mark.parametrize(
    ("scenario", "series", "region", "year", "percent"),
    [
        ("slowdown", "gdp", "zhejiang", 2011, 16.6),
        ("slowdown", "gdp", "zhejiang", 2012, 7.3),
        ("slowdown", "rd_expenditure", "zhejiang", 2012, 20.8),
        ("trade_friction", "gdp", "zhejiang", 2008, 14.4),
        ("trade_friction", "gdp", "zhejiang", 2009, 7.1),
        ("trade_friction", "gdp", "zhejiang", 2010, 20.6),
        ("trade_friction", "rd_expenditure_large_medium_industry", "全国", 2008, 26.9),
        ("trade_friction", "rd_expenditure_large_medium_industry", "全国", 2009, 19.7),
        ("trade_friction", "rd_expenditure_large_medium_industry", "全国", 2010, 25.1),
        ("innovation_push", "rd_personnel_fte", "hangzhou", 2014, 10.5),
        ("innovation_push", "rd_personnel_fte", "hangzhou", 2015, 4.6),
        ("late_start", "gdp", "全国", 2015, 6.4),
        ("late_start", "rd_personnel_fte", "全国", 2015, 1.3),
    ],
)
def test_the_figures_that_are_quoted_are_those_of_the_plan_folder(
    scenario: str, series: str, region: str, year: int, percent: float
) -> None:
    about = BY_ID[scenario].about

    assert round(growth(series, year, region), 1) == percent
    for text in about:
        assert f"{percent:g} %" in text or f"{percent:g} and" in text or f"{percent:g} to" in text


def test_the_mean_growth_of_research_after_2012_is_the_one_that_is_quoted() -> None:
    later = sum(growth("rd_expenditure", year) for year in (2013, 2014, 2015)) / 3.0

    assert round(later, 1) == 11.9
    assert round(100.0 * (1.0 - later / growth("rd_expenditure", 2012))) == 43


def test_names_of_results_stand_as_they_are() -> None:
    assert all(safe_name(scenario.id) == scenario.id for scenario in ALL)


def test_scenarios_of_one_family_share_their_draws() -> None:
    assert len({(scenario.seed, scenario.draws) for scenario in ALL}) == 1


def _slowdown_sizes(scenarios: tuple[Scenario, ...]) -> set[float]:
    return {shock.size.mean() for s in scenarios if s.cell for shock in s.shocks}


def test_the_grid_spans_the_weights_and_the_sizes_that_it_says() -> None:
    assert {s.growth.weight for s in ALL if s.cell} == {0.0, 0.25, 0.5, 0.75, 1.0}
    assert _slowdown_sizes(ALL) == {0.0, -0.015, -0.03, -0.045, -0.06}


@pytest.mark.speed
def test_loading_one_scenario_with_its_plan_takes_less_than_a_second_of_work() -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from sim.scenario.loading import load_scenarios\n"
        "from sim.scenario.plans import PlanFolders\n"
        "root = Path('.').resolve()\n"
        "load_scenarios([root / 'scenarios' / 'slowdown.yaml'], PlanFolders(root), root)\n"
        "print(sorted({'scipy', 'pandas', 'pyarrow'} & set(sys.modules)), time.process_time())\n"
    )
    command = [sys.executable, "-c", program]
    untraced = {name: value for name, value in os.environ.items() if not name.startswith("COV")}

    runs = [
        subprocess.run(command, cwd=ROOT, env=untraced, capture_output=True, text=True, check=True)
        for _ in range(3)
    ]

    loaded, times = zip(*(run.stdout.rsplit(" ", 1) for run in runs), strict=True)
    assert set(loaded) == {"[]"}
    assert min(float(seconds) for seconds in times) < 1.0
