"""What a YAML syntax error means to a planner: one sentence, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ruamel.yaml.error import MarkedYAMLError

from sim.errors import Mistake, Place

# The parser's own words, and the sentence that says the same to someone who does not know YAML.
CODES = (
    ("'\\t'", "tab-indent"),
    ("found a tab", "tab-indent"),
    ("cannot start any token", "yaml-start"),
    ("mapping values are not allowed", "yaml-colon"),
    ("could not find expected ':'", "yaml-no-colon"),
    ("found unexpected end of stream", "yaml-quote"),
    ("found unexpected document separator", "yaml-quote"),
    ("but found '<block mapping start>'", "yaml-indent"),
    ("but found '<block sequence start>'", "yaml-indent"),
    ("but found '<scalar>'", "yaml-indent"),
    ("but found '?'", "yaml-indent"),
    ("sequence entries are not allowed", "yaml-indent"),
    ("expected the node content", "yaml-nothing"),
    ("expected ',' or '}'", "yaml-bracket"),
    ("expected ',' or ']'", "yaml-bracket"),
)
OPENED = {"yaml-no-colon", "yaml-quote", "yaml-bracket"}
"""Mistakes that the parser notices lines after the one to mend, which is where it began to read."""

FULL_WIDTH_KEY = re.compile(r"\s*(- )?[\w-]+：")


def syntax_mistakes(error: MarkedYAMLError, text: str, name: str) -> list[Mistake]:
    """Return the mistake that *error* stands for, where it stands in *text*; with a full-width colon those
    of the lines above and below it that have one too.
    """
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark is not None else (0, 0)
    problem = str(error.problem or error.context or "")
    code = next((code for words, code in CODES if words in problem), "yaml-syntax")
    lines = text.split("\n")
    for number in range(min(line, len(lines) - 1), max(-1, line - 3), -1):
        match = FULL_WIDTH_KEY.match(lines[number])
        if match:
            return _full_width_colons(lines, number, name)
        if code != "yaml-quote" and "\t" in lines[number][: len(lines[number]) - len(lines[number].lstrip())]:
            return [Mistake(Place(name, number + 1, lines[number].index("\t") + 1), "tab-indent")]
    details = (("problem", problem),) if code == "yaml-syntax" else ()
    began = error.context_mark
    if code in OPENED and began is not None and began.line < line:
        line, column = began.line, began.column
    return [Mistake(Place(name, line + 1, column + 1), code, details)]


def _full_width_colons(lines: Sequence[str], number: int, name: str) -> list[Mistake]:
    """Return the full-width colons of line *number* and of its neighbours that have one for a colon."""
    first = last = number
    while first > 0 and FULL_WIDTH_KEY.match(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and FULL_WIDTH_KEY.match(lines[last + 1]):
        last += 1
    return [
        Mistake(Place(name, i + 1, match.end()), "full-width-colon")
        for i in range(first, last + 1)
        if (match := FULL_WIDTH_KEY.match(lines[i]))
    ]
