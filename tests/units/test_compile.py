"""A scenario on a plan as arrays: bases, paths, loadings, bounds of targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath

import numpy as np
import pytest

from sim.axes import Floats
from sim.baseline.plan import Baseline, Figure
from sim.errors import BadInput
from sim.model import Model, compiled
from sim.model.compile_targets import bounds_of
from sim.model.model import NONE
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Path
from sim.streams import BLOCK
from tests.engine_blocks import worked
from tests.scenario_strategies import bent
from tests.strategies import NOWHERE, estimate, lone, noise, plan, scenario, target

QUIET = noise(province=0.0, city=0.0)
CITIES = {"a": {"rd": 1000.0}, "b": {"rd": 600.0}, "c": {"rd": 400.0}}


def figure(series: str, region: str, value: float) -> Figure:
    return Figure(series, region, 2020, value, "亿元", "actual", "", "high", "made up", NOWHERE)


def rated(**changes: object) -> Baseline:
    """Return a plan with a rate on a straight line from 57 to 62 %."""
    more = lone("rate", 57.0, kind="rate", growth="line", line_end=62.0, group="none", unit="%")
    return plan({}, more=(more,), **changes)  # type: ignore[arg-type]


def calm_rate(**changes: object) -> Floats:
    b = rated()
    return worked(scenario(b, noise=QUIET, **changes), b).quantities[0, :, 0, 0]


def model_of(baseline: Baseline, **changes: object) -> Model:
    return compiled(scenario(baseline, **changes), baseline)


def test_a_plan_without_calibration_is_refused_by_its_file() -> None:
    b = plan(CITIES)
    with pytest.raises(BadInput) as refused:
        compiled(scenario(b), replace(b, calibration=None))

    assert [(m.code, m.place.file) for m in refused.value.mistakes] == [
        ("no-calibration", "made-up/calibration.yaml")
    ]


def test_the_actual_base_of_the_province_rescales_cities_without_an_actual_by_one_ratio() -> None:
    b = plan(CITIES, unallocated=0.25, changes={"rd": {"base": "actual", "base_series": "rd"}})
    actual = (figure("rd", "province", 3000.0), figure("rd", "a", 1100.0))
    model = model_of(replace(b, figures=(*b.figures, *actual)))

    assert model.base_province[0] == 3000.0
    assert model.base[:, 0] == pytest.approx([1100.0, 1300.0 * 0.6, 1300.0 * 0.4])  # 3000 / 1.25 less a's
    assert np.exp(model.log_ratio[0]) == pytest.approx(1.25)
    assert model.drift.plan == pytest.approx(0.1)  # growth stays the plan's


def test_an_actual_base_of_every_city_stands_as_it_is() -> None:
    b = plan(CITIES, changes={"rd": {"base": "actual", "base_series": "rd"}})
    actual = [
        figure("rd", region, value)
        for region, value in zip(["province", *"abc"], [2000, 900, 500, 300], strict=True)
    ]
    model = model_of(replace(b, figures=(*b.figures, *actual)))

    assert list(model.base[:, 0]) == [900, 500, 300]


def test_the_ratio_of_province_to_cities_has_the_spread_of_its_printed_changes() -> None:
    b = bent(plan(CITIES), [[0.0] * 5] * 3 + [[0.01, -0.02, 0.0, 0.03, 0.01]])
    model = model_of(b)

    assert np.diff(model.log_ratio[0]) == pytest.approx([-0.02, 0.0, 0.03, 0.01])
    assert model.noise.ratio_sd[0] == pytest.approx(np.sqrt((1 + 4 + 0 + 9 + 1) / 5) / 100)


def test_counts_start_at_their_first_printed_rate() -> None:
    b = plan({"a": {"new": 40.0}, "b": {"new": 60.0}}, changes={"new": {"kind": "count"}})
    model = model_of(b)
    calm = worked(scenario(b, noise=QUIET), b).levels.calm[0]

    assert model.base[:, 0] == pytest.approx([44.0, 66.0])
    assert calm[:, :, 0, 0] == pytest.approx(b.path[:2, 0, 1:])


def test_counts_do_not_grow_by_trend_before_their_first_rate() -> None:
    from sim.scenario.scenario import Growth

    b = plan({"a": {"new": 40.0}, "b": {"new": 60.0}}, changes={"new": {"kind": "count"}})
    calm = worked(scenario(b, noise=QUIET, growth=Growth("trend", None, NOWHERE)), b).levels.calm[0]

    assert calm[:, 0, 0, 0] == pytest.approx([44.0, 66.0])
    assert np.all(calm[:, 1, 0, 0] != pytest.approx([48.4, 72.6]))


def path(area: str, indicator: str, levels: dict[int, float], ident: str = "p") -> Path:
    return Path(ident, area, indicator, levels, NOWHERE)


def test_a_replaced_path_is_followed_and_then_grows_as_planned() -> None:
    b = plan(CITIES)
    made = scenario(b, noise=QUIET, paths=(path("a", "rd", {2022: 1500.0, 2023: 1400.0}),))
    levels = worked(made, b).levels.calm[0]

    assert levels[0, :, 0, 0] == pytest.approx([1100.0, 1500.0, 1400.0, 1540.0, 1694.0])
    assert levels[1, :, 0, 0] == pytest.approx(b.path[1, 0, 1:])


@pytest.mark.parametrize("first", [2021, 2022])
def test_a_replaced_path_of_a_count_is_followed_from_any_year(first: int) -> None:
    b = plan({"a": {"new": 40.0}, "b": {"new": 60.0}}, changes={"new": {"kind": "count"}})
    made = scenario(b, noise=QUIET, paths=(path("a", "new", {first: 70.0, first + 1: 50.0}),))
    levels = worked(made, b).levels.calm[0][0, :, 0, 0]

    assert levels[first - 2021 : first - 2019] == pytest.approx([70.0, 50.0])


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_a_replaced_path_of_the_province_moves_cities_but_a_city_s_own_stands(names: tuple[str, str]) -> None:
    """Whatever the order of their names."""
    b = plan(CITIES)
    paths = (
        path("province", "rd", {2021: float(b.path[-1, 0, 0]) * 1.2}, names[0]),
        path("b", "rd", {2021: 720.0}, names[1]),
    )
    levels = worked(scenario(b, noise=QUIET, paths=paths), b).levels.calm[0][:, 0, 0, 0]

    assert levels == pytest.approx([1200.0, 720.0, 480.0])


def test_a_replaced_path_of_the_line_replaces_the_line() -> None:
    levels = calm_rate(paths=(path("province", "rate", {2021: 59.0, 2022: 60.5}),))

    assert levels[:2] == pytest.approx([59.0, 60.5])
    assert levels[2] > 60.5


def test_a_replaced_path_of_what_follows_trend_is_followed_whole() -> None:
    b = plan({}, more=(lone("gdp", 5000.0),))
    wanted = {2020: 5000.0, 2021: 5300.0, 2022: 5000.0, 2023: 5600.0, 2024: 5700.0, 2025: 6000.0}
    block = worked(scenario(b, noise=QUIET, paths=(path("province", "gdp", wanted),)), b)

    assert block.quantities[0, :, 0, 0] == pytest.approx(list(wanted.values())[1:])


def logit(percent: Floats | float) -> Floats:
    share = np.asarray(percent) / 100.0
    return np.asarray(np.log(share / (1.0 - share)))


def test_a_rate_follows_its_line() -> None:
    assert calm_rate() == pytest.approx(np.linspace(57.0, 62.0, 6)[1:])


def test_points_reach_a_rate_at_its_base_year_share() -> None:
    """One point is worth ``0.01 / (s (1 - s))`` logit units; so is growth meanwhile, and a level shock."""
    from sim.distributions import Fixed
    from sim.scenario.scenario import Adjustment, Cells, Delay
    from sim.shocks import OneYear
    from tests.strategies import shock

    pair = ("province", "rate")
    point = 0.01 / (0.57 * 0.43)
    line = logit(calm_rate())
    first = np.diff(line, prepend=logit(57.0))[0]

    added = calm_rate(drift=(Adjustment("x", Cells((pair,), (2022,)), 0.01, NOWHERE),))
    assert logit(added) - line == pytest.approx([0.0, *[point] * 4])
    late = calm_rate(delays=(Delay("x", (pair,), 1, 0.02, NOWHERE),))
    assert np.diff(logit(late), prepend=logit(57.0))[:2] == pytest.approx(
        [0.02 * 0.57 * 100.0 * point, first]
    )
    for effect, size in (("growth", 0.02), ("level", 0.02 / 0.57)):
        hit = shock("x", ((*pair, 0.5),), size=Fixed(size), course=OneYear(2023), effect=effect)
        assert logit(calm_rate(shocks=(hit,))) - line == pytest.approx([0.0, 0.0, *[point] * 3])


@pytest.mark.parametrize(
    ("load", "multiplier", "expected"),
    [
        (0.5, None, 0.5),
        (0.5, 0.5, 0.25),
        (0.5, 10.0, 0.95),
        (0.97, None, 0.97),
        (0.97, 2.0, 0.97),
        (-0.6, 2.0, -0.95),
    ],
)
def test_a_multiplier_lengthens_no_loading_past_its_bound(
    load: float, multiplier: float | None, expected: float
) -> None:
    model = model_of(plan(CITIES, load=load), noise=noise(dependence=multiplier))

    for level in (
        model.noise.load_common,
        model.noise.load_province,
        model.noise.load_year,
        model.noise.load_city,
    ):
        assert level[0] == pytest.approx([expected])


def test_N10_loadings_that_explain_more_than_everything_are_refused_by_the_indicator() -> None:
    b = plan(CITIES)
    known = b.calibration
    assert known is not None
    row = {"rd": estimate(0.8)}
    loads = {level: replace(x, load={"f": row, "g": row}) for level, x in known.loadings.items()}

    with pytest.raises(ValueError, match="rd"):
        model_of(replace(b, calibration=replace(known, loadings=loads)))


@pytest.mark.parametrize(
    ("comparator", "direction", "threshold", "inside", "outside"),
    [
        (">=", "up", 100.0, [100.0, 100.0 - 5e-8, 1e9], [100.0 - 2e-7, -1e9]),
        (">", "up", 100.0, [100.0 + 2e-7], [100.0, 100.0 + 5e-8]),
        (">=", "down", 100.0, [100.0, 100.0 + 5e-8, -1e9], [100.0 + 2e-7, 1e9]),
        (">", "down", 100.0, [100.0 - 2e-7], [100.0, 1e9]),
        ("≈", "up", 100.0, [98.0, 120.0], [97.99]),
        ("≈", "down", 100.0, [102.0, 80.0], [102.01]),
        ("≈", "both", 100.0, [98.0, 102.0], [97.99, 102.01]),
        (">=", "up", -3.0, [-3.0, -3.0 - 1e-9, 0.0], [-3.1]),
        (">=", "down", -3.0, [-3.0, -3.0 + 1e-9, -9.0], [-2.9]),
        ("≈", "up", -3.0, [-3.06, 0.0], [-3.07]),
        ("≈", "both", -3.0, [-3.06, -2.94], [-3.07, -2.93]),
        (">=", "up", 0.0, [0.0], [-1e-300]),
    ],
)
def test_N13_a_target_is_hit_between_its_bounds(
    comparator: str, direction: str, threshold: float, inside: list[float], outside: list[float]
) -> None:
    made = target("T", "rd", threshold, comparator=comparator, direction=direction, tolerance=2.0)
    lower, upper = bounds_of(made, threshold)

    assert all(lower <= x <= upper for x in inside)
    assert not any(lower <= x <= upper for x in outside)


def test_a_target_of_growth_is_written_in_percent() -> None:
    b = plan(CITIES, targets=(target("T", "rd", 9.0, kind="mean_growth"), target("U", "rd", 9.0)))
    growth, level = model_of(b).targets

    assert growth.threshold == pytest.approx(0.09)
    assert level.threshold == 9.0


def test_only_what_is_asked_for_and_can_be_answered_is_evaluated() -> None:
    rows = (
        target("T1", "rd", 1.0),
        target("T2", "rd", 1.0, status="missing", needs="x"),
        target("T3", "rd", 1.0, lead=False),
        target("T4", "rd", 1.0, group="annex"),
        target("T5", "rd", 1.0, area="b", year=2023),
    )
    b = plan(CITIES, targets=rows)
    model = model_of(b, targets=("T1", "T2", "T3", "T4", "T5"))

    assert [t.row for t in model.targets] == [0, 2, 3, 4]
    assert list(model.headline) == [0, 3]
    assert (model.targets[3].city, model.targets[3].year) == (1, 2)
    assert [t.row for t in model_of(b, targets=("T3",)).targets] == [2]


def test_draws_are_whole_blocks() -> None:
    assert model_of(plan(CITIES), draws=5 * BLOCK).blocks == 5


def test_what_a_borrower_teaches_of_its_stand_in_is_its_own() -> None:
    """New firms and new SMEs take the law of patents in force; none of the three moves another's spread."""
    root = FilePath(__file__).resolve().parents[2]
    plans = PlanFolders(root)
    [scenario] = load_scenarios([root / "scenarios" / "baseline.yaml"], plans, root)
    model = compiled(scenario, plans[scenario.plan])

    def drawn(indicator: str) -> set[str]:
        rows = model.noise.series_rows[model.indicators.position(indicator)].ravel()
        names = {model.parameters.rows[row].name for row in rows if row != NONE}
        return {name for name in names if not name.startswith("assumption:")}

    firms, smes, patents = (drawn(k) for k in ("new_hitech_firms", "new_tech_smes", "patents_in_force"))
    assert {name.split("@")[0] for name in firms} == {name.split("@")[0] for name in smes} == patents
    assert not firms & smes
    assert not (firms | smes) & patents
