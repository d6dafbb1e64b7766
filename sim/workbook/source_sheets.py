"""Sheets of what the numbers rest on: audit of the plan, assumptions, figures, how to repeat the run."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from xlsxwriter.worksheet import Worksheet

from sim.baseline.audit import Audit, ChainMismatch, GrowthMismatch, SumMismatch
from sim.baseline.load_targets import MEANS
from sim.cube import Cube
from sim.outputs.machine_tables import Cell
from sim.outputs.manifest import Origin
from sim.tables.wording import run_value, series_words, source_words
from sim.texts import say
from sim.workbook.book import Book, Column
from sim.workbook.words import Words


class _Mismatch(NamedTuple):
    """A mismatch of the audit as a row: what was printed, and what the other numbers give."""

    check: str
    found: SumMismatch | GrowthMismatch | ChainMismatch
    area: str
    printed: Fraction
    recomputed: Fraction
    low: Fraction
    high: Fraction


def add_audit(book: Book, audit: Audit, words: Words) -> None:
    """Add the printed plan held against itself: what rounding explains, what it cannot, and the slack."""
    sheet = book.sheet(words.label("sheet.audit"))
    sums, growths, chains = audit.checked
    title = say(
        "audit.title",
        words.lang,
        plan=words.name(words.plan.title),
        sums=sums,
        growths=growths,
        chains=chains,
    )
    row = book.lines(sheet, 0, [(words.label("sheet.audit"), "title"), (title, "plain")])
    block = book.table(sheet, row + 1, _mismatch_columns(audit, words))
    row = book.lines(sheet, block.last + 2, [(say("audit.slacks", words.lang), "head")])
    book.table(sheet, row, _slack_columns(audit, words), is_main=False)


def _mismatch_columns(audit: Audit, words: Words) -> list[Column]:
    """Return every mismatch, those first that rounding cannot explain."""
    rows = [
        *(
            _Mismatch(
                "sum", s, words.plan.province.id, s.province, s.cities, s.cities - s.bound, s.cities + s.bound
            )
            for s in audit.sums
        ),
        *(_Mismatch("growth", g, g.area, g.printed.value, g.implied, g.low, g.high) for g in audit.growths),
        *(_Mismatch("chain", c, c.area, c.printed.value, c.chained, c.low, c.high) for c in audit.chains),
    ]
    rows.sort(key=lambda row: row.found.explained)
    verdicts = ["audit.rounding" if row.found.explained else "audit.beyond-rounding" for row in rows]
    return [
        words.column("check", [words.label(f"check.{row.check}") for row in rows]),
        Column(say("audit.verdict", words.lang), [say(verdict, words.lang) for verdict in verdicts]),
        words.column("indicator", [words.quantity(row.found.indicator) for row in rows]),
        words.column("area", [words.area(row.area) for row in rows]),
        words.column("year", [row.found.year for row in rows], "year"),
        words.column("printed", [float(row.printed) for row in rows], "any"),
        words.column("recomputed", [float(row.recomputed) for row in rows], "any"),
        words.column("lowest", [float(row.low) for row in rows], "any"),
        words.column("highest", [float(row.high) for row in rows], "any"),
        words.column("place", [str(row.found.place) for row in rows]),
    ]


def _slack_columns(audit: Audit, words: Words) -> list[Column]:
    targets = {(target.id, target.version): target for target in words.plan.targets}
    rows = [(slack, targets[slack.target, slack.version]) for slack in audit.slacks]
    scale = [100.0 if target.kind in MEANS else 1.0 for _, target in rows]
    values = [
        None if slack.value is None else by * float(slack.value)
        for (slack, _), by in zip(rows, scale, strict=True)
    ]
    return [
        words.column("target", [words.target(target) for _, target in rows]),
        words.column("version", [slack.version for slack, _ in rows]),
        words.column("lead", [words.label("yes" if slack.lead else "no") for slack, _ in rows]),
        words.column("year", [slack.year for slack, _ in rows], "year"),
        words.column(
            "value", [by * float(s.threshold) for (s, _), by in zip(rows, scale, strict=True)], "any"
        ),
        words.column("planned", values, "any"),
        words.column("slack", [_number(slack.slack) for slack, _ in rows], "0.00 %"),
        words.column(
            "needs", [None if slack.needs is None else words.quantity(slack.needs) for slack, _ in rows]
        ),
    ]


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def add_sources(book: Book, cube: Cube, words: Words) -> None:
    """Add every assumption and every figure of the plan's own areas with its source."""
    sheet = book.sheet(words.label("sheet.sources"))
    row = book.lines(
        sheet, 0, [(words.label("sheet.sources"), "title"), (words.label("run-assumptions"), "head")]
    )
    block = book.table(
        sheet,
        row,
        [
            words.column("assumption", [words.name(each.name) for each in cube.run_assumptions]),
            words.column("value-used", [run_value(each, words.lang) for each in cube.run_assumptions]),
        ],
        is_main=False,
    )
    row = book.lines(sheet, block.last + 2, [(words.label("plan-assumptions"), "head")])
    known = list(cube.plan.assumptions.values())
    block = book.table(
        sheet,
        row,
        [
            words.column("assumption", [words.name(each.name) for each in known]),
            words.column("low", [each.low for each in known], "any"),
            words.column("central", [each.central for each in known], "any"),
            words.column("high", [each.high for each in known], "any"),
            words.column("unit", [words.unit(each.unit) for each in known]),
            words.column("worst", [each.grade for each in known]),
            words.column("source", [words.source(each) for each in known]),
        ],
        is_main=False,
    )
    _figures(book, sheet, block.last + 2, words)


def _figures(book: Book, sheet: Worksheet, row: int, words: Words) -> None:
    own = {area.id for area in (*words.plan.cities, words.plan.province)}
    figures = [figure for figure in words.plan.figures if figure.region in own]
    count = len(words.plan.figures) - len(figures)
    series = [series_words(figure.series, words.plan, words.lang) for figure in figures]
    row = book.lines(
        sheet,
        row,
        [
            (words.label("figures"), "head"),
            (words.label("figures-line", count=count, folder=words.plan.folder), "note"),
        ],
    )
    book.table(
        sheet,
        row,
        [
            words.column("series", series),
            words.column("area", [words.area(figure.region) for figure in figures]),
            words.column("year", [figure.year for figure in figures], "year"),
            words.column("value-used", [figure.value for figure in figures], "any"),
            words.column("unit", [words.unit(figure.unit) for figure in figures]),
            words.column("status", [say(f"status.{figure.status}", words.lang) for figure in figures]),
            words.column("trust", [say(f"trust.{figure.trust}", words.lang) for figure in figures]),
            words.column("source", [source_words(figure.source, words.lang) for figure in figures]),
            words.column("note", [figure.note or None for figure in figures]),
        ],
    )


def add_repeat(book: Book, origin: Origin, words: Words, command: str) -> None:
    """Add how to repeat the run: the command, seed and draws, versions, and the hash of every input."""
    sheet = book.sheet(words.label("sheet.repeat"))
    facts: Sequence[tuple[str, Cell]] = [
        (words.label("command"), command),
        (words.label("seed"), words.seed(origin.seed)),
        (words.label("draws"), origin.draws),
        *((words.label("swept", name=name), value) for name, value in sorted(origin.cell.items())),
        *(
            (words.label("version-of", name=name), version)
            for name, version in sorted(origin.versions.items())
        ),
    ]
    row = book.lines(
        sheet, 0, [(words.label("sheet.repeat"), "title"), (words.label("repeat-line"), "plain")]
    )
    names = [name for name, _ in facts] + [words.label("input", name=name) for name in sorted(origin.inputs)]
    values = [value for _, value in facts] + [origin.inputs[name] for name in sorted(origin.inputs)]
    book.table(sheet, row + 1, [words.column("what", names), words.column("value-used", values, "whole")])
