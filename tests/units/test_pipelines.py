"""Pipelines by themselves: calendar, conservation, capacities, and laws with a closed form."""

from __future__ import annotations

import os
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from sim.kernels.binomial import binomial_quantile
from sim.kernels.poisson import compiled_quantile
from sim.pipelines import Calendar, Trace, spread_of
from sim.pipelines.certification import part_of
from sim.pipelines.world import OUTSIDE, anniversary
from sim.streams import SET, SETS
from tests.pipeline_worlds import (
    ALL,
    FEW,
    FIRMS,
    INCUBATION,
    YEARS,
    Incubator,
    ProjectByProject,
    Watching,
    additions,
    agrees,
    ran,
    watching,
    world_of,
)

LEAP_DAY = (2, 29)
WATCHED = 3 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 1
"""Years of the incubators that Hypothesis makes."""


@given(st.floats(1e-4, 0.9999), st.integers(0, 40_000), st.floats(-4.0, 4.0), st.booleans())
def test_binomial_quantiles_are_exact(chance: float, trials: int, normal: float, few: bool) -> None:
    from scipy.special import ndtr

    trials = trials % 60 if few else trials
    quantile = float(binomial_quantile(np.array([float(trials)]), np.array([chance]), np.array([normal]))[0])

    probability = ndtr(normal)
    slack = 1e-11  # the distribution functions themselves are no better
    assert binom.cdf(quantile, trials, chance) >= probability - slack
    assert quantile == 0 or binom.cdf(quantile - 1, trials, chance) < probability + slack


@given(st.floats(0.001, 0.999), st.integers(0, 5_000), st.floats(-3.5, 3.5))
def test_one_more_trial_adds_nought_or_one(chance: float, trials: int, normal: float) -> None:
    numbers = np.arange(trials, trials + 200, dtype=np.float64)

    steps = np.diff(binomial_quantile(numbers, np.array(chance), np.array(normal)))

    assert set(np.unique(steps)) <= {0.0, 1.0}


@pytest.mark.parametrize("chance", [1e-9, 0.003, 0.4, 0.97])
@pytest.mark.parametrize("trials", [0.0, 1.0, 700.0, 2e5, 4e9])
def test_binomial_quantiles_are_exact_from_no_trial_to_billions(trials: float, chance: float) -> None:
    from scipy.special import ndtr

    normal = np.linspace(-6.0, 6.0, 300)
    quantile = binomial_quantile(np.array([[trials]]), np.array([[chance]]), normal[None])[0]
    slack = 1e-11 * (1.0 + 1e-3 * np.sqrt(trials))

    assert np.all(binom.cdf(quantile, trials, chance) >= ndtr(normal) - slack)
    assert np.all((quantile == 0) | (binom.cdf(quantile - 1, trials, chance) < ndtr(normal) + slack))


@pytest.mark.parametrize("variance", [1.9, 2.0, 2.4, 5.0, 15.9, 16.1, 40.0])
@pytest.mark.parametrize("chance", [1e-5, 0.02, 0.5, 0.98, 0.9999])
def test_the_expansion_is_within_its_bound_from_small_variances_on(variance: float, chance: float) -> None:
    from scipy.special import ndtr, ndtri

    trials = np.ceil(variance / (chance * (1.0 - chance)))
    steps = np.arange(trials * chance - 8.0 * variance, trials * chance + 8.0 * variance)
    edges = ndtri(binom.cdf(np.floor(steps), trials, chance))
    edges = edges[np.abs(edges) < 6.0]  # each beside a step of the quantile
    normal = np.concatenate([np.linspace(-6.0, 6.0, 1201), edges - 1e-3, edges + 1e-3, edges - 0.03])
    quantile = binomial_quantile(np.array([[trials]]), np.array([[chance]]), normal[None])[0]

    assert np.all(binom.cdf(quantile, trials, chance) >= ndtr(normal) - 1e-12)
    assert np.all((quantile == 0) | (binom.cdf(quantile - 1, trials, chance) < ndtr(normal) + 1e-12))


def test_one_chance_for_a_row_is_that_chance_for_each_of_its_draws() -> None:
    shape = (3, 500)
    trials = np.arange(1500.0).reshape(shape)
    normal = np.resize(np.linspace(-4.0, 4.0, 701), shape)
    chance = np.array([[0.001], [0.3], [0.9]])

    wide = binomial_quantile(trials, np.broadcast_to(chance, shape), normal)

    assert np.array_equal(binomial_quantile(trials, chance, normal), wide)


def test_small_poisson_quantiles_are_exact() -> None:
    normal = np.linspace(-4.0, 4.0, 801)
    for rate in (0.0, 0.3, 2.5, 15.9):
        from scipy.special import ndtr

        expected = np.maximum(poisson.ppf(ndtr(normal), rate), 0.0)
        np.testing.assert_array_equal(compiled_quantile(np.full(801, rate), normal), expected)


def test_the_calendar_knows_leap_years() -> None:
    calendar = Calendar(YEARS)

    assert calendar.end() == 366 + 365 + 365 + 365 + 366
    assert calendar.rounds((LEAP_DAY,)) == [
        date(2016, 2, 29),
        date(2017, 2, 28),
        date(2018, 2, 28),
        date(2019, 2, 28),
        date(2020, 2, 29),
    ]
    assert [day for day in calendar.month_ends() if day.month == 2] == calendar.rounds((LEAP_DAY,))
    assert len(calendar.quarter_ends()) == 4 * len(YEARS)
    assert {(day.month, day.day) for day in calendar.quarter_ends()} == {(3, 31), (6, 30), (9, 30), (12, 31)}
    assert anniversary(date(2016, 2, 29), 2019) == date(2019, 2, 28)


@pytest.mark.parametrize("day", [LEAP_DAY, (12, 31), (3, 31)])
def test_certificates_end_on_their_date(day: tuple[int, int]) -> None:
    """All certificates of 2016 end on one day of 2019, none a day before, none is left a day after."""
    numbers = FIRMS | {"start": 0.0, "renewal": 0.0}
    feeds = additions(0.0, 0.0)
    feeds["certified"][0] = 100.0
    world = world_of(numbers, feeds, dates=(day,))
    seen: dict[date, float] = {}

    def look() -> object:
        last = anniversary(date(2000, *day), 2019)
        for ordinal in (last.toordinal() - 1, last.toordinal()):
            when = date.fromordinal(ordinal)
            yield world.env.timeout(world.calendar.day(when) + 0.25 - world.env.now)
            seen[when] = float(world.accounts["valid"].max())

    world.env.process(look())  # type: ignore[arg-type]
    outputs = ran("certification", world)

    assert list(seen.values()) == [100.0, 0.0]
    assert np.all(outputs["valid"][0:3] == 100.0)
    assert np.all(outputs["valid"][3:] == 0.0)


def test_the_printed_additions_without_exits_are_the_plan() -> None:
    outputs = ran("certification", world_of(FIRMS, additions(1500.0, 6000.0)))

    for name, end in (("certified", 15_000.0), ("valid", 15_000.0), ("smes", 50_000.0)):
        assert np.all(outputs[name][-1] == end)
    published = FIRMS | {"start": 6879.0, "start_cumulative": 6879.0, "start_smes": 23_930.0}
    outputs = ran("certification", world_of(published, additions(1500.0, 6000.0)))
    assert np.all(outputs["certified"][-1] == 6879.0 + 7500.0)
    assert np.all(outputs["smes"][-1] == 53_930.0)


def test_a_round_certifies_no_more_than_it_can_review() -> None:
    world = world_of(FIRMS | {"capacity": 400.0}, additions(1500.0, 0.0))

    outputs = ran("certification", world)

    certified = world.flow("waiting", "valid")
    assert np.all(certified == 800.0)
    np.testing.assert_array_equal(outputs["waiting"][:, 0, 0], 700.0 * np.arange(1, 6))


@given(st.integers(0, 10_000), st.integers(1, 9))
def test_parts_of_a_number_are_whole_and_all_of_it(whole: int, parts: int) -> None:
    each = [float(part_of(np.array(float(whole)), i, parts)) for i in range(parts)]

    assert sum(each) == whole
    assert all(part == int(part) and part >= 0.0 for part in each)


def test_nothing_is_lost_or_made_at_any_event_and_no_capacity_is_passed() -> None:
    Watching.moves = 0
    tight = INCUBATION | {"start_area": 3.0, "arrivals": 500.0}
    world = watching(world_of(tight))
    outputs = ran("incubation", world)
    ran("certification", watching(world_of(FIRMS | {"renewal": 0.7}, additions(1500.0, 6000.0))))

    assert Watching.moves > 500
    entered, graduated, failed = (outputs[name].sum(axis=0) for name in ("entered", "graduated", "failed"))
    np.testing.assert_array_equal(
        tight["start_tenants"] + entered, outputs["tenants"][-1] + graduated + failed
    )
    assert np.all(outputs["tenants"][-1] == 150.0)  # so tight that it is always full
    assert np.all(outputs["queue"][-1] > 0.0)


def test_an_account_that_would_fall_below_zero_is_refused() -> None:
    world = world_of(INCUBATION)
    world.open("stock", 3.0)

    with pytest.raises(ValueError, match="fell below zero"):
        world.move("stock", OUTSIDE, np.full(world.shape, 4.0))


@given(
    numbers=st.fixed_dictionaries(
        {
            "arrivals": st.floats(20.0, 900.0),
            "start_queue": st.floats(0.0, 80.0),
            "start_area": st.floats(0.3, 5.0),
            "area_yearly": st.sampled_from([0.0, 0.5, 2.0]),
            "building": st.sampled_from([0.1, 0.7]),
            "start_tenants": st.floats(0.0, 300.0),
            "start_graduating": st.floats(0.0, 1.0),
            "graduating": st.floats(0.0, 1.0),
            "stay": st.floats(0.1, 5.0),
            "stay_failing": st.floats(0.1, 5.0),
            "internet_plus": st.floats(0.0, 1.0),
        }
    ),
    more=st.one_of(st.just(0.02), st.floats(0.02, 4.0)),
    what=st.sampled_from(["start_area", "area_yearly", "area_per_tenant"]),
    push=st.floats(0.3, 3.0),
    block=st.integers(0, 9),
)
def test_more_room_never_lowers_graduates_in_any_draw(
    numbers: dict[str, float], more: float, what: str, push: float, block: int
) -> None:
    """More floor area, more of it built, or less of it a tenant: any incubator, any luck."""
    less = INCUBATION | numbers
    larger = less[what] / (1.0 + more) if what == "area_per_tenant" else less[what] + more
    small, large = (
        ran("incubation", world_of(each, years=YEARS[:WATCHED], push=push, block=block, shape=(1, 128)))
        for each in (less, less | {what: larger})
    )

    for output in ("entered", "graduated", "internet_plus", "failed"):
        assert np.all(np.cumsum(large[output], axis=0) >= np.cumsum(small[output], axis=0))
    assert np.all(large["queue"] <= small["queue"])


def test_in_the_long_run_tenants_are_arrivals_times_stay() -> None:
    """Little's law: with room for all, L = lambda W."""
    years = tuple(range(2016, 2046))
    numbers = INCUBATION | {"start_area": 50.0, "admitted": 1.0, "arrivals": 120.0}
    outputs = ran("incubation", world_of(numbers, years=years))

    stay = {"graduating": numbers["stay"], "failing": numbers["stay_failing"]}
    # A stay of geometric months, which begins at a month end, lasts 1 / (1 - exp(-1 / (12 W))) months.
    months = {key: 1.0 / -np.expm1(-1.0 / (12.0 * value)) / 12.0 for key, value in stay.items()}
    expected = 120.0 * (0.4 * months["graduating"] + 0.6 * months["failing"])
    measured = outputs["tenants"][10:].mean()
    assert measured == pytest.approx(expected, rel=0.01)


def test_a_large_programme_follows_its_fluid_limit() -> None:
    """Stock with a constant inflow and a constant share of loss: its closed form, up to luck of 1/sqrt."""
    numbers = {"start": 1e6, "first": 2e5, "yearly": 2e5, "exit": 0.1, "coupling": 1.0}
    outputs = ran("programme", world_of(numbers, dates=((12, 31),)))

    t = np.arange(1, 6)
    closed = 1e6 * 0.9**t + 2e5 * (1 - 0.9**t) / 0.1
    assert np.max(np.abs(outputs["stock"].mean(axis=(1, 2)) / closed - 1.0)) < 1e-4
    assert np.max(np.abs(outputs["stock"] / closed[:, None, None] - 1.0)) < 5.0 / np.sqrt(2e5)


def test_every_quarter_has_an_auction_as_often_as_its_dates_allow() -> None:
    numbers = {
        "held": 0.9,
        "lots": 60.0,
        "success": 0.8,
        "price": 0.015,
        "spread": 1.0,
        "in_trade": 0.5,
        "coupling": 1.0,
    }
    trade = {"trade": np.full((5, *ALL), 300.0)}
    dates = ((2, LEAP_DAY[1]), (5, 1), (8, 31), (9, 30), (10, 1), (12, 31))
    outputs = ran("auctions", world_of(numbers, trade, dates=dates, shape=ALL))

    chance = 0.9 * 0.9 * (1 - 0.1**2) ** 2  # two quarters have one date, two have two
    hits = np.mean(outputs["per_quarter"] >= 1.0)
    assert hits == pytest.approx(chance, abs=4.5 * np.sqrt(chance * (1 - chance) / (5 * SETS * SET)))
    assert np.all(outputs["held"] <= 6.0)
    np.testing.assert_allclose(outputs["trade"], 300.0 + 0.5 * outputs["turnover"])
    assert outputs["turnover"].mean() == pytest.approx(6 * 0.9 * 60 * 0.8 * 0.015, rel=0.01)


def test_ages_lapse_as_their_closed_form_says() -> None:
    numbers = {
        "start": 100_000.0,
        "start_young": 1.0,
        "young_years": 2.0,
        "lapse_young": 0.0,
        "lapse_old": 0.5,
        "coupling": 0.0,
    }
    outputs = ran("ageing", world_of(numbers, {"granted": np.zeros((5, *FEW))}))

    # Half is old after the first year end, the rest after the second; the old halve each year after.
    expected = np.array([100_000.0, 75_000.0, 37_500.0, 18_750.0, 9_375.0])
    np.testing.assert_allclose(outputs["in_force"].mean(axis=(1, 2)), expected, rtol=2e-3)


def test_a_good_year_moves_what_is_coupled_and_spares_what_is_not() -> None:
    base = ran("incubation", world_of(INCUBATION))
    same = ran("incubation", world_of(INCUBATION, push=1.0))
    good = ran("incubation", world_of(INCUBATION, push=1.3))

    np.testing.assert_array_equal(base["entered"], same["entered"])
    assert np.all(good["entered"].sum(axis=0) >= base["entered"].sum(axis=0))
    assert good["entered"].mean() > 1.05 * base["entered"].mean()


def test_the_balances_of_every_month_are_noted() -> None:
    trace = Trace()
    ran("incubation", world_of(INCUBATION, trace=trace))

    assert len(trace.months) == 60
    assert all(len(each) == 60 for each in trace.balances.values())
    assert trace.months[1] == date(2016, 2, 29)


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 6)), min_size=8, max_size=8).filter(
        lambda each: sum(weight for _, weight in each) > 0
    )
)
def test_a_draw_of_weight_three_counts_as_three_draws(each: list[tuple[int, int]]) -> None:
    values, weights = (np.array(part).reshape(2, 4) for part in zip(*each, strict=True))

    weighted = spread_of(values.astype(np.float64), weights)

    repeated = np.repeat(values.ravel(), weights.ravel()).astype(np.float64)[None]
    np.testing.assert_allclose(weighted, spread_of(repeated, None))


def test_a_small_incubator_one_by_one_has_the_distribution_of_the_vector() -> None:
    """All flows and stocks, both queues full at times; fates by order of entry move variances a little."""
    random = np.random.default_rng(12)
    small = INCUBATION | {"arrivals": 24.0, "start_nursery": 6.0, "start_tenants": 12.0, "start_area": 0.32}
    small |= {"start_accelerator": 2.0, "accelerator_places": 2.0, "accelerating": 0.6}
    runs = [ProjectByProject(random, small).run() for _ in range(1000)]
    entities = Incubator(*np.array(runs).T)

    outputs = ran("incubation", world := world_of(small, shape=ALL))

    for flow in ("entered", "graduated", "failed"):
        agrees(getattr(entities, flow), outputs[flow].sum(axis=0).ravel(), spread=1.2)
    for stock in ("queue", "tenants"):
        agrees(getattr(entities, stock), outputs[stock][-1].ravel(), spread=1.2)
    for stock in ("nursery", "accelerator"):
        agrees(getattr(entities, stock), world.accounts[stock].ravel(), spread=1.2)
    assert 0.2 < np.mean(world.accounts["accelerator queue"] > 0.0) < 0.9
    assert 0.1 < np.mean(outputs["queue"][-1] > 0.0) < 0.9


def test_a_block_is_the_same_whatever_ran_before_it() -> None:
    alone = ran("incubation", world_of(INCUBATION, block=3))
    ran("incubation", world_of(INCUBATION, block=1))
    again = ran("incubation", world_of(INCUBATION, block=3))

    for name in alone:
        np.testing.assert_array_equal(alone[name], again[name])
