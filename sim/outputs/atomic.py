"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sim.outputs.problems import space_watched

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def open_new(path: str, _: int) -> int:
    """Open a file that must not exist yet, not even as a link."""
    return os.open(path, _NEW, 0o666)


def write_whole(path: Path, content: bytes) -> None:
    """Write *content* to *path* by way of a file beside it; what stood there stays until all is safe.

    Raises NoSpace where the disk, a quota or a size limit is full; nothing of the attempt is left.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with space_watched(path.name, len(content)):
        try:
            _write(fresh, content)
            os.replace(fresh, path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=open_new) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make renames in *folder* last through a power cut, where the system can (Windows cannot)."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
