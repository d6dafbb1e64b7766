"""Text that fits a terminal, where Chinese letters take two places: broken lines, tables that wrap."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sim.outputs.text_table import GAP, display_width, padded

WIDTH = 114
"""Places that a line of text may take."""

WIDEST = 120
"""Places that a table may take: a common terminal, and A4 across."""

_CLOSING = "，。；：、！？）】》”’"
_OPENING = "（【《“‘"
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60"
# A number keeps its per cent sign, and a Chinese letter the punctuation around it.
_PIECE = re.compile(
    rf"\s+|[{_OPENING}]*(?:[{_WIDE}“”‘’]|[^\s{_WIDE}“”‘’]+(?: %[^\s{_WIDE}“”‘’]*)?)[{_CLOSING}]*"
)


@dataclass(frozen=True, slots=True)
class Note:
    """A line of a table that runs across all columns, indented by *indent* places."""

    text: str
    indent: int = 0


def wrapped(text: str, width: int) -> list[str]:
    """Return *text* as lines of at most *width* places; blanks at its beginning indent every line.

    A word longer than a line is cut; a table can hold it no other way.
    """
    blanks = len(text) - len(text.lstrip())
    room = max(width - blanks, 2)
    lines, line = [], ""
    for piece in _pieces(text[blanks:], room):
        if display_width(line) + display_width(piece.rstrip()) > room and line.strip():
            lines.append(line.rstrip())
            line = ""
        line = (line + piece) if line else piece.lstrip()
    lines.append(line.rstrip())
    return [" " * blanks + line if line else "" for line in lines]


def _pieces(text: str, width: int) -> Iterator[str]:
    """Yield what may not be broken, each at most *width* places wide."""
    for match in _PIECE.finditer(text):
        piece = match.group()
        while display_width(piece) > width:
            count = next(n for n in range(len(piece), 0, -1) if n == 1 or display_width(piece[:n]) <= width)
            yield piece[:count]
            piece = piece[count:]
        yield piece


def paragraph(text: str, indent: int = 0, hanging: int = 0, width: int = WIDTH) -> str:
    """Return *text* in lines of at most *width* places, the first *indent* in, the others *hanging* more."""
    first, *rest = wrapped(text, width - indent - hanging)
    lines = [" " * indent + first, *(" " * (indent + hanging) + line for line in rest)]
    return "\n".join(lines)


def wrapped_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str] | Note],
    most: Mapping[int, int] | None = None,
    right: Collection[int] = (),
    gap: str = GAP,
) -> str:
    """Return head, rule and rows as lines; a cell wider than its column's *most* places wraps.

    Columns at the positions *right* hold numbers: they stand right, and none of them is cut. A `Note`
    runs across the table.
    """
    room = [
        max((most or {}).get(i, WIDTH), *_words_in(rows, i)) if i in right else (most or {}).get(i, WIDTH)
        for i in range(len(head))
    ]
    grid = [
        row if isinstance(row, Note) else [wrapped(cell, room[i]) for i, cell in enumerate(row)]
        for row in (head, *rows)
    ]
    columns = zip(*(row for row in grid if not isinstance(row, Note)), strict=True)
    widths = [max(display_width(line) for cell in column for line in cell) for column in columns]
    lines: list[str] = []
    for row in grid:
        if isinstance(row, Note):
            lines.append(paragraph(row.text, row.indent))
            continue
        height = max(len(cell) for cell in row)
        filled = [[*cell, *[""] * (height - len(cell))] for cell in row]
        lines += [
            gap.join(padded(cell[n], widths[i], right=i in right) for i, cell in enumerate(filled)).rstrip()
            for n in range(height)
        ]
        if row is grid[0]:
            lines.append(gap.join("-" * width for width in widths))
    return "\n".join(lines)


def column_groups(
    columns: Sequence[Sequence[str]], widths: Sequence[int], room: int, gap: str = GAP
) -> list[list[Sequence[str]]]:
    """Return *columns* in groups that fit in *room* places with a gap before each, at least one in each."""
    groups: list[list[Sequence[str]]] = []
    left = 0
    for column, width in zip(columns, widths, strict=True):
        needed = width + len(gap)
        if not groups or needed > left:
            groups.append([])
            left = room
        groups[-1].append(column)
        left -= needed
    return groups


def _words_in(rows: Sequence[Sequence[str] | Note], column: int) -> list[int]:
    """Return the widths of the words in a column, without blanks."""
    cells = (row[column] for row in rows if not isinstance(row, Note))
    return [0, *(display_width(word) for cell in cells for word in cell.split())]
