"""Where cities stand on the tile map."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sim.baseline.load import load_baseline
from sim.errors import BadInput
from sim.tables.selection import places_of

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "tests" / "plans" / "tiny-2021"


def mistakes_with(tmp_path: Path, tiles: str) -> list[str]:
    plan = Path(shutil.copytree(TINY, tmp_path / "plans" / "tiny"))
    (plan / "tiles.csv").write_text(tiles, encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load_baseline(plan, tmp_path)
    return [f"{m.place} {m.code}".removeprefix("plans/tiny/") for m in raised.value.mistakes]


def test_every_city_of_the_shipped_plan_has_a_tile_of_its_own_and_neighbours_stay_together() -> None:
    plan = load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT)
    places = places_of(plan)
    assert set(places) == {city.id for city in plan.cities}
    assert len(set(places.values())) == 11
    assert places["huzhou"][0] < places["hangzhou"][0] < places["jinhua"][0] < places["lishui"][0]
    assert places["quzhou"][1] < places["jinhua"][1] < places["taizhou"][1]
    assert places["zhoushan"][1] == max(column for _, column in places.values())


def test_a_plan_without_tiles_gets_a_grid() -> None:
    plan = load_baseline(TINY, ROOT)
    assert plan.tiles == {}
    assert places_of(plan) == {"alder": (1, 1), "birch": (1, 2), "cedar": (2, 1)}
    assert places_of(replace(plan, tiles={"alder": (4, 4)})) == {"alder": (4, 4)}


def test_every_mistake_of_the_tiles_is_found_where_it_stands(tmp_path: Path) -> None:
    found = mistakes_with(tmp_path, "area,row,column\nalder,1,1\nbirch,1,1\nbirch,0,2\noak,2,x\nalder,3,3\n")
    assert found == [
        "tiles.csv:1:1 tile-missing",
        "tiles.csv:3:7 tile-taken",
        "tiles.csv:4:7 not-positive",
        "tiles.csv:5:1 unknown-area",
        "tiles.csv:5:7 bad-integer",
        "tiles.csv:6:1 tile-taken",
    ]
