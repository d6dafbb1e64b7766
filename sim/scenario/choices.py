"""What might have been meant: the nearest legal name, or the legal names themselves."""

from __future__ import annotations

from collections.abc import Iterable

from sim.errors import nearest

SHOWN = 12


def near(word: str, legal: Iterable[str]) -> str:
    """Return the legal name nearest to *word*; the first few legal names if none is near."""
    names = list(legal)
    close = nearest(word, names)
    if close is not None:
        return close
    return " / ".join(names[:SHOWN]) + (" / …" if len(names) > SHOWN else "")
