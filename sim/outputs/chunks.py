"""Finished pieces of work on disk, found by what they were made from.

A chunk is a file named by its key; its first line holds the length and the SHA-256 of what follows,
bound to the key. It appears whole or not at all, and is never believed before it is checked.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

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
            with open(self._place(key), "rb", opener=_open_plain) as file:
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
        """Keep *content* under *key*. Raises NoSpace, or Refused where nothing can be put there."""
        place = self._place(key)
        with self._refusing():
            with space_watched(place.name, len(content)):
                place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_symlink() or place.parent.is_symlink() or self.folder.is_symlink():
                raise Refused("link", folder=self._shown())
            write_whole(place, _head(key, content) + b"\n" + content)

    def prepare(self) -> None:
        """Make the folder, and remove what a killed run left half written in it.

        Raises Refused where the folder cannot be written to: before anything is computed.
        """
        with self._refusing():
            if self.folder.is_symlink():
                raise Refused("link", folder=self._shown())
            with space_watched(self.folder.name, 0):
                self.folder.mkdir(parents=True, exist_ok=True)
                with TemporaryFile(dir=self.folder):
                    pass
            for fresh in self.folder.glob("*/.*.new"):
                fresh.unlink(missing_ok=True)

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn what the system says of a place that cannot be written to into Refused."""
        try:
            yield
        except (FileExistsError, NotADirectoryError):
            raise Refused("is-a-file", folder=self._shown()) from None
        except IsADirectoryError as error:
            place = Path(error.filename2 or error.filename)
            raise Refused("in-the-way", file=f"{self._shown()}/{place.parent.name}/{place.name}") from None
        except OSError as error:
            raise Refused("not-writable", folder=self._shown(), why=error.strerror) from error

    def _shown(self) -> str:
        return f"{self.folder.parent.name}/{FOLDER}"

    def prune(self, kept: Collection[str]) -> tuple[int, int]:
        """Remove all chunks but those whose keys are *kept*; return how many went, and their bytes."""
        count = size = 0
        if self.folder.is_symlink():
            return count, size
        with self._refusing():
            for place in sorted(self.folder.glob("*/*.chunk")):
                if place.stem not in kept and not place.parent.is_symlink():
                    size += place.lstat().st_size
                    place.unlink()
                    count += 1
        return count, size

    def _place(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.chunk"


def _open_plain(path: str, flags: int) -> int:
    """Open a file that is one: a link, or a pipe that never ends, is an OSError."""
    handle = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "no plain file", path)
    return handle


def _head(key: str, content: bytes) -> bytes:
    digest = hashlib.sha256(key.encode("ascii") + b"\n" + content).hexdigest()
    return b"%s %d %s" % (_MAGIC, len(content), digest.encode("ascii"))


def _why(head: bytes, content: bytes) -> str:
    parts = head.split(b" ")
    if len(parts) != 3 or parts[0] != _MAGIC or not parts[1].isdigit() or len(parts[1]) > 12:
        return "version" if parts[0].startswith(b"planodds-chunk-") else "unreadable"
    return "truncated" if len(content) < int(parts[1]) else "changed"
