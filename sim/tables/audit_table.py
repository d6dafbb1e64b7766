"""The audit of a plan as text: what rounding cannot explain first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sim.baseline.audit import Audit, ChainMismatch, GrowthMismatch, SumMismatch
from sim.baseline.plan import MEANS, Baseline
from sim.baseline.slack import Slack
from sim.cube import unit_of
from sim.outputs.text_table import text_table
from sim.tables.wording import unit_words
from sim.texts import say

DIGITS = 7  # the largest printed level has six; one more shows what rounding hides


def audit_text(baseline: Baseline, audit: Audit, lang: str) -> str:
    """Return the audit as tables: sums, growth cells, chains, and the slack of the headline targets."""
    words = _Words(baseline, lang)
    sums, growths, chains = audit.checked
    title = words.say("title", plan=words.title, sums=sums, growths=growths, chains=chains)
    return "\n\n".join(
        (
            title,
            _sums(audit.sums, words),
            _growths(audit.growths, words),
            _chains(audit.chains, words),
            _slacks(audit.slacks, words),
        )
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """Names in the reader's language."""

    baseline: Baseline
    lang: str

    def say(self, key: str, **values: object) -> str:
        return say(f"audit.{key}", self.lang, **values)

    @property
    def title(self) -> str:
        return self.baseline.title.in_language(self.lang)

    def area(self, ident: str) -> str:
        areas = (*self.baseline.cities, self.baseline.province)
        return next(area.name.in_language(self.lang) for area in areas if area.id == ident)

    def indicator(self, ident: str) -> str:
        found = (i.name.in_language(self.lang) for i in self.baseline.indicators if i.id == ident)
        return next(found, ident)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> str:
        return "\n" + text_table([self.say(word) for word in head], rows, right) if rows else ""


def _sums(sums: Sequence[SumMismatch], words: _Words) -> str:
    wrong = [total for total in sums if not total.explained]
    rows = [
        (
            words.indicator(total.indicator),
            str(total.year),
            number(total.cities),
            number(total.province),
            number(total.gap, sign="+"),
            "±" + number(total.bound),
            str(total.place),
        )
        for total in wrong
    ]
    head = ("indicator", "year", "cities", "province", "gap", "bound", "place")
    return words.say("sums", count=len(wrong), explained=len(sums) - len(wrong)) + words.table(
        head, rows, (1, 2, 3, 4, 5)
    )


def _growths(growths: Sequence[GrowthMismatch], words: _Words) -> str:
    wrong = [growth for growth in growths if not growth.explained]
    rows = [
        (
            words.indicator(growth.indicator),
            words.area(growth.area),
            str(growth.year),
            percent(growth.printed.value),
            percent(growth.implied),
            f"{percent(growth.low)} .. {percent(growth.high)}",
            str(growth.place),
        )
        for growth in wrong
    ]
    head = ("indicator", "area", "year", "printed", "implied", "range", "place")
    return words.say("growths", count=len(wrong), explained=len(growths) - len(wrong)) + words.table(
        head, rows, (2, 3, 4, 5)
    )


def _chains(chains: Sequence[ChainMismatch], words: _Words) -> str:
    rows = [
        (
            words.indicator(chain.indicator),
            words.area(chain.area),
            str(chain.year),
            number(chain.printed.value),
            number(chain.chained),
            f"{number(chain.low)} .. {number(chain.high)}",
            words.say("rounding" if chain.explained else "beyond-rounding"),
        )
        for chain in sorted(chains, key=lambda chain: chain.explained)
    ]
    explained = sum(chain.explained for chain in chains)
    head = ("indicator", "area", "year", "printed", "chained", "range", "verdict")
    return words.say("chains", count=len(chains) - explained, explained=explained) + words.table(
        head, rows, (2, 3, 4, 5)
    )


def _slacks(slacks: Sequence[Slack], words: _Words) -> str:
    targets = {(target.id, target.version): target for target in words.baseline.targets}
    rows = []
    for slack in slacks:
        target = targets[slack.target, slack.version]
        # A mean growth is a fraction inside and a percentage to a reader.
        shown = percent if target.kind in MEANS else number
        note = "" if slack.needs is None else words.say("needs", name=words.indicator(slack.needs))
        if slack.required is not None:
            unit = unit_words(unit_of(words.baseline, slack.needs or ""), words.lang)
            note += words.say("required", level=number(slack.required), unit=unit)
        rows.append(
            (
                f"{slack.target} {target.name.in_language(words.lang)}",
                slack.version + (" *" if slack.lead else ""),
                str(slack.year),
                shown(slack.threshold),
                "" if slack.value is None else shown(slack.value),
                "" if slack.slack is None else percent(slack.slack, sign="+"),
                note,
            )
        )
    head = ("target", "version", "year", "threshold", "value", "slack", "note")
    return words.say("slacks") + words.table(head, rows, (2, 3, 4, 5))


def number(value: Fraction, sign: str = "") -> str:
    """Return *value* with DIGITS digits and no exponent."""
    text = format(float(value), f"{sign}.{DIGITS}g")
    return text if "e" not in text else format(float(value), f"{sign}.0f")


def percent(value: Fraction, sign: str = "") -> str:
    return format(float(100 * value), f"{sign}.2f") + " %"
