"""Sheets of targets: the answer on one page, all targets, and cities beside indicators."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from sim.cube import Cube, Driver, Probability
from sim.workbook.book import Block, Book, Column
from sim.workbook.words import Words

ANNEX = "annex_2020"
"""The group of targets that the plan sets for each city."""


def add_summary(book: Book, cube: Cube, words: Words) -> Block:
    """Add the headline targets below what must be known first; return where the table stands."""
    sheet = book.sheet(words.label("sheet.summary"))
    row = book.lines(sheet, 0, opening(cube, words))
    return book.table(sheet, row + 1, headline_columns(cube, words))


def opening(cube: Cube, words: Words) -> list[tuple[str, str]]:
    """Return the lines above the numbers: what this is, and what is not known."""
    rows = [row for row in cube.headline() if row.p is not None]
    assumed = [row for row in rows if row.grade is not None and row.grade.worst() == "C"]
    lines = [
        (words.name(cube.title), "title"),
        (words.label("plan", title=words.name(cube.plan.title), document=cube.plan.document), "plain"),
        (words.name(cube.about), "plain"),
        (words.label("draws-line", draws=f"{cube.draws:,}", sets=cube.sets, seed=cube.seed), "note"),
        (words.label("unknown-first"), "head"),
        (words.label("evidence-line", count=len(assumed), all=len(rows)), "plain"),
    ]
    strongest = strongest_driver(rows)
    if strongest is not None:
        row, driver = strongest
        low, high = (f"{100.0 * p:.0f}" for p in (driver.low, driver.high))
        name = words.name(driver.name)
        lines.append(
            (
                words.label("driver-line", name=name, target=words.target(row.target), low=low, high=high),
                "plain",
            )
        )
    lines.append((words.label("two-errors"), "note"))
    return lines


def strongest_driver(rows: list[Probability]) -> tuple[Probability, Driver] | None:
    """Return the row that one assumption moves most, with the assumption."""
    found = [(row, row.driver) for row in rows if row.driver is not None]
    return max(found, key=lambda pair: pair[1].size(), default=None)


def headline_columns(cube: Cube, words: Words) -> list[Column]:
    """Return the lead headline targets, a row each, as narrow as prints on a page."""
    columns = answer_columns(list(cube.headline()), cube, words)
    left_out = {
        words.label(key) for key in ("comparator", "median", "shortfall", "value_unit", "reached", "version")
    }
    return [column for column in columns if column.head not in left_out]


def answer_columns(rows: list[Probability], cube: Cube, words: Words) -> list[Column]:
    """Return targets with p, both uncertainties, draws and seed in the same row."""
    known = [row.p is not None for row in rows]
    return [
        words.column("target", [words.target(row.target) for row in rows]),
        words.column("p", [row.p for row in rows], "p"),
        words.column("answer", [words.answer(row, cube.draws) for row in rows]),
        words.column("band-head", [words.band(row.p) for row in rows]),
        words.column("p10", [row.p10 for row in rows], "0.0 %"),
        words.column("p90", [row.p90 for row in rows], "0.0 %"),
        words.column("mc_low", [row.mc_low for row in rows], "0.0 %"),
        words.column("mc_high", [row.mc_high for row in rows], "0.0 %"),
        words.column("driver", [words.driver(row.driver) for row in rows]),
        words.column("driver_low", [row.driver.low if row.driver else None for row in rows], "0.0 %"),
        words.column("driver_high", [row.driver.high if row.driver else None for row in rows], "0.0 %"),
        words.column("comparator", [row.target.comparator for row in rows]),
        words.column("value", [row.target.value for row in rows], "any"),
        words.column("unit", [words.unit(row.target.unit) for row in rows]),
        words.column("year", [row.target.year for row in rows], "year"),
        words.column("median", [row.median for row in rows], "number"),
        words.column("shortfall", [row.shortfall for row in rows], "number"),
        words.column("value_unit", [words.value_unit(row) for row in rows]),
        words.column("required", [row.required for row in rows], "growth"),
        words.column("reached", [row.reached for row in rows], "year"),
        words.column("grade", [str(row.grade).split()[0] if row.grade else None for row in rows]),
        words.column("worst", [row.grade.worst() if row.grade else None for row in rows]),
        words.column("draws", [cube.draws if is_known else None for is_known in known], "count"),
        words.column("seed", [str(cube.seed) if is_known else None for is_known in known]),
        words.column("version", [row.target.version for row in rows]),
    ]


def add_targets(book: Book, cube: Cube, words: Words) -> None:
    """Add every target of the document, evaluated or not."""
    sheet = book.sheet(words.label("sheet.targets"))
    rows = list(cube.probabilities)
    area = words.column("area", [words.area(row.target.area) for row in rows])
    first, *others = answer_columns(rows, cube, words)
    more = [
        words.column("lead", [words.label("yes" if row.target.lead else "no") for row in rows]),
        words.column("group", [words.group(row.target.group) for row in rows]),
        words.column("status", [words.status(row.target) for row in rows]),
        words.column("needs", [row.target.needs or None for row in rows]),
        words.column("ties", [row.ties for row in rows], "count"),
        words.column("invalid", [row.invalid for row in rows], "count"),
        words.column("section", [row.target.section or None for row in rows]),
        words.column("quote", [row.target.quote or None for row in rows]),
    ]
    book.table(sheet, 0, [first, area, *others, *more])


def add_cities(book: Book, cube: Cube, words: Words) -> None:
    """Add cities beside indicators: probabilities of their own targets, most at risk first."""
    sheet = book.sheet(words.label("sheet.cities"))
    chances = city_chances(cube)
    quantities = list(dict.fromkeys(quantity for _, quantity in chances))
    areas = list(dict.fromkeys(area for area, _ in chances))
    means = {area: mean_of([chances.get((area, each)) for each in quantities]) for area in areas}
    areas.sort(key=lambda area: (means[area] is None, means[area], area))
    row = book.lines(sheet, 0, [(words.label("sheet.cities"), "title"), (words.label("cities-line"), "note")])
    columns = [words.column("area", [words.area(area) for area in areas])]
    columns += [matrix_column(words, quantity, areas, chances) for quantity in quantities]
    columns.append(words.column("mean-p", [means[area] for area in areas], "p"))
    columns.append(words.column("band-head", [words.band(means[area]) for area in areas]))
    block = book.table(sheet, row + 1, columns)
    _bands_below(book, sheet, block.last + 2, areas, quantities, chances, words)


def matrix_column(
    words: Words, quantity: str, areas: list[str], chances: dict[tuple[str, str], float | None]
) -> Column:
    """Return the probabilities of one indicator; a cell without an answer says so."""
    found = [chances.get((area, quantity)) for area in areas]
    return Column(
        words.quantity(quantity), [words.label("not-evaluated") if p is None else p for p in found], "p"
    )


def _bands_below(
    book: Book,
    sheet: Worksheet,
    row: int,
    areas: list[str],
    quantities: list[str],
    chances: dict[tuple[str, str], float | None],
    words: Words,
) -> None:
    """Write the bands of the same cells in words below, so that colour is never alone."""
    row = book.lines(sheet, row, [(words.label("bands-below"), "head")])
    columns = [words.column("area", [words.area(area) for area in areas])]
    for each in quantities:
        bands = [words.band(chances.get((area, each))) or words.label("not-evaluated") for area in areas]
        columns.append(Column(words.quantity(each), bands))
    book.table(sheet, row, columns, is_main=False)


def city_chances(cube: Cube) -> dict[tuple[str, str], float | None]:
    """Return p by (area, quantity) of the lead targets that the plan sets for each city."""
    cities = {city.id for city in cube.plan.cities}
    return {
        (row.target.area, row.quantity): row.p
        for row in cube.probabilities
        if row.target.group == ANNEX and row.target.area in cities and row.target.lead and row.quantity
    }


def mean_of(chances: list[float | None]) -> float | None:
    known = [p for p in chances if p is not None]
    return sum(known) / len(known) if known else None
