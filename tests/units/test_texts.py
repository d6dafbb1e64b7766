"""Every sentence stands once, in both languages, with the same blanks to fill; none is missing."""

from __future__ import annotations

import ast
import csv
import re
import string
from collections.abc import Iterator
from pathlib import Path

from sim.texts import LANGUAGES, table

SOURCES = Path(__file__).parents[2] / "sim"
SPEAKERS = {"say", "show_text", "tell_text", "failure"}
"""Functions whose first argument is a key; ``Setup.tell`` is another, told apart by its prefix."""


def keys_in(source: str) -> Iterator[str]:
    """Yield the keys that code names in full."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        key = node.args[0].value
        if isinstance(key, str) and "." in key and (name in SPEAKERS or key.startswith("setup.")):
            yield key


def test_every_key_that_code_names_has_a_text() -> None:
    named = {key for path in SOURCES.rglob("*.py") for key in keys_in(path.read_text(encoding="utf-8"))}
    assert len(named) > 40
    assert named - set(table()) == set()


def test_both_languages_have_the_same_blanks_to_fill() -> None:
    for key, texts in table().items():
        blanks = [
            {name for _, name, _, _ in string.Formatter().parse(texts[lang]) if name is not None}
            for lang in LANGUAGES
        ]
        assert blanks[0] == blanks[1], key


def test_no_text_is_empty_in_one_language_alone() -> None:
    for key, texts in table().items():
        assert bool(texts["zh"]) == bool(texts["en"]), key


def test_every_row_has_one_cell_for_each_language() -> None:
    with (SOURCES / "texts.csv").open(encoding="utf-8", newline="") as file:
        assert {len(row) for row in csv.reader(file)} == {1 + len(LANGUAGES)}


def test_no_chinese_sentence_has_the_punctuation_of_english() -> None:
    """A comma, semicolon or bracket of ASCII between Chinese letters; a colon may show what YAML holds."""
    stray = re.compile("[\u4e00-\u9fff] ?[,;()!] ?[\u4e00-\u9fff]")
    assert {key for key, texts in table().items() if stray.search(texts["zh"])} == set()


def test_one_thing_has_one_word_in_chinese() -> None:
    other_words = {"未分配部分": "未分解部分", "主版本": "主口径", "本规划": "本计划", "lead 版本": "主口径"}
    other_words |= {"主要指标": "主要目标", "有效抽样": "有效样本"}
    other_words |= {"实绩": "实际数", "实际值": "实际数"}
    for key, texts in table().items():
        for word, ours in other_words.items():
            assert key.startswith("column.") or word not in texts["zh"], (key, ours)
