"""Every string that a reader sees, in Chinese and English, from the one table beside this file."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")

LANGUAGES_APART = " | "
"""Between the Chinese and the English of a text in a plan folder that is written in both."""


@cache
def table() -> dict[str, dict[str, str]]:
    """Return all texts as ``{key: {language: text}}``; a key that stands twice is a ValueError, and so is a
    row whose comma stands outside quotes, which would cut a sentence short.
    """
    texts: dict[str, dict[str, str]] = {}
    with Path(__file__).with_name("texts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["key"] in texts:
                raise ValueError(f"text {row['key']} stands twice")
            if None in row or None in row.values():
                raise ValueError(f"text {row['key']} has not one cell for each language")
            texts[row["key"]] = {lang: row[lang] for lang in LANGUAGES}
    return texts


def say(key: str, lang: str, **values: object) -> str:
    """Return the text *key* in *lang* with its ``{names}`` filled in; KeyError if there is none."""
    return table()[key][lang].format(**values)


def counted(count: int, noun: str, lang: str) -> str:
    """Return how many of *noun* there are; its text ``count.<noun>`` is one, then ``|``, then several."""
    one, _, several = table()[f"count.{noun}"][lang].partition("|")
    return (one if count == 1 or not several else several).format(count=count)


def default_language(environment: Mapping[str, str]) -> str:
    """Return the language to speak unless one is asked for: Chinese to a Chinese system, else English."""
    asked = environment.get("PLANODDS_LANG", "").strip().lower()
    if asked in LANGUAGES:
        return asked
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    if sys.platform == "win32":
        import ctypes

        chinese = 0x04  # the primary language in the low ten bits of a Windows language id
        return "zh" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == chinese else "en"
    return "en"
