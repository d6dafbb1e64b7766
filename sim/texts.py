"""Every string that a reader sees, in Chinese and English, from the one table beside this file."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")


@cache
def table() -> dict[str, dict[str, str]]:
    """Return all texts as ``{key: {language: text}}``; a key that stands twice is a ValueError."""
    texts: dict[str, dict[str, str]] = {}
    with Path(__file__).with_name("texts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["key"] in texts:
                raise ValueError(f"text {row['key']} stands twice")
            texts[row["key"]] = {lang: row[lang] for lang in LANGUAGES}
    return texts


def say(key: str, lang: str, **values: object) -> str:
    """Return the text *key* in *lang* with its ``{names}`` filled in; KeyError if there is none."""
    return table()[key][lang].format(**values)
