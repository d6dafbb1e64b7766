"""Laws of pipelines: every kind against its closed form, its books, and things one by one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from sim.axes import Floats
from sim.pipelines import Trace
from tests.pipeline_worlds import (
    ALL,
    FEW,
    FIRMS,
    INCUBATION,
    YEARS,
    Watching,
    additions,
    ran,
    watching,
    world_of,
)

ROUND_OF_YEAR = [((12, 31),), ((6, 30), (11, 30)), ((2, 29), (5, 31), (8, 31), (12, 31))]
AUCTIONS = {
    "held": 1.0,
    "lots": 60.0,
    "success": 1.0,
    "price": 0.015,
    "spread": 1.0,
    "in_trade": 0.0,
    "coupling": 1.0,
}
PROGRAMME = {"start": 1e6, "first": 1e5, "yearly": 2e5, "exit": 0.1, "coupling": 1.0}
COVERAGE = {"of": 1e6, "start": 2e5, "approved": 0.2, "coupling": 1.0}
AGEING = {
    "start": 1e6,
    "start_young": 0.75,
    "young_years": 3.0,
    "lapse_young": 0.04,
    "lapse_old": 0.15,
    "coupling": 0.0,
}


def yearly(amount: float, shape: tuple[int, int] = FEW) -> Floats:
    return np.full((len(YEARS), *shape), amount)


FEEDS: Mapping[str, Mapping[str, Floats]] = {
    "certification": additions(1501.0, 6003.0),
    "auctions": {"trade": yearly(300.0)},
    "ageing": {"granted": yearly(9000.0)},
}
TIGHT = INCUBATION | {"start_area": 3.0, "area_yearly": 1.0, "building": 0.1, "arrivals": 900.0}
EVERY_KIND = [
    ("certification", FIRMS | {"renewal": 0.7, "capacity": 700.0, "sme_exit": 0.1, "from_smes": 0.4}),
    ("incubation", TIGHT | {"accelerator_places": 6.0, "accelerating": 0.5}),
    ("auctions", AUCTIONS | {"held": 0.8, "success": 0.6}),
    ("ageing", AGEING),
    ("programme", PROGRAMME),
    ("coverage", COVERAGE),
]


@pytest.mark.parametrize(("kind", "numbers"), EVERY_KIND)
def test_every_kind_keeps_its_books_at_every_event(kind: str, numbers: Mapping[str, float]) -> None:
    """What there was and what came in is there or has gone, draw by draw; `Watching` looks at each move."""
    world = watching(world_of(numbers, FEEDS.get(kind), trace=Trace()))
    opened: dict[str, Floats] = {}
    first = world.open

    def opening(self: Watching, account: str, balance: Floats | float = 0.0) -> None:
        first(account, balance)
        opened[account] = self.accounts[account].copy()

    moves = Watching.moves
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watching, "open", opening)
        ran(kind, world)

    assert Watching.moves > moves
    for account, begin in opened.items():
        came = sum(moved.sum(axis=0) for (_, to), moved in world.flows.items() if to == account)
        gone = sum(moved.sum(axis=0) for (of, _), moved in world.flows.items() if of == account)
        np.testing.assert_array_equal(begin + came - gone, world.accounts[account])
        np.testing.assert_array_equal(world.year_ends[account][-1], world.accounts[account])


def test_a_full_accelerator_lets_none_in_until_one_leaves() -> None:
    """So few places that they are always full: `Watching` holds the bound, here it binds."""
    numbers = INCUBATION | {"accelerator_places": 6.0, "accelerating": 0.5, "graduating": 0.9}
    outputs = ran("incubation", world := watching(world_of(numbers)))

    assert np.all(world.year_ends["accelerator"][1:] == 6.0)
    assert np.all(world.accounts["accelerator queue"] > 0.0)
    moved_on = world.flow("outside", "accelerator queue").sum() / outputs["graduated"].sum()
    assert moved_on == pytest.approx(0.5, abs=0.01)


def test_buildings_add_what_is_planned_and_tenants_fill_them() -> None:
    world = world_of(TIGHT, shape=ALL)
    outputs = ran("incubation", world)

    assert outputs["area_added"].mean() == pytest.approx(1.0, rel=0.01)
    assert np.all(np.abs(outputs["area_added"] / 0.1 - np.rint(outputs["area_added"] / 0.1)) < 1e-9)
    area = 3.0 + outputs["area_added"].sum(axis=0)
    assert np.all(outputs["tenants"][-1] <= np.floor(area * 1e4 / 200.0))
    assert np.mean(outputs["tenants"][-1] == np.floor(area * 1e4 / 200.0)) > 0.5
    marked = outputs["internet_plus"].sum() / outputs["graduated"].sum()
    assert marked == pytest.approx(TIGHT["internet_plus"], abs=0.01)
    assert np.all(outputs["internet_plus"] <= outputs["graduated"])


def test_those_inside_at_the_start_graduate_by_a_share_of_their_own() -> None:
    alone = INCUBATION | {"arrivals": 0.0, "start_nursery": 0.0, "graduating": 0.0, "start_graduating": 0.3}
    alone |= {"stay": 0.1, "stay_failing": 0.1}
    outputs = ran("incubation", world_of(alone, years=YEARS[:3], shape=(1, 8)))

    assert np.all(outputs["graduated"].sum(axis=0) == 45.0)  # 0.3 of 150
    assert np.all(outputs["failed"].sum(axis=0) == 105.0)


@pytest.mark.parametrize(("share", "part"), [(0.0, 0.0), (1.0, 1.0)])
def test_all_or_none_of_the_graduates_are_internet_plus_firms_where_the_share_says_so(
    share: float, part: float
) -> None:
    outputs = ran("incubation", world_of(TIGHT | {"internet_plus": share}, years=YEARS[:2], shape=(1, 32)))

    np.testing.assert_array_equal(outputs["internet_plus"], part * outputs["graduated"])


@pytest.mark.parametrize("dates", ROUND_OF_YEAR)
def test_a_year_is_the_same_in_one_round_or_many(dates: tuple[tuple[int, int], ...]) -> None:
    """Shares of a year and yearly additions, in closed form; only additions late in a year keep more."""
    t, rounds = np.arange(1.0, 6.0), len(dates)
    covered = ran("coverage", world_of(COVERAGE, dates=dates))["covered"].mean(axis=(1, 2))
    np.testing.assert_allclose(covered, 1e6 - 8e5 * 0.8**t, rtol=1e-3)

    keep = 0.9 ** (1.0 / rounds)
    each = np.repeat([1e5, 2e5, 2e5, 2e5, 2e5], rounds) / rounds
    expected = accumulated(1e6, keep, each)[rounds - 1 :: rounds]
    stock = ran("programme", world_of(PROGRAMME, dates=dates))["stock"].mean(axis=(1, 2))
    np.testing.assert_allclose(stock, expected, rtol=1e-3)

    numbers = FIRMS | {"sme_exit": 0.1, "start_smes": 1e6, "leader_exit": 0.2, "start_leaders": 1e5}
    numbers |= {"start": 1e6, "promotion": 0.03}
    outputs = ran("certification", world_of(numbers, additions(0.0, 60_000.0), dates=dates))
    smes = accumulated(1e6, keep, np.full(5 * rounds, 6e4 / rounds))[rounds - 1 :: rounds]
    np.testing.assert_allclose(outputs["smes"].mean(axis=(1, 2)), smes, rtol=1e-3)
    promoted = 1e6 * (1.0 - 0.97 ** (1.0 / rounds))
    leaders = accumulated(1e5, 0.8 ** (1.0 / rounds), np.full(5 * rounds, promoted))[rounds - 1 :: rounds]
    np.testing.assert_allclose(outputs["leaders"].mean(axis=(1, 2)), leaders, rtol=2e-3)


def accumulated(start: float, keep: float, added: Floats) -> Floats:
    """Return the fluid limit after each round: a share is kept, then something is added."""
    stock, after = start, []
    for each in added:
        stock = stock * keep + each
        after.append(stock)
    return np.array(after)


def test_valid_certificates_follow_their_fluid_limit() -> None:
    """Every cohort of three years is renewed by a share: a sum over cohorts in closed form."""
    numbers = FIRMS | {"start": 3e6, "renewal": 0.7, "capacity": 1e9}
    outputs = ran("certification", world_of(numbers, additions(6e5, 0.0)))

    t = np.arange(1.0, 6.0)
    start = 1e6 * sum(0.7 ** np.floor((t + back - 1.0) / 3.0) for back in (1.0, 2.0, 3.0))
    ages = [range(end) for end in range(1, 6)]  # of the cohorts that are in at each year end
    new = 6e5 * np.array([sum(0.7 ** (age // 3) for age in cohorts) for cohorts in ages])
    np.testing.assert_allclose(outputs["valid"].mean(axis=(1, 2)), start + new, rtol=1e-3)


@pytest.mark.parametrize("area", [1e4, 160.0])
def test_a_large_incubator_follows_its_fluid_limit_with_room_and_without(area: float) -> None:
    """Month by month: a share leaves, what is admitted queues, and moves in as far as there is room."""
    numbers = INCUBATION | {"arrivals": 2.4e5, "start_nursery": 3e4, "start_tenants": 6e4, "start_area": area}
    numbers |= {"area_per_tenant": 20.0, "accelerator_places": 5e3, "accelerating": 0.2}
    world = world_of(numbers, years=YEARS[:2])
    outputs = ran("incubation", world)

    leave = {
        name: -np.expm1(-1.0 / (12.0 * numbers[name])) for name in ("nursery_stay", "stay", "stay_failing")
    }
    places, share = area * 1e4 / 20.0, numbers["graduating"]
    nursery, queue, staying, failing = 3e4, 0.0, 6e4 * share, 6e4 * (1.0 - share)
    for _ in range(24):
        queue += numbers["admitted"] * leave["nursery_stay"] * nursery
        nursery += 2.4e5 / 12.0 - leave["nursery_stay"] * nursery
        staying, failing = staying * (1.0 - leave["stay"]), failing * (1.0 - leave["stay_failing"])
        moving = min(queue, places - staying - failing)
        queue, staying, failing = queue - moving, staying + share * moving, failing + (1.0 - share) * moving
    assert (queue > 1e4) == (area < 1e3)
    ends = {name: float(account[-1].mean()) for name, account in world.year_ends.items()}
    for name, expected in (("nursery", nursery), ("graduating", staying), ("failing", failing)):
        assert ends[name] == pytest.approx(expected, rel=3e-3)
    assert outputs["queue"][-1].mean() == pytest.approx(queue, rel=1e-2, abs=1.0)


def test_ages_follow_their_fluid_limit_with_grants() -> None:
    """Stock at each year end, cohort by cohort: a loss, a year older, then what is granted."""
    outputs = ran("ageing", world_of(AGEING, {"granted": yearly(1e5)}))

    ages, expected = [2.5e5] * 4, []  # three young ages and the old
    for _ in YEARS:
        kept = [age * 0.96 for age in ages[:3]] + [ages[3] * 0.85]
        ages = [1e5, kept[0], kept[1], kept[2] + kept[3]]
        expected.append(sum(ages))
    np.testing.assert_allclose(outputs["in_force"].mean(axis=(1, 2)), expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("dates", "least"),
    [
        (((3, 31), (4, 1), (9, 30), (12, 31)), 1.0),
        (((1, 1), (6, 30), (7, 1), (10, 1)), 1.0),
        (((2, 29), (3, 31), (6, 30), (9, 30)), 0.0),  # none after September
        (((4, 1), (7, 1), (9, 30), (12, 31)), 0.0),  # none before April
    ],
)
def test_the_edges_of_quarters_are_those_of_the_calendar(
    dates: tuple[tuple[int, int], ...], least: float
) -> None:
    outputs = ran("auctions", world_of(AUCTIONS, FEEDS["auctions"], dates=dates))

    assert np.all(outputs["held"] == 4.0)
    assert np.all(outputs["per_quarter"] == least)


def test_turnover_has_mean_and_variance_of_independent_prices() -> None:
    numbers = AUCTIONS | {"lots": 8.0, "spread": 1.5}
    outputs = ran("auctions", world_of(numbers, {"trade": yearly(0.0, ALL)}, shape=ALL))

    above = outputs["turnover"] - 0.015 * outputs["sold"]
    sd = 0.015 * 1.5 * np.sqrt(outputs["sold"].mean())
    assert above.mean() == pytest.approx(0.0, abs=4.5 * sd / np.sqrt(above.size))
    assert above.std() == pytest.approx(sd, rel=0.05)


@pytest.mark.parametrize(
    ("kind", "numbers", "output", "more"),
    [
        ("programme", PROGRAMME | {"start": 0.0, "exit": 0.0}, "added", 1.3),
        ("auctions", AUCTIONS, "sold", 1.3),
        ("auctions", AUCTIONS, "turnover", 1.3),
        ("incubation", INCUBATION | {"area_yearly": 10.0}, "area_added", 1.3),
        # Of a share p of what is left a good year takes 1 - (1 - p)^1.3 of it.
        ("coverage", COVERAGE | {"start": 0.0}, "covered", (1 - 0.8 ** (5 * 1.3)) / (1 - 0.8**5)),
        ("certification", FIRMS | {"start_leaders": 0.0, "promotion": 0.2}, "leaders", 1.3),
    ],
)
def test_a_good_year_makes_more_of_whatever_is_coupled(
    kind: str, numbers: Mapping[str, float], output: str, more: float
) -> None:
    usual, good = (
        ran(kind, world_of(numbers, FEEDS.get(kind), push=push, shape=FEW))[output] for push in (1.0, 1.3)
    )
    at_end = output in ("covered", "leaders")
    usual, good = ((each[-1] if at_end else each.sum(axis=0)) for each in (usual, good))

    assert np.all(good >= usual)
    assert good.mean() / usual.mean() == pytest.approx(more, rel=0.02)


def test_one_more_place_never_lowers_graduates_in_any_draw() -> None:
    """The finest step of capacity, where an order of fates that hung on dates would show."""
    numbers = INCUBATION | {"arrivals": 400.0, "graduating": 0.5}
    small, large = (
        ran("incubation", world_of(numbers | {"start_area": area}, shape=(4, 256))) for area in (3.0, 3.02)
    )

    for output in ("entered", "graduated", "internet_plus"):
        ahead = np.cumsum(large[output], axis=0) - np.cumsum(small[output], axis=0)
        assert ahead.min() >= 0.0
        assert ahead.max() > 0.0
