"""Sweeps become grids."""

from __future__ import annotations

import pytest

from sim.errors import BadInput, Found
from sim.marked.document import document_from_text
from sim.scenario.cell_names import cell_name
from sim.scenario.layers import node_from_document
from sim.scenario.sweeps import MAX_CELLS, Cell, cells_from_node


def cells(text: str) -> list[Cell]:
    found = Found()
    grid = list(cells_from_node(node_from_document(document_from_text(text, "s.yaml")), found))
    found.raise_if_any()
    return grid


def mistakes(text: str) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        cells(text)
    return [(f"{m.place.line}:{m.place.column}", m.code) for m in caught.value.mistakes]


def test_a_file_without_a_sweep_is_one_cell_without_a_label() -> None:
    (only,) = cells("seed: 1\n")

    assert (only.label, only.values, only.node.plain()) == ("", {}, {"seed": 1})


def test_two_paths_make_a_grid_whose_last_path_moves_fastest() -> None:
    grid = cells("noise: {city: 1}\nsweep:\n  noise.province: [1, 2]\n  noise.city: [0, 0.5]\n")

    assert [cell.node.plain()["noise"] for cell in grid] == [
        {"city": 0, "province": 1},
        {"city": 0.5, "province": 1},
        {"city": 0, "province": 2},
        {"city": 0.5, "province": 2},
    ]
    assert [cell.label for cell in grid] == [
        "__province_1__city_0",
        "__province_1__city_0_5",
        "__province_2__city_0",
        "__province_2__city_0_5",
    ]
    assert grid[3].values == {"noise.province": "2", "noise.city": "0.5"}


def test_a_range_is_exact_in_decimals_and_holds_its_end() -> None:
    grid = cells("sweep:\n  growth.weight: {from: 0, to: 0.5, step: 0.1}\n")

    assert [cell.node.plain()["growth"]["weight"] for cell in grid] == [0, 0.1, 0.2, 0.3, 0.4, 0.5]


def test_a_range_may_fall_and_stops_before_an_end_that_no_step_meets() -> None:
    grid = cells("sweep:\n  noise.city: {from: 2, to: 0.4, step: -0.5}\n")

    assert [cell.node.plain()["noise"]["city"] for cell in grid] == [2, 1.5, 1, 0.5]


def test_a_number_may_stand_for_a_whole_distribution() -> None:
    grid = cells("shocks: {a: {size: {kind: fixed, value: 1}}}\nsweep: {shocks.a.size: [-1, -2]}\n")

    assert [cell.node.plain()["shocks"]["a"]["size"] for cell in grid] == [-1, -2]


def test_names_grow_only_as_far_as_they_must_to_differ() -> None:
    grid = cells(
        "shocks: {a: {size: 1}, b: {size: 1}}\n"
        "sweep: {shocks.a.size: [1], shocks.b.size: [2], seed: [3], growth.source: [plan]}\n"
    )

    assert grid[0].label == "__a_size_1__b_size_2__seed_3__source_plan"


def test_words_of_values_are_made_fit_for_a_file_name() -> None:
    grid = cells("drift: {a: {areas: 1}}\nsweep: {drift.a.areas: [杭州, '../x y']}\n")

    assert [cell.label for cell in grid] == ["__areas_杭州", "__areas__x_y"]


def test_a_swept_value_stands_where_the_sweep_wrote_it() -> None:
    grid = cells("sweep:\n  noise.city: [1, 2]\n")

    assert grid[1].node.at(("noise", "city")).place.column == 19
    assert grid[1].node.at(("noise", "city")).key_place.column == 3
    assert grid[1].swept == (("noise", "city"),)


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        ("sweep: 3\n", [("1:8", "not-a-sweep")]),
        ("sweep: {}\n", [("1:8", "not-a-sweep")]),
        ("sweep: {seed: 3}\n", [("1:15", "not-sweep-values")]),
        ("sweep: {seed: []}\n", [("1:15", "not-sweep-values")]),
        ("sweep: {seed: [[1]]}\n", [("1:16", "not-sweep-values")]),
        ("sweep: {plan: [a]}\n", [("1:9", "not-sweepable")]),
        ("sweep: {shocks: [1]}\n", [("1:9", "not-sweepable")]),
        ("sweep: {shocks.a.size: [1]}\n", [("1:9", "unknown-entry")]),
        ("sweep: {seed: {from: 1, to: 2}}\n", [("1:15", "missing-field")]),
        ("sweep: {seed: {from: 1, to: 2, step: x}}\n", [("1:38", "not-a-number")]),
        ("sweep: {seed: {from: 1, to: 2, step: 1, by: 1}}\n", [("1:41", "unknown-field")]),
        ("sweep: {seed: {from: 1, to: 2, step: 0}}\n", [("1:15", "empty-range")]),
        ("sweep: {seed: {from: 1, to: 1, step: 1}}\n", [("1:15", "empty-range")]),
        ("sweep: {seed: {from: 0, to: 1e300, step: 1e-300}}\n", [("1:9", "too-many-cells")]),
    ],
)
def test_a_sweep_that_makes_no_grid_is_a_mistake(sweep: str, expected: list[tuple[str, str]]) -> None:
    assert mistakes(sweep) == expected


def test_a_grid_may_be_as_large_as_is_allowed_and_no_larger() -> None:
    square = "sweep: {{seed: {{from: 1, to: {}, step: 1}}, draws: {{from: 1, to: 64, step: 1}}}}\n"

    assert len(cells(square.format(64))) == MAX_CELLS
    assert mistakes(square.format(65)) == [("1:1", "too-many-cells")]
    assert len(cells(f"sweep: {{seed: {{from: 1, to: {MAX_CELLS}, step: 1}}}}\n")) == MAX_CELLS


def test_a_cell_is_named_in_words_with_a_sign_of_minus() -> None:
    cell = {"shocks.slump.size": "-3", "growth.weight": "0.5", "noise.dof": "4", "growth.odd": "x"}
    assert cell_name(cell).en == (
        "growth.odd x, weight of the plan 0.5, degrees of freedom of the noise 4, size of shock (slump) −3"
    )
    assert cell_name({"shocks.slump.size": "-3"}).zh == "冲击的大小（slump）−3"
    assert cell_name({"growth.source": "plan"}).en == "source of growth plan"
