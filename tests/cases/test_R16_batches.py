"""Batches that are killed, tampered with, poisoned and spread: the same bytes in the end."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim import cli
from sim.commands.batch import place_in
from sim.executors import Failure, crew_of_processes, lone_crew
from sim.outputs.manifest import verify
from sim.studies import grid as grid_study
from tests.dying import dies_once, out_of_memory, square_or_die
from tests.grid_project import PLAN, TINY, grid_project, program, written

KILLED = """
import os, signal, sys
from pathlib import Path
from sim.cli import main
import sim.commands.batch, sim.studies.grid, sim.outputs.results  # loaded once, for all children
sim.studies.grid.CHUNK = 1

root, name, points = Path(sys.argv[1]), sys.argv[2], [int(k) for k in sys.argv[3].split(",")]
def run_dying_at(k):
    calls = 0
    def counted(call):
        def wrapped(*arguments):
            nonlocal calls
            calls += 1
            if calls == k:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments)
        return wrapped
    os.fsync, os.replace, os.rename = counted(os.fsync), counted(os.replace), counted(os.rename)
    code = main(["batch", "grid", "--quiet", "--out", name], root)
    os._exit(code)
for k in points:
    child = os.fork()
    if not child:
        run_dying_at(k)
    print(k, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


@pytest.fixture(scope="module", autouse=True)
def small_chunks() -> Iterator[None]:
    """Make a chunk of every block, so that few draws are several chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid_study, "CHUNK", 1)
        yield


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a grid on the made-up plan: what lasts and what goes on is no matter of size."""
    return grid_project(tmp_path_factory.mktemp("grid"), plan=PLAN if NIGHTLY else TINY)


@pytest.fixture(scope="module")
def whole(project: Path) -> dict[str, bytes]:
    """Return what an uninterrupted run writes: two scenarios of two chunks each, and the tables."""
    results = project / "whole"
    assert cli.main(["batch", "grid", "--quiet", "--out", str(results)], project) == 0
    found = written(results)
    assert sum(name.endswith(".chunk") for name in found) == 4
    assert verify(results / "batch-grid") == ()
    return found


def dying(project: Path, results: Path, points: list[int]) -> list[tuple[int, int]]:
    """Run the batch again and again, killed at the given call that makes something last."""
    text = ",".join(map(str, points))
    with program(project, str(results), text, code=KILLED) as process:
        out, _ = process.communicate(timeout=300)
    return [(int(k), int(code)) for k, code in (line.split() for line in out.decode().splitlines())]


def test_R16_killed_at_any_moment_a_batch_goes_on_and_ends_with_the_same_bytes(
    project: Path, whole: dict[str, bytes]
) -> None:
    results = project / "killed"
    # Every call of a run from nothing, or some where it matters: a lock, a chunk, a table, the swap.
    points = range(1, 60) if NIGHTLY else (2, 5, 8, 32)
    codes = dying(project, results, [*points, 999])
    assert [code for _, code in codes][:4] == [-signal.SIGKILL] * 4
    assert codes[-1] == (999, 0)
    assert written(results) == whole
    assert verify(results / "batch-grid") == ()


def test_R26_only_what_is_missing_is_computed(
    project: Path, whole: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    results = project / "resumed"
    shutil.copytree(project / "whole", results)
    shutil.rmtree(results / "batch-grid")
    gone = sorted(results.rglob("*.chunk"))[1]
    gone.unlink()
    done: list[tuple[str, ...]] = []
    real = grid_study.done_work

    def counted(piece: grid_study.Work) -> tuple[bytes, ...]:
        done.append(piece.keys)
        return real(piece)

    monkeypatch.setattr(grid_study, "done_work", counted)
    assert cli.main(["batch", "grid", "--quiet", "--out", str(results)], project) == 0
    assert done == [(gone.stem,)]
    assert written(results) == whole


def test_more_draws_keep_the_full_chunks(project: Path, whole: dict[str, bytes]) -> None:
    results = project / "more"
    shutil.copytree(project / "whole", results)
    assert cli.main(["batch", "grid", "--quiet", "--draws", "12288", "--out", str(results)], project) == 0
    more = written(results)
    old = {name for name in whole if name.endswith(".chunk")}
    new = {name for name in more if name.endswith(".chunk")}
    assert old < new
    assert len(new - old) == 2


def test_R22_a_tampered_chunk_is_named_and_computed_again(
    project: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    results = project / "tampered"
    shutil.copytree(project / "whole", results)
    cut, flipped, *_ = sorted(results.rglob("*.chunk"))
    cut.write_bytes(cut.read_bytes()[:-100])
    raw = bytearray(flipped.read_bytes())
    raw[len(raw) // 2] ^= 4
    flipped.write_bytes(raw)
    assert cli.main(["batch", "grid", "--quiet", "--out", str(results)], project) == 0
    said = capsys.readouterr().err
    assert f"the kept chunk {cut.stem[:12]} is cut short" in said
    assert f"the kept chunk {flipped.stem[:12]} was changed" in said
    assert written(results) == whole


def test_N1_two_processes_write_the_same_bytes(project: Path, whole: dict[str, bytes]) -> None:
    results = project / "processes"
    argv = ["batch", "grid", "--quiet", "--workers", "2", "--out", str(results)]
    assert cli.main(argv, project) == 0
    assert written(results) == whole


def test_R25_a_scenario_that_fails_is_named_and_the_others_finish(
    project: Path,
    whole: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = project / "poisoned"
    real = grid_study.done_work

    def spoilt(piece: grid_study.Work) -> tuple[bytes, ...]:
        if any(model.scenario.startswith("grid__weight_0_25") for model in piece.models):
            raise FloatingPointError("a level past all numbers")
        return real(piece)

    monkeypatch.setattr(grid_study, "done_work", spoilt)
    assert cli.main(["batch", "grid", "--quiet", "--out", str(results)], project) == 3
    said = capsys.readouterr().err
    assert "failed: FloatingPointError: a level past all numbers" in said
    assert "1 of 2 scenarios are done" in said
    found = written(results)
    sound = {name for name in found if name.endswith(".chunk")}
    assert sound
    assert all(found[name] == whole[name] for name in sound)
    assert b"FloatingPointError" in found["batch-grid/failed.csv"]
    assert set(found["batch-grid/grid.csv"].splitlines()) < set(whole["batch-grid/grid.csv"].splitlines())


def test_R20_a_second_batch_in_the_same_folder_waits_for_nobody(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sim.outputs.locks import locked

    results = project / "held"
    results.mkdir()
    with locked(results):
        assert cli.main(["batch", "grid", "--quiet", "--out", str(results)], project) == 4
    assert "[locked]" in capsys.readouterr().err


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not NIGHTLY, reason="starts many processes; runs each night")
def test_R17_R27_an_interrupted_batch_says_so_and_leaves_no_worker(
    project: Path, whole: dict[str, bytes]
) -> None:
    results = project / "interrupted"
    argv = ("batch", "grid", "--quiet", "--workers", "2", "--out", str(results))
    with program(project, *argv) as process:
        deadline = time.monotonic() + 120
        while not list(results.rglob("*.chunk")) and time.monotonic() < deadline:
            time.sleep(0.05)
        workers = children_of(process.pid)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=120)
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert process.returncode in (0, 3)  # it may just have been done
    assert b"Traceback" not in said
    # The process that was ended made chunks of another size than this one: those go.
    assert cli.main(["batch", "grid", "--quiet", "--prune", "--out", str(results)], project) == 0
    assert written(results) == whole


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def test_R18_a_limit_of_file_size_ends_a_batch_with_5_and_the_next_goes_on(
    project: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    results = project / "limited"
    argv = ["batch", "grid", "--quiet", "--out", str(results)]
    smallest = min(len(content) for name, content in whole.items() if name.endswith(".chunk"))
    with file_size_limit(smallest // 2):
        assert cli.main(argv, project) == 5
    assert "Traceback" not in capsys.readouterr().err
    assert not list(results.rglob("*.chunk"))
    assert not list(results.rglob("*.new"))
    assert cli.main(argv, project) == 0
    assert written(results) == whole


SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
from sim.cli import main
import sim.commands.batch, sim.studies.grid, sim.outputs.results
from sim.studies.grid import Grid
sim.studies.grid.CHUNK = 1
whole = Grid.complete
def capped(self, blocks, work):
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    try:
        whole(self, blocks, work)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
Grid.complete = capped
sys.exit(main(sys.argv[3:], Path(sys.argv[1])))
"""


@pytest.mark.skipif(not NIGHTLY, reason="starts a process that compiles; runs each night")
def test_R28_a_batch_short_of_memory_names_what_failed_and_the_next_goes_on(
    project: Path, whole: dict[str, bytes]
) -> None:
    results = project / "short"
    argv = ("--lang", "en", "batch", "grid", "--quiet", "--out", str(results))
    with program(project, str(4_000_000), *argv, code=SHORT_OF_MEMORY) as process:
        _, said = process.communicate(timeout=120)
    assert process.returncode == 3
    assert said.count(b"MemoryError") == 2
    assert b"Traceback" not in said
    assert cli.main(list(argv), project) == 0
    assert written(results) == whole


def test_pruning_deletes_what_the_grid_does_not_use_and_nothing_else(
    project: Path, whole: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    results = project / "pruned"
    argv = ["--lang", "en", "batch", "grid", "--quiet", "--out", str(results)]
    assert cli.main(argv, project) == 0
    [used, *_] = results.rglob("*.chunk")
    other = used.parent.parent / "ff" / ("f" * 64 + ".chunk")
    other.parent.mkdir(exist_ok=True)
    other.write_bytes(b"of an earlier version")
    assert cli.main([*argv, "--prune"], project) == 0
    assert "1 pieces that this grid does not use are deleted" in capsys.readouterr().err
    assert written(results) == whole


def test_R25_work_that_kills_its_workers_is_the_only_failure() -> None:
    found = dict(crew_of_processes(2)(square_or_die, range(6)))
    failed = found.pop(3)
    assert isinstance(failed, Failure)
    assert "died 3 times" in failed.why
    assert found == {number: number * number for number in (0, 1, 2, 4, 5)}


def test_R25_a_worker_that_was_killed_changes_nothing(tmp_path: Path) -> None:
    flags = [tmp_path / str(number) for number in range(3)]
    assert dict(crew_of_processes(2)(dies_once, flags)) == dict.fromkeys(range(3), "done")


def test_R28_what_needs_too_much_memory_together_is_tried_apart() -> None:
    assert dict(lone_crew(out_of_memory, [1, 2])) == {0: 1, 1: Failure("MemoryError")}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--on", "local:0"], "'0' is no number of workers"),
        (["--on", "local:many"], "'many' is no number of workers"),
        (["--on", "http://x:1"], "'http://x:1' is no place"),
        (["--on", "tcp://nowhere"], "'tcp://nowhere' is no place"),
        (["--on", "tcp://bad host:8786"], "'tcp://bad host:8786' is no place"),
        (["--on", "tcp://here:0"], "'tcp://here:0' is no place"),
        (["--on", "tcp://here:65536"], "'tcp://here:65536' is no place"),
        (["--on", "tcp://here:８786"], "'tcp://here:８786' is no place"),
        (["--workers", "0"], "'0' is no number of workers"),
        (["--workers", "-1"], "'-1' is no number of workers"),
        (["--workers", "99999999999"], "is no number of workers"),
    ],
)
def test_a_place_that_is_none_is_said_at_once(
    argv: list[str], said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main(["batch", "grid", *argv], project)
    assert exit.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run", "compare", "report", "actuals"])
@pytest.mark.parametrize("workers", ["0", "-3", "1025", "two"])
def test_a_number_of_workers_that_is_none_is_said_by_every_command(
    command: str, workers: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main([command, "--workers", workers], project)
    assert exit.value.code == 2
    assert f"'{workers}' is no number of workers" in capsys.readouterr().err


@pytest.mark.parametrize("place", ["tcp://10.0.0.1:8786", "tls://[fe80::1%eth0]:65535", "tcp://a-b.c_d:1"])
def test_an_address_is_a_place(place: str) -> None:
    assert place_in("en")(place) == place


def test_a_reference_that_is_no_scenario_is_said_with_the_nearest(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = project / "against"
    argv = ["--lang", "en", "batch", "grid", "--against", "grid@0.2", "--out", str(results)]
    assert cli.main(argv, project) == 2
    said = capsys.readouterr().err
    assert said.startswith("--against: no scenario 'grid@0.2'; did you mean")
    assert said.rstrip().endswith("[unknown-scenario]")
    assert not results.exists()
