"""Whole runs of every design: the same probabilities, honest intervals, refusals before a draw is made."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim import cli
from sim.baseline.plan import Baseline
from sim.designs import KINDS, Kind, by_group, group_variance
from sim.engine import run
from sim.model import Model, compiled
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Scenario
from sim.studies.at_points import at_points
from sim.studies.intervals import summary_interval
from sim.studies.sensitivity import headline_only, held_at

ROOT = Path(__file__).parents[2]
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
REPEATS = 1000
TOGETHER = 9


@pytest.fixture(scope="module")
def shipped() -> tuple[Scenario, Baseline]:
    plans = PlanFolders(ROOT)
    [scenario] = load_scenarios((ROOT / "scenarios/baseline.yaml",), plans, ROOT)
    return scenario, plans[scenario.plan]


def headline(shipped: tuple[Scenario, Baseline], **changes: object) -> Model:
    scenario, baseline = shipped
    return headline_only(compiled(replace(scenario, **changes), baseline))  # type: ignore[arg-type]


@pytest.mark.parametrize("design", ["sobol", "antithetic"])
def test_every_design_gives_the_same_probabilities(design: Kind, shipped: tuple[Scenario, Baseline]) -> None:
    found = []
    for model in (headline(shipped), headline(shipped, design=design, seed=2)):
        [summary] = run([model], range(8), detailed=False)
        groups = by_group(model.design, summary.by_set.value())
        variance, count = group_variance(groups)
        found.append((groups.mean(axis=1), variance / count))
    (p, error), (q, other) = found
    z = (p - q)[error + other > 0.0] / np.sqrt(error + other)[error + other > 0.0]
    assert len(z) >= 2 * TOGETHER
    assert np.abs(z).max() < 5.0  # Student's tails of sixteen replicates


@pytest.mark.parametrize("design", KINDS)
def test_longer_runs_of_a_design_keep_the_draws_of_shorter_ones(
    design: Kind, shipped: tuple[Scenario, Baseline]
) -> None:
    model = headline(shipped, design=design)
    [short], [long] = (run([model], range(blocks), detailed=False) for blocks in (1, 2))
    assert np.array_equal(long.by_set.value()[:, : short.by_set.value().shape[1]], short.by_set.value())


@pytest.mark.parametrize("design", KINDS)
def test_holding_one_parameter_leaves_all_others_where_the_design_puts_them(
    design: Kind, shipped: tuple[Scenario, Baseline]
) -> None:
    """What an assumption moves is told from equal luck, whichever of its ends is worked first."""
    model = headline(shipped, design=design)
    names = [parameter.name for parameter in model.parameters.rows]
    held = held_at(model, names.index("assumption:blend_weight"), 0.25)
    alone = [run([each], range(1), detailed=False)[0] for each in (model, held)]
    before, after = (run(pair, range(1), detailed=False) for pair in ([model, held], [held, model]))

    for summaries in (before, after[::-1]):
        for here, there in zip(summaries, alone, strict=True):
            assert np.array_equal(here.by_set.value(), there.by_set.value(), equal_nan=True)


@pytest.mark.skipif(not NIGHTLY, reason="a thousand runs of each design: at night")
@pytest.mark.parametrize("design", KINDS)
def test_intervals_of_every_design_cover_as_they_say(
    design: Kind, shipped: tuple[Scenario, Baseline]
) -> None:
    scenario, baseline = shipped
    truth = {c.target.id: c.p for c in at_points(replace(scenario, design="sobol"), baseline, 1e-9).chances}
    model = headline(shipped, design=design)
    expected = np.array([truth[baseline.targets[target.row].id] for target in model.targets])
    covered = []
    for seed in range(REPEATS):
        [summary] = run([headline(shipped, design=design, seed=seed)], range(2), detailed=False)
        low, high = summary_interval(summary, model.design, together=False)
        covered.append((low <= expected) & (expected <= high))
    assert 0.93 <= np.mean(covered) <= 0.97


@pytest.mark.skipif(not NIGHTLY, reason="a thousand answers: at night")
@pytest.mark.parametrize("precision", [0.01, 0.003])
def test_intervals_at_points_cover_as_they_say_with_stopping_and_all(
    precision: float, shipped: tuple[Scenario, Baseline]
) -> None:
    scenario, baseline = shipped
    asked = replace(scenario, design="sobol")
    truth = {c.target: c.p for c in at_points(replace(asked, seed=REPEATS), baseline, 1e-9).chances}
    covered = []
    for seed in range(REPEATS):
        found = at_points(replace(asked, seed=seed), baseline, precision)
        covered.append([c.low <= truth[c.target] <= c.high for c in found.chances])
    assert 0.93 <= np.mean(covered) <= 0.97


def test_N21_draws_that_are_no_net_are_refused_on_the_command_line_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    argv = [
        "--lang",
        "en",
        "run",
        "scenarios/baseline.yaml",
        "--design",
        "sobol",
        "--out",
        str(tmp_path / "r"),
    ]
    assert cli.main(argv, ROOT) == 2
    err = capsys.readouterr().err
    assert "draws 20480 will not do for design: sobol" in err
    assert "16384 or 32768 [draws-no-net]" in err
    assert not (tmp_path / "r").exists()


def test_scenarios_of_two_designs_are_not_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = ROOT / "scenarios"
    other = tmp_path / "other.yaml"
    other.write_text("title: other\nplan: zhejiang-2016\ndesign: antithetic\n", "utf-8")
    argv = [
        "--lang",
        "en",
        "compare",
        str(folder / "baseline.yaml"),
        str(other),
        "--out",
        str(tmp_path / "r"),
    ]
    assert cli.main(argv, ROOT) == 2
    assert "[other-design]" in capsys.readouterr().err
