"""Laws of the certification pipeline: rounds, who applies from the list, and firms one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.axes import Floats
from tests.pipeline_worlds import (
    ALL,
    FIRMS,
    YEARS,
    FirmByFirm,
    Firms,
    additions,
    agrees,
    ran,
    watching,
    world_of,
)

SHARES = (0.0, 0.3, 1.0)
"""Of applicants that are small firms: none, some, all."""


def test_a_larger_review_never_lowers_certificates_in_any_draw() -> None:
    feeds = additions(1500.0, 0.0)
    small, large = (
        ran("certification", world_of(FIRMS | {"capacity": capacity}, feeds)) for capacity in (700.0, 701.0)
    )

    assert np.all(large["certified"] >= small["certified"])
    assert np.all(large["waiting"] <= small["waiting"])
    assert np.all(large["certified"][-1] == small["certified"][-1] + 10.0)  # one more in each of ten rounds


def test_who_applies_from_the_list_leaves_it_and_the_printed_inflow_is_kept_whole() -> None:
    """Binomial among the applicants of a round; what is certified does not hang on where they come from."""
    feeds, numbers = additions(1501.0, 6003.0, ALL), FIRMS | {"capacity": 700.0}
    worlds = {share: watching(world_of(numbers | {"from_smes": share}, feeds, shape=ALL)) for share in SHARES}
    outputs = {share: ran("certification", world) for share, world in worlds.items()}

    for share, world in worlds.items():
        turned = world.flow("smes", "waiting")
        np.testing.assert_array_equal(turned + world.flow("outside", "waiting"), 1501.0)
        np.testing.assert_array_equal(outputs[share]["smes"], 20_000.0 + np.cumsum(6003.0 - turned, axis=0))
        for same in ("certified", "valid", "waiting", "leaders"):
            np.testing.assert_array_equal(outputs[share][same], outputs[0.0][same])
    turned = worlds[0.3].flow("smes", "waiting")
    assert turned.mean() == pytest.approx(0.3 * 1501.0, abs=4.5 * np.sqrt(0.21 * 1501.0 / turned.size))
    assert turned.var() == pytest.approx(0.21 * 1501.0, rel=4.5 * np.sqrt(2.0 / turned.size))
    assert np.all(worlds[1.0].flow("smes", "waiting") == 1501.0)
    assert np.all(worlds[0.0].flow("smes", "waiting") == 0.0)


def test_nothing_that_happens_to_firms_has_the_luck_of_anything_else() -> None:
    """Applying, leaving, renewal and leading, each date and cohort for itself: no normal is read twice."""
    numbers = FIRMS | {"renewal": 0.7, "sme_exit": 0.1, "from_smes": 0.4}
    world, asked = world_of(numbers, additions(1501.0, 6003.0)), list[tuple[str, str]]()
    luck = world.luck

    def noting(name: str, stamp: str) -> Floats:
        asked.append((name, stamp))
        return luck(name, stamp)

    world.luck = noting
    ran("certification", world)

    assert len({name.partition(" 2")[0] for name, _ in asked}) == 5
    assert len(set(asked)) == len(asked) > 40


def test_a_list_gives_no_more_applicants_than_it_holds_and_others_fill_the_round() -> None:
    """Thirteen small firms at the start and one more a year: all of them apply, the rest is from outside."""
    numbers = FIRMS | {"start_smes": 13.0, "from_smes": 1.0, "sme_exit": 0.0}
    outputs = ran("certification", world := watching(world_of(numbers, additions(40.0, 1.0))))

    turned = world.flow("smes", "waiting")[:, 0, 0]
    np.testing.assert_array_equal(turned, [13.0, 1.0, 1.0, 1.0, 1.0])
    np.testing.assert_array_equal(world.flow("outside", "waiting")[:, 0, 0], 40.0 - turned)
    assert np.all(outputs["smes"] == 1.0)  # who is recognised in a round applies in the next at the earliest
    assert np.all(outputs["certified"][-1] == 7500.0 + 200.0)


@given(
    share=st.floats(0.0, 1.0),
    more=st.floats(0.0, 1.0),
    exits=st.floats(0.0, 1.0),
    start=st.integers(0, 300),
    applicants=st.integers(0, 200),
    block=st.integers(0, 9),
)
def test_a_larger_share_and_a_shorter_list_never_leave_more_small_firms_in_any_draw(
    share: float, more: float, exits: float, start: int, applicants: int, block: int
) -> None:
    numbers = FIRMS | {"from_smes": share, "sme_exit": exits, "start_smes": float(start)}
    feeds = additions(float(applicants), 60.0, (1, 32))
    changes: tuple[dict[str, float], ...] = ({}, {"from_smes": max(share, more)}, {"start_smes": start + 1.0})
    dates, years, shape = ((12, 31),), YEARS[:2], (1, 32)
    usual, larger, longer = (
        ran("certification", world_of(numbers | change, feeds, dates, years, block=block, shape=shape))
        for change in changes
    )

    assert np.all(larger["smes"] <= usual["smes"])
    assert set(np.unique(longer["smes"] - usual["smes"])) <= {0.0, 1.0}


def test_small_firms_follow_their_fluid_limit_when_some_apply_and_some_leave() -> None:
    """In each round first a share of the applicants goes, then a share of who is left, then some come."""
    numbers = FIRMS | {"start_smes": 1e6, "from_smes": 0.4, "sme_exit": 0.1}
    outputs = ran("certification", world_of(numbers, additions(2e5, 6e4)))

    stock, expected, keep = 1e6, [], 0.9**0.5
    for _ in YEARS:
        for _ in range(2):
            stock = (stock - 0.4 * 1e5) * keep + 3e4
        expected.append(stock)
    np.testing.assert_allclose(outputs["smes"].mean(axis=(1, 2)), expected, rtol=1e-3)


def test_firms_one_by_one_have_the_distribution_of_the_vector() -> None:
    """All stocks: reviews are full, most apply from a list that exits shorten, and it runs out at times."""
    numbers = FIRMS | {
        "start": 20.0,
        "start_cumulative": 25.0,
        "start_smes": 4.0,
        "start_leaders": 5.0,
        "capacity": 4.0,
        "renewal": 0.7,
        "sme_exit": 0.15,
        "from_smes": 0.8,
        "promotion": 0.08,
        "leader_exit": 0.2,
    }
    random = np.random.default_rng(11)
    runs = random.integers(4, 13, (1000, len(YEARS), 2))
    entities = Firms(*np.array([FirmByFirm(random, numbers).run(each.tolist()) for each in runs]).T)
    feeds = dict(zip(("certified", "recognised"), random.integers(4, 13, (2, len(YEARS), *ALL)), strict=True))

    outputs = ran("certification", world := world_of(numbers, feeds, shape=ALL))

    assert np.mean(outputs["waiting"][-1] > 0.0) > 0.3
    share = world.flow("smes", "waiting").sum() / feeds["certified"].sum()
    assert 0.6 < share < 0.77  # less than 0.8 where the list runs out
    for stock, sample in entities._asdict().items():
        agrees(sample, outputs[stock][-1].ravel(), spread=1.2)
