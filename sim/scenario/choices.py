"""What might have been meant: the nearest legal name, or the legal names themselves."""

from __future__ import annotations

from collections.abc import Iterable

from sim.errors import nearest_or_first

SHOWN = 12


def near(word: str, legal: Iterable[str]) -> str:
    """Return the legal names nearest to *word*; the first few legal names if none is near."""
    return nearest_or_first(word, legal, SHOWN)
