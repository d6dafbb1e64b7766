"""What a reader is told of a target: its unit, how a version reads it, and what is still missing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.baseline.load_targets import MEANS
from sim.baseline.plan import Baseline, Target
from sim.cube import Driver, Probability, RunAssumption, name_of
from sim.tables.figures import bare_percent, number, percent, stated
from sim.texts import LANGUAGES_APART, say, table

_FOLD = re.compile("(?<=[\u3000-\u9fff\uff00-\uff60]) (?=[\u3000-\u9fff\uff00-\uff60])")
"""A blank between Chinese letters, where YAML folded a line."""


def unfolded(text: str) -> str:
    """Return *text* on one line, without the blanks that folding left between Chinese letters."""
    return _FOLD.sub("", " ".join(text.split()))


def words_of(key: str, lang: str, default: str) -> str:
    """Return the text *key*, or *default* where a plan uses a word of its own."""
    return say(key, lang) if key in table() else default


def unit_words(unit: str, lang: str) -> str:
    """Return a unit as readers write it; ``1`` is no unit."""
    if unit in ("1", "%"):
        return unit.removeprefix("1")
    return words_of(f"unit.{unit}", lang, unit)


def run_value(assumption: RunAssumption, lang: str) -> str:
    """Return the value of an assumption of the whole run; that parameters are drawn is said in words."""
    return words_of(f"assumption.{assumption.id}-{assumption.value}", lang, assumption.value)


def source_words(source: str, lang: str) -> str:
    """Return a source by the name that its readers know; an address or a source of one's own as written."""
    return words_of(f"source.{source}", lang, source)


def series_words(series: str, baseline: Baseline, lang: str) -> str:
    """Return a series by the name of the plan's quantity with its id, else by the one that its readers know;
    behind it the id, as files have it. One without a name is its id.
    """
    own = next((part.name.in_language(lang) for part in baseline.indicators if part.id == series), "")
    name = own or words_of(f"series.{series}", lang, "")
    return say("screen.with-unit", lang, text=name, unit=series) if name else series


def with_unit(text: str, unit: str, lang: str) -> str:
    """Return *text* with *unit* in brackets."""
    words = unit_words(unit, lang)
    return say("screen.with-unit", lang, text=text, unit=words) if words else text


def value_words(target: Target, lang: str) -> str:
    """Return what the target asks for, in the document's unit; a plain number is at least that."""
    if target.status == "unquantified":
        return ""
    sign = {">=": "", ">": ">", "≈": say("screen.about", lang)}[target.comparator]
    return sign + stated(target.value)


def in_document_unit(row: Probability, value: float) -> float:
    """Return a *value* of the row's quantity in the unit of the document."""
    if row.target.kind in MEANS or not row.target.threshold:
        return value
    return value * row.target.value / row.target.threshold


def amount_words(row: Probability, value: float | None) -> str:
    """Return a median or a shortfall in the document's unit, without it."""
    return "" if value is None else number(in_document_unit(row, value))


def needs_words(target: Target, lang: str) -> str:
    """Return in one language what is missing; a text of one language stands for both."""
    zh, _, en = target.needs.partition(LANGUAGES_APART)
    return (en or zh) if lang == "en" else zh


def driver_words(driver: Driver | None, draws: int, lang: str) -> str:
    """Return the assumption that moves p most, and p with its low and its high value."""
    if driver is None:
        return ""
    name = driver.name.in_language(lang)
    low, high = bare_percent(driver.low, draws), bare_percent(driver.high, draws)
    if low == high:
        return say("screen.driver-weak", lang, name=name)
    return say("screen.driver", lang, name=name, low=low, high=percent(driver.high, draws))


def tolerance_words(tolerance: float, lang: str) -> str:
    """Return how far from its value a target still counts as hit."""
    if tolerance == 0.0:
        return say("screen.no-tolerance", lang)
    return say("screen.tolerance", lang, tolerance=stated(tolerance))


def version_words(row: Probability, versions: Sequence[Probability], baseline: Baseline, lang: str) -> str:
    """Return how this version is called and how it reads its target, as far as *versions* of it differ."""
    words = version_apart(row, versions, baseline, lang)
    if not words:
        return say("screen.version", lang, version=row.target.version)
    return say("screen.version-of", lang, version=row.target.version, words=words)


def version_apart(row: Probability, versions: Sequence[Probability], baseline: Baseline, lang: str) -> str:
    """Return how this version reads its target, as far as *versions* of it differ; empty if they do not."""
    target = row.target
    parts = []
    tolerances = {(version.target.comparator, version.target.tolerance) for version in versions}
    if len(tolerances) > 1 and target.tolerance is not None:
        parts.append(tolerance_words(target.tolerance, lang))
    if len({v.target.kind for v in versions}) > 1:
        parts.append(words_of(f"kind.{target.kind}", lang, target.kind))
    if len({v.quantity for v in versions}) > 1 and row.quantity:
        parts.append(name_of(baseline, row.quantity).in_language(lang))
    if len({v.target.year for v in versions}) > 1:
        parts.append(say("screen.version-year", lang, year=target.year))
    return say("screen.comma", lang).join(parts)
