"""HTML and SVG from values: whatever is not markup already is escaped, and text comes in two languages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from sim.axes import Name
from sim.texts import LANGUAGES, table

HTML_LANGUAGE = {"zh": "zh-Hans", "en": "en"}
_VOID = {"br", "col", "input", "link", "meta"}
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]*")


class Html(str):
    """Text that is markup already; all other text is escaped where it enters a page."""

    __slots__ = ()


Part = Html | Name | str | int
"""What may stand in an element: markup, text in two languages, or text in none."""


def escaped(text: str | int) -> Html:
    """Return *text* as markup; what is markup already stays as it is."""
    return text if isinstance(text, Html) else Html(html.escape(str(text)))


def joined(parts: Iterable[Part]) -> Html:
    return Html("".join(shown(part) for part in parts))


def shown(part: Part) -> Html:
    """Return *part* as markup: text in two languages twice, of which the page shows one."""
    if not isinstance(part, Name):
        return escaped(part)
    if part.zh == part.en:
        return escaped(part.zh)
    return Html(
        "".join(
            f'<span class="{lang}" lang="{HTML_LANGUAGE[lang]}">{escaped(part.in_language(lang))}</span>'
            for lang in LANGUAGES
        )
    )


def element(tag: str, *parts: Part, **attributes: str | int | float | bool | None) -> Html:
    """Return an element; ``class_`` stands for class, ``_`` in names of attributes for a hyphen.

    Attributes that are None or False are left out.
    """
    if not _NAME.fullmatch(tag):
        raise ValueError(f"{tag!r} is no element")
    told = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{told}>")
    return Html(f"<{tag}{told}>{joined(parts)}</{tag}>")


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-").replace("viewbox", "viewBox")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no attribute")
    if value is True:
        return f" {name}"
    told = f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
    return f' {name}="{html.escape(told)}"'


def text(key: str, **values: Part) -> Name:
    """Return the text ``report.<key>`` in both languages, as markup, its values escaped."""
    told = table()[f"report.{key}"]
    return Name(*(_filled(told[lang], lang, values) for lang in LANGUAGES))


def _filled(template: str, lang: str, values: dict[str, Part]) -> Html:
    inner = {
        name: escaped(value.in_language(lang) if isinstance(value, Name) else value)
        for name, value in values.items()
    }
    return Html(html.escape(template, quote=False).format(**inner))


def listed(parts: Iterable[Part]) -> Name:
    """Return a list in words: parts with the comma of each language between them."""
    parts = list(parts)
    marks = {"zh": "、", "en": ", "}
    return Name(
        *(
            Html(marks[lang].join(escaped(p.in_language(lang) if isinstance(p, Name) else p) for p in parts))
            for lang in LANGUAGES
        )
    )


def unit_name(unit: str) -> Name:
    """Return a unit's name; per cent is a sign in both languages."""
    if unit == "%":
        return Name("%", "%")
    told = table()[f"unit.{unit}"]
    return Name(told["zh"], told["en"])


def amount(value: str, unit: Name) -> Name:
    """Return a number with its unit: one that begins with a number, such as 100 million yuan, is a factor."""
    return Name(
        *(f"{value}\N{NO-BREAK SPACE}{'×' + chr(0xA0) if part[:1].isdigit() else ''}{part}" for part in unit)
    )


def rows_of(
    head: Iterable[Part], body: Iterable[Iterable[Html]], caption: Part, class_: str | None = None
) -> Html:
    """Return a table with its caption, in a box that scrolls by itself; *body*: the cells of each row.

    A table without rows is not shown.
    """
    body = [list(cells) for cells in body]
    if not body:
        return Html("")
    top = element("tr", *(element("th", part, scope="col") for part in head))
    rows = (element("tr", *cells) for cells in body)
    inner = element("table", element("thead", top), element("tbody", *rows), class_=class_)
    box = element("div", inner, class_="scroll", tabindex=0)
    cue = element("p", text("sideways"), class_="sideways")
    return element("figure", element("figcaption", caption), cue, box, class_="table")


def cell(*parts: Part, class_: str | None = None) -> Html:
    return element("td", *parts, class_=class_)


def text_cell(*parts: Part) -> Html:
    """Return a cell of words, which keeps a width in which they can be read."""
    return element("td", *parts, class_="words")


def number_cell(*parts: Part) -> Html:
    return element("td", *parts, class_="n")


def row_head(*parts: Part) -> Html:
    return element("th", *parts, scope="row")
