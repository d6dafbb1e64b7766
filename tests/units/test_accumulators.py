"""Sums without rounding, counts on a grid, and chances by set."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.accumulators import (
    CHANCE_CELLS,
    GATHERED,
    LEVEL_ZERO,
    NO_CELL,
    ChancesBySet,
    ExactSum,
    Grid,
    SetChances,
    exact,
    level_indices,
    level_of_index,
    rate_indices,
    rate_of_index,
    rounded,
)
from sim.axes import Floats
from sim.engine.cells import tallied_cells
from sim.kernels.tallies import LANES
from sim.streams import Source, uniforms

finite = st.floats(allow_nan=False, allow_infinity=False)
modest = st.floats(-1e300, 1e300)


@given(finite)
def test_every_finite_number_survives_the_fixed_point(value: float) -> None:
    """Chances of hopeless targets are subnormal, and so are their squares."""
    assert rounded(exact(value)) == value


@pytest.mark.parametrize("value", [5e-324, -5e-324, 2.2e-308, 1e-316, 1.7976931348623157e308])
def test_the_ends_of_the_floats_survive_the_fixed_point(value: float) -> None:
    assert rounded(exact(value)) == value


@given(st.lists(modest, min_size=1, max_size=20), st.randoms())
def test_sums_are_exact_in_any_order(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    total = ExactSum.of(np.array(values[:1]))
    for value in values[1:]:
        total = total + ExactSum.of(np.array([value]))
    other = ExactSum.of(np.array(shuffled[:1]))
    for value in shuffled[1:]:
        other = other + ExactSum.of(np.array([value]))

    assert total == other
    assert total.value()[0] == float(sum(map(Fraction, values), Fraction()))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_not_summed(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        ExactSum.of(np.array([1.0, value]))


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=50))
def test_a_level_stands_within_a_tenth_of_a_percent_of_its_cell(values: list[float]) -> None:
    levels = np.array(values)
    back = level_of_index(level_indices(levels).astype(np.int64))
    large = np.abs(levels) > LEVEL_ZERO * 1.001

    assert np.allclose(back[large], levels[large], rtol=0.00051, atol=0.0)
    assert np.all(np.abs(back[~large]) <= LEVEL_ZERO * 1.002)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.integers(-20, 20))
def test_cells_of_levels_keep_their_order(first: float, second: float, power: int) -> None:
    low, high = sorted((first, second))
    a, b = level_indices(np.array([low, high]), 2.0**power)

    assert a <= b


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=50), st.integers(-20, 20))
def test_levels_below_zero_of_the_grid_lie_on_equal_steps(values: list[float], power: int) -> None:
    levels, zero = np.array(values), 2.0**power
    back = level_of_index(level_indices(levels, zero).astype(np.int64), zero)

    assert np.all(np.abs(back - levels) <= np.maximum(zero / 2047.9, 0.00051 * np.abs(levels)))


@given(st.floats(-1000.0, 1000.0))
def test_a_rate_stands_within_half_a_thousandth_of_its_cell(value: float) -> None:
    assert rate_of_index(rate_indices(np.array([value])).astype(np.int64))[0] == pytest.approx(
        value, abs=0.00051
    )


rows = st.lists(st.lists(st.integers(-50, 50), min_size=4, max_size=4), min_size=1, max_size=4)


@given(rows, st.sampled_from([0.025, 0.1, 0.5, 0.9, 0.975, 1.0]))
def test_a_grid_finds_the_least_value_that_a_share_does_not_exceed(
    values: list[list[int]], probability: float
) -> None:
    found = Grid.of(np.array(values, dtype=np.int32)).index_at(probability)

    for row, index in zip(values, found, strict=True):
        assert sum(v <= index for v in row) >= probability * len(row)
        assert sum(v < index for v in row) < max(1.0, probability * len(row))


@given(rows, rows, st.sampled_from([0.1, 0.5, 0.9]))
def test_grids_add_up(first: list[list[int]], second: list[list[int]], probability: float) -> None:
    count = min(len(first), len(second))
    a, b = (np.array(x[:count], dtype=np.int32) for x in (first, second))
    whole = Grid.of(np.concatenate([a, b], axis=1))
    added = Grid.of(a) + Grid.of(b)

    assert np.array_equal(added.first, whole.first)
    assert np.array_equal(added.ends, whole.ends)
    assert np.array_equal(added.counts, whole.counts)
    assert np.array_equal(added.index_at(probability), whole.index_at(probability))


def test_counts_stay_right_beyond_the_narrowest_type() -> None:
    one = Grid.of(np.zeros((1, 40_000), dtype=np.int32))

    assert [int(c.sum()) for c in (one + one + one).rows()] == [120_000]


def test_weights_are_counted_whole() -> None:
    weights = np.array([2**40, 3, 0, 5])
    one = Grid.of(np.array([[4, 4, 9, NO_CELL]], dtype=np.int32), weights)

    assert [c.tolist() for c in (one + one).rows()] == [[2**41 + 6]]


def test_a_grid_leaves_out_what_has_no_cell() -> None:
    none, some = NO_CELL, 7
    first = Grid.of(np.array([[none, none], [none, some], [some, some]], dtype=np.int32))
    second = Grid.of(np.array([[none, none], [some, some], [none, 9]], dtype=np.int32))
    both = first + second

    assert [int(c.sum()) for c in both.rows()] == [0, 3, 3]
    assert list(both.index_at(0.5)) == [NO_CELL, 7, 7]
    assert list(both.index_at(1.0)) == [NO_CELL, 7, 9]


def chances(sets: int, draws: int, name: str = "chance") -> Floats:
    return uniforms(1, Source(name), 0, sets * draws).reshape(1, sets, draws)


def test_chances_by_set_have_the_moments_of_their_means() -> None:
    chance = chances(16, 64) ** 3
    summary = SetChances.of(chance)
    means = chance[0].mean(axis=1)

    assert summary.mean()[0] == pytest.approx(means.mean(), rel=1e-14)
    assert summary.variance()[0] == pytest.approx(means.var(ddof=1), rel=1e-10)
    assert summary.sampling_variance()[0] == pytest.approx(np.mean(chance[0].var(axis=1, ddof=1) / 64))


def test_chances_add_up_set_by_set() -> None:
    chance = np.concatenate([chances(32, 16), chances(32, 16, "other")])
    whole, parts = SetChances.of(chance), SetChances.of(chance[:, :16]) + SetChances.of(chance[:, 16:])

    assert parts.sets == whole.sets == 32
    assert parts.mean() == pytest.approx(whole.mean(), rel=1e-15)
    assert parts.variance() == pytest.approx(whole.variance(), rel=1e-12)
    assert np.array_equal(parts.grid, whole.grid)


def test_quantiles_over_sets_lose_the_spread_of_the_draws_inside_a_set() -> None:
    """Sets with one and the same chance differ by sampling alone: no model uncertainty is left."""
    hits = (chances(4000, 256) < 0.3).astype(np.float64)
    summary = SetChances.of(hits)

    spread = summary.quantile(0.9) - summary.quantile(0.1)
    raw = np.subtract(*np.quantile(hits[0].mean(axis=1), [0.9, 0.1]))
    assert raw > 0.06
    assert spread[0] < 0.25 * raw


def test_quantiles_over_sets_keep_the_spread_of_their_chances() -> None:
    p = 0.2 + 0.4 * chances(2000, 1)[0]
    hits = (chances(2000, 256, "hit") < p).astype(np.float64)
    summary = SetChances.of(hits)

    for level in (0.1, 0.5, 0.9):
        assert summary.quantile(level)[0] == pytest.approx(np.quantile(p, level), abs=0.008)


def test_chances_of_one_value_have_it_as_every_quantile() -> None:
    summary = SetChances.of(np.full((1, 16, 256), 0.12345))

    assert summary.quantile(0.1)[0] == summary.quantile(0.9)[0] == pytest.approx(0.12345, abs=1e-12)


def test_N9_invalid_draws_say_nothing_of_a_chance() -> None:
    chance = chances(16, 64)
    some = chance.copy()
    some[0, 3, :10] = np.nan
    none = chance.copy()
    none[0, 5] = np.nan
    nothing = np.full_like(chance, np.nan)
    means = chance[0].mean(axis=1)
    means[3] = chance[0, 3, 10:].mean()

    assert SetChances.of(some).mean()[0] == pytest.approx(means.mean())
    assert SetChances.of(none).mean()[0] == pytest.approx(np.delete(chance[0].mean(axis=1), 5).mean())
    assert SetChances.of(none).counted[0] == 15
    assert SetChances.of(none).grid.sum() == 15
    both = SetChances.of(none) + SetChances.of(nothing)
    assert both.mean() == pytest.approx(SetChances.of(none).mean())
    assert both.variance() == pytest.approx(SetChances.of(none).variance())
    assert np.isnan(SetChances.of(nothing).mean()[0])
    assert SetChances.of(some).within.value()[0] == pytest.approx(
        sum(np.nanvar(row, ddof=1) / np.isfinite(row).sum() for row in some[0])
    )


def test_a_hopeless_chance_is_summed_and_not_lost() -> None:
    summary = SetChances.of(np.full((1, 16, 256), 1e-160))

    assert summary.mean()[0] == pytest.approx(1e-160)
    assert summary.grid[0, 0] == 16
    assert summary.grid.shape == (1, CHANCE_CELLS + 1)


@pytest.mark.parametrize(
    ("name", "values", "mean", "digits"),
    [
        ("NumAcc1", [10000001.0, 10000003.0, 10000002.0], 10000002.0, 14),
        ("NumAcc2", [1.2, *([1.1, 1.3] * 500)], 1.2, 14),
        ("NumAcc3", [1000000.2, *([1000000.1, 1000000.3] * 500)], 1000000.2, 9),
        ("NumAcc4", [10000000.2, *([10000000.1, 10000000.3] * 500)], 10000000.2, 8),
    ],
)
def test_N18_means_and_sds_of_the_statistical_reference_datasets_are_right(
    name: str, values: list[float], mean: float, digits: int
) -> None:
    # NIST, Statistical Reference Datasets, univariate summary: where single passes lose all digits.
    # The data themselves are rounded to 53 bits, which leaves the sd of the last two so many digits.
    sd = 1.0 if name == "NumAcc1" else 0.1
    padding = [math.nan] * (-len(values) % LANES)  # what is no number counts as no draw
    row, shift = np.array([values + padding]), np.array([values[0]])
    cells = tallied_cells(np.array([0]), row, shift, np.array([1.0]), np.array([False]))
    draws, sums = cells.draws, cells.sums
    first, second = ExactSum.of(sums).value()[:, 0] / draws[0]
    assert draws[0] == len(values)
    assert shift[0] + first == pytest.approx(mean, rel=1e-15)
    assert math.sqrt((second - first**2) * draws[0] / (draws[0] - 1)) == pytest.approx(sd, rel=10.0**-digits)


def test_chances_of_many_blocks_are_gathered_and_stay_what_they_are_in_any_order() -> None:
    blocks = np.random.default_rng(3).permutation(2 * GATHERED + 10)
    chances = {int(b): np.array([[float(b), float(b) + 0.25], [0.5, math.nan]]) for b in blocks}
    total = ChancesBySet((int(blocks[0]),), (chances[int(blocks[0])],))
    for block in blocks[1:].tolist():
        total = total + ChancesBySet((block,), (chances[block],))
    assert total.blocks == tuple(sorted(chances))
    expected = np.concatenate([chances[b] for b in sorted(chances)], axis=1)
    assert np.array_equal(total.value(), expected, equal_nan=True)
    assert sum(array.base is None for array in total.chances) < GATHERED  # the others lie in few arrays
    assert len({id(array.base) for array in total.chances if array.base is not None}) == 2
