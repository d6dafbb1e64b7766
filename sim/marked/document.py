"""The one module that reads YAML: plain values, and where each of them stands."""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sim.errors import Found, Place
from sim.marked.syntax import syntax_mistakes
from sim.marked.text import FORBIDDEN, load_bytes, name_in_project, plain_number_text, text_from_bytes
from sim.marked.text import fixed_encoding as fixed_encoding

MAX_BYTES = 1_000_000
MAX_NODES = 200_000
MAX_DEPTH = 32
MAX_SCALAR = 64_000
KEPT = 64
"""Documents that are kept once read: a process asks for those of its plan again and again."""
MAX_DIGITS = 20  # 2**64 has twenty: every seed fits, and no text can make a costly integer

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(nan|NaN|NAN|inf|Inf|INF)")
LOST_COLON = re.compile(r"([a-z_][a-z0-9_]*|\w+(?=：\s*[-+0-9０-９.]))：")

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The values of a YAML file, and the places of values and of keys by path.

    *data* is made of dict, list, str, int, float, bool and None; every key is a str (``2016`` and
    ``"2016"`` are one key), in the order of the file. A path is a tuple of keys and list positions;
    *key_places* has the paths that end in a key; *unread* those of values that are None for a mistake.
    """

    file: str
    data: Any
    places: Mapping[Path_, Place]
    key_places: Mapping[Path_, Place]
    unread: frozenset[Path_] = frozenset()

    def place(self, *path: str | int) -> Place:
        """Return the place of the value at *path*, or of the nearest value around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file))

    def key_place(self, *path: str | int) -> Place:
        """Return the place of the key that ends *path*, or of the value if it is no key."""
        return self.key_places.get(path) or self.place(*path)


@dataclass(slots=True)
class _Open:
    """A mapping or a list that is still being read; *key* waits for its value."""

    path: Path_
    value: dict[str, Any] | list[Any]
    seen: dict[str, Place] = field(default_factory=dict)
    key: str | None = None
    key_line: int = 0


def load_document(path: Path, root: Path) -> Document:
    """Return the YAML file *path*; BadInput with every mistake, placed relative to *root*."""
    return kept_document(load_bytes(path, root, MAX_BYTES), name_in_project(path, root))


@functools.lru_cache(maxsize=KEPT)
def kept_document(raw: bytes, name: str) -> Document:
    """Return what *raw* says, as `document_from_bytes`; nobody may change it, for all share it."""
    return document_from_bytes(raw, name)


def document_from_bytes(raw: bytes, name: str, found: Found | None = None) -> Document:
    """Return what *raw* says as YAML 1.2 without anchors, aliases, merges and tags.

    Where numbers alone will not do and *found* is given, it gets these mistakes and the rest is returned.
    """
    return document_from_text(text_from_bytes(raw, name), name, found)


def document_from_text(text: str, name: str, found: Found | None = None) -> Document:
    """Return what *text* says, as `document_from_bytes`."""
    reader = _Reader(name)
    for event in _events(text, name, reader.found):
        reader.take(event)
    if reader.root is None and not reader.found.mistakes:
        reader.found.add(Place(name), "empty-yaml")
    if found is not None and len(reader.found.mistakes) == reader.bad_numbers:
        found.mistakes.extend(reader.found.mistakes)
    else:
        reader.found.raise_if_any()
    return Document(name, reader.root, reader.places, reader.key_places, frozenset(reader.unread))


def _events(text: str, name: str, found: Found) -> Iterator[Any]:
    """Yield parse events; a syntax error is added to *found* and ends the file."""
    events = YAML(typ="safe", pure=True).parse(text)
    while True:
        try:
            event = next(events, None)
        except MarkedYAMLError as error:
            found.mistakes.extend(syntax_mistakes(error, text, name))
            return
        except (YAMLError, ValueError, OverflowError):  # an escape such as "\UFFFFFFFF"
            found.add(Place(name), "yaml-syntax", problem="")
            return
        if event is None:
            return
        yield event


class _Reader:
    """Builds plain values from parse events, with an own stack: no input can exhaust Python's."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found = Found()
        self.root: Any = None
        self.places: dict[Path_, Place] = {}
        self.key_places: dict[Path_, Place] = {}
        self.unread: set[Path_] = set()
        self.bad_numbers = 0
        self.documents = 0
        self.nodes = 0
        self.stack: list[_Open] = []

    def take(self, event: Any) -> None:
        """Add one event; BadInput at once where going on would cost too much."""
        kind = type(event).__name__
        place = Place(self.name, event.start_mark.line + 1, event.start_mark.column + 1)
        if kind == "DocumentStartEvent":
            self._start_document(event, place)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._count(place)
            self._refuse_marks(event, place)
            self._open({} if kind == "MappingStartEvent" else [], place)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self.stack.pop()
        elif kind == "AliasEvent":
            self._count(place)
            self.found.add(place, "alias", name=event.anchor)
            self._put(None, place)
        elif kind == "ScalarEvent":
            self._count(place)
            self._refuse_marks(event, place)
            self._scalar(event, place)

    def _start_document(self, event: Any, place: Place) -> None:
        self.documents += 1
        if event.version or event.tags:
            self.found.add(place, "yaml-directive")
        if self.documents > 1:
            self.found.add(place, "two-documents")
            self.found.raise_if_any()

    def _count(self, place: Place) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.found.add(place, "too-many-nodes", limit=MAX_NODES)
            self.found.raise_if_any()

    def _refuse_marks(self, event: Any, place: Place) -> None:
        if event.anchor is not None:
            self.found.add(place, "anchor", name=event.anchor)
        if event.tag is not None or getattr(event, "ctag", None) is not None:
            self.found.add(place, "tag", name=event.tag)

    def _open(self, value: dict[str, Any] | list[Any], place: Place) -> None:
        if len(self.stack) >= MAX_DEPTH:
            self.found.add(place, "too-deep", limit=MAX_DEPTH)
            self.found.raise_if_any()
        if self.stack and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None:
            self.found.add(place, "key-not-text")
            self.found.raise_if_any()
        self.stack.append(_Open(self._put(value, place), value))

    def _scalar(self, event: Any, place: Place) -> None:
        text: str = event.value
        if len(text) > MAX_SCALAR // 4 and len(text.encode("utf-8", "replace")) > MAX_SCALAR:
            self.found.add(place, "scalar-too-long", limit=MAX_SCALAR // 1000)
            text = ""
        hidden = FORBIDDEN.search(text)
        if hidden:  # only an escape can still bring one in
            self.found.add(place, "hidden-character", character=f"U+{ord(hidden[0]):04X}")
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        plain = bool(event.implicit[0])
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, text, plain, place)
            return
        if plain and "：" in text and self._is_lost_key(top, text, place):
            colon = place._replace(column=place.column + text.index("："))
            self.found.add(colon, "full-width-colon")
        before = self.bad_numbers
        path = self._put(self._value(text, place) if plain else text, place)
        if self.bad_numbers > before:
            self.unread.add(path)

    def _key(self, top: _Open, text: str, plain: bool, place: Place) -> None:
        if plain and text == "<<":
            self.found.add(place, "merge-key")
        elif not text or text != text.strip():
            self.found.add(place, "blank-key")
        elif text in top.seen:
            first = top.seen[text]
            self.found.add(place, "duplicate-key", name=text, line=first.line, column=first.column)
        top.seen.setdefault(text, place)
        top.key, top.key_line = text, place.line
        self.key_places.setdefault((*top.path, text), place)

    def _is_lost_key(self, top: _Open | None, text: str, place: Place) -> bool:
        """Say whether *text* stands where keys stand and looks like ``key：value``."""
        alone = top is None or (isinstance(top.value, dict) and place.line > top.key_line)
        return alone and LOST_COLON.match(text) is not None

    def _value(self, text: str, place: Place) -> Any:
        text = plain_number_text(text)
        if text in ("", "~", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if INTEGER.fullmatch(text):
            if len(text.lstrip("+-")) <= MAX_DIGITS:
                return int(text)
            self._refuse_number(place, "number-range", text[:12] + "…")
            return None
        if NOT_FINITE.fullmatch(text) or (FLOAT.fullmatch(text) and not math.isfinite(float(text))):
            self._refuse_number(place, "not-finite", text[:20])
            return None
        return float(text) if FLOAT.fullmatch(text) else text

    def _refuse_number(self, place: Place, code: str, value: str) -> None:
        self.found.add(place, code, value=value)
        self.bad_numbers += 1

    def _put(self, value: Any, place: Place) -> Path_:
        """Hang *value* on the open mapping or list; return its path."""
        if not self.stack:
            self.root, self.places[()] = value, place
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            path: Path_ = (*top.path, len(top.value))
            top.value.append(value)
        else:
            if top.key is None:
                self.found.add(place, "key-not-text")
                self.found.raise_if_any()
            assert top.key is not None
            path = (*top.path, top.key)
            top.value.setdefault(top.key, value)
            top.key = None
        self.places.setdefault(path, place)
        return path
