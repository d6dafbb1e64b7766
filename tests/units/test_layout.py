from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.outputs.text_table import display_width
from sim.tables.layout import WIDEST, WIDTH, Note, column_groups, paragraph, wrapped, wrapped_table

LETTERS = "ab1.%，。（）“”研发经费 "
texts = st.text(LETTERS, max_size=60)


def squeezed(text: str) -> str:
    return "".join(text.split())


def at_places(line: str, start: int, width: int) -> str:
    """Return what stands on *width* places of *line*; no letter may lie across the end of them."""
    found, place = "", 0
    for letter in line:
        if start <= place < start + width:
            found += letter
            assert place + display_width(letter) <= start + width
        place += display_width(letter)
    return found


@given(texts, st.integers(2, 40))
def test_a_wrapped_text_keeps_every_letter_and_no_line_is_too_wide(text: str, width: int) -> None:
    lines = wrapped(text.strip(), width)
    assert squeezed("".join(lines)) == squeezed(text)
    assert max(display_width(line) for line in lines) <= width


def test_no_line_begins_with_what_closes_a_clause_and_a_number_keeps_its_sign() -> None:
    assert wrapped("研发经费，与人员", 8) == ["研发经", "费，与人", "员"]
    assert wrapped("about 64 % hit", 10) == ["about 64 %", "hit"]
    assert wrapped("about 64 % hit", 8) == ["about", "64 % hit"]


def test_blanks_at_the_beginning_indent_every_line() -> None:
    assert wrapped("  口径甲乙", 6) == ["  口径", "  甲乙"]


@given(st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=4), st.integers(4, 12))
def test_every_cell_stands_on_the_places_of_its_column(rows: list[list[str]], most: int) -> None:
    rows = [["1", *row] for row in rows]  # a row that is all blank cannot be told from the next
    shown = wrapped_table(["n", "a", "b", "c"], rows, {1: most, 2: most}, right=(2,))
    _, rule, *lines = shown.splitlines()
    widths = [len(part) for part in rule.split("  ")]
    starts = [sum(widths[:i]) + 2 * i for i in range(4)]
    cells = [["" for _ in widths] for _ in rows]
    row = -1
    for line in lines:
        row += line.startswith("1")
        for i, (start, width) in enumerate(zip(starts, widths, strict=True)):
            cells[row][i] += at_places(line, start, width)
            assert not at_places(line, start + width, 2).strip()
    assert [[squeezed(cell) for cell in row] for row in cells] == [
        [squeezed(cell) for cell in row] for row in rows
    ]


@given(texts)
def test_a_note_runs_across_the_table_without_widening_it(text: str) -> None:
    note = "注" + text
    shown = wrapped_table(["a", "b"], [["1", "2"], Note(note, 3)])
    head, rule, row, *rest = shown.splitlines()
    assert (head, rule, row) == ("a  b", "-  -", "1  2")
    assert squeezed("".join(rest)) == squeezed(note)
    assert all(line.startswith("   ") and display_width(line) <= WIDTH for line in rest if line)


def test_blanks_that_fill_a_line_leave_room_for_one_wide_letter() -> None:
    assert wrapped("    ab", 4) == ["    ab"]
    assert wrapped("    甲乙", 4) == ["    甲", "    乙"]


def test_groups_of_columns_fill_the_room_and_do_not_pass_it() -> None:
    columns = [["a"], ["b"], ["c"]]
    assert column_groups(columns, [3, 4, 3], 11, gap="  ") == [[["a"], ["b"]], [["c"]]]
    assert column_groups(columns, [3, 4, 3], 10, gap="  ") == [[["a"]], [["b"]], [["c"]]]
    assert column_groups(columns, [30, 1, 1], 6, gap="  ") == [[["a"]], [["b"], ["c"]]]


def test_a_paragraph_hangs_after_its_first_line() -> None:
    assert paragraph("aa bb cc", hanging=2, width=7) == "aa bb\n  cc"
    assert WIDTH <= WIDEST <= 120
