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


def targets_text(baseline: Baseline, lang: str) -> str:
    """Return a row for each target in the plan's order, then how many there are of each status."""
    rows = [_row(target, baseline, lang) for target in baseline.targets]
    counts = Counter(target.status for target in baseline.targets)
    head = [say(f"targets.{word}", lang) for word in HEAD]
    return "\n".join(
        (
            baseline.title.in_language(lang),
            wrapped_table(head, rows, MOST, right=RIGHT),
            *(f"{say(f'targets.{status}', lang)}: {count}" for status, count in sorted(counts.items())),
            say("targets.legend", lang),
        )
    )


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
