"""Every target of the document as text, evaluated or not."""

from __future__ import annotations

from collections import Counter

from sim.baseline.plan import Baseline, Target
from sim.tables.layout import wrapped_table
from sim.tables.wording import needs_words, value_words, with_unit
from sim.texts import say

HEAD = ("target", "version", "status", "area", "name", "year", "value", "needs")
MOST = {1: 13, 2: 12, 3: 8, 4: 22, 6: 9, 7: 18}
RIGHT = (5, 6)
PARTS = ("prose", "annex")
OF_THE_ANNEX = ("annex", "derived")
"""How groups begin whose targets stand in the tables of a document and not in its prose."""


def targets_text(baseline: Baseline, lang: str) -> str:
    """Return a row for each target in the plan's order, then how many there are of each status.

    Versions of one target are counted once, those of the prose and those of the annex apart.
    """
    rows = [_row(target, baseline, lang) for target in baseline.targets]
    head = [say(f"targets.{word}", lang) for word in HEAD]
    return "\n".join(
        (
            baseline.title.in_language(lang),
            wrapped_table(head, rows, MOST, right=RIGHT),
            *(_counted(part, baseline, lang) for part in PARTS),
            say("targets.legend", lang),
        )
    )


def _counted(part: str, baseline: Baseline, lang: str) -> str:
    """Return how many targets a part of the document has, and of which status they are."""
    here = [
        target
        for target in baseline.targets
        if target.lead and target.group.startswith(OF_THE_ANNEX) == (part == "annex")
    ]
    counts = Counter(target.status for target in here)
    each = (f"{say(f'targets.{status}', lang)} {count}" for status, count in sorted(counts.items()))
    words = say("mistake.comma", lang).join(each)
    return say(f"targets.in-{part}", lang, count=len(here), statuses=words)


def _row(target: Target, baseline: Baseline, lang: str) -> tuple[str, ...]:
    areas = {area.id: area.name.in_language(lang) for area in (*baseline.cities, baseline.province)}
    return (
        target.id,
        target.version + (" *" if target.lead else ""),
        say(f"targets.{target.status}", lang),
        areas.get(target.area, target.area),
        with_unit(target.name.in_language(lang), target.unit, lang),
        str(target.year) + ("?" if target.year_basis == "inferred" else ""),
        value_words(target, lang),
        _needs(target, lang),
    )


def _needs(target: Target, lang: str) -> str:
    """Return what is missing and where to enter it; nothing where the target is evaluated."""
    if target.status == "evaluated":
        return needs_words(target, lang)
    where = "targets.where-value" if target.status == "unquantified" else "targets.where"
    if target.quantity is not None and target.value == target.value:
        where = "targets.where-status"
    place = f"targets.csv:{target.place.line}"
    return say(
        "screen.sentences", lang, first=needs_words(target, lang), second=say(where, lang, place=place)
    )
