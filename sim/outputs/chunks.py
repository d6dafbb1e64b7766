"""Finished pieces of work on disk, found by what they were made from.

A chunk is a file named by its key; its first line holds the length and the SHA-256 of what follows,
bound to the key. It appears whole or not at all, and is never believed before it is checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from sim.outputs.atomic import write_whole
from sim.outputs.problems import Refused, space_watched

FOLDER = ".chunks"
_MAGIC = b"planodds-chunk-1"
_LARGEST = 1 << 28


@dataclass(frozen=True, slots=True)
class Chunks:
    """The chunks under *folder*; *noticed* is told of each that cannot be believed: its key and why."""

    folder: Path
    noticed: Callable[[str, str], None]

    def get(self, key: str) -> bytes | None:
        """Return the content of *key*; None where there is none that can be believed."""
        try:
            with open(self._place(key), "rb") as file:
                raw = file.read(_LARGEST + 1)
        except FileNotFoundError:
            return None
        except OSError:
            self.noticed(key, "unreadable")
            return None
        head, _, content = raw.partition(b"\n")
        if head == _head(key, content):
            return content
        self.noticed(key, _why(head, content))
        return None

    def put(self, key: str, content: bytes) -> None:
        """Keep *content* under *key*. Raises NoSpace, or Refused where the place is no folder."""
        place = self._place(key)
        try:
            with space_watched(place.name, len(content)):
                place.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise Refused("is-a-file", folder=f"{self.folder.parent.name}/{FOLDER}") from None
        if place.is_symlink() or place.parent.is_symlink() or self.folder.is_symlink():
            raise Refused("link", folder=f"{self.folder.parent.name}/{FOLDER}")
        write_whole(place, _head(key, content) + b"\n" + content)

    def tidy(self) -> None:
        """Remove what a killed run left half written."""
        for fresh in self.folder.glob("*/.*.new"):
            fresh.unlink(missing_ok=True)

    def prune(self, kept: Collection[str]) -> tuple[int, int]:
        """Remove all chunks but those whose keys are *kept*; return how many went, and their bytes."""
        count = size = 0
        if self.folder.is_symlink():
            return count, size
        for place in sorted(self.folder.glob("*/*.chunk")):
            if place.stem not in kept and not place.parent.is_symlink():
                size += place.lstat().st_size
                place.unlink()
                count += 1
        return count, size

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.chunk"


def _head(key: str, content: bytes) -> bytes:
    digest = hashlib.sha256(key.encode("ascii") + b"\n" + content).hexdigest()
    return b"%s %d %s" % (_MAGIC, len(content), digest.encode("ascii"))


def _why(head: bytes, content: bytes) -> str:
    parts = head.split(b" ")
    if len(parts) != 3 or parts[0] != _MAGIC or not parts[1].isdigit() or len(parts[1]) > 12:
        return "version" if parts[0].startswith(b"planodds-chunk-") else "unreadable"
    return "truncated" if len(content) < int(parts[1]) else "changed"
