from __future__ import annotations

import hashlib
import os
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


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    chunks, _ = store(tmp_path)
    (tmp_path / ".chunks").write_bytes(b"")
    assert chunks.get(KEY) is None
    with pytest.raises(Refused, match="is-a-file"):
        chunks.put(KEY, b"numbers")


def test_R18_a_full_disk_leaves_no_half_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

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
    chunks.tidy()
    assert not half.exists()
    assert chunks.get(KEY) == b"numbers"
