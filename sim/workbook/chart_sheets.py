"""Native charts of the headline targets, and the sheet of numbers that they show."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xlsxwriter.chart import Chart
from xlsxwriter.worksheet import Worksheet

from sim.baseline.progress import actuals_of, base_of, planned_of
from sim.cube import QUANTILES, Cube, Probability
from sim.tables.selection import charted, goal_of, growth_asked, level_limits, trajectory_of
from sim.workbook.book import Block, Book, Column
from sim.workbook.words import Words

CHART_WIDTH, CHART_HEIGHT = 620, 330
CHART_ROWS = 17  # rows of a sheet that a chart covers
CHART_COLUMNS = 10

BAND_COLOURS = ("#DEEBF7", "#9ECAE1", "#6BAED6", "#9ECAE1", "#DEEBF7")
"""Of 95, 80, 50, 80 and 95 % of draws, from below to above the median."""

BAND_NAMES = ("band95", "band80", "band50", "band80", "band95")
EDGES = tuple(q for q in QUANTILES if q != 0.5)
"""Between each and the next of these is one of the five bands."""

MEDIAN, TARGET, KNOWN = "#08306B", "#B2182B", "#17202B"

YEAR, ACTUAL, PLANNED, GOAL, FIRST_QUANTILE = range(5)
"""Columns of a fan's table; the quantiles are followed by what only draws the bands."""


def add_charts(book: Book, cube: Cube, words: Words, summary: Block) -> None:
    """Add a bar for each headline target and a fan for each whose quantity has a trajectory.

    What the charts show stands in a sheet of its own, so that they can be changed in the spreadsheet.
    """
    sheet = book.sheet(words.label("sheet.charts"))
    data = book.sheet(words.label("sheet.chart-data"))
    row = book.lines(data, 0, [(words.label("chart-data-line"), "note")])
    row, chart = bar_chart(book, data, row + 1, cube, words, summary)
    charts = [chart]
    for probability in cube.headline():
        fan = fan_of(cube, probability)
        if fan is not None:
            row, chart = fan_chart(book, data, row, fan, cube, words)
            charts.append(chart)
    for place, each in enumerate(charts):
        sheet.insert_chart((place // 2) * CHART_ROWS, (place % 2) * CHART_COLUMNS, each)
    # On one page upright ten charts are as large as their width allows, and no edge cuts one; breaks between
    # rows of charts hold at a fixed scale alone, and how wide columns are depends on the fonts of a reader.
    sheet.set_portrait()
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.fit_to_pages(1, 1)


def bar_chart(
    book: Book, data: Worksheet, row: int, cube: Cube, words: Words, summary: Block
) -> tuple[int, Chart]:
    """Return the next free row and bars of p; the whiskers are model uncertainty, p10 to p90.

    Their lengths stand in cells, since some spreadsheets draw no whiskers from numbers in the chart.
    """
    rows = cube.headline()
    upper = [_above(each.p, each.p90) for each in rows]
    lower = [_above(each.p10, each.p) for each in rows]
    columns = [
        words.column("target", [words.target(each.target) for each in rows]),
        words.column("p", [each.p for each in rows], "p"),
        words.column("p10", [each.p10 for each in rows], "0.0 %"),
        words.column("p90", [each.p90 for each in rows], "0.0 %"),
        words.column("whisker-up", upper, "0.0 %"),
        words.column("whisker-down", lower, "0.0 %"),
    ]
    book.text(data, row, 0, words.label("chart.bars"), bold=True)
    block = book.table(data, row + 1, columns, is_main=False)
    whiskers = {
        "type": "custom",
        "plus_values": block.formula(4),
        "plus_data": upper,
        "minus_values": block.formula(5),
        "minus_data": lower,
        "line": {"color": MEDIAN, "width": 1.25},
    }
    ends = {"categories": summary.cells(0), "values": summary.cells(1)}
    look = {"fill": {"color": "#6BAED6"}, "gap": 60, "y_error_bars": whiskers}
    chart = book.chart("bar")
    chart.add_series({"name": summary.name(1), **ends, **look})
    chart.set_title({"name": words.label("chart.bars"), "name_font": {"size": 11}})
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0 %", "major_gridlines": {"visible": True}})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"none": True})
    chart.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    return block.last + 2, chart


def _above(low: float | None, high: float | None) -> float:
    return 0.0 if low is None or high is None else max(0.0, high - low)


@dataclass(frozen=True, slots=True)
class Fan:
    """A headline target's quantity over the years, as the page draws it.

    *quantiles*: by year, all equal to the base in the base year where there is one. *goal*: the level
    that the target asks for in *row*'s year, None where it asks for none.
    """

    row: Probability
    quantiles: Mapping[int, tuple[float, ...]]
    planned: Mapping[int, float]
    actual: Mapping[int, float]
    goal: float | None

    def years(self) -> list[int]:
        return list(self.quantiles)

    def limits(self) -> tuple[float, float]:
        """Return the lowest and the highest level of the axis, as on the page."""
        levels = [q for each in self.quantiles.values() for q in each]
        levels += [*self.planned.values(), *self.actual.values()]
        return level_limits([*levels, *([] if self.goal is None else [self.goal])])


def fan_of(cube: Cube, row: Probability) -> Fan | None:
    """Return the fan of a headline target; None where its quantity has no trajectory."""
    series = trajectory_of(cube, row.target.area, row.quantity)
    if row.p is None or not series:
        return None
    plan, area = cube.plan, row.target.area
    base = base_of(plan, area, row.quantity)
    start = {} if base is None else {plan.base_year: (base,) * len(QUANTILES)}
    actual = ({} if base is None else {plan.base_year: base}) | actuals_of(plan, area, row.quantity)
    return Fan(
        row,
        start | {each.year: each.quantiles for each in series},
        planned_of(plan, area, row.quantity),
        actual,
        goal_of(plan, row.target),
    )


def fan_columns(fan: Fan, words: Words) -> list[Column]:
    """Return the numbers of a fan: what is known, planned and asked for, quantiles, then what draws."""
    years = fan.years()
    by_level = list(zip(*fan.quantiles.values(), strict=True))
    rate = growth_asked(fan.row.target)
    goal_head = words.label("value") if rate is None else words.label("goal-of-growth", rate=f"{rate:g}")
    goals = [fan.goal if year <= fan.row.target.year else None for year in years]
    columns = [
        words.column("year", years, "year"),
        words.column("actual", [fan.actual.get(year) for year in years], "number"),
        words.column("planned-path", [fan.planned.get(year) for year in years], "number"),
        Column(goal_head, goals, "number"),
    ]
    for level, values in zip(QUANTILES, by_level, strict=True):
        key = "quantile-median" if level == 0.5 else "quantile"
        columns.append(Column(words.label(key, level=f"{100.0 * level:g}"), values, "number"))
    edges = [by_level[QUANTILES.index(level)] for level in EDGES]
    columns.append(Column(words.label("draws-from", level=f"{100.0 * EDGES[0]:g}"), edges[0], "number"))
    for i in range(len(EDGES) - 1):
        low, high = (f"{100.0 * level:g}" for level in EDGES[i : i + 2])
        steps = [b - a for a, b in zip(edges[i], edges[i + 1], strict=True)]
        columns.append(Column(words.label("draws-step", low=low, high=high), steps, "number"))
    return columns


def fan_chart(book: Book, data: Worksheet, row: int, fan: Fan, cube: Cube, words: Words) -> tuple[int, Chart]:
    """Write the numbers of a fan at *row* of the data sheet; return the next free row and the chart.

    Bands are stacked areas on an invisible lowest one: 95, 80 and 50 % of draws in words in the legend.
    """
    target = fan.row.target
    name = words.name(charted(cube.plan, target))
    book.text(data, row, 0, f"{target.id} {name} ({words.unit_of(fan.row.quantity)})", bold=True)
    block = book.table(data, row + 1, fan_columns(fan, words), is_main=False)
    first_band = FIRST_QUANTILE + len(QUANTILES)
    chart = book.chart("area", "stacked")
    chart.add_series({**_series(block, first_band), "fill": {"none": True}, "border": {"none": True}})
    for position, (colour, key) in enumerate(zip(BAND_COLOURS, BAND_NAMES, strict=True), first_band + 1):
        look = {"fill": {"color": colour}, "border": {"none": True}}
        chart.add_series({**_series(block, position), "name": words.label(key), **look})
    chart.combine(_lines_over(book, block, fan, words))
    chart.set_title({"name": [block.sheet, row, 0], "name_font": {"size": 11}})
    chart.set_legend({"position": "bottom", "delete_series": [0, 4, 5], "font": {"size": 8}})
    low, high = fan.limits()
    lines = {"visible": True, "line": {"color": "#D9D9D9"}}
    axis = {"min": _round_below(low, high), "num_format": _axis_form(low, high), "major_gridlines": lines}
    chart.set_y_axis(axis)
    chart.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    return block.last + 2, chart


def _lines_over(book: Book, block: Block, fan: Fan, words: Words) -> Chart:
    """Return what is drawn over the bands: median, target, planned path, actuals as points."""
    chart = book.chart("line")
    median = FIRST_QUANTILE + QUANTILES.index(0.5)
    look: dict[str, object] = {"name": words.label("median"), "line": {"color": MEDIAN, "width": 2}}
    chart.add_series({**_series(block, median), **look})
    if fan.goal is not None:
        line = {"color": TARGET, "width": 1.5, "dash_type": "dash"}
        chart.add_series({**_series(block, GOAL), "line": line})
    if _known(fan.planned.values()):
        line = {"color": KNOWN, "width": 1.25, "dash_type": "round_dot"}
        chart.add_series({**_series(block, PLANNED), "line": line})
    if _known(fan.actual.values()):
        dots = {"type": "circle", "size": 6, "fill": {"color": KNOWN}, "border": {"color": KNOWN}}
        chart.add_series({**_series(block, ACTUAL), "line": {"none": True}, "marker": dots})
    return chart


def _known(values: Iterable[float]) -> Sequence[float]:
    return [value for value in values if math.isfinite(value)]


def _round_below(low: float, high: float) -> float:
    """Return a round number at or just below *low*, for an axis up to *high* to begin at."""
    step = 10.0 ** math.floor(math.log10(high - low)) / 2.0
    return step * math.floor(low / step)


def _axis_form(low: float, high: float) -> str:
    return "#,##0" if high - low >= 10.0 else "0.0"


def _series(block: Block, column: int) -> dict[str, object]:
    return {"name": block.name(column), "categories": block.cells(0), "values": block.cells(column)}
