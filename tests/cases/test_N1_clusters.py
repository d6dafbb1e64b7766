"""A grid on a Dask cluster: the same bytes, and work that kills its workers is the only failure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim import cli
from sim.baseline.load import load_baseline
from sim.executors import Failure, NoCluster, cluster_crew
from sim.model import compiled
from sim.scenario.loading import load_scenarios
from sim.studies import grid as grid_study
from sim.studies.fingerprints import code_fingerprint
from tests.dying import dies_once, same, square_or_die
from tests.grid_project import PLAN, ROOT, grid_project, program, written

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
