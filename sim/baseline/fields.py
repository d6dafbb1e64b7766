"""The fields of a YAML mapping, read one by one; what is wrong becomes a mistake with its place."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.axes import Name
from sim.errors import BadInput, Found, Place
from sim.marked.document import Document, load_document
from sim.marked.table import Table, load_table, nearest_or_all

Path_ = tuple[str | int, ...]


def document_or_none(path: Path, root: Path, found: Found) -> Document | None:
    """Return the document, or None with its mistakes in *found*."""
    try:
        return load_document(path, root)
    except BadInput as bad:
        found.mistakes.extend(bad.mistakes)
        return None


def table_or_none(
    path: Path,
    root: Path,
    columns: Collection[str],
    found: Found,
    *,
    needs_rows: bool = False,
    optional: Collection[str] = (),
) -> Table | None:
    """Return the table, or None with its mistakes in *found*; one that has no rows and *needs_rows* too."""
    try:
        table = load_table(path, root, tuple(columns), optional)
    except BadInput as bad:
        found.mistakes.extend(bad.mistakes)
        return None
    if needs_rows and not table.rows:
        found.add(table.place, "no-rows")
        return None
    return table


@dataclass(slots=True)
class Fields:
    """The mapping at *path* of a document; a value that is not there or not right is a mistake.

    Methods then return a harmless stand-in (NaN, "", an empty tuple), so that reading goes on and
    all mistakes are reported together. *finish* reports the fields that nobody asked for.
    """

    document: Document
    path: Path_
    found: Found
    data: dict[str, Any] = field(init=False)
    asked: list[str] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        value: Any = self.document.data
        for step in self.path:
            value = value[step]
        if not isinstance(value, dict):
            self.found.add(self.place, "not-a-mapping")
        self.data = value if isinstance(value, dict) else {}

    @property
    def place(self) -> Place:
        return self.document.key_place(*self.path)

    def has(self, name: str) -> bool:
        """Say whether the field is there and not empty."""
        self.asked.append(name)
        return self.data.get(name) is not None

    def value_place(self, name: str) -> Place:
        return self.document.place(*self.path, name)

    def text(self, name: str, default: str | None = None) -> str:
        """Return the text of a field, which must not be blank."""
        value = self._value(name, default is None)
        if value is None:
            return default or ""
        if isinstance(value, str) and value.strip():
            return value
        self._wrong(name, "text")
        return ""

    def number(self, name: str, default: float | None = None) -> float:
        value = self._value(name, default is None)
        if value is None:
            return math.nan if default is None else default
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self._wrong(name, "number")
        return math.nan

    def integer(self, name: str, default: int | None = None) -> int:
        value = self._value(name, default is None)
        if value is None:
            return default or 0
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._wrong(name, "integer")
        return 0

    def choice(self, name: str, legal: Collection[str]) -> str:
        """Return the field's word if it is *legal*; otherwise a mistake with the nearest."""
        word = self.text(name)
        if word and word not in legal:
            self.found.add(
                self.value_place(name),
                "bad-choice",
                column=name,
                value=word,
                near=nearest_or_all(word, legal),
            )
        return word

    def name(self, name: str = "name") -> Name:
        """Return a mapping of ``zh`` and ``en``."""
        inner = self.child(name)
        if inner is None:
            return Name("", "")
        result = Name(inner.text("zh"), inner.text("en"))
        inner.finish()
        return result

    def items(self, name: str) -> tuple[Any, ...]:
        """Return the values of a list."""
        value = self._value(name, True)
        if value is None or isinstance(value, list):
            return tuple(value or ())
        self._wrong(name, "list")
        return ()

    def child(self, name: str, required: bool = True) -> Fields | None:
        """Return the mapping inside a field, or None where there is none."""
        if self._value(name, required) is None:
            return None
        return Fields(self.document, (*self.path, name), self.found)

    def children(self) -> Iterator[tuple[str, Fields]]:
        """Yield every field as a mapping of its own."""
        for name in self.data:
            self.asked.append(name)
            yield name, Fields(self.document, (*self.path, name), self.found)

    def finish(self) -> None:
        """Report every field that was not asked for."""
        for name in self.data:
            if name not in self.asked:
                place = self.document.key_place(*self.path, name)
                self.found.add(place, "unknown-field", field=name, near=nearest_or_all(name, set(self.asked)))

    def _value(self, name: str, required: bool) -> Any:
        self.asked.append(name)
        value = self.data.get(name)
        if value is None and required:
            place = self.document.key_place(*self.path, name) if name in self.data else self.place
            self.found.add(place, "missing-field", field=name)
        return value

    def _wrong(self, name: str, expected: str) -> None:
        self.found.add(self.value_place(name), "not-" + expected, field=name)
