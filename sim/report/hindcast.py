"""The page of a hindcast: where probabilities held, where not, and what to make of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.axes import Name
from sim.report.markup import Html, Part, cell, element, number_cell, row_head, rows_of
from sim.report.page import switch
from sim.studies.hindcast.study import Hindcast
from sim.studies.hindcast.summary import COVERAGES, LEAST_STRETCHES, Summary
from sim.tables.hindcast_table import coverage_text, skill_text
from sim.texts import say

STYLE = Path(__file__).parent / "page.css"
PICTURES = ("pit", "coverage", "reliability")


def told(key: str, **values: object) -> Name:
    """Return the text ``hindcast.<key>`` in both languages."""
    return Name(*(say(f"hindcast.{key}", lang, **values) for lang in ("zh", "en")))


def hindcast_page(result: Hindcast, pictures: Mapping[str, bytes]) -> bytes:
    """Return the page; *pictures* are SVG by name, with language: ``pit_en``."""
    ahead = result.horizon - result.as_of
    title = told("title", panel=result.panel.name, as_of=result.as_of, horizon=result.horizon)
    origins = ", ".join(str(s.origin.as_of) for s in result.scores)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title.en),
        element("style", Html(STYLE.read_text(encoding="utf-8"))),
    )
    one = result.summaries[0].years < LEAST_STRETCHES
    parts: list[Part] = [
        element("h1", title),
        element("p", told("about", origins=origins, ahead=ahead, draws=f"{result.draws:,}")),
        element("section", element("h2", told("conclusions")), conclusions(result)),
        element("section", element("h2", told("table")), scores_table(result)),
        element("p", told("one_window" if one else "reading"), class_="note"),
        element("section", element("h2", told("joint")), joint_table(result)),
    ]
    for name in PICTURES:
        drawn = [element("div", Html(_svg(pictures[f"{name}_{lang}"])), class_=lang) for lang in ("zh", "en")]
        parts.append(element("section", element("h2", told(f"plot.{name}")), *drawn))
    if result.variants:
        parts.append(element("section", element("h2", told("variants")), variants_table(result)))
    if result.left_out:
        lines = (
            element("li", Name(*(mistake.line(lang) for lang in ("zh", "en")))) for mistake in result.left_out
        )
        parts.append(element("section", element("h2", told("left_out")), element("ul", *lines)))
    body = element("body", *switch(), element("main", *parts))
    return f"<!doctype html>\n{element('html', head, body, lang='zh-Hans')}\n".encode()


def _svg(content: bytes) -> str:
    text = content.decode("utf-8")
    return text[text.index("<svg") :]


def conclusions(result: Hindcast) -> Html:
    """Return a sentence for every series: what held and what a user should make of it."""
    lines = []
    for row in result.summaries:
        name: Part = told("all") if row.series == "*" else row.series
        lines.append(
            element(
                "li",
                element("b", name),
                Name("：", ": "),
                told(f"verdict.{row.verdict}"),
                Name("。", ". "),
                told(f"advice.{row.verdict}"),
                Name("", " "),
                _skill_line(row),
            )
        )
    return element("ul", *lines)


def _skill_line(row: Summary) -> Name:
    best = row.best
    known = best.se is not None
    if not known:
        key = "beats_once" if best.value > 0.0 else "beaten_once"
    elif abs(best.value) < 2.0 * (best.se or 0.0):
        key = "level"
    else:
        key = "beats" if best.value > 0.0 else "beaten"
    names = {lang: say(f"hindcast.{best.rival}", lang) for lang in ("zh", "en")}
    return Name(
        *(say(f"hindcast.{key}", lang, rival=names[lang], skill=skill_text(best)) for lang in ("zh", "en"))
    )


def scores_table(result: Hindcast) -> Html:
    head: list[Part] = [told(key) for key in ("series", "cells", "windows", "crps", "skill", "rival")]
    head += [told("coverage", nominal=nominal) for nominal in COVERAGES]
    head += [told(key) for key in ("pit", "brier", "brier_skill")]
    body = []
    for row in result.summaries:
        name: Part = told("all") if row.series == "*" else row.series
        body.append(
            [
                row_head(name),
                number_cell(row.cells),
                number_cell(row.years),
                number_cell(f"{row.crps:.4f}"),
                number_cell(skill_text(row.best)),
                cell(told(row.best.rival)),
                *(number_cell(coverage_text(row, j)) for j in range(len(COVERAGES))),
                number_cell(f"{row.pit_p:.3f}"),
                number_cell(f"{row.brier:.3f}"),
                number_cell(skill_text(row.brier_skill)),
            ]
        )
    return rows_of(head, body, told("caption"), class_="wide")


def joint_table(result: Hindcast) -> Html:
    head: list[Part] = [told(key) for key in ("vectors", "model", "independent")]
    head += [told(key) for key in ("random_walk", "last_growth", "panel_mean")]
    body = [
        [
            row_head(told(f"joint.{name}")),
            *(number_cell(f"{value:.3f}") for value in (joint.model, joint.independent, *joint.rivals)),
        ]
        for name, joint in result.joint.items()
    ]
    return rows_of(head, body, told("joint.caption"))


def variants_table(result: Hindcast) -> Html:
    head: list[Part] = [told(key) for key in ("variant", "crps", "skill_shipped", "energy")]
    head += [told("coverage", nominal=nominal) for nominal in COVERAGES]
    head += [told("pit")]
    body = [
        [
            row_head(told(f"variant.{row.variant.id}")),
            number_cell(f"{row.crps:.4f}"),
            number_cell(skill_text(row.against)),
            number_cell(f"{row.energy['unit']:.3f} / {row.energy['series']:.3f}"),
            *(number_cell(f"{100.0 * c.share:.0f}") for c in row.coverages),
            number_cell(f"{row.pit_p:.3f}"),
        ]
        for row in result.variants
    ]
    return rows_of(head, body, told("variants.caption"), class_="wide")
