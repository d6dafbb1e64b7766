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
from sim.engine.cells import LARGEST
from sim.engine.cities import city_targets
from sim.engine.luck import Luck
from sim.engine.run import run_block
from sim.model import compiled
from sim.model.model import NONE
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
def test_what_targets_of_cities_did_is_what_each_did(case: Case) -> None:
    """They are worked while their levels are in cache; plain NumPy works them from all levels."""
    model = compiled(case.scenario, case.baseline)
    worked = worked_model(model, 1)
    chosen, results = city_targets(model), worked.levels.results
    assert results is not None

    for position, row in enumerate(chosen.rows):
        outcome = worked.outcomes[row]
        chance = np.where(np.isnan(outcome.chance), np.nan, outcome.chance)
        invalid = np.isnan(chance) | ~(np.abs(outcome.path[model.targets[row].year]) <= LARGEST)
        known = np.where(invalid, np.nan, chance)
        assert np.array_equal(results.known[position], (~invalid).sum(axis=1))
        assert results.counts[position, 2] == invalid.sum()
        assert results.counts[position, 0] == (outcome.hit & ~invalid).sum()
        with np.errstate(invalid="ignore"):
            means = np.nansum(known, axis=1) / np.maximum((~invalid).sum(axis=1), 1)
        assert np.allclose(results.mean[position], means, rtol=0.0, atol=1e-12)


@FEW
@given(cases())
def test_noise_that_scenarios_share_gives_the_bits_of_noise_made_with_the_levels(case: Case) -> None:
    """The second of the pair needs other levels from equal noise, so the first keeps its noise."""
    model = compiled(case.scenario, case.baseline)
    other = replace(model, drift=replace(model.drift, add=model.drift.add + 0.01))
    alone, apart = (next(run_block((m,), False, 1)) for m in (model, other))
    first, second = run_block((model, other), False, 1)

    assert summaries_equal(alone, first)
    assert summaries_equal(second, apart)


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


def summaries_equal(first: Summary, second: Summary) -> bool:
    """Whether two summaries without trajectories are the same to the bit."""
    names = ("hits", "ties", "invalid", "passages", "patterns")
    same = all(np.array_equal(getattr(first, name), getattr(second, name)) for name in names)
    pairs = [(first.chances, second.chances), (first.together, second.together)]
    return (
        same
        and first.shortfall == second.shortfall
        and all(np.array_equal(a.mean(), b.mean(), equal_nan=True) for a, b in pairs)
    )


BITS = """
import hashlib, sys
import numpy as np
from sim.kernels import compiled, normal, poisson, stored_noise, tails, tallies
made = hashlib.sha256()
keys = np.arange(264, dtype=np.uint64).reshape(2, 3, 11, 4) * np.uint64(2654435761) & np.uint64(2**32 - 1)
for dof in (2.5, 5.65, 40.0, np.inf):
    table, highest = tails.scale_table(dof)
    made.update(table.tobytes())
    city, mixing = np.empty((2, 8, 2, 16, 256)), np.empty((2, 2, 16, 256))
    grid = np.linspace(0.05, 0.9, 8 * 16).reshape(8, 16)
    streams = (
        np.ascontiguousarray(keys[:, :2, 0]), keys, 4096, table, highest,
        np.linspace(-0.5, 0.5, 24).reshape(8, 3), np.linspace(0.1, 0.8, 8),
    )
    spread = (
        grid, np.stack([grid, grid / 3]), np.stack([grid / 2, grid]),
        np.stack([np.stack([grid, 0 * grid]), np.stack([grid, 1 + grid])]), bool(np.isinf(dof)),
    )
    stored_noise.noise_into(streams, spread, city, mixing)
    made.update(city.tobytes() + mixing.tobytes())
    rows = np.ascontiguousarray(city.reshape(32, 4096))
    sums, rates = np.empty((2, 32)), np.arange(32) % 2 == 0
    draws, span = np.empty(32, dtype=np.int64), np.empty((32, 2), dtype=np.int64)
    limits, zeros = np.array([1e140, 1e-3]), np.repeat([2.0**-20, 1.0], 16)
    tallies.moments_into(rows, np.ones(32), zeros, rates, limits, draws, sums, span)
    widths = span[:, 1] - span[:, 0] + 1
    cells = np.zeros(widths.sum(), dtype=np.uint16)
    tallies.counts_into(rows, zeros, rates, limits, span, np.cumsum(widths) - widths, cells)
    chance, total = np.empty(4096), np.empty((8, 2, 16, 256))
    wanted = (
        np.array([0, 1, 2]), np.array([[1, 1, 0], [0, 1, 1]]),
        np.array([[0.5, np.inf, 0.5, np.log(0.5), np.inf], [0.4, 2.0, 1.0, np.log(0.4), np.log(2.0)]]),
        np.ascontiguousarray(city[0, :2, 1]), normal.normal_table(), np.array([1e-12, 1e140]),
    )
    did = (
        np.zeros((2, 6), dtype=np.int64), np.zeros(2), np.zeros((2, 16), dtype=np.int64),
        np.zeros((2, 16)), np.zeros((2, 16)),
    )
    calm = (
        np.array([0, 1, -1, -1, -1, -1, -1, -1]), 1.0 + mixing[None, :, :, :, 0].repeat(8, 0),
        np.ascontiguousarray(city.transpose(1, 0, 2, 3, 4)[:2]),
    )
    kept = np.empty((2, 1, 2, 16, 256))
    total[:], whole = 0.0, np.empty(total.shape)
    compiled.levels_into(
        streams, spread, calm, city[0], wanted, did, mixing, total,
        np.array([0, -1, -1, -1, -1, -1, -1, -1]), kept, whole, 0, 2,
    )
    normal.hits_into(normal.normal_table(), np.log(2.0) + rows[0], rows[1], 1.5, np.inf, chance)
    counts = poisson.compiled_quantile(100.0 * rows[2], rows[3] - 1.0)
    for part in (sums, draws, span, cells, chance, total, kept, whole, counts, *did):
        made.update(part.tobytes())
print(made.hexdigest())
"""


def printed(program: str, *arguments: str, **environment: str) -> str:
    """Return what *program* prints in a process of its own with this *environment*."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def bits_under(**environment: str) -> str:
    """Return the hash of what the kernels make with this *environment*."""
    return printed(BITS, **environment)


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


RUNS = """
import hashlib, pickle, sys
from pathlib import Path
from sim.baseline.load import load_baseline
from sim.engine import run
from sim.engine.pilot import with_proposal
from sim.model import compiled
from sim.scenario.loading import load_scenarios
root = Path.cwd()
plan = load_baseline(root / "baselines" / "zhejiang-2016", root)
files = [root / "scenarios" / "trade_friction.yaml", Path(sys.argv[1])]
models = [with_proposal(compiled(s, plan)) for s in load_scenarios(files, {"zhejiang-2016": plan}, root)]
assert models[1].observed.proposal is not None
for summary in run(models, range(1)):
    print(hashlib.sha256(pickle.dumps(summary)).hexdigest())
"""

SEEN = "title: {zh: 已知, en: Seen}\nplan: zhejiang-2016\ntargets: all\nobserved: {until: 2016}\n"


def runs_under(folder: Path, **environment: str) -> str:
    """Return hashes of all that a block makes of the shipped plan: with events, and given actuals, which
    have a pilot of their own.
    """
    (folder / "seen.yaml").write_text(SEEN, encoding="utf-8")
    return printed(RUNS, os.fspath(folder / "seen.yaml"), **environment)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param({"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}, marks=COMPILES),
        {"MALLOC_PERTURB_": "170", "OPENBLAS_NUM_THREADS": "4"},  # glibc fills all memory that is asked for
    ],
    ids=["the oldest processor", "what memory held before and threads of libraries"],
)
def test_N2_a_block_of_the_shipped_plan_is_the_same_whatever(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert runs_under(tmp_path, **environment) == runs_under(tmp_path)


def test_a_block_of_luck_is_the_same_whatever_was_asked_before() -> None:
    from sim.streams import Source

    first, second = Luck(1, 3), Luck(1, 3)
    a, b = Source("a"), Source("b")
    second.normal(b)

    assert np.array_equal(first.normal(a), second.normal(a))
    assert np.array_equal(first.normals([b, a])[1], second.normal(a))
