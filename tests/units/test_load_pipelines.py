"""pipelines.yaml read and compiled: every mistake with its place, and no cost where nothing asks for it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from sim.baseline import load_baseline
from sim.baseline.plan import Baseline
from sim.engine import run
from sim.engine.inside import inside_of_block, pipeline_of_block, run_inside
from sim.engine.luck import Luck
from sim.engine.pipelines import world_of as block_world
from sim.errors import BadInput, Place
from sim.model import compiled
from sim.scenario.differences import differences
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Scenario
from sim.streams import SETS
from sim.studies.batch import run_batch
from sim.studies.coupling import coupling_of, set_apart
from sim.studies.explain_parts import derived_parts
from sim.studies.pipeline_flows import flows_of_scenarios
from sim.studies.sensitivity import headline_only, idle_rows
from sim.studies.watch_pipeline import watched
from sim.tables.difference_lines import difference_line
from sim.tables.explain_parts_table import derived_text
from sim.tables.pipeline_table import account_name, coupling_text, flow_files, months_text
from sim.texts import say
from tests.pipeline_worlds import FEW, ran, world_of

ROOT = Path(__file__).resolve().parents[2]
PLAN = ROOT / "baselines" / "zhejiang-2016"

BROKEN = [
    (" stay: {low: 2.5, central: 3,", " stay: {low: -2.5, central: 3,", "pipeline-duration"),
    (" stay: {low: 2.5, central: 3,", " stay: {low: 0, central: 3,", "pipeline-duration"),
    ("building: {low: 1, central", "building: {low: 0, central", "pipeline-capacity"),
    ("arrivals: {low: 4000,", "arrivals: {low: -4000,", "pipeline-flow"),
    ("spread: {low: 0.5,", "spread: {low: -0.5,", "pipeline-factor"),
    ("validity: {value: 3", "validity: {value: 0", "pipeline-years"),
    ("of: {value: 11", "of: {value: 0", "pipeline-capacity"),
    ("central: 0.72, high: 0.85", "central: 0.72, high: 1.85", "pipeline-rate"),
    ("from_smes: {value: 0", "from_smes: {value: 1.2", "pipeline-rate"),
    ("from_smes: {value: 0", "from_smes: {value: -0.1", "pipeline-rate"),
    ("capacity: {low: 1500", "capacity: {low: 0", "pipeline-capacity"),
    ("capacity: {low: 1500", "capacity: {low: 0.9", "pipeline-capacity"),
    ("600, high: 700", "600, high: 5e6", "pipeline-no-place"),
    ("start: {value: 7, unit", "start: {value: 12, unit", "pipeline-no-room"),
    ("low: 100, central: 200, high: 400", "low: 1001, central: 2000, high: 4000", "pipeline-no-room"),
    ("low: 6000, central: 8000, high: 9500", "low: 20000, central: 2e4, high: 2e4", "pipeline-no-room"),
    ("central: 6500, high: 8500", "central: 6500, high: 1e30", "number-range"),
    ('central: 3, high: 4.5, unit: "年"', 'central: 3, high: 4.5, unit: "家"', "wrong-unit"),
    ('high: 0.85, unit: "1"', 'high: 0.85, unit: "%"', "wrong-unit"),
    ('550, high: 700, unit: "万平方米"', '550, high: 700, unit: "平方米"', "wrong-unit"),
    ('dates: ["06-30", "11-30"]', "dates: []", "pipeline-no-date"),
    ("start_tenants: {low: 6000", "start_tenants: {low: -1", "pipeline-stock"),
    ("validity: {value: 3", "validity: {value: 2.5", "pipeline-years"),
    ('dates: ["06-30", "11-30"]', 'dates: ["06-31", "11-30"]', "pipeline-date"),
    ('dates: ["06-30", "11-30"]', 'dates: ["06-30", "02-30"]', "pipeline-date"),
    ('dates: ["06-30", "11-30"]', 'dates: ["06-30", "06-30"]', "pipeline-date-twice"),
    ("feeds: {granted: invention_patents}", "feeds: {granted: patents_in_force_by_age}", "derived-cycle"),
    ("feeds: {granted: invention_patents}", "feeds: {granted: invention_patent}", "unknown-quantity"),
    ("coupled_to: technology_trade", "coupled_to: technology_trades", "pipeline-coupled"),
    ("coupling: {value: 0, unit", "coupling: {value: 1, unit", "pipeline-uncoupled"),
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


Edit = tuple[str, str, str]


def files_of(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Return *edits* in as few files as have no two in one pipeline."""
    text = (PLAN / "pipelines.yaml").read_text(encoding="utf-8")
    files: list[dict[int, Edit]] = []
    for edit in edits:
        pipeline = len(re.findall(r"^\w+:$", text[: text.index(edit[0])], re.MULTILINE))
        free = next((file for file in files if pipeline not in file), None)
        if free is None:
            files.append(free := {})
        free[pipeline] = edit
    return [list(file.values()) for file in files]


@pytest.mark.parametrize(
    "edits", files_of(BROKEN), ids=lambda edits: "-".join(str(BROKEN.index(edit)) for edit in edits)
)
def test_each_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, edits: list[Edit]) -> None:
    shutil.copytree(PLAN, tmp_path / "plan")
    file = tmp_path / "plan" / "pipelines.yaml"
    sound = text = file.read_text(encoding="utf-8")
    for old, new, _ in edits:
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")

    with pytest.raises(BadInput) as caught:
        loaded(tmp_path / "plan")

    inside = [m for m in caught.value.mistakes if m.place.file.endswith("pipelines.yaml")]
    for old, _, code in edits:
        line = sound[: sound.index(old)].count("\n") + 1
        told = [mistake for mistake in inside if mistake.code == code]
        assert len(told) >= sum(code == other for _, _, other in edits)
        # A number and a date stand where they are; what concerns a whole pipeline stands at its first line.
        exact = code.startswith("pipeline-") and code != "pipeline-coupled"
        here = [mistake for mistake in told if not exact or mistake.place.line == line]
        assert here, (old, code)
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
    assert all(n.source and n.source_zh and n.grade in "ABC" for n in numbers)
    assert all(n.low <= n.central <= n.high for n in numbers)
    assert all("coupling" in plan.numbers for plan in baseline.pipelines.values())


def test_what_no_source_gives_is_varied_and_what_is_fixed_has_a_source_or_a_definition() -> None:
    baseline = loaded(PLAN)
    numbers = [
        baseline.assumptions[id] for plan in baseline.pipelines.values() for id in plan.numbers.values()
    ]

    assert [n.id for n in numbers if n.grade == "C" and n.low == n.high] == []
    fixed = [n for n in numbers if n.low == n.high and "by definition" not in n.source]
    assert {n.id for n in fixed} == {
        *("firms.start_cumulative", "firms.validity", "patents.start"),
        *("national_zones.of", "national_zones.start"),
    }
    assert all("按定义" in n.source_zh for n in numbers if "by definition" in n.source)


def test_every_number_with_a_range_differs_between_the_sets_of_a_run(tmp_path: Path) -> None:
    """Varied in the noise: what is drawn once per set reaches the world of each pipeline."""
    scenario, baseline = scenario_of("seed: 4\n", tmp_path)
    inside = inside_of_block(compiled(scenario, baseline), Luck(scenario.seed, 0))

    worlds = {pipe.id: run_inside(inside, pipe) for pipe in inside.around.model.pipelines}
    assert set(worlds) == set(baseline.pipelines)
    for plan in baseline.pipelines.values():
        for field, ident in plan.numbers.items():
            number = baseline.assumptions[ident]
            drawn = np.unique(worlds[plan.id].numbers[field])
            assert len(drawn) == (1 if number.low == number.high else SETS), ident
            assert number.low <= drawn[0] <= drawn[-1] <= number.high


def test_a_plan_without_the_file_has_no_pipelines() -> None:
    assert loaded(ROOT / "tests" / "plans" / "tiny-2021").pipelines == {}


def test_every_target_has_a_quantity_or_says_what_is_missing() -> None:
    baseline = loaded(PLAN)
    prose = [
        t for t in baseline.targets if t.group in ("headline", "prose_2020", "prose_undated", "prose_2016")
    ]

    assert len({target.id for target in prose}) == 58
    assert all(target.quantity if target.status == "evaluated" else target.needs for target in prose)


def test_printed_additions_of_the_cities_without_exits_are_exactly_the_two_targets() -> None:
    """15,000 and 50,000 from the bases that the plan implies, by the shipped rounds and review capacity."""
    baseline = loaded(PLAN)
    firms = baseline.pipelines["firms"]
    numbers = {field: baseline.assumptions[id].central for field, id in firms.numbers.items()}
    numbers |= {
        "start_cumulative": 7500.0,
        "start": 7500.0,
        "start_smes": 20_000.0,
        "sme_exit": 0.0,
        "renewal": 1.0,
    }
    indicators = list(baseline.indicator_axis().labels)
    cities = baseline.printed.level[: len(baseline.cities)]  # without the province: its row is their sum
    feeds = {
        role: np.broadcast_to(cities[:, indicators.index(id)].sum(axis=0)[:, None, None], (5, *FEW))
        for role, id in firms.feeds.items()
    }

    outputs = ran("certification", world_of(numbers, feeds, dates=firms.dates))

    assert np.all(outputs["certified"][-1] == 15_000.0)
    assert np.all(outputs["valid"][-1] == 15_000.0)
    assert np.all(outputs["smes"][-1] == 50_000.0)
    assert np.all(outputs["waiting"] == 0.0)


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


def test_a_scenario_lets_small_firms_turn_high_tech(tmp_path: Path) -> None:
    """Half of the applicants leave the list of small firms; by the shipped plan none do, and no flow is."""
    turning, baseline = scenario_of("targets: [H06]\npipelines: {firms: {from_smes: 50 %}}\n", tmp_path)
    shipped, _ = scenario_of("targets: [H06]\n", tmp_path)

    half, none = (pipeline_of_block(compiled(each, baseline), "firms", 0) for each in (turning, shipped))

    assert ("smes", "waiting") not in none.flows
    turned = half.flow("smes", "waiting")
    applied = none.flow("outside", "waiting")
    np.testing.assert_array_equal(turned + half.flow("outside", "waiting"), applied)
    assert turned.mean() == pytest.approx(0.5 * applied.mean(), rel=0.01)
    assert np.all(half.accounts["smes"] < none.accounts["smes"])
    for account in ("waiting", "valid", "lapsed", "leaders"):
        np.testing.assert_array_equal(half.accounts[account], none.accounts[account])


DATES = 'dates: ["01-15", "02-29", "05-20", "06-24", "07-01", "09-23", "10-21", "12-16"]'


def test_a_scenario_changes_the_dates_of_a_pipeline(tmp_path: Path) -> None:
    """Eight auctions instead of six, on their days; nothing else of the run moves."""
    on, baseline = scenario_of(
        f"targets: [A07, P03]\npipelines: {{auctions: {{held: 1, {DATES}}}}}\n", tmp_path
    )
    off, _ = scenario_of("targets: [A07, P03]\npipelines: {auctions: {held: 1}}\n", tmp_path)

    eight, six = (pipeline_of_block(compiled(each, baseline), "auctions", 0) for each in (on, off))
    assert np.all(eight.flow("outside", "held") == 8.0)
    assert np.all(six.flow("outside", "held") == 6.0)
    zones = [pipeline_of_block(compiled(each, baseline), "national_zones", 0) for each in (on, off)]
    np.testing.assert_array_equal(zones[0].accounts["covered"], zones[1].accounts["covered"])


def test_changed_dates_are_explained_and_told_apart(tmp_path: Path) -> None:
    on, baseline = scenario_of(f"pipelines:\n  auctions: {{{DATES}}}\n", tmp_path)
    off, _ = scenario_of("seed: 1\n", tmp_path)
    derived = next(each for each in baseline.derived if each.id == "auctions_held")
    parts = [derived_parts(each, baseline, derived, at_calibration) for each in (on, off)]
    (difference,) = differences(off, on, baseline)

    for lang in ("zh", "en"):
        changed, planned = (derived_text(each, baseline, lang) for each in parts)
        assert "02-29" in changed
        assert "one.yaml:3:21" in changed
        assert "baselines/zhejiang-2016/pipelines.yaml:" in planned.splitlines()[-1]
        line = difference_line(difference, baseline, lang)
        assert "02-29" in line
        assert "03-18" in line


def printed_rows(scenario: Scenario, baseline: Baseline, pipe: str) -> dict[tuple[str, str], list[float]]:
    """Return the coupling table that `run.py pipeline` prints, as numbers by (target, whose noise)."""
    coupled = coupling_of(scenario, baseline, baseline.pipelines[pipe])
    assert coupled is not None
    rows = {}
    lines = coupling_text(coupled, "en").splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("---"))
    for line in lines[rule + 1 :]:
        target, version, *rest = line.split()
        rows[f"{target} {version}", rest[0]] = [float(word) for word in rest if word[-1].isdigit()]
    return rows


@pytest.mark.parametrize(
    ("pipe", "target", "joint"),
    [
        # per cent with H01, H02, H03, H04, H05, H06, H07, H08, H09 and all; by how much at least
        ("firms", "H05 rounds", {1: 0.3, 2: 1.5, 3: 1.0, 4: 1.0, 5: 15.0, 6: 4.0, 10: 0.7}),
        ("maker_spaces", "P06 printed", {2: 1.0, 3: 1.0, 4: 1.0, 5: 4.0, 6: 8.0, 10: 0.3}),
    ],
)
def test_coupling_shows_in_printed_joint_chances_and_not_in_those_alone(
    tmp_path: Path, pipe: str, target: str, joint: dict[int, float]
) -> None:
    scenario, baseline = scenario_of("seed: 1\n", tmp_path)

    rows = printed_rows(scenario, baseline, pipe)

    shared, apart = rows[target, "shared"], rows[target, "its"]
    assert len(shared) == len(apart) == 11
    assert shared[0] == pytest.approx(apart[0], abs=0.6)
    for column, least in joint.items():
        assert shared[column] - apart[column] > least


def test_a_pipeline_apart_has_the_draws_of_others_and_loses_none(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("targets: [H05]\n", tmp_path)
    model = compiled(scenario, baseline)

    shared, apart = (pipeline_of_block(each, "firms", 0) for each in (model, set_apart(model, "firms")))

    for one, other in (
        (shared.push, apart.push),
        *zip(shared.feeds.values(), apart.feeds.values(), strict=True),
    ):
        assert not np.array_equal(one, other)
        np.testing.assert_array_equal(np.sort(one, axis=-1), np.sort(other, axis=-1))


def test_coupling_can_be_turned_off(tmp_path: Path) -> None:
    """What is founded rises with the noise that it is coupled to, and does not when coupling is nought."""
    text = "targets: [P08, H05]\n"
    off_text = "pipelines: {incubation: {coupling: 0}, firms: {coupling: 0}}\n"
    on, baseline = scenario_of(text, tmp_path)
    off, _ = scenario_of(text + off_text, tmp_path)

    def correlation(scenario: Scenario, pipe: str, flow: tuple[str, str]) -> float:
        founded = pipeline_of_block(compiled(scenario, baseline), pipe, 0).flow(*flow).sum(axis=0)
        shared = np.log(pipeline_of_block(compiled(on, baseline), pipe, 0).push[-1])
        within = [np.corrcoef(founded[s], shared[s])[0, 1] for s in range(len(founded))]
        return float(np.mean(within))

    for pipe, flow in (("incubation", ("outside", "nursery")), ("firms", ("outside", "waiting"))):
        assert correlation(on, pipe, flow) > 0.5
        assert abs(correlation(off, pipe, flow)) < 0.05


def test_the_order_of_entries_leaves_every_draw_as_it_is(tmp_path: Path) -> None:
    """Names key the randomness: pipelines, their numbers, outputs and the plan's assumptions turned round."""
    turned = tmp_path / "plan"
    shutil.copytree(PLAN, turned)
    yaml, file = YAML(), turned / "pipelines.yaml"
    yaml.width = 10_000
    read = yaml.load(file.read_text(encoding="utf-8"))
    with file.open("w", encoding="utf-8") as out:
        yaml.dump(turned_round(read), out)
    scenario, baseline = scenario_of("seed: 3\n", tmp_path)
    other = load_baseline(turned, ROOT)
    other = replace(other, assumptions=dict(list(other.assumptions.items())[::-1]))
    assert list(other.pipelines) == list(baseline.pipelines)[::-1]

    models = [compiled(scenario, plan) for plan in (baseline, other)]
    assert [pipe.id for pipe in models[0].pipelines] != [pipe.id for pipe in models[1].pipelines]
    one, two = (run([model], range(1), detailed=False)[0] for model in models)
    np.testing.assert_array_equal(one.hits, two.hits)
    np.testing.assert_array_equal(one.shortfall.value(), two.shortfall.value())
    inside = [inside_of_block(model, Luck(model.seed, 0)) for model in models]
    worlds = [{pipe.id: run_inside(each, pipe) for pipe in each.around.model.pipelines} for each in inside]
    assert len(worlds[0]) == len(baseline.pipelines)
    for pipe, world in worlds[0].items():
        assert world.flows
        for pair, moved in world.flows.items():
            np.testing.assert_array_equal(moved, worlds[1][pipe].flows[pair])


def turned_round(node: object) -> object:
    """Return a YAML tree with the entries of every map in the opposite order."""
    if isinstance(node, dict):
        return {key: turned_round(value) for key, value in reversed(list(node.items()))}
    return node


def test_a_pipeline_may_feed_another_but_never_itself(tmp_path: Path) -> None:
    """Firms certified feed the ageing of patents here: senseless, but a chain, and it is watched rightly."""
    shutil.copytree(PLAN, tmp_path / "plan")
    file = tmp_path / "plan" / "pipelines.yaml"
    text = file.read_text(encoding="utf-8")
    chain = text.replace("{granted: invention_patents}", "{granted: hitech_firms_rounds}")
    file.write_text(chain, encoding="utf-8")
    scenario, _ = scenario_of("targets: [H07]\n", tmp_path)
    model = compiled(scenario, loaded(tmp_path / "plan"))

    firms, patents = (pipeline_of_block(model, pipe, 0) for pipe in ("firms", "patents"))
    certified = 6879.0 + np.cumsum(firms.flow("waiting", "valid"), axis=0)
    np.testing.assert_array_equal(patents.feeds["granted"], certified)

    loop = chain.replace("{certified: new_hitech_firms,", "{certified: patents_in_force_by_age,")
    file.write_text(loop, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        loaded(tmp_path / "plan")
    (mistake,) = caught.value.mistakes
    assert mistake.code == "derived-cycle"
    assert mistake.place.file.endswith("pipelines.yaml")
    assert "hitech_firms_rounds" in mistake.line("en")
    assert "patents_in_force_by_age" in mistake.line("en")


def test_no_two_pipelines_flows_or_dates_share_their_luck(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("seed: 1\n", tmp_path)
    inside = inside_of_block(compiled(scenario, baseline), Luck(scenario.seed, 0))

    lucks = [
        block_world(inside.around, pipe).luck(name, stamp).tobytes()
        for pipe in inside.around.model.pipelines
        for name in ("added", "lost")
        for stamp in ("2016-12-31", "2017-12-31")
    ]
    assert len(set(lucks)) == len(lucks) == 4 * len(baseline.pipelines)


def test_pipelines_do_not_change_when_others_are_asked_for(tmp_path: Path) -> None:
    alone, baseline = scenario_of("targets: [P09]\n", tmp_path)
    model = compiled(alone, baseline)
    more = compiled(replace(alone, targets=("A07", "P03", "P09", "U01")), baseline)

    one = pipeline_of_block(model, "incubation", 1)
    other = pipeline_of_block(more, "incubation", 1)

    for key, moved in one.flows.items():
        np.testing.assert_array_equal(moved, other.flows[key])


def at_calibration(*names: str) -> Place:
    return Place("calibration.yaml", 1, 1)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_pipeline_gives_is_explained_number_by_number(tmp_path: Path, lang: str) -> None:
    """Of every kind: what it is fed with, each number by the word that changes it, and its line."""
    scenario, baseline = scenario_of("pipelines: {firms: {renewal: 0.9}}\n", tmp_path)

    for plan in {plan.kind: plan for plan in baseline.pipelines.values()}.values():
        derived = next(each for each in baseline.derived if each.pipeline == plan.id)
        parts = derived_parts(scenario, baseline, derived, at_calibration)
        text = derived_text(parts, baseline, lang)
        lines = text.splitlines()
        assert plan.id in text
        assert all(any(line.startswith(field + " ") for line in lines) for field in plan.numbers)
        names = [say("explain.of-plan-folder", lang, id=ident) for ident in plan.numbers.values()]
        assert all(name in text for name in names)

    derived = next(each for each in baseline.derived if each.id == "hitech_firms_rounds_valid")
    text = derived_text(derived_parts(scenario, baseline, derived, at_calibration), baseline, lang)
    assert f"one.yaml:2:30  {say('explain.of-plan-folder', lang, id='firms.renewal')}" in text


def test_blocks_of_any_split_give_the_same_counts(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("targets: [A10, P03]\n", tmp_path)
    model = compiled(scenario, baseline)

    whole = run([model], range(2), detailed=False)[0]
    parts = run([model], range(1, 2), detailed=False)[0] + run([model], range(1), detailed=False)[0]

    np.testing.assert_array_equal(whole.hits, parts.hits)


def test_a_pipeline_is_watched_month_by_month(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("seed: 2\n", tmp_path)

    seen = watched(scenario, baseline, "firms")

    assert len(seen.trace.months) == 60
    assert seen.coupling == (1.0, 1.0, 1.0)
    assert seen.flows["waiting", "valid"].shape == (3, 5)
    for lang in ("zh", "en"):
        lines = months_text(seen.trace.months, seen.trace.balances, lang).splitlines()
        assert len([line for line in lines if line.startswith("20")]) == 60
        head = "".join(" ".join(lines[1:4]).partition("---")[0].split())
        assert head.startswith(say("pipeline.head.month", lang) + account_name("waiting", lang)[:2])
        assert all(word in head for word in account_name("leaders", lang).split())


def test_every_account_of_every_kind_has_a_name(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("seed: 1\n", tmp_path)
    (seen,) = flows_of_scenarios([scenario], {scenario.plan: baseline})

    ends = {end for flows in seen.flows.values() for pair in flows for end in pair}
    assert set(seen.flows) == set(baseline.pipelines)
    assert {"outside", "accelerator queue", "age 0", "covered"} <= ends
    for lang in ("zh", "en"):
        assert all(account_name(end, lang) and "{" not in account_name(end, lang) for end in ends)


def test_the_flow_table_holds_what_enters_stays_and_leaves(tmp_path: Path) -> None:
    """What the file says of firms adds up: certified = still valid + lapsed - those of the start."""
    scenario, baseline = scenario_of("targets: [H05]\n", tmp_path)
    (seen,) = flows_of_scenarios([scenario], {scenario.plan: baseline})
    world = pipeline_of_block(compiled(scenario, baseline), "firms", 0)

    flows = {pair: flow[0].sum() for pair, flow in seen.flows["firms"].items()}
    start = np.rint(world.numbers["start"]).mean()
    stays = world.accounts["valid"].mean()
    assert flows["waiting", "valid"] == pytest.approx(stays - start + flows["valid", "lapsed"])
    table = flow_files(seen)["flows.csv"].decode().splitlines()
    assert len(table) == 1 + 5 * len(seen.flows["firms"])


def test_a_run_that_needs_no_pipeline_writes_no_flows(tmp_path: Path) -> None:
    scenario, baseline = scenario_of("targets: [H03]\n", tmp_path)
    (seen,) = flows_of_scenarios([scenario], {scenario.plan: baseline})

    assert flow_files(seen) == {}


def test_flows_given_actuals_count_draws_by_their_weights(tmp_path: Path) -> None:
    """Few firms certified in 2016: the flow says so, and draws that fit the actual count for more."""
    scenario, baseline = scenario_of(
        "targets: [H05]\nobserved:\n  values:\n"
        "    slow: {area: zhejiang, indicator: new_hitech_firms, year: 2016, value: 900}\n",
        tmp_path,
    )
    (seen,) = flows_of_scenarios([scenario], {scenario.plan: baseline})
    inside = inside_of_block(compiled(scenario, baseline), Luck(scenario.seed, 0))

    assert inside.weights is not None
    assert len(np.unique(inside.weights)) > 100
    np.testing.assert_allclose(seen.flows["firms"]["outside", "waiting"][:, 0], 900.0)
    assert coupling_of(scenario, baseline, baseline.pipelines["firms"]) is None


def test_what_a_pipeline_counts_has_whole_quantiles(tmp_path: Path) -> None:
    """Six auctions are six and not 5.998; areas, amounts and shares keep their fractions."""
    text = "draws: 4096\ntargets: [A07, A09, A12, P03, P09, U01]\n"
    scenario, baseline = scenario_of(text, tmp_path)
    (cube,) = run_batch([scenario], {scenario.plan: baseline})

    values: dict[str, set[float]] = {}
    for each in cube.trajectories:
        values.setdefault(each.indicator, set()).update(each.quantiles)
    for ident in ("auctions_held", "incubator_graduates", "leading_firms", "new_hitech_firms"):
        assert all(value == int(value) for value in values[ident]), ident
    for ident in ("auction_turnover", "incubation_area_added", "national_zone_share"):
        assert any(value != int(value) for value in values[ident]), ident
    (held,) = (row for row in cube.probabilities if row.target.id == "A07")
    assert held.median == 6.0
