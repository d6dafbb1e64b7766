"""Compiled kernels and plain NumPy, held together over random models; the same bits on every processor."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from sim.axes import Floats
from sim.engine import Summary
from sim.engine.luck import Luck
from sim.engine.run import run_block
from sim.engine.tallied import city_chances, city_targets
from sim.model import compiled
from sim.model.model import NONE
from sim.streams import BLOCK
from sim.studies.sensitivity import headline_only
from tests.engine_blocks import worked_model
from tests.scenario_strategies import FEW, Case, cases

ROOT = Path(__file__).parents[2]


def near(first: Floats, second: Floats, tolerance: float) -> bool:
    """Whether two arrays agree, relative to the size of values above one; nothing equals nothing."""
    size = np.maximum(np.abs(second), 1.0)
    with np.errstate(invalid="ignore"):
        close = np.abs(first - second) <= tolerance * size
    return bool(np.all(close | (first == second) | (np.isnan(first) & np.isnan(second))))


@FEW
@given(cases())
def test_compiled_levels_and_chances_are_those_of_plain_numpy(case: Case) -> None:
    """Counts may differ by one where a rate lies on the edge between two."""
    model = compiled(case.scenario, case.baseline)
    fast, slow = (worked_model(model, 1, form) for form in (True, False))
    counts = model.is_count[model.with_cities]

    assert near(fast.noise.city, slow.noise.city, 1e-12)
    assert near(fast.levels.shared, slow.levels.shared, 1e-12)
    assert near(fast.city()[:, ~counts], slow.city()[:, ~counts], 1e-12)
    with np.errstate(invalid="ignore"):
        apart = np.abs(fast.city()[:, counts] - slow.city()[:, counts])
    assert np.count_nonzero(apart) <= 1e-5 * apart.size
    for here, there in zip(fast.outcomes, slow.outcomes, strict=True):
        agree = np.isclose(here.chance, there.chance, rtol=0.0, atol=1e-9, equal_nan=True)
        assert np.mean(~agree) <= 2e-4, "only hits within rounding of a threshold may differ"


@FEW
@given(cases())
def test_chances_of_cities_together_are_those_of_each(case: Case) -> None:
    model = compiled(case.scenario, case.baseline)
    worked = worked_model(model, 1)
    chosen = city_targets(model)
    chances = np.full((len(model.targets), BLOCK), np.nan)
    city_chances(model, chosen, worked.noise, worked.levels, chances)

    for row, counted in zip(chosen.rows, chosen.counted, strict=True):
        if not counted:
            assert np.allclose(chances[row], worked.outcomes[row].chance.ravel(), rtol=0.0, atol=1e-12)


@FEW
@given(cases())
def test_compiled_summaries_are_those_of_plain_numpy(case: Case) -> None:
    model = compiled(case.scenario, case.baseline)
    (fast,), (slow,) = (tuple(run_block((model,), True, 1, form)) for form in (True, False))

    for name in ("hits", "ties", "invalid", "passages", "patterns"):
        assert np.abs(getattr(fast, name) - getattr(slow, name)).max(initial=0) <= 1, name
    assert np.allclose(fast.chances.mean(), slow.chances.mean(), rtol=0.0, atol=3e-4, equal_nan=True)
    same_cells(fast, slow)


@FEW
@given(cases())
def test_what_nobody_asks_for_changes_nothing(case: Case) -> None:
    """Alone, headline targets need neither levels of cities nor grids: their bits are those of all."""
    model = compiled(case.scenario, case.baseline)
    alone = headline_only(model)
    alone = replace(alone, targets=tuple(t for t in alone.targets if t.city == NONE))
    alone = replace(alone, headline=np.arange(len(alone.targets)))
    rows = [n for n in model.headline if model.targets[n].city == NONE]
    (whole,), (part,) = (tuple(run_block((m,), m is model, 1)) for m in (model, alone))

    assert np.array_equal(part.hits, whole.hits[rows])
    assert np.array_equal(part.chances.mean(), whole.chances.mean()[rows], equal_nan=True)
    assert part.trajectories is None


def same_cells(fast: Summary, slow: Summary) -> None:
    """Assert that moments agree and that next to no draw lies in another cell of the grid."""
    here, there = fast.trajectories, slow.trajectories
    assert here is not None
    assert there is not None
    assert np.array_equal(here.draws, there.draws)
    sums, expected = here.moments.value(), there.moments.value()
    scale = np.sqrt(np.maximum(expected[1], 1.0) * 4096.0)
    assert np.all(np.abs(sums[0] - expected[0]) <= 1e-3 * scale)
    for a, x, b, y in zip(
        here.grid.first, here.grid.rows(), there.grid.first, there.grid.rows(), strict=True
    ):
        assert x.sum() == y.sum()
        if len(x):
            low, high = min(a, b), max(a + len(x), b + len(y))
            both = np.zeros((2, high - low), dtype=np.int64)
            both[0, a - low : a - low + len(x)] = x
            both[1, b - low : b - low + len(y)] = y
            assert np.abs(np.cumsum(both[0]) - np.cumsum(both[1])).max() <= 3


BITS = """
import hashlib, sys
import numpy as np
from sim.kernels import compiled, levels, normal, tails, tallies, targets
made = hashlib.sha256()
keys = np.arange(264, dtype=np.uint64).reshape(2, 3, 11, 4) * np.uint64(2654435761) & np.uint64(2**32 - 1)
for dof in (2.5, 5.65, 40.0, np.inf):
    table, highest = tails.scale_table(dof)
    made.update(table.tobytes())
    city, mixing = np.empty((2, 8, 2, 16, 256)), np.empty((2, 2, 16, 256))
    grid = np.linspace(0.05, 0.9, 8 * 16).reshape(8, 16)
    compiled.cities_into(
        np.ascontiguousarray(keys[:, :2, 0]), keys, 4096, table, highest,
        np.linspace(-0.5, 0.5, 24).reshape(8, 3),
        np.linspace(0.1, 0.8, 8), grid, np.stack([grid, grid / 3]), np.stack([grid / 2, grid]),
        np.stack([np.stack([grid, 0 * grid]), np.stack([grid, 1 + grid])]), city, mixing,
    )
    made.update(city.tobytes() + mixing.tobytes())
    rows = np.ascontiguousarray(city.reshape(32, 4096))
    sums, rates = np.empty((2, 32)), np.arange(32) % 2 == 0
    draws, span = np.empty(32, dtype=np.int64), np.empty((32, 2), dtype=np.int64)
    limits, zeros = np.array([1e140, 1e-3]), np.repeat([2.0**-20, 1.0], 16)
    tallies.moments_into(rows, np.ones(32), zeros, rates, limits, draws, sums, span)
    widths = span[:, 1] - span[:, 0] + 1
    cells = np.zeros(widths.sum(), dtype=np.uint16)
    tallies.counts_into(rows, zeros, rates, limits, span, np.cumsum(widths) - widths, cells)
    chance, chances = np.empty(4096), np.empty((2, 4096))
    targets.city_chances_into(
        normal.normal_table(), city[:, 0, :, :, :1].copy(), mixing, grid[:2, :].copy(), grid[:2], grid[2:4],
        city[0, 1, 1], np.array([1, 0]), np.array([0, 1]), np.array([[0.1, np.inf], [-0.2, 0.3]]), chances,
    )
    normal.hits_into(normal.normal_table(), np.log(2.0) + rows[0], rows[1], 1.5, np.inf, chance)
    counts, unsure = np.empty(4096), np.empty(4096, dtype=np.bool_)
    levels.expansion_into(100.0 * rows[2], rows[3] - 1.0, counts, unsure)
    for part in (sums, draws, span, cells, chance, chances, counts, unsure):
        made.update(part.tobytes())
print(made.hexdigest())
"""


def bits_under(**environment: str) -> str:
    """Return the hash of what the kernels make in a process of its own with this *environment*."""
    done = subprocess.run(
        [sys.executable, "-c", BITS],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


COMPILES = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("HYPOTHESIS_PROFILE") == "nightly"),
    reason="compiles every kernel anew; runs in CI and each night",
)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, marks=COMPILES),
        {
            "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512_SKX AVX2 FMA3",
            "OPENBLAS_CORETYPE": "Nehalem",
            "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-AVX",
        },
    ],
    ids=["the oldest processor", "older libraries"],
)
def test_N2_kernels_give_the_same_bits_on_every_processor(environment: dict[str, str]) -> None:
    assert bits_under(**environment) == bits_under()


def test_a_block_of_luck_is_the_same_whatever_was_asked_before() -> None:
    from sim.streams import Source

    first, second = Luck(1, 3), Luck(1, 3)
    a, b = Source("a"), Source("b")
    second.normal(b)

    assert np.array_equal(first.normal(a), second.normal(a))
    assert np.array_equal(first.normals([b, a])[1], second.normal(a))
