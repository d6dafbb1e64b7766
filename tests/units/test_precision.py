"""Drawing on demand: intervals keep their promise although the draws stop when they look good."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import cli
from sim.accumulators import SetChances
from sim.estimators import interval_of_sets
from sim.streams import SETS
from sim.studies.grid import CHUNK
from sim.studies.precision import Aim, error_of_look, next_blocks, settled
from tests.grid_project import grid_project

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
