"""YAML that remembers its lines, and what is refused before it can do harm."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sim.errors import BadInput, Mistake, Place
from sim.marked.document import document_from_bytes, document_from_text, fixed_encoding, load_document


def mistakes_in(source: str | bytes) -> tuple[Mistake, ...]:
    raw = source.encode() if isinstance(source, str) else source
    with pytest.raises(BadInput) as raised:
        document_from_bytes(raw, "f.yaml")
    return raised.value.mistakes


def mistakes_or_none(raw: bytes) -> tuple[Mistake, ...]:
    try:
        document_from_bytes(raw, "f.yaml")
    except BadInput as bad:
        return bad.mistakes
    return ()


def found_in(source: str | bytes) -> list[tuple[str, int, int]]:
    return [(m.code, m.place.line, m.place.column) for m in mistakes_in(source)]


def data_of(source: str | bytes) -> object:
    return document_from_bytes(source.encode() if isinstance(source, str) else source, "f.yaml").data


def billion_laughs(levels: int) -> str:
    lines = ["a0: &a0 [" + ",".join(["lol"] * 9) + "]"]
    for i in range(1, levels):
        lines.append(f"a{i}: &a{i} [" + ",".join([f"*a{i - 1}"] * 9) + "]")
    return "\n".join(lines)


def test_values_keep_their_places() -> None:
    document = document_from_text("title: 浙江\nlist:\n  - 1\n  - {x: 2.5}\n", "f.yaml")
    assert document.data == {"title": "浙江", "list": [1, {"x": 2.5}]}
    assert document.places["title",] == Place("f.yaml", 1, 8)
    assert document.places["list", 1, "x"] == Place("f.yaml", 4, 9)
    assert document.key_places["list", 1, "x"] == Place("f.yaml", 4, 6)
    assert document.places["list", 0] == Place("f.yaml", 3, 5)


def test_a_path_without_a_place_gives_the_nearest_around_it() -> None:
    document = document_from_text("a:\n  b: 1\n", "f.yaml")
    assert document.place("a", "missing") == document.places["a",]
    assert document.key_place("a", "missing") == document.places["a",]


def test_files_are_named_from_the_root_with_forward_slashes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.yaml").write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_document(tmp_path / "sub" / "x.yaml", tmp_path)
    assert str(raised.value).startswith("sub/x.yaml:2:1: ")


def test_a_missing_file_and_a_folder_are_mistakes(tmp_path: Path) -> None:
    for name, code in (("none.yaml", "missing-file"), (".", "unreadable-file")):
        with pytest.raises(BadInput) as raised:
            load_document(tmp_path / name, tmp_path)
        assert [m.code for m in raised.value.mistakes] == [code]


@pytest.mark.speed
def test_S1_alias_bomb_is_refused_fast_and_small() -> None:
    bomb = billion_laughs(9)
    document_from_text("warm: up", "f.yaml")
    tracemalloc.start()
    start = time.perf_counter()
    mistakes = mistakes_in(bomb)
    elapsed = time.perf_counter() - start
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (mistakes[0].code, mistakes[0].place) == ("anchor", Place("f.yaml", 1, 5))
    assert elapsed < 0.1
    assert peak < 50_000_000


@pytest.mark.speed
def test_S2_merge_key_bomb_is_refused() -> None:
    lines = ["a0: &a0 {x: 1}"] + [f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}" for i in range(1, 24)]
    start = time.perf_counter()
    codes = {m.code for m in mistakes_in("\n".join(lines))}
    assert codes == {"anchor", "alias", "merge-key"}
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    ("source", "line", "column"),
    [
        ("[" * 20_000, 1, 33),
        ("{a: " * 5_000, 1, 4 * 32 + 1),
        ("\n".join(" " * i + "a:" for i in range(1_500)), 33, 33),
        ("- " * 1_500, 1, 65),
    ],
    ids=["flow lists", "flow mappings", "blocks", "nested dashes"],
)
def test_S3_depth_is_refused_without_recursion(source: str, line: int, column: int) -> None:
    assert found_in(source) == [("too-deep", line, column)]


def test_S3_thirty_two_levels_are_read() -> None:
    assert data_of("[" * 32 + "]" * 32) is not None


def test_S4_self_alias_is_refused() -> None:
    assert found_in("&a [*a]") == [("anchor", 1, 1), ("alias", 1, 5)]


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system", "!!str", "!own", "!"])
def test_S5_tags_are_refused(tag: str) -> None:
    assert [m.code for m in mistakes_in(f"a: {tag} x")] == ["tag"]


def test_S6_a_file_above_one_megabyte_is_refused_before_parsing(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_bytes(b"# x\n" * 250_001)
    start = time.perf_counter()
    with pytest.raises(BadInput) as raised:
        load_document(tmp_path / "big.yaml", tmp_path)
    assert [m.code for m in raised.value.mistakes] == ["file-too-large"]
    assert time.perf_counter() - start < 0.1


def test_S6_too_many_values_and_too_long_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_in("a: " + "字" * 22_000) == [("scalar-too-long", 1, 4)]
    assert data_of("a: " + "字" * 21_000) is not None
    monkeypatch.setattr("sim.marked.document.MAX_NODES", 20)
    assert found_in("[" + "1," * 30 + "]") == [("too-many-nodes", 1, 40)]


@pytest.mark.parametrize("digits", [21, 4_000, 5_000])
def test_S7_integers_out_of_range_are_refused(digits: int) -> None:
    assert found_in("a: " + "9" * digits) == [("number-range", 1, 4)]


def test_S7_every_seed_of_64_bits_is_read() -> None:
    assert data_of(f"a: {2**64}\nb: -{2**64}") == {"a": 2**64, "b": -(2**64)}


@pytest.mark.parametrize("number", [".nan", ".NaN", ".inf", "-.inf", "+.INF", "1e400", "-1e400"])
def test_R1_numbers_must_be_finite(number: str) -> None:
    assert found_in(f"a: 1\nb: {number}") == [("not-finite", 2, 4)]


def test_R2_a_duplicate_key_names_both_positions() -> None:
    (mistake,) = mistakes_in("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    assert (mistake.code, mistake.place) == ("duplicate-key", Place("f.yaml", 5, 3))
    assert dict(mistake.details) == {"name": "c", "line": "3", "column": "3"}
    assert "第 3 行" in mistake.line("zh")


def test_R5_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert data_of(b"\xef\xbb\xbfa: 1") == {"a": 1}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_R5_utf_16_is_named(encoding: str) -> None:
    (mistake,) = mistakes_in("title: plan\n".encode(encoding))
    assert mistake.code == "utf-16-file"
    assert "UTF-16" in mistake.line("en")


def test_R5_gbk_is_named_with_the_command_that_helps() -> None:
    (mistake,) = mistakes_in("a: 1\nb: 杭州\n".encode("gbk"))
    assert (mistake.code, mistake.place) == ("gbk-file", Place("f.yaml", 2, 4))
    assert "run.py fix-encoding f.yaml" in mistake.line("en")
    assert "run.py fix-encoding f.yaml" in mistake.line("zh")


def test_R5_bytes_that_are_no_text_are_refused() -> None:
    assert found_in(b"a: \xff\x00\x81") == [("not-utf-8", 1, 4)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_R5_fix_encoding_reads_what_people_save(encoding: str) -> None:
    assert fixed_encoding("城市: 衢州\r\n".encode(encoding)) == "城市: 衢州\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_R6_all_line_ends_give_the_same_document(end: str) -> None:
    document = document_from_bytes(f"a: 1{end}b: |{end}  x{end}  y{end}c: 2".encode(), "f.yaml")
    assert document.data == {"a": 1, "b": "x\ny\n", "c": 2}
    assert document.places["c",] == Place("f.yaml", 5, 4)


@pytest.mark.parametrize("source", ["", "\n", "  \n\n", "# only a comment\n", "---\n", "null\n"])
def test_R6_an_empty_file_is_one_mistake(source: str) -> None:
    assert [m.code for m in mistakes_in(source)] == ["empty-yaml"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a: 1\n---\nb: 2\n", ("two-documents", 2, 1)),
        ("a:\n\tb: 1\n", ("tab-indent", 2, 1)),
        ("\ta: 1\n", ("tab-indent", 1, 1)),
        ("a：1\n", ("full-width-colon", 1, 2)),
        ("a: 1\nb：2\nc: 3\n", ("full-width-colon", 2, 2)),
        ("a:\n  b：2\n  c：3\n", ("full-width-colon", 2, 4)),
        ("a: 1\n杭州：2\nc: 3\n", ("full-width-colon", 2, 3)),
        ("a: 'x\n", ("yaml-quote", 1, 4)),
        ('a: 1\nb: "x\nc: 2\nd: 3\n', ("yaml-quote", 2, 4)),
        ("a: [1, 2\n", ("yaml-bracket", 1, 4)),
        ("a: {b: 1\nc: 2\n", ("yaml-bracket", 1, 4)),
        ("a: {b: [1, 2}\n", ("yaml-bracket", 1, 13)),
        ("a: 1\nseed 7\n", ("yaml-no-colon", 2, 1)),
        ("a: 1\nseed:7\nb: 1\n", ("yaml-no-colon", 2, 1)),
        ("a: b: c\n", ("yaml-colon", 1, 5)),
        ("a:\n  b: 1\n c: 2\n", ("yaml-indent", 3, 2)),
        ("a: 1\nb\nc: 3\n", ("yaml-no-colon", 2, 1)),
        ("a: @x\n", ("yaml-start", 1, 4)),
        ("? [a]\n: 1\n", ("key-not-text", 1, 3)),
        ("[a]: 1\n", ("key-not-text", 1, 1)),
        (": 1\n", ("blank-key", 1, 1)),
        ("\u3000a: 1\n", ("blank-key", 1, 1)),
        ("%YAML 1.1\n---\na: 1\n", ("yaml-directive", 2, 1)),
        ('a: "\\UFFFFFFFF"\n', ("yaml-syntax", 1, 1)),
    ],
)
def test_R6_slips_of_form_get_one_sentence_and_a_place(source: str, expected: tuple[str, int, int]) -> None:
    (mistake,) = mistakes_in(source)
    assert (mistake.code, mistake.place.line, mistake.place.column) == expected
    assert mistake.line("zh") != mistake.line("en")


def test_R6_an_alias_as_a_key_is_refused() -> None:
    assert "key-not-text" in {m.code for m in mistakes_in("a: &x b\n*x : 1\n")}


def test_R6_full_width_digits_and_percent_are_read_as_plain_ones() -> None:
    assert data_of("a: １２．５\nb: －３\nc: 5％\nd: '１２'\n") == {
        "a": 12.5,
        "b": -3,
        "c": "5%",
        "d": "１２",
    }


def test_R6_full_width_colons_inside_text_are_text() -> None:
    assert data_of("a: 假设：出口下降\nb: |\n  说明：x\n- c\n"[:-4]) == {
        "a": "假设：出口下降",
        "b": "说明：x\n",
    }


@pytest.mark.parametrize(
    "word",
    ["NO", "no", "on", "Off", "yes", "12:30", "2016-2020", "007", "-01", "2016-01-01", "1_000", "0x10", "0o7"]
    + ["True", "FALSE", "Null", "1e", "+", "nan", "inf", "1.2.3"],
)
def test_R7_words_that_other_loaders_change_stay_text(word: str) -> None:
    assert data_of(f"{word}: {word}") == {word: word}


def test_R7_only_plain_numbers_and_truth_values_change() -> None:
    source = "a: true\nb: false\nc: null\nd: ~\ne:\nf: 0\ng: -5\nh: +2.5\ni: 1e6\nj: .5\nk: '5'\nl: 3.\n"
    values = (True, False, None, None, None, 0, -5, 2.5, 1e6, 0.5, "5", 3.0)
    assert data_of(source) == dict(zip("abcdefghijkl", values, strict=True))


def test_R8_equal_names_in_other_unicode_forms_are_one_name() -> None:
    assert data_of("caf\u0065\u0301: 1") == {"caf\u00e9": 1}
    assert found_in("caf\u00e9: 1\ncafe\u0301: 2") == [("duplicate-key", 2, 1)]
    assert data_of('a: "e\\u0301"') == {"a": "\u00e9"}


@pytest.mark.parametrize(
    "character",
    ["\u202a", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\x00", "\x07", "\x1b", "\u2028"],
)
def test_R8_invisible_characters_are_refused(character: str) -> None:
    assert found_in(f"a: 1\nb: x{character}y\n") == [("hidden-character", 2, 5)]


def test_R8_escapes_cannot_bring_them_back() -> None:
    assert found_in('a: "x\\u202ey"') == [("hidden-character", 1, 4)]
    assert found_in('"a\\0": 1') == [("hidden-character", 1, 1)]


def test_R9_a_year_as_number_and_as_text_is_one_key() -> None:
    assert found_in("2016: 1\n'2016': 2\n") == [("duplicate-key", 2, 1)]


SPICE = st.text(alphabet=":-[]{}#&*!|>'\"%@`?,\n\t abz019.：\\xUu~<\u3000é\r", max_size=60)


@settings(max_examples=1_000)
@given(st.one_of(SPICE, st.text(max_size=80), st.binary(max_size=80)))
@example(b"\xff\xfe")
@example("a: \ud800")
@example("- - ? - :")
def test_R11_any_input_gives_a_document_or_mistakes(source: str | bytes) -> None:
    raw = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    for mistake in mistakes_or_none(raw):
        assert mistake.place.line >= 1
        assert mistake.place.column >= 1
        assert "\n" not in mistake.line("zh")


def test_a_file_outside_the_project_keeps_its_bare_name(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: [", encoding="utf-8")
    (tmp_path / "inside").mkdir()
    with pytest.raises(BadInput) as raised:
        load_document(tmp_path / "x.yaml", tmp_path / "inside")
    assert [m.place.file for m in raised.value.mistakes] == ["x.yaml"]
