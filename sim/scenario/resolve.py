"""A scenario as written, in its plan, resolved: ids instead of names, fractions instead of points."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.axes import Name
from sim.baseline.plan import Baseline, Indicator
from sim.baseline.track_record import FILE, LEAST_TARGETS, attainment_of, kind_of_target
from sim.designs import Kind, is_whole_net, next_net
from sim.errors import Place, as_written, times_apart
from sim.scenario.cell_names import cell_name
from sim.scenario.layers import Steps
from sim.scenario.measures import LARGEST, UNREAD, Measure, is_read
from sim.scenario.observed import HIGHEST_RATE, actuals_from_written
from sim.scenario.reading import Reading
from sim.scenario.resolve_assumptions import replaced_assumptions
from sim.scenario.resolve_rounds import replaced_rounds
from sim.scenario.resolve_shocks import shocks_from_written
from sim.scenario.scenario import Adjustment, Cells, Delay, Execution, Growth, Noise, Path, Scenario
from sim.scenario.sweeps import Cell
from sim.scenario.written import PathWritten, ScenarioWritten
from sim.streams import BLOCK

YEAR = re.compile("[0-9]{4}")
TEN_THOUSAND = 1000.0  # a level further off than this is in another unit, not another path
SAME = 1e-9


def scenario_from_written(
    reading: Reading, written: ScenarioWritten, stem: str, files: Mapping[str, str], cell: Cell
) -> Scenario:
    """Return the scenario; its mistakes are in *reading*, and with any of them it is of no use.

    *stem* is the name of its file, to which a cell of a grid adds its label.
    """
    file = reading.node.place.file
    return Scenario(
        id=stem + cell.label,
        title=_title(reading.name(written.title, stem), cell.values),
        about=reading.name(written.about, ""),
        plan=reading.baseline.id,
        growth=_growth(reading, written),
        drift=_adjustments(reading, written),
        delays=_delays(reading, written),
        paths=_paths(reading, written),
        shocks=shocks_from_written(reading, written),
        noise=_noise(reading, written),
        assumptions=replaced_assumptions(reading, written),
        targets=_targets(reading, written),
        draws=written.draws,
        seed=written.seed,
        files=files,
        cell=cell.values,
        place=Place(file),
        precision=written.precision,
        decide=written.decide,
        design=_design(reading, written),
        observed=actuals_from_written(reading, written),
        execution=_execution(reading, written),
        rounds=replaced_rounds(reading, written),
    )


def _title(title: Name, cell: Mapping[str, str]) -> Name:
    if not cell:
        return title
    told = cell_name(cell)
    return Name(f"{title.zh}（{told.zh}）", f"{title.en} ({told.en})")


def _design(reading: Reading, written: ScenarioWritten) -> Kind:
    design = written.design
    if design == "sobol" and is_read(written.draws):
        if not is_whole_net(written.draws // BLOCK):
            field = "draws" if reading.node.has("draws") else "design"
            reading.mistake((field,), "draws-no-net", **net_details(written.draws))
        if not reading.baseline.dimensions:
            reading.mistake(("design",), "no-dimensions", plan=reading.baseline.id)
    return design


def net_details(draws: int) -> dict[str, object]:
    """Return what `draws-no-net` says: the draws asked for, and the whole nets around them."""
    upper = next_net(draws // BLOCK) * BLOCK
    return {"value": draws, "lower": max(upper // 2, BLOCK), "upper": upper}


def _growth(reading: Reading, written: ScenarioWritten) -> Growth:
    source, weight = written.growth.source, written.growth.weight
    if weight is not None and source not in ("blend", UNREAD):
        reading.key_mistake(("growth", "weight"), "weight-without-blend", source=source)
    field = "source" if weight is None else "weight"
    place = reading.place(("growth", field)) if reading.node.has("growth") else Place(reading.node.place.file)
    return Growth(source, weight, place)


def _adjustments(reading: Reading, written: ScenarioWritten) -> tuple[Adjustment, ...]:
    adjustments = []
    for name, entry in written.drift.items():
        steps: Steps = ("drift", name)
        pairs = reading.pairs(steps, entry.areas, entry.indicators)
        years = reading.years((*steps, "years"), entry.years)
        add = reading.points((*steps, "add"), entry.add)
        if add == 0:
            reading.without_effect((*steps, "add"), "add-zero")
        cells = Cells(tuple(pairs), years)
        adjustments.append(Adjustment(name, cells, add, reading.place((*steps, "add"))))
    return tuple(sorted(adjustments, key=lambda adjustment: adjustment.name))


def _delays(reading: Reading, written: ScenarioWritten) -> tuple[Delay, ...]:
    delays = []
    seen: dict[tuple[str, str], str] = {}
    for name, entry in written.delays.items():
        steps: Steps = ("delays", name)
        pairs = reading.pairs(steps, entry.areas, entry.indicators)
        twice = next((seen[pair] for pair in pairs if pair in seen), None)
        if twice is not None:
            reading.key_mistake(steps, "delayed-twice", name=name, other=twice)
        seen |= dict.fromkeys(pairs, name)
        meanwhile = reading.growth((*steps, "meanwhile"), entry.meanwhile)
        delays.append(Delay(name, tuple(pairs), entry.by, meanwhile, reading.place((*steps, "by"))))
    return tuple(sorted(delays, key=lambda delay: delay.name))


def _paths(reading: Reading, written: ScenarioWritten) -> tuple[Path, ...]:
    paths = []
    seen: dict[tuple[str, str], str] = {}
    for name, entry in written.paths.items():
        steps: Steps = ("paths", name)
        area = reading.one((*steps, "area"), entry.area, reading.names.areas)
        indicator_id = reading.one((*steps, "indicator"), entry.indicator, reading.names.indicators)
        indicator = next((i for i in reading.baseline.indicators if i.id == indicator_id), None)
        years = _levels(reading, steps, entry)
        if area is None or indicator is None or not years:
            continue
        if indicator.scope == "province" and area != reading.baseline.province.id:
            province = reading.baseline.province.id
            reading.mistake((*steps, "area"), "only-the-province", indicator=indicator.id, province=province)
            continue
        if (area, indicator.id) in seen:
            reading.key_mistake(steps, "path-twice", name=name, other=seen[area, indicator.id])
        seen[area, indicator.id] = name
        levels = _checked_levels(reading, steps, entry, area, indicator, years)
        paths.append(Path(name, area, indicator.id, levels, reading.key_place((*steps, "levels"))))
    return tuple(sorted(paths, key=lambda path: path.name))


def _levels(reading: Reading, steps: Steps, entry: PathWritten) -> dict[int, Measure]:
    """Return the levels by year; years that are none, or not of the plan, are left out with a mistake."""
    years: dict[int, Measure] = {}
    if entry.levels is UNREAD:
        return years
    for text, measure in entry.levels.items():
        at = (*steps, "levels", text)
        if not YEAR.fullmatch(text):
            reading.key_mistake(at, "not-a-year", value=text)
        elif reading.year(at, int(text), is_key=True):
            years[int(text)] = measure
    if not entry.levels:
        reading.mistake((*steps, "levels"), "no-levels")
    return dict(sorted(years.items()))


def _checked_levels(
    reading: Reading,
    steps: Steps,
    entry: PathWritten,
    area: str,
    indicator: Indicator,
    years: Mapping[int, Measure],
) -> dict[int, float]:
    unit = indicator.unit
    before = len(reading.found.mistakes)
    if entry.unit is not None and entry.unit is not UNREAD:
        reading.amount((*steps, "unit"), Measure(0.0, entry.unit), unit, 0.0, 0.0)
    highest = HIGHEST_RATE if indicator.kind == "rate" else LARGEST
    levels = {}
    for year, measure in years.items():
        at = (*steps, "levels", str(year))
        levels[year] = reading.amount(at, measure, unit, 0.0, highest)
        if measure is not UNREAD and measure.value == 0:
            reading.mistake(at, "not-above-zero", field=year, value=as_written(measure.value))
    if len(reading.found.mistakes) > before or not is_read(entry.levels):
        return levels
    plan = _plan_path(reading.baseline, area, indicator)
    _check_gaps(reading, (*steps, "levels"), years, plan)
    for year, level in levels.items():
        known = plan.get(year, plan[reading.baseline.base_year])
        if level > 0 and math.isfinite(known) and not known / TEN_THOUSAND < level < known * TEN_THOUSAND:
            details = {"level": as_written(level), "known": as_written(known), "unit": unit}
            details["factor"] = times_apart(level, known)
            reading.mistake((*steps, "levels", str(year)), "factor-ten-thousand", **details)
    if all(year in plan and math.isclose(level, plan[year], rel_tol=SAME) for year, level in levels.items()):
        reading.without_effect((*steps, "levels"), "path-as-planned")
    if reading.baseline.years[0] not in plan:  # growth needs the level before; no path of the plan has it
        levels = {reading.baseline.base_year: plan[reading.baseline.base_year]} | levels
    return levels


def _check_gaps(reading: Reading, steps: Steps, years: Mapping[int, Any], plan: Mapping[int, float]) -> None:
    """Note years without a level between the first and the last; all, where the plan has no path."""
    every = reading.baseline.years
    needed = every if every[0] not in plan else range(min(years), max(years) + 1)
    missing = [str(year) for year in needed if year not in years]
    if missing:
        reading.key_mistake(steps, "path-gap", years=" / ".join(missing))


def _plan_path(baseline: Baseline, area: str, indicator: Indicator) -> dict[int, float]:
    """Return the plan's own levels by year, base year included; where it has no path, the base alone."""
    row = [*(city.id for city in baseline.cities), baseline.province.id].index(area)
    path = baseline.path[row, baseline.indicator_axis().position(indicator.id)]
    years = (baseline.base_year, *baseline.years)
    plan = {year: float(level) for year, level in zip(years, path, strict=True) if np.isfinite(level)}
    if baseline.base_year not in plan:
        figures = baseline.history(indicator.base_series or "", area)
        if baseline.base_year in figures:
            plan[baseline.base_year] = figures[baseline.base_year].value
        else:
            plan[baseline.base_year] = next(iter(plan.values()), math.nan)
    return plan


def _noise(reading: Reading, written: ScenarioWritten) -> Noise:
    noise = written.noise
    place = reading.key_place(("noise",)) if reading.node.has("noise") else Place(reading.node.place.file)
    return Noise(noise.province, noise.city, noise.dof, noise.dependence, noise.parameters, place)


def _execution(reading: Reading, written: ScenarioWritten) -> Execution | None:
    """Return the execution prior; a mistake if it has no effect, or too thin a record to stand on."""
    chosen = written.execution
    if chosen is None or chosen is UNREAD:
        return None
    growth = written.growth
    swept = any(steps[0] == "growth" for steps in reading.swept)
    if growth is not UNREAD and (growth.source == "trend" or growth.weight == 0.0) and not swept:
        reading.mistake(("execution",), "execution-without-plan")
    plan = reading.baseline
    for kind in sorted({kind_of_target(t) for t in plan.targets if t.status == "evaluated"}):
        if attainment_of(kind, plan) is None:
            known = sum(past.kind == kind for past in plan.track_record)
            details = {"kind": kind, "count": known, "least": LEAST_TARGETS, "file": f"{plan.folder}/{FILE}"}
            reading.mistake(("execution",), "execution-without-record", **details)
    return Execution(chosen, reading.place(("execution",)))


def _targets(reading: Reading, written: ScenarioWritten) -> tuple[str, ...]:
    chosen = reading.weights(("targets",), written.targets, reading.names.targets)
    order = dict.fromkeys(target.id for target in reading.baseline.targets)
    for id, (_, place) in chosen.items():
        versions = [target for target in reading.baseline.targets if target.id == id]
        if place is not None and all(target.status == "missing" for target in versions):
            reading.found.add(place, "target-without-data", name=id, needs=versions[0].needs)
    if not chosen and written.targets == []:
        reading.mistake(("targets",), "no-targets")
    return tuple(id for id in order if id in chosen)
