"""The execution prior in words and columns: that it is on, what it stands on, and p without it."""

from __future__ import annotations

import math

from sim.baseline.calibration import BLEND_WEIGHT
from sim.baseline.plan import Baseline, Target
from sim.baseline.track_record import FILE, attainment_of, kind_of_target
from sim.cube import Cube, Probability
from sim.model.compile_noise import assumption_of
from sim.model.compile_targets import accrued_of
from sim.outputs.machine_tables import Columns
from sim.scenario.scenario import Scenario
from sim.tables.figures import percent
from sim.texts import say


def without_words(row: Probability, cube: Cube, lang: str) -> str:
    """Return p of *row* without the execution prior; empty where it is off or there is no p."""
    p = cube.without.get((row.target.id, row.target.version))
    if p is None or row.p is None:
        return ""
    return say("execution.without", lang, p=percent(p, cube.draws))


def execution_columns(cube: Cube) -> Columns:
    """Return a row per evaluated target: p with and without the prior, and the record of its kind.

    *log_mean* and *log_se*: log of outcome over target of *count* earlier targets.
    """
    rows = [row for row in cube.probabilities if (row.target.id, row.target.version) in cube.without]
    known = [attainment_of(kind_of_target(row.target), cube.plan) for row in rows]
    return {
        "target": [row.target.id for row in rows],
        "version": [row.target.version for row in rows],
        "p": [row.p for row in rows],
        "p_without": [cube.without[row.target.id, row.target.version] for row in rows],
        "kind": [kind_of_target(row.target) for row in rows],
        "log_mean": [None if each is None else each.mean for each in known],
        "log_se": [None if each is None else each.se for each in known],
        "count": [None if each is None else each.count for each in known],
        "grade": ["C" for _ in rows],
        "source": [f"{cube.plan.folder}/{FILE}" for _ in rows],
    }


def execution_text(scenario: Scenario, baseline: Baseline, quantity: str, lang: str) -> str:
    """Return what the prior does to each target of *quantity*, at central values, and from where."""
    assert scenario.execution is not None
    asked = [t for t in baseline.targets if t.quantity == quantity and t.status == "evaluated" and t.lead]
    lines = [say("execution.explain", lang, place=scenario.execution.place)]
    for kind in sorted({kind_of_target(target) for target in asked}):
        known = attainment_of(kind, baseline)
        assert known is not None  # the scenario would have been refused
        lines.append(
            say(
                "execution.explain-kind",
                lang,
                kind=say(f"realism.kind.{kind}", lang),
                factor=f"{math.exp(known.mean):.3f}",
                mean=f"{known.mean:+.3f}",
                se=f"{known.se:.3f}",
                count=known.count,
                file=f"{baseline.folder}/{FILE}",
            )
        )
        alike = [target for target in asked if kind_of_target(target) == kind]
        lines += [_target_line(target, scenario, baseline, known.mean, lang) for target in alike]
    return "\n".join(lines)


def _target_line(target: Target, scenario: Scenario, baseline: Baseline, mean: float, lang: str) -> str:
    weight = {"plan": 1.0, "trend": 0.0}.get(scenario.growth.source, scenario.growth.weight)
    if weight is None:
        weight = assumption_of(scenario, baseline, BLEND_WEIGHT).central
    accrued = accrued_of(target, scenario, baseline)[baseline.years.index(target.year)]
    return say(
        "execution.explain-target",
        lang,
        target=target.id,
        year=target.year,
        weight=f"{weight:g}",
        accrued=f"{accrued:.3g}",
        factor=f"{math.exp(weight * accrued * mean):.3f}",
    )
