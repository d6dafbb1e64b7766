"""What the files of a plan folder say of each other: series, units, inputs, calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import PurePosixPath

from sim.baseline.breaks import FILE as BREAKS
from sim.baseline.calibration import Calibration
from sim.baseline.load_figures import figures_by_key
from sim.baseline.load_plan import Frame
from sim.baseline.plan import Assumption, Derived, Figure, Indicator, Printed, PrintedCell
from sim.errors import Found, Place, as_written, times_apart
from sim.marked.table import nearest_or_all
from sim.units import convertible, ratio_factor

GROSS_FACTOR = 100.0  # between 亿元 and 万元, 人 and 万人 lie ten thousand


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that was read before it is checked together."""

    frame: Frame
    indicators: Sequence[Indicator]
    printed: Printed
    figures: Sequence[Figure]
    observed: Sequence[Figure]
    assumptions: Mapping[str, Assumption]
    derived: Sequence[Derived]
    calibration: Calibration | None
    hashes: Mapping[str, str]


def check_references(parts: Parts, found: Found) -> None:
    """Add every name that leads nowhere and every unit that does not fit what it is used for."""
    series_unit = {figure.series: figure.unit for figure in reversed(parts.figures)}
    if not parts.figures:
        found.add(Place((PurePosixPath(parts.frame.folder) / "history.csv").as_posix()), "no-rows")
    for indicator in parts.indicators:
        _check_series(indicator, series_unit, found)
        _check_base(indicator, parts, found)
    for item in parts.derived:
        _check_derived(item, parts, series_unit, found)
    for figure in parts.figures:
        if figure.year > parts.frame.base_year:
            found.add(figure.place, "figure-after-base", year=figure.year, base=parts.frame.base_year)
    for figure in parts.observed:
        if figure.year not in parts.frame.years:
            found.add(
                figure.place,
                "year-outside-plan",
                value=figure.year,
                column="year",
                first=parts.frame.years[0],
                last=parts.frame.years[-1],
            )
        expected = series_unit.get(figure.series, figure.unit)
        if figure.unit != expected:
            found.add(figure.place, "unit-mismatch", unit=figure.unit, expected=expected)
    if parts.calibration is not None:
        _check_calibration(parts.calibration, parts, found)


def _check_series(indicator: Indicator, series_unit: Mapping[str, str], found: Found) -> None:
    named = (*indicator.series, indicator.base_series, indicator.city_series)
    for series in dict.fromkeys(name for name in named if name is not None):
        if series not in series_unit:
            _unknown_series(series, indicator.place, series_unit, found)
        elif series == indicator.base_series:
            _same_unit(series_unit[series], indicator.unit, indicator.place, found)
        elif series in indicator.series and indicator.evidence == "own":
            convertible(series_unit[series], indicator.unit, indicator.place, found)


def _unknown_series(series: str, place: Place, legal: Mapping[str, str], found: Found) -> None:
    if legal:  # that there are no figures at all was said once
        found.add(place, "unknown-series", name=series, near=nearest_or_all(series, legal))


def _same_unit(unit: str, expected: str, place: Place, found: Found) -> None:
    if unit and expected and unit != expected:  # an unknown unit is empty, and reported already
        found.add(place, "unit-mismatch", unit=unit, expected=expected)


def _check_base(indicator: Indicator, parts: Parts, found: Found) -> None:
    """Add a base-year actual that is needed and missing, or ten thousand times off the printed base."""
    if indicator.base_series is None:
        return
    figures = figures_by_key([f for f in parts.figures if f.series == indicator.base_series])
    base, province = parts.frame.base_year, parts.frame.province.id
    needed = indicator.base == "actual" or indicator.growth != "printed"
    if figures and needed and (indicator.base_series, province, base) not in figures:
        found.add(indicator.place, "no-base-figure", series=indicator.base_series, year=base)
    actual = {area: figures.get((indicator.base_series, area.id, base)) for area in parts.frame.areas}
    if indicator.base == "actual":
        _check_rest(indicator, {area.id: figure for area, figure in actual.items()}, parts, found)
    for area, figure in actual.items():
        cell = parts.printed.cells.get((area.id, indicator.id, parts.frame.years[0]))
        if figure is None or cell is None or figure.unit != indicator.unit:
            continue
        ratio = float(_printed_base(cell)) / figure.value
        if not 1 / GROSS_FACTOR < ratio < GROSS_FACTOR:
            found.add(
                cell.place,
                "factor-against-base",
                value=as_written(float(cell.level.value)),
                base=as_written(figure.value),
                factor=times_apart(float(_printed_base(cell)), figure.value),
                file=figure.place.file,
                line=figure.place.line,
            )


def _printed_base(cell: PrintedCell) -> Fraction:
    """Return the base that the first printed level and growth imply (section 1)."""
    return cell.level.value / (1 + (cell.growth.value if cell.growth is not None else 0))


def _check_rest(
    indicator: Indicator, actual: Mapping[str, Figure | None], parts: Parts, found: Found
) -> None:
    """Add base-year actuals of cities that leave nothing of the province's for the cities without one."""
    first, whole = parts.frame.years[0], parts.frame.province.id
    total = actual[whole]
    cells = {id: parts.printed.cells.get((id, indicator.id, first)) for id in actual}
    bases = {id: _printed_base(cell) for id, cell in cells.items() if cell is not None}
    known = [figure for id, figure in actual.items() if figure is not None and id != whole]
    if total is None or len(bases) < len(actual) or not 0 < len(known) < len(actual) - 1:
        return
    printed = sum(base for id, base in bases.items() if id != whole)
    cities = total.value * float(printed / bases[whole])
    if sum(figure.value for figure in known) >= cities:
        found.add(
            known[0].place,
            "no-rest-for-cities",
            known=as_written(sum(figure.value for figure in known)),
            total=f"{cities:g}",
            series=indicator.base_series,
        )


def _check_derived(item: Derived, parts: Parts, series_unit: Mapping[str, str], found: Found) -> None:
    unit_of = {i.id: i.unit for i in parts.indicators} | {d.id: d.unit for d in parts.derived}
    if item.id in {indicator.id for indicator in parts.indicators}:
        found.add(item.place, "duplicate-name", column="id", value=item.id)
    missing = [part for part in item.parts() if part and part not in unit_of]
    for part in missing:
        found.add(item.place, "unknown-quantity", name=part, near=nearest_or_all(part, unit_of))
    for series in (item.stock_series, item.inflow_series):
        if series is not None and series not in series_unit:
            _unknown_series(series, item.place, series_unit, found)
    if missing or not all(unit_of[part] for part in (*item.parts(), item.id) if part):
        return
    if item.kind == "ratio" and item.numerator and item.denominator:
        above, below = unit_of[item.numerator], unit_of[item.denominator]
        factor = ratio_factor(above, below, item.unit)
        if factor is None:
            found.add(item.place, "unit-mismatch", unit=item.unit, expected=f"{above} / {below}")
        elif abs(item.factor / float(factor) - 1) > 1e-9:
            expected = as_written(float(factor))
            found.add(item.place, "wrong-factor", factor=as_written(item.factor), expected=expected)
    elif item.kind == "stock" and item.inflow:
        _same_unit(unit_of[item.inflow], item.unit, item.place, found)
        _check_source(item, "base", item.base, parts, series_unit, found)
        _check_source(item, "exit", item.exit, parts, series_unit, found)


def _check_source(
    item: Derived,
    role: str,
    source: tuple[str, str] | None,
    parts: Parts,
    series_unit: Mapping[str, str],
    found: Found,
) -> None:
    """Check where a stock's base or exit comes from; an exit is a share a year."""
    if source is None:
        return
    kind, name = source
    unit = item.unit if role == "base" else "1"
    if kind == "history":
        base = parts.frame.base_year
        if name not in series_unit:
            _unknown_series(name, item.place, series_unit, found)
        elif (name, parts.frame.province.id, base) not in figures_by_key(parts.figures):
            found.add(item.place, "no-base-figure", series=name, year=base)
        else:
            _same_unit(series_unit[name], unit, item.place, found)
    elif kind == "assumption":
        if name not in parts.assumptions:
            found.add(
                item.place, "unknown-assumption", name=name, near=nearest_or_all(name, parts.assumptions)
            )
        else:
            _same_unit(parts.assumptions[name].unit, unit, parts.assumptions[name].place, found)
            _check_share(role, parts.assumptions[name].low, parts.assumptions[name].high, item, found)
    elif kind == "calibration":
        if parts.calibration is not None and name not in parts.calibration.exits:
            found.add(_calibration_place(parts), "not-calibrated", name=name)
    else:
        _check_share(role, float(name), float(name), item, found)


def _check_share(role: str, low: float, high: float, item: Derived, found: Found) -> None:
    if role == "exit" and not (low >= 0 and high <= 1):
        found.add(item.place, "exit-not-share", low=as_written(low), high=as_written(high))
    if role == "base" and not low > 0:
        found.add(item.place, "not-positive", column="base", value=as_written(low))


def _check_calibration(calibration: Calibration, parts: Parts, found: Found) -> None:
    """Add what the calibration lacks or knows too much of; it is then older than the plan's files."""
    place = _calibration_place(parts)
    changed = [name for name, hash in calibration.hashes.items() if parts.hashes.get(name) != hash]
    if BREAKS in parts.hashes and BREAKS not in calibration.hashes:
        changed.append(BREAKS)  # declared since
    if changed:
        found.add(place, "stale-calibration", files=", ".join(sorted(changed)))
    ids = {indicator.id for indicator in parts.indicators}
    for id in sorted(ids - set(calibration.indicators)):
        found.add(place, "not-calibrated", name=id)
    for id in sorted(set(calibration.indicators) - ids):
        found.add(place, "unknown-indicator", name=id, near=nearest_or_all(id, ids))
    for id, entry in calibration.indicators.items():
        for series in entry.series:
            if series not in calibration.series:
                found.add(
                    place, "unknown-series", name=series, near=nearest_or_all(series, calibration.series)
                )
        if id in ids and not entry.series:
            found.add(place, "not-calibrated", name=id)
    groups = {indicator.group for indicator in parts.indicators} - {"none"}
    for group in sorted(groups - set(calibration.common_drift)):
        found.add(place, "not-calibrated", name=group)
    for level, loadings in calibration.loadings.items():
        for row in loadings.load.values():
            for id in sorted(set(row) - ids):
                found.add(place, "unknown-indicator", name=f"{level}: {id}", near=nearest_or_all(id, ids))


def _calibration_place(parts: Parts) -> Place:
    # What is out of date there is mended by writing it anew, so the mistake is that file's.
    return Place((PurePosixPath(parts.frame.folder) / "calibration.yaml").as_posix())
