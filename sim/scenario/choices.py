"""What might have been meant: the nearest legal name, or the legal names themselves."""

from __future__ import annotations

from collections.abc import Iterable

from sim.errors import MORE, SEPARATOR, nearest_of

SHOWN = 12


def near(word: str, legal: Iterable[str]) -> str:
    """Return the legal names nearest to *word*; the first few legal names if none is near."""
    names = list(legal)
    close = nearest_of(word, names)
    if close:
        return SEPARATOR.join(close)
    return SEPARATOR.join([*names[:SHOWN], *([MORE] if len(names) > SHOWN else [])])
