from __future__ import annotations

import ast
import importlib.metadata
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.accumulators import ExactSum
from sim.baseline.load import load_baseline
from sim.engine import Summary, run
from sim.executors import Failure, lone_crew
from sim.model import compiled
from sim.model.model import Model
from sim.scenario.loading import load_scenarios
from sim.studies.fingerprints import ROWS, chunk_key, code_fingerprint, model_fingerprint
from sim.studies.grid import Grid, Work, done_work
from sim.studies.packing import BadPack, packed, unpacked
from sim.studies.precision import Memory

ROOT = Path(__file__).parents[2]
PLANS = {"zhejiang-2016": load_baseline(ROOT / "baselines" / "zhejiang-2016", ROOT)}


def model_of(tmp_path: Path, text: str, name: str = "one") -> Model:
    file = tmp_path / f"{name}.yaml"
    words = "title: {zh: 一, en: One}\nabout: {zh: 一。, en: One.}\nplan: zhejiang-2016\n"
    file.write_text(words + text, encoding="utf-8")
    [scenario] = load_scenarios([file], PLANS, tmp_path)
    return compiled(scenario, PLANS["zhejiang-2016"])


@cache
def parts() -> tuple[Summary, ...]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        model = model_of(Path(folder), "")
        actuals = model_of(Path(folder), "observed: {until: 2016}\n", "actuals")
    plain = tuple(run([model], range(block, block + 1), detailed=False)[0] for block in range(3))
    return (*plain, run([actuals], range(1), detailed=False)[0])


def test_code_with_other_ends_of_lines_has_the_same_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes
    expected = code_fingerprint()
    for changed, is_same in ((b"\r\n", True), (b"\n\n", False)):
        monkeypatch.setattr(Path, "read_bytes", lambda path, end=changed: read(path).replace(b"\n", end))
        assert (code_fingerprint.__wrapped__() == expected) == is_same


@pytest.mark.parametrize("library", ["numba", "numpy", "scipy"])
def test_code_with_another_library_has_another_fingerprint(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, expected = importlib.metadata.version, code_fingerprint()
    other = {library: "0.1"}
    monkeypatch.setattr("importlib.metadata.version", lambda name: other.get(name) or known(name))
    assert code_fingerprint.__wrapped__() != expected


DECIDES_NOTHING = {"baseline.calibration", "baseline.plan", "errors", "executors", "registry", "texts"}
"""What the engine imports and no draw passes through: types of data, words, and where work is done."""


def imported(file: Path) -> Iterator[str]:
    """Yield the names of our modules that *file* imports, and of what it takes from them."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim"):
            inside = f"{node.module}".removeprefix("sim").removeprefix(".")
            yield inside
            yield from (f"{inside}.{alias.name}".lstrip(".") for alias in node.names)


def test_R22_all_code_through_which_a_draw_passes_is_of_the_fingerprint() -> None:
    """A module that is forgotten would let pieces of an earlier version pass for those of this one."""
    folder = ROOT / "sim"
    files = {
        ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__"): file
        for file in folder.rglob("*.py")
    }
    seen, left = set[str](), ["engine", "engine.run"]
    while left:
        module = left.pop()
        if module in files and module not in seen:
            seen.add(module)
            left += imported(files[module])
    assert "streams" in seen
    of_rows = {module for module in seen if files[module].relative_to(folder).parts[0] in ROWS}
    assert seen - of_rows <= DECIDES_NOTHING


def test_R22_a_summary_of_other_blocks_or_of_another_model_is_not_believed(tmp_path: Path) -> None:
    noticed: list[tuple[str, str]] = []

    class Store(Memory):
        def noticed(self, key: str, why: str) -> None:
            noticed.append((key, why))

    model = model_of(tmp_path, "")
    fewer = model_of(tmp_path, "targets: [H01]\n", "fewer")
    one, other = parts()[:2]
    more_draws = replace(one, draws=2 * one.draws)
    more_sets = replace(one, chances=replace(one.chances, sets=17))
    no_sets = replace(one, together=replace(one.together, sets=0))
    fewer_years = replace(one, passages=one.passages[:, 1:])
    kept = [one, one + other, more_draws, more_sets, no_sets, fewer_years]
    grid = Grid((), PLANS, Store({str(n): packed(part) for n, part in enumerate(kept)}), lone_crew)
    assert grid.known("none", 0, 1, model) is None
    assert grid.known("0", 0, 1, model) is not None
    assert grid.known("1", 0, 2, model) is not None
    assert noticed == []
    lies = [("0", 0, 2, model), ("0", 1, 1, model), ("1", 0, 1, model), ("0", 0, 1, fewer)]
    lies += [(str(n), 0, 1, model) for n in range(2, len(kept))]
    assert [grid.known(*lie) for lie in lies] == [None] * len(lies)
    assert noticed == [(key, "changed") for key, *_ in lies]


def test_R22_a_sum_past_all_runs_is_refused() -> None:
    """A sum that no float64 holds would end the run that reads it."""
    one = parts()[0]
    largest, past = (
        replace(one, shortfall=ExactSum(one.shortfall.shape, (number, *one.shortfall.numbers[1:])))
        for number in ((1 << 2096) - 1, 1 << 2096)
    )
    assert unpacked(packed(largest)).shortfall.value()[0] < np.inf
    with pytest.raises(BadPack, match="past all sums"):
        unpacked(packed(past))


def test_what_failed_is_not_tried_again_at_the_next_look(tmp_path: Path) -> None:
    grid = Grid((), PLANS, Memory(), lone_crew, failed={"bad": "why"})
    grid.models = dict.fromkeys(("bad", "good"), model_of(tmp_path, ""))
    grid.prints = {"bad": "x", "good": "y"}
    [left] = grid.missing({"bad": 1, "good": 1})
    assert left.keys == (chunk_key("y", code_fingerprint(), 0, 1),)


def test_work_is_not_done_by_other_code_than_its_keys_name(tmp_path: Path) -> None:
    """An update in mid-run, or a worker that comes later, must not keep its numbers under our keys."""
    piece = Work((model_of(tmp_path, ""),), ("key",), 0, 1, "another version")
    [(_, failure)] = lone_crew(done_work, [piece])
    assert failure == Failure("RuntimeError: its worker runs another version of the program")


def test_a_summary_comes_back_as_it_was_to_the_last_bit() -> None:
    for part in (*parts(), parts()[2] + parts()[0], parts()[3] + parts()[3]):
        again = unpacked(packed(part))
        assert packed(again) == packed(part)
        assert again.chances.total == part.chances.total
        assert (again.weights, again.total()) == (part.weights, part.total())
        assert again.shortfall.numbers == part.shortfall.numbers
        assert np.array_equal(again.by_set.value(), part.by_set.value(), equal_nan=True)
        assert np.array_equal(again.chances.grid, part.chances.grid)
        assert again.chances.grid.dtype == part.chances.grid.dtype


def test_packed_parts_merge_to_what_the_whole_is_in_any_order() -> None:
    a, b, c, _ = parts()
    again = [unpacked(packed(part)) for part in (a, b, c)]
    assert packed(again[2] + again[0] + again[1]) == packed(a + b + c)


@given(st.data())
def test_R22_a_pack_that_is_cut_or_flipped_anywhere_is_refused(data: st.DataObject) -> None:
    whole = packed(parts()[0])
    at = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadPack):
        unpacked(whole[:at])
    flipped = bytearray(whole)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        same = packed(unpacked(bytes(flipped))) == whole
    except BadPack:
        same = True
    assert same  # deflate has a bit or two that say nothing; no number may come out changed


@given(st.binary(max_size=200))
def test_R22_no_bytes_at_all_do_more_than_be_refused(content: bytes) -> None:
    for raw in (content, zlib.compress(content), zlib.compress(len(content).to_bytes(4, "big") + content)):
        with pytest.raises(BadPack):
            unpacked(raw)


def with_entry(name: str, change: tuple[int, object]) -> bytes:
    """Return a pack whose head tells something else of one part, its check sums made right again."""
    plain = zlib.decompress(packed(parts()[0]))
    size = int.from_bytes(plain[:4], "big")
    version, entries = json.loads(plain[4 : 4 + size])
    for entry in entries:
        if entry[0] == name:
            entry[change[0]] = change[1]
    head = json.dumps([version, entries]).encode()
    return zlib.compress(len(head).to_bytes(4, "big") + head + plain[4 + size :])


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("hits", (1, "f8")),
        ("hits", (2, [1 << 40])),
        ("hits", (2, [-1])),
        ("hits", (3, 0)),
        ("hits", (3, "eight")),
        ("hits", (0, "hats")),
        ("draws", (2, [1])),
        ("shortfall", (1, "i8")),
        ("chances.total", (2, [])),
        ("together.counted", (2, [3])),
        ("by_set.chances", (2, [1, 1, 1])),
    ],
)
def test_R22_a_head_that_tells_something_else_is_refused(name: str, change: tuple[int, object]) -> None:
    with pytest.raises(BadPack):
        unpacked(with_entry(name, change))


def test_R22_a_bomb_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.studies.packing.LARGEST_PACK", 1 << 16)
    with pytest.raises(BadPack):
        unpacked(zlib.compress(bytes(1 << 20)))


def test_a_fingerprint_changes_with_all_that_decides_a_draw_and_with_nothing_else(tmp_path: Path) -> None:
    plain = model_fingerprint(model_of(tmp_path, ""))
    assert model_fingerprint(model_of(tmp_path, "", "other_name")) == plain
    assert model_fingerprint(model_of(tmp_path, "draws: 409600\n")) == plain
    changed = [
        "seed: 2\n",
        "growth: {source: plan}\n",
        "growth: {source: blend, weight: 0.5}\n",
        "noise: {province: 1.0000000001}\n",
        "noise: {parameters: fixed}\n",
    ]
    prints = [model_fingerprint(model_of(tmp_path, text)) for text in changed]
    assert len({plain, *prints}) == 1 + len(changed)


def test_a_key_names_model_code_and_blocks() -> None:
    keys = {
        chunk_key(model, code, first, count)
        for model in ("a", "b")
        for code in ("c", "d")
        for first in (0, 5, 55)
        for count in (1, 5)
    }
    assert len(keys) == 24
    assert all(len(key) == 64 for key in keys)
