"""Drawing on demand: intervals keep their promise although the draws stop when they look good."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import cli
from sim.accumulators import SetChances
from sim.commands.aims import drawn_enough
from sim.commands.console import Console
from sim.designs import PLAIN
from sim.estimators import interval_of_sets
from sim.streams import BLOCK, SETS
from sim.studies.grid import CHUNK, done_work
from sim.studies.intervals import summary_interval
from sim.studies.precision import Aim, as_precise_as_asked, error_of_look, next_blocks, open_answers, settled
from tests.grid_project import grid_project
from tests.units.test_packing import parts

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
REPEATS = 1000
MOST = 2000


def stopped_run(rng: np.random.Generator, mean: float, aim: Aim) -> tuple[float, float, int]:
    """Draw sets of chances until *aim* is met, as the grid does; return the last interval and its look."""
    a, b = 3.0 * mean, 3.0 * (1.0 - mean)
    blocks, look = CHUNK, 1
    chances = rng.beta(a, b, blocks * SETS)
    while True:
        part = SetChances.of(chances[None, :, None])
        ends = [
            interval_of_sets(part.mean(), part.variance(), part.sets, part.sets * 256, confidence)
            for confidence in (0.95, 1.0 - error_of_look(look))
        ]
        (low, high), sides = ends
        if settled(low, high, aim, sides).all() or blocks >= MOST:
            low, high = sides if aim.decide is not None else (low, high)
            return float(low[0]), float(high[0]), blocks
        more = next_blocks(blocks, float(0.5 * (high - low)[0]), aim, MOST)
        chances = np.concatenate([chances, rng.beta(a, b, (more - blocks) * SETS)])
        blocks, look = more, look + 1


@pytest.mark.parametrize("mean", [0.5, 0.1] if not NIGHTLY else [0.5, 0.3, 0.1, 0.03, 0.9])
@pytest.mark.parametrize("half", [0.02] if not NIGHTLY else [0.04, 0.02, 0.01])
def test_intervals_cover_as_they_say_with_stopping_and_all(mean: float, half: float) -> None:
    rng = np.random.default_rng(round(1000 * mean + 100_000 * half))
    runs = [stopped_run(rng, mean, Aim(half, None)) for _ in range(REPEATS)]
    assert all(high - low <= 2.0 * half for low, high, blocks in runs if blocks < MOST)
    covered = np.mean([low <= mean <= high for low, high, _ in runs])
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("mean", [0.77] if not NIGHTLY else [0.77, 0.5, 0.83])
def test_a_decision_is_wrong_in_fewer_than_one_of_twenty_runs(mean: float) -> None:
    rng = np.random.default_rng(8)
    runs = [stopped_run(rng, mean, Aim(None, 0.8)) for _ in range(REPEATS // 4)]
    wrong = [low > 0.8 if mean < 0.8 else high < 0.8 for low, high, _ in runs]
    decided = [low > 0.8 or high < 0.8 for low, high, _ in runs]
    assert np.mean(decided) > 0.9
    assert np.mean(wrong) <= 0.05


def test_looks_spend_no_more_than_all_of_the_error() -> None:
    assert sum(error_of_look(look) for look in range(1, 100_000)) < 0.05


@given(st.integers(1, 500), st.floats(1e-6, 0.5), st.floats(1e-4, 0.5), st.booleans())
def test_the_next_look_is_at_more_whole_chunks(
    blocks: int, widest: float, precision: float, decides: bool
) -> None:
    more = next_blocks(blocks, widest, Aim(precision, 0.8 if decides else None), 4096)
    assert more > blocks
    assert more % CHUNK == 0 or more == 4096
    assert more <= 8 * blocks + CHUNK


def test_an_exact_zero_half_width_and_a_level_inside_are_told_apart() -> None:
    low, high = np.array([0.5, 0.75, 0.81]), np.array([0.5, 0.85, 0.90])
    assert settled(low, high, Aim(0.01, None), (low, high)).tolist() == [True, False, False]
    assert settled(low, high, Aim(None, 0.8), (low, high)).tolist() == [True, False, True]
    assert settled(low, high, Aim(0.05, 0.8), (low, high)).tolist() == [True, False, True]


@dataclass
class Drawn:
    """A grid of which only the numbers of blocks matter; its summaries say whose they are."""

    scenarios: tuple[Any, ...]
    failed: dict[str, str] = field(default_factory=dict)
    counts: list[dict[str, int]] = field(default_factory=list)

    @property
    def models(self) -> dict[str, Any]:
        return {scenario.id: scenario for scenario in self.scenarios}

    def complete(self, blocks: dict[str, int], work: object) -> None:
        self.counts.append(dict(blocks))

    def summary(self, scenario: str, blocks: int) -> str:
        return f"{scenario} {blocks}"


def wanted(id: str, design: str = "plain", blocks: int = 5) -> SimpleNamespace:
    return SimpleNamespace(id=id, draws=blocks * BLOCK, design=design)


def looked(
    monkeypatch: pytest.MonkeyPatch, grid: Drawn, reference: str | None = None, open_looks: int = 2
) -> list[tuple[Any, ...]]:
    """Draw until the look *open_looks* + 1; return what each look asked of which summaries."""
    asked: list[tuple[Any, ...]] = []

    def answers(summary: str, first: str | None, aim: Aim, look: int, design: object) -> tuple[float, int]:
        asked.append((summary, first, look))
        return 0.04, int(look <= open_looks)

    monkeypatch.setattr("sim.studies.precision.open_answers", answers)
    aims = dict.fromkeys((scenario.id for scenario in grid.scenarios), Aim(0.02, None))
    as_precise_as_asked(grid, aims, reference, 4096, done_work, lambda look: None)  # type: ignore[arg-type]
    return asked


def test_every_look_asks_everyone_and_knows_which_look_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Drawn((wanted("a"), wanted("b", blocks=10)))
    assert looked(monkeypatch, grid) == [
        (f"{id} {blocks}", None, look)
        for look, blocks in enumerate((10, 45, 200), start=1)
        for id in ("a", "b")
    ]
    assert grid.counts == [dict.fromkeys("ab", blocks) for blocks in (10, 45, 200)]


def test_differences_are_asked_of_all_but_the_reference_and_of_none_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grid = Drawn((wanted("a"), wanted("b"), wanted("c")), failed={"c": "x"})
    assert looked(monkeypatch, grid, "b", 0) == [("a 5", "b 5", 1)]


def test_sobol_points_are_looked_at_in_whole_nets(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = Drawn((wanted("a", "sobol", 6),))
    assert [summary for summary, _, _ in looked(monkeypatch, grid)] == ["a 8", "a 64", "a 512"]


def test_open_answers_are_all_targets_and_events_and_sides_are_those_of_the_look() -> None:
    summary = parts()[0]
    ends = [summary_interval(summary, PLAIN, together, 0.95) for together in (False, True)]
    low, high = (np.concatenate(side) for side in zip(*ends, strict=True))
    known = ~np.isnan(low)
    widest, count = open_answers(summary, None, Aim(1e-9, None), 1)
    assert (widest, count) == (float(np.max(0.5 * (high - low)[known])), int(known.sum()))
    inside = np.flatnonzero(known & (low > 0.05) & (high < 0.95))[0]
    level = float(high[inside]) + 1e-6  # outside of the ordinary interval, inside of those of looks
    for look in (1, 3):
        sides = [
            summary_interval(summary, PLAIN, together, 1.0 - 0.05 / (look * (look + 1)))
            for together in (False, True)
        ]
        under, over = (np.concatenate(side) for side in zip(*sides, strict=True))
        is_open = (under <= level) & (level <= over)
        assert is_open[inside]
        assert open_answers(summary, None, Aim(None, level), look)[1] == int(is_open.sum())


def test_scenarios_that_share_their_luck_all_take_the_draws_of_the_one_that_needs_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise nothing could be compared on common luck."""

    @dataclass(frozen=True)
    class Named:
        id: str
        draws: int
        precision: float = 0.01

    few, other = (Named("a", 4096), Named("b", 4096)), (Named("a", 4096), Named("b", 8192))
    for scenarios, expected in ((few, [20480, 20480]), (other, [20480, 8192])):
        enough = (replace(scenarios[0], draws=20480), scenarios[1])
        monkeypatch.setattr("sim.studies.precision.with_enough_draws", lambda *_, enough=enough: enough)
        drawn = drawn_enough(scenarios, {}, 1, Console(Path(), "en", sys.stdout, sys.stderr))  # type: ignore[arg-type]
        assert [scenario.draws for scenario in drawn] == expected


def test_a_batch_draws_until_it_is_precise_and_equals_one_of_that_many_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("grid", "precision"):
        monkeypatch.setattr(f"sim.studies.{part}.CHUNK", 1)
    grid = "title: x\nplan: zhejiang-2016\ndraws: 4096\ntargets: [H01]\nprecision: 6 pp\n"
    project = grid_project(tmp_path, grid)
    asked, told = tmp_path / "asked", tmp_path / "told"
    assert cli.main(["batch", "grid", "--quiet", "--out", str(asked)], project) == 0
    looks = [line for line in capsys.readouterr().err.splitlines() if "the widest half-width" in line]
    assert len(looks) >= 2
    assert "0 probabilities are not settled" in looks[-1]
    draws = looks[-1].split(" ")[0].replace(",", "")
    (project / "scenarios" / "grid.yaml").write_text(grid.replace("precision: 6 pp\n", ""), "utf-8")
    assert cli.main(["batch", "grid", "--quiet", "--draws", draws, "--out", str(told)], project) == 0
    assert (asked / "batch-grid/grid.csv").read_bytes() == (told / "batch-grid/grid.csv").read_bytes()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--precision", "0"], "precision 0.0 will not do"),
        (["--precision=-1"], "precision -1.0 will not do"),
        (["--precision", "1e-9"], "precision 1e-09 will not do"),
        (["--precision", "60"], "precision 60.0 will not do"),
        (["--precision", "nan"], "out of range"),
        (["--precision", "1 %"], "the unit is '%', but '百分点 (pp)' is needed here"),
        (["--precision", "1_0"], "the unit is '_0'"),
        (["--decide", "0"], "decide 0.0 will not do"),
        (["--decide", "80"], "80"),
        (["--draws", "5000"], "draws 5000 will not do"),
        (["--draws", "-4"], "draws -4 will not do"),
        (["--draws", "16781312"], "16777216 at the most"),
        (["--draws", "9" * 5000], "is not a whole number\n"),
        (["--draws", "1e30"], "'1e30' is not a whole number"),
    ],
)
@pytest.mark.parametrize("command", ["run", "batch"])
def test_an_aim_that_is_none_is_said_at_once(
    command: str, argv: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main([command, *argv], tmp_path)
    assert exit.value.code == 2
    assert said in capsys.readouterr().err
