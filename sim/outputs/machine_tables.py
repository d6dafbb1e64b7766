"""Columns as bytes of files: CSV for programs, CSV for people, Parquet. Equal columns, equal bytes."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Cell = str | bool | int | float | None
Columns = Mapping[str, Sequence[Cell] | NDArray[Any]]
"""Columns by name, in order, of one length. NaN and None are empty cells; numbers stay numbers."""

BOM = b"\xef\xbb\xbf"
_FORMULA = frozenset("=+-@")


def machine_csv(columns: Columns) -> bytes:
    """Return CSV for programs: UTF-8 without BOM, LF, shortest digits that read back to the same float."""
    return _csv(columns, guard=False).encode("utf-8")


def people_csv(columns: Columns) -> bytes:
    """Return CSV for spreadsheets: with BOM, since Chinese Excel reads UTF-8 without one as GBK.

    Text that a spreadsheet would take for a formula gets an apostrophe; numbers never do.
    """
    return BOM + _csv(columns, guard=True).replace("\n", "\r\n").encode("utf-8")


def _csv(columns: Columns, *, guard: bool) -> str:
    rows = zip(*(_cells(values) for values in columns.values()), strict=True)
    lines = (",".join(_field(cell, guard=guard) for cell in row) for row in (tuple(columns), *rows))
    return "".join(line + "\n" for line in lines)


def _cells(values: Sequence[Cell] | NDArray[Any]) -> list[Cell]:
    """Return a column's cells as Python's own; NaN, which no file should hold, becomes None."""
    plain: list[Cell] = [cell.item() if isinstance(cell, np.generic) else cell for cell in values]
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in plain]


def _field(cell: Cell, *, guard: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return repr(cell + 0.0)  # minus zero is zero
    if isinstance(cell, int):
        return str(cell)
    text = guarded(cell) if guard else cell
    # A row end inside a cell would be a row end to half of all readers.
    text = " ".join(text.splitlines()) if guard else text
    # Written out, because the csv module quotes differently from one Python to the next.
    return '"' + text.replace('"', '""') + '"' if any(letter in text for letter in ',"\r\n') else text


def guarded(text: str) -> str:
    """Return *text* such that no spreadsheet runs it: an apostrophe before what begins like a formula.

    Blanks, controls and invisible letters before the sign do not hide it, nor does its full-width form.
    """
    shown = (letter for letter in text if unicodedata.category(letter)[0] not in "ZC")
    first = unicodedata.normalize("NFKC", next(shown, ""))[:1]
    return "'" + text if first in _FORMULA else text


def parquet(columns: Columns) -> bytes:
    """Return a Parquet file with a checksum on every page, so that a flipped bit cannot be read back."""
    import pyarrow
    from pyarrow import parquet as files

    table = pyarrow.table({name: _array(name, _cells(values)) for name, values in columns.items()})
    sink = pyarrow.BufferOutputStream()
    files.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _array(name: str, cells: Sequence[Cell]) -> object:
    """Return the Arrow array of a column: text, truth, whole numbers, else float64 (also when empty)."""
    import pyarrow

    kinds = {type(cell) for cell in cells if cell is not None}
    for kind, made in ((str, pyarrow.string()), (bool, pyarrow.bool_()), (int, pyarrow.int64())):
        if kinds == {kind}:
            return pyarrow.array(cells, made)
    if kinds <= {int, float}:
        return pyarrow.array([None if cell is None else float(cell) for cell in cells], pyarrow.float64())
    raise TypeError(f"column {name} mixes {sorted(kind.__name__ for kind in kinds)}")


def columns_from_parquet(content: bytes) -> dict[str, list[Cell]]:
    """Return the columns of a Parquet file, every page's checksum verified; OSError where one is wrong."""
    import pyarrow
    from pyarrow import parquet as files

    table = files.read_table(pyarrow.BufferReader(content), page_checksum_verification=True)
    columns: dict[str, list[Cell]] = table.to_pydict()
    return columns
