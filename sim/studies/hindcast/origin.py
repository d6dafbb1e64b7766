"""What was known in a year: a panel cut at the origin, its fits, and what became of the units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from sim.axes import Floats, Ints, Name
from sim.baseline.breaks import comparable
from sim.baseline.calibration import Estimate
from sim.baseline.load_panel import PanelFile
from sim.baseline.plan import Area, Assumption, Baseline, Break, Figure, Indicator
from sim.errors import Found, Mistake, Place
from sim.kernels.dependence import loadings_through_marker
from sim.studies.calibrate import tails
from sim.studies.dependence_calibration import FACTORS, MOST, common_drift, joint_record, shared_parts
from sim.studies.reference_class import (
    SMALLEST_SHARE,
    WINDOW,
    figures_by_region,
    is_unit,
    moved,
    panel_of,
    scale_of,
)
from sim.studies.series_calibration import FittedSeries, fitted_series

POOLED = "science"
"""The group of series that no plan assigns: amounts and counts share one common drift."""


@dataclass(frozen=True, slots=True, eq=False)
class PanelEvidence:
    """A panel as of a year, with what a calibration needs beside figures (`Evidence`)."""

    base_year: int
    province: Area
    cities: tuple[Area, ...]
    indicators: tuple[Indicator, ...]
    figures: tuple[Figure, ...]
    assumptions: Mapping[str, Assumption]
    breaks: tuple[Break, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """All that a forecast from *as_of* uses, and what happened.

    *loadings* by level ``[factor, series]``; *drift* the spread of the common drift by group.
    *outcome* ``[unit, series, horizon]``: growth since the origin on the series' scale, NaN where it is
    not known or a break lies between. *left_out* are the series that cannot be forecast or scored, with
    the reason.
    """

    as_of: int
    series: tuple[str, ...]
    units: tuple[str, ...]
    groups: tuple[str, ...]  # by series
    fitted: Mapping[str, FittedSeries]
    drift: Mapping[str, Estimate]
    loadings: Mapping[str, Floats]
    dof: Estimate
    outcome: Floats
    left_out: tuple[Mistake, ...]

    def positions(self, unit: str) -> Ints:
        """Return the row of *unit* in each series' panel, -1 where it is not in it."""
        rows = [self.fitted[name].panel.units for name in self.series]
        return np.array([units.index(unit) if unit in units else -1 for units in rows], dtype=np.int64)


def groups_of(plan: Baseline) -> dict[str, str]:
    """Return which common drift each series of *plan* shares."""
    return {name: i.group for i in plan.indicators for name in i.series}


def known_at(
    panel: PanelFile, plan: Baseline, as_of: int, found: Found, region: str = ""
) -> tuple[dict[str, FittedSeries], PanelEvidence]:
    """Return the fits of *panel* by series, from what it says up to *as_of* alone, and their evidence.

    A series whose figures cannot give a calibration is left out with its mistake. Sizes and own growth are
    those of *region*, or of each series' unit of median size.
    """
    groups = groups_of(plan)
    known = comparable([f for f in panel.figures if f.year <= as_of], panel.breaks, as_of)
    fitted: dict[str, FittedSeries] = {}
    indicators = []
    for name in panel.series:
        place = Place(panel.name, min(f.place.line for f in panel.figures if f.series == name))
        unit = next(f.unit for f in panel.figures if f.series == name)
        scale = scale_of(unit)
        indicator = _indicator(name, unit, groups.get(name, POOLED if scale == "log" else "none"), place)
        evidence = PanelEvidence(as_of, _nowhere(), (), (indicator,), known, plan.assumptions, panel.breaks)
        unit = region or _middle_unit(evidence, name)
        evidence = replace(evidence, province=Area(unit, Name("", ""), "province", ()))
        smallest = _smallest(evidence, name) if scale == "log" else frozenset()
        one = panel_of(evidence, name, smallest, place, found, scale)
        if one is None:
            continue
        fitted[name] = fitted_series(evidence, one)
        indicators.append(indicator)
    own = tuple(sorted(indicators, key=lambda i: i.id))
    return fitted, PanelEvidence(as_of, _nowhere(), (), own, known, plan.assumptions, panel.breaks)


def origin_of(panel: PanelFile, plan: Baseline, as_of: int, horizon: int) -> Origin:
    """Calibrate on what *panel* says up to *as_of* alone; collect what happened until *horizon*.

    Nothing of a later year is read before the outcomes are.
    """
    found = Found()
    fitted, evidence = known_at(panel, plan, as_of, found)
    series = tuple(sorted(fitted))
    by_id = {i.id: i for i in evidence.indicators}
    units = tuple(sorted({unit for f in fitted.values() for unit in f.panel.units}))
    groups = tuple(by_id[name].group for name in series)
    outcome = _outcome(panel, series, units, as_of, horizon)
    for k, name in enumerate(series):
        if np.all(np.isnan(outcome[:, k, -1])):
            _note_no_outcome(panel, by_id[name], as_of, horizon, found)
    return Origin(
        as_of=as_of,
        series=series,
        units=units,
        groups=groups,
        fitted=fitted,
        drift=common_drift(evidence, fitted) if series else {},
        loadings=_loadings(evidence, fitted, groups) if series else {},
        dof=tails(fitted) if series else Estimate(float("inf"), 0.0, "C", ""),
        outcome=outcome,
        left_out=tuple(found.mistakes),
    )


def _note_no_outcome(
    panel: PanelFile, indicator: Indicator, as_of: int, horizon: int, found: Found
) -> None:
    """Say why no unit of a series that was forecast can be scored: a declared break, or no figures."""
    name = indicator.id
    ahead = {y for b in panel.breaks if b.series == name for y in [b.year] if as_of < y <= horizon}
    known = any(f.series == name and f.year == horizon and is_unit(f.region) for f in panel.figures)
    if ahead and known:
        found.add(indicator.place, "hindcast-break-ahead", series=name, year=min(ahead), horizon=horizon)
    else:
        found.add(indicator.place, "hindcast-no-outcome", series=name, as_of=as_of, horizon=horizon)


def _indicator(name: str, unit: str, group: str, place: Place) -> Indicator:
    """Return the indicator that a series of a panel is: its own evidence and nothing else."""
    return Indicator(
        name, Name(name, name), unit, "quantity", "province", group, "trend", None, "", "level", "actual",
        name, 0, "", (name,), "own", None, "A", "A", place,
    )  # fmt: skip


def _nowhere() -> Area:
    return Area("", Name("", ""), "province", ())


def _levels(evidence: PanelEvidence, series: str) -> dict[str, dict[int, float]]:
    regions = figures_by_region(evidence, series)
    return {r: {y: f.value for y, f in known.items()} for r, known in regions.items() if is_unit(r)}


def _middle_unit(evidence: PanelEvidence, series: str) -> str:
    """Return the unit of median size among those with most years: the size to which spreads refer."""
    start = evidence.base_year - WINDOW
    known = {r: sum(y >= start for y in levels) for r, levels in _levels(evidence, series).items()}
    most = max(known.values(), default=0)
    levels = _levels(evidence, series)
    sized = sorted((levels[r][max(levels[r])], r) for r, count in known.items() if count == most)
    return sized[len(sized) // 2][1] if sized else ""


def _smallest(evidence: PanelEvidence, series: str) -> frozenset[str]:
    """Return the smallest units of the series itself, the share that a plan leaves out by GDP."""
    sized = sorted((known[max(known)], r) for r, known in _levels(evidence, series).items() if known)
    return frozenset(region for _, region in sized[: round(SMALLEST_SHARE * len(sized))])


def _loadings(
    evidence: PanelEvidence, fitted: Mapping[str, FittedSeries], groups: tuple[str, ...]
) -> dict[str, Floats]:
    """Return loadings ``[factor, series]`` by level: as a plan's, but country and unit apart.

    A plan has one province, so its yearly term is one; here all units share the country's part,
    which loads as year effects correlate, and each has its own, as residuals within units do.
    """
    shared = shared_parts(joint_record(evidence, fitted))
    marker = groups.index("gdp") if "gdp" in groups else None
    parts = {
        "common": shared.common,
        "province": shared.province,
        "country": shared.year_effect,
        "unit": shared.city,
    }
    return {level: loadings_through_marker(c, marker, len(FACTORS), MOST) for level, c in parts.items()}


def _outcome(
    panel: PanelFile, series: tuple[str, ...], units: tuple[str, ...], as_of: int, horizon: int
) -> Floats:
    """Return growth since the origin on each series' scale ``[unit, series, horizon]``, NaN where unknown."""
    levels = {(f.series, f.region, f.year): moved(f.value, f.unit, scale_of(f.unit)) for f in panel.figures}
    growth = np.full((len(units), len(series), horizon - as_of), np.nan)
    for k, name in enumerate(series):
        for i, unit in enumerate(units):
            start = levels.get((name, unit, as_of), np.nan)
            end = min((y for y in panel.breaks_of(name, unit) if y > as_of), default=horizon + 1)
            for h in range(horizon - as_of):
                if as_of + h + 1 < end:
                    growth[i, k, h] = levels.get((name, unit, as_of + h + 1), np.nan) - start
    return growth
