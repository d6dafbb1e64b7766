"""Every page that a planner or her analyst reads stands in Chinese and English, and the two say the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FOR_ENGINEERS = {"engine.md", "architecture.md", "licences.md"}
"""Pages in English alone, as are the records in ``docs/decisions``."""
FREELY_NAMED = {"README.md", "docs/planners.md", "docs/scenarios.md", "docs/actuals.md"}
"""Pages whose examples call areas and indicators in the reader's own language."""

TWINS = [
    page
    for page in (ROOT / "README.md", *sorted(ROOT.glob("baselines/*/README.md")), *sorted(DOCS.glob("*.md")))
    if not page.name.endswith(".zh.md") and page.name not in FOR_ENGINEERS
]
FENCE = re.compile(r"^```(?P<lang>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}\S.*\n)+", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CHINESE = "[\u3007\u4e00-\u9fff]"
PLACE_TAKEN = re.compile(rf"<[^>]+>|{CHINESE}[\w{CHINESE[1:-1]}]*|\b[A-Z]{{4,}}\b|\b[A-Z]\b")
NUMBER = re.compile(r"(?<![\w.])(?<![A-Za-z]-)\d+(?:,\d{3})*(?:\.\d+)?")
IN_WORDS = {"per 10,000 people": "", "a tenth of a second": "0.1"}
"""Numbers that one language says in words: 每万人, 0.1 秒."""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def twin_of(page: Path) -> Path:
    return page.with_name(f"{page.stem}.zh.md")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def headings(text: str) -> list[int]:
    """Return the depth of each heading, top to bottom."""
    return [len(marks) for marks in re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)]


def blocks(text: str) -> list[tuple[str, int]]:
    """Return the language of each block of code and its number of lines, fenced ones first; what the program
    prints has as many as it needs.
    """
    fenced = [
        (match["lang"], 0 if match["lang"] == "text" else match["text"].count("\n"))
        for match in FENCE.finditer(text)
    ]
    return fenced + [("", block.count("\n")) for block in INDENTED.findall(FENCE.sub("", text))]


def tables(text: str) -> list[Counter[str]]:
    """Return the numbers of each row of a table that has any."""
    rows = (row for row in text.splitlines() if row.startswith("|"))
    return [found for row in rows if (found := Counter(numbers_in(row)))]


def rows(text: str) -> list[int]:
    """Return the number of columns of each row of a table."""
    return [
        len(re.findall(r"(?<![\\])\|", SPAN.sub("", row))) for row in text.splitlines() if row.startswith("|")
    ]


def numbers_in(text: str) -> list[str]:
    """Return the numbers of a text, without commas between thousands."""
    for words, figure in IN_WORDS.items():
        text = text.replace(words, figure)
    return [found.replace(",", "") for found in NUMBER.findall(text)]


def commands(text: str) -> Counter[str]:
    """Return every command of the program and every option, in blocks of code and within lines."""
    code = " ".join("\n".join(code_of(text)).split())
    return Counter(re.findall(r"run\.py \w[\w-]*|(?<!\w)--[a-z][a-z-]*|bench\.\w+", code))


def code_of(text: str) -> Iterator[str]:
    rest = FENCE.sub("", text)
    yield from (match["text"] for match in FENCE.finditer(text) if match["lang"] != "text")
    yield from INDENTED.findall(rest)
    yield from SPAN.findall(INDENTED.sub("", rest))


def spans(text: str) -> set[str]:
    """Return the code within lines, with one sign for words that each language puts in its place."""
    rest = INDENTED.sub("", FENCE.sub("", text))
    return {PLACE_TAKEN.sub("@", " ".join(span.split())) for span in SPAN.findall(rest)}


def numbers(text: str) -> Counter[str]:
    """Return all numbers of the page but those of what the program prints."""
    return Counter(numbers_in(LINK.sub("", re.sub(r"```text\n.*?```", "", text, flags=re.DOTALL))))


def links(text: str) -> Counter[str]:
    """Return where links lead, those to a twin by the page that it is of."""
    targets = (link.partition("#")[0] for link in LINK.findall(text))
    return Counter(target.replace(".zh.md", ".md") for target in targets)


@pytest.mark.parametrize("file", TWINS, ids=name_of)
def test_every_page_for_users_has_a_chinese_twin_and_each_leads_to_the_other(file: Path) -> None:
    twin = twin_of(file)
    assert twin.exists()
    assert f"]({twin.name})" in text_of(file).partition("\n## ")[0]
    assert f"[English]({file.name})" in text_of(twin).partition("\n## ")[0]


def test_no_chinese_page_stands_alone() -> None:
    assert {page.name for page in DOCS.glob("*.zh.md")} == {
        twin_of(page).name for page in TWINS if page.parent == DOCS
    }
    assert {page.name for page in DOCS.glob("*.md")} >= FOR_ENGINEERS


@pytest.mark.parametrize(
    "said", [headings, blocks, tables, commands, numbers, links], ids=lambda s: s.__name__
)
@pytest.mark.parametrize("file", TWINS, ids=name_of)
def test_a_chinese_page_has_what_the_english_one_has(file: Path, said: Callable[[str], object]) -> None:
    assert said(text_of(twin_of(file))) == said(text_of(file))


@pytest.mark.parametrize("file", [p for p in TWINS if name_of(p) not in FREELY_NAMED], ids=name_of)
def test_names_of_files_fields_and_formulas_are_the_same_in_both(file: Path) -> None:
    for said in (spans, rows):
        assert said(text_of(twin_of(file))) == said(text_of(file))


def test_the_chinese_guide_to_python_has_the_blocks_that_are_run() -> None:
    english, chinese = (
        [match["text"] for match in FENCE.finditer(text_of(DOCS / name))] for name in ("api.md", "api.zh.md")
    )
    assert chinese == english != []


@pytest.mark.parametrize("file", [twin_of(page) for page in TWINS], ids=name_of)
def test_a_chinese_page_leads_to_chinese_pages_that_are_there(file: Path) -> None:
    text = text_of(file)
    for link in LINK.findall(text.replace(f"[English]({file.name.replace('.zh.md', '.md')})", "")):
        name, _, anchor = link.partition("#")
        if name.startswith("http"):
            continue
        target = file.parent / name if name else file
        assert target.exists(), link
        assert target not in TWINS, link
        if anchor:
            titles = re.findall(r"^#+ (.+)$", text_of(target), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("file", [twin_of(page) for page in TWINS], ids=name_of)
def test_a_chinese_page_has_chinese_punctuation_and_no_sign_that_gbk_lacks(file: Path) -> None:
    text = text_of(file)
    prose = LINK.sub("", re.sub(r"`[^`]*`", "", INDENTED.sub("", FENCE.sub("", text))))
    assert re.findall(f"{CHINESE} ?[,;()!?] ?{CHINESE}", prose) == []
    assert {sign for sign in text if not sign.encode("gbk", "ignore")} == set()


@pytest.mark.parametrize(
    ("said", "english", "chinese"),
    [
        (headings, "# A\n\n## B\n", "# 甲\n"),
        (blocks, "```yaml\na: 1\n```\n", "```yaml\na: 1\nb: 2\n```\n"),
        (tables, "| a | 1.5 % |\n", "| 甲 | 1.6 % |\n"),
        (rows, "| a |\n|---|\n| b |\n", "| 甲 |\n|---|\n"),
        (commands, "`run.py run --draws N`", "`run.py run`"),
        (numbers, "5 of 1,000", "1,000 次中 6 次"),
        (links, "[a](x.md)", "[甲](y.zh.md)"),
        (spans, "`value / se`", "`value * se`"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_difference_is_noticed(said: Callable[[str], object], english: str, chinese: str) -> None:
    assert said(english) != said(chinese)
    assert said("见[甲](x.zh.md)：`plan: 名称`") == said("see [a](x.md): `plan: NAME`")
