from __future__ import annotations

import ntpath
import os
import subprocess
import sys
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.marked.text import file_system_name, readable_name
from sim.outputs.safe_names import LONGEST, safe_name

HOSTILE = [
    "../x",
    "/etc/x",
    "C:\\x",
    "..\\..\\w",
    "CON",
    "con",
    "nul.csv",
    "LPT1",
    "com¹",
    "a:b",
    "name.",
    "name ",
    " name",
    "two\nlines",
    "nul\0byte",
    "x" * 201,
    "衢" * 100,
    "",
    ".",
    "..",
    "~",
    "-rf",
    "Baseline",
    "\u202egnp",
]


@pytest.mark.parametrize("name", ["baseline", "trade_friction", "late-start", "出口下滑", "2016", "sweep-3"])
def test_S9_a_plain_name_stays_as_it_is(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize("name", HOSTILE)
def test_S9_a_hostile_name_becomes_a_slug_with_a_hash_inside_the_results(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    assert safe != name
    assert_safe(safe)
    assert (tmp_path / safe).resolve().parent == tmp_path.resolve()
    (tmp_path / safe).touch()


@pytest.mark.parametrize(
    ("name", "slug"), [("../x", "x-"), ("C:\\Plans", "c-plans-"), ("nul.csv", "nul-csv-"), ("a: b", "a-b-")]
)
def test_S9_a_slug_can_still_be_read(name: str, slug: str) -> None:
    assert safe_name(name).startswith(slug)


def is_reserved(name: str) -> bool:
    """Whether Windows keeps *name* for itself; Python has moved the question."""
    if sys.version_info >= (3, 13):
        return ntpath.isreserved(name)
    return PureWindowsPath(name).is_reserved()


def assert_safe(safe: str) -> None:
    """Hold a name against the rules of every system."""
    assert 0 < len(safe.encode("utf-8")) <= LONGEST
    assert all(letter.isalnum() or letter in "-_" for letter in safe)
    assert not is_reserved(safe)
    assert PureWindowsPath(safe).name == safe
    assert not safe.startswith(("-", "."))


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_S9_every_text_gets_a_name_that_is_safe_on_every_system(name: str) -> None:
    assert_safe(safe_name(name))


@given(st.text("aAſsßıİ-0a1b2c3d4"), st.text("aAſsßıİ-0a1b2c3d4"))
@example("A", "a")
@example("x", "x-" + "2d711642")  # the hash of x: nobody can ask for another's slug
@example("ſ", "s")
def test_S9_two_names_never_share_a_folder_even_where_case_does_not_count(one: str, other: str) -> None:
    if one != other:
        folded = {safe_name(name).upper().casefold() for name in (one, other)}
        assert len(folded) == 2


def test_S9_a_name_typed_in_another_normal_form_is_the_same_name() -> None:
    assert safe_name("é") == safe_name("é") == "é"


def test_R23_a_chinese_name_has_the_same_bytes_on_disk_in_every_locale(tmp_path: Path) -> None:
    program = "import pathlib, sys; from sim.marked.text import *; name = '\\u8862\\u5dde';"
    program += "path = pathlib.Path(sys.argv[1]) / file_system_name(name); path.touch();"
    program += "assert readable_name(path.name) == name == readable_name(name)"
    for locale in ("C", "C.UTF-8"):
        place = tmp_path / locale
        place.mkdir()
        environment = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        root = Path(__file__).parents[2]
        subprocess.run([sys.executable, "-c", program, place], cwd=root, env=environment, check=True)
        assert os.listdir(os.fsencode(place)) == ["衢州".encode()]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_name_is_read_back_from_the_file_system_as_it_was_written(name: str) -> None:
    assert readable_name(file_system_name(name)) == name
