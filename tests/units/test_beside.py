from __future__ import annotations

import math
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.beside import Beside, process_beside
from sim.errors import BadInput, Mistake, Place
from tests.dying import dies_once, refuse


@pytest.fixture(params=["none", "fork", "spawn"])
def beside(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    """Nobody beside, a forked process, and one that starts as on Windows."""
    if request.param != "none":
        monkeypatch.setattr("sim.beside.processors", lambda: 2)
        monkeypatch.setattr("sim.beside.START", request.param)
    with process_beside() as made:
        yield made
    assert not multiprocessing.active_children()


def test_results_are_those_of_the_work_in_any_order_of_wanting(beside: Beside) -> None:
    roots = [beside(math.sqrt, number) for number in range(4)]
    assert [root() for root in reversed(roots)] == [math.sqrt(3), math.sqrt(2), 1.0, 0.0]


def test_mistakes_are_raised_where_the_result_is_wanted_with_their_places(beside: Beside) -> None:
    mistakes = [Mistake(Place("b.yaml", 2, 3), "tab-indent"), Mistake(Place("a.yaml", 1, 1), "empty-yaml")]
    wanted = beside(refuse, mistakes)
    with pytest.raises(BadInput) as bad:
        wanted()
    assert bad.value.mistakes == BadInput(mistakes).mistakes


def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.beside.processors", lambda: 2)


def test_what_was_asked_last_is_begun_first(monkeypatch: pytest.MonkeyPatch) -> None:
    two_processors(monkeypatch)
    with process_beside() as beside:
        busy = beside(time.sleep, 0.1)
        old, new = beside(time.monotonic), beside(time.monotonic)
        time.sleep(0.3)
        assert busy() is None
        assert new() < old()


def test_this_process_does_what_still_waits_while_the_other_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    two_processors(monkeypatch)
    with process_beside() as beside:
        there = beside(os.getpid)
        time.sleep(0.1)
        busy, waiting = beside(time.sleep, 0.2), beside(os.getpid)
        assert busy() is None
        assert waiting() == os.getpid() != there()


def test_work_of_a_process_that_dies_is_done_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    two_processors(monkeypatch)
    with process_beside() as beside:
        wanted = beside(dies_once, tmp_path / "flag")
        time.sleep(0.1)
        assert wanted() == "done"
        assert beside(os.getpid)() == os.getpid()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Handle being ended as the command line does: a forked process begins with that handler."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("interruptible")
def test_leaving_early_ends_the_process_with_what_it_is_doing(monkeypatch: pytest.MonkeyPatch) -> None:
    two_processors(monkeypatch)
    for _ in range(40):  # it is left at another step of its start each time
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert time.monotonic() - began < 10
        assert not multiprocessing.active_children()


def interrupted() -> None:
    """Be interrupted while there is long work beside."""
    with process_beside() as beside:
        beside(time.sleep, 60)
        beside(time.sleep, 60)
        raise KeyboardInterrupt
