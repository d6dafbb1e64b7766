"""Names of results as names of files: one folder level, the same on every system."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 200
"""Bytes of a name; file systems allow 255, and what is written beside it needs some."""

_HASH = 8
_RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"} | {
    device + digit for device in ("com", "lpt") for digit in "0123456789¹²³"
}
_ENDS_LIKE_A_HASH = re.compile(rf"-[0-9a-f]{{{_HASH}}}\Z")


def safe_name(name: str) -> str:
    """Return *name* as the name of a file or folder: itself where it is plain, else slug and hash.

    Plain are small letters and ideographs, digits, ``-`` and ``_``. Any two names whose Unicode
    normal forms differ get results that differ, also where a file system ignores case.
    """
    name = unicodedata.normalize("NFC", name)
    if _is_plain(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH]
    slug = "".join(letter if _is_kept(letter) else "-" for letter in name.lower())
    slug = re.sub(r"-+", "-", slug).strip("-") or "unnamed"
    room = LONGEST - _HASH - 1
    while len(slug.encode("utf-8")) > room:
        slug = slug[:-1]
    return f"{slug}-{digest}"


def _is_kept(letter: str) -> bool:
    return letter.isalnum() or letter in "-_"


def _is_plain(name: str) -> bool:
    return (
        bool(name)
        and name == name.casefold() == name.upper().lower()
        and name not in _RESERVED
        and not name.startswith("-")
        and all(_is_kept(letter) for letter in name)
        and len(name.encode("utf-8")) <= LONGEST
        and _ENDS_LIKE_A_HASH.search(name) is None
    )
