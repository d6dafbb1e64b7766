"""Scenarios compared with a first one: what differs, what that does, and how surely; screen and columns."""

from __future__ import annotations

from collections.abc import Sequence

from sim.axes import UNALLOCATED
from sim.baseline.plan import Baseline, Target
from sim.cube import AT_LEAST, name_of
from sim.outputs.machine_tables import Cell, Columns
from sim.outputs.text_table import display_width
from sim.studies.compare import ChanceChange, Comparison, Interval, JointChange
from sim.tables.difference_lines import MINUS, difference_line
from sim.tables.figures import percent
from sim.tables.layout import WIDTH, paragraph, wrapped_table
from sim.texts import LANGUAGES, say

MOST_MOVED = 12
"""Shifts shown on the screen; files have all of them."""

FINEST = 0.05
"""Points: a difference finer than this would be no tenth."""


def compared_text(comparisons: Sequence[Comparison], lang: str) -> str:
    """Return each scenario beside the first: what was written, probabilities, what moved."""
    return "\n\n".join(_one(comparison, lang) for comparison in comparisons)


def _one(comparison: Comparison, lang: str) -> str:
    was, now = comparison.was, comparison.now
    head = say(
        "compare.title",
        lang,
        now=now.title.in_language(lang),
        was=was.title.in_language(lang),
        draws=f"{now.draws:,}",
        seed=now.seed,
    )
    lines = [difference_line(each, now.plan, lang) for each in comparison.written]
    written = [paragraph(f"- {line}", hanging=2) for line in lines] or [say("compare.same", lang)]
    parts = [head, say("compare.written", lang), *written, "", _chances(comparison, lang)]
    parts += ["", say("compare.error", lang), "", _moved(comparison, lang)]
    fits = [display_width(part) <= WIDTH or "\n" in part for part in parts]
    return "\n".join(part if fit else paragraph(part) for part, fit in zip(parts, fits, strict=True))


def _chances(comparison: Comparison, lang: str) -> str:
    draws = comparison.now.draws
    leads = [c for c in comparison.chances if c.target.group == "headline" and c.target.lead]
    named: list[tuple[str, ChanceChange | JointChange]] = [
        (f"{row.target.id} {row.target.name.in_language(lang)}", row) for row in leads
    ]
    count = len(comparison.joint) - 1
    named += [(say("compare.at-least", lang, k=row.k, count=count), row) for row in comparison.joint[1:]]
    plan = comparison.now.plan
    named += [(_name_of_other(row.target, plan, lang), row) for row in _others(comparison)]
    named += [(_name_of_other(row.target, plan, lang), row) for row in _of_cities(comparison)]
    rows = [
        (
            name,
            percent(row.was, draws),
            percent(row.now, draws),
            points(row.difference.value),
            interval_text(row.difference),
        )
        for name, row in named
    ]
    head = [say(f"compare.{word}", lang) for word in ("target", "was", "now", "difference", "interval")]
    return wrapped_table(head, rows, {0: 48}, right=(1, 2, 3, 4))


def _name_of_other(target: Target, plan: Baseline, lang: str) -> str:
    """Return a target by id, the version if it is not the one that leads, its city, and its name."""
    version = "" if target.lead else target.version
    area = "" if target.area == plan.province.id else area_name(plan, target.area, lang)
    return " ".join(part for part in (target.id, version, area, target.name.in_language(lang)) if part)


def _of_cities(comparison: Comparison) -> list[ChanceChange]:
    """Return the targets of cities that move, the most moved first."""
    province = comparison.now.plan.province.id
    rows = [row for row in comparison.chances if row.target.area != province and row.difference.value != 0.0]
    return sorted(rows, key=lambda row: -abs(row.difference.value))[:MOST_MOVED]


def _others(comparison: Comparison) -> list[ChanceChange]:
    """Return the versions and other targets of the province that move, the most moved first."""
    province = comparison.now.plan.province.id
    rows = [
        row
        for row in comparison.chances
        if not (row.target.group == "headline" and row.target.lead)
        and row.target.area == province
        and row.difference.value != 0.0
    ]
    return sorted(rows, key=lambda row: -abs(row.difference.value))[:MOST_MOVED]


def _moved(comparison: Comparison, lang: str) -> str:
    plan = comparison.now.plan
    counts = {"moved": len(comparison.moved), "unmoved": comparison.unmoved}
    title = say("compare.moved", lang, **counts, shown=min(MOST_MOVED, len(comparison.moved)))
    if not comparison.moved:
        return title
    rows = [
        (
            area_name(plan, shift.area, lang),
            name_of(plan, shift.quantity).in_language(lang),
            str(shift.year),
            "" if shift.change is None else points(shift.change) + " %",
        )
        for shift in sorted(comparison.moved, key=lambda s: s.area == UNALLOCATED)[:MOST_MOVED]
    ]
    head = [say(f"compare.{word}", lang) for word in ("area", "indicator", "year", "change")]
    return title + "\n" + wrapped_table(head, rows, {1: 48}, right=(2, 3))


def points(fraction: float) -> str:
    """Return *fraction* in points such as ``+1.3`` or ``−5.5``; ``0`` where nothing differs.

    What is finer than a tenth has a second decimal, and ``≈0`` stands for what is finer still.
    """
    value = 100.0 * fraction
    if value == 0.0:
        return "0"
    if abs(value) < FINEST / 10.0:
        return "≈0"
    return format(value, "+.2f" if abs(value) < FINEST else "+.1f").replace("-", MINUS)


def interval_text(interval: Interval) -> str:
    """Return the ends of *interval* in points; nothing where it is exact."""
    if interval.low == interval.high:
        return ""
    return " .. ".join((points(interval.low), points(interval.high)))


def area_name(plan: Baseline, area: str, lang: str) -> str:
    """Return the name of an area of *plan*, the unallocated among them."""
    if area == UNALLOCATED:
        return say("compare.unallocated", lang)
    return next(a.name.in_language(lang) for a in (*plan.cities, plan.province) if a.id == area)


def chance_columns(comparisons: Sequence[Comparison]) -> Columns:
    """Return a row per scenario and target (or number of headline targets), with both probabilities.

    *difference* is p less the reference's, *low* to *high* its simulation error (95 %), luck in common.
    """
    rows: list[tuple[Cell, ...]] = []
    for each in comparisons:
        ends = each.now.scenario, each.was.scenario
        run = each.now.draws, each.now.seed
        for row in each.chances:
            target = row.target
            names = target.name.zh, target.name.en
            key = target.id, target.version, None, target.area, target.lead
            rows.append((*ends, "target", *key, row.was, row.now, *row.difference, *run, *names))
        for joint in each.joint:
            nothing = joint.k, each.now.plan.province.id, None
            numbers = joint.was, joint.now, *joint.difference
            rows.append((*ends, AT_LEAST, None, None, *nothing, *numbers, *run, None, None))
    heads = ("scenario", "reference", "event", "target", "version", "k", "area", "lead")
    others = ("p_reference", "p", "difference", "low", "high", "draws", "seed", "name_zh", "name_en")
    return _columns((*heads, *others), rows)


def moved_columns(comparisons: Sequence[Comparison]) -> Columns:
    """Return a row per scenario, area and quantity whose levels moved; *change* is a fraction."""
    rows: list[tuple[Cell, ...]] = [
        (each.now.scenario, each.was.scenario, s.area, s.quantity, s.year, s.was, s.now, s.change)
        for each in comparisons
        for s in each.moved
    ]
    names = ("scenario", "reference", "area", "indicator", "year", "mean_reference", "mean", "change")
    return _columns(names, rows)


def written_columns(comparisons: Sequence[Comparison]) -> Columns:
    """Return a row per scenario and difference between what was written, in both languages."""
    rows: list[tuple[Cell, ...]] = []
    for each in comparisons:
        for one in each.written:
            lines = [difference_line(one, each.now.plan, lang) for lang in LANGUAGES]
            rows.append((each.now.scenario, each.was.scenario, one.kind, *lines))
    return _columns(("scenario", "reference", "kind", *LANGUAGES), rows)


def _columns(names: Sequence[str], rows: Sequence[tuple[Cell, ...]]) -> Columns:
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}
