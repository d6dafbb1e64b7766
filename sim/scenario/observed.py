"""What became of the plan so far: the actuals of the plan folder, of a scenario, of a file of one's own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from sim.baseline.load_figures import GROSS_FACTOR, LARGEST_ERROR, load_named_figures
from sim.baseline.plan import Baseline, Figure, Indicator
from sim.baseline.progress import series_of
from sim.errors import Found, as_written, times_apart
from sim.marked.table import nearest_or_all
from sim.scenario.layers import Steps
from sim.scenario.measures import LARGEST, PERCENT, UNREAD, Measure
from sim.scenario.names import other_words
from sim.scenario.reading import Reading
from sim.scenario.scenario import Actual
from sim.scenario.written import ActualWritten, ScenarioWritten

HIGHEST_RATE = 99.99  # a rate moves by its logit, which has no value at 100 %
RANGE_OF_RATIO = 4.0
"""Province over cities may leave the printed ratio by so many sd of its printed changes."""

ROUNDING = 1e-3
"""...or by this share, since actuals are rounded."""

Cell = tuple[str, str, int]


def actuals_from_written(reading: Reading, written: ScenarioWritten) -> tuple[Actual, ...]:
    """Return the actuals of a scenario: the plan folder's up to a year, and its own, which go first."""
    part = written.observed
    cells: dict[Cell, Actual] = {}
    own: dict[Cell, str] = {}
    before = len(reading.found.mistakes)
    if part.until is not None and reading.year(("observed", "until"), part.until):
        cells = {cell_of(actual): actual for actual in actuals_of_plan(reading.baseline, int(part.until))}
        if not cells:
            reading.mistake(("observed", "until"), "nothing-observed", year=part.until)
    for name, entry in part.values.items():
        steps: Steps = ("observed", "values", name)
        actual = _actual(reading, steps, name, entry)
        if actual is None:
            continue
        if cell_of(actual) in own:
            reading.key_mistake(steps, "observed-twice", name=name, other=own[cell_of(actual)])
        own[cell_of(actual)] = name
        cells[cell_of(actual)] = actual
    if cells and 0.0 in (written.noise.province, written.noise.city):
        field = "province" if written.noise.province == 0.0 else "city"
        reading.mistake(("noise", field), "observed-without-noise")
    actuals = tuple(cells[cell] for cell in sorted(cells))
    if len(reading.found.mistakes) == before:
        check_together(reading.baseline, actuals, reading.found)
    return actuals


def cell_of(actual: Actual) -> Cell:
    return actual.area, actual.indicator, actual.year


def actuals_of_plan(baseline: Baseline, until: int) -> tuple[Actual, ...]:
    """Return the plan folder's actuals of simulated indicators up to year *until*."""
    known = (f for f in baseline.observed if f.year <= until)
    return tuple(_of_figures(baseline, known, indicators_by_series(baseline)))


def _of_figures(
    baseline: Baseline, figures: Iterable[Figure], indicators: Mapping[str, Indicator]
) -> Iterable[Actual]:
    areas = {area.id for area in (*baseline.cities, baseline.province)}
    for f in figures:
        indicator = indicators.get(f.series)
        if indicator is None or f.region not in areas or f.year not in baseline.years:
            continue
        if indicator.scope == "province" and f.region != baseline.province.id:
            continue
        name = f"{f.series}:{f.region}:{f.year}"
        yield Actual(name, f.region, indicator.id, f.year, f.value, f.se, f.status, f.source, f.place)


def indicators_by_series(baseline: Baseline) -> dict[str, Indicator]:
    """Return the indicator that each published series tells of."""
    return {series_of(baseline, indicator.id): indicator for indicator in baseline.indicators}


def actuals_from_file(path: Path, root: Path, baseline: Baseline, found: Found) -> tuple[Actual, ...]:
    """Return the actuals of a CSV file with the columns of observed.csv; each must name a known cell, its
    indicator by id, by name or by the series that tells of it.
    """
    every = (*baseline.cities, baseline.province)
    called = {name: area.id for area in every for name in area.name}
    called |= {word: area for area, word in other_words(baseline) if word not in called}
    figures = load_named_figures(path, root, every, found, called=called)
    indicators = {word: i for i in baseline.indicators for word in (*i.name, i.id)}
    indicators |= indicators_by_series(baseline)
    areas = [area.id for area in (*baseline.cities, baseline.province)]
    for f in figures:
        indicator = indicators.get(f.series)
        if indicator is None:
            found.add(f.place, "unknown-series", name=f.series, near=nearest_or_all(f.series, indicators))
            continue
        if f.region not in areas:
            near = nearest_or_all(f.region, (*areas, *called))
            found.add(f.place, "unknown-area", name=f.region, near=near)
        elif indicator.scope == "province" and f.region != baseline.province.id:
            found.add(f.place, "only-the-province", indicator=indicator.id, province=baseline.province.id)
        if f.year not in baseline.years:
            first, last = baseline.years[0], baseline.years[-1]
            found.add(f.place, "year-outside", year=f.year, first=first, last=last)
        if f.unit != indicator.unit:
            found.add(f.place, "unit-mismatch", unit=f.unit, expected=indicator.unit)
        if indicator.kind == "rate" and not 0.0 < f.value <= HIGHEST_RATE:
            found.add(f.place, "out-of-range", value=f"{f.value:g}", low="0", high=f"{HIGHEST_RATE:g}")
        if indicator.kind == "count" and f.value != np.rint(f.value):
            found.add(f.place, "not-whole", value=f"{f.value:g}")
    first_of: dict[Cell, Actual] = {}
    for actual in _of_figures(baseline, figures, indicators):
        other = first_of.setdefault(cell_of(actual), actual)
        if other is not actual:
            cell = {"series": actual.indicator, "region": actual.area, "year": actual.year}
            found.add(actual.place, "duplicate-figure", **cell, file=other.place.file, line=other.place.line)
    return tuple(first_of[cell] for cell in sorted(first_of))


def with_actuals(
    old: Sequence[Actual], new: Sequence[Actual], baseline: Baseline, found: Found
) -> tuple[Actual, ...]:
    """Return *old* actuals with the *new* ones over them."""
    cells = {cell_of(actual): actual for actual in (*old, *new)}
    actuals = tuple(cells[cell] for cell in sorted(cells))
    check_together(baseline, actuals, found)
    return actuals


def check_together(baseline: Baseline, actuals: Sequence[Actual], found: Found) -> None:
    """Note actuals a unit's slip away from the plan's path; where there are none, contradictions."""
    before = len(found.mistakes)
    for actual in actuals:
        planned = planned_level(baseline, actual.area, actual.indicator, actual.year)
        is_count = baseline.indicators[baseline.indicator_axis().position(actual.indicator)].kind == "count"
        value = max(actual.value, 1.0) if is_count else actual.value  # a small city may well count none
        if planned and not 1.0 / GROSS_FACTOR < value / planned < GROSS_FACTOR:
            told = {"value": as_written(actual.value), "planned": as_written(planned)}
            found.add(actual.place, "factor-against-path", **told, factor=times_apart(value, planned))
    if len(found.mistakes) == before:
        check_sums(baseline, actuals, found)


def _actual(reading: Reading, steps: Steps, name: str, entry: ActualWritten) -> Actual | None:
    area = reading.one((*steps, "area"), entry.area, reading.names.areas)
    chosen = reading.one((*steps, "indicator"), entry.indicator, reading.names.indicators)
    in_plan = reading.year((*steps, "year"), entry.year)
    indicator = next((i for i in reading.baseline.indicators if i.id == chosen), None)
    if area is None or indicator is None or not in_plan:
        return None
    province = reading.baseline.province.id
    if indicator.scope == "province" and area != province:
        reading.mistake((*steps, "area"), "only-the-province", indicator=indicator.id, province=province)
        return None
    before = len(reading.found.mistakes)
    value, error = _measured(reading, steps, entry, area, indicator)
    if len(reading.found.mistakes) > before or not math.isfinite(value):
        return None
    place = reading.key_place(steps)
    source = f"scenario: {entry.source}" if entry.source else "scenario"
    return Actual(name, area, indicator.id, entry.year, value, error, entry.status, source, place)


def _measured(
    reading: Reading, steps: Steps, entry: ActualWritten, area: str, indicator: Indicator
) -> tuple[float, float]:
    """Return value and standard error in the indicator's unit, of the year as a whole."""
    if (entry.value is None) == (entry.progress is None):
        reading.key_mistake(steps, "value-or-progress")
        return math.nan, 0.0
    highest = HIGHEST_RATE if indicator.kind == "rate" else LARGEST
    if entry.value is not None:
        for field in ("of", "usual"):
            if getattr(entry, field) is not None:
                reading.key_mistake((*steps, field), "only-with-progress", field=field)
        at = (*steps, "value")
        value = reading.amount(at, entry.value, indicator.unit, 0.0, highest)
        if value == 0.0 and indicator.kind != "count":
            reading.mistake(at, "not-above-zero", field="value", value="0")
        if indicator.kind == "count" and value != np.rint(value):
            reading.mistake(at, "not-whole", value=f"{value:g}")
        error = _error(reading, steps, entry.se, indicator.unit, value)
        return value, error
    if indicator.kind == "rate":
        reading.key_mistake((*steps, "progress"), "progress-of-a-rate", indicator=indicator.id)
        return math.nan, 0.0
    done = reading.amount((*steps, "progress"), entry.progress or Measure(1.0, ""), PERCENT, 0.1, 1000.0)
    usual = 100.0
    if entry.usual is not None:
        usual = reading.amount((*steps, "usual"), entry.usual, PERCENT, 1.0, 100.0)
    goal = planned_level(reading.baseline, area, indicator.id, entry.year)
    if entry.of is not None:
        goal = reading.amount((*steps, "of"), entry.of, indicator.unit, 0.0, LARGEST)
    if goal is None:
        reading.key_mistake(steps, "missing-field", field="of")
        return math.nan, 0.0
    if entry.se is None:
        reading.key_mistake(steps, "missing-field", field="se")
        return math.nan, 0.0
    error = _error(reading, steps, entry.se, PERCENT, done)
    if done <= 0.0:
        return math.nan, 0.0
    value = goal * done / usual
    return value, value * error / done


def _error(reading: Reading, steps: Steps, written: Measure | None, unit: str, value: float) -> float:
    if written is None or written is UNREAD:
        return 0.0
    return reading.amount((*steps, "se"), written, unit, 0.0, LARGEST_ERROR * max(value, 0.0))


def planned_level(baseline: Baseline, area: str, indicator: str, year: int) -> float | None:
    """Return what the plan's path says of a cell; None where it prints nothing."""
    rows = [*(city.id for city in baseline.cities), baseline.province.id]
    path = baseline.path[rows.index(area), baseline.indicator_axis().position(indicator)]
    level = float(path[1 + baseline.years.index(year)])
    return level if math.isfinite(level) else None


def check_sums(baseline: Baseline, actuals: Sequence[Actual], found: Found) -> None:
    """Note a province's actual that lies below its cities' by more than the unallocated can be.

    The printed log ratio of province to cities is left by at most `RANGE_OF_RATIO` sd of its changes.
    """
    cells = {cell_of(actual): actual for actual in actuals}
    for actual in actuals:
        if actual.area != baseline.province.id or actual.error > 0.0:
            continue
        cities = [cells.get((c.id, actual.indicator, actual.year)) for c in baseline.cities]
        known = [city for city in cities if city is not None and city.error == 0.0]
        if not known:
            continue
        total = sum(city.value for city in known)
        most, least = _ratio_range(baseline, actual)
        too_high = total > actual.value / math.exp(least)
        too_low = len(known) == len(cities) and total < actual.value / math.exp(most)
        if too_high or too_low:
            found.add(
                actual.place,
                "actuals-contradict",
                indicator=actual.indicator,
                year=actual.year,
                province=f"{actual.value:g}",
                cities=f"{total:g}",
                low=f"{math.expm1(least) * total:.4g}",
                high=f"{math.expm1(most) * total:.4g}",
            )


def _ratio_range(baseline: Baseline, actual: Actual) -> tuple[float, float]:
    """Return the largest and the smallest log ratio of the province to its cities in that year."""
    path = baseline.path[:, baseline.indicator_axis().position(actual.indicator)]
    ratio = np.log(path[-1] / path[:-1].sum(axis=0))
    known = ratio[np.isfinite(ratio)]
    spread = RANGE_OF_RATIO * float(np.sqrt(np.mean(np.diff(known) ** 2))) + ROUNDING
    printed = float(ratio[1 + baseline.years.index(actual.year)])
    return printed + spread, printed - spread


def observed_at(actuals: Sequence[Actual], area: str, indicator: str) -> tuple[Actual, ...]:
    """Return the actuals of one area and indicator."""
    return tuple(a for a in actuals if (a.area, a.indicator) == (area, indicator))
