"""Sheets of trajectories, of targets together, and native charts of the headline targets."""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.chart import Chart
from xlsxwriter.worksheet import Worksheet

from sim.cube import QUANTILES, Cube, Probability, Trajectory
from sim.tables.columns import conditional_chances
from sim.workbook.book import Block, Book, Column
from sim.workbook.words import Words

CHART_WIDTH, CHART_HEIGHT = 620, 330
CHART_ROWS = 17  # rows of a sheet that a chart covers
BAND_COLOURS = ("#DEEBF7", "#9ECAE1", "#6BAED6", "#9ECAE1", "#DEEBF7")
"""Of 95, 80, 50, 80 and 95 % of draws, from below to above the median."""

MEDIAN, TARGET = "#08306B", "#B2182B"


def add_trajectories(book: Book, cube: Cube, words: Words) -> None:
    """Add every area, quantity and year: mean, spread and quantiles."""
    sheet = book.sheet(words.label("sheet.trajectories"))
    rows = cube.trajectories
    book.table(
        sheet,
        0,
        [
            words.column("area", [words.area(row.area) for row in rows]),
            words.column("indicator", [words.quantity(row.indicator) for row in rows]),
            words.column("unit", [words.unit_of(row.indicator) for row in rows]),
            words.column("year", [row.year for row in rows], "year"),
            words.column("mean", [row.mean for row in rows], "number"),
            words.column("sd", [row.sd for row in rows], "number"),
            *(
                Column(f"{100.0 * level:g} %", [row.quantiles[i] for row in rows], "number")
                for i, level in enumerate(QUANTILES)
            ),
        ],
    )


def add_joint(book: Book, cube: Cube, words: Words) -> None:
    """Add the headline targets together: all, at least k, other dependence, and one given another."""
    joint = cube.joint
    if joint is None:
        return
    sheet = book.sheet(words.label("sheet.joint"))
    lines = [
        (words.label("sheet.joint"), "title"),
        (words.label("joint-line", targets=", ".join(joint.targets)), "note"),
    ]
    row = book.lines(sheet, 0, lines)
    count = len(joint.targets)
    events = [words.label("at-least", k=k, count=count) for k in range(1, count + 1)]
    chances = list(joint.at_least[1:])
    others = (("independent", joint.independent), ("dependent", joint.dependent))
    ps = [*(p for p, _, _ in chances), *(p for _, p in others)]
    block = book.table(
        sheet,
        row,
        [
            words.column("event", [*events, *(words.label(name) for name, _ in others)]),
            words.column("p", ps, "p"),
            words.column("band-head", [words.band(p) for p in ps]),
            words.column("mc_low", [*(low for _, low, _ in chances), None, None], "0.0 %"),
            words.column("mc_high", [*(high for _, _, high in chances), None, None], "0.0 %"),
            words.column("draws", [cube.draws] * len(ps), "count"),
            words.column("seed", [str(cube.seed)] * len(ps)),
        ],
    )
    row = book.lines(sheet, block.last + 2, [(words.label("conditional-line"), "head")])
    known = {(given, target): p for given, target, p in conditional_chances(joint)}
    columns = [words.column("given", list(joint.targets))]
    columns += [
        Column(each, [None if given == each else known[given, each] for given in joint.targets], "p")
        for each in joint.targets
    ]
    book.table(sheet, row, columns, is_main=False)


def add_charts(book: Book, cube: Cube, words: Words, summary: Block) -> None:
    """Add a bar for each headline target and a fan for each whose quantity has a trajectory.

    What the charts show stands in a sheet of its own, so that they can be changed in the spreadsheet.
    """
    sheet = book.sheet(words.label("sheet.charts"))
    data = book.sheet(words.label("sheet.chart-data"))
    sheet.insert_chart(0, 0, bar_chart(book, cube, words, summary))
    row, place = 0, 1
    for probability in cube.headline():
        fan = fan_of(cube, probability)
        if fan is None:
            continue
        row, chart = fan_chart(book, data, row, fan, words)
        sheet.insert_chart((place // 2) * CHART_ROWS, (place % 2) * 10, chart)
        place += 1


def bar_chart(book: Book, cube: Cube, words: Words, summary: Block) -> Chart:
    """Return bars of p; the whiskers are model uncertainty, p10 to p90."""
    rows = cube.headline()
    lower = [max(0.0, (row.p or 0.0) - (row.p10 or 0.0)) for row in rows]
    upper = [max(0.0, (row.p90 or 0.0) - (row.p or 0.0)) for row in rows]
    chart = book.chart("bar")
    chart.add_series(
        {
            "name": summary.name(1),
            "categories": summary.cells(0),
            "values": summary.cells(1),
            "fill": {"color": "#6BAED6"},
            "gap": 60,
            "y_error_bars": {"type": "custom", "plus_values": upper, "minus_values": lower},
        }
    )
    chart.set_title({"name": words.label("chart.bars"), "name_font": {"size": 11}})
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0 %", "major_gridlines": {"visible": True}})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"none": True})
    chart.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    return chart


@dataclass(frozen=True, slots=True)
class Fan:
    """A headline target over the years: its quantity's quantiles, and the level it asks for, if it is one."""

    row: Probability
    years: tuple[Trajectory, ...]
    threshold: float | None


def fan_of(cube: Cube, row: Probability) -> Fan | None:
    """Return the fan of a headline target; None where its quantity has no trajectory."""
    area = row.target.area
    years = tuple(t for t in cube.trajectories if (t.area, t.indicator) == (area, row.quantity))
    if row.p is None or not years:
        return None
    is_level = row.target.kind not in ("mean_growth", "mean_of_rates", "cumulative_flow")
    return Fan(row, years, row.target.threshold if is_level else None)


def fan_chart(book: Book, data: Worksheet, row: int, fan: Fan, words: Words) -> tuple[int, Chart]:
    """Write the numbers of a fan at *row* of the data sheet; return the next free row and the chart.

    Bands are stacked areas on an invisible lowest one: 95, 80 and 50 % of draws in words in the legend.
    """
    title = f"{words.target(fan.row.target)} ({words.unit_of(fan.row.quantity)})"
    book.text(data, row, 0, title, bold=True)
    quantiles = list(zip(*(year.quantiles for year in fan.years), strict=True))
    lowest, *upper = [q for i, q in enumerate(quantiles) if QUANTILES[i] != 0.5]
    steps = [
        lowest,
        *(
            tuple(b - a for a, b in zip(x, y, strict=True))
            for x, y in zip([lowest, *upper], upper, strict=False)
        ),
    ]
    names = ["from", "band95", "band80", "band50", "band80", "band95"]
    columns = [words.column("year", [year.year for year in fan.years], "year")]
    columns += [words.column(name, list(step), "number") for name, step in zip(names, steps, strict=True)]
    columns.append(words.column("median", list(quantiles[QUANTILES.index(0.5)]), "number"))
    columns.append(words.column("value", [fan.threshold] * len(fan.years), "number"))
    block = book.table(data, row + 1, columns, is_main=False)
    chart = book.chart("area", "stacked")
    chart.add_series({**_series(block, 1), "fill": {"none": True}, "border": {"none": True}})
    for position, colour in enumerate(BAND_COLOURS, 2):
        chart.add_series({**_series(block, position), "fill": {"color": colour}, "border": {"none": True}})
    line = book.chart("line")
    line.add_series({**_series(block, 7), "line": {"color": MEDIAN, "width": 2}})
    if fan.threshold is not None:
        line.add_series({**_series(block, 8), "line": {"color": TARGET, "width": 1.5, "dash_type": "dash"}})
    chart.combine(line)
    chart.set_title({"name": [block.sheet, row, 0], "name_font": {"size": 11}})
    chart.set_legend({"position": "bottom", "delete_series": [0, 4, 5]})
    chart.set_y_axis(
        {"num_format": "#,##0.##", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
    )
    chart.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    return block.last + 2, chart


def _series(block: Block, column: int) -> dict[str, object]:
    return {"name": block.name(column), "categories": block.cells(0), "values": block.cells(column)}
