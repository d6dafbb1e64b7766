"""A process beside this one, for work of one command that need not wait for other work of it."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from sim.executors import ctrl_c_held_back, die_quietly

Result = TypeVar("Result")


class Ask(Protocol):
    """Has *work* of *arguments* done, and returns what gives its result, once."""

    def __call__(self, work: Callable[..., Result], /, *arguments: Any) -> Callable[[], Result]: ...


def when_wanted(work: Callable[..., Result], /, *arguments: Any) -> Callable[[], Result]:
    """Have *work* done in this process, once its result is wanted."""
    return partial(work, *arguments)


@dataclass(slots=True, eq=False)
class _Errand:
    """Work that is asked for. *begun*: beside this process; *made*: here, and what came of it."""

    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    begun: Future[Any] | None = None
    made: list[Any] = field(default_factory=list)

    def here(self) -> Any:
        """Do it in this process."""
        return self.work(*self.arguments)

    def is_done(self) -> bool:
        return bool(self.made) or (self.begun is not None and self.begun.done())


class Beside:
    """A process that does what is asked while this one goes on; a crew of two for one command.

    It is given one piece of work at a time, the one asked for last; what it has not begun when its result is
    wanted is done here, and where that has been begun, the oldest of what waits. So neither is idle while
    there is something to do. All must be picklable. What work raises is raised where a result is wanted;
    where the process dies, this one does the work.
    """

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool
        self._waiting: deque[_Errand] = deque()
        self._is_busy = False
        self._guard = threading.RLock()

    def __call__(self, work: Callable[..., Result], /, *arguments: Any) -> Callable[[], Result]:
        return partial(self._result, self._asked(work, arguments))

    def _asked(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> _Errand:
        errand = _Errand(work, arguments)
        with self._guard:
            self._waiting.append(errand)
        self._feed()
        return errand

    def _result(self, errand: _Errand) -> Any:
        while not errand.is_done():
            mine = self._taken(errand)
            if mine is errand:
                return errand.here()
            if mine is None:
                break
            mine.made.append(mine.here())
        if errand.made:
            return errand.made.pop()
        assert errand.begun is not None  # it waits no more and was not done here
        try:
            return errand.begun.result()
        except BrokenProcessPool:
            return errand.here()

    def _taken(self, wanted: _Errand) -> _Errand | None:
        """Return *wanted* if it waits, else what has waited longest; it waits no more."""
        with self._guard:
            if not self._waiting:
                return None
            mine = wanted if wanted in self._waiting else self._waiting[0]
            self._waiting.remove(mine)
            return mine

    def _feed(self) -> None:
        """Give the process its next piece of work, if it has none."""
        with self._guard:
            if self._pool is None or self._is_busy or not self._waiting:
                return
            errand = self._waiting[-1]
            try:
                errand.begun = self._pool.submit(errand.work, *errand.arguments)
            except (BrokenProcessPool, RuntimeError):  # it died, or all is being left
                self._pool = None
                return
            self._waiting.pop()
            self._is_busy = True
        errand.begun.add_done_callback(self._next)

    def _next(self, begun: Future[Any]) -> None:
        with self._guard:
            self._is_busy = False
            if begun.cancelled() or isinstance(begun.exception(), BrokenProcessPool):
                self._pool = None
        self._feed()


START = "fork" if sys.platform == "linux" else "spawn"
"""How a process beside this one starts: a fork begins with all that this one has imported and read."""


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def process_beside() -> Iterator[Beside]:
    """Hold a process beside this one, where there is a processor for it. However the context is left, the
    process ends with it, and what it had not done is not done.

    It may be a fork: enter before locks are taken and threads begun.
    """
    if processors() < 2:
        yield Beside(None)
        return
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(1, multiprocessing.get_context(START), die_quietly)
    with ctrl_c_held_back(), warnings.catch_warnings():
        # From Python 3.12 on, of threads at a fork: those of linear algebra are there, which minds forks.
        warnings.simplefilter("ignore", DeprecationWarning)
        pool.submit(os.getpid)  # starts it
    try:
        yield Beside(pool)
    finally:
        for child in set(multiprocessing.active_children()) - others:
            # It holds nothing that could be lost, and to end in order would take it longer; of a gentler
            # signal the handler it was forked with may make nothing.
            child.kill()
        pool.shutdown(wait=True, cancel_futures=True)
