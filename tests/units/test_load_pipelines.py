"""pipelines.yaml read and compiled: every mistake with its place, and no cost where nothing asks for it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.baseline import load_baseline
from sim.baseline.plan import Baseline
from sim.engine import run
from sim.engine.inside import pipeline_of_block
from sim.errors import BadInput
from sim.model import compiled
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Scenario
from sim.studies.sensitivity import headline_only, idle_rows
from sim.studies.watch_pipeline import watched

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "baselines" / "zhejiang-2016"

BROKEN = [
    ("stay: {low: 2.5, central: 3.5", "stay: {low: -2.5, central: 3.5", "pipeline-duration"),
    ("central: 0.72, high: 0.85", "central: 0.72, high: 1.85", "pipeline-rate"),
    ("capacity: {low: 1500", "capacity: {low: 0", "pipeline-capacity"),
    ("start_tenants: {low: 6000", "start_tenants: {low: -1", "pipeline-stock"),
    ("validity: {value: 3", "validity: {value: 2.5", "pipeline-years"),
    ('dates: ["06-30", "11-30"]', 'dates: ["06-31", "11-30"]', "pipeline-date"),
    ('dates: ["06-30", "11-30"]', 'dates: ["06-30", "02-30"]', "pipeline-date"),
    ('dates: ["06-30", "11-30"]', 'dates: ["06-30", "06-30"]', "pipeline-date-twice"),
    ("feeds: {granted: invention_patents}", "feeds: {granted: patents_in_force_by_age}", "derived-cycle"),
    ("feeds: {granted: invention_patents}", "feeds: {granted: invention_patent}", "unknown-quantity"),
    ("coupled_to: technology_trade", "coupled_to: technology_trades", "pipeline-coupled"),
    ("kind: coverage", "kind: covering", "bad-choice"),
    ("    renewal:", "    renewals:", "missing-field"),
    ("admitted: {low: 0.35, central: 0.5", "admitted: {low: 0.6, central: 0.5", "not-in-order"),
]  # fmt: skip


def loaded(folder: Path) -> Baseline:
    return load_baseline(folder, ROOT)


def scenario_of(text: str, folder: Path) -> tuple[Scenario, Baseline]:
    file = folder / "one.yaml"
    file.write_text("plan: zhejiang-2016\n" + text, encoding="utf-8")
    plans = PlanFolders(ROOT)
    scenario = load_scenarios([file], plans, folder)[0]
    return scenario, plans[scenario.plan]


@pytest.mark.parametrize(("old", "new", "code"), BROKEN, ids=[f"{n}-{b[2]}" for n, b in enumerate(BROKEN)])
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, old: str, new: str, code: str) -> None:
    shutil.copytree(PLAN, tmp_path / "plan")
    file = tmp_path / "plan" / "pipelines.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    file.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        loaded(tmp_path / "plan")

    here = [m for m in caught.value.mistakes if m.code == code and m.place.file.endswith("pipelines.yaml")]
    assert here
    # A number and a date stand where they are; what concerns a whole pipeline stands at its first line.
    exact = code.startswith("pipeline-") and code != "pipeline-coupled"
    assert not exact or here[0].place.line == line
    for lang in ("zh", "en"):
        assert "{" not in here[0].line(lang)


def test_all_mistakes_of_the_file_come_at_once(tmp_path: Path) -> None:
    shutil.copytree(PLAN, tmp_path / "plan")
    file = tmp_path / "plan" / "pipelines.yaml"
    text = file.read_text(encoding="utf-8")
    chosen = [BROKEN[0], BROKEN[1], BROKEN[2], BROKEN[5]]
    for old, new, _ in chosen:
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        loaded(tmp_path / "plan")

    assert {code for *_, code in chosen} <= {mistake.code for mistake in caught.value.mistakes}


def test_every_number_of_a_pipeline_has_a_source_a_grade_and_an_order() -> None:
    baseline = loaded(PLAN)

    numbers = [
        baseline.assumptions[id] for plan in baseline.pipelines.values() for id in plan.numbers.values()
    ]
    assert len(numbers) > 100
    assert all(n.source and n.grade in "ABC" and n.low <= n.central <= n.high for n in numbers)
    assert all("coupling" in plan.numbers for plan in baseline.pipelines.values())


def test_a_plan_without_the_file_has_no_pipelines() -> None:
    assert loaded(ROOT / "tests" / "plans" / "tiny-2021").pipelines == {}


def test_every_target_has_a_quantity_or_says_what_is_missing() -> None:
    baseline = loaded(PLAN)
    prose = [
        t for t in baseline.targets if t.group in ("headline", "prose_2020", "prose_undated", "prose_2016")
    ]

    assert len({target.id for target in prose}) == 58
    assert all(target.quantity if target.status == "evaluated" else target.needs for target in prose)


def test_pipelines_that_no_target_needs_are_not_in_the_model(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("targets: [H03]\n", tmp_path)
    without = compiled(scenario, baseline)
    wanted, _ = scenario_of("targets: [P09]\n", tmp_path)

    assert without.pipelines == ()
    assert not any(row.name.startswith("assumption:incubation") for row in without.parameters.rows)
    assert [pipe.id for pipe in compiled(wanted, baseline).pipelines] == ["incubation"]


def test_what_moves_headline_targets_is_not_sought_among_idle_pipelines(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("targets: [H03, P09]\n", tmp_path)
    model = headline_only(compiled(scenario, baseline))

    names = {model.parameters.rows[row].name for row in idle_rows(model)}
    assert "assumption:incubation.stay" in names
    assert all(name.startswith("assumption:incubation.") for name in names)


def test_a_scenario_changes_a_number_of_a_pipeline(tmp_path: Path) -> None:
    few, baseline = scenario_of("targets: [H05]\npipelines: {firms: {renewal: 0.2}}\n", tmp_path)
    many, _ = scenario_of("targets: [H05]\npipelines: {firms: {renewal: 1}}\n", tmp_path)

    assert few.assumptions["firms.renewal"].low == few.assumptions["firms.renewal"].high == 0.2
    lapsed = [
        pipeline_of_block(compiled(scenario, baseline), "firms", 0).accounts["lapsed"]
        for scenario in (few, many)
    ]
    assert np.all(lapsed[0] > 0.0)
    assert np.all(lapsed[1] == 0.0)


def test_coupling_shows_in_joint_chances_and_can_be_turned_off(tmp_path: Path) -> None:
    """Entrants rise with the noise of new small firms, and do not when the coupling is nought."""
    text = "targets: [P08, A02]\n"
    on, baseline = scenario_of(text, tmp_path)
    off, _ = scenario_of(text + "pipelines: {incubation: {coupling: 0}}\n", tmp_path)

    def correlation(scenario: Scenario) -> float:
        model = compiled(scenario, baseline)
        world = pipeline_of_block(model, "incubation", 0)
        entered = world.flow("outside", "nursery").sum(axis=0)
        seen = pipeline_of_block(compiled(on, baseline), "incubation", 0)
        shared = np.log(seen.push[-1])
        within = [np.corrcoef(entered[s], shared[s])[0, 1] for s in range(len(entered))]
        return float(np.mean(within))

    assert correlation(on) > 0.5
    assert abs(correlation(off)) < 0.05


def test_pipelines_do_not_change_when_others_are_asked_for(tmp_path: Path) -> None:
    alone, baseline = scenario_of("targets: [P09]\n", tmp_path)
    model = compiled(alone, baseline)
    more = compiled(replace(alone, targets=("A07", "P03", "P09", "U01")), baseline)

    one = pipeline_of_block(model, "incubation", 1)
    other = pipeline_of_block(more, "incubation", 1)

    for key, moved in one.flows.items():
        np.testing.assert_array_equal(moved, other.flows[key])


def test_blocks_of_any_split_give_the_same_counts(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("targets: [A10, P03]\n", tmp_path)
    model = compiled(scenario, baseline)

    whole = run([model], range(2), detailed=False)[0]
    parts = run([model], range(1, 2), detailed=False)[0] + run([model], range(1), detailed=False)[0]

    np.testing.assert_array_equal(whole.hits, parts.hits)


def test_a_pipeline_is_watched_month_by_month(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("{}\n".replace("{}", "seed: 2"), tmp_path)

    seen = watched(scenario, baseline, "firms")

    assert len(seen.trace.months) == 60
    assert seen.coupling == 1.0
    assert seen.flows["waiting", "valid"].shape == (3, 5)
