"""A grid on a Dask cluster: the same bytes, and work that kills its workers is the only failure."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import pytest

from sim import cli
from sim.baseline.load import load_baseline
from sim.executors import Failure, NoCluster, _next_done, cluster_crew
from sim.model import compiled
from sim.scenario.loading import load_scenarios
from sim.studies import grid as grid_study
from sim.studies.fingerprints import code_fingerprint
from tests.dying import dies_once, same, square_or_die
from tests.grid_project import PLAN, ROOT, TINY, grid_project, program, written

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"

ON_DASK = """
import sys
from pathlib import Path
from sim.cli import main
if __name__ == "__main__":
    import sim.studies.grid
    sim.studies.grid.CHUNK = 1
    sys.exit(main(["batch", "grid", "--quiet", "--on", "local:2", "--out", sys.argv[2]], Path(sys.argv[1])))
"""


@pytest.fixture(autouse=True)
def calm() -> Iterator[None]:
    """Let Dask warn of what is none of ours: sockets that it closes late, loops that it ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.skipif(not NIGHTLY, reason="starts many processes; runs each night")
def test_N1_dask_and_one_process_write_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grid_study, "CHUNK", 1)
    project = grid_project(tmp_path)
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    with program(project, str(spread), code=ON_DASK) as process:
        assert cli.main(["batch", "grid", "--quiet", "--out", str(alone)], project) == 0
        _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said.decode()
    assert written(spread) == written(alone)


@pytest.mark.skipif(not (NIGHTLY or os.environ.get("CI")), reason="starts a cluster; runs in CI, and nightly")
def test_N1_R25_on_a_cluster_bytes_are_the_same_a_killed_worker_changes_nothing_and_poison_is_named(
    tmp_path: Path,
) -> None:
    plans = {PLAN: load_baseline(ROOT / "baselines" / PLAN, ROOT)}
    scenarios = load_scenarios([grid_project(tmp_path) / "scenarios" / "grid.yaml"], plans, tmp_path)
    models = [compiled(scenario, plans[PLAN]) for scenario in scenarios]
    code = code_fingerprint()
    pieces = [grid_study.Work((model,), ("",), block, 1, code) for model in models for block in range(2)]
    with cluster_crew("local:2", same) as crew:
        spread = dict(crew(grid_study.done_work, pieces))
        assert spread == {i: grid_study.done_work(piece) for i, piece in enumerate(pieces)}
        assert dict(crew(dies_once, [tmp_path / "flag"])) == {0: "done"}
        found = dict(crew(square_or_die, [1, 3, 5]))
    failed = found.pop(1)
    assert isinstance(failed, Failure)
    assert "died" in failed.why
    assert found == {0: 1, 2: 25}


@pytest.mark.skipif(not NIGHTLY, reason="starts many processes; runs each night")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [2.0, 2.5, 3.0, 3.5])
def test_R17_R27_a_cluster_that_is_ended_while_it_starts_says_one_thing(
    tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    """Ctrl-C reaches the whole group, as from a terminal; SIGTERM the one process."""
    program = tmp_path / "ended.py"
    program.write_text(ON_DASK.replace('"--quiet"', '"--quiet", "--draws", "819200"'))
    with subprocess.Popen(
        [sys.executable, program, grid_project(tmp_path), tmp_path / "ended"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PLANODDS_LANG": "en"},
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        time.sleep(seconds)
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 3
    kinds = [line.split(b" ")[0] for line in said.splitlines()]
    assert set(kinds) <= {b"simulating", b"interrupted;"}, said.decode()


@contextmanager
def started(command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Hold a process of the project, started as a shell would."""
    argv = shlex.split(command)
    with subprocess.Popen(
        argv, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def told_by_the_page(port: int) -> list[tuple[str, dict[str, str]]]:
    """Return the commands by which docs/clusters.md starts a cluster: here, and the words before them."""
    page = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
    found = re.findall(r"`(?:PYTHONPATH=(\S+) )?(\.venv/bin/dask (?:scheduler|worker) [^`]*)`", page)
    here = [
        (command.replace("10.0.0.1", "127.0.0.1").replace("8786", str(port)).replace(" N ", " 2 "), path)
        for path, command in found
    ]
    return [(command, {"PYTHONPATH": path} if path else {}) for command, path in here]


@pytest.mark.skipif(not NIGHTLY, reason="starts many processes; runs each night")
def test_R25_R26_a_cluster_set_up_as_the_page_says_gives_the_same_bytes_and_may_be_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, place = grid_project(tmp_path, plan=TINY), "tcp://127.0.0.1:18786"
    [(scheduler, its), (worker, theirs)] = told_by_the_page(18786)
    alone, spread, lost = (tmp_path / name for name in ("alone", "spread", "lost"))
    argv = ["--lang", "en", "batch", "grid", "--quiet", "--draws", "1638400"]
    assert cli.main([*argv, "--out", str(alone)], project) == 0
    with started(worker, **theirs), started(scheduler, **its) as master:
        time.sleep(8)
        assert cli.main([*argv, "--out", str(spread), "--on", place], project) == 0
        assert written(spread) == written(alone)
        capsys.readouterr()
        end = threading.Thread(target=killed_in_mid_run, args=(master, lost))
        end.start()
        assert cli.main([*argv, "--out", str(lost), "--on", place], project) == 3
        end.join()
    said = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in said] == ["simulating", "the"]
    assert said[-1].endswith("[cluster-lost]")
    assert 0 < len(list(lost.rglob("*.chunk"))) < len(list(alone.rglob("*.chunk")))
    assert cli.main([*argv, "--out", str(lost)], project) == 0
    assert written(lost) == written(alone)


def killed_in_mid_run(process: subprocess.Popen[bytes], results: Path) -> None:
    while len(list(results.rglob("*.chunk"))) < 4:
        time.sleep(0.02)
    process.kill()


@pytest.mark.skipif(not NIGHTLY, reason="starts many processes; runs each night")
def test_a_scheduler_that_lacks_the_program_is_said_before_any_work(tmp_path: Path) -> None:
    [(scheduler, _), _] = told_by_the_page(18787)
    with started(scheduler, PYTHONPATH=""):
        time.sleep(4)
        with pytest.raises(NoCluster) as none, cluster_crew("tcp://127.0.0.1:18787", same):
            pass
    assert (none.value.code, none.value.detail) == ("other-code", "No module named 'tests'")


class Gone:
    """A client whose scheduler, or whose workers, are gone."""

    def __init__(self, status: str) -> None:
        self.status = status

    def nthreads(self) -> dict[str, int]:
        return {}


@pytest.mark.parametrize("status", ["closed", "running"])
def test_R26_nobody_waits_for_ever_for_a_cluster_that_is_gone(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.executors.LOOK", 0.01)
    monkeypatch.setattr("sim.executors.WITHOUT_WORKERS", 0.05)
    with pytest.raises(NoCluster) as none:
        _next_done(Gone(status), SimpleQueue())
    assert none.value.code == "lost"


def other() -> str:
    return f"process {os.getpid()}"


@pytest.mark.skipif(not NIGHTLY, reason="starts many processes; runs each night")
def test_workers_of_another_version_are_refused() -> None:
    with pytest.raises(NoCluster) as none, cluster_crew("local:1", other):
        pass
    assert none.value.code == "other-code"


def test_a_cluster_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.executors.ANSWER_WITHIN", "1s")
    project = grid_project(tmp_path)
    argv = ["batch", "grid", "--on", "tcp://127.0.0.1:9", "--out", str(tmp_path / "none")]
    assert cli.main(argv, project) == 2
    said = capsys.readouterr().err
    assert [line for line in said.splitlines() if "tcp://127.0.0.1:9" in line] == said.splitlines()
    assert "[cluster-absent]" in said
    assert not list((tmp_path / "none").glob("batch*"))


def test_an_address_with_tls_but_no_certificates_is_one_line() -> None:
    with pytest.raises(NoCluster) as none, cluster_crew("tls://127.0.0.1:9", same):
        pass
    assert none.value.code == "no-certificates"
