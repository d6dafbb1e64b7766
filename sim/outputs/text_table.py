"""Tables on the screen: columns that line up also where Chinese letters take two places."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Collection, Sequence

GAP = "  "


@functools.lru_cache(maxsize=1 << 14)
def display_width(text: str) -> int:
    """Return how many places *text* takes on a terminal."""
    return len(text) if text.isascii() else sum(_places(letter) for letter in text)


def _places(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return *text* filled with blanks to *width* places, before it if it stands *right*."""
    blanks = " " * (width - display_width(text))
    return blanks + text if right else text + blanks


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Return head, rule and rows as lines; columns at the positions *right* stand right."""
    widths = [max(display_width(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    lines = [
        GAP.join(padded(cell, widths[i], right=i in right) for i, cell in enumerate(row)).rstrip()
        for row in (head, ["-" * width for width in widths], *rows)
    ]
    return "\n".join(lines)
