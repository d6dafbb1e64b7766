"""The plan held against its own numbers: what rounding cannot explain, and the room that targets have."""

from __future__ import annotations

from fractions import Fraction

from sim.axes import Name
from sim.baseline.audit import Audit
from sim.baseline.plan import MEANS, Baseline
from sim.cube import name_of
from sim.report.markup import Html, element, number_cell, row_head, rows_of, text, text_cell
from sim.report.material import Material
from sim.report.numbers import MINUS, SPACE, number, signed


def audited(material: Material) -> Html:
    """Return the section: counts first, then every mismatch beyond rounding, then the slack."""
    audit, plan = material.audit, material.plan
    sums, growths, chains = audit.checked
    wrong = (
        sum(not each.explained for each in audit.sums),
        sum(not each.explained for each in audit.growths),
        sum(not each.explained for each in audit.chains),
    )
    reading = text(
        "audit.reading",
        sums=sums,
        growths=growths,
        chains=chains,
        wrong_sums=wrong[0],
        wrong_growths=wrong[1],
        wrong_chains=wrong[2],
    )
    folded = element(
        "details",
        element("summary", text("audit.details")),
        sums_table(audit, plan),
        growths_table(audit, plan),
        chains_table(audit, plan),
    )
    return element(
        "section",
        element("h2", text("audit")),
        element("p", reading),
        slack_table(audit, plan),
        folded,
        id="audit",
    )


def slack_table(audit: Audit, plan: Baseline) -> Html:
    """Return by how much the printed path passes each headline target."""
    targets = {(t.id, t.version): t for t in plan.targets}
    body = []
    for slack in audit.slacks:
        if not slack.lead:
            continue
        target = targets[slack.target, slack.version]
        scale = 100 if target.kind in MEANS else 1
        value = "—" if slack.value is None else number(float(slack.value * scale))
        room = "—" if slack.slack is None else signed(float(100 * slack.slack), 2) + SPACE + "%"
        note: Name | str = "" if slack.needs is None else text("audit.needs", name=_name(plan, slack.needs))
        body.append(
            [
                row_head(element("b", target.id), " ", target.name),
                number_cell(number(float(slack.threshold * scale))),
                number_cell(value),
                number_cell(room),
                text_cell(note),
            ]
        )
    head = [
        text("target"),
        text("audit.asked"),
        text("audit.planned"),
        text("audit.slack"),
        text("audit.note"),
    ]
    return rows_of(head, body, text("audit.slacks"))


def _name(plan: Baseline, ident: str) -> Name:
    known = {i.id: i.name for i in plan.indicators} | {d.id: d.name for d in plan.derived}
    return known.get(ident, Name(ident, ident))


def sums_table(audit: Audit, plan: Baseline) -> Html:
    body = [
        [
            row_head(name_of(plan, each.indicator), f" {each.year}"),
            number_cell(exact(each.cities)),
            number_cell(exact(each.province)),
            number_cell(exact(each.gap, "+")),
            number_cell("±" + exact(each.bound)),
        ]
        for each in audit.sums
        if not each.explained
    ]
    head = [
        text("audit.sum"),
        text("audit.cities"),
        text("audit.province"),
        text("audit.gap"),
        text("audit.bound"),
    ]
    return rows_of(head, body, text("audit.sums"))


def growths_table(audit: Audit, plan: Baseline) -> Html:
    areas = {area.id: area.name for area in (*plan.cities, plan.province)}
    body = [
        [
            row_head(name_of(plan, each.indicator), " ", areas[each.area], f" {each.year}"),
            number_cell(percent(each.printed.value)),
            number_cell(percent(each.implied)),
            number_cell(f"{percent(each.low)} – {percent(each.high)}"),
        ]
        for each in audit.growths
        if not each.explained
    ]
    head = [text("audit.growth"), text("audit.printed"), text("audit.implied"), text("audit.range")]
    return rows_of(head, body, text("audit.growths"))


def chains_table(audit: Audit, plan: Baseline) -> Html:
    areas = {area.id: area.name for area in (*plan.cities, plan.province)}
    body = [
        [
            row_head(name_of(plan, each.indicator), " ", areas[each.area]),
            number_cell(exact(each.printed.value)),
            number_cell(exact(each.chained)),
            number_cell(f"{exact(each.low)} – {exact(each.high)}"),
        ]
        for each in audit.chains
        if not each.explained
    ]
    head = [text("audit.chain"), text("audit.printed"), text("audit.chained"), text("audit.range")]
    return rows_of(head, body, text("audit.chains"))


def exact(value: Fraction, sign: str = "") -> str:
    return format(float(value), f"{sign},.7g").replace("-", MINUS)


def percent(value: Fraction) -> str:
    return f"{float(100 * value):.2f}{SPACE}%".replace("-", MINUS)
