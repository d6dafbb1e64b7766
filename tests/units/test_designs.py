from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import qmc

from sim.designs import (
    KINDS,
    PLAIN,
    REPLICATES,
    Design,
    by_group,
    draw_points,
    group_variance,
    is_whole_net,
    name_of,
    next_net,
    scrambled_words,
    scrambling_keys,
    set_points,
    sobol,
)
from sim.engine.luck import Luck
from sim.streams import SET, SETS, Source

POINTS = 64
NET = REPLICATES * POINTS
NAMES = ("common:mixing", "common:gdp", "province:gdp", "year:mixing:2016", "year:gdp:2016", "unallocated:rd")
SOURCES = (
    Source("mixing:common"),
    Source("common", indicator="gdp"),
    Source("province", indicator="gdp"),
    Source("mixing:year", year="2016"),
    Source("year", indicator="gdp", year="2016"),
    Source("ratio", indicator="rd"),
)
NUMBERS = (5, 2, 19, 7, 40, 11)
SOBOL = Design("sobol", tuple(zip(NAMES, NUMBERS, strict=True)))
MIRRORED = Design("antithetic")


def replicate(dimension: int, which: int, seed: int = 1, name: str = "p") -> np.ndarray:
    return set_points(seed, name, dimension, 0, NET).reshape(-1, REPLICATES)[:, which]


def test_points_are_those_of_joe_and_kuo() -> None:
    theirs = np.sort(qmc.Sobol(40, scramble=False, bits=32).random(256), axis=0)
    ours = np.stack([sobol(d, np.arange(256)) for d in range(1, 41)], axis=1) * 2.0**-32
    assert np.array_equal(np.sort(ours, axis=0), theirs)
    rows = {tuple(row) for row in qmc.Sobol(40, scramble=False, bits=32).random(256)}
    assert {tuple(row) for row in ours} == rows


@given(st.integers(1, 300), st.integers(0, REPLICATES - 1), st.integers(0, 2**64 - 1))
def test_scrambled_or_not_each_of_n_equal_intervals_holds_one_point(
    dimension: int, which: int, seed: int
) -> None:
    points = replicate(dimension, which, seed)
    assert sorted(np.floor(points * len(points))) == list(range(len(points)))
    assert points.min() > 0.0  # N21: no first point at minus infinity
    assert points.max() < 1.0


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_bit_is_scrambled_by_those_above_it_alone(a: int, b: int, key: int) -> None:
    keys = np.full(2, key, dtype=np.uint32)
    x, y = (int(word) for word in scrambled_words(np.array([a, b], dtype=np.uint32), keys))
    assert (a ^ b).bit_length() == (x ^ y).bit_length()


@given(st.integers(0, 600), st.integers(1, 600))
def test_a_point_does_not_hang_on_what_else_is_drawn(first: int, count: int) -> None:
    whole = set_points(5, "p", 7, 0, 1200)
    assert np.array_equal(set_points(5, "p", 7, first, count), whole[first : first + count])


@pytest.mark.parametrize("design", [PLAIN, SOBOL, MIRRORED])
@given(block=st.integers(0, 4095), seed=st.integers(0, 2**64 - 1))
def test_compiled_luck_is_that_of_plain_numpy_in_every_design(design: Design, block: int, seed: int) -> None:
    fast, slow = (Luck(seed, block, compiled, design) for compiled in (True, False))
    some = (*SOURCES, Source("city", "hangzhou", "gdp", "2016"))
    assert np.allclose(fast.normals(some), slow.normals(some), rtol=1e-12, atol=1e-12)
    for source in some[:4]:
        assert np.array_equal(fast.uniform(source), slow.uniform(source))
        assert np.allclose(fast.mixing(source, 5.5), slow.mixing(source, 5.5), rtol=1e-11)


def test_draws_of_a_replicate_are_one_net_over_all_blocks() -> None:
    points = np.stack([draw_points(3, "x", 5, block) for block in range(4)])
    for which in (0, 7):
        cells = np.floor(points[:, which].ravel() * 4 * SET)
        assert sorted(cells) == list(range(4 * SET))


def test_only_province_wide_terms_are_spread_and_all_others_stay_as_they_were() -> None:
    assert [name_of(source) for source in SOURCES] == list(NAMES)
    others = [
        Source("city", "a", "gdp", "2016"),
        Source("event:x"),
        Source("shock:x"),
        Source("count", "a", "n"),
        *(source._replace(area="a") for source in SOURCES),
    ]
    assert all(name_of(source) is None for source in others)
    for design in (SOBOL, MIRRORED):
        assert np.array_equal(Luck(1, 2, design=design).normals(others), Luck(1, 2).normals(others))


def test_mirrored_sets_are_the_negatives_of_those_before_and_keep_the_plain_first() -> None:
    plain, mirrored = Luck(1, 2).normals(SOURCES), Luck(1, 2, design=MIRRORED).normals(SOURCES)
    assert np.array_equal(mirrored[:, 0::2], plain[:, 0::2])
    assert np.array_equal(mirrored[:, 1::2], -plain[:, 0::2])
    uniform = Luck(1, 2, design=MIRRORED).uniform(SOURCES[0])
    assert np.array_equal(uniform[1::2], 1.0 - uniform[0::2])


def test_a_dimension_that_is_added_changes_no_point_of_the_others() -> None:
    more = replace(SOBOL, dimensions=(*SOBOL.dimensions, ("parameter:new", 77)))
    assert np.array_equal(Luck(1, 0, design=more).normals(SOURCES), Luck(1, 0, design=SOBOL).normals(SOURCES))


@given(st.permutations(SOURCES), st.integers(1, len(SOURCES)), st.booleans())
def test_a_name_has_its_own_points_in_any_company(order: list[Source], count: int, is_compiled: bool) -> None:
    some = order[:count]
    whole = Luck(1, 0, is_compiled, SOBOL).normals(SOURCES)
    assert np.array_equal(
        Luck(1, 0, is_compiled, SOBOL).normals(some), whole[[SOURCES.index(source) for source in some]]
    )


def test_N4_no_two_names_replicates_or_seeds_share_a_scrambling() -> None:
    """Keys have 32 bits: of so few as a plan has no two are equal."""
    names = [*NAMES, "parameter:drift:gdp", "parameter:drift:rd"]
    keys = np.stack([scrambling_keys(seed, name) for seed in (1, 2) for name in names])
    assert keys.shape == (2 * len(names), REPLICATES)
    assert len(np.unique(keys)) == keys.size


def test_two_dimensions_of_a_replicate_form_a_net_and_replicates_differ() -> None:
    x, y = (replicate(dimension, 3, name=str(dimension)) for dimension in (1, 2))
    for rows in (2, 4, 8, 16, 32):
        boxes = np.floor(x * rows) * (64 // rows) + np.floor(y * (64 // rows))
        assert sorted(boxes) == list(range(64))
    firsts = {float(replicate(1, which)[0]) for which in range(REPLICATES)}
    assert len(firsts) == REPLICATES


def test_a_smooth_mean_has_far_less_error_than_with_keyed_points_and_its_error_is_told() -> None:
    errors, told = [], []
    for seed in range(40):
        u = np.stack([set_points(seed, str(d), d, 0, NET) for d in range(1, 6)])
        means = by_group(SOBOL, np.prod(0.5 + u, axis=0)[None])[0]
        errors.append(means.mean() - 1.0)
        told.append(means.std(ddof=1) / np.sqrt(REPLICATES))
    plain = np.sqrt((13.0 / 12.0) ** 5 - 1.0) / np.sqrt(NET)
    assert np.std(errors) < 0.2 * plain
    assert np.mean(np.abs(errors) <= 2.131 * np.array(told)) == pytest.approx(0.95, abs=0.1)


def test_N21_only_powers_of_two_of_points_are_whole_nets() -> None:
    assert [blocks for blocks in range(130) if is_whole_net(blocks)] == [1, 2, 4, 8, 16, 32, 64, 128]
    assert [next_net(blocks) for blocks in (0, 1, 3, 64, 65)] == [1, 1, 4, 64, 128]


def test_groups_are_replicates_or_pairs_and_leave_out_sets_without_a_draw() -> None:
    by_set = np.arange(4.0 * SETS).reshape(2, -1)
    by_set[0, 0] = np.nan
    assert by_group(PLAIN, by_set) is by_set
    replicates, pairs = by_group(SOBOL, by_set), by_group(MIRRORED, by_set)
    assert replicates.shape == (2, REPLICATES)
    assert (replicates[0, 0], replicates[0, 1]) == (SETS, (1.0 + SETS + 1.0) / 2.0)
    assert pairs.shape == (2, SETS)
    assert (pairs[0, 0], pairs[0, 1]) == (1.0, 2.5)
    variance, count = group_variance(np.array([[0.0, 1.0, np.nan]]))
    assert (variance[0], count[0]) == (0.5, 2)
    assert {design.kind for design in (PLAIN, SOBOL, MIRRORED)} == set(KINDS)
