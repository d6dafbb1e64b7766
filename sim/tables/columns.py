"""The cube as columns for files and programs: numbers unrounded, ids and codes in ASCII."""

from __future__ import annotations

from sim.baseline.plan import MEANS
from sim.cube import QUANTILES, Cube, Joint, Probability, unit_of
from sim.outputs.machine_tables import Columns

PERCENT = "%"


def value_unit_of(row: Probability, cube: Cube) -> str | None:
    """Return the unit of the row's median and shortfall: that of its quantity, per cent for mean growth."""
    if row.p is None:
        return None
    return PERCENT if row.target.kind in MEANS else unit_of(cube.plan, row.quantity)


def probability_columns(cube: Cube) -> Columns:
    """Return a row per target and version, evaluated or not, in the plan's order.

    *value* is in the document's *unit*, *median* and *shortfall* in *value_unit*; *required_growth* is
    a fraction a year; *p10* to *p90* is model uncertainty, *mc_low* to *mc_high* simulation error.
    """
    rows = cube.probabilities
    return {
        "target": [row.target.id for row in rows],
        "area": [row.target.area for row in rows],
        "indicator": [row.quantity for row in rows],
        "year": [row.target.year for row in rows],
        "comparator": [row.target.comparator for row in rows],
        "value": [row.target.value for row in rows],
        "unit": [row.target.unit for row in rows],
        "version": [row.target.version for row in rows],
        "status": [row.target.status for row in rows],
        "p": [row.p for row in rows],
        "mc_low": [row.mc_low for row in rows],
        "mc_high": [row.mc_high for row in rows],
        "p10": [row.p10 for row in rows],
        "p90": [row.p90 for row in rows],
        "draws": [None if row.p is None else cube.draws for row in rows],
        "seed": [None if row.p is None else cube.seed for row in rows],
        "grade": [None if row.grade is None else str(row.grade) for row in rows],
        "lead": [row.target.lead for row in rows],
        "group": [row.target.group for row in rows],
        "aspirational": [row.target.aspirational for row in rows],
        "name_zh": [row.target.name.zh for row in rows],
        "name_en": [row.target.name.en for row in rows],
        "median": [row.median for row in rows],
        "value_unit": [value_unit_of(row, cube) for row in rows],
        "shortfall": [row.shortfall for row in rows],
        "reached": [row.reached for row in rows],
        "required_growth": [row.required for row in rows],
        "driver": [None if row.driver is None else row.driver.assumption for row in rows],
        "driver_low": [None if row.driver is None else row.driver.low for row in rows],
        "driver_high": [None if row.driver is None else row.driver.high for row in rows],
        "shown_as_range": [row.is_range() for row in rows],
        "near_ties": [row.ties for row in rows],
        "invalid": [row.invalid for row in rows],
        "needs": [row.target.needs or None for row in rows],
        "quote": [row.target.quote or None for row in rows],
    }


def trajectory_columns(cube: Cube) -> Columns:
    """Return a row per area, quantity and year, in *unit*; ``q2.5`` is the 2.5 % quantile."""
    rows = cube.trajectories
    moments: Columns = {
        "area": [row.area for row in rows],
        "indicator": [row.indicator for row in rows],
        "year": [row.year for row in rows],
        "mean": [row.mean for row in rows],
        "sd": [row.sd for row in rows],
    }
    quantiles: Columns = {
        f"q{100.0 * level:g}": [row.quantiles[i] for row in rows] for i, level in enumerate(QUANTILES)
    }
    units = {quantity: unit_of(cube.plan, quantity) for quantity in {row.indicator for row in rows}}
    return {**moments, **quantiles, "unit": [units[row.indicator] for row in rows]}


def joint_columns(cube: Cube) -> Columns:
    """Return the headline targets together; ValueError where fewer than two are evaluated.

    Events: ``all``; ``all_independent`` and ``all_dependent`` with other dependence between
    indicators; ``at_least`` *k* of them; ``conditional``, p of *target* among the draws that hit *given*.
    """
    joint = cube.joint
    if joint is None:
        raise ValueError(f"{cube.scenario} has no joint result")
    count = len(joint.targets)
    rows: list[tuple[str, int | None, str | None, str | None, float | None, float | None, float | None]] = [
        ("all", count, None, None, joint.p, joint.low, joint.high),
        ("all_independent", count, None, None, joint.independent, None, None),
        ("all_dependent", count, None, None, joint.dependent, None, None),
    ]
    rows += [("at_least", k, None, None, *chance) for k, chance in enumerate(joint.at_least)]
    rows += [
        ("conditional", None, target, given, p, None, None)
        for given, target, p in conditional_chances(joint)
        if given != target
    ]
    names = ("event", "k", "target", "given", "p", "mc_low", "mc_high")
    columns: Columns = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    return {**columns, "targets": [";".join(joint.targets)] * len(rows)}


def conditional_chances(joint: Joint) -> list[tuple[str, str, float | None]]:
    """Return (given, target, p of target among draws that hit given); None where no draw hits *given*."""
    return [
        (given, target, float(joint.conditional[i, j]) if joint.conditional[i, i] > 0.0 else None)
        for i, given in enumerate(joint.targets)
        for j, target in enumerate(joint.targets)
    ]
