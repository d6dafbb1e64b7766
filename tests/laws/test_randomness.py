"""Section 11 of the model page, sentence by sentence: every number is a function of names and index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.baseline.plan import Baseline
from sim.distributions import Normal
from sim.engine import Summary, run
from sim.engine.luck import Luck
from sim.engine.noise import city_streams, compiled_cities_noise
from sim.executors import Item, Result, processes
from sim.model import compiled
from sim.scenario.scenario import Chance, Growth, Scenario
from sim.shocks import OneYear, Ramp
from sim.streams import BLOCK, SETS, Source, block_uniforms, key_of, set_uniforms, streams, uniforms
from sim.studies.batch import run_batch
from tests.engine_blocks import Block, worked
from tests.laws.test_invariants import same
from tests.scenario_strategies import FEW, Case, cases, derived
from tests.strategies import NOWHERE, lone, noise, plan, scenario, shock, target

BLEND = Growth("blend", None, NOWHERE)
SOURCE = Source("year", "", "rd", "2021")


def small_plan(**changes: object) -> Baseline:
    """Return a plan of two cities with an indicator, a count and two lone indicators."""
    fields: dict[str, object] = {
        "cities": {"a": {"rd": 1000.0, "new": 40.0}, "b": {"rd": 600.0, "new": 20.0}},
        "more": (lone("gdp", 5000.0), lone("pop", 5400.0, group="none")),
        "changes": {"new": {"kind": "count"}},
        "derived": (derived("x", "ratio", numerator="rd", denominator="gdp", factor=100.0),),
        "targets": (target("T1", "rd", 2600.0), target("T2", "x", 30.0), target("T3", "new", 90.0)),
    }
    return plan(**{**fields, **changes})  # type: ignore[arg-type]


def summaries(made: Scenario, baseline: Baseline, blocks: Iterable[int]) -> list[Summary]:
    return [run([compiled(made, baseline)], range(b, b + 1))[0] for b in blocks]


# --- draws 1..N do not change when N grows -------------------------------------------------------


@given(st.integers(0, 2**64 - 1), st.integers(0, 50), st.integers(1, 300), st.integers(0, 300))
def test_draws_do_not_change_when_more_are_asked_for(seed: int, skip: int, few: int, more: int) -> None:
    short = uniforms(seed, SOURCE, 2 * skip, few)
    long = uniforms(seed, SOURCE, 0, 2 * skip + few + more)

    assert np.array_equal(short, long[2 * skip : 2 * skip + few])


@given(st.integers(0, 400), st.integers(1, 40))
def test_sets_do_not_change_when_read_from_another_start(first: int, count: int) -> None:
    whole = set_uniforms(5, SOURCE, 0, first + count)

    assert np.array_equal(set_uniforms(5, SOURCE, first, count), whole[first:])


def test_a_block_is_the_part_of_the_stream_that_it_says() -> None:
    whole = uniforms(5, SOURCE, 0, 3 * BLOCK).reshape(3, SETS, -1)

    for block in range(3):
        assert np.array_equal(block_uniforms(5, SOURCE, block), whole[block])


def test_streams_are_read_from_whole_counters() -> None:
    with pytest.raises(ValueError, match="whole counters"):
        uniforms(0, SOURCE, 1, 4)


def test_more_blocks_leave_the_first_ones_as_they_were() -> None:
    b = small_plan()
    model = compiled(scenario(b), b)
    first, second = (run([model], range(n, n + 1))[0] for n in (0, 1))

    assert same(run([model], range(2))[0], first + second)
    assert not same(first, second)


# --- adding, removing and moving leave all others bit-identical ----------------------------------


def equal_levels(first: Block, second: Block, idents: Sequence[str], cities: Sequence[str]) -> None:
    """Assert that levels of *idents* in *cities* and the province are equal to the last bit."""
    for ident in idents:
        here, there = (x.model.indicators.position(ident) for x in (first, second))
        assert np.array_equal(first.quantities[here], second.quantities[there]), ident
        for city in cities if here in first.model.with_cities else ():
            rows = [
                x.city()[x.model.cities.position(city), list(x.model.with_cities).index(k)]
                for x, k in ((first, here), (second, there))
            ]
            assert np.array_equal(*rows), (ident, city)


EXTRA = {"size": Normal(-0.02, 0.03), "course": OneYear(2022)}


@pytest.mark.parametrize("effect", ["growth", "level"])
@pytest.mark.parametrize("chance", [None, Chance(0.5, None), Chance(None, 0.3)])
def test_N5_a_shock_touches_nothing_beyond_its_footprint(effect: str, chance: Chance | None) -> None:
    b = small_plan()
    old = shock(
        "old", (("a", "rd", 1.0), ("province", "gdp", 1.0)), size=Normal(0.0, 0.05), course=Ramp(2021, 2023)
    )
    new = shock("new", (("b", "new", 1.0), ("province", "pop", 1.0)), effect=effect, chance=chance, **EXTRA)
    without, with_it = worked(scenario(b, shocks=(old,)), b), worked(scenario(b, shocks=(new, old)), b)

    equal_levels(without, with_it, ["gdp", "rd"], ["a", "b"])
    assert np.array_equal(without.city()[0], with_it.city()[0])
    assert not np.array_equal(without.city()[1, 0], with_it.city()[1, 0])
    assert not np.array_equal(without.quantities[2], with_it.quantities[2])


def test_N5_a_shock_keeps_its_luck_when_it_moves() -> None:
    b = small_plan()
    here = scenario(
        b, noise=noise(province=0.0, city=0.0), shocks=(shock("s", (("a", "rd", 1.0),), **EXTRA),)
    )
    there = replace(here, shocks=(shock("s", (("b", "rd", 1.0),), **EXTRA),))
    first, second = (worked(x, b).levels.calm[1] for x in (here, there))

    assert np.allclose(first[0, 1] / first[0, 0], second[1, 1] / second[1, 0], rtol=1e-12)
    assert np.ptp(first[0, 1]) > 0.0


@pytest.mark.parametrize("ident", ["aa", "zz"])
@pytest.mark.parametrize("scope", ["cities", "province"])
def test_N5_an_indicator_more_leaves_every_other_as_it_was(ident: str, scope: str) -> None:
    """Three factors: nothing but the order of names decides which sums are taken."""
    names = ["gdp", "new", "pop", "rd"]
    bare = small_plan()
    if scope == "province":
        more = small_plan(more=(lone("gdp", 5000.0), lone("pop", 5400.0, group="none"), lone(ident, 70.0)))
    else:
        more = small_plan(
            cities={
                "a": {"rd": 1000.0, "new": 40.0, ident: 5.0},
                "b": {"rd": 600.0, "new": 20.0, ident: 3.0},
            }
        )
    first, second = (worked(scenario(x), x) for x in (with_factors(bare), with_factors(more)))

    equal_levels(first, second, names, ["a", "b"])


def with_factors(baseline: Baseline) -> Baseline:
    """Return *baseline* with three factors that load on every indicator."""
    known = baseline.calibration
    assert known is not None
    table = next(iter(known.loadings.values())).load
    row = next(iter(table.values()))
    loads = {f"f{n}": {k: replace(x, value=0.2 + 0.1 * n) for k, x in row.items()} for n in range(3)}
    levels = {level: replace(x, load=loads) for level, x in known.loadings.items()}
    return replace(baseline, calibration=replace(known, loadings=levels))


@pytest.mark.parametrize("city", ["0", "aa", "z"])
def test_N5_a_city_more_leaves_the_luck_of_every_other_as_it_was(city: str) -> None:
    """Its base enters the shares, so spreads may change; with equal spreads nothing else does."""
    numbers = {"a": {"rd": 1000.0, "new": 40.0}, "b": {"rd": 600.0, "new": 20.0}}
    bare, more = small_plan(), small_plan(cities={**numbers, city: {"rd": 300.0, "new": 9.0}})
    first, second = worked(scenario(bare), bare), worked(scenario(more), more)
    places = [second.model.cities.position(c) for c in ("a", "b")]
    spreads = replace(
        second.parameters,
        city_sd=first.parameters.city_sd[[0] * 3],
        city_tau=first.parameters.city_tau[[0] * 3],
    )
    for c, place in enumerate(places):
        spreads.city_sd[place] = first.parameters.city_sd[c]
        spreads.city_tau[place] = first.parameters.city_tau[c]
    years = second.model.years.labels
    noises, mixing = compiled_cities_noise(second.model, spreads, Luck(1, 0), years)

    assert np.array_equal(noises[places], first.noise.city)
    assert np.array_equal(mixing[places], first.noise.city_mixing)
    assert np.array_equal(second.noise.own_unit, first.noise.own_unit)
    assert np.array_equal(second.noise.ratio, first.noise.ratio)


# --- scenarios share their luck ------------------------------------------------------------------


def scenarios_of(b: Baseline) -> list[Scenario]:
    hit = shock("s", (("a", "rd", 1.0),), **EXTRA)
    return [
        scenario(b, id="one"),
        scenario(b, id="two", shocks=(hit,)),
        scenario(b, id="three", noise=noise(city=0.5, dof=np.inf)),
        scenario(b, id="four", noise=noise(parameters="drawn"), seed=9),
        scenario(b, id="five", shocks=(hit,), noise=noise(dependence=2.0)),
    ]


def test_N6_equal_scenarios_differ_by_exactly_nothing() -> None:
    b = small_plan()
    one, two, other = run(
        [compiled(scenario(b, id=i), b) for i in ("x", "y")] + [compiled(scenario(b, seed=2), b)], range(2)
    )

    assert same(one, two)
    assert not same(one, other)


def test_scenarios_share_their_luck() -> None:
    """A shock of one city leaves the other city of the same draw where it was."""
    b = small_plan()
    one, two = (worked(s, b) for s in scenarios_of(b)[:2])

    assert np.array_equal(one.city()[1], two.city()[1])
    assert np.array_equal(one.levels.shared, two.levels.shared)


def test_no_scenario_depends_on_which_others_run() -> None:
    b = small_plan()
    models = [compiled(s, b) for s in scenarios_of(b)]
    together = run(models, range(1))

    for model, summary in zip(models, together, strict=True):
        assert same(summary, run([model], range(1))[0])
    for model, summary in zip(models[::-1], run(models[::-1], range(1)), strict=True):
        assert same(summary, together[models.index(model)])


# --- chunks, workers and order cannot matter -----------------------------------------------------


@FEW
@given(cases(), st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_N1_summaries_of_any_split_in_any_order_add_up_to_the_whole(case: Case, labels: list[int]) -> None:
    parts = summaries(case.scenario, case.baseline, range(4))
    whole = reduce(add, parts)
    chunks = [[p for p, at in zip(parts, labels, strict=True) if at == n] for n in range(4)]
    mixed = reduce(add, [reduce(add, chunk) for chunk in reversed(chunks) if chunk])

    assert same(mixed, whole)


def backwards(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
    return iter([function(item) for item in reversed(list(items))])


def test_N1_processes_and_any_order_of_arrival_give_the_same_bits() -> None:
    b = small_plan()
    models = [compiled(s, b) for s in scenarios_of(b)[:2]]

    here = run(models, range(3))
    for other in (
        run(models, range(3), map_blocks=processes(2)),
        run(models, range(3), map_blocks=backwards),
    ):
        assert all(same(x, y) for x, y in zip(here, other, strict=True))


def test_N1_a_batch_gives_the_same_cubes_in_any_company() -> None:
    b = small_plan()
    made = scenarios_of(b)[:3]
    together = {cube.scenario: cube for cube in run_batch(made, {b.id: b})}
    alone = next(iter(run_batch([made[1]], {b.id: b})))

    assert alone.probabilities == together["two"].probabilities
    assert alone.trajectories == together["two"].trajectories
    assert list(together) == ["one", "two", "three"]


# --- two sources never share a stream ------------------------------------------------------------


def test_N4_a_million_sources_have_a_million_keys() -> None:
    keys = {
        key_of(seed, Source(name, area, ident, year))
        for seed in range(10)
        for name in ("year", "city", "city:drift", "count", "shock:a")
        for area in map(str, range(100))
        for ident in map(str, range(20))
        for year in map(str, range(2016, 2026))
    }

    assert len(keys) == 10 * 5 * 100 * 20 * 10


def test_N4_names_do_not_run_into_each_other() -> None:
    parts = [
        ("ab", "c", "", ""),
        ("a", "bc", "", ""),
        ("abc", "", "", ""),
        ("", "abc", "", ""),
        ("a", "b", "c", ""),
    ]

    assert len({key_of(1, Source(*p)) for p in parts}) == len(parts)
    assert key_of(12, Source("3")) != key_of(1, Source("23"))
    assert len({key_of(seed, SOURCE) for seed in (0, 2**32 - 1, 2**32, 2**64 - 1, 2**64, -1)}) == 6


def test_two_sources_are_not_correlated_at_any_lag() -> None:
    count = 1 << 16
    sources = [Source("year", a, k, y) for a in ("", "a") for k in ("rd", "gdp") for y in ("2021", "2022")]
    streams = np.stack(
        [uniforms(1, s, 0, count) - 0.5 for s in sources] + [uniforms(2, sources[0], 0, count) - 0.5]
    )
    spectra = np.fft.rfft(streams, axis=1)
    worst = 0.0
    for i in range(len(streams)):
        for j in range(i + 1):
            lagged = np.fft.irfft(spectra[i] * spectra[j].conj(), count) * 12.0 / np.sqrt(count)
            worst = max(worst, float(np.abs(lagged[1 if i == j else 0 :]).max()))

    assert worst < 6.5  # 45 pairs of 65,536 lags of a standard normal


def test_a_block_reads_each_stream_for_one_purpose_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a source read twice, two things that should be independent would move as one."""
    asked: list[Source] = []

    def noted(seed: int, source: Source) -> int:
        asked.append(source)
        return key_of(seed, source)

    monkeypatch.setattr("sim.streams.key_of", noted)
    for module in ("sim.engine.luck", "sim.engine.noise", "sim.model.parameters"):
        monkeypatch.setattr(f"{module}.streams", streams.__wrapped__)
    city_streams.cache_clear()
    b = small_plan(more=(lone("gdp", 5000.0), lone("pop", 5400.0)), changes={"rd": {"series": ("rd", "new")}})
    happens = Chance(0.5, None)
    hits = tuple(shock(n, (("a", "rd", 1.0),), chance=happens, **EXTRA) for n in ("s", "t"))
    worked(scenario(b, shocks=hits, noise=noise(parameters="drawn"), growth=BLEND), b)

    assert len(asked) > 60
    assert len(set(asked)) == len(asked)


def test_uniforms_lie_inside_the_open_interval() -> None:
    u = uniforms(3, SOURCE, 0, 1 << 20)

    assert 0.0 < u.min() < 1e-5
    assert 1.0 - 1e-5 < u.max() < 1.0
    assert abs(u.mean() - 0.5) < 4.5 / np.sqrt(12 * u.size)
    assert np.all((u * 2.0**53) % 2.0 == 1.0)  # odd halves: never 0, never 1, mirrored exactly
