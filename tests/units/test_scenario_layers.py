"""Parents, mix-ins and overrides: who wins, what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from sim.errors import BadInput
from sim.scenario.layers import MAX_PARENTS, Library


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def layered(folder: Path, name: str) -> Any:
    library = Library(folder)
    layers = library.load_layers(folder / f"{name}.yaml")
    library.found.raise_if_any()
    assert layers is not None
    return layers


def mistakes(folder: Path, name: str) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        layered(folder, name)
    return [(str(mistake.place), mistake.code) for mistake in caught.value.mistakes]


def test_the_parent_yields_to_mixins_in_their_order_and_these_to_the_file(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="noise: {province: 1, city: 1, dof: 3}\nseed: 1\ndraws: 4096\n",
        first="noise: {province: 2, city: 2}\nseed: 2\n",
        second="noise: {province: 3}\n",
        child="extends: parent\nmixins: [first, second]\nseed: 9\n",
    )

    data = layered(tmp_path, "child").node.plain()

    assert data["noise"] == {"province": 3, "city": 2, "dof": 3}
    assert (data["seed"], data["draws"]) == (9, 4096)


def test_a_list_replaces_and_does_not_grow(tmp_path: Path) -> None:
    write(tmp_path, parent="targets: [H01, H02]\n", child="extends: parent\ntargets: [H03]\n")

    assert layered(tmp_path, "child").node.plain()["targets"] == ["H03"]


def test_null_removes_what_is_inherited(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="shocks:\n  a: {size: 1}\n  b: {size: 2}\nseed: 1\n",
        child="extends: parent\nseed:\nshocks:\n  a: null\n",
    )

    assert layered(tmp_path, "child").node.plain() == {"extends": "parent", "shocks": {"b": {"size": 2}}}


def test_a_map_of_another_kind_replaces_the_whole_map(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="shocks:\n  a: {size: {kind: normal, central: -2, sd: 1}, course: {kind: decay, start: 1}}\n",
        child="extends: parent\nshocks:\n  a: {size: {kind: fixed, value: 3}, course: {start: 2}}\n",
    )

    shock = layered(tmp_path, "child").node.plain()["shocks"]["a"]

    assert shock == {"size": {"kind": "fixed", "value": 3}, "course": {"kind": "decay", "start": 2}}


def test_another_growth_source_drops_the_weight_of_the_parent(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="growth: {source: blend, weight: 0.3}\n",
        child="extends: parent\ngrowth: {source: plan}\n",
    )

    assert layered(tmp_path, "child").node.plain()["growth"] == {"source": "plan"}


def test_title_about_and_sweep_are_not_inherited(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="title: T\nabout: A\nsweep: {seed: [1, 2]}\nseed: 1\n",
        child="extends: parent\ndraws: 4096\n",
    )

    assert layered(tmp_path, "child").node.plain() == {"extends": "parent", "seed": 1, "draws": 4096}


def test_every_value_remembers_the_file_that_set_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="shocks:\n  a: {size: 1, course: 2}\n",
        child="extends: parent\nshocks:\n  a:\n    size: 3\n",
    )

    node = layered(tmp_path, "child").node

    assert str(node.at(("shocks", "a", "size")).place) == "child.yaml:4:11"
    assert str(node.at(("shocks", "a", "course")).place) == "parent.yaml:2:24"
    assert str(node.at(("shocks", "a", "course")).key_place) == "parent.yaml:2:16"


def test_every_file_that_was_read_is_named_with_its_hash(tmp_path: Path) -> None:
    write(tmp_path, parent="seed: 1\n", extra="draws: 1\n", child="extends: parent\nmixins: extra\nseed: 2\n")

    files = layered(tmp_path, "child").files

    assert list(files) == ["child.yaml", "extra.yaml", "parent.yaml"]
    assert files["parent.yaml"] == hashlib.sha256(b"seed: 1\n").hexdigest()


def test_parents_may_have_parents_but_not_without_end(tmp_path: Path) -> None:
    write(tmp_path, f0="seed: 0\n", **{f"f{n}": f"extends: f{n - 1}\nseed: {n}\n" for n in range(1, 20)})

    assert layered(tmp_path, "f16").node.plain()["seed"] == MAX_PARENTS == 16
    assert [code for _, code in mistakes(tmp_path, "f17")] == ["too-many-parents"]


def test_a_cycle_over_two_files_is_refused_where_it_closes(tmp_path: Path) -> None:
    write(tmp_path, a="seed: 1\nextends: b\n", b="extends: a\nseed: 2\n")

    assert mistakes(tmp_path, "a") == [("b.yaml:1:10", "extends-cycle")]


def test_the_mistakes_of_all_layers_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b\nmixins: [c, d]\n", b="seed: *x\n", c="- 1\n")

    assert mistakes(tmp_path, "a") == [
        ("a.yaml:2:13", "no-such-file"),
        ("b.yaml:1:7", "alias"),
        ("c.yaml:1:1", "not-a-scenario"),
    ]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "..\\x", "a/../../x", "link"])
def test_S11_no_file_outside_the_project_is_read(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    write(tmp_path, x="seed: 1\n")
    (inside / "link.yaml").symlink_to(tmp_path / "x.yaml")
    write(inside, a=f"extends: '{name}'\n")

    assert mistakes(inside, "a") == [("a.yaml:1:10", "outside-project")]


@pytest.mark.parametrize("name", ["x" * 300, "folder", ".", "no\\where", "é"])
def test_a_name_that_is_no_file_is_one_mistake(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.yaml").mkdir()
    write(tmp_path, a=f"extends: '{name}'\n")

    assert mistakes(tmp_path, "a") == [("a.yaml:1:10", "no-such-file")]


def test_a_sibling_in_another_folder_is_found_from_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts", calm="noise: {city: 0}\n")
    write(tmp_path, a="mixins: parts/calm.yaml\nseed: 1\n")

    assert layered(tmp_path, "a").node.plain()["noise"] == {"city": 0}


def test_an_override_counts_by_entry_so_a_changed_entry_may_repeat_the_rest(tmp_path: Path) -> None:
    write(
        tmp_path,
        parent="shocks:\n  a: {size: 1, x: 2}\nnoise: {city: 1}\nplan: p\n",
        child="extends: parent\nplan: p\nshocks:\n  a: {size: 1, x: 3}\nnoise: {city: 1, province: 2}\n",
        idle="extends: parent\nshocks:\n  a: {size: 1}\nnoise: {city: 1}\n",
    )

    layered(tmp_path, "child")
    assert mistakes(tmp_path, "idle") == [
        ("idle.yaml:3:3", "override-without-effect"),
        ("idle.yaml:4:1", "override-without-effect"),
    ]
