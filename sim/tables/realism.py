"""What stands beside a scenario as a check against reality: the record of earlier targets, plausibility."""

from __future__ import annotations

from sim.axes import Name
from sim.baseline.plan import Target
from sim.baseline.track_record import record_of
from sim.cube import Cube, name_of
from sim.outputs.machine_tables import Columns
from sim.studies.plausibility import plausibility_of
from sim.tables.layout import paragraph
from sim.texts import LANGUAGES, say


def record_words(target: Target, cube: Cube, lang: str) -> str:
    """Return how earlier targets of the same kind fared; empty where none is known."""
    record = record_of(target, cube.plan)
    if record is None:
        return ""
    kind = say(f"realism.kind.{record.kind}", lang)
    told = say("realism.record", lang, kind=kind, hits=record.hits, count=record.count)
    if record.own_count:
        told += say("realism.own", lang, hits=record.own_hits, count=record.own_count)
    return told


def record_name(target: Target, cube: Cube) -> Name:
    """Return the same in both languages."""
    return Name(*(record_words(target, cube, lang) for lang in LANGUAGES))


def realism_text(cube: Cube, lang: str) -> str:
    """Return the record of the kinds of the headline targets and the scenario's plausibility."""
    told: dict[str, list[str]] = {}
    for row in cube.headline():
        words = record_words(row.target, cube, lang)
        if words:
            told.setdefault(words, []).append(row.target.id)
    lines = [
        paragraph(f"{say('screen.listed', lang).join(ids)}: {words}" + say("screen.stop", lang))
        for words, ids in told.items()
    ]
    if lines:
        lines.insert(0, paragraph(say("realism.heading", lang)))
    lines += [paragraph(words) for words in [plausibility_words(cube, lang)] if words]
    return "\n".join(lines)


def plausibility_words(cube: Cube, lang: str) -> str:
    """Return the distance of the scenario from its reference, and its most unusual indicator."""
    known = plausibility_of(cube)
    if known is None:
        return ""
    worst = known.most_unusual
    return say(
        "realism.plausibility",
        lang,
        distance=f"{known.distance:.1f}",
        kl=f"{known.kl:.1f}",
        farther=_share(known.farther),
        name=name_of(cube.plan, worst.indicator).in_language(lang),
        growth=f"{100.0 * worst.growth:.1f}",
        expected=f"{100.0 * worst.expected:.1f}",
        percentile=_share(worst.percentile),
        faster=worst.faster,
        units=worst.units,
        first=worst.window[0],
        last=worst.window[1],
    )


def _share(value: float) -> str:
    return "<1" if value < 0.01 else ">99" if value > 0.99 else f"{100.0 * value:.0f}"


def plausibility_columns(cube: Cube) -> Columns | None:
    """Return a row per indicator with history; *all* carries the distance of all together."""
    known = plausibility_of(cube)
    if known is None:
        return None
    rows = known.departures
    return {
        "indicator": [*(row.indicator for row in rows), "all"],
        "log_growth": [*(row.growth for row in rows), None],
        "expected": [*(row.expected for row in rows), None],
        "sd": [*(row.sd for row in rows), None],
        "percentile": [*(row.percentile for row in rows), None],
        "units_as_fast": [*(row.faster for row in rows), None],
        "units": [*(row.units for row in rows), None],
        "distance": [*(abs(row.z) for row in rows), known.distance],
        "kl": [*(row.z**2 / 2.0 for row in rows), known.kl],
        "chance_farther": [*(None for _ in rows), known.farther],
    }
