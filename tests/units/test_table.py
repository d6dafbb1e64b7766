"""CSV whose cells know where they stand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import BadInput, Found, Place
from sim.marked.table import Table, load_table, table_from_bytes

COLUMNS = ("a", "b", "c")


def table_of(text: str) -> Table:
    return table_from_bytes(text.encode(), "t.csv", COLUMNS)


def found_in(source: str | bytes) -> list[tuple[str, int, int]]:
    raw = source.encode() if isinstance(source, str) else source
    with pytest.raises(BadInput) as raised:
        table_from_bytes(raw, "t.csv", COLUMNS)
    return [(m.code, m.place.line, m.place.column) for m in raised.value.mistakes]


def test_a_mistake_of_a_cell_of_several_lines_is_one_line() -> None:
    found = Found()
    table_of('a,b,c\n"not\na  number",2,3\n').rows[0]["a"].number(found)
    [mistake] = found.mistakes
    assert dict(mistake.details)["value"] == "not a number"
    assert "\n" not in mistake.line("en")


def test_cells_know_their_place_behind_quotes_and_line_breaks() -> None:
    table = table_of('a,b,c\n1,"x, ""y""",3\n\n4,"z\nz",5\n 7 ,8,九\n')
    assert [row.texts for row in table.rows] == [("1", 'x, "y"', "3"), ("4", "z\nz", "5"), ("7", "8", "九")]
    assert [row["c"].place for row in table.rows] == [
        Place("t.csv", 2, 14),
        Place("t.csv", 5, 4),
        Place("t.csv", 6, 7),
    ]
    assert [row.place.line for row in table.rows] == [2, 4, 6]


def test_columns_may_stand_in_any_order() -> None:
    row = table_of("c,a,b\n3,1,2\n").rows[0]
    assert [row.text(column) for column in COLUMNS] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a,b\n1,2\n", [("missing-column", 1, 1)]),
        ("a,b,c,d\n1,2,3,4\n", [("unknown-column", 1, 1)]),
        ("a,b,b,c\n1,2,3,4\n", [("duplicate-column", 1, 1)]),
        ("a;b;c\n1;2;3\n", [("csv-separator", 1, 1)]),
        ("a\tb\tc\n", [("csv-separator", 1, 1)]),
        ("a，b，c\n", [("csv-separator", 1, 1)]),
        ("a,b,c\n1,2\n3,4,5\n6,7,8,9\n", [("field-count", 2, 1), ("field-count", 4, 1)]),
        ('a,b,c\n1,"x"y,3\n4,5,"6\n', [("csv-quote", 2, 6), ("csv-quote", 3, 5)]),
        ("", [("empty-file", 1, 1)]),
        ("\n \n", [("empty-file", 1, 1)]),
        ("a,b,c\n1,2,x\u200by\n", [("hidden-character", 2, 6)]),
        ("a,b,c\n1,2,杭州\n".encode("gbk"), [("gbk-file", 2, 5)]),
        ("a,b,c\n".encode("utf-16"), [("utf-16-file", 1, 1)]),
    ],
)
def test_mistakes_of_form_are_reported_with_their_place(
    source: str | bytes, expected: list[tuple[str, int, int]]
) -> None:
    assert found_in(source) == expected


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_R6_all_line_ends_give_the_same_table(end: str) -> None:
    table = table_of(end.join(("a,b,c", "1,2,3", "4,5,6")))
    assert [row.texts for row in table.rows] == [("1", "2", "3"), ("4", "5", "6")]
    assert [row.line for row in table.rows] == [2, 3]


@pytest.mark.parametrize(
    "text", ["1l.3", "nan", "inf", "1e400", "1,126", "11.3%", "", "１２", "0x1", "1_0", "--1"]
)
def test_what_is_no_number_is_a_mistake_where_it_stands(text: str) -> None:
    found = Found()
    value = table_of(f'a,b,c\n1,2,"{text}"\n').rows[0]["c"].number(found)
    assert math.isnan(value)
    assert [(m.code, m.place.line, m.place.column) for m in found.mistakes] == [("bad-value", 2, 5)]


def test_the_sentence_is_the_one_that_the_architecture_shows() -> None:
    found = Found()
    table = table_from_bytes(b"indicator,growth\nrd,1l.3\n", "printed.csv", ("indicator", "growth"))
    table.rows[0]["growth"].number(found)
    assert found.mistakes[0].line("en") == "printed.csv:2:4: growth '1l.3' is not a number [bad-value]"


def test_numbers_integers_choices_and_lists_are_read() -> None:
    found = Found()
    row = table_of("a,b,c\n-1.5e3,2016, x ;y;\n").rows[0]
    assert row["a"].number(found) == -1500
    assert row["b"].integer(found) == 2016
    assert row["c"].names() == ("x", "y")
    assert row["b"].choice(("2016", "2017"), found) == "2016"
    assert row["a"].optional_number(found) == -1500
    assert row["b"].required(found) == "2016"
    assert found.mistakes == []


def test_wrong_cells_are_mistakes_with_the_nearest_choice() -> None:
    found = Found()
    row = table_of("a,b,c\n-2,2016.0,\n").rows[0]
    row["a"].number(found, positive=True)
    assert row["b"].integer(found) is None
    assert row["b"].choice(("2016", "1999"), found) is None
    assert row["c"].required(found) == ""
    assert row["c"].optional_number(found) is None
    assert [m.code for m in found.mistakes] == ["not-positive", "bad-integer", "bad-choice", "empty-cell"]
    assert dict(found.mistakes[2].details)["near"] == "2016"


def test_where_no_choice_is_near_the_legal_ones_are_listed() -> None:
    found = Found()
    table_of("a,b,c\nzzz,1,2\n").rows[0]["a"].choice([f"n{i}" for i in range(9)], found)
    assert "'n0', 'n1', 'n2', 'n3', 'n4', 'n5', …?" in found.mistakes[0].line("en")


def test_a_missing_table_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as raised:
        load_table(tmp_path / "none.csv", tmp_path, COLUMNS)
    assert [m.code for m in raised.value.mistakes] == ["missing-file"]


@given(st.one_of(st.text(alphabet='a,b"c\n\r1 ', max_size=60), st.binary(max_size=60)))
def test_R11_any_table_gives_rows_or_mistakes(source: str | bytes) -> None:
    raw = source.encode() if isinstance(source, str) else source
    try:
        rows = table_from_bytes(b"a,b,c\n" + raw, "t.csv", COLUMNS).rows
        places = [row["c"].place for row in rows if len(row.texts) == len(COLUMNS)]
        complete = len(places) == len(rows)
    except BadInput as bad:
        complete, places = True, [mistake.place for mistake in bad.mistakes]
    assert complete
    assert all(place.line >= 1 and place.column >= 1 for place in places)
