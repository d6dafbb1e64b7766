"""What can stand in the way of writing results; the command line turns each into one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from sim.texts import say


class OutputProblem(Exception):
    """A sentence ``output.<code>`` filled with *details*, and the exit code that goes with it."""

    exit_code: ClassVar[int] = 2

    def __init__(self, code: str, **details: object) -> None:
        self.code = code
        self.details = details
        super().__init__(self.line("en"))

    def line(self, lang: str) -> str:
        """Return ``sentence [code]``."""
        return f"{say('output.' + self.code, lang, **self.details)} [{self.code}]"


class Refused(OutputProblem):
    """Results cannot or must not be written there; found before anything is simulated."""


class Locked(OutputProblem):
    """Another run writes to the same folder."""

    exit_code = 4


class Broken(OutputProblem):
    """Work ended before all was done, through nobody's mistake; what was done is kept."""

    exit_code = 3


class NoSpace(OutputProblem):
    """The disk, a quota or a file size limit is full; what stood there before still stands."""

    exit_code = 5


_FULL = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}


@contextmanager
def space_watched(file: str, needed: int) -> Iterator[None]:
    """Turn the system's "full" into NoSpace that says which *file* and how many bytes it *needed*."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("no-space", file=file, needed=needed) from error
        raise
