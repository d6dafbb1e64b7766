"""Sheets of trajectories and of targets together."""

from __future__ import annotations

import math

from sim.cube import QUANTILES, Cube
from sim.tables.columns import conditional_chances
from sim.texts import say
from sim.workbook.book import Book, Column
from sim.workbook.words import Words


def add_trajectories(book: Book, cube: Cube, words: Words) -> None:
    """Add every area, quantity and year: mean, spread and quantiles."""
    sheet = book.sheet(words.label("sheet.trajectories"))
    rows = cube.trajectories
    areas = {area: words.area(area) for area in {row.area for row in rows}}
    ids = {row.indicator for row in rows}
    names, units = {each: words.quantity(each) for each in ids}, {each: words.unit_of(each) for each in ids}
    book.table(
        sheet,
        0,
        [
            words.column("area", [areas[row.area] for row in rows]),
            words.column("indicator", [names[row.indicator] for row in rows]),
            words.column("unit", [units[row.indicator] for row in rows]),
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
        (words.label("joint-line", targets=say("screen.listed", words.lang).join(joint.targets)), "note"),
    ]
    row = book.lines(sheet, 0, lines)
    count = len(joint.targets)
    events = [words.label("at-least", k=k, count=count) for k in range(1, count + 1)]
    chances = list(joint.at_least[1:])
    others = (("independent", joint.independent), ("dependent", joint.dependent))
    told = (None if math.isnan(p) else p for _, p in others)
    ps = [*(p for p, _, _ in chances), *told]
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
            words.column("seed", [words.seed(cube.seed)] * len(ps), "whole"),
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
