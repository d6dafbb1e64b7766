"""Names of the cells of a sweep, in words and not in the keys of the file."""

from __future__ import annotations

from collections.abc import Mapping

from sim.axes import Name
from sim.texts import LANGUAGES, say, table

MINUS = "\N{MINUS SIGN}"
COMMA = {"zh": "，", "en": ", "}


def cell_name(cell: Mapping[str, str]) -> Name:
    """Return the swept values such as ``weight of the plan 0.5, size of shock (slowdown) −3``."""
    return Name(
        *(
            COMMA[lang].join(
                f"{path_name(path, lang)} {_value(text)}".replace("） ", "）")
                for path, text in sorted(cell.items())
            )
            for lang in LANGUAGES
        )
    )


def path_name(path: str, lang: str) -> str:
    """Return the name of a swept path; one that has none stays as the file writes it."""
    section, *rest = path.split(".")
    name = ""
    if section in ("shocks", "events") and len(rest) >= 2:
        name, rest = rest[0], ["shock", rest[1], *rest[2:]]
    elif section == "growth":
        rest = ["growth"] if rest == ["source"] else rest
    else:
        rest = [section, *rest]
    key = f"difference.kind.{'.'.join(rest)}"
    if key not in table():
        return path
    told = say(key, lang)
    return say("difference.cell", lang, kind=told, name=name) if name else told


def _value(text: str) -> str:
    return text.replace("-", MINUS) if text[:1] == "-" and text[1:2].isdigit() else text
