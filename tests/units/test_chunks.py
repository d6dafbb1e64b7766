from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.outputs.chunks import Chunks
from sim.outputs.problems import NoSpace, Refused

KEY = hashlib.sha256(b"one").hexdigest()


def store(tmp_path: Path) -> tuple[Chunks, list[tuple[str, str]]]:
    noticed: list[tuple[str, str]] = []
    return Chunks(tmp_path / ".chunks", lambda key, why: noticed.append((key, why))), noticed


def place(tmp_path: Path, key: str = KEY) -> Path:
    return tmp_path / ".chunks" / key[:2] / f"{key}.chunk"


def test_what_is_put_is_what_one_gets(tmp_path: Path) -> None:
    chunks, noticed = store(tmp_path)
    assert chunks.get(KEY) is None
    for content in (b"", b"\n", bytes(range(256)) * 100):
        chunks.put(KEY, content)
        assert chunks.get(KEY) == content
    assert noticed == []


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda raw: raw[:-1], "truncated"),
        (lambda raw: raw[:40], "truncated"),
        (lambda raw: b"", "unreadable"),
        (lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), "changed"),
        (lambda raw: raw + b"x", "changed"),
        (lambda raw: raw.replace(b"chunk-1", b"chunk-2", 1), "version"),
        (lambda raw: b"planodds-chunk-1 " + b"9" * 5000 + b" x\n", "version"),
    ],
)
def test_R22_what_cannot_be_believed_is_named_and_not_used(tmp_path: Path, spoil, why) -> None:  # type: ignore[no-untyped-def]
    chunks, noticed = store(tmp_path)
    chunks.put(KEY, b"numbers")
    place(tmp_path).write_bytes(spoil(place(tmp_path).read_bytes()))
    assert chunks.get(KEY) is None
    assert noticed == [(KEY, why)]
    chunks.put(KEY, b"numbers")
    assert chunks.get(KEY) == b"numbers"


def test_R22_a_chunk_under_the_name_of_another_is_not_believed(tmp_path: Path) -> None:
    chunks, noticed = store(tmp_path)
    other = KEY[:2] + "0" * 62
    chunks.put(other, b"numbers")
    os.rename(place(tmp_path, other), place(tmp_path))
    assert chunks.get(KEY) is None
    assert noticed == [(KEY, "changed")]


def test_S10_chunks_do_not_go_through_a_link(tmp_path: Path) -> None:
    chunks, _ = store(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".chunks").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match="link"):
        chunks.put(KEY, b"numbers")
    assert not list((tmp_path / "elsewhere").rglob("*.chunk"))


def a_pipe(place: Path) -> None:
    place.unlink()
    os.mkfifo(place)


def a_link(place: Path) -> None:
    place.rename(place.with_name("true"))
    place.symlink_to(place.with_name("true"))


def an_endless_file(place: Path) -> None:
    place.unlink()
    place.symlink_to("/dev/zero")


def a_folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


@pytest.mark.parametrize("put_there", [a_pipe, a_link, an_endless_file, a_folder])
def test_R22_what_is_no_plain_file_is_named_and_never_waited_for(
    tmp_path: Path, put_there: Callable[[Path], None]
) -> None:
    chunks, noticed = store(tmp_path)
    chunks.put(KEY, b"numbers")
    put_there(place(tmp_path))
    assert chunks.get(KEY) is None
    assert noticed == [(KEY, "unreadable")]


def test_a_folder_in_the_place_of_a_chunk_is_named(tmp_path: Path) -> None:
    chunks, _ = store(tmp_path)
    place(tmp_path).mkdir(parents=True)
    with pytest.raises(Refused, match=rf"chunks/{KEY[:2]}/{KEY}.chunk is a folder .* \[in-the-way\]"):
        chunks.put(KEY, b"numbers")
    with pytest.raises(Refused, match="in-the-way"):
        chunks.prune(())


def no_room(folder: Path) -> None:
    folder.write_bytes(b"")


def elsewhere(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")


def no_parent(folder: Path) -> None:
    folder.parent.rmdir()
    folder.parent.write_bytes(b"")


def a_folder_half_written(folder: Path) -> None:
    (folder / "ab" / ".x.new").mkdir(parents=True)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (no_room, "is-a-file"),
        (elsewhere, "link"),
        (no_parent, "is-a-file"),
        (a_folder_half_written, "in-the-way"),
    ],
)
def test_R19_what_is_wrong_with_the_folder_is_found_before_anything_is_put_there(
    tmp_path: Path, spoil: Callable[[Path], None], code: str
) -> None:
    (tmp_path / "results").mkdir()
    chunks, _ = store(tmp_path / "results")
    spoil(tmp_path / "results" / ".chunks")
    with pytest.raises(Refused, match=rf"\[{code}\]"):
        chunks.prepare()


def test_R19_a_folder_that_cannot_be_written_to_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's answer is put in its mouth: whoever tests as root is refused nothing."""

    def denied(*arguments: object, **options: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied", "x")

    chunks, _ = store(tmp_path)
    chunks.prepare()
    for owner, call in (("sim.outputs.chunks", "TemporaryFile"), ("sim.outputs.atomic", "os.open")):
        with monkeypatch.context() as patch:
            patch.setattr(f"{owner}.{call}", denied)
            with pytest.raises(Refused, match=r"Permission denied.*\[not-writable\]"):
                chunks.prepare() if call == "TemporaryFile" else chunks.put(KEY, b"numbers")


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    chunks, _ = store(tmp_path)
    (tmp_path / ".chunks").write_bytes(b"")
    assert chunks.get(KEY) is None
    with pytest.raises(Refused, match="is-a-file"):
        chunks.put(KEY, b"numbers")


def test_R18_a_full_disk_leaves_no_half_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chunks, _ = store(tmp_path)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace):
        chunks.put(KEY, b"numbers")
    assert [path.name for path in (tmp_path / ".chunks").rglob("*") if path.is_file()] == []


def test_pruning_tells_how_many_chunks_went_and_their_bytes(tmp_path: Path) -> None:
    chunks, _ = store(tmp_path)
    other = hashlib.sha256(b"two").hexdigest()
    for key, content in ((KEY, b"numbers"), (other, b"more numbers")):
        chunks.put(key, content)
    size = place(tmp_path, other).stat().st_size
    assert size > len(b"more numbers")
    assert chunks.prune({KEY}) == (1, size)
    assert chunks.get(KEY) == b"numbers"
    assert chunks.prune({KEY}) == (0, 0)


def test_what_a_killed_run_left_half_written_is_tidied(tmp_path: Path) -> None:
    chunks, _ = store(tmp_path)
    chunks.put(KEY, b"numbers")
    half = place(tmp_path).with_name(f".{KEY}.chunk.77.new")
    half.write_bytes(b"num")
    chunks.prepare()
    assert not half.exists()
    assert chunks.get(KEY) == b"numbers"
