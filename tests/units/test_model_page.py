"""The page of the model lists every formula of the reference, in its order, and no other."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from sim.kernels import reference

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
LIST = PAGE.partition("## 13. ")[2]


def test_the_page_lists_the_functions_of_the_reference_in_their_order() -> None:
    table = [line.split("|")[3] for line in LIST.splitlines() if re.match(r"\| \d", line)]
    own = [name for name, value in vars(reference).items() if inspect.isfunction(value)]
    assert re.findall(r"`(\w+)`", " ".join(table)) == own


def test_the_numbers_of_the_reference_stand_on_the_page() -> None:
    assert f"floored at {reference.FLOOR:g}" in PAGE
    assert f"a share of {1.0 - reference.MIXING_CAP:.3f} falls below" in PAGE
    assert f"min({reference.MOST_CITY_SCALE:g}," in PAGE


def test_the_files_that_the_page_names_are_there() -> None:
    named = re.findall(r"`((?:sim|tests)/[\w/.]+)`", PAGE)
    assert len(named) > 10
    for name in named:
        assert (ROOT / name).exists(), name
