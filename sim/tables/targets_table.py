"""Every target of the document as text, evaluated or not."""

from __future__ import annotations

from collections import Counter

from sim.baseline.plan import Baseline, Target
from sim.outputs.text_table import text_table
from sim.texts import say

HEAD = ("target", "version", "status", "area", "name", "year", "value", "needs")


def targets_text(baseline: Baseline, lang: str) -> str:
    """Return a row for each target in the plan's order, then how many there are of each status."""
    rows = [_row(target, baseline, lang) for target in baseline.targets]
    counts = Counter(target.status for target in baseline.targets)
    return "\n".join(
        (
            baseline.title.in_language(lang),
            text_table([say(f"targets.{word}", lang) for word in HEAD], rows, right=(5, 6)),
            *(f"{say(f'targets.{status}', lang)}: {count}" for status, count in sorted(counts.items())),
        )
    )


def _row(target: Target, baseline: Baseline, lang: str) -> tuple[str, ...]:
    areas = {area.id: area.name.in_language(lang) for area in (*baseline.cities, baseline.province)}
    stated = f"{target.comparator} {target.value:.10g} {target.unit}"
    return (
        target.id,
        target.version + (" *" if target.lead else ""),
        say(f"targets.{target.status}", lang),
        areas.get(target.area, target.area),
        target.name.in_language(lang),
        str(target.year),
        "" if target.status == "unquantified" else stated,
        target.needs,
    )
