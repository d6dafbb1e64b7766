"""Derived quantities and targets by position (sections 6 and 8)."""

from __future__ import annotations

import numpy as np

from sim.axes import Axis, Ints
from sim.baseline.calibration import Calibration
from sim.baseline.plan import Baseline, Derived, Target
from sim.model.compile_noise import assumption_of
from sim.model.model import NONE, RatioModel, StockModel, TargetModel
from sim.model.parameters import TableBuilder
from sim.scenario.scenario import Scenario

COMPARISON = 1e-9
"""Relative tolerance of every comparison with a target (section 8)."""

FORMS = {"cumulative_flow": "sum", "mean_growth": "mean_growth", "mean_of_rates": "mean_of_rates"}


def derived_of(
    scenario: Scenario, baseline: Baseline, calibration: Calibration, builder: TableBuilder
) -> tuple[RatioModel | StockModel, ...]:
    """Return the derived quantities in the plan's order, adding their parameters to *builder*."""
    names = [i.id for i in baseline.indicators] + [d.id for d in baseline.derived]
    models: list[RatioModel | StockModel] = []
    for derived in baseline.derived:
        if derived.kind == "ratio":
            numerator, denominator = (
                names.index(str(derived.numerator)),
                names.index(str(derived.denominator)),
            )
            models.append(RatioModel(numerator, denominator, derived.lag, derived.factor))
        else:
            models.append(
                StockModel(
                    names.index(str(derived.inflow)),
                    number_row(derived, derived.base, scenario, baseline, calibration, builder),
                    number_row(derived, derived.exit, scenario, baseline, calibration, builder),
                )
            )
    return tuple(models)


def number_row(
    derived: Derived,
    origin: tuple[str, str] | None,
    scenario: Scenario,
    baseline: Baseline,
    calibration: Calibration,
    builder: TableBuilder,
) -> int:
    """Return the parameter row of a base or an exit, wherever its number comes from."""
    if origin is None:
        raise ValueError(f"stock {derived.id} lacks a base or an exit; loading should have refused it")
    kind, name = origin
    if kind == "assumption":
        return builder.assumption(assumption_of(scenario, baseline, name))
    if kind == "calibration":
        return builder.estimate(f"exit:{name}", calibration.exits[name], 0.0, 1.0, positive=True)
    if kind == "history":
        value = baseline.history(name, baseline.province.id)[baseline.base_year].value
        return builder.constant(f"history:{name}", value)
    return builder.constant(f"value:{name}", float(name))


def targets_of(
    scenario: Scenario, baseline: Baseline, quantities: Axis
) -> tuple[tuple[TargetModel, ...], Ints]:
    """Return the evaluated targets of *scenario* and where the lead headline targets stand among them."""
    models: list[TargetModel] = []
    headline: list[int] = []
    for row, target in enumerate(baseline.targets):
        if target.status != "evaluated" or target.id not in scenario.targets:
            continue
        if target.group == "headline" and target.lead:
            headline.append(len(models))
        models.append(target_model(row, target, baseline, quantities))
    return tuple(models), np.array(headline, dtype=np.int64)


def target_model(row: int, target: Target, baseline: Baseline, quantities: Axis) -> TargetModel:
    """Return *target* by positions, its bounds in the unit of its quantity."""
    form = FORMS.get(target.kind, "value")
    threshold = target.threshold / 100.0 if form.startswith("mean") else target.threshold
    lower, upper = bounds_of(target, threshold)
    is_province = target.area == baseline.province.id
    return TargetModel(
        row=row,
        city=NONE if is_province else baseline.city_axis().position(target.area),
        quantity=quantities.position(str(target.quantity)),
        form=form,
        year=baseline.years.index(target.year),
        threshold=threshold,
        lower=lower,
        upper=upper,
    )


def bounds_of(target: Target, threshold: float) -> tuple[float, float]:
    """Return the closed interval of values that hit *target*; ``>`` leaves the threshold itself out.

    ``>`` is "better than": of a target that is met from above (*direction* down) it means below.
    """
    tolerance = 0.0
    if target.comparator == "≈" and target.tolerance is not None:
        tolerance = target.tolerance / 100.0
    spare = -COMPARISON if target.comparator == ">" else COMPARISON
    width = abs(threshold) * (tolerance + spare)
    lower, upper = threshold - width, threshold + width
    if target.direction == "up":
        return lower, np.inf
    if target.direction == "down":
        return -np.inf, upper
    return lower, upper
