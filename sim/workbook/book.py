"""A workbook whose text stays text and whose numbers stay numbers: the one place that knows XlsxWriter."""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xlsxwriter import Workbook
from xlsxwriter.chart import Chart
from xlsxwriter.format import Format
from xlsxwriter.utility import quote_sheetname, xl_range_abs
from xlsxwriter.worksheet import Worksheet

from sim.outputs.machine_tables import Cell, guarded
from sim.outputs.text_table import display_width
from sim.tables.figures import limit_of
from sim.workbook.sheet import Sheet, Written

CREATED = datetime.datetime(2000, 1, 1)
"""Every workbook says that it was made then: equal content, equal bytes."""

LONGEST_TEXT = 32_767
"""Letters that a cell can hold."""

A4 = 9
TALL = {"title": 26.0, "head": 21.0}
"""Heights of rows by style, in points; not every spreadsheet finds them itself."""

NARROWEST, WIDEST, HEAD_WIDTH = 7, 46, 11
"""Widths of columns in letters: heads wrap at *HEAD_WIDTH*, cells at *WIDEST*."""

LINE = 15.0
"""Points that a line takes."""

WORDS_BREAK, INDENT = 1.2, 2.0
"""How much longer a text gets where words may not be cut, and places that a cell keeps free."""

LONGEST_WRAPPED = 12 * WIDEST
"""Places of a text that wraps; a longer one stays on its line, so that rows stay low."""

BANDS = ((0.2, "#EFF3FF"), (0.5, "#BDD7E7"), (0.8, "#6BAED6"), (math.inf, "#3182BD"))
"""One hue from low to high probability, with the upper end of each band; readable in grey."""

AS_SHOWN = 0.0005
"""A chance this little below a band's end is shown as that end, in tenths of a per cent."""

FORMS: Mapping[str, str] = {
    "text": "@",
    "year": "0",
    "whole": "0",
    "count": "#,##0",
    "number": "#,##0.00",
    "growth": "0.0 %",
    "points": '+0.0;"\N{MINUS SIGN}"0.0;0',
    "any": "General",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its cells and how they look; *form* is ``p`` or one of `FORMS`."""

    head: str
    cells: Sequence[Cell]
    form: str = "text"


@dataclass(frozen=True, slots=True)
class Block:
    """Where a table stands: the row of its head, its last row, its first column."""

    sheet: str
    head: int
    last: int
    first_column: int

    def cells(self, column: int) -> list[str | int]:
        """Return a reference to the cells of a *column* of the table, as charts take it."""
        at = self.first_column + column
        return [self.sheet, self.head + 1, at, self.last, at]

    def name(self, column: int) -> list[str | int]:
        """Return a reference to the head of a *column*."""
        return [self.sheet, self.head, self.first_column + column]

    def formula(self, column: int) -> str:
        """Return a reference to the cells of a *column* as text, as error bars take it."""
        sheet, *cells = self.cells(column)
        return f"={quote_sheetname(str(sheet))}!{xl_range_abs(*cells)}"


def safe_text(text: str) -> str:
    """Return *text* as a cell can hold it.

    XlsxWriter takes a text between ``<r>`` and ``</r>`` for marked-up XML: a blank after it makes it text.
    """
    text = text[: LONGEST_TEXT - 1]
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text + " " if text.startswith("<r>") and text.endswith("</r>") else text


class Book:
    """A workbook in the making, in memory; `content` closes it and returns its bytes."""

    def __init__(self, title: str, draws: int) -> None:
        self._stream = io.BytesIO()
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = Workbook(self._stream, options)
        self._book.set_properties({"title": safe_text(title), "created": CREATED})
        self._widths: dict[tuple[str, int], float] = {}
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}
        self._texts: dict[str, Written] = {}
        limit = limit_of(draws)
        low, high = f"{100.0 * limit:.1f}", f"{100.0 * (1.0 - limit):.1f}"
        self._p_form = f'[<{limit:.3f}]"<{low} %";[>{1.0 - limit:.3f}]">{high} %";0.0 %'

    def form(self, **properties: Any) -> Format:
        """Return the cell format with these properties, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({"valign": "top", **properties})
        return self._formats[key]

    def sheet(self, name: str) -> Sheet:
        """Return a new sheet, set to print across A4."""
        sheet: Sheet = self._book.add_worksheet(name, Sheet)
        sheet.set_paper(A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        return sheet

    def text(self, sheet: Worksheet, row: int, column: int, text: str, **properties: Any) -> None:
        """Write *text* as text, whatever it looks like; a spreadsheet will not run it when it is edited."""
        if guarded(text) != text:
            properties["quote_prefix"] = True
        sheet.write_string(row, column, safe_text(text), self.form(**properties))

    def lines(self, sheet: Worksheet, row: int, lines: Sequence[tuple[str, str]]) -> int:
        """Write lines of (text, style: ``title``, ``head``, ``plain`` or ``note``) down the first column.

        Return the row after them.
        """
        styles: dict[str, dict[str, Any]] = {
            "title": {"bold": True, "font_size": 16},
            "head": {"bold": True, "font_size": 12},
            "plain": {},
            "note": {"font_color": "#555555"},
        }
        for text, style in lines:
            self.text(sheet, row, 0, text, **styles[style])
            if style in TALL:
                sheet.set_row(row, TALL[style])
            row += 1
        return row

    def table(
        self, sheet: Worksheet, row: int, columns: Sequence[Column], *, is_main: bool = True, column: int = 0
    ) -> Block:
        """Write a table with its head in *row*; the main table of a sheet is frozen and filtered.

        A column of the sheet is as wide as the widest of all the tables in it.
        """
        count = len(columns[0].cells)
        head = {"bold": True, "bg_color": "#E7E6E6", "bottom": 1, "text_wrap": True}
        widths = [self._widened(sheet, column + i, width_of(each)) for i, each in enumerate(columns)]
        lines = (math.ceil(1.2 * display_width(c.head) / w) for c, w in zip(columns, widths, strict=True))
        sheet.set_row(row, LINE * max(lines))
        for position, each in enumerate(columns):
            self.text(sheet, row, column + position, each.head, **head)
            look = self.form(num_format=self.number_form(each.form))
            sheet.write_column_of(row + 1, column + position, [self._written(c, look) for c in each.cells])
            if each.form == "p" and count:
                self.colour(sheet, row + 1, column + position, row + count, column + position)
        for line, high in enumerate(lines_of(columns, widths), row + 1):
            if high > 1:
                sheet.set_row(line, LINE * high)
        if is_main:
            sheet.freeze_panes(row + 1, column + 1)
            sheet.autofilter(row, column, row + max(count, 1), column + len(columns) - 1)
            sheet.repeat_rows(row)
        return Block(sheet.get_name(), row, row + count, column)

    def _widened(self, sheet: Worksheet, column: int, width: float) -> float:
        """Make *column* of the sheet at least so wide; return how wide it is."""
        key = (sheet.get_name(), column)
        self._widths[key] = max(width, self._widths.get(key, 0.0))
        sheet.set_column(column, column, self._widths[key])
        return self._widths[key]

    def _written(self, cell: Cell, look: Format) -> Written | None:
        """Return what a cell of a table holds, and how it looks; nothing where there is nothing to tell."""
        if isinstance(cell, np.generic):
            cell = cell.item()
        if isinstance(cell, str):
            if cell not in self._texts:
                self._texts[cell] = self._text_of_table(cell)
            return self._texts[cell]
        if cell is None or not math.isfinite(cell):
            return None
        return cell, self.form() if isinstance(cell, bool) else look

    def _text_of_table(self, text: str) -> Written:
        quoted = {"quote_prefix": True} if guarded(text) != text else {}
        return safe_text(text), self.form(text_wrap=is_wrapped(text), align="left", indent=1, **quoted)

    def number_form(self, form: str) -> str:
        """Return the number format of a *form*; a format of its own begins with ``=``."""
        return self._p_form if form == "p" else FORMS.get(form, form)

    def colour(self, sheet: Worksheet, *cells: int) -> None:
        """Colour probabilities in *cells* (first row, first column, last row, last column) by band."""
        sheet.conditional_format(*cells, {"type": "blanks", "stop_if_true": True, "format": None})
        low = 0.0
        for high, colour in BANDS:
            white = colour == BANDS[-1][1]
            look = self._book.add_format({"bg_color": colour, **({"font_color": "#FFFFFF"} if white else {})})
            top = 1.0 if math.isinf(high) else high - AS_SHOWN - 1e-12
            rule = {"type": "cell", "criteria": "between", "minimum": low, "maximum": top, "format": look}
            sheet.conditional_format(*cells, rule)
            low = high - AS_SHOWN

    def chart(self, kind: str, subtype: str | None = None) -> Chart:
        """Return a new native chart."""
        return self._book.add_chart({"type": kind, "subtype": subtype} if subtype else {"type": kind})

    def content(self) -> bytes:
        """Close the workbook and return its bytes."""
        self._book.close()
        return self._stream.getvalue()


def is_wrapped(cell: str) -> bool:
    return display_width(cell) < LONGEST_WRAPPED


def lines_of(columns: Sequence[Column], widths: Sequence[float]) -> list[int]:
    """Return how many lines each row takes: not every spreadsheet finds that itself."""
    lines = [1] * len(columns[0].cells)
    for each, width in zip(columns, widths, strict=True):
        texts = {cell for cell in each.cells if isinstance(cell, str) and is_wrapped(cell)}
        high = {text: math.ceil(WORDS_BREAK * display_width(text) / (width - INDENT)) for text in texts}
        lines = [
            max(n, high.get(cell, 1)) if isinstance(cell, str) else n
            for n, cell in zip(lines, each.cells, strict=True)
        ]
    return lines


def width_of(column: Column) -> float:
    """Return a width that shows most of the column: heads and long text wrap."""
    wanted = min(display_width(column.head), HEAD_WIDTH)
    cells = set(column.cells)
    wanted = max([wanted, *(display_width(cell) + 1 for cell in cells if isinstance(cell, str))])
    numbers = [cell for cell in cells if isinstance(cell, (int, float)) and math.isfinite(cell)]
    if numbers:  # the widest is the largest or the least
        wanted = max(wanted, *(len(f"{cell:,.2f}") for cell in (min(numbers), max(numbers))))
    return float(min(max(wanted + 1, NARROWEST), WIDEST))
