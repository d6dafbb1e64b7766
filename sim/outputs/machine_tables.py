"""Columns as bytes of files: CSV for programs, CSV for people, Parquet. Equal columns, equal bytes."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow

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
    written = [[_text(name, guard), *_fields(_cells(values), guard)] for name, values in columns.items()]
    return "".join(",".join(row) + "\n" for row in zip(*written, strict=True))


def _cells(values: Sequence[Cell] | NDArray[Any]) -> list[Cell]:
    """Return a column's cells as Python's own; NaN, which no file should hold, becomes None."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    plain: list[Cell] = [cell.item() if isinstance(cell, np.generic) else cell for cell in values]
    return [None if cell != cell else cell for cell in plain]


def _fields(cells: Sequence[Cell], guard: bool) -> list[str]:
    """Return the fields of a column; a text that repeats is looked at once."""
    texts = {cell: _text(cell, guard) for cell in set(cells) if isinstance(cell, str)}
    return [texts[cell] if isinstance(cell, str) else _number(cell) for cell in cells]


def _number(cell: bool | float | None) -> str:
    if isinstance(cell, float):
        return repr(cell + 0.0)  # minus zero is zero
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else str(cell)


def _text(text: str, guard: bool) -> str:
    if guard:
        # A row end inside a cell would be a row end to half of all readers.
        text = " ".join(guarded(text).splitlines())
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

    arrays = [_array(name, _cells(values)) for name, values in columns.items()]
    table = pyarrow.Table.from_arrays(arrays, names=list(columns))
    sink = pyarrow.BufferOutputStream()
    files.write_table(table, sink, compression="zstd", write_page_checksum=True)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _array(name: str, cells: Sequence[Cell]) -> pyarrow.Array:
    """Return the Arrow array of a column: text, truth, whole numbers, else float64 (also when empty).

    Made from buffers: ``pyarrow.array`` would import pandas, which takes longer than writing all tables.
    """
    import pyarrow

    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {str}:
        texts = [b"" if cell is None else str(cell).encode("utf-8") for cell in cells]
        ends = np.cumsum([0, *(len(text) for text in texts)]).astype(np.int32)
        return _from_buffers(pyarrow.string(), cells, ends, b"".join(texts))
    if kinds == {bool}:
        return _from_buffers(pyarrow.bool_(), cells, _bits([bool(cell) for cell in cells]))
    if kinds == {int}:
        whole = np.array([0 if cell is None else cell for cell in cells], dtype=np.int64)
        return _from_buffers(pyarrow.int64(), cells, whole)
    if kinds <= {int, float}:
        numbers = np.array([0.0 if cell is None else float(cell) for cell in cells])
        return _from_buffers(pyarrow.float64(), cells, numbers)
    raise TypeError(f"column {name} mixes {sorted(kind.__name__ for kind in kinds)}")


def _from_buffers(
    kind: pyarrow.DataType, cells: Sequence[Cell], *values: NDArray[Any] | bytes
) -> pyarrow.Array:
    """Return an Arrow array of *kind* from its *values*; cells that are None are marked as such."""
    import pyarrow

    known = _bits([cell is not None for cell in cells])
    return pyarrow.Array.from_buffers(kind, len(cells), [pyarrow.py_buffer(b) for b in (known, *values)])


def _bits(truths: Sequence[bool]) -> NDArray[np.uint8]:
    return np.packbits(np.array(truths, dtype=np.bool_), bitorder="little")


def columns_from_parquet(content: bytes) -> dict[str, list[Cell]]:
    """Return the columns of a Parquet file, every page's checksum verified; OSError where one is wrong."""
    import pyarrow
    from pyarrow import parquet as files

    table = files.read_table(pyarrow.BufferReader(content), page_checksum_verification=True)
    columns: dict[str, list[Cell]] = table.to_pydict()
    return columns
