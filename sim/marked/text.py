"""Bytes to text, strictly: UTF-8 only, no invisible characters, lines that end one way."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from sim.errors import BadInput, Found, Mistake, Place

BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
MAX_REPORTED = 20  # a binary file would otherwise give one mistake per byte

# C0 but tab and line feed, DEL, C1, soft hyphen, bidi controls, zero-width and line separators,
# surrogates, noncharacters: invisible in an editor, so a reader cannot tell two names apart.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)
FULL_WIDTH = re.compile(r"[０-９＋－．％%+\-.0-9eE]*[０-９＋－．％][０-９＋－．％%+\-.0-9eE]*")


def name_in_project(path: Path, root: Path) -> str:
    """Return *path* relative to *root* with forward slashes; a file elsewhere keeps its bare name."""
    try:
        return readable_name(path.resolve().relative_to(root.resolve()).as_posix())
    except ValueError:
        return readable_name(path.name)


def file_system_name(name: str) -> str:
    """Return *name* as Python must be told it so that its bytes on disk are UTF-8 in every locale."""
    return os.fsdecode(name.encode("utf-8"))


def readable_name(name: str) -> str:
    """Return a name as it came from the file system or the command line, read as UTF-8."""
    try:
        return os.fsencode(name).decode("utf-8", "replace")
    except UnicodeEncodeError:  # it did not come from there: this locale could not have spelled it
        return name


def load_bytes(path: Path, root: Path, limit: int) -> bytes:
    """Return the bytes of *path*; BadInput if it is missing, unreadable or longer than *limit* bytes."""
    place = Place(name_in_project(path, root))
    try:
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except FileNotFoundError:
        raise BadInput([Mistake(place, "missing-file", (("near", ""),))]) from None
    except OSError:
        raise BadInput([Mistake(place, "unreadable-file")]) from None
    if len(raw) > limit:
        raise BadInput([Mistake(place, "file-too-large", (("limit", str(limit // 1_000_000)),))])
    return raw


def text_from_bytes(raw: bytes, name: str) -> str:
    """Return the text of *raw* in NFC with line feeds only; *name* is for the places of mistakes.

    A UTF-8 byte order mark is dropped. BadInput for other encodings (named, never guessed) and for
    every invisible or control character.
    """
    found = Found()
    text = _decoded(raw, name).replace("\r\n", "\n").replace("\r", "\n")
    for match in list(FORBIDDEN.finditer(text))[:MAX_REPORTED]:
        found.add(place_at(text, match.start(), name), "hidden-character", character=f"U+{ord(match[0]):04X}")
    found.raise_if_any()
    return text if text.isascii() else _composed(text)


def place_at(text: str, position: int, name: str) -> Place:
    """Return the line and column of *position* in *text*."""
    start = text.rfind("\n", 0, position) + 1
    return Place(name, text.count("\n", 0, position) + 1, position - start + 1)


def plain_number_text(text: str) -> str:
    """Return *text* with full-width digits, signs, point and percent made plain, if it is only these."""
    return unicodedata.normalize("NFKC", text) if FULL_WIDTH.fullmatch(text) else text


def fixed_encoding(raw: bytes) -> str:
    """Return what *raw* says, guessing among UTF-8, UTF-16 and GB18030; ValueError if it is none.

    Only for `run.py fix-encoding`, which shows the guess to a person: loaders never guess.
    """
    if raw.startswith(UTF_16):
        text = raw.decode("utf-16")
    else:
        try:
            text = raw.removeprefix(BOM).decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("gb18030")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(raw: bytes, name: str) -> str:
    """Return *raw* as UTF-8; BadInput that names what it is instead, where it first is."""
    if raw.startswith(UTF_16) or _looks_like_utf_16(raw):
        raise BadInput([Mistake(Place(name), "utf-16-file", (("file", name),))])
    body = raw.removeprefix(BOM)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        good = body[: error.start].decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        place = place_at(good, len(good), name)
    code = "gbk-file" if _is_gb18030(body) else "not-utf-8"
    raise BadInput([Mistake(place, code, (("file", name),))])


def _is_gb18030(raw: bytes) -> bool:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _looks_like_utf_16(raw: bytes) -> bool:
    """Say whether every second byte of the beginning is NUL, as in UTF-16 without its mark."""
    head = raw[:64]
    return len(head) >= 4 and (not any(head[0::2]) or not any(head[1::2])) and any(head)


def _composed(text: str) -> str:
    # Line by line, so that a combining mark can never swallow a line break and move every place.
    return "\n".join(unicodedata.normalize("NFC", line) for line in text.split("\n"))
