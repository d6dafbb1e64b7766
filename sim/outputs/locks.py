"""One run at a time in a results folder; the second learns who is first."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sim.outputs.atomic import write_whole
from sim.outputs.problems import Locked, Refused

LOCK = ".lock"
HOLDER = ".lock-holder"
"""Beside the lock, because Windows lets nobody read a locked file."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold *folder* for this process; raise Locked with pid, host and start where another holds it.

    The system frees the lock when its process ends, however it ends: none is ever stale. Raises
    Refused where nothing can be written to the folder.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Locked("locked", folder=folder.name, holder=_holder(folder)) from None
    except OSError as error:
        raise _not_writable(folder, error) from error
    holder = folder / HOLDER
    try:
        _write_holder(holder)
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _write_holder(holder: Path) -> None:
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    text = f"pid {os.getpid()}, host {socket.gethostname()}, start {started}\n"
    try:
        write_whole(holder, text.encode("utf-8"))
    except OSError as error:
        raise _not_writable(holder.parent, error) from error


def _not_writable(folder: Path, error: OSError) -> Refused:
    return Refused("not-writable", folder=folder.name, why=error.strerror)


def _holder(folder: Path) -> str:
    try:
        return (folder / HOLDER).read_text(encoding="utf-8", errors="replace").strip() or "?"
    except OSError:
        return "?"
