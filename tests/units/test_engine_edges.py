"""What the engine does at the edges: nothing to simulate, draws past all numbers, the floor of growth."""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from dataclasses import replace

import numpy as np
import pytest

from sim.baseline.plan import Baseline
from sim.distributions import Fixed, Lognormal, Normal
from sim.engine import Summary, memory, run
from sim.engine.noise import BlockNoise
from sim.engine.point_targets import point_targets
from sim.engine.points import point_chances
from sim.engine.run import run_block
from sim.model import compiled
from sim.scenario.scenario import Actual, Scenario, Shock
from sim.shocks import OneYear, SeveralYears
from sim.streams import BLOCK, SETS
from sim.studies.batch import run_batch
from tests.scenario_strategies import derived
from tests.strategies import NOWHERE, lone, noise, plan, scenario, shock, target

CITIES = {"a": {"rd": 1000.0}, "b": {"rd": 600.0}}


def summary(made: Scenario, baseline: Baseline, detailed: bool = True) -> Summary:
    return run([compiled(made, baseline)], range(1), detailed)[0]


def wild(size: float) -> Shock:
    """Return a shock that takes some draws past all numbers."""
    return shock("wild", (("a", "rd", 1.0),), size=Lognormal(0.1, size), course=SeveralYears(2024, 2025))


def three_targets(**changes: object) -> Baseline:
    targets = (
        target("T1", "rd", 2600.0),
        target("T2", "gdp", 7000.0),
        target("T3", "rd", 1000.0, area="b", direction="down", group="annex"),
        target("T4", "rd", 2000.0, year=2022),
        target("T5", "x", 35.0),
    )
    ratio = derived("x", "ratio", numerator="rd", denominator="gdp", factor=100.0)
    return plan(CITIES, more=(lone("gdp", 5000.0),), targets=targets, derived=(ratio,), **changes)  # type: ignore


def test_N7_draws_past_all_numbers_are_counted_as_invalid_and_spoil_nothing() -> None:
    b = three_targets()
    calm, result = summary(scenario(b), b), summary(scenario(b, shocks=(wild(400.0),)), b)

    assert 0 < result.invalid[0] < BLOCK
    assert list(result.invalid[1:4]) == [0, 0, 0]
    assert 0 < result.invalid[4] <= result.invalid[0]
    assert np.array_equal(result.hits[1:4], calm.hits[1:4])
    assert np.all(np.isfinite(result.chances.mean()))
    assert list(result.passages.sum(axis=1)[:3]) == [BLOCK - n for n in result.invalid[:3]]
    assert result.patterns.sum() == BLOCK - result.invalid[0]


def test_N9_a_draw_is_a_hit_a_miss_or_invalid_and_only_one_of_them() -> None:
    """Of a target and its mirror every valid draw hits exactly one."""
    b = three_targets()
    mirror = replace(b, targets=tuple(replace(t, direction="down", comparator=">") for t in b.targets[:1]))
    mirror = replace(mirror, targets=(*mirror.targets, *b.targets[1:]))
    hit = scenario(b, shocks=(wild(400.0),))
    up, down = summary(hit, b), summary(hit, mirror)

    assert up.hits[0] + down.hits[0] + up.invalid[0] == BLOCK
    assert up.invalid[0] == down.invalid[0] > 0
    assert up.chances.mean()[0] + down.chances.mean()[0] == pytest.approx(1.0)


def test_N9_a_target_without_a_valid_draw_has_no_probability() -> None:
    b = three_targets()
    beyond = shock("beyond", (("a", "rd", 1.0),), size=Fixed(1e60), course=SeveralYears(2021, 2025))
    cube = next(iter(run_batch([scenario(b, shocks=(beyond,))], {b.id: b})))
    rows = {p.target.id: p for p in cube.probabilities}

    assert (rows["T1"].p, rows["T1"].invalid) == (None, BLOCK)
    assert rows["T2"].p is not None
    assert rows["T2"].invalid == 0
    last = [t for t in cube.trajectories if (t.area, t.indicator, t.year) == ("a", "rd", 2025)]
    assert np.isnan(last[0].mean)
    assert np.all(np.isnan(last[0].quantiles))
    assert all(np.isfinite(t.mean) for t in cube.trajectories if t.area == "b")


def test_N7_trajectories_are_those_of_the_valid_draws() -> None:
    b = three_targets()
    cube = next(iter(run_batch([scenario(b, shocks=(wild(200.0),))], {b.id: b})))

    for row in cube.trajectories:
        assert np.isfinite(row.mean)
        assert np.isfinite(row.sd)
        assert np.all(np.diff(row.quantiles) >= 0.0)


def test_growth_is_floored_and_the_draws_that_needed_it_are_counted() -> None:
    b = plan(CITIES, targets=(target("T", "rd", 1.0),))
    certain = shock("s", (("a", "rd", 1.0),), size=Fixed(-3.0), course=OneYear(2022))
    random = shock("s", (("a", "rd", 1.0),), size=Normal(-1.09, 0.2), course=OneYear(2022))
    quiet = noise(province=0.0, city=0.0)

    close = shock("s", (("a", "rd", 1.0),), size=Fixed(-1.095), course=OneYear(2022))

    assert summary(scenario(b), b).floored == 0
    assert summary(scenario(b, shocks=(close,)), b).floored == BLOCK  # 0.5 % of the year before is left
    assert summary(scenario(b, shocks=(certain,)), b).floored == BLOCK
    assert summary(scenario(b, shocks=(random,)), b).floored == pytest.approx(BLOCK / 2, abs=150)
    from tests.engine_blocks import worked

    levels = worked(scenario(b, shocks=(certain,), noise=quiet), b).levels.calm[0][0, :, 0, 0]
    assert levels[1] == pytest.approx(0.01 * levels[0])


def test_a_plan_without_cities_runs() -> None:
    b = plan({}, more=(lone("gdp", 5000.0),), targets=(target("T", "gdp", 7000.0),))

    assert 0.1 < summary(scenario(b), b).chances.mean()[0] < 0.9


@pytest.mark.parametrize("cities", [{}, {"a": {}, "b": {}}], ids=["no city", "no indicator of cities"])
def test_a_plan_without_cities_is_answered_at_points_and_given_actuals(
    cities: dict[str, dict[str, float]],
) -> None:
    b = plan(cities, more=(lone("gdp", 5000.0),), targets=(target("T1", "gdp", 6000.0),))
    known = Actual("x", "province", "gdp", 2021, 5600.0, 0.0, "actual", "", NOWHERE)
    model, given = compiled(scenario(b), b), compiled(scenario(b, observed=(known,)), b)
    p = point_chances(model, point_targets(model), 0, 4096)[0].mean()
    drawn, fast, slow = (s for m, form in ((model, True), (given, True), (given, False))
                         for s in run_block((m,), True, 0, form))  # fmt: skip

    assert p == pytest.approx(drawn.chances.mean()[0], abs=1e-3)
    assert p < fast.chances.mean()[0] < 1.0
    assert fast.chances.mean() == pytest.approx(slow.chances.mean(), abs=1e-3)


def test_a_plan_of_one_city_runs_and_its_noise_is_that_of_the_province() -> None:
    b = plan({"a": {"rd": 1000.0}}, targets=(target("T", "rd", 1020.0 * 1.1**5),), dof=np.inf)

    assert summary(scenario(b), b).chances.mean()[0] == pytest.approx(0.5, abs=0.01)


def test_a_calibration_without_factors_runs() -> None:
    b = plan(CITIES, targets=(target("T", "rd", 2600.0),))
    known = b.calibration
    assert known is not None
    b = replace(
        b, calibration=replace(known, loadings={k: replace(v, load={}) for k, v in known.loadings.items()})
    )

    assert 0.3 < summary(scenario(b), b).chances.mean()[0] < 0.7


def test_a_scenario_whose_targets_all_lack_data_is_listed_without_numbers() -> None:
    rows = (target("T1", "rd", 1.0, status="missing", needs="x"), target("T2", "rd", 2600.0))
    b = plan(CITIES, targets=rows)
    asked = [scenario(b, id="none", targets=("T1",)), scenario(b, id="one", targets=("T2",))]
    none, one = run_batch(asked, {b.id: b})

    assert [p.p for p in none.probabilities] == [None]
    assert none.joint is None
    assert one.probabilities[0].p is not None
    assert one.probabilities[0].driver is not None


def test_a_lead_headline_target_of_a_city_has_a_driver_too() -> None:
    b = plan(CITIES, targets=(target("T1", "rd", 1600.0, area="a"), target("T2", "rd", 2600.0)))
    cube = next(iter(run_batch([scenario(b)], {b.id: b})))

    assert all(p.driver is not None for p in cube.probabilities)


def test_without_details_the_numbers_are_the_same() -> None:
    b = three_targets()
    full, lean = (summary(scenario(b), b, detailed) for detailed in (True, False))

    assert np.array_equal(full.hits, lean.hits)
    assert full.chances.total == lean.chances.total
    assert lean.trajectories is None
    assert (full + lean).trajectories is None


def test_what_grows_with_draws_is_kept_of_as_many_blocks_as_asked() -> None:
    b = three_targets()
    model = compiled(scenario(b), b)
    (whole,), (part,) = run([model], range(3)), run([model], range(3), by_set=1)

    assert whole.by_set.blocks == (0, 1, 2)
    assert part.by_set.blocks == (0,)
    assert np.array_equal(part.by_set.value(), whole.by_set.value()[:, :SETS], equal_nan=True)
    assert np.array_equal(part.hits, whole.hits)
    assert part.chances.total == whole.chances.total
    assert part.trajectories is not None
    assert whole.trajectories is not None
    assert part.trajectories.moments == whole.trajectories.moments


def test_a_cube_that_is_not_compared_lacks_only_chances_by_set() -> None:
    b = three_targets()
    whole, lean = (next(iter(run_batch([scenario(b)], {b.id: b}, paired=paired))) for paired in (True, False))

    assert whole.by_set
    assert not lean.by_set
    assert [p.p for p in lean.probabilities] == [p.p for p in whole.probabilities]
    assert [p.mc_high for p in lean.probabilities] == [p.mc_high for p in whole.probabilities]


def test_noise_is_let_go_once_no_later_scenario_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[object]] = []
    sizes: list[int] = []
    module = sys.modules["sim.engine.run"]
    inner = module.block_noise

    def watched(*args: object, cities: bool) -> BlockNoise:
        noise: BlockNoise = inner(*args, cities=cities)
        made.append(weakref.ref(noise.city))
        sizes.append(len(noise.city))
        return noise

    monkeypatch.setattr(module, "block_noise", watched)
    b = three_targets()
    one = compiled(scenario(b), b)
    lower = replace(one, drift=replace(one.drift, add=one.drift.add - 0.01))
    other = compiled(scenario(b, noise=noise(city=0.5)), b)
    alive = []
    gc.disable()  # nothing may wait for the collector
    try:
        for _ in run_block((one, lower, other), True, 0):
            alive.append([ref() is not None for ref in made])
    finally:
        gc.enable()
    assert alive == [[True], [False], [False, False]]
    assert sizes == [len(one.cities), 0]  # what nobody shares is never stored


def test_memory_is_settled_where_the_library_can_and_left_alone_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    class Library:
        @staticmethod
        def mallopt(switch: int, size: int) -> None:
            asked.append((switch, size))

    def none(_: object) -> object:
        raise OSError("no such library")

    for library in (lambda _: Library, lambda _: object(), none):
        monkeypatch.setattr(ctypes, "CDLL", library)
        memory.settle_memory.__wrapped__()
        monkeypatch.undo()
    assert asked == [(-3, memory.LARGE), (-1, memory.KEPT)]
