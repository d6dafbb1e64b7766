"""The execution prior: off it changes no bit, on it moves chances as its formula says, and it is told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from sim.axes import Floats
from sim.baseline.plan import Baseline, PastTarget, Target
from sim.baseline.track_record import attainment_of
from sim.engine import run
from sim.engine.run import run_block
from sim.errors import BadInput
from sim.model import compiled
from sim.scenario.loading import load_scenarios
from sim.scenario.plans import PlanFolders
from sim.scenario.scenario import Actual, Execution, Growth
from sim.streams import BLOCK
from sim.studies.batch import run_batch
from sim.tables.execution import execution_columns, execution_text
from sim.tables.screen import screen_text
from tests.engine_blocks import worked
from tests.scenario_strategies import derived
from tests.strategies import NOWHERE, lone, noise, plan, scenario, target

ROOT = Path(__file__).resolve().parents[2]
ON = Execution("track_record", NOWHERE)
PLAN = Growth("plan", None, NOWHERE)
SWEPT = ROOT / "tests" / "cases" / "execution_swept.yaml"
LEVEL = 1000.0 * 1.1**5
AMOUNTS, RATIOS = (1.1, 1.3, 0.9, 1.2, 1.25), (0.9, 0.95, 0.92, 0.97)
QUANTITIES = (
    derived("intensity", "ratio", numerator="rd", denominator="gdp", factor=100.0),
    derived("stock", "stock", inflow="rd", base=("value", "3000"), exit=("value", "0.05")),
)
FORMS = (
    target("level", "rd", LEVEL),
    target("growth", "rd", 10.0, kind="mean_growth"),
    target("rates", "rd", 10.0, kind="mean_of_rates"),
    target("sum", "rd", 6500.0, kind="cumulative_flow"),
    target("ratio", "intensity", 20.0, kind="ratio", unit="%"),
    target("stock", "stock", 9000.0, kind="stock"),
    target("rate", "rate", 62.0, kind="rate", unit="%"),
    target("city", "rd", LEVEL, area="a", group="annex"),
    target("between", "rd", LEVEL, comparator="≈", tolerance=20.0, direction="both"),
)


def record() -> tuple[PastTarget, ...]:
    """Return earlier targets of one hundred each, with made-up outcomes."""
    kinds = {"amount": AMOUNTS, "ratio": RATIOS}
    return tuple(
        PastTarget("earlier", "somewhere", "rd", kind, 2015, 100.0, 100.0 * outcome)
        for kind, outcomes in kinds.items()
        for outcome in outcomes
    )


def made_plan(targets: tuple[Target, ...] = FORMS) -> Baseline:
    """Return a plan of one city, whose noise is Gaussian and province-wide, with a track record."""
    rate = lone("rate", 57.0, kind="rate", growth="line", line_end=62.0, group="none", unit="%")
    return replace(
        plan(
            {"a": {"rd": 1000.0}},
            unallocated=0.0,
            more=(lone("gdp", 5000.0), rate),
            derived=QUANTITIES,
            targets=targets,
            dof=np.inf,
            slope=0.0,
        ),
        track_record=record(),
    )


def chances(b: Baseline, **changes: object) -> Floats:
    [summary] = run([compiled(scenario(b, **changes), b)], range(1), detailed=False)
    return summary.chances.mean()


def law(b: Baseline, growth: Growth) -> tuple[float, float]:
    """Return how far the log level of the last year lies above its target without a prior, and its sd."""
    targets = (target("T", "rd", LEVEL), target("U", "rd", LEVEL * 1.3))
    near, far = (float(ndtri(p)) for p in chances(replace(b, targets=targets), growth=growth))
    sd = math.log(1.3) / (near - far)
    return near * sd, sd


def test_the_attainment_is_the_mean_log_of_outcome_over_target_with_a_students_error() -> None:
    known = attainment_of("amount", made_plan())
    logs = np.log(AMOUNTS)

    assert known is not None
    assert known.count == 5
    assert known.mean == pytest.approx(logs.mean())
    assert known.se == pytest.approx(logs.std(ddof=1) / math.sqrt(5) * math.sqrt(4 / 2))
    assert attainment_of("amount", replace(made_plan(), track_record=record()[:3])) is None
    nothing = replace(record()[0], outcome=0.0)  # of which there is no logarithm
    assert attainment_of("amount", replace(made_plan(), track_record=(*record(), nothing))) == known


def test_with_fixed_parameters_a_chance_moves_as_the_normal_law_says() -> None:
    b = made_plan((target("T", "rd", LEVEL),))
    known = attainment_of("amount", b)
    assert known is not None

    for growth, weight in ((PLAN, 1.0), (Growth("blend", 0.6, NOWHERE), 0.6)):
        above, sd = law(b, growth)
        on = chances(b, growth=growth, execution=ON)[0]
        assert on == pytest.approx(ndtr((above + weight * known.mean) / sd), rel=1e-6)


def test_with_drawn_parameters_the_error_of_the_record_widens_the_law() -> None:
    b = made_plan((target("T", "rd", LEVEL),))
    known = attainment_of("amount", b)
    assert known is not None
    (on,) = run([compiled(scenario(b, execution=ON, noise=noise(parameters="drawn")), b)], range(40), False)
    above, sd = law(b, PLAN)
    assert above == pytest.approx(0.0, abs=1e-8)  # the plan is its own median
    expected = float(ndtr(known.mean / math.hypot(sd, known.se)))

    error = math.sqrt(float(on.chances.variance()[0]) / on.chances.sets)
    assert abs(on.chances.mean()[0] - expected) <= 4.5 * error


def test_off_it_changes_no_bit_and_the_chance_without_it_is_that_of_a_run_that_never_had_it() -> None:
    b = made_plan()
    bare = replace(b, track_record=())
    off = scenario(b, noise=noise(parameters="drawn"))
    [plain], [untold] = run_batch([off], {b.id: b}), run_batch([off], {b.id: bare})
    [told] = run_batch([replace(off, execution=ON)], {b.id: b})

    assert plain.without == {}
    assert plain.probabilities == untold.probabilities
    assert told.without == {(row.target.id, row.target.version): row.p for row in plain.probabilities}
    assert told.trajectories == plain.trajectories


def test_conditional_chances_and_hits_are_moved_alike() -> None:
    b = made_plan()
    difference, left = np.zeros(len(FORMS)), np.zeros(len(FORMS))
    for block in range(4):
        for row, outcome in enumerate(worked(scenario(b, execution=ON), b, block).outcomes):
            difference[row] += float(np.sum(outcome.hit - outcome.chance))
            left[row] += float(np.sum(outcome.chance * (1.0 - outcome.chance)))

    assert np.all(np.abs(difference) <= 4.5 * np.sqrt(left) + 1e-9)


def test_amounts_rise_and_ratios_fall_with_their_own_record() -> None:
    b = made_plan()
    moved = dict(zip([t.id for t in FORMS], chances(b, execution=ON) - chances(b), strict=True))

    assert all(moved[form] > 0.0 for form in ("level", "growth", "rates", "sum", "stock", "city"))
    assert all(moved[form] < 0.0 for form in ("ratio", "rate"))


def test_years_whose_actuals_are_known_carry_no_prior() -> None:
    b = made_plan()
    known = tuple(
        Actual(f"a{year}", "province", "rd", year, 1000.0 * 1.1 ** (year - 2020), 0.0, "actual", "", NOWHERE)
        for year in (2021, 2022)
    )
    accrued = {
        t.id: next(m for m in model.targets if b.targets[m.row] is t).execution
        for model in (compiled(scenario(b, execution=ON, observed=known), b),)
        for t in FORMS
    }
    assert accrued["level"] is not None
    assert accrued["level"].accrued == pytest.approx((0.0, 0.0, 0.2, 0.4, 0.6))
    assert accrued["ratio"] is not None
    assert accrued["ratio"].accrued == accrued["level"].accrued  # R&D is a part of it
    assert accrued["rate"] is not None
    assert accrued["rate"].accrued[-1] == pytest.approx(1.0 / 0.38)


def test_a_swept_weight_may_pass_through_zero_and_a_thin_record_is_refused() -> None:
    plans = PlanFolders(ROOT)
    swept = load_scenarios([SWEPT], plans, ROOT)
    assert {s.execution is not None for s in swept} == {True}
    thin = {"zhejiang-2016": replace(plans["zhejiang-2016"], track_record=record()[:6])}
    with pytest.raises(BadInput) as caught:
        load_scenarios([SWEPT], thin, ROOT)
    assert {m.code for m in caught.value.mistakes} == {"execution-without-record"}


def test_a_screen_a_table_and_an_explanation_say_that_it_is_on() -> None:
    plans = PlanFolders(ROOT)
    [swept, *_] = load_scenarios([SWEPT], plans, ROOT)
    swept = replace(swept, growth=Growth("blend", 0.5, NOWHERE), draws=BLOCK)
    [cube] = run_batch([swept], plans)
    shown = screen_text(cube, "en", listed=False)
    columns = execution_columns(cube)
    row = list(columns["target"]).index("H01")

    assert "The execution prior is on" in shown
    assert "without the execution prior: " in shown
    assert "execution prior: outcome over target of earlier ratios ×0.94" in " ".join(shown.split())
    assert float(str(columns["p"][row])) < float(str(columns["p_without"][row]))
    assert columns["kind"][row] == "ratio"
    told = execution_text(swept, plans["zhejiang-2016"], "rd_intensity", "en")
    assert "H01 (2020): plan's weight 0.5 × accrued 1; its outcome is counted ×0.967" in told


def test_compiled_kernels_and_plain_numpy_agree_on_every_form() -> None:
    b = made_plan()
    models = (compiled(scenario(b, execution=ON), b),)
    [fast], [plain] = run_block(models, False, 0), run_block(models, False, 0, compiled=False)

    assert fast.chances.mean() == pytest.approx(plain.chances.mean(), abs=1e-9)
    assert fast.hits.tolist() == plain.hits.tolist()
    assert fast.passages.tolist() == plain.passages.tolist()
