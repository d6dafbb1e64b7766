"""The fast scanner against ruamel.yaml's own: the same events at the same marks, or the same error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from sim.marked.scanner import fast_yaml

ROOT = Path(__file__).parents[2]
FILES = [
    *(ROOT / "scenarios").glob("*.yaml"),
    *(ROOT / "tests" / "bad_scenarios").glob("*.yaml"),
    *(ROOT / "baselines" / "zhejiang-2016" / name for name in ("assumptions.yaml", "plan.yaml")),
]
SAID = ("anchor", "ctag", "explicit", "flow_style", "implicit", "style", "value", "version")

PIECES = [*"1-:?#'\"{}[],|>&*!@`%\\é：\x85\u2028\ufeff", "a", "bc", "--", "---", "...", "::"]
PIECES += [":a", "?a", "#a", "\\n", "\\x41", "\\uZ", "''", '""', "&a", "*a", "!t", "<<", "%YAML 1.1\n---\n"]
PIECES += [" ", "  ", "\n", "\n\n", "\n  ", "\n    ", "\t", "\r\n", "\r"]
PIECES += [": ", ", ", " # ", "- ", "? ", "---\n", "|\n  "]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)


def mark_of(mark: Any) -> tuple[int, int, int] | None:
    return None if mark is None else (mark.line, mark.column, mark.index)


def events_of(yaml: YAML, text: str) -> list[tuple[object, ...]]:
    """Return all that we read of the events of *text*; last, the error that ends them."""
    events: list[tuple[object, ...]] = []
    try:
        for event in yaml.parse(text):
            said = [str(getattr(event, name, None)) for name in SAID]
            events.append((type(event), mark_of(event.start_mark), mark_of(event.end_mark), *said))
    except MarkedYAMLError as error:
        marks = mark_of(error.problem_mark), mark_of(error.context_mark)
        events.append((type(error), error.problem, error.context, *marks))
    except (YAMLError, ValueError, OverflowError) as error:
        events.append((type(error), str(error)))
    return events


@settings(max_examples=200)
@given(TEXTS)
@example("a: b c  d # e\n")
@example("{a: b?c, d? : [e ?, 'f  g\n h'], \"i\\\n  j\": k}\n")
@example("%YAML 1.1\n---\n{a?: b}\n")
@example("a: |\n  b\n\n  c\nd: e\n  f\n\n  g\n# h\ni: 'j''k'\n")
def test_any_text_gives_the_events_of_the_plain_scanner(text: str) -> None:
    assert events_of(fast_yaml(), text) == events_of(YAML(typ="safe", pure=True), text)


def test_shipped_and_broken_files_give_the_events_of_the_plain_scanner() -> None:
    texts = [path.read_bytes().decode("utf-8", "replace") for path in FILES]
    assert len(texts) > 100
    for text in texts:
        assert events_of(fast_yaml(), text) == events_of(YAML(typ="safe", pure=True), text)
