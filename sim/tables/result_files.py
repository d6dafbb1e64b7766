"""The files of one scenario's result, as bytes by name; numbers are those of the cube, unrounded."""

from __future__ import annotations

from sim.cube import QUANTILES, Cube
from sim.outputs.machine_tables import Columns, machine_csv, parquet, people_csv


def result_files(cube: Cube) -> dict[str, bytes]:
    """Return each table as CSV for programs, CSV for spreadsheets, and Parquet."""
    tables = {"probabilities": probability_columns(cube), "trajectories": trajectory_columns(cube)}
    if cube.joint is not None:
        tables["joint"] = joint_columns(cube)
    files: dict[str, bytes] = {}
    for name, columns in tables.items():
        files[f"{name}.csv"] = machine_csv(columns)
        files[f"{name}.parquet"] = parquet(columns)
        files[f"{name}_excel.csv"] = people_csv(columns)
    return files


def probability_columns(cube: Cube) -> Columns:
    """Return a row per target and version; *required* growth is a fraction a year."""
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
        "name_zh": [row.target.name.zh for row in rows],
        "name_en": [row.target.name.en for row in rows],
        "median": [row.median for row in rows],
        "shortfall": [row.shortfall for row in rows],
        "reached": [row.reached for row in rows],
        "required": [row.required for row in rows],
        "driver": [None if row.driver is None else row.driver.assumption for row in rows],
        "driver_low": [None if row.driver is None else row.driver.low for row in rows],
        "driver_high": [None if row.driver is None else row.driver.high for row in rows],
        "ties": [row.ties for row in rows],
        "invalid": [row.invalid for row in rows],
        "needs": [row.target.needs or None for row in rows],
    }


def trajectory_columns(cube: Cube) -> Columns:
    """Return a row per area, quantity and year, in the quantity's unit; ``q025`` is the 2.5 % quantile."""
    rows = cube.trajectories
    moments: Columns = {
        "area": [row.area for row in rows],
        "indicator": [row.indicator for row in rows],
        "year": [row.year for row in rows],
        "mean": [row.mean for row in rows],
        "sd": [row.sd for row in rows],
    }
    quantiles: Columns = {
        _quantile_name(level): [row.quantiles[i] for row in rows] for i, level in enumerate(QUANTILES)
    }
    return {**moments, **quantiles}


def _quantile_name(level: float) -> str:
    return "q" + f"{level:.3f}".removeprefix("0.").removesuffix("0")


def joint_columns(cube: Cube) -> Columns:
    """Return the headline targets together: all of them, with other dependence, and at least k of them."""
    joint = cube.joint
    if joint is None:
        raise ValueError(f"{cube.scenario} has no joint result")
    counts = range(len(joint.at_least))
    alone = ("all_independent", joint.independent), ("all_dependent", joint.dependent)
    return {
        "event": ["all", *(name for name, _ in alone), *("at_least" for _ in counts)],
        "k": [len(joint.targets), *(len(joint.targets) for _ in alone), *counts],
        "p": [joint.p, *(p for _, p in alone), *(p for p, _, _ in joint.at_least)],
        "mc_low": [joint.low, *(None for _ in alone), *(low for _, low, _ in joint.at_least)],
        "mc_high": [joint.high, *(None for _ in alone), *(high for _, _, high in joint.at_least)],
        "targets": [";".join(joint.targets)] * (1 + len(alone) + len(joint.at_least)),
    }
