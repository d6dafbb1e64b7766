"""What must not break between a finished result and the disk."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.outputs.atomic import write_whole
from sim.outputs.locks import HOLDER, LOCK, locked
from sim.outputs.manifest import MANIFEST, Fault, Origin, manifest_of, read_manifest, sha256, verify, versions
from sim.outputs.problems import Locked, NoSpace, OutputProblem, Refused
from sim.outputs.results import folder_of, opened, publish
from sim.outputs.run_log import RunLog

ROOT = Path(__file__).parents[2]
FILES = {"probabilities.csv": b"target,p\nH01,0.5\n", "trajectories.parquet": bytes(range(256)) * 40}


def origin(scenario: str = "baseline", source: str = "scenarios/baseline.yaml", seed: int = 1) -> Origin:
    return Origin(scenario, source, seed, 4096, {source: "ab"}, {}, {"planodds": "0.1.0"})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def results(project: Path) -> Path:
    """A results folder that holds one result."""
    folder = project / "results"
    with opened(folder, project, []):
        publish(folder, origin(), FILES, b"log\n")
    return folder


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def test_a_result_is_its_files_a_log_and_a_manifest_and_nothing_else(results: Path) -> None:
    assert set(content_of(results)) == {f"baseline/{name}" for name in (*FILES, "run.log", MANIFEST)}
    assert verify(results / "baseline") == ()


def test_S9_a_hostile_scenario_name_stays_inside_the_results(results: Path) -> None:
    before = sorted(os.listdir(results.parent))
    place = publish(results, origin(scenario="../../escaped"), FILES, b"")
    assert place.parent == results
    assert sorted(os.listdir(results.parent)) == before
    assert verify(place) == ()


@pytest.mark.parametrize("where", ["results", "results/baseline"])
def test_S10_a_link_that_leads_outside_is_refused(
    where: str, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    link = project / where
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    with pytest.raises(Refused) as refused, opened(project / "results", project, [("baseline", "a.yaml")]):
        pass
    assert refused.value.code == "link"
    assert refused.value.exit_code == 2
    assert os.listdir(outside) == []


def test_S10_a_link_in_place_of_a_hidden_folder_is_not_followed(
    results: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "precious").touch()
    for hidden in (".baseline.new", ".baseline.old"):
        (results / hidden).symlink_to(outside)
    publish(results, origin(seed=2), FILES, b"")
    assert os.listdir(outside) == ["precious"]
    assert verify(results / "baseline") == ()


def test_S10_a_link_to_another_folder_of_the_project_is_fine_for_the_results(project: Path) -> None:
    (project / "disk2").mkdir()
    (project / "results").symlink_to(project / "disk2")
    with opened(project / "results", project, [("baseline", "a.yaml")]):
        assert publish(project / "results", origin(), FILES, b"").is_dir()


@pytest.mark.parametrize("where", [".", "..", "sim", "baselines/zhejiang-2016", ".git"])
def test_results_never_go_where_the_program_itself_is(where: str, project: Path) -> None:
    folder = Path(os.path.normpath(project / where))
    with pytest.raises(Refused) as refused, opened(folder, project, []):
        pass
    assert refused.value.code == "is-the-project"


def test_R13_two_runs_of_one_input_give_the_same_bytes(project: Path) -> None:
    for name in ("first", "second"):
        with opened(project / name, project, []):
            log = RunLog()
            log.note("simulated")
            publish(project / name, origin(), FILES, log.content())
    first, second = (content_of(project / name) for name in ("first", "second"))
    assert {name for name in first if first[name] != second[name]} <= {"baseline/run.log"}
    assert first.keys() == second.keys()


def test_the_versions_are_those_of_the_libraries_that_results_depend_on() -> None:
    found = versions(ROOT)
    assert {"planodds", "numpy", "scipy", "ruamel.yaml", "requirements.lock"} <= set(found)
    assert "pytest" not in found
    assert found["requirements.lock"] == sha256((ROOT / "requirements.lock").read_bytes())


def test_R13_a_manifest_names_inputs_outputs_versions_seed_and_draws_and_no_machine() -> None:
    facts = json.loads(manifest_of(origin(), FILES))
    table = FILES["probabilities.csv"]
    assert facts["outputs"]["probabilities.csv"] == {"bytes": len(table), "sha256": sha256(table)}
    assert (facts["seed"], facts["draws"], facts["inputs"]) == (1, 4096, {"scenarios/baseline.yaml": "ab"})
    assert facts["versions"] == {"planodds": "0.1.0"}


class Counter:
    """Lets *allowed* calls of the system through, then makes one fail."""

    def __init__(self, allowed: int, fail: Callable[[], None]) -> None:
        self.left = allowed
        self.fail = fail

    def wrap(self, call: Callable[..., object]) -> Callable[..., object]:
        def counted(*arguments: object, **named: object) -> object:
            self.left -= 1
            if self.left < 0:
                self.left = 10**9  # one fault, then the system works again
                self.fail()
            return call(*arguments, **named)

        return counted


CALLS = ("fsync", "mkdir", "open", "rename", "replace")


def full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_R18_a_disk_that_fills_at_any_step_leaves_the_old_results_and_no_rest(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = content_of(results)
    for step in range(100):
        problem = publication_with_fault(results, step, monkeypatch)
        if problem is None:
            break
        assert problem.code in ("no-space", "busy")
        assert verify(results / "baseline") == ()
        assert os.listdir(results) == ["baseline", LOCK] or os.listdir(results) == [LOCK, "baseline"]
        if content_of(results) != old:  # the fault came when all was in place
            assert read_manifest(results / "baseline") == json.loads(manifest_facts(seed=2))
            publish(results, origin(), FILES, b"log\n")
    assert step > 15


def manifest_facts(seed: int) -> str:
    """Return the facts of a manifest without its own digest."""
    facts = json.loads(manifest_of(origin(seed=seed), FILES))
    del facts["sha256_of_this"]
    return json.dumps(facts)


def publication_with_fault(
    results: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> OutputProblem | None:
    """Publish while call number *step* of the system fails; return what that led to."""
    with monkeypatch.context() as patch:
        counter = Counter(step, full)
        for name in CALLS:
            patch.setattr(os, name, counter.wrap(getattr(os, name)))
        try:
            publish(results, origin(seed=2), FILES, b"log\n")
        except OutputProblem as problem:
            return problem
    return None


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)


def test_R18_a_file_size_limit_is_told_with_the_bytes_needed(results: Path) -> None:
    old = content_of(results)
    with file_size_limit(5000), pytest.raises(NoSpace) as full:
        publish(results, origin(seed=2), FILES, b"log\n")
    assert full.value.exit_code == 5
    assert str(len(FILES["trajectories.parquet"])) in full.value.line("zh")
    assert content_of(results) == old


def test_R18_an_error_that_appears_only_at_the_end_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_on_a_full_device(path: str, flags: int) -> int:
        return os.open("/dev/full", os.O_WRONLY)

    place = tmp_path / "table.csv"
    place.write_bytes(b"old")
    monkeypatch.setattr("sim.outputs.atomic.open_new", opened_on_a_full_device)
    with pytest.raises(NoSpace):
        write_whole(place, b"new")
    assert content_of(tmp_path) == {"table.csv": b"old"}


KILLED = """
import os, sys
from pathlib import Path
from tests.cases.test_outputs import CALLS, FILES, Counter, origin
from sim.outputs.results import opened, publish

def publish_dying_at(step, results):
    counter = Counter(step, lambda: os._exit(9))
    for name in CALLS:
        setattr(os, name, counter.wrap(getattr(os, name)))
    with opened(results, results.parent, []):
        publish(results, origin(seed=2), FILES, b"log")
    os._exit(0)

for line in sys.stdin:
    child = os.fork()
    if not child:
        publish_dying_at(int(line), Path(sys.argv[1]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_R16_a_run_that_is_killed_at_any_step_is_finished_by_the_next(results: Path) -> None:
    """Kills are of the whole process, at the k-th call of the system; nothing can be cleaned up then."""
    wanted = content_of(results)
    command = [sys.executable, "-c", KILLED, str(results)]
    codes = []
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for step in range(40):
            print(step, file=process.stdin, flush=True)
            codes.append(int(process.stdout.readline()))
            for place in results.glob("[!.]*"):
                assert verify(place) == ()
            with opened(results, results.parent, [("baseline", "scenarios/baseline.yaml")]):
                publish(results, origin(), FILES, b"log\n")
            assert content_of(results) == wanted
        process.stdin.close()
    steps = codes.index(0)
    assert steps > 15
    assert codes == [9] * steps + [0] * (40 - steps)


def test_R16_a_run_that_was_killed_between_two_renames_has_its_old_result_back(results: Path) -> None:
    wanted = content_of(results)
    (results / "baseline").rename(results / ".baseline.old")
    (results / ".baseline.new").mkdir()
    with opened(results, results.parent, []):
        assert content_of(results) == wanted | {HOLDER: (results / HOLDER).read_bytes()}


def test_R16_what_a_planner_kept_is_carried_over_by_the_next_run_too(results: Path) -> None:
    wanted = content_of(results)
    shutil.copytree(results / "baseline", results / ".baseline.old")
    (results / ".baseline.old" / "notes.txt").write_bytes(b"mine")
    (results / ".baseline.old" / "run.log").write_bytes(b"older")
    with opened(results, results.parent, []):
        pass
    assert content_of(results) == wanted | {"baseline/notes.txt": b"mine"}


def test_R19_results_that_are_a_file_are_refused_before_anything_is_simulated(project: Path) -> None:
    (project / "results").write_bytes(b"mine")
    with pytest.raises(Refused) as refused, opened(project / "results", project, []):
        pass
    assert refused.value.code == "is-a-file"
    assert (project / "results").read_bytes() == b"mine"


def test_R19_a_place_that_is_a_file_is_refused_before_anything_is_simulated(results: Path) -> None:
    (results / "late_start").write_bytes(b"mine")
    with pytest.raises(Refused) as refused, opened(results, results.parent, [("late_start", "a.yaml")]):
        pass
    assert refused.value.code == "is-a-file"


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Do without root's rights, which no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("exists", [True, False])
def test_R19_a_folder_without_permission_is_refused_before_anything_is_simulated(exists: bool) -> None:
    parent = Path(tempfile.mkdtemp())
    try:
        parent.chmod(0o755)
        if exists:
            (parent / "results").mkdir()
        for folder in (parent, *parent.iterdir()):
            folder.chmod(0o555)
        with as_nobody(), pytest.raises(Refused) as refused, opened(parent / "results", parent, []):
            pass
        assert refused.value.code == "not-writable"
        assert "Permission denied" in refused.value.line("en")
    finally:
        parent.chmod(0o755)
        shutil.rmtree(parent)


def test_R19_a_folder_that_became_read_only_after_a_run_is_refused(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("sim.outputs.atomic.open_new", read_only)
    with pytest.raises(Refused, match="Read-only") as refused, opened(results, results.parent, []):
        pass
    assert refused.value.code == "not-writable"
    monkeypatch.undo()
    with opened(results, results.parent, []):
        pass


HOLD = """
import sys, time
from pathlib import Path
from sim.outputs.locks import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_R20_the_second_run_is_told_who_holds_the_folder_and_a_killed_holder_lets_go(results: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(results)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Locked) as told, locked(results):
            pass
        holder.kill()
    assert told.value.exit_code == 4
    line = told.value.line("en")
    assert f"pid {holder.pid}, host {os.uname().nodename}, start {time.strftime('%Y')}" in line
    assert (results / HOLDER).exists()
    with locked(results):
        assert f"pid {os.getpid()}," in (results / HOLDER).read_text()
    assert not (results / HOLDER).exists()


def test_R20_a_holder_who_has_not_said_who_he_is_still_holds(results: Path) -> None:
    with locked(results):
        (results / HOLDER).unlink()
        with pytest.raises(Locked, match=r"\(\?\)"), locked(results):
            pass


def test_R21_two_scenarios_of_one_run_that_share_a_name_are_refused(project: Path) -> None:
    both = [("baseline", "scenarios/baseline.yaml"), ("baseline", "mine/baseline.yaml")]
    with pytest.raises(Refused) as refused, opened(project / "results", project, both):
        pass
    assert refused.value.code == "name-shared"
    assert "mine/baseline.yaml and scenarios/baseline.yaml" in refused.value.line("en")


def test_R21_the_result_of_another_file_is_not_overwritten(results: Path) -> None:
    mine = [("baseline", "mine/baseline.yaml")]
    with pytest.raises(Refused) as refused, opened(results, results.parent, mine):
        pass
    assert refused.value.code == "name-taken"
    assert "scenarios/baseline.yaml" in refused.value.line("zh")
    with opened(results, results.parent, [("baseline", "scenarios/baseline.yaml")]):
        pass


def damaged(folder: Path, name: str, damage: Callable[[bytes], bytes]) -> tuple[Fault, ...]:
    path = folder / name
    path.write_bytes(damage(path.read_bytes()))
    return verify(folder)


def test_R22_a_truncated_table_is_named(results: Path) -> None:
    faults = damaged(results / "baseline", "trajectories.parquet", lambda raw: raw[:-1])
    assert faults == (Fault("trajectories.parquet", "truncated"),)


def test_R22_one_flipped_bit_is_named(results: Path) -> None:
    faults = damaged(results / "baseline", "trajectories.parquet", lambda raw: bytes([raw[0] ^ 1]) + raw[1:])
    assert faults == (Fault("trajectories.parquet", "changed"),)


def test_R22_a_missing_table_is_named(results: Path) -> None:
    (results / "baseline" / "probabilities.csv").unlink()
    assert verify(results / "baseline") == (Fault("probabilities.csv", "missing"),)


def test_R22_a_folder_in_place_of_a_table_is_named(results: Path) -> None:
    (results / "baseline" / "probabilities.csv").unlink()
    (results / "baseline" / "probabilities.csv").mkdir()
    assert verify(results / "baseline") == (Fault("probabilities.csv", "unreadable"),)


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda raw: raw.replace(b'"seed": 1', b'"seed": 2'), "edited"),
        (lambda raw: raw[:-20], "unreadable"),
        (lambda raw: b"[]", "unreadable"),
        (lambda raw: b"null", "unreadable"),
        (lambda raw: b"{}", "unreadable"),
        (lambda raw: b"[" * 10**6, "unreadable"),
        (lambda raw: b'{"sha256_of_this": "", "x": NaN}', "unreadable"),
        (lambda raw: b'{"sha256_of_this": "", "x": "\\ud800"}', "unreadable"),
    ],
)
def test_R22_an_edited_manifest_is_named_and_its_hashes_are_not_believed(
    results: Path, damage: Callable[[bytes], bytes], kind: str
) -> None:
    assert [(f.file, f.kind) for f in damaged(results / "baseline", MANIFEST, damage)] == [(MANIFEST, kind)]
    assert read_manifest(results / "baseline") is None


def test_R22_a_missing_manifest_is_named(results: Path) -> None:
    (results / "baseline" / MANIFEST).unlink()
    assert verify(results / "baseline") == (Fault(MANIFEST, "missing"),)


def test_R22_a_manifest_of_an_older_version_is_named(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.outputs.manifest.FORMAT", 2)
    assert verify(results / "baseline") == (Fault(MANIFEST, "version"),)


def test_R22_a_damaged_result_is_written_anew(results: Path) -> None:
    wanted = content_of(results)
    damaged(results / "baseline", MANIFEST, lambda raw: b"")
    with opened(results, results.parent, [("baseline", "scenarios/baseline.yaml")]):
        publish(results, origin(), FILES, b"log\n")
    assert content_of(results) == wanted


def test_what_a_planner_keeps_beside_a_result_stays_there(results: Path) -> None:
    (results / "baseline" / "notes.txt").write_bytes(b"mine")
    publish(results, origin(), {"probabilities.csv": b"target,p\n"}, b"")
    assert set(content_of(results / "baseline")) == {"notes.txt", "probabilities.csv", "run.log", MANIFEST}


def test_what_a_planner_keeps_does_not_take_the_place_of_a_result_of_its_name(results: Path) -> None:
    (results / "baseline" / "report.html").write_bytes(b"mine")
    publish(results, origin(), {**FILES, "report.html": b"the report"}, b"")
    assert (results / "baseline" / "report.html").read_bytes() == b"the report"
    assert verify(results / "baseline") == ()


def test_a_file_that_cannot_be_put_in_its_place_leaves_what_stood_there_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(source: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "in use")

    (tmp_path / "table.csv").write_bytes(b"old")
    monkeypatch.setattr(os, "replace", held)
    with pytest.raises(PermissionError):
        write_whole(tmp_path / "table.csv", b"new")
    assert content_of(tmp_path) == {"table.csv": b"old"}


def test_a_folder_that_another_program_holds_keeps_its_old_result(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = content_of(results)
    rename = os.rename

    def held(source: Path, target: Path) -> None:
        if source.name == ".baseline.new":
            raise PermissionError(errno.EACCES, "in use")
        rename(source, target)

    monkeypatch.setattr(os, "rename", held)
    with pytest.raises(Refused) as refused:
        publish(results, origin(seed=2), FILES, b"")
    assert refused.value.code == "busy"
    assert content_of(results) == old


def test_the_folder_of_a_result_is_found_by_the_name_of_its_scenario(results: Path) -> None:
    assert folder_of(results, "baseline") == results / "baseline"


def test_R23_a_clock_that_runs_backwards_gives_no_negative_times() -> None:
    ticks = iter([5.0, 5.25, 65.5])
    log = RunLog(tick=lambda: next(ticks), started="2016-07-04T00:00:00Z")
    log.note("基线 simulated")
    log.note("written")
    assert log.content().decode() == (
        "started 2016-07-04T00:00:00Z\n     0.250 s  基线 simulated\n    60.500 s  written\n"
    )


def test_the_log_of_a_result_has_the_steps_of_all_and_its_own() -> None:
    ticks = iter([0.0, 1.0, 2.0, 3.0])
    log = RunLog(tick=lambda: next(ticks), started="")
    log.note("read")
    first, second = (log.content(f"simulated {name}").decode().splitlines()[1:] for name in "ab")
    assert first == ["     1.000 s  read", "     2.000 s  simulated a"]
    assert second == ["     1.000 s  read", "     3.000 s  simulated b"]
