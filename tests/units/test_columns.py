from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from sim.cube import Cube
from sim.outputs.machine_tables import columns_from_parquet, machine_csv, parquet
from sim.tables.columns import joint_columns, probability_columns, trajectory_columns
from sim.tables.result_files import result_files
from tests.cube_strategies import answered, cube, cubes, driver, joint, trajectory, unanswered
from tests.strategies import target

FIRST = "target,area,indicator,year,comparator,value,unit,version,status,"
FIRST += "p,mc_low,mc_high,p10,p90,draws,seed,grade"


@given(cubes())
def test_every_target_is_a_row_and_the_file_begins_with_the_agreed_columns(made: Cube) -> None:
    columns = probability_columns(made)
    lines = machine_csv(columns).decode("utf-8").splitlines()
    assert lines[0].startswith(FIRST + ",lead,")
    assert len(lines) == 1 + len(made.probabilities)
    assert list(columns["target"]) == [row.target.id for row in made.probabilities]


@given(cubes())
def test_what_parquet_gives_back_is_what_was_put_in(made: Cube) -> None:
    columns = probability_columns(made)
    back = columns_from_parquet(parquet(columns))
    assert list(back) == list(columns)
    for name in ("p", "p10", "driver_low", "reached", "shown_as_range", "target", "needs"):
        assert list(back[name]) == list(columns[name]), name


def test_a_target_without_an_answer_has_its_text_and_no_numbers() -> None:
    row = target("P01", "firms", 10.0, status="missing", needs="a | b", quote="原文")
    columns = probability_columns(cube((unanswered(row),)))
    known = {name: values[0] for name, values in columns.items() if values[0] not in (None, "", False)}
    empty = {"p", "mc_low", "mc_high", "p10", "p90", "draws", "seed", "grade", "median", "value_unit"}
    assert empty.isdisjoint(known)
    assert (known["needs"], known["quote"], known["value"]) == ("a | b", "原文", 10.0)


def test_an_answer_keeps_its_digits_its_units_and_its_driver() -> None:
    rate = target("H01", "firms", 10.0, kind="mean_growth", unit="%")
    level = target("H02", "firms", 10.0, unit="万家")
    answers = (answered(rate, 1 / 3, driver=driver(0.1, 0.9)), answered(level, 0.25))
    columns = probability_columns(cube(answers))
    assert columns["p"] == [1 / 3, 0.25]
    assert columns["value_unit"] == ["%", "亿元"]  # the made-up indicators are amounts of money
    assert columns["unit"] == ["%", "万家"]
    assert (columns["driver"], columns["driver_high"]) == (["made", None], [0.9, None])
    assert columns["shown_as_range"] == [True, False]
    assert columns["grade"] == ["ABCA C", "ABCA C"]
    assert columns["required_growth"] == [0.03, 0.03]


def test_trajectories_name_their_quantiles_and_their_unit() -> None:
    columns = trajectory_columns(cube((), trajectories=(trajectory("alder", "firms", 2021),)))
    names = [
        "area",
        "indicator",
        "year",
        "mean",
        "sd",
        "q2.5",
        "q10",
        "q25",
        "q50",
        "q75",
        "q90",
        "q97.5",
        "unit",
    ]
    assert list(columns) == names
    assert [columns[name][0] for name in ("q2.5", "q50", "q97.5", "unit")] == [1.025, 1.5, 1.975, "亿元"]


def test_the_joint_table_holds_all_at_least_k_other_dependence_and_pairs() -> None:
    conditional = np.array([[1.0, 0.25], [0.5, 1.0]])
    together = joint(("H01", "H02"), [1.0, 0.75, 0.25], conditional=conditional)
    columns = joint_columns(cube((), joint=together))
    wanted = (columns[name] for name in ("event", "k", "target", "given", "p"))
    rows = list(zip(*wanted, strict=True))
    assert rows == [
        ("all", 2, None, None, 0.25),
        ("all_independent", 2, None, None, 0.1),
        ("all_dependent", 2, None, None, 0.3),
        ("at_least", 0, None, None, 1.0),
        ("at_least", 1, None, None, 0.75),
        ("at_least", 2, None, None, 0.25),
        ("conditional", None, "H02", "H01", 0.25),
        ("conditional", None, "H01", "H02", 0.5),
    ]


def test_what_never_happens_says_nothing_of_what_would_go_with_it() -> None:
    conditional = np.array([[0.0, 0.0], [0.5, 1.0]])
    together = joint(("H01", "H02"), [1.0, 0.75, 0.0], conditional=conditional)
    columns = joint_columns(cube((), joint=together))
    assert list(columns["p"])[-2:] == [None, 0.5]


def test_without_a_joint_result_there_is_no_table_of_it() -> None:
    with pytest.raises(ValueError, match="scenario"):
        joint_columns(cube(()))
    assert not any(name.startswith("joint") for name in result_files(cube(())))
    files = result_files(cube((), joint=joint(("H01", "H02"), [1.0, 0.75, 0.25])))
    assert {"joint.csv", "joint.parquet", "joint_excel.csv"} <= set(files)
