"""CSV tables whose cells know their place and turn into values, or into mistakes."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.errors import BadInput, Found, Mistake, Place, nearest_or_first
from sim.marked.text import load_bytes, name_in_project, text_from_bytes
from sim.texts import table as every_text

MAX_BYTES = 16_000_000
FIELD = re.compile(r'"((?:[^"]|"")*)"|([^",\n]*)')
NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?")
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of a table, stripped of blanks at both ends."""

    row: Row
    column: str
    text: str

    @property
    def place(self) -> Place:
        return self.row.place_of(self.column)

    def number(self, found: Found, *, positive: bool = False) -> float:
        """Return the finite number in the cell, or NaN and a mistake."""
        if not NUMBER.fullmatch(self.text) or not math.isfinite(float(self.text)):
            self.mistake(found, "bad-value")
            return math.nan
        value = float(self.text)
        if positive and value <= 0:
            self.mistake(found, "not-positive")
        return value

    def optional_number(self, found: Found) -> float | None:
        """Return the number in the cell, or None where it is empty."""
        return self.number(found) if self.text else None

    def integer(self, found: Found) -> int | None:
        """Return the whole number in the cell, or None and a mistake."""
        if INTEGER.fullmatch(self.text):
            return int(self.text)
        self.mistake(found, "bad-integer")
        return None

    def choice(self, legal: Collection[str], found: Found, code: str = "bad-choice") -> str | None:
        """Return the cell's word if it is *legal*, else None and the mistake *code* with the nearest."""
        if self.text in legal:
            return self.text
        self.mistake(found, code, near=nearest_or_all(self.text, legal))
        return None

    def required(self, found: Found) -> str:
        """Return the cell's text; an empty one is a mistake."""
        if not self.text:
            self.mistake(found, "empty-cell")
        return self.text

    def names(self) -> tuple[str, ...]:
        """Return the words of a cell that lists several, separated by semicolons."""
        return tuple(word.strip() for word in self.text.split(";") if word.strip())

    def mistake(self, found: Found, code: str, **details: object) -> None:
        """Add the mistake *code* at this cell; its sentence may say {column} and {value} or {name}."""
        value = " ".join(self.text[:60].split())  # a mistake is one line
        found.add(self.place, code, column=self.column, value=value, **({"name": value} | details))


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table; ``row["growth"]`` is its cell."""

    table: _Source
    position: int  # where the record begins in the text of the file
    line: int
    texts: tuple[str, ...]

    def __getitem__(self, column: str) -> Cell:
        return Cell(self, column, self.texts[self.table.index[column]])

    def __contains__(self, column: str) -> bool:
        """Whether the file has the optional *column*."""
        return column in self.table.index

    def text(self, column: str) -> str:
        return self.texts[self.table.index[column]]

    @property
    def place(self) -> Place:
        return Place(self.table.file, self.line, 1)

    def place_of(self, column: str) -> Place:
        """Return where the field of *column* begins; found again from the text, since rarely asked."""
        wanted, position = self.table.index[column], self.position
        for _ in range(wanted):
            match = FIELD.match(self.table.text, position)
            assert match is not None
            position = match.end() + 1
        start = self.table.text.rfind("\n", 0, position) + 1
        line = self.line + self.table.text.count("\n", self.position, position)
        return Place(self.table.file, line, position - start + 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    file: str
    text: str
    index: dict[str, int]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file with the columns that were asked for, in any order."""

    file: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def place(self) -> Place:
        return Place(self.file)


def nearest_or_all(word: str, legal: Collection[str]) -> str:
    """Return the legal names nearest to *word*, or the first few where none is near."""
    return nearest_or_first(word, sorted(legal))


def column_called(word: str, legal: Collection[str]) -> str | None:
    """Return the column of *legal* that spreadsheets head with *word*, in Chinese or English."""
    for column in legal:
        heads = every_text().get(f"column.{column}", {})
        if any(word.casefold() in head.split("|") for head in heads.values()):
            return column
    return None


def load_table(path: Path, root: Path, columns: Sequence[str], optional: Collection[str] = ()) -> Table:
    """Return the CSV file *path* with all *columns* and none but these and *optional* ones; BadInput with
    every mistake of its form.
    """
    return table_from_bytes(load_bytes(path, root, MAX_BYTES), name_in_project(path, root), columns, optional)


def table_from_bytes(raw: bytes, name: str, columns: Sequence[str], optional: Collection[str] = ()) -> Table:
    """Return *raw* as a table: comma-separated, quotes doubled inside quotes, blank lines left out."""
    text = text_from_bytes(raw, name)
    found = Found()
    records = _records(text, name, found)
    header = next(records, None)
    if header is None:
        raise BadInput([*found.mistakes, Mistake(Place(name), "empty-file")])
    names = header[2]
    _check_header(names, name, columns, optional, found)
    source = _Source(name, text, {column: i for i, column in enumerate(names)})
    rows = []
    for position, line, texts in records:
        if len(texts) != len(names):
            found.add(Place(name, line, 1), "field-count", count=len(texts), expected=len(names))
        rows.append(Row(source, position, line, texts))
    found.raise_if_any()
    return Table(name, names, tuple(rows))


def _check_header(
    names: tuple[str, ...], file: str, columns: Sequence[str], optional: Collection[str], found: Found
) -> None:
    place = Place(file)
    if len(names) == 1 and len(columns) > 1 and re.search("[;\t，]", names[0]):
        found.add(place, "csv-separator")
        return
    for column in columns:
        if column not in names:
            found.add(place, "missing-column", column=column)
    for i, column in enumerate(names):
        if column in names[:i]:
            found.add(place, "duplicate-column", column=column)
        elif column not in columns and column not in optional:
            legal = (*columns, *optional)
            near = column_called(column, legal) or nearest_or_all(column, legal)
            found.add(place, "unknown-column", column=column, near=near)


def _records(text: str, name: str, found: Found) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Yield position, line and fields of every record that is not blank."""
    position, line = 0, 1
    while position < len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        raw = text[position:end]
        if '"' not in raw:
            if raw.strip():
                yield position, line, tuple(field.strip() for field in raw.split(","))
            position, line = end + 1, line + 1
            continue
        fields, stop = _quoted_record(text, position, line, name, found)
        if fields:
            yield position, line, fields
        line += text.count("\n", position, stop) + 1
        position = stop + 1


def _quoted_record(
    text: str, position: int, line: int, name: str, found: Found
) -> tuple[tuple[str, ...], int]:
    """Return the fields of a record with quotes and where it stops; none if its quotes do not close."""
    fields: list[str] = []
    start = position
    while True:
        match = FIELD.match(text, position)
        assert match is not None  # the second branch matches the empty string
        quoted, plain = match.groups()
        fields.append((plain if quoted is None else quoted.replace('""', '"')).strip())
        position = match.end()
        if position < len(text) and text[position] == ",":
            position += 1
            continue
        if position < len(text) and text[position] != "\n":
            column = position - text.rfind("\n", 0, position)
            found.add(Place(name, line + text.count("\n", start, position), column), "csv-quote")
            end = text.find("\n", position)
            return (), len(text) if end < 0 else end
        return tuple(fields), position
