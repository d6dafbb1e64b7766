"""A worksheet whose columns are written at once, and whose cells become XML in one step.

XlsxWriter asks of each cell anew what it is, where it stands and how it looks. A sheet of trajectories has
twenty thousand, all of three kinds. The files are the same to the byte (tests/units/test_workbook.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import CellNumberTuple, CellStringTuple, Worksheet

Written = tuple[str | bool | float, Format]
"""What a cell can hold, and how it looks."""

LONG = 16_000
"""Letters from which XlsxWriter must see whether a cell can hold a text."""


class Sheet(Worksheet):  # type: ignore[misc]  # its base has no types
    """A worksheet for whole columns of texts and numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: dict[int, str] = {}
        self._looks: dict[Format, str] = {}

    def write_column_of(self, row: int, column: int, cells: Sequence[Written | None]) -> None:
        """Write *cells* downwards from *row*; numbers must be finite."""
        known = [line for line, cell in enumerate(cells, row) if cell is not None]
        if not known or self._check_dimensions(known[0], column) or self._check_dimensions(known[-1], column):
            return
        index_of = self.str_table._get_shared_string_index
        for line, cell in enumerate(cells, row):
            if cell is None:
                continue
            value, look = cell
            if isinstance(value, bool):
                self.write_boolean(line, column, value, look)
            elif not isinstance(value, str):
                self.table[line][column] = CellNumberTuple(value, look)
            elif len(value) < LONG:
                self.table[line][column] = CellStringTuple(index_of(value), look)
            else:
                self.write_string(line, column, value, look)

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        is_number = isinstance(cell, CellNumberTuple)
        if not (is_number or isinstance(cell, CellStringTuple)) or not cell.format:
            super()._write_cell(row, col, cell)
            return
        look = self._looks.get(cell.format)
        if look is None:
            look = self._looks[cell.format] = f'" s="{cell.format._get_xf_index()}"'
        name = self._columns.get(col)
        if name is None:
            name = self._columns[col] = f'<c r="{xl_col_to_name(col)}'
        if is_number:
            self.fh.write(f"{name}{row + 1}{look}><v>{cell.number:.16G}</v></c>")
        else:
            self.fh.write(f'{name}{row + 1}{look} t="s"><v>{cell.string}</v></c>')
