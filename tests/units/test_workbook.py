"""The workbook: text stays text, numbers stay numbers, equal content gives equal bytes."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet
from xlsxwriter import worksheet as xlsxwriter_sheet

from sim.axes import Name
from sim.baseline.plan import Assumption
from sim.cube import Cube
from sim.outputs.manifest import Origin
from sim.scenario.differences import Difference
from sim.studies.compare import comparison_of
from sim.tables.figures import span
from sim.workbook import book as book_module
from sim.workbook.book import LONGEST_TEXT, Book, Column, safe_text
from sim.workbook.sheet import Written
from sim.workbook.words import Words
from sim.workbook.workbooks import NAMES, comparison_files, workbook, workbook_files
from tests.cube_strategies import CITIES, answered, cube, cubes, driver, joint, trajectory, unanswered
from tests.strategies import NOWHERE, target

FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1",
    "@SUM(A1)",
    "-2+3",
    "\t=1+1",
    "＝1+1",
    '=HYPERLINK("x")',
    "https://example.org/",
    "mailto:x@y.z",
    "internal:A1",
    "<r><t>x</t></r>",
    "<r></si></sst>&</r>",
    "</t></si>",
    "_x0041_",
    "0123",
    "{=1+1}",
]
EVENTS = [
    *((ident, "printed") for ident in ("H01", "H02", *(f"X-{city}" for city in CITIES))),
    *(("at_least", str(k)) for k in range(3)),
]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def origin(**changes: object) -> Origin:
    fields: dict[str, object] = {
        "scenario": "scenario",
        "source": "scenarios/scenario.yaml",
        "seed": 1,
        "draws": 4096,
        "inputs": {"scenarios/scenario.yaml": "ab" * 32},
        "cell": {},
        "versions": {"planodds": "0.1.0"},
    }
    return Origin(**{**fields, **changes})  # type: ignore[arg-type]


def made_up(text: str = "made up") -> Cube:
    """Return a result whose every name, title, quote and source is *text*."""
    name = Name(text, text)
    words = {"name": name, "section": text, "quote": text, "notes": text}
    rows = (
        answered(target("H01", "firms", 100.0, **words), 0.42, driver=driver(0.2, 0.6)),
        answered(target("H02", "papers", 100.0, **words), 0.9),
        unanswered(target("P01", "firms", 10.0, group="prose_2020", status="missing", needs=text, **words)),
        *(answered(target(f"X-{c}", "firms", 9.0, group="annex_2020", area=c, **words), 0.3) for c in CITIES),
    )
    made = cube(
        rows,
        title=name,
        about=name,
        joint=joint(("H01", "H02"), [1.0, 0.8, 0.3]),
        trajectories=tuple(
            trajectory("province", q, y) for q in ("firms", "papers") for y in range(2021, 2026)
        ),
        by_set=dict.fromkeys(EVENTS, np.linspace(0.2, 0.4, 16)),
    )
    plan = made.plan
    source = Assumption("made", name, 0.0, 1.0, 2.0, text, "C", text, NOWHERE)
    plan = replace(
        plan,
        title=name,
        document=text,
        folder=text,
        cities=tuple(replace(city, name=name) for city in plan.cities),
        province=replace(plan.province, name=name),
        indicators=tuple(replace(indicator, name=name) for indicator in plan.indicators),
        assumptions={**plan.assumptions, "made": source},
    )
    return replace(made, plan=plan)


def hostile_files(text: str) -> dict[str, bytes]:
    """Return every workbook that can be made of a result in which every text is *text*."""
    made = made_up(text)
    facts = origin(scenario=text, source=text, inputs={text: text}, cell={text: text}, versions={text: text})
    other = replace(made, scenario="other")
    written = Difference("shock", None, None, Name(text, text), ("alder",), ("firms",), (2021,))
    compared = comparison_files([comparison_of(made, other, (written,))], facts)
    workbooks = {f"compared {name}": content for name, content in compared.items() if name.endswith("xlsx")}
    return workbook_files(made, facts) | workbooks


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def parts(content: bytes) -> dict[str, ElementTree.Element]:
    """Return every part of the file, parsed: what is no XML is an error here and a repair in Excel."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: ElementTree.fromstring(archive.read(name)) for name in archive.namelist()}


@pytest.mark.parametrize("text", FORMULAS)
def test_S12_hostile_text_is_a_string_cell_without_formula_or_link(text: str) -> None:
    for name, content in hostile_files(text).items():
        seen = 0
        for sheet in opened(content):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f", (name, sheet.title, cell.coordinate)
                    assert cell.hyperlink is None
                    seen += isinstance(cell.value, str) and text.strip() in cell.value
        assert seen > 10, name
        for part, root in parts(content).items():
            found = [
                each
                for each in root.iter()
                if each.tag in {MAIN + "f", MAIN + "hyperlink", MAIN + "definedName"}
            ]
            assert all("_xlnm" in str(each.get("name")) for each in found), part
            if part.startswith("xl/") and part.endswith(".rels"):
                assert all(each.get("TargetMode") != "External" for each in root)


@pytest.mark.parametrize("text", ["=1+1", "＝1", "\t+1"])
def test_S12_a_hostile_cell_stays_text_when_it_is_edited(text: str) -> None:
    book = Book("title", 4096)
    book.text(book.sheet("a"), 0, 0, text)
    cell = opened(book.content())["a"]["A1"]
    assert cell.value == text
    assert cell.quotePrefix


def test_S12_chart_titles_are_references_to_text_and_never_formulas() -> None:
    content = workbook(made_up("=1+1"), origin(), "en")
    charts = {name: root for name, root in parts(content).items() if name.startswith("xl/charts/")}
    assert len(charts) == 3
    references = [
        each.text or "" for root in charts.values() for each in root.iter() if each.tag.endswith("}f")
    ]
    assert references
    assert all(re.fullmatch(r"'?[^'!]+'?!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", each) for each in references)


@given(st.text())
def test_any_text_makes_a_file_that_reads_back(text: str) -> None:
    book = Book(text, 4096)
    book.text(book.sheet("a"), 0, 0, text)
    content = book.content()
    parts(content)
    value = opened(content)["a"]["A1"].value
    readable = re.fullmatch(r"[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", text)
    if readable and "_x" not in text:
        assert (value or "") == safe_text(text)


def test_a_text_too_long_for_a_cell_is_cut() -> None:
    book = Book("title", 4096)
    book.text(book.sheet("a"), 0, 0, "长" * 40_000)
    assert len(str(opened(book.content())["a"]["A1"].value)) == LONGEST_TEXT - 1


def table_of(sheet: Worksheet, head: str) -> list[dict[str, object]]:
    """Return the rows of the table whose first head is *head*."""
    rows = list(sheet.iter_rows(values_only=True))
    start = next(i for i, row in enumerate(rows) if row[0] == head)
    names = [str(name) for name in rows[start] if name is not None]
    body = []
    for row in rows[start + 1 :]:
        if row[0] is None:
            break
        body.append(dict(zip(names, row, strict=False)))
    return body


@settings(max_examples=15)
@given(cubes())
def test_numbers_are_numbers_and_equal_those_of_the_result(made: Cube) -> None:
    sheet = opened(workbook(made, origin(), "en"))["All targets"]
    rows = table_of(sheet, "target")
    assert len(rows) == len(made.probabilities)
    for row, answer in zip(rows, made.probabilities, strict=True):
        for name, value in (
            ("p (hit)", answer.p),
            ("model uncertainty p10", answer.p10),
            ("simulation error high (95 %)", answer.mc_high),
            ("median", answer.median),
            ("target value", answer.target.value),
        ):
            if value is None or value != value:
                assert row[name] is None, name
            else:
                assert row[name] == pytest.approx(value, rel=1e-15), name
        assert row["draws"] == (None if answer.p is None else made.draws)
        assert row["seed"] == (None if answer.p is None else made.seed)


@cache
def files() -> dict[str, bytes]:
    return workbook_files(made_up(), origin())


def test_R13_equal_results_give_equal_bytes_and_no_clock_is_in_them() -> None:
    assert files() == workbook_files(made_up(), origin())
    for content in files().values():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_R14_both_languages_have_equal_numbers_in_the_same_cells() -> None:
    zh, en = (opened(files()[name]) for name in NAMES.values())
    assert len(zh.sheetnames) == len(en.sheetnames) == 10
    for here, there in zip(zh, en, strict=True):
        for one, other in zip(here.iter_rows(), there.iter_rows(), strict=True):
            for a, b in zip(one, other, strict=True):
                assert type(a.value) is type(b.value), (here.title, a.coordinate)
                if isinstance(a.value, (int, float)):
                    assert (a.value, a.number_format) == (b.value, b.number_format)


def test_every_sheet_of_a_table_is_frozen_and_filtered() -> None:
    book = opened(files()["report_en.xlsx"])
    without = {sheet.title for sheet in book if sheet.freeze_panes is None or not sheet.auto_filter.ref}
    assert without == {"Charts", "Chart data"}


def test_a_probability_is_coloured_by_band_and_the_band_stands_beside_it_in_words() -> None:
    sheet = opened(files()["report_en.xlsx"])["Summary"]
    rows = table_of(sheet, "target")
    assert [row["band of p"] for row in rows] == ["20-50 %", "80 % and above"]
    rules = [rule for each in sheet.conditional_formatting for rule in each.rules if rule.type == "cellIs"]
    assert len(rules) == 4


def test_a_probability_of_none_or_all_draws_is_not_shown_as_certain() -> None:
    rows = tuple(answered(target(f"H0{i}", "firms", 1.0), p) for i, p in enumerate((0.0, 0.5, 1.0), 1))
    sheet = opened(workbook(cube(rows), origin(), "en"))["Summary"]
    [form] = {
        cell.number_format for row in sheet.iter_rows() for cell in row if cell.value in (0.0, 1.0, 0.5)
    } - {
        "0.0 %",
        "General",
        "#,##0",
        "0",
    }
    assert form == '[<0.001]"<0.1 %";[>0.999]">99.9 %";0.0 %'
    assert [row["answer (a range where one assumption decides)"] for row in table_of(sheet, "target")] == [
        "<0.1 %",
        "50 %",
        ">99.9 %",
    ]


def test_what_is_not_known_stands_above_the_numbers_and_a_range_where_one_assumption_decides() -> None:
    sheet = opened(files()["report_en.xlsx"])["Summary"]
    column = [str(cell.value) for cell in sheet["A"]]
    assert column.index("What is not known") < column.index("target")
    assert (
        "2 of 2 headline targets rest on an assumption in at least one respect (evidence grade C)." in column
    )
    [line] = [each for each in column if each.startswith("The one assumption")]
    assert line.endswith("has 20 % and 60 %.")
    assert table_of(sheet, "target")[0]["answer (a range where one assumption decides)"] == "20-60 %"


def test_the_sheet_of_cities_has_every_city_and_says_where_there_is_no_answer() -> None:
    sheet = opened(files()["report_en.xlsx"])["Cities by indicator"]
    assert [row["made up"] for row in table_of(sheet, "area")] == [0.3] * 3
    rows = (answered(target("X-1", "firms", 9.0, group="annex_2020", area="alder"), 0.3),)
    lone = unanswered(target("X-2", "papers", 9.0, group="annex_2020", area="birch", status="missing"))
    made = cube((*rows, lone))
    table = table_of(opened(workbook(made, origin(), "en"))["Cities by indicator"], "area")
    assert [(row["firms"], row["papers"]) for row in table] == [
        (0.3, "not evaluated"),
        ("not evaluated", "not evaluated"),
    ]


def test_how_to_repeat_names_command_seed_and_every_input() -> None:
    rows = {
        row["what"]: row["value"]
        for row in table_of(opened(files()["report_en.xlsx"])["How to repeat"], "what")
    }
    assert rows["command"] == "python run.py run scenarios/scenario.yaml --draws 4096"
    assert rows["seed"] == 1
    assert rows["input SHA-256: scenarios/scenario.yaml"] == "ab" * 32


@pytest.mark.parametrize(("seed", "shown"), [(2**53, 2**53), (2**53 + 1, str(2**53 + 1))])
def test_a_seed_is_a_number_as_far_as_a_spreadsheet_keeps_all_its_digits(seed: int, shown: object) -> None:
    assert Words(made_up().plan, "en").seed(seed) == shown


@pytest.mark.parametrize(
    ("p", "answer", "band"),
    [(0.4954, "49.5 %", "20-50 %"), (0.4994, "49.9 %", "20-50 %"), (0.49996, "50 %", "50-80 %")],
)
def test_the_answer_beside_a_band_lies_in_it_as_it_is_shown(p: float, answer: str, band: str) -> None:
    words, row = Words(made_up().plan, "en"), answered(target("H01", "firms", 1.0), p)
    assert (words.answer(row, 4096), words.band(p)) == (answer, band)


def test_whiskers_refer_to_cells_that_reach_from_p_to_both_ends_of_model_uncertainty() -> None:
    made = made_up()
    content = workbook(made, origin(), "en")
    bars = next(
        root
        for name, root in parts(content).items()
        if name.startswith("xl/charts/") and any(each.tag.endswith("}errBars") for each in root.iter())
    )
    sheet = opened(content)["Chart data"]
    ends = {}
    for side in ("plus", "minus"):
        [part] = [each for each in bars.iter() if each.tag.endswith(f"}}{side}")]
        [place] = [str(each.text) for each in part.iter() if each.tag.endswith("}f")]
        cells = sheet[place.split("!")[1].replace("$", "")]
        ends[side] = [cell.value for (cell,) in cells]
    rows = made.headline()
    assert ends["plus"] == pytest.approx([(row.p90 or 0.0) - (row.p or 0.0) for row in rows])
    assert ends["minus"] == pytest.approx([(row.p or 0.0) - (row.p10 or 0.0) for row in rows])


def test_cities_and_indicators_stand_most_at_risk_first_and_model_uncertainty_below() -> None:
    chances = {
        ("alder", "firms"): 0.9,
        ("alder", "papers"): 0.5,
        ("birch", "firms"): 0.7,
        ("birch", "papers"): 0.1,
    }
    rows = tuple(
        answered(target(f"X-{area}-{quantity}", quantity, 9.0, group="annex_2020", area=area), p)
        for (area, quantity), p in chances.items()
    )
    sheet = opened(workbook(cube(rows), origin(), "en"))["Cities by indicator"]
    [table] = [table_of(sheet, "area")]
    assert list(table[0])[1:3] == ["papers", "firms"]
    assert [row["area"] for row in table] == ["birch", "alder"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(i for i, row in enumerate(cells) if str(row[0]).startswith("The same cells: model"))
    assert cells[start + 2][:3] == ["birch", span(0.0, 0.2, 4096), span(0.6, 0.8, 4096)]


def test_a_column_without_cells_is_a_table_too() -> None:
    book = Book("title", 4096)
    block = book.table(book.sheet("a"), 0, [Column("head", [], "p")])
    assert (block.head, block.last) == (0, 0)
    assert opened(book.content())["a"]["A1"].value == "head"


class PlainSheet(xlsxwriter_sheet.Worksheet):  # type: ignore[misc]  # its base has no types
    """XlsxWriter's own sheet, written cell by cell."""

    def write_column_of(self, row: int, column: int, cells: list[Written | None]) -> None:
        for line, cell in enumerate(cells, row):
            if cell is None:
                continue
            if isinstance(cell[0], bool):
                self.write_boolean(line, column, *cell)
            elif isinstance(cell[0], str):
                self.write_string(line, column, *cell)
            else:
                self.write_number(line, column, *cell)


CELLS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text()


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_a_sheet_written_by_columns_is_the_one_that_xlsxwriter_makes_of_its_cells(
    columns: list[list[str | bool | float | None]],
) -> None:
    def made() -> bytes:
        book = Book("title", 4096)
        for name in ("one", "two"):
            book.table(book.sheet(name), 2, [Column(f"head {i}", c, "number") for i, c in enumerate(columns)])
        return book.content()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(book_module, "Sheet", PlainSheet)
        plain = made()

    assert made() == plain
