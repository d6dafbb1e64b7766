"""The stored reference runs: a change of results is seen, and is stored anew only by a command."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from sim.commands.golden import GOLDEN, KEPT, reference_columns
from sim.commands.projects import SHIPPED

ROOT = Path(__file__).parents[2]
ONE_DRAW = 2.5e-4  # of 4,096: between two machines the last bit of a logarithm may move one draw
ONE_STEP = 2e-3  # quantiles lie on a grid of 0.1 %


@pytest.fixture(scope="module")
def stored() -> list[dict[str, str]]:
    with (ROOT / GOLDEN).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_N4_the_shipped_scenarios_give_what_was_stored(stored: list[dict[str, str]]) -> None:
    fresh = reference_columns(ROOT)
    for name in ("scenario", "target", "version"):
        assert fresh[name] == [row[name] for row in stored], "run.py golden stores the rows anew"
    for name in KEPT[2:]:
        for row, value in zip(stored, fresh[name], strict=True):
            told = float(row[name]) if row[name] else None
            if told is None:
                assert value is None, (row, name)
            elif name == "median":
                assert value == pytest.approx(told, rel=ONE_STEP), (row, name)
            else:
                assert value == pytest.approx(told, abs=ONE_DRAW), (row, name)


def test_the_stored_runs_cover_every_headline_target_of_every_scenario(stored: list[dict[str, str]]) -> None:
    headline = {f"H{number:02}" for number in range(1, 10)}
    found: dict[str, set[str]] = {}
    for row in stored:
        found.setdefault(row["scenario"], set()).add(row["target"])
    assert set(found) == {name for name in SHIPPED if not name.startswith("sweep_")}
    assert all(targets >= headline for targets in found.values())
