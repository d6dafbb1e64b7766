"""The plan's path: the smoothest one inside everything that is printed."""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.axes import Floats
from sim.baseline.load import load_baseline
from sim.baseline.load_printed import exact_decimal
from sim.baseline.path import (
    constrained_least_squares,
    is_possible,
    path_from_cells,
    paths_of,
    smoothest_path,
    write_path,
)
from sim.baseline.plan import Baseline, Exact, PrintedCell
from sim.errors import Place

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "plans" / "tiny-2021"
ZHEJIANG = ROOT / "baselines" / "zhejiang-2016"
PERCENT = Fraction(1, 100)
LEVELS = (1000, 1050, 1103, 1158, 1216)


def printed(levels: list[str], growths: list[str]) -> tuple[list[Exact], list[Exact | None]]:
    exact_levels = [exact_decimal(text) for text in levels]
    exact_growths = [exact_decimal(text, PERCENT) for text in growths]
    assert None not in exact_levels
    return [level for level in exact_levels if level is not None], exact_growths


def rounded_plan(base: float, growths: list[float], decimals: int) -> tuple[list[Exact], list[Exact | None]]:
    """Return a true path as a plan would print it."""
    levels = base * np.cumprod([1 + growth for growth in growths])
    return printed([f"{x:.{decimals}f}" for x in levels], [f"{100 * g:.1f}" for g in growths])


def bend(path: Floats) -> float:
    return float(np.sum(np.diff(np.log(path), n=2) ** 2))


def inside(path: Floats, levels: list[Exact], growths: list[Exact | None], slack: float) -> bool:
    """Say whether every level and growth of *path* lies in its printed interval, give or take *slack*."""
    steps = path[1:] / path[:-1] - 1
    fits = [
        float(x.low) * (1 - slack) <= y <= float(x.high) * (1 + slack)
        for x, y in zip(levels, path[1:], strict=True)
    ]
    fits += [
        float(g.low) - slack <= y <= float(g.high) + slack for g, y in zip(growths, steps, strict=True) if g
    ]
    return all(fits)


PLANS = st.builds(
    rounded_plan,
    st.floats(5, 5_000),
    st.lists(st.floats(-0.05, 0.3), min_size=2, max_size=5),
    st.integers(0, 2),
)


@given(PLANS)
def test_what_was_rounded_has_a_path_inside_its_print(plan: tuple[list[Exact], list[Exact | None]]) -> None:
    levels, growths = plan
    assume(all(level.value > 0 for level in levels))
    path = smoothest_path(levels, growths)
    assert path is not None
    assert inside(path, levels, growths, 1e-9)


@given(PLANS, st.integers(0, 4), st.sampled_from([-1, 1]))
def test_a_level_that_its_growth_cannot_reach_leaves_no_path(
    plan: tuple[list[Exact], list[Exact | None]], where: int, side: int
) -> None:
    levels, growths = plan
    assume(all(level.value > 1 for level in levels))
    at = where % len(levels)
    before = levels[at - 1] if at else levels[1]
    growth = growths[max(at, 1)]
    assert growth is not None
    reach = (
        (before.high * (1 + growth.high), before.low * (1 + growth.low))
        if at
        else (
            before.high / (1 + growth.low),
            before.low / (1 + growth.high),
        )
    )
    edge = reach[0] + levels[at].half if side > 0 else reach[1] - levels[at].half
    levels[at] = Exact(edge + side * Fraction(1, 10**6), levels[at].half)
    assume(levels[at].low > 0)
    assert smoothest_path(levels, growths) is None
    levels[at] = Exact(edge, levels[at].half)
    boxes = [(level.low, level.high) for level in levels]
    ratios = [None if g is None else (1 + g.low, 1 + g.high) for g in growths]
    pair = [boxes[max(at, 1) - 1], boxes[max(at, 1)]]
    assert is_possible(pair, [None, ratios[max(at, 1)]])


def brute_force(wanted: Floats, goal: Floats, lines: Floats, limits: Floats) -> Floats:
    """Return the minimum by trying every set of binding constraints."""
    n = wanted.shape[1]
    best, least = None, np.inf
    for size in range(n + 1):
        for chosen in itertools.combinations(range(len(lines)), size):
            rows = lines[list(chosen)]
            if size and np.linalg.matrix_rank(rows) < size:
                continue
            kkt = np.block([[wanted.T @ wanted, rows.T], [rows, np.zeros((size, size))]])
            x = np.linalg.solve(kkt, np.concatenate([wanted.T @ goal, limits[list(chosen)]]))[:n]
            value = float(np.sum((wanted @ x - goal) ** 2))
            if value < least and np.all(lines @ x >= limits - 1e-9):
                best, least = x, value
    assert best is not None
    return best


@given(st.integers(0, 2**32 - 1))
def test_least_squares_under_constraints_agree_with_trying_all_of_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    n = 4
    wanted = np.vstack([np.diff(np.eye(n), n=2, axis=0), 0.01 * np.eye(n)])
    goal = random.normal(size=len(wanted))
    steps = np.diff(np.eye(n), axis=0)
    lines = np.vstack([np.eye(n)[1:], -np.eye(n)[1:], steps, -steps])
    inner = random.normal(size=n)  # a point that satisfies them all
    limits = lines @ inner - random.exponential(size=len(lines)) * random.choice([0.01, 1.0])
    found = constrained_least_squares(wanted, goal, lines, limits)
    np.testing.assert_allclose(found, brute_force(wanted, goal, lines, limits), rtol=1e-6, atol=1e-8)
    assert np.all(lines @ found >= limits - 1e-9)


@given(st.lists(st.floats(-0.02, 0.25), min_size=3, max_size=3), st.integers(0, 1))
def test_no_other_path_inside_is_smoother_or_as_smooth_and_nearer(
    growths: list[float], decimals: int
) -> None:
    levels, printed_growths = rounded_plan(40.0, growths, decimals)
    path = smoothest_path(levels, printed_growths)
    assert path is not None
    random = np.random.default_rng(7)
    shown = np.log([float(level.value) for level in levels])
    for _ in range(200):
        other = path * np.exp(random.normal(size=4) * random.choice([1e-4, 1e-3, 1e-2]))
        if not inside(other, levels, printed_growths, -3e-7):  # the solver keeps clear of the edges
            continue
        assert bend(other) >= bend(path) - 1e-9
        if bend(other) <= bend(path) * (1 - 1e-12):
            far = np.sum((np.log(other[1:]) - shown) ** 2)
            assert far >= np.sum((np.log(path[1:]) - shown) ** 2) - 1e-6


def test_equal_printed_growth_is_equal_growth_where_print_allows() -> None:
    levels, growths = printed(["17", "20", "22", "25", "28"], ["12.7"] * 5)
    path = smoothest_path(levels, growths)
    assert path is not None
    steps = path[1:] / path[:-1] - 1
    np.testing.assert_allclose(steps, steps[0], atol=1e-6)
    assert 0.1265 <= steps[0] <= 0.1275


def test_among_straight_lines_the_one_nearest_to_print_is_taken() -> None:
    levels, growths = printed(["110", "121", "133.1"], ["10", "10", "10"])
    path = smoothest_path(levels, growths)
    assert path is not None
    np.testing.assert_allclose(path, [100, 110, 121, 133.1], rtol=1e-5)


def test_without_printed_growth_the_levels_alone_bind() -> None:
    levels, _ = printed(["10", "11", "12"], ["1", "1", "1"])
    path = smoothest_path(levels, [None, None, None])
    assert path is not None
    assert bend(path) < 1e-12
    assert inside(path, levels, [None, None, None], 1e-9)


def test_intervals_that_meet_in_one_point_still_have_their_path() -> None:
    levels = [Exact(Fraction(100), Fraction(0)), Exact(Fraction(110), Fraction(0))]
    growths: list[Exact | None] = [Exact(Fraction(1, 10), Fraction(0))] * 2
    path = smoothest_path(levels, growths)
    assert path is not None
    np.testing.assert_allclose(path, [1000 / 11, 100, 110], rtol=1e-9)


def changed(
    authority: Literal["both", "level", "growth"], kind: Literal["quantity", "count"] = "quantity"
) -> Floats:
    indicator = load_baseline(TINY, ROOT).indicators[1]
    levels, growths = printed(["110", "122"], ["10.0", "10.0"])
    cells = [PrintedCell(x, g, Place("x")) for x, g in zip(levels, growths, strict=True)]
    return path_from_cells(cells, dataclasses.replace(indicator, authority=authority, kind=kind))


def test_authority_says_which_print_is_followed() -> None:
    np.testing.assert_allclose(changed("level"), [100, 110, 122])
    np.testing.assert_allclose(changed("growth"), [100, 110, 121])
    both = changed("both")
    assert 121.5 <= both[2] <= 122.5
    assert 1.0995 <= both[2] / both[1] <= 1.1005


def test_counts_have_their_printed_levels_and_no_base_year() -> None:
    np.testing.assert_array_equal(changed("both", kind="count"), [np.nan, 110, 122])


def test_the_path_of_every_cell_of_zhejiang_lies_inside_its_print_as_stored() -> None:
    baseline = load_baseline(ZHEJIANG, ROOT)
    columns = {indicator.id: i for i, indicator in enumerate(baseline.indicators)}
    rows = {area.id: i for i, area in enumerate((*baseline.cities, baseline.province))}
    impossible = {("zhejiang", "new_product_output")}
    for (area, indicator, year), cell in baseline.printed.cells.items():
        path = [
            Fraction(repr(float(x))) if x == x else None
            for x in baseline.path[rows[area], columns[indicator]]
        ]
        now, before = path[year - baseline.base_year], path[year - baseline.base_year - 1]
        assert now is not None
        assert cell.level.low <= now <= cell.level.high
        if before is not None and cell.growth is not None and (area, indicator) not in impossible:
            assert cell.growth.low <= now / before - 1 <= cell.growth.high


def test_the_stored_path_of_zhejiang_is_the_one_that_its_tables_give() -> None:
    baseline = load_baseline(ZHEJIANG, ROOT)
    np.testing.assert_allclose(paths_of(baseline), baseline.path, rtol=1e-7)


def at(baseline: Baseline, paths: Floats, area: str, indicator: str) -> Floats:
    areas = [item.id for item in (*baseline.cities, baseline.province)]
    return np.asarray(paths[areas.index(area), baseline.indicator_axis().position(indicator)])


def test_lines_are_straight_trends_are_empty_and_where_no_path_exists_levels_stand() -> None:
    baseline = load_baseline(ZHEJIANG, ROOT)
    paths = paths_of(baseline)
    line = at(baseline, paths, "zhejiang", "st_contribution")
    np.testing.assert_allclose(line, [57, 58.6, 60.2, 61.8, 63.4, 65])
    assert np.isnan(at(baseline, paths, "hangzhou", "st_contribution")).all()
    assert np.isnan(at(baseline, paths, "zhejiang", "gdp")).all()
    output = at(baseline, paths, "zhejiang", "new_product_output")
    np.testing.assert_array_equal(output[1:], [23883, 26320, 29060, 32110, 35510])


def test_a_written_path_is_read_back_and_writing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    (plan / "path.csv").unlink()
    baseline = load_baseline(plan, tmp_path)
    file = write_path(baseline, paths_of(baseline), plan)
    first = file.read_bytes()
    assert first == (TINY / "path.csv").read_bytes()
    again = load_baseline(plan, tmp_path)
    np.testing.assert_array_equal(again.path, paths_of(baseline))
    write_path(again, again.path, plan)
    assert file.read_bytes() == first
    assert [entry.name for entry in plan.iterdir() if entry.name.startswith("path")] == ["path.csv"]


def test_paths_do_not_depend_on_how_areas_are_listed(tmp_path: Path) -> None:
    plan = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    head, *rows = (plan / "printed.csv").read_text(encoding="utf-8").splitlines()
    (plan / "printed.csv").write_text("\n".join([head, *reversed(rows)]) + "\n", encoding="utf-8")
    np.testing.assert_array_equal(paths_of(load_baseline(plan, plan)), paths_of(load_baseline(TINY, ROOT)))


def test_what_only_the_province_prints_has_no_path_in_cities(tmp_path: Path) -> None:
    plan = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    (plan / "path.csv").unlink()
    with (plan / "indicators.csv").open("a", encoding="utf-8") as file:
        file.write(
            "gdp,生产总值,GDP,亿元,quantity,province,gdp,printed,,current,0,both,printed,,,,none,,A,A,\n"
        )
    with (plan / "printed.csv").open("a", encoding="utf-8") as file:
        file.writelines(
            f"gdp,shire,{year},{level},5.0\n" for year, level in zip(range(2021, 2026), LEVELS, strict=True)
        )
    baseline = load_baseline(plan, plan)
    paths = paths_of(baseline)
    assert np.isnan(at(baseline, paths, "alder", "gdp")).all()
    np.testing.assert_allclose(at(baseline, paths, "shire", "gdp")[1:], LEVELS, atol=0.5)


@pytest.mark.parametrize("growths", [["10"], []])
def test_one_printed_year_is_enough(growths: list[str]) -> None:
    levels, exact_growths = printed(["110"], growths or ["0"])
    path = smoothest_path(levels, exact_growths if growths else [None])
    assert path is not None
    np.testing.assert_allclose(path, [100, 110] if growths else [110, 110], rtol=1e-9)
