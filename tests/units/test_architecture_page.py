"""The page on architecture has the rows that import-linter holds, and no module that is not there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def rows_of_page() -> list[set[str]]:
    """Return the modules of each row of the page, the highest first."""
    cells = re.findall(r"^\| [\d½¾]+ \| ([^|]+) \|", PAGE, re.MULTILINE)
    return [set(re.findall(r"`(\w+)/?`", cell)) for cell in cells]


def rows_of_linter() -> list[set[str]]:
    """Return the modules of each layer in the order of the contract."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in linter["contracts"] if contract["type"] == "layers")
    return [set(re.findall(r"\w+", layer)) for layer in layers]


def test_the_rows_of_the_page_are_those_that_the_linter_holds() -> None:
    assert rows_of_page() == rows_of_linter()


def test_what_the_page_calls_a_folder_is_one() -> None:
    for name, mark in re.findall(r"`(\w+)(/?)`", re.sub(r"\| [^|]+ \|$", "|", PAGE, flags=re.MULTILINE)):
        if (ROOT / "sim" / name).is_dir() or (ROOT / "sim" / f"{name}.py").is_file():
            assert (ROOT / "sim" / name).is_dir() == bool(mark), name


def test_the_studies_that_the_page_names_are_there() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| 7 |"))
    names = re.findall(r"`([\w/]+)`", row.split("|")[3])
    assert len(names) > 10
    for name in names:
        assert (ROOT / "sim" / "studies" / (name if name.endswith("/") else f"{name}.py")).exists(), name
