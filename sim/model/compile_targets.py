"""Derived quantities and targets by position (sections 6 and 8)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from sim.axes import Axis, Ints
from sim.baseline.calibration import Calibration
from sim.baseline.plan import Baseline, Derived, PipelinePlan, Target
from sim.baseline.track_record import attainment_of, kind_of_target
from sim.model.compile_noise import assumption_of
from sim.model.model import (
    NONE,
    ExecutionModel,
    OutputModel,
    PipelineModel,
    RatioModel,
    StockModel,
    TargetModel,
)
from sim.model.parameters import EXECUTION, Parameter, TableBuilder
from sim.scenario.scenario import Scenario

COMPARISON = 1e-9
"""Relative tolerance of every comparison with a target (section 8)."""

FORMS = {"cumulative_flow": "sum", "mean_growth": "mean_growth", "mean_of_rates": "mean_of_rates"}


def derived_used(scenario: Scenario, baseline: Baseline, also: Collection[str]) -> tuple[Derived, ...]:
    """Return the derived quantities of the plan but for what hangs on a pipeline that nothing asks for.

    A pipeline is asked for by a target of the scenario, or in *also* by the id of one of its outputs.
    """
    by_id = {derived.id: derived for derived in baseline.derived}

    def made_from(id: str) -> set[str]:
        return {id}.union(*(made_from(part) for part in by_id[id].parts())) if id in by_id else set()

    asked = {
        str(target.quantity)
        for target in baseline.targets
        if target.status == "evaluated" and target.id in scenario.targets
    }
    needed = set().union(*(made_from(id) for id in (*asked, *also)))
    return tuple(
        derived
        for derived in baseline.derived
        if derived.id in needed or all(by_id[id].kind != "pipeline" for id in made_from(derived.id))
    )


def derived_of(
    scenario: Scenario,
    baseline: Baseline,
    calibration: Calibration,
    builder: TableBuilder,
    used: Sequence[Derived],
) -> tuple[tuple[RatioModel | StockModel | OutputModel, ...], tuple[PipelineModel, ...]]:
    """Return the derived quantities in use and their pipelines, adding their parameters to *builder*."""
    names = [i.id for i in baseline.indicators] + [d.id for d in used]
    models: list[RatioModel | StockModel | OutputModel] = []
    pipelines: dict[str, PipelineModel] = {}
    for derived in used:
        if derived.kind == "ratio":
            numerator, denominator = (
                names.index(str(derived.numerator)),
                names.index(str(derived.denominator)),
            )
            models.append(RatioModel(numerator, denominator, derived.lag, derived.factor))
        elif derived.kind == "stock":
            models.append(
                StockModel(
                    names.index(str(derived.inflow)),
                    number_row(derived, derived.base, scenario, baseline, calibration, builder),
                    number_row(derived, derived.exit, scenario, baseline, calibration, builder),
                )
            )
        else:
            if derived.pipeline not in pipelines:
                plan = baseline.pipelines[derived.pipeline]
                pipelines[plan.id] = pipeline_model(plan, names, scenario, baseline, builder)
            models.append(OutputModel(list(pipelines).index(derived.pipeline), derived.output))
    return tuple(models), tuple(pipelines.values())


def pipeline_model(
    plan: PipelinePlan, names: list[str], scenario: Scenario, baseline: Baseline, builder: TableBuilder
) -> PipelineModel:
    """Return a pipeline by positions, adding its numbers to *builder*."""
    return PipelineModel(
        id=plan.id,
        kind=plan.kind,
        rows={
            field: builder.assumption(assumption_of(scenario, baseline, id))
            for field, id in plan.numbers.items()
        },
        feeds={role: names.index(id) for role, id in plan.feeds.items()},
        dates=scenario.rounds[plan.id].days if plan.id in scenario.rounds else plan.dates,
        coupled_to=NONE if plan.coupled_to is None else names.index(plan.coupled_to),
    )


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
        return builder.estimate(f"exit:{name}", calibration.exits[name], 0.0, 1.0, "positive")
    if kind == "history":
        value = baseline.history(name, baseline.province.id)[baseline.base_year].value
        return builder.constant(f"history:{name}", value)
    return builder.constant(f"value:{name}", float(name))


def targets_of(
    scenario: Scenario, baseline: Baseline, quantities: Axis, builder: TableBuilder
) -> tuple[tuple[TargetModel, ...], Ints]:
    """Return the evaluated targets of *scenario* and where the lead headline targets stand among them."""
    models: list[TargetModel] = []
    headline: list[int] = []
    for row, target in enumerate(baseline.targets):
        if target.status != "evaluated" or target.id not in scenario.targets:
            continue
        if target.group == "headline" and target.lead:
            headline.append(len(models))
        model = target_model(row, target, baseline, quantities)
        if scenario.execution is not None:
            model = replace(model, execution=execution_of(target, scenario, baseline, builder))
        models.append(model)
    return tuple(models), np.array(headline, dtype=np.int64)


def execution_of(
    target: Target, scenario: Scenario, baseline: Baseline, builder: TableBuilder
) -> ExecutionModel:
    """Return how *target* is executed as earlier plans were, adding its parameter to *builder*."""
    kind = kind_of_target(target)
    known = attainment_of(kind, baseline)
    if known is None:
        raise ValueError(f"too few earlier targets of kind {kind}; reading should have refused it")
    row = builder.add(Parameter(f"{EXECUTION}{kind}", "normal", known.mean, known.se))
    return ExecutionModel(row, accrued_of(target, scenario, baseline))


def accrued_of(target: Target, scenario: Scenario, baseline: Baseline) -> tuple[float, ...]:
    """Return which share of an execution counts by each year.

    It accrues evenly over the plan's years, but not in those whose actuals are known. Of a rate the log of
    the target becomes logits: ``d logit = d log / (1 - share)``.
    """
    parts = parts_of_quantity(str(target.quantity), baseline)
    seen = max((a.year - baseline.base_year for a in scenario.observed if a.indicator in parts), default=0)
    years = len(baseline.years)
    is_rate = any(i.id == target.quantity and i.kind == "rate" for i in baseline.indicators)
    per = years * ((1.0 - target.threshold / 100.0) if is_rate else 1.0)
    return tuple(max(0.0, t + 1.0 - seen) / per for t in range(years))


def parts_of_quantity(quantity: str, baseline: Baseline) -> frozenset[str]:
    """Return *quantity* and all that it is made from, as ids."""
    derived = next((d for d in baseline.derived if d.id == quantity), None)
    parts = () if derived is None else derived.parts()
    return frozenset({quantity}).union(*(parts_of_quantity(part, baseline) for part in parts))


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
