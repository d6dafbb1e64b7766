"""From the summary of a scenario's draws to its cube of labelled results."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from sim.accumulators import SetChances
from sim.axes import UNALLOCATED, Floats, Name
from sim.baseline.plan import Baseline, Target
from sim.cube import (
    AT_LEAST,
    QUANTILES,
    Cube,
    Driver,
    Joint,
    Probability,
    RunAssumption,
    Trajectory,
    grade_of,
    value_of_index,
)
from sim.designs import by_group
from sim.engine import Summary
from sim.engine.levels import base_of
from sim.engine.summary import cells_of, shifts_of, zeros_of
from sim.errors import BadInput, Mistake
from sim.model.model import NONE, Model, OutputModel, TargetModel
from sim.model.parameters import EXECUTION, drawn_parameters
from sim.pipelines import pipeline
from sim.scenario.scenario import Scenario
from sim.streams import BLOCK, SETS
from sim.studies.intervals import summary_interval
from sim.studies.sensitivity import (
    DEPENDENCE,
    LEAST_EFFECTIVE,
    MIDDLE_80,
    TAILS,
    Move,
    Sensitivity,
    carried_over,
    chances_there,
    is_enough,
)
from sim.texts import LANGUAGES, say
from sim.weights import WeightedChances


def cube_of(
    scenario: Scenario,
    baseline: Baseline,
    model: Model,
    summary: Summary,
    sensitivity: Sensitivity,
    without: Summary | None = None,
    paired: bool = True,
) -> Cube:
    """Return the results of one scenario; BadInput where actuals leave too few effective draws.

    *without*: what the same draws come to without the execution prior, if there is one. *paired*: with
    chances by set, for pairs of scenarios.
    """
    check_effective(scenario, summary)
    trajectories = trajectories_of(model, baseline, summary)
    return Cube(
        scenario=scenario.id,
        title=scenario.title,
        about=scenario.about,
        plan=baseline,
        draws=summary.draws,
        sets=summary.chances.sets,
        seed=scenario.seed,
        probabilities=probabilities_of(scenario, baseline, model, summary, sensitivity, trajectories),
        joint=joint_of(baseline, model, summary, sensitivity),
        trajectories=trajectories,
        run_assumptions=run_assumptions_of(model),
        floored=summary.floored,
        files=tuple(sorted(scenario.files.items()))
        + tuple((f"{baseline.folder}/{name}", digest) for name, digest in sorted(baseline.hashes.items())),
        cell=tuple(sorted(scenario.cell.items())),
        by_set=chances_by_set(baseline, model, summary) if paired else {},
        effective=None if summary.weights is None else summary.effective(),
        design=model.design.kind,
        without={} if without is None else chances_by_target(baseline, model, without),
        actuals=len(scenario.observed),
        untold=tuple(assumption_name(baseline, each) for each in sensitivity.untold),
    )


def check_effective(scenario: Scenario, summary: Summary) -> None:
    """Raise BadInput where the actuals leave too few effective draws, with the draws that would do."""
    if is_enough(summary):
        return
    effective = summary.effective()
    place = scenario.observed[0].place
    if effective <= 0.0:
        raise BadInput([Mistake(place, "actuals-impossible", (("draws", f"{summary.draws:,}"),))])
    wanted = BLOCK * math.ceil(1.25 * LEAST_EFFECTIVE / effective * summary.draws / BLOCK)
    details = (
        ("effective", f"{effective:.0f}"),
        ("draws", f"{summary.draws:,}"),
        ("least", str(LEAST_EFFECTIVE)),
        ("wanted", str(wanted)),
    )
    raise BadInput([Mistake(place, "few-effective-draws", details)])


def chances_by_target(baseline: Baseline, model: Model, summary: Summary) -> dict[tuple[str, str], float]:
    """Return p by target and version of every evaluated target."""
    rows = [baseline.targets[target.row] for target in model.targets]
    return {(t.id, t.version): float(p) for t, p in zip(rows, summary.chances.mean(), strict=True)}


def chances_by_set(baseline: Baseline, model: Model, summary: Summary) -> dict[tuple[str, str], Floats]:
    """Return the chances of every evaluated target, then of at least k headline targets, ``[group]``.

    Groups are what the design makes independent: single sets of plain runs.
    """
    rows = [baseline.targets[target.row] for target in model.targets]
    keys = [(target.id, target.version) for target in rows]
    keys += [(AT_LEAST, str(k)) for k in range(len(model.headline) + 1)]
    return dict(zip(keys, by_group(model.design, summary.by_set.value()), strict=True))


def trajectories_of(model: Model, baseline: Baseline, summary: Summary) -> tuple[Trajectory, ...]:
    """Return mean, sd and quantiles of every area, quantity and year; not-a-number without valid draws."""
    if summary.trajectories is None:
        return ()
    cells = cells_of(model)
    draws, grid = summary.trajectories.draws, summary.trajectories.grid
    sums, squares = np.where(draws > 0, summary.trajectories.moments.value() / np.maximum(draws, 1), np.nan)
    rates = {q for q, rate in enumerate(model.is_rate) if rate}
    is_rate = np.array([q in rates for _, q, _ in cells])
    zeros, found = zeros_of(model), grid.indices_at(QUANTILES)
    quantiles = np.stack(
        [value_of_index(np.where(draws > 0, index, 0), is_rate, zeros) for index in found.T], axis=1
    )
    quantiles[draws == 0] = np.nan
    whole = whole_quantities(model)
    rows = np.array([q in whole for _, q, _ in cells])
    quantiles[rows] = np.copysign(np.floor(np.abs(quantiles[rows]) + 0.5), quantiles[rows])
    sd = np.sqrt(np.maximum(squares - sums**2, 0.0) * draws / np.maximum(draws - 1, 1))
    mean = sums + shifts_of(model)
    names = {"province": baseline.province.id, "unallocated": UNALLOCATED}
    return tuple(
        Trajectory(
            names.get(area, area),
            model.quantities.labels[q],
            baseline.years[t],
            float(mean[row]),
            float(sd[row]),
            tuple(float(v) for v in quantiles[row]),
        )
        for row, (area, q, t) in enumerate(cells)
    )


def whole_quantities(model: Model) -> set[int]:
    """Return the positions of quantities that are whole in every draw: counts, and what pipelines count.

    Their quantiles are the nearest whole numbers to the middle of a cell of the grid. Where a cell is no
    wider than one, that is the very number of the draws, which stands at its upper end.
    """
    counts = {k for k, is_count in enumerate(model.is_count) if is_count}
    for position, derived in enumerate(model.derived, start=len(model.indicators)):
        if isinstance(derived, OutputModel):
            kind = pipeline[model.pipelines[derived.pipeline].kind]
            counts |= {position} if derived.output not in kind.fractions else set()
    return counts


def probabilities_of(
    scenario: Scenario,
    baseline: Baseline,
    model: Model,
    summary: Summary,
    sensitivity: Sensitivity,
    trajectories: tuple[Trajectory, ...],
) -> tuple[Probability, ...]:
    """Return a row for every target asked for, in the plan's order, evaluated or not."""
    evaluated = {target.row: i for i, target in enumerate(model.targets)}
    total = summary.total()
    chances = chance_columns(summary.chances, *summary_interval(summary, model.design, together=False))
    medians = {(t.area, t.indicator, t.year): t.quantiles[QUANTILES.index(0.5)] for t in trajectories}
    drivers = dict(zip((int(i) for i in model.headline), sensitivity.moves, strict=False))
    here, missing = chances_there(summary), summary.shortfall.value()
    base = drawn_parameters(model.parameters, model.seed, False, 0, SETS)
    rows = []
    for row, target in enumerate(baseline.targets):
        if target.id not in scenario.targets:
            continue
        i = evaluated.get(row)
        if i is None:
            rows.append(unanswered(target))
            continue
        if summary.invalid[i] == total:
            rows.append(replace(unanswered(target), invalid=summary.draws))
            continue
        compiled = model.targets[i]
        moves = moves_of(baseline, drivers.get(i, ()), here[i], chances["p"][i])
        misses = total - int(summary.hits[i]) - int(summary.invalid[i])
        shortfall = missing[i] / misses if misses else None
        rows.append(
            Probability(
                target=target,
                quantity=str(target.quantity),
                p=chances["p"][i],
                mc_low=chances["mc_low"][i],
                mc_high=chances["mc_high"][i],
                p10=chances["p10"][i],
                p90=chances["p90"][i],
                median=median_of(
                    model, compiled, base, medians.get((target.area, str(target.quantity), target.year))
                ),
                shortfall=None if shortfall is None else float(shortfall) * in_points(compiled),
                reached=reached_in(baseline, summary.passages[i]),
                required=required_growth(model, compiled, base),
                ties=int(summary.ties[i]) * summary.draws // total,
                invalid=int(summary.invalid[i]) * summary.draws // total,
                grade=grade_of(
                    baseline, str(target.quantity), assumed_growth(scenario, baseline, target.area)
                ),
                driver=moves[0] if moves else None,
                passages=shares_of(summary.passages[i]),
                moves=moves,
            )
        )
    return tuple(rows)


def moves_of(baseline: Baseline, moves: Iterable[Move], there: float, p: float) -> tuple[Driver, ...]:
    """Return what moves a target of chance *p*, which the study of *moves* found at *there*."""
    return tuple(
        Driver(
            move.assumption,
            assumption_name(baseline, move.assumption),
            *(carried_over(end, there, p) for end in (move.low, move.high)),
        )
        for move in moves
    )


def assumed_growth(scenario: Scenario, baseline: Baseline, area: str) -> frozenset[str]:
    """Return the indicators whose growth in *area* no figure supports: the plan's own, or a typed path.

    A path of a city is a part of the province, and one of the province moves its cities.
    """
    touched = {area, baseline.province.id}
    typed = {p.indicator for p in scenario.paths if p.area in touched or area == baseline.province.id}
    if scenario.growth.source == "plan":
        typed |= {indicator.id for indicator in baseline.indicators if indicator.growth != "trend"}
    return frozenset(typed)


def unanswered(target: Target) -> Probability:
    """Return the row of a target that is listed with what is missing."""
    return Probability(target, target.quantity or "", *(None,) * 13)


def chance_columns(
    chances: SetChances | WeightedChances, low: Floats, high: Floats
) -> dict[str, list[float]]:
    """Return p, both uncertainties, by event."""
    return {
        "p": [float(x) for x in chances.mean()],
        "mc_low": [float(x) for x in low],
        "mc_high": [float(x) for x in high],
        "p10": [float(x) for x in chances.quantile(0.1)],
        "p90": [float(x) for x in chances.quantile(0.9)],
    }


def in_points(target: TargetModel) -> float:
    """Return what turns the target's inner unit into the unit of the table: growth becomes percent."""
    return 100.0 if target.form.startswith("mean") else 1.0


def base_value(model: Model, target: TargetModel, values: Floats) -> float:
    """Return the central base-year value of the target's quantity."""
    if target.city == NONE:
        return float(base_of(model, values, target.quantity)[0])
    return float(model.base[target.city, list(model.with_cities).index(target.quantity)])


def median_of(model: Model, target: TargetModel, values: Floats, level: float | None) -> float | None:
    """Return the median of what the target speaks of, from the median level of its quantity."""
    if level is None or target.form in ("sum", "mean_of_rates"):
        return None
    if target.form == "mean_growth":
        ratio: float = level / base_value(model, target, values)
        return 100.0 * float(ratio ** (1.0 / (target.year + 1)) - 1.0)
    return level


def reached_in(baseline: Baseline, passages: np.ndarray) -> int | None:
    """Return the median year of first passage; None if more than half never get there."""
    if not passages.any():
        return None
    reached = int(np.searchsorted(np.cumsum(passages), 0.5 * passages.sum()))
    return baseline.years[reached] if reached < len(baseline.years) else None


def shares_of(passages: np.ndarray) -> tuple[float, ...]:
    """Return the share of draws that first reach the target in each year; the last: never."""
    return tuple(float(share) for share in passages / max(int(passages.sum()), 1))


def required_growth(model: Model, target: TargetModel, values: Floats) -> float | None:
    """Return the mean growth a year from the base year that just meets the target."""
    if target.form.startswith("mean"):
        return target.threshold
    is_count = target.quantity < len(model.indicators) and bool(model.is_count[target.quantity])
    base = base_value(model, target, values)
    if target.form != "value" or is_count or not (np.isfinite(target.lower) and target.lower > 0.0 < base):
        return None
    return float((target.lower / base) ** (1.0 / (target.year + 1)) - 1.0)


def assumption_name(baseline: Baseline, assumption: str) -> Name:
    """Return the name of an assumption of the plan or of the run."""
    if assumption in (TAILS, DEPENDENCE) or assumption.startswith(EXECUTION):
        zh, en = (say(f"assumption.{assumption}", lang) for lang in LANGUAGES)
        return Name(zh, en)
    return baseline.assumptions[assumption].name


def joint_of(baseline: Baseline, model: Model, summary: Summary, sensitivity: Sensitivity) -> Joint | None:
    """Return the headline targets together; None where fewer than two are evaluated."""
    count = len(model.headline)
    if count < 2:
        return None
    columns = chance_columns(summary.together, *summary_interval(summary, model.design, together=True))
    at_least = tuple(zip(columns["p"], columns["mc_low"], columns["mc_high"], strict=True))
    here = chances_there(summary)[-1]
    codes = np.arange(len(summary.patterns))
    hit = (codes[:, None] >> np.arange(count)) & 1
    both = (hit * summary.patterns[:, None]).T @ hit
    alone = np.maximum(np.diag(both), 1)
    ids = tuple(baseline.targets[model.targets[i].row].id for i in model.headline)
    return Joint(
        targets=ids,
        p=at_least[-1][0],
        low=at_least[-1][1],
        high=at_least[-1][2],
        at_least=at_least,
        conditional=both / alone[:, None],
        independent=carried_over(sensitivity.joint_independent, here, at_least[-1][0]),
        dependent=carried_over(sensitivity.joint_dependent, here, at_least[-1][0]),
    )


def run_assumptions_of(model: Model) -> tuple[RunAssumption, ...]:
    """Return the assumptions of the whole run: weight, tails, dependence, parameters."""
    weight = f"{model.drift.weight:g}"
    if model.drift.weight_row != NONE:
        parameter = model.parameters.rows[model.drift.weight_row]
        weight = f"{parameter.value:g} ({parameter.low:g} - {parameter.high:g})"
    dof = model.noise.dof
    length = np.sqrt(np.max(np.sum(model.noise.load_common**2, axis=1)))
    values = {
        "weight": weight,
        TAILS: "∞" if np.isinf(dof) else f"{dof:.2g}" if dof >= 3 else f"{dof:.3g}",
        DEPENDENCE: f"{length:.2f}",
        "parameters": "drawn" if model.drawn else "fixed",
    }
    priors = {p.name: p for p in model.parameters.rows if p.name.startswith(EXECUTION)}
    for _, known in sorted(priors.items()):
        ends = (np.exp(known.value + z * known.se) for z in (-MIDDLE_80, MIDDLE_80))
        values[known.name] = f"×{np.exp(known.value):.2f} ({' - '.join(f'{end:.2f}' for end in ends)}), C"
    return tuple(
        RunAssumption(
            name,
            Name(*(say(f"assumption.{name}", lang) for lang in LANGUAGES)),
            value,
            "",
        )
        for name, value in values.items()
    )
