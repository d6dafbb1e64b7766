"""Results as others read them: a long table after the IAMC, and labelled arrays (xarray, netCDF)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

import sim
from sim.baseline.plan import MEANS, Baseline
from sim.cube import QUANTILES, Cube, name_of, unit_of
from sim.outputs.machine_tables import Cell, Columns, machine_csv

if TYPE_CHECKING:
    import h5netcdf
    import xarray

IAMC = ("model", "scenario", "region", "variable", "unit", "year", "value")
SEPARATOR = "|"
NO_UNIT = "1"
PERCENT = "%"

Array = tuple[str | tuple[str, ...], np.ndarray, dict[str, str]]
"""Axes (of a coordinate, its one), values and attributes."""

CHANCES = ("p", "mc_low", "mc_high", "p10", "p90")
TARGET_FLOATS = (*CHANCES, "median", "shortfall", "required")


def interchange_files(cube: Cube) -> dict[str, bytes]:
    """Return the result as an IAMC table and as netCDF."""
    return {"iamc.csv": machine_csv(iamc_columns([cube])), "cube.nc": netcdf([cube])}


def iamc_columns(cubes: Sequence[Cube]) -> Columns:
    """Return the long table of the Integrated Assessment Modeling Consortium: one number a row.

    Variables are ``<quantity>|Mean``, ``<quantity>|Standard Deviation``, ``<quantity>|<x>th Percentile``
    and ``Probability|<target>|<version>`` (unit 1, in the target's year). Regions and quantities are ids.
    Each model, scenario, region, variable, unit and year stands once; where there is no number there is
    no row, since readers of the format drop such rows.
    """
    model = f"planodds {sim.__version__}"
    rows = [(model, *row) for cube in cubes for row in _iamc_rows(cube) if np.isfinite(float(row[-1]))]
    return {name: [row[i] for row in rows] for i, name in enumerate(IAMC)}


def _iamc_rows(cube: Cube) -> list[tuple[str, str, str, str, int, float]]:
    units = {each: unit_of(cube.plan, each) for each in {row.indicator for row in cube.trajectories}}
    rows = []
    for row in cube.trajectories:
        parts = {"Mean": row.mean, "Standard Deviation": row.sd}
        parts |= {
            f"{100.0 * level:g}th Percentile": q for level, q in zip(QUANTILES, row.quantiles, strict=True)
        }
        for part, value in parts.items():
            variable = SEPARATOR.join((row.indicator, part))
            rows.append((cube.scenario, row.area, variable, units[row.indicator], row.year, value))
    for answer in cube.probabilities:
        if answer.p is not None:
            target = answer.target
            variable = SEPARATOR.join(("Probability", target.id, target.version))
            rows.append((cube.scenario, target.area, variable, NO_UNIT, target.year, answer.p))
    return rows


def dataset_of(cubes: Sequence[Cube]) -> xarray.Dataset:
    """Return results of one plan as labelled arrays; axes in the order of the model page, no draw.

    ``level [scenario, area, indicator, year, quantile]``, ``mean`` and ``sd`` without the last axis, all
    in ``unit [indicator]``; ``p``, ``mc_low``, ``mc_high``, ``p10``, ``p90`` and the rest of a target's
    answer ``[scenario, target]``, targets as ``<id>/<version>``. Not-a-number where there is no answer.
    Raises ValueError for results of several plans.
    """
    import xarray

    return xarray.Dataset(*_parts_of(cubes))


def _parts_of(cubes: Sequence[Cube]) -> tuple[dict[str, Array], dict[str, Array], dict[str, str]]:
    """Return arrays and coordinates with their attributes, and facts of the whole."""
    plan = cubes[0].plan
    if any(cube.plan.id != plan.id for cube in cubes):
        raise ValueError("results of several plans have no common axes")
    targets = list(dict.fromkeys((r.target.id, r.target.version) for c in cubes for r in c.probabilities))
    coordinates: dict[str, object] = {
        "scenario": _texts([cube.scenario for cube in cubes]),
        "title_zh": ("scenario", _texts([cube.title.zh for cube in cubes])),
        "title_en": ("scenario", _texts([cube.title.en for cube in cubes])),
        "draws": ("scenario", np.array([cube.draws for cube in cubes])),
        "seed": ("scenario", np.array([cube.seed for cube in cubes], dtype=np.uint64)),
        "target": _texts([f"{ident}/{version}" for ident, version in targets]),
        "target_unit": ("target", _texts(_target_units(cubes, targets))),
        **_series_coordinates(cubes, plan),
    }
    arrays = {**_levels(cubes, coordinates), **_answers(cubes, targets)}
    facts = {
        "title": f"planodds {sim.__version__}: {plan.title.en}",
        "plan": plan.id,
        "Conventions": "CF-1.11",
    }
    return arrays, {name: _described(name, value) for name, value in coordinates.items()}, facts


def _described(name: str, value: object) -> Array:
    """Return a coordinate with its axis and with what it is in words; a bare array is its own axis."""
    axis, labels = value if isinstance(value, tuple) else (name, value)
    facts = {"long_name": COORDINATES[name]}
    if name == "quantile":
        facts["units"] = NO_UNIT
    return axis, labels, facts


def _target_units(cubes: Sequence[Cube], targets: Sequence[tuple[str, str]]) -> list[str]:
    """Return the unit of median and shortfall of each target; empty where it has no number."""
    units = dict.fromkeys(targets, "")
    for row in (row for cube in cubes for row in cube.probabilities if row.p is not None):
        key = row.target.id, row.target.version
        units[key] = PERCENT if row.target.kind in MEANS else unit_of(cubes[0].plan, row.quantity)
    return list(units.values())


def _texts(texts: Sequence[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


def _series_coordinates(cubes: Sequence[Cube], plan: Baseline) -> dict[str, object]:
    """Return areas, quantities, years and quantiles in order of first appearance, with names and units."""
    rows = [row for cube in cubes for row in cube.trajectories]
    areas = list(dict.fromkeys(row.area for row in rows))
    quantities = list(dict.fromkeys(row.indicator for row in rows))
    names = {area.id: area.name for area in (*plan.cities, plan.province)}
    return {
        "area": _texts(areas),
        "area_zh": ("area", _texts([names[a].zh if a in names else a for a in areas])),
        "area_en": ("area", _texts([names[a].en if a in names else a for a in areas])),
        "indicator": _texts(quantities),
        "indicator_zh": ("indicator", _texts([name_of(plan, each).zh for each in quantities])),
        "indicator_en": ("indicator", _texts([name_of(plan, each).en for each in quantities])),
        "unit": ("indicator", _texts([unit_of(plan, each) for each in quantities])),
        "year": np.array(plan.years, dtype=np.int64),
        "quantile": np.array(QUANTILES),
    }


def _levels(cubes: Sequence[Cube], coordinates: dict[str, object]) -> dict[str, Array]:
    axes = ("scenario", "area", "indicator", "year", "quantile")
    labels = [list(np.asarray(coordinates[axis])) for axis in axes]
    level = np.full([len(each) for each in labels], np.nan)
    mean, sd = np.full(level.shape[:-1], np.nan), np.full(level.shape[:-1], np.nan)
    positions = [{label: i for i, label in enumerate(each)} for each in labels]
    for s, cube in enumerate(cubes):
        for row in cube.trajectories:
            at = (s, positions[1][row.area], positions[2][row.indicator], positions[3][row.year])
            level[at], mean[at], sd[at] = row.quantiles, row.mean, row.sd
    inside = {"note": "in the unit of the indicator, see the coordinate unit"}
    return {
        "level": (axes, level, {"long_name": "quantiles of levels over draws", **inside}),
        "mean": (axes[:-1], mean, {"long_name": "mean level over draws", **inside}),
        "sd": (axes[:-1], sd, {"long_name": "standard deviation of levels over draws", **inside}),
    }


COORDINATES = {
    "scenario": "scenario",
    "title_zh": "title of the scenario in Chinese",
    "title_en": "title of the scenario in English",
    "draws": "number of draws",
    "seed": "seed of the random numbers",
    "target": "target and its version",
    "target_unit": "unit of median and shortfall of the target",
    "area": "area",
    "area_zh": "name of the area in Chinese",
    "area_en": "name of the area in English",
    "indicator": "indicator or derived quantity",
    "indicator_zh": "name of the indicator in Chinese",
    "indicator_en": "name of the indicator in English",
    "unit": "unit of the indicator's levels",
    "year": "calendar year",
    "quantile": "share of draws that do not exceed the level",
}

LONG_NAMES = {
    "p": "probability that the target is hit",
    "mc_low": "simulation error of p, lower end (95 %)",
    "mc_high": "simulation error of p, upper end (95 %)",
    "p10": "model uncertainty of p, 10 % quantile over parameters",
    "p90": "model uncertainty of p, 90 % quantile over parameters",
    "median": "median of what the target speaks of",
    "shortfall": "expected shortfall given a miss",
    "required": "growth still required, a fraction a year",
}


def _answers(cubes: Sequence[Cube], targets: Sequence[tuple[str, str]]) -> dict[str, Array]:
    places = {key: i for i, key in enumerate(targets)}
    arrays = {name: np.full((len(cubes), len(targets)), np.nan) for name in TARGET_FLOATS}
    grades: list[list[Cell]] = [[""] * len(targets) for _ in cubes]
    for s, cube in enumerate(cubes):
        for row in cube.probabilities:
            t = places[row.target.id, row.target.version]
            for name in TARGET_FLOATS:
                value = getattr(row, name)
                arrays[name][s, t] = np.nan if value is None else value
            grades[s][t] = "" if row.grade is None else str(row.grade)
    axes = ("scenario", "target")
    facts = {name: {"long_name": LONG_NAMES[name]} for name in TARGET_FLOATS}
    for name in (*CHANCES, "required"):
        facts[name]["units"] = NO_UNIT
    for name in ("median", "shortfall"):
        facts[name]["note"] = "in the unit of the target, see the coordinate target_unit"
    answers: dict[str, Array] = {name: (axes, arrays[name], facts[name]) for name in TARGET_FLOATS}
    told = {
        "long_name": "evidence of base, drift, spread and definition, then the worst of them",
        "note": "A own data, B proxy, C assumption; empty where there is no answer",
    }
    return {**answers, "grade": (axes, np.array(grades, dtype=object), told)}


def netcdf(cubes: Sequence[Cube]) -> bytes:
    """Return `dataset_of` as a netCDF-4 file; equal results, equal bytes.

    Written without xarray, whose start would be a third of a short run.
    """
    import h5netcdf

    arrays, coordinates, facts = _parts_of(cubes)
    axes = {name: value for name, value in coordinates.items() if value[0] == name}
    more = " ".join(sorted(coordinates.keys() - axes.keys()))
    stream = io.BytesIO()
    with h5netcdf.File(stream, "w") as file:
        file.dimensions = {name: len(labels) for name, (_, labels, _) in axes.items()}
        file.attrs.update(facts)
        for name in (*axes, *(name for name in coordinates if name not in axes)):
            _write(file, name, *coordinates[name])
        for name, value in arrays.items():
            _write(file, name, *value)
            file.variables[name].attrs["coordinates"] = more
    return stream.getvalue()


def _write(
    file: h5netcdf.File,
    name: str,
    axes: str | Sequence[str],
    values: np.ndarray,
    facts: Mapping[str, str],
) -> None:
    import h5py

    kind = h5py.string_dtype() if values.dtype == object else values.dtype
    axes = (axes,) if isinstance(axes, str) else tuple(axes)
    variable = file.create_variable(name, axes, kind, values)
    variable.attrs.update(facts)
