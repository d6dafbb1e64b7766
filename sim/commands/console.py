"""What a command sees of the world: the project, the language, and two streams."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TextIO

from sim.texts import say

OK, BAD_INPUT, PARTIAL, LOCKED, NO_SPACE = 0, 2, 3, 4, 5
"""Exit codes; 1 is left to what fails outside the planner's reach."""

PLAINER = "planodds.plainer"
"""The name under which streams know `plainer`."""

INSTEAD = {"−": "-", "–": "-", "—": "-", "±": "+/-", "×": "x", "≈": "~", "≥": ">=", "≤": "<=", "…": "..."}
"""What a console without a sign is shown for it: the Chinese Windows console (GBK) has no minus sign, and
a difference of ``?5.1`` points could be either."""


def plainer(error: UnicodeError) -> tuple[str, int]:
    """Return signs of ASCII for those that a console's encoding lacks, and ``?`` for a letter."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(INSTEAD.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


codecs.register_error(PLAINER, plainer)


@dataclass(frozen=True, slots=True)
class Console:
    """Prints results on *out* and all else on *err*, in one language."""

    root: Path
    lang: str
    out: TextIO
    err: TextIO

    def show(self, text: str) -> None:
        """Print a result; a reader who has gone away does not stop the work."""
        with self.surviving_readers():
            print(text, file=self.out)

    def show_text(self, key: str, **values: object) -> None:
        self.show(say(key, self.lang, **values))

    def tell(self, line: str) -> None:
        """Print one line of progress or one mistake."""
        with contextlib.suppress(BrokenPipeError):
            print(line, file=self.err, flush=True)

    def tell_text(self, key: str, **values: object) -> None:
        self.tell(say(key, self.lang, **values))

    def flush(self) -> None:
        with self.surviving_readers():
            self.out.flush()

    @contextlib.contextmanager
    def surviving_readers(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self.give_up_the_screen()

    def give_up_the_screen(self) -> None:
        """Let what is still buffered, and what may follow, go nowhere, or Python complains when it ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.out.fileno())
        os.close(nowhere)


class Command(Protocol):
    """What a module of this package offers."""

    def add_arguments(self, parser: argparse.ArgumentParser, lang: str) -> None: ...

    def run(self, options: argparse.Namespace, console: Console) -> int: ...
