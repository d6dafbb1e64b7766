"""Whole workbooks, one in each language, as files by name: equal results, equal bytes, equal numbers."""

from __future__ import annotations

from collections.abc import Sequence

from sim.baseline.audit import Audit, audit_of
from sim.cube import Cube
from sim.outputs.machine_tables import machine_csv, parquet, people_csv
from sim.outputs.manifest import Origin
from sim.studies.compare import Comparison
from sim.tables.compared import chance_columns, moved_columns, written_columns
from sim.workbook.book import Book
from sim.workbook.chart_sheets import add_charts
from sim.workbook.compared_sheets import add_differences, add_moved, add_side_by_side, add_written
from sim.workbook.result_sheets import add_joint, add_trajectories
from sim.workbook.source_sheets import add_audit, add_repeat, add_sources
from sim.workbook.target_sheets import add_cities, add_summary, add_targets
from sim.workbook.words import Words

NAMES = {"zh": "report.xlsx", "en": "report_en.xlsx"}
"""The file in each language; the plan's own has the plain name."""


def workbook_files(cube: Cube, origin: Origin) -> dict[str, bytes]:
    """Return the workbook of one scenario in each language."""
    audit = audit_of(cube.plan)
    return {name: workbook(cube, origin, lang, audit) for lang, name in NAMES.items()}


def workbook(cube: Cube, origin: Origin, lang: str, audit: Audit | None = None) -> bytes:
    """Return the workbook of one scenario in *lang*, with the *audit* of its plan."""
    words = Words(cube.plan, lang)
    book = Book(words.name(cube.title), cube.draws)
    summary = add_summary(book, cube, words)
    add_charts(book, cube, words, summary)
    add_targets(book, cube, words)
    add_cities(book, cube, words)
    add_trajectories(book, cube, words)
    add_joint(book, cube, words)
    add_audit(book, audit or audit_of(cube.plan), words)
    add_sources(book, cube, words)
    add_repeat(book, origin, words, f"python run.py run {origin.source} --draws {origin.draws}")
    return book.content()


def comparison_files(comparisons: Sequence[Comparison], origin: Origin) -> dict[str, bytes]:
    """Return the workbook of scenarios side by side in each language, and its tables as CSV and Parquet."""
    audit = audit_of(comparisons[0].was.plan)
    files = {name: comparison_workbook(comparisons, origin, lang, audit) for lang, name in NAMES.items()}
    tables = {
        "differences": chance_columns(comparisons),
        "moved": moved_columns(comparisons),
        "written": written_columns(comparisons),
    }
    for name, columns in tables.items():
        files[f"{name}.csv"] = machine_csv(columns)
        files[f"{name}.parquet"] = parquet(columns)
        files[f"{name}_excel.csv"] = people_csv(columns)
    return files


def comparison_workbook(
    comparisons: Sequence[Comparison], origin: Origin, lang: str, audit: Audit
) -> bytes:
    """Return the workbook of scenarios side by side in *lang*; the first is the reference of all."""
    cubes = [comparisons[0].was, *(each.now for each in comparisons)]
    words = Words(cubes[0].plan, lang)
    book = Book(" / ".join(words.name(cube.title) for cube in cubes), cubes[0].draws)
    add_side_by_side(book, cubes, words)
    add_differences(book, comparisons, words)
    add_written(book, comparisons, words)
    add_moved(book, comparisons, words)
    add_audit(book, audit, words)
    add_sources(book, cubes[0], words)
    files = " ".join(origin.source.split("+"))
    add_repeat(book, origin, words, f"python run.py compare {files} --draws {origin.draws}")
    return book.content()
