"""The report as readers meet it: offline, by keyboard, large, on paper, read aloud, in either language."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import HOSTILE, Open

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
UNITS = re.compile("10,000|100 million|1,000")
"""Numbers that are words of an English unit: 万, 亿."""


def numbers(text: str) -> list[str]:
    return sorted(NUMBER.findall(UNITS.sub("", text)))


PAIRS = """() => [...document.querySelectorAll('span.zh, text.zh')].filter(
  zh => !zh.closest('.about')  // what planners wrote is theirs
).map(zh => {
  const en = zh.nextElementSibling;
  return [zh.textContent, en && en.classList.contains('en') ? en.textContent : null];
})"""

SHOWN = """() => [...document.querySelectorAll('.big, td.n, .heat td, svg text:not(.zh, .en)')]
  .map(e => e.innerText ?? e.textContent)"""

OVERLAPS = """() => {
  const ink = (e, b) => e.ownerSVGElement  // of a line of text in a drawing, without its leading
    ? {left: b.left, right: b.right, width: b.width, height: b.height,
       top: b.top + 0.15 * b.height, bottom: b.bottom - 0.15 * b.height} : b;
  const boxes = s => [...document.querySelectorAll(s)].map(e => [e, ink(e, e.getBoundingClientRect())])
    .filter(([e, b]) => b.width && b.height && e.checkVisibility());
  const cross = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1.5
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
  const found = [];
  const check = list => list.forEach(([e, a], i) => list.slice(i + 1).forEach(([f, b]) => {
    if (!e.contains(f) && !f.contains(e) && cross(a, b)) found.push(e.textContent + ' | ' + f.textContent);
  }));
  check(boxes('.card, h1, h2, nav a, .unknown, #answer > p, .legend'));
  const each = (outer, inner) => document.querySelectorAll(outer).forEach((e, i) => {
    e.id = 'outer' + i;
    check(boxes(inner.split(' ').map(s => '#outer' + i + ' ' + s).join(',')));
    e.removeAttribute('id');
  });
  each('.card', 'p .dots');
  each('svg', '.end .tick .place .value');
  return found;
}"""

CUT = """() => [...document.querySelectorAll('svg text')].filter(t => {
  const a = t.getBoundingClientRect(), b = t.ownerSVGElement.getBoundingClientRect();
  const out = a.left < b.left - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 1;
  return a.width && t.checkVisibility() && out;
}).map(t => t.textContent)"""


NARROW = """() => [...document.querySelectorAll('th, td:not(.n)')]
  .filter(e => e.checkVisibility() && e.innerText.trim().length > 2 && e.getBoundingClientRect().width < 40)
  .map(e => e.innerText)"""

UNCUED = """() => [...document.querySelectorAll('.scroll')].filter(b => b.checkVisibility()
  && (b.scrollWidth > b.clientWidth + 1) !== b.parentElement.querySelector('.sideways').checkVisibility())
  .map(b => b.innerText.slice(0, 80))"""


ALIKE = """() => document.querySelectorAll('tbody').forEach(body => {
  const seen = {};
  const look = e => [e.tagName, e.className, e.getAttribute('style'), e.getAttribute('role')].join(' ');
  [...body.rows].forEach(row => {
    const made = [row, ...row.querySelectorAll('*')].map(look).join();
    seen[made] = (seen[made] || 0) + 1;
    if (seen[made] > 2) row.remove();
  });
})"""
"""Leaves two rows of each table of those that are made alike: axe looks at elements, not at what they say."""

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def in_english(page: Page) -> None:
    page.check("#lang-en")


def unfolded(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


@pytest.mark.parametrize("name", ["one", "several", "hostile"])
def test_R31_S14_nothing_is_asked_of_the_network_whatever_a_reader_does(opened: Open, name: str) -> None:
    page = opened(name)
    for choice in ("#lang-en", "#lang-zh"):
        page.check(choice)
        unfolded(page)
        for link in page.locator("nav a").all():
            link.click()
        page.locator("#slider input").fill("60")
    page.emulate_media(media="print")
    assert page.locator("h2").count() >= 12


def test_S13_hostile_names_stay_text_in_both_languages(opened: Open) -> None:
    page = opened("hostile")
    for lang, name in (("zh", HOSTILE.zh), ("en", HOSTILE.en)):
        page.check(f"#lang-{lang}")
        assert page.locator("h1").inner_text() == name
        assert page.locator(".card h3").first.inner_text() == f"H01 {name}"
    assert page.locator("img, iframe, object, embed, body script:not([type]) ~ script").count() == 0
    assert page.evaluate("document.querySelectorAll('[onerror], [onload], [href^=javascript]').length") == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 2


def test_R14_both_languages_show_equal_numbers(opened: Open) -> None:
    page = opened("several")
    unfolded(page)
    shown = []
    for lang in ("zh", "en"):
        page.check(f"#lang-{lang}")
        shown.append([numbers(text) for text in page.evaluate(SHOWN)])
    assert shown[0] == shown[1]
    assert len(shown[0]) > 500


def test_R14_every_sentence_has_the_numbers_of_its_translation(opened: Open) -> None:
    page = opened("several")
    pairs: list[list[str | None]] = page.evaluate(PAIRS)
    assert len(pairs) > 1000
    different = []
    for zh, en in pairs:
        assert en is not None, zh
        assert zh is not None
        if numbers(zh) != numbers(en):
            different.append((zh, en))
    assert different == []


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_opens_in_the_language_of_the_browser_and_says_so(opened: Open, locale: str) -> None:
    page = opened("one", locale=locale)
    lang = "zh-Hans" if locale == "zh-CN" else "en"
    assert page.evaluate("document.documentElement.lang") == lang
    assert page.locator(f"h1 [lang={lang}]").is_visible()
    other = "en" if lang == "zh-Hans" else "zh-Hans"
    assert not page.locator(f"h1 [lang={other}]").is_visible()


def test_the_page_is_whole_and_switches_language_without_scripts(opened: Open) -> None:
    page = opened("several", java_script_enabled=False)
    assert page.locator("#answer p").first.is_visible()
    assert page.locator(".card").count() == 9 * 3
    page.locator("label[for=lang-en]").click()
    assert page.locator("h1").inner_text() == "Baseline (half plan, half trend)"
    assert page.locator("nav a").first.inner_text() == "The answer"


def focused(page: Page) -> str:
    return str(
        page.evaluate(
            "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
        )
    )


def test_a_keyboard_reaches_and_works_everything(opened: Open) -> None:
    page = opened("several")
    page.keyboard.press("Tab")
    assert focused(page) == "lang-zh"
    page.keyboard.press("ArrowRight")
    assert page.locator("h1 .en").is_visible()
    page.keyboard.press("Tab")
    assert focused(page) == "skip"
    reached: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        tag = str(page.evaluate("document.activeElement.tagName"))
        reached.append(tag)
        if tag == "SUMMARY" and reached.count("SUMMARY") == 1:
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.parentElement.open")
        if tag == "INPUT":
            before = page.locator("#slider li").first.inner_text()
            page.keyboard.press("ArrowRight")
            assert page.locator("#slider li").first.inner_text() != before
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        if tag == "BODY":
            break
        assert outline != "none", tag
    assert {"A", "SUMMARY", "INPUT", "DIV"} <= set(reached)


@pytest.mark.parametrize("width", [390, 640, 1280], ids=["phone", "zoom-200", "desk"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_S28_nothing_overlaps_or_is_cut_on_a_phone_or_at_200_percent(
    opened: Open, width: int, lang: str
) -> None:
    page = opened("several", viewport={"width": width, "height": 800}, device_scale_factor=1280 / width)
    page.check(f"#lang-{lang}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERLAPS) == []
    assert page.evaluate(CUT) == []
    unfolded(page)
    assert page.evaluate(NARROW) == []
    page.wait_for_function(f"({UNCUED})().length === 0")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_answer_stands_on_the_first_screen_of_a_phone(opened: Open, lang: str) -> None:
    page = opened("one", viewport={"width": 390, "height": 800})
    page.check(f"#lang-{lang}")
    box = page.locator("#answer > p:not(.unknown)").first.bounding_box()
    assert box is not None
    assert box["y"] + 60 < 800
    assert page.locator("#answer").inner_text().count(".csv") == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_slider_tells_what_lies_outside_all_that_was_tried_as_the_table_does(
    opened: Open, lang: str
) -> None:
    page = opened("one")
    page.check(f"#lang-{lang}")
    rows = page.locator("#needs tbody tr")
    for column, wanted in ((4, "50"), (5, "80"), (6, "90")):
        page.locator("#slider input").fill(wanted)
        lines = page.locator("#slider li").all_inner_texts()
        for row, line in zip(rows.all(), lines, strict=True):
            cell = row.locator("th, td").nth(column).inner_text()
            below, above = {"zh": ("即可", "仍不够"), "en": ("will do", "not enough")}[lang]
            assert [below in line, above in line] == [below in cell, above in cell]
            assert not (below in line and ("≥" in line or "or more" in line))
            assert numbers(cell.removesuffix("%"))[0] in line
    assert any("即可" in line or "will do" in line for line in lines)


def test_the_title_of_the_window_is_in_the_chosen_language(opened: Open) -> None:
    page = opened("one", locale="en-GB")
    assert page.title().startswith("Baseline (half plan, half trend) · Zhejiang")
    page.check("#lang-zh")
    assert page.title().startswith("基准")


def test_the_page_prints_on_A4(opened: Open) -> None:
    page = opened("one")
    pdf = page.pdf(prefer_css_page_size=True)
    sizes = {
        tuple(round(float(x)) for x in box.split())
        for box in re.findall(r"/MediaBox ?\[([^\]]*)\]", pdf.decode("latin-1"))
    }
    assert sizes == {(0, 0, 595, 842)}
    assert pdf.count(b"/Type /Page\n") in range(4, 16)
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    page.set_viewport_size({"width": 703, "height": 1000})  # 186 mm between the margins
    assert page.evaluate("document.documentElement.scrollWidth") <= 703


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_S28_axe_finds_nothing_critical_or_serious(opened: Open, lang: str) -> None:
    page = opened("several")
    page.check(f"#lang-{lang}")
    page.evaluate("document.querySelectorAll('.full').forEach(d => d.remove())")  # the same sections again
    unfolded(page)
    if not NIGHTLY:
        page.evaluate(ALIKE)
    found: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"]}).response
    grave = [
        (each["id"], each["nodes"][0]["html"][:200], len(each["nodes"]))
        for each in found["violations"]
        if each["impact"] in ("critical", "serious")
    ]
    assert grave == []
    assert len(found["passes"]) > 20
