"""Every assumption with its source, and how to repeat the run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.axes import Name
from sim.baseline.calibration import IndicatorCalibration
from sim.baseline.plan import Assumption, Baseline
from sim.cube import Cube, RunAssumption
from sim.report.drivers import strongest_of
from sim.report.markup import (
    Html,
    element,
    joined,
    number_cell,
    row_head,
    rows_of,
    text,
    text_cell,
    unit_name,
)
from sim.report.material import Material
from sim.report.numbers import DASH
from sim.scenario.cell_names import cell_name
from sim.tables.wording import run_value, series_words, source_words, unfolded
from sim.texts import LANGUAGES, say

REASONS = {
    "own": re.compile("its own series; five-year sd (?P<spreads>.*)"),
    "proxy": re.compile("a proxy; five-year sd (?P<spreads>.*)"),
    "none": re.compile(
        r"no series of its own: the median five-year sd of its kind \((?P<spreads>.*)\); no trend"
    ),
    "rate": re.compile("few own values: trend known, spread assumed"),
}
"""How `calibrate` says what an indicator stands on, by the key of the text that says it to readers."""


def assumptions(material: Material) -> Html:
    """Return the assumptions of the run, those of the plan, and what each indicator stands on."""
    return element(
        "section",
        element("h2", text("assumptions")),
        element("p", text("assumptions.reading"), class_="small"),
        run_table(material),
        plan_table(material),
        evidence_table(material),
        figures_table(material),
        id="assumptions",
    )


def run_table(material: Material) -> Html:
    body = [
        [
            row_head(a.name),
            value_cell(a),
            text_cell(text(f"run.{a.id}") if not a.source else a.source),
        ]
        for a in material.main.run_assumptions
    ]
    head = [text("assumption"), text("value"), text("source")]
    return rows_of(head, body, text("assumptions.run"))


def value_cell(assumption: RunAssumption) -> Html:
    """Return the value of an assumption of the run: a number, or how parameters are taken in words."""
    zh, en = (run_value(assumption, lang) for lang in LANGUAGES)
    return number_cell(zh.replace(" - ", DASH)) if zh == en else text_cell(Name(zh, en))


def plan_table(material: Material) -> Html:
    """Return the plan's assumptions; of the numbers of its pipelines those that move a headline target.

    The others, some hundred, are folded: the workbook has them too, so a print leaves them out.
    """
    of_pipelines = {id for plan in material.plan.pipelines.values() for id in plan.numbers.values()}
    strong = {
        move.assumption for cube in material.cubes for row in cube.headline() for move in strongest_of(row)
    }
    known = material.plan.assumptions.values()
    folded = [a for a in known if a.id in of_pipelines and a.id not in strong]
    shown = assumption_rows([a for a in known if a not in folded], text("assumptions.plan"))
    if not folded:
        return shown
    rest = assumption_rows(folded, text("assumptions.pipelines"))
    return joined(
        [
            shown,
            element(
                "details",
                element("summary", text("assumptions.rest", n=len(folded))),
                rest,
                class_="elsewhere",
            ),
        ]
    )


def assumption_rows(chosen: list[Assumption], caption: Name) -> Html:
    body = [
        [
            row_head(a.name),
            number_cell(f"{a.low:,g}"),
            number_cell(f"{a.central:,g}"),
            number_cell(f"{a.high:,g}"),
            element("td", unit_name(a.unit), class_="unit"),
            element("td", a.grade),
            source_cell(a),
        ]
        for a in chosen
    ]
    words = ("assumption", "low", "central", "high", "unit", "evidence", "source")
    return rows_of([text(word) for word in words], body, caption)


def evidence_table(material: Material) -> Html:
    """Return what drift and spread of each indicator were fitted on."""
    calibration = material.plan.calibration
    if calibration is None:
        return Html("")
    body = []
    for indicator in material.plan.indicators:
        known = calibration.indicators[indicator.id]
        letters = (indicator.grade_base, known.grade_drift, known.grade_spread, indicator.grade_definition)
        body.append(
            [
                row_head(indicator.name),
                *(element("td", letter) for letter in letters),
                element("td", why(known, material.plan), class_="long"),
            ]
        )
    head = [
        text("indicator"),
        text("grade.base"),
        text("grade.drift"),
        text("grade.spread"),
        text("grade.definition"),
        text("assumptions.why"),
    ]
    return rows_of(head, body, text("assumptions.evidence"))


def source_cell(assumption: Assumption) -> Html:
    """Return why an assumption is what it is, in the languages in which the plan folder says it."""
    english = unfolded(assumption.source)
    if not assumption.source_zh:
        return element("td", element("span", english, lang="en"), class_="long")
    return element("td", Name(unfolded(assumption.source_zh), english), class_="long")


def why(known: IndicatorCalibration, plan: Baseline) -> Html:
    """Return the series of an indicator, and why, in both languages where `calibrate` wrote the reason."""
    series = series_names(known.series, plan)
    for key, pattern in REASONS.items():
        found = pattern.fullmatch(known.why)
        if found is not None:
            return joined([series, Name("。", ". "), text(f"why.{key}", **found.groupdict())])
    return joined([series, Name("。", ". "), element("span", known.why, lang="en")])


def source_name(source: str) -> Name:
    return Name(*(source_words(source, lang) for lang in LANGUAGES))


def series_names(series: Sequence[str], plan: Baseline) -> Name:
    """Return series by the names that readers know, in both languages."""
    return Name(
        *(
            say("screen.listed", lang).join(series_words(each, plan, lang) for each in series)
            for lang in LANGUAGES
        )
    )


def figures_table(material: Material) -> Html:
    """Return the sources of the actuals and of the plan's own figures, each once."""
    plan = material.plan
    areas = {area.id for area in (*plan.cities, plan.province)}
    by_source: dict[str, set[str]] = {}
    for figure in (*plan.figures, *plan.observed):
        if figure.region in areas:
            by_source.setdefault(figure.source, set()).add(figure.series)
    body = [
        [
            row_head(element("span", source_name(source), class_="address")),
            text_cell(series_names(sorted(series), plan)),
        ]
        for source, series in sorted(by_source.items())
    ]
    table = rows_of([text("source"), text("series")], body, text("assumptions.figures"))
    return element("details", element("summary", text("assumptions.figures")), table)


def repeating(material: Material) -> Html:
    """Return the command, seeds, inputs with their hashes, and versions."""
    named = [material.sources.get(cube.scenario, "") for cube in material.cubes]
    files = list(dict.fromkeys(name for name in named if name))
    words = "report" if len(material.cubes) > 1 else "run"
    command = f"python3 run.py {words} {' '.join(files)}".strip()
    scenarios = [
        [
            row_head(cube.title),
            element("td", element("code", cube.scenario)),
            number_cell(f"{cube.draws:,}"),
            number_cell(str(cube.sets)),
            number_cell(str(cube.seed)),
            number_cell(f"{cube.floored:,}"),
            text_cell(cell_told(cube)),
        ]
        for cube in material.cubes
    ]
    head = [
        text("scenario"),
        text("id"),
        text("draws"),
        text("sets"),
        text("seed"),
        text("floored"),
        text("swept"),
    ]
    hashes = dict(pair for cube in material.cubes for pair in cube.files)
    inputs = [
        [row_head(element("code", name)), element("td", element("code", h), class_="long")]
        for name, h in sorted(hashes.items())
    ]
    versions = [[row_head(name), element("td", element("code", v))] for name, v in material.versions.items()]
    return element(
        "section",
        element("h2", text("repeat")),
        element("p", text("repeat.reading")),
        element("pre", element("code", command), tabindex=0),
        rows_of(head, scenarios, text("repeat.runs")),
        element(
            "details",
            element("summary", text("repeat.details")),
            rows_of([text("file"), "SHA-256"], inputs, text("repeat.inputs")),
            rows_of([text("library"), text("version")], versions, text("repeat.versions")),
        ),
        id="repeat",
    )


def cell_told(cube: Cube) -> Name:
    """Return the swept values of a cell of a grid by their names; a dash of a scenario that is none."""
    return cell_name(dict(cube.cell)) if cube.cell else Name("—", "—")
