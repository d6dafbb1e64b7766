"""Sheets of scenarios side by side: probabilities, differences with errors, what moved, what differs."""

from __future__ import annotations

from collections.abc import Sequence

from sim.cube import Cube
from sim.studies.compare import ChanceChange, Comparison, Interval
from sim.tables.difference_lines import difference_line
from sim.workbook.book import Block, Book, Column
from sim.workbook.words import Words

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
"""Of scenarios: told apart by colour-blind readers (Okabe and Ito); then they begin again."""


def add_side_by_side(book: Book, cubes: Sequence[Cube], words: Words) -> Block:
    """Add the headline targets in all scenarios, a column each, with a native chart."""
    sheet = book.sheet(words.label("sheet.side-by-side"))
    first = cubes[0]
    lines = [
        (words.label("sheet.side-by-side"), "title"),
        (words.label("plan", title=words.name(first.plan.title), document=first.plan.document), "plain"),
        (words.label("draws-line", draws=f"{first.draws:,}", sets=first.sets, seed=first.seed), "note"),
    ]
    row = book.lines(sheet, 0, lines)
    targets = [each.target for each in first.headline()]
    columns = [words.column("target", [words.target(target) for target in targets])]
    bands: list[Column] = []
    for cube in cubes:
        found = {(each.target.id, each.target.version): each.p for each in cube.headline()}
        ps = [found.get((target.id, target.version)) for target in targets]
        columns.append(Column(words.name(cube.title), ps, "p"))
        bands.append(Column(words.label("band-of", name=words.name(cube.title)), [words.band(p) for p in ps]))
    block = book.table(sheet, row + 1, [*columns, *bands])
    chart = book.chart("bar")
    for position in range(1, len(cubes) + 1):
        fill = {"color": COLOURS[(position - 1) % len(COLOURS)]}
        ends = {"categories": block.cells(0), "values": block.cells(position)}
        chart.add_series({"name": block.name(position), **ends, "fill": fill})
    chart.set_title({"name": words.label("chart.scenarios"), "name_font": {"size": 11}})
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0 %"})
    chart.set_y_axis({"reverse": True})
    chart.set_legend({"position": "bottom"})
    bars = len(targets) * (len(cubes) + 1)
    chart.set_size({"width": 900, "height": max(480, 120 + 8 * bars)})
    sheet.fit_to_pages(1, 1)  # else the chart would be cut by the edge of a page
    sheet.insert_chart(block.last + 2, 0, chart)
    return block


def add_differences(book: Book, comparisons: Sequence[Comparison], words: Words) -> None:
    """Add the difference of every probability with its error, then of at least k headline targets."""
    sheet = book.sheet(words.label("sheet.differences"))
    row = book.lines(
        sheet, 0, [(words.label("sheet.differences"), "title"), (words.label("difference-line"), "note")]
    )
    rows: list[tuple[Comparison, str, str, float, float, Interval]] = []
    for each in comparisons:
        rows += [
            (each, *_target_words(change, words), change.was, change.now, change.difference)
            for change in each.chances
        ]
        province, count = words.area(words.plan.province.id), len(each.joint) - 1
        rows += [
            (
                each,
                words.label("at-least", k=joint.k, count=count),
                province,
                joint.was,
                joint.now,
                joint.difference,
            )
            for joint in each.joint[1:]
        ]
    book.table(
        sheet,
        row + 1,
        [
            words.column("scenario", [words.name(each.now.title) for each, *_ in rows]),
            words.column("target", [target for _, target, *_ in rows]),
            words.column("area", [area for _, _, area, *_ in rows]),
            words.column("p-reference", [was for *_, was, _, _ in rows], "p"),
            words.column("p", [now for *_, now, _ in rows], "p"),
            words.column("band-head", [words.band(now) for *_, now, _ in rows]),
            words.column("difference", [100.0 * interval.value for *_, interval in rows], "points"),
            words.column("difference-low", [100.0 * interval.low for *_, interval in rows], "points"),
            words.column("difference-high", [100.0 * interval.high for *_, interval in rows], "points"),
            words.column("draws", [each.now.draws for each, *_ in rows], "count"),
            words.column("seed", [words.seed(each.now.seed) for each, *_ in rows], "whole"),
        ],
    )


def _target_words(change: ChanceChange, words: Words) -> tuple[str, str]:
    version = "" if change.target.lead else f" ({change.target.version})"
    return words.target(change.target) + version, words.area(change.target.area)


def add_moved(book: Book, comparisons: Sequence[Comparison], words: Words) -> None:
    """Add the areas and quantities whose mean level moved, largest relative change first."""
    sheet = book.sheet(words.label("sheet.moved"))
    rows = [(each, shift) for each in comparisons for shift in each.moved]
    book.table(
        sheet,
        0,
        [
            words.column("scenario", [words.name(each.now.title) for each, _ in rows]),
            words.column("area", [words.area(shift.area) for _, shift in rows]),
            words.column("indicator", [words.quantity(shift.quantity) for _, shift in rows]),
            words.column("unit", [words.unit_of(shift.quantity) for _, shift in rows]),
            words.column("year", [shift.year for _, shift in rows], "year"),
            words.column("mean-reference", [shift.was for _, shift in rows], "number"),
            words.column("mean", [shift.now for _, shift in rows], "number"),
            words.column("change", [shift.change for _, shift in rows], "0.0 %"),
        ],
    )


def add_written(book: Book, comparisons: Sequence[Comparison], words: Words) -> None:
    """Add what each scenario's files say differently."""
    sheet = book.sheet(words.label("sheet.written"))
    rows = [(each, line) for each in comparisons for line in each.written]
    lines = [difference_line(line, words.plan, words.lang) for _, line in rows]
    book.table(
        sheet,
        0,
        [
            words.column("scenario", [words.name(each.now.title) for each, _ in rows]),
            words.column("differs-in", lines),
        ],
    )
