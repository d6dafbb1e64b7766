"""Where blocks of draws are worked out: a ``map``, in this process or in several."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Map(Protocol):
    """Applies a function to items and yields the results in the order of the items."""

    def __call__(self, function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]: ...


def serial(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
    """Apply *function* to *items* one after the other, in this process."""
    return map(function, items)


def processes(workers: int) -> Map:
    """Return a map over *workers* processes; function, items and results must be picklable.

    Workers are spawned, as on Windows, so that they share nothing with this process. At most two
    items per worker are under way, so that memory does not grow with the items. Ctrl-C, and leaving
    the iterator early, end the workers. A worker that dies raises BrokenProcessPool.
    """

    def spread(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _die_quietly)
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                with _ctrl_c_held_back():
                    waiting.append(pool.submit(function, item))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return spread


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Keep Ctrl-C waiting while a worker starts: it inherits that, and dies once it can do so quietly."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _die_quietly() -> None:
    """Let Ctrl-C end a worker at once; its parent is the one to say so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
