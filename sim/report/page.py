"""The page: sections in order, one style, one script, the data, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from pathlib import Path

from sim.axes import Name
from sim.cube import Cube
from sim.report.answer import answer
from sim.report.audited import audited
from sim.report.cities import cities
from sim.report.compared import compared
from sim.report.drivers import drivers
from sim.report.fans import fans
from sim.report.headline import headline
from sim.report.markup import HTML_LANGUAGE, Html, Part, element, joined, text
from sim.report.material import Material
from sim.report.needs import is_rate, needs_section
from sim.report.progress import progress_section
from sim.report.sources import assumptions, cell_told, repeating
from sim.report.together import joint_section, passage
from sim.tables.wording import unfolded
from sim.texts import LANGUAGES

_HERE = Path(__file__).parent
_NEVER = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

FIRST = "zh"
"""The language of the page before anybody chooses: never that of the machine that wrote it."""

SECTIONS = (
    "answer",
    "headline",
    "drivers",
    "fans",
    "cities",
    "progress",
    "needs",
    "passage",
    "joint",
    "compared",
    "audit",
    "assumptions",
    "repeat",
)


def page_of(material: Material) -> bytes:
    """Return the page as UTF-8; the same material gives the same bytes."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", _titles(material).in_language(FIRST)),
        element("style", Html(style)),
    )
    body = element(
        "body",
        *switch(),
        element("a", text("skip"), href="#answer", class_="skip"),
        header(material),
        element("main", *sections(material)),
        element("footer", text("footer")),
        element("script", island(material), type="application/json", id="data"),
        element("script", Html(script)),
    )
    page = element("html", head, body, lang=HTML_LANGUAGE[FIRST])
    return f"<!doctype html>\n{page}\n".encode()


def policy(style: str, script: str) -> str:
    """Return the policy: this style and this script by their hashes, and nothing from anywhere."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


def _titles(material: Material) -> Name:
    """Return the title of the page in both languages; the script shows that of the chosen one."""
    both = zip(material.main.title, material.plan.title, strict=True)
    return Name(*(f"{title} · {plan}" for title, plan in both))


def switch() -> list[Html]:
    """Return the two radio buttons of the language; style alone makes them work."""
    parts = []
    for each, told in zip(LANGUAGES, ("中文", "English"), strict=True):
        ident = f"lang-{each}"
        parts.append(element("input", type="radio", name="lang", id=ident, checked=each == FIRST))
        parts.append(element("label", told, for_=ident, lang=HTML_LANGUAGE[each], class_="switch"))
    return parts


def header(material: Material) -> Html:
    cube = material.main
    title: Part = cube.title
    parts: list[Part] = [
        element("p", material.plan.title, text("document", document=material.plan.document), class_="plan"),
        element("h1", title),
    ]
    if len(material.cubes) > 1:
        parts.append(element("p", several(material), class_="note"))
    return element("header", *parts)


def several(material: Material) -> Name:
    """Return which of several scenarios, or which cell of a sweep, the page is about."""
    cube, count = material.main, len(material.cubes)
    if not cube.cell:
        return text("several", count=count, first=cube.title)
    key = "sweep" if material.is_sweep() else "sweep.first"
    return text(key, count=count, cell=cell_told(cube))


def about(cube: Cube) -> Html:
    """Return what planners wrote of the scenario, folded: the answer stands before it."""
    summary = element("summary", text("about-it"))
    return element("details", summary, element("p", _about(cube), class_="about"), class_="fold-about")


def _about(cube: Cube) -> Name:
    return Name(*(unfolded(part) for part in cube.about))


def contents() -> Html:
    links = [element("a", text(name), href=f"#{name}") for name in SECTIONS]
    return element("nav", *links, aria_label="目录 / Contents")


def sections(material: Material) -> list[Html]:
    cube = material.main
    parts = [
        answer(material),
        about(cube),
        contents(),
        *of_one(material, cube, "", middle=progress_section(material)),
        compared(material),
    ]
    others = material.cubes[1:]
    if others:
        blocks = [in_full(material, other, f"-{i}") for i, other in enumerate(others, 1)]
        parts.append(element("section", element("h2", text("others")), *blocks, id="others"))
    return [*parts, audited(material), assumptions(material), repeating(material)]


def of_one(material: Material, cube: Cube, mark: str, middle: Html | None = None) -> list[Html]:
    """Return the sections of one scenario; *middle* is the progress so far, which scenarios share."""
    return [
        headline(material, cube, mark),
        drivers(cube, mark),
        fans(material, cube, mark),
        cities(material, cube, mark),
        *([] if middle is None else [middle]),
        needs_section(material, cube, mark),
        passage(material, cube, mark),
        joint_section(material, cube, mark),
    ]


def in_full(material: Material, cube: Cube, mark: str) -> Html:
    summary = element("summary", cube.title)
    about = element("p", _about(cube), class_="about")
    return element("details", summary, about, joined(of_one(material, cube, mark)), class_="full")


def island(material: Material) -> Html:
    """Return the data of the page as JSON in which no letter can end the element."""
    content = json.dumps(_data(material), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Html("".join(_NEVER.get(letter, letter) for letter in content))


def _data(material: Material) -> dict[str, object]:
    plan = material.plan
    names = {indicator.id: indicator.name for indicator in plan.indicators}
    needs = [
        {
            "target": need.target,
            "driver": names[need.driver],
            "points": is_rate(plan, need.driver),
            "growth": need.growth,
            "curve": need.curve,
        }
        for need in material.needs.get(material.main.scenario, ())
    ]
    return {
        "plan": plan.id,
        "needs": needs,
        "titles": _titles(material),
        "texts": {key: text(f"script.{key}") for key in ("sure", "growth", "below", "above", "points")},
        "scenarios": [_numbers(cube) for cube in material.cubes],
    }


def _numbers(cube: Cube) -> dict[str, object]:
    """Return the headline numbers of a scenario, unrounded, for whoever reads the page by program."""
    rows = [row for row in cube.headline_evaluated() if row.p is not None]
    return {
        "id": cube.scenario,
        "title": cube.title,
        "draws": cube.draws,
        "seed": cube.seed,
        "headline": [
            {
                "target": r.target.id,
                "p": r.p,
                "p10": r.p10,
                "p90": r.p90,
                "mc_low": r.mc_low,
                "mc_high": r.mc_high,
            }
            for r in rows
            if r.p is not None and math.isfinite(r.p)
        ],
    }
