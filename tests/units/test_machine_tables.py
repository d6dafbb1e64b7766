from __future__ import annotations

import csv
import io
import math
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.outputs.machine_tables import (
    Cell,
    Columns,
    columns_from_parquet,
    guarded,
    machine_csv,
    parquet,
    people_csv,
)

TABLE: Columns = {
    "target": ["H01", "H02", "=H03"],
    "p": [0.1 + 0.2, math.nan, -0.0],
    "draws": np.array([20480, 20480, -5]),
    "lead": [True, False, None],
    "note": ['says "no", twice', "衢州\n丽水", None],
}
FORMULAS = ["=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "-2+3", "\t=1+1", "＝1+1", "－1", "\u200b=1", "\r\n=1"]
FORMULAS += [" =1", "\u3000＝1", "\u00a0@x"]


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_machine_csv_has_no_mark_and_says_every_digit() -> None:
    assert machine_csv(TABLE).decode("utf-8") == (
        "target,p,draws,lead,note\n"
        'H01,0.30000000000000004,20480,true,"says ""no"", twice"\n'
        'H02,,20480,false,"衢州\n丽水"\n'
        "=H03,0.0,-5,,\n"
    )


def test_a_csv_for_people_has_a_mark_windows_line_ends_and_no_line_end_in_a_cell() -> None:
    assert people_csv(TABLE).decode("utf-8") == (
        "\ufefftarget,p,draws,lead,note\r\n"
        'H01,0.30000000000000004,20480,true,"says ""no"", twice"\r\n'
        "H02,,20480,false,衢州 丽水\r\n"
        "'=H03,0.0,-5,,\r\n"
    )


@pytest.mark.parametrize("text", FORMULAS)
def test_S12_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == "'" + text
    assert read(people_csv({"name": [text]}))[1][0].startswith("'")
    assert read(people_csv({text: ["x"]}))[0][0].startswith("'")


@pytest.mark.parametrize("text", ["1=1", "杭州", "", "a-b", " ", "'=1"])
def test_S12_harmless_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.lists(st.floats(allow_nan=False) | st.integers(-(2**60), 2**60), min_size=1))
def test_S12_numbers_are_never_prefixed_and_read_back_equal(numbers: list[float]) -> None:
    for content in (machine_csv({"x": numbers}), people_csv({"x": numbers})):
        assert [float(row[0]) for row in read(content)[1:]] == [float(x) for x in numbers]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_S12_no_text_begins_with_a_sign_once_its_invisible_letters_are_gone(text: str) -> None:
    cell = read(people_csv({"before": ["x"], "x": [text]}))[1][1]
    shown = "".join(letter for letter in cell if unicodedata.category(letter)[0] not in "ZC")
    assert not shown.startswith(tuple("=+-@＝＋－＠"))


def test_NumPy_cells_are_written_as_plain_numbers() -> None:
    cells: list[Cell] = [np.float64(0.5), 2]
    assert machine_csv({"x": cells}) == b"x\n0.5\n2\n"


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        machine_csv({"a": [1], "b": []})


def test_parquet_reads_back_with_types_and_gaps() -> None:
    read_back = columns_from_parquet(parquet({**TABLE, "none": [None] * 3, "mixed": [1, 2.5, None]}))
    assert read_back["target"] == ["H01", "H02", "=H03"]
    assert read_back["p"] == [0.1 + 0.2, None, 0.0]
    assert read_back["draws"] == [20480, 20480, -5]
    assert read_back["lead"] == [True, False, None]
    assert read_back["none"] == [None] * 3
    assert read_back["mixed"] == [1.0, 2.5, None]


def test_a_column_of_text_and_numbers_is_refused() -> None:
    with pytest.raises(TypeError, match="column a mixes"):
        parquet({"a": [1, "x"]})


def test_R13_equal_columns_give_equal_bytes() -> None:
    for write in (machine_csv, people_csv, parquet):
        assert write(TABLE) == write({name: list(values) for name, values in TABLE.items()})


def test_R22_a_flipped_bit_in_a_page_of_parquet_is_never_read_back_as_data() -> None:
    values = list(np.random.default_rng(1).normal(size=2000))
    content = parquet({"x": values})
    for position in range(100, len(content) // 2, 997):
        broken = bytearray(content)
        broken[position] ^= 1
        with pytest.raises(OSError, match="(?i)crc|checksum"):
            columns_from_parquet(bytes(broken))


GAPPY = st.one_of(
    st.lists(st.none() | st.text(max_size=5)),
    st.lists(st.none() | st.booleans()),
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    st.lists(st.none() | st.floats(allow_nan=False)),
)


@given(GAPPY)
def test_parquet_is_what_pyarrow_makes_of_the_cells_itself(cells: list[Cell]) -> None:
    import pyarrow
    from pyarrow import parquet as files

    kind = next((type(cell) for cell in cells if cell is not None), float)
    of = {str: pyarrow.string(), bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64()}
    expected = io.BytesIO()
    table = pyarrow.table({"x": pyarrow.array(cells, of[kind])})
    files.write_table(table, expected, compression="zstd", write_page_checksum=True)

    assert parquet({"x": cells}) == expected.getvalue()
