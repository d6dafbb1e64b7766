"""The plan's path: the smoothest levels that agree with everything that is printed.

Section 3 of the model. Level and growth are both printed, each as a closed interval. The path minimises
the squared second differences of log level, base year included, inside all of them; where several paths
are equally smooth, the one nearest to the printed levels (docs/decisions/0001-path-ties.md).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from scipy.optimize import nnls

from sim.axes import Floats
from sim.baseline.load_path import COLUMNS, DIGITS
from sim.baseline.plan import Area, Baseline, Exact, Indicator, PrintedCell

# Distances enter with the square of this, 1e-8: they choose among straight lines and bend nothing.
TIE_WEIGHT: Final = 1e-4
# Half of the eighth digit, relative: a stored level must lie inside its interval after rounding too.
ROUNDING: Final = Fraction(6, 10**8)
ONE: Final = Fraction(1)

Interval = tuple[Fraction, Fraction]


def paths_of(baseline: Baseline) -> Floats:
    """Return the path ``[cities then province, indicator, base year + years]``, rounded as it is stored.

    NaN for trends, for the base year of counts, and for cities of an indicator of the province alone.
    """
    areas = (*baseline.cities, baseline.province)
    path = np.full((len(areas), len(baseline.indicators), len(baseline.years) + 1), np.nan)
    for row, area in enumerate(areas):
        for column, indicator in enumerate(baseline.indicators):
            if indicator.growth == "line":
                path[row, column] = _line(baseline, area, indicator)
            elif indicator.growth == "printed":
                cells = [baseline.printed.cells.get((area.id, indicator.id, year)) for year in baseline.years]
                if all(cell is not None for cell in cells):
                    path[row, column] = path_from_cells([c for c in cells if c is not None], indicator)
    return np.array([float(_text(level)) for level in path.flat]).reshape(path.shape)


def path_from_cells(cells: Sequence[PrintedCell], indicator: Indicator) -> Floats:
    """Return base year and levels of one row of a table, in the indicator's unit."""
    levels = [cell.level for cell in cells]
    growths = [cell.growth for cell in cells]
    if indicator.kind == "count":
        return np.array([np.nan, *(float(level.value) for level in levels)])
    if indicator.authority == "both":
        smooth = smoothest_path(levels, growths)
        if smooth is not None:
            return smooth
    if indicator.authority == "growth" and None not in growths:
        return _chained(levels[0], [growth for growth in growths if growth is not None])
    return np.array([_printed_base(levels, growths), *(float(level.value) for level in levels)])


def smoothest_path(levels: Sequence[Exact], growths: Sequence[Exact | None]) -> Floats | None:
    """Return the path inside all intervals with the least squared second differences of log level.

    Ties go to the least squared log distance from the printed levels. None where no path is inside.
    """
    boxes = [(level.low, level.high) for level in levels]
    ratios = [None if g is None else (ONE + g.low, ONE + g.high) for g in growths]
    inner_boxes = [_narrowed(box, ROUNDING) for box in boxes]
    inner_ratios = [None if ratio is None else _narrowed(ratio, 2 * ROUNDING) for ratio in ratios]
    if is_possible(inner_boxes, inner_ratios):
        boxes, ratios = inner_boxes, inner_ratios
    elif not is_possible(boxes, ratios):
        return None
    start = np.log([_printed_base(levels, growths), *(float(level.value) for level in levels)])
    lines, limits = _constraints(boxes, ratios, start)
    bends = np.diff(np.eye(len(start)), n=2, axis=0)
    wanted = np.vstack([bends, TIE_WEIGHT * np.eye(len(start))])
    goal = np.concatenate([-bends @ start, np.zeros(len(start))])
    return np.exp(start + constrained_least_squares(wanted, goal, lines, limits))


def is_possible(boxes: Sequence[Interval], ratios: Sequence[Interval | None]) -> bool:
    """Say whether any path lies in all closed intervals, exactly.

    The intervals form a chain, so what is reachable in a year is an interval too. *ratios* has one entry
    per year; the first leads from the base year, whose level is free.
    """
    low, high = boxes[0]
    for (box_low, box_high), ratio in zip(boxes[1:], ratios[1:], strict=True):
        reach = (low * ratio[0], high * ratio[1]) if ratio is not None else (box_low, box_high)
        low, high = max(box_low, reach[0]), min(box_high, reach[1])
        if low > high:
            return False
    return all(below <= above for below, above in (*boxes, *(r for r in ratios if r is not None)))


def constrained_least_squares(wanted: Floats, goal: Floats, lines: Floats, limits: Floats) -> Floats:
    """Return x that minimises ``|wanted x - goal|`` under ``lines x >= limits``.

    *wanted* has full column rank and the constraints admit a point. Lawson and Hanson (1974), chapter 23:
    the problem is turned into one of least distance, whose dual is solved by non-negative least squares;
    the constraints that bind then give x exactly, as a linear system.
    """
    q, r = np.linalg.qr(wanted)
    centre = np.linalg.solve(r, q.T @ goal)
    slopes = np.linalg.solve(r.T, lines.T).T
    short = limits - lines @ centre
    if np.all(short <= 0):
        return centre
    scale = float(np.max(np.abs(short)))
    system = np.vstack([slopes.T, short / scale])
    unit = np.zeros(len(system))
    unit[-1] = 1.0
    weights, _ = nnls(system, unit, maxiter=50 * len(short))
    binding = lines[weights > 0]
    n, m = wanted.shape[1], len(binding)
    kkt = np.block([[wanted.T @ wanted, binding.T], [binding, np.zeros((m, m))]])
    right = np.concatenate([wanted.T @ goal, limits[weights > 0]])
    return np.asarray(np.linalg.lstsq(kkt, right)[0][:n])


def write_path(baseline: Baseline, paths: Floats, folder: Path) -> Path:
    """Write *paths* as path.csv in *folder*, whole or not at all, and return the file."""
    areas = (*baseline.cities, baseline.province)
    years = (baseline.base_year, *baseline.years)
    lines = [",".join(COLUMNS)]
    for column, indicator in enumerate(baseline.indicators):
        for row, area in enumerate(areas):
            for position, year in enumerate(years):
                level = paths[row, column, position]
                if not np.isnan(level):
                    lines.append(f"{indicator.id},{area.id},{year},{_text(level)}")
    target = folder / "path.csv"
    part = folder / "path.csv.part"
    part.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    os.replace(part, target)
    return target


def _constraints(
    boxes: Sequence[Interval], ratios: Sequence[Interval | None], start: Floats
) -> tuple[Floats, Floats]:
    """Return the rows and limits of ``rows @ (log level - start) >= limits``."""
    rows: list[Floats] = []
    limits: list[float] = []
    unit = np.eye(len(start))
    for year, (box, ratio) in enumerate(zip(boxes, ratios, strict=True), start=1):
        bounds = [(unit[year], box)]
        if ratio is not None:
            bounds.append((unit[year] - unit[year - 1], ratio))
        for row, (low, high) in bounds:
            at = float(row @ start)
            rows += [row, -row]
            limits += [np.log(float(low)) - at, at - np.log(float(high))]
    return np.array(rows), np.array(limits)


def _narrowed(interval: Interval, share: Fraction) -> Interval:
    return interval[0] * (1 + share), interval[1] * (1 - share)


def _printed_base(levels: Sequence[Exact], growths: Sequence[Exact | None]) -> float:
    """Return the base year that the first printed growth implies, or that goes on as the levels begin."""
    if growths[0] is not None:
        return float(levels[0].value / (1 + growths[0].value))
    if len(levels) == 1:
        return float(levels[0].value)
    return float(levels[0].value ** 2 / levels[1].value)


def _chained(first: Exact, growths: Sequence[Exact]) -> Floats:
    level = first.value / (1 + growths[0].value)
    chain = [level]
    for growth in growths:
        chain.append(chain[-1] * (1 + growth.value))
    return np.array([float(level) for level in chain])


def _line(baseline: Baseline, area: Area, indicator: Indicator) -> Floats:
    """Return the straight line from the base-year actual of *area* to the end that is given."""
    steps = len(baseline.years)
    figure = baseline.history(indicator.base_series or "", area.id).get(baseline.base_year)
    wanted = area.role == "province" or indicator.scope == "cities"
    if figure is None or indicator.line_end is None or not wanted:
        return np.full(steps + 1, np.nan)
    return figure.value + (indicator.line_end - figure.value) * np.arange(steps + 1) / steps


def _text(level: float) -> str:
    return f"{level:.{DIGITS}g}"
