from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import pytest

from sim.executors import Map, _end_held_back, processes, serial

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("spread", [serial, processes(2)], ids=["serial", "processes"])
def test_results_come_in_the_order_of_the_items(spread: Map) -> None:
    # The first item takes longest, so order of arrival would be another one.
    waits = [0.2, 0.0, 0.1, 0.0, 0.0, 0.0, 0.0]
    assert list(spread(time.sleep, waits)) == [None] * 7
    assert list(spread(math.sqrt, range(9))) == [math.sqrt(x) for x in range(9)]


def test_work_is_done_in_other_processes() -> None:
    workers = set(processes(2)(os.path.realpath, ["/proc/self"] * 6))
    assert 1 <= len(workers) <= 2
    assert f"/proc/{os.getpid()}" not in workers


def test_items_are_taken_only_a_few_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(1_000_000):
            taken.append(item)
            yield item

    results = processes(2)(math.sqrt, items())
    assert next(results) == 0.0
    assert len(taken) <= 5


def test_a_mistake_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError, match="by zero"):
        list(processes(2)(partial(divmod, 1), [1, 0]))


def test_a_worker_that_dies_is_told_and_nothing_hangs() -> None:
    with pytest.raises(BrokenProcessPool):
        list(processes(2)(os._exit, [9]))


SLOW = """
import multiprocessing, signal, sys, time
from sim.executors import processes
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs behind it without
if __name__ == "__main__":
    try:
        for _ in processes(2)(time.sleep, [0.01, 60, 60, 60]):
            print("first", flush=True)
    except KeyboardInterrupt:
        assert not multiprocessing.active_children()
        sys.exit(3)
"""


def test_R27_ctrl_c_ends_all_workers_at_once_and_quietly(tmp_path: Path) -> None:
    program = tmp_path / "slow.py"
    program.write_text(SLOW)
    started = time.monotonic()
    with subprocess.Popen(
        [sys.executable, program],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"first\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        _, said = process.communicate(timeout=30)
    assert process.returncode == 3
    assert said == b""
    assert time.monotonic() - started < 20


def test_R17_an_end_that_is_held_back_comes_afterwards() -> None:
    """Half of a cluster cannot be ended in peace, so it is waited for."""
    came: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: came.append("handled"))
    try:
        with _end_held_back():
            signal.raise_signal(signal.SIGTERM)
            came.append("started")
        assert came == ["started", "handled"]
        with _end_held_back():
            pass
        assert came == ["started", "handled"]
    finally:
        signal.signal(signal.SIGTERM, before)


HELD_BACK = """
import multiprocessing, signal
from sim.executors import ctrl_c_held_back
def is_blocked():
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())
with ctrl_c_held_back():
    assert is_blocked()
    multiprocessing.get_context("spawn").Lock()  # what a pool makes; it needs a tracker, whose start unblocks
    assert is_blocked()
assert not is_blocked()
"""


def test_R27_ctrl_c_is_held_back_while_a_worker_starts() -> None:
    """In a process of its own: here the tracker may be running already."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", HELD_BACK], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


ORPHANS = """
import os, sys, time
from pathlib import Path
from sim.executors import processes
def told(folder):
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)
if __name__ == "__main__":
    list(processes(1)(told, [sys.argv[1]]))
"""


def test_R17_workers_do_not_outlive_a_parent_that_was_killed(tmp_path: Path) -> None:
    program, pids = tmp_path / "orphans.py", tmp_path / "pids"
    program.write_text(ORPHANS)
    pids.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, program, pids], env=environment) as process:
        until(lambda: any(pids.iterdir()))
        process.kill()
    [worker] = (Path("/proc", pid.name, "stat") for pid in pids.iterdir())
    until(lambda: not worker.exists() or worker.read_text().split(" ")[2] == "Z")


def until(is_so: Callable[[], bool]) -> None:
    """Wait until *is_so*, half a minute at the most."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)
