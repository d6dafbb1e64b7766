"""Where blocks of draws are worked out: a ``map``, in this process or in several."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

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

    What *function* yields piece by piece is collected before it travels.

    Workers are spawned, as on Windows, so that they share nothing with this process. At most two
    items per worker are under way, so that memory does not grow with the items. Ctrl-C, and leaving
    the iterator early, end the workers. A worker that dies raises BrokenProcessPool.
    """

    def spread(function: Callable[[Item], Result], items: Iterable[Item], /) -> Iterator[Result]:
        pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), die_quietly)
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                with ctrl_c_held_back():
                    waiting.append(pool.submit(_collected, function, item))
                if len(waiting) >= 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return spread


def _collected(function: Callable[[Item], Result], item: Item) -> Any:
    """Return what *function* makes of *item*; of a generator, which cannot travel, a tuple of its pieces."""
    result = function(item)
    return tuple(result) if isinstance(result, Iterator) else result


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Keep Ctrl-C waiting while a worker starts: it inherits that, and dies once it can do so quietly."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # its start would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_quietly() -> None:
    """Let Ctrl-C and its like end a worker at once; its parent is the one to say so."""
    for each in (signal.SIGINT, signal.SIGTERM):  # a forked worker has its parent's handlers
        signal.signal(each, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_die_with_the_parent, daemon=True).start()


def _die_with_the_parent() -> None:
    """End this worker when its parent is gone, killed say: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


# What follows is for many pieces of work of which some may fail: each has an outcome of its own.

TRIES = 3
"""How often a piece of work may take its worker with it before it counts as the cause."""

EXPECTED = (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
"""What a piece of work may raise without ending the others; a mistake in the code is named with it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a piece of work has no result."""

    why: str


class Crew(Protocol):
    """Applies *work* to items and yields (position, result or failure) as they come, in any order."""

    def __call__(
        self, work: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Iterator[tuple[int, Result | Failure]]: ...


def attempted(work: Callable[[Item], Result], item: Item) -> Result | Failure:
    """Return the result of *work* on *item*, or why there is none."""
    try:
        return work(item)
    except EXPECTED as error:
        return Failure(f"{type(error).__name__}: {error}".rstrip(": "))


def lone_crew(
    work: Callable[[Item], Result], items: Sequence[Item], /
) -> Iterator[tuple[int, Result | Failure]]:
    """Do all items one after the other, in this process."""
    for position, item in enumerate(items):
        yield position, attempted(work, item)


def crew_of_processes(workers: int) -> Crew:
    """Return a crew of *workers* processes that outlives the death of any of them.

    When a worker dies, what was under way is done again piece by piece, each with a worker of its own;
    a piece that takes `TRIES` workers with it is the failure.
    """

    def spread(
        work: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Iterator[tuple[int, Result | Failure]]:
        waiting = deque(range(len(items)))
        while waiting:
            lost: list[int] = []
            yield from _in_pool(workers, work, items, waiting, lost)
            for position in lost:
                yield position, _by_itself(work, items[position])

    return spread


def _in_pool(
    workers: int, work: Callable[[Item], Result], items: Sequence[Item], waiting: deque[int], lost: list[int]
) -> Iterator[tuple[int, Result | Failure]]:
    """Do *waiting* items until all are done or a worker dies; then *lost* are those under way."""
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), die_quietly)
    under_way: dict[Future[Result | Failure], int] = {}
    try:
        while (waiting or under_way) and not lost:
            while waiting and len(under_way) < 2 * workers:
                with ctrl_c_held_back():
                    try:
                        under_way[pool.submit(attempted, work, items[waiting[0]])] = waiting[0]
                    except BrokenProcessPool:
                        break
                waiting.popleft()
            if not under_way:
                return  # the pool broke between two rounds; the next one begins afresh
            for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                position = under_way.pop(done)
                if isinstance(done.exception(), BrokenProcessPool):
                    lost.append(position)
                else:
                    yield position, done.result()
        lost.extend(under_way.values())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _by_itself(work: Callable[[Item], Result], item: Item) -> Result | Failure:
    """Do one item with a worker of its own, and again with another one where that dies."""
    for _ in range(TRIES):
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), die_quietly)
        try:
            with ctrl_c_held_back():
                future = pool.submit(attempted, work, item)
            return future.result()
        except BrokenProcessPool:
            continue
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return Failure(f"its worker died {TRIES} times")


class NoCluster(Exception):
    """There is no cluster to work on; *code* says why: ``absent``, ``other-code``, ``no-certificates``,
    ``not-installed``, or ``lost`` where it went in mid-run."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(f"{code} {detail}".strip())


ANSWER_WITHIN = "10s"
"""How long a scheduler may take to answer before it counts as absent."""


LOOK = 2.0
"""Seconds between two looks whether a cluster that has nothing to say is still there."""

WITHOUT_WORKERS = 60.0
"""Seconds for which a cluster may be without any worker: those that are killed come back sooner."""


@contextmanager
def cluster_crew(place: str, same: Callable[[], str]) -> Iterator[Crew]:
    """Hold a crew on a Dask cluster: ``local:N`` starts one here on the loopback, else an address.

    *same* is called here, by the scheduler and on every worker and must return the same text, or
    numbers could differ. Raises NoCluster. A cluster that was started here ends with the crew.
    """
    try:
        made: Any = importlib.import_module("distributed")
    except ImportError:
        raise NoCluster("not-installed") from None
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters is said in our words
    with ExitStack() as held:
        address = place
        if place.startswith("local:"):
            address = _started(made, int(place.removeprefix("local:")), held)
        try:
            client = held.enter_context(made.Client(address, timeout=ANSWER_WITHIN))
        except (OSError, ValueError, TimeoutError) as error:
            raise NoCluster("absent", str(error)) from None
        except TypeError as error:  # Dask's words for tls:// without certificates
            raise NoCluster("no-certificates", str(error)) from None
        try:
            told = {"scheduler": client.run_on_scheduler(same)} | client.run(same)
        except (OSError, TimeoutError) as error:
            raise NoCluster("absent", str(error)) from None
        except (*EXPECTED, ImportError) as error:  # one lacks this program; schedulers read too
            raise NoCluster("other-code", str(error)) from None
        others = sorted(worker for worker, text in told.items() if text != same())
        if others or len(told) == 1:
            raise NoCluster("other-code" if others else "absent", ", ".join(others) or place)
        yield _on_cluster(made, client)


def _started(distributed: Any, workers: int, held: ExitStack) -> str:
    """Start a cluster of *workers* here that *held* ends; return its address.

    No dashboard, and nothing that listens beyond this machine. Half of a cluster cannot be ended in
    peace, so Ctrl-C and SIGTERM wait until all of it is there; its workers leave Ctrl-C to this process.
    """
    with ctrl_c_held_back(), _end_held_back():
        local = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            worker_dashboard_address=None,
            silence_logs=logging.CRITICAL,
        )
        address: str = held.enter_context(local).scheduler_address
    return address


@contextmanager
def _end_held_back() -> Iterator[None]:
    """Keep SIGTERM waiting; unlike a mask, children do not inherit that."""
    asked: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
    if asked:
        signal.raise_signal(signal.SIGTERM)


def _on_cluster(distributed: Any, client: Any) -> Crew:
    def spread(
        work: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Iterator[tuple[int, Result | Failure]]:
        waiting = deque(range(len(items)))
        under_way: dict[Any, int] = {}
        done: SimpleQueue[Any] = SimpleQueue()

        def send() -> None:
            position = waiting.popleft()
            future = client.submit(attempted, work, items[position], pure=False)
            under_way[future] = position
            future.add_done_callback(done.put)

        most = max(2, 2 * sum(client.nthreads().values()))
        while waiting and len(under_way) < most:
            send()
        while under_way:
            future = _next_done(client, done)
            position = under_way.pop(future)
            try:
                result: Result | Failure = future.result()
            except distributed.KilledWorker as error:
                result = Failure(f"{type(error).__name__}: its worker died again and again")
            except (distributed.CancelledError, OSError) as error:  # of a scheduler that is gone
                raise NoCluster("lost", str(error)) from None
            except (*EXPECTED, ImportError) as error:  # on the way, before there was an attempt
                result = Failure(f"{type(error).__name__}: {error}")
            if waiting:
                send()
            yield position, result

    return spread


def _next_done(client: Any, done: SimpleQueue[Any]) -> Any:
    """Return what is done next; NoCluster where the scheduler, or every worker, stays away too long."""
    alone = 0.0
    while True:
        try:
            return done.get(timeout=LOOK)
        except Empty:
            if client.status in ("closing", "closed"):
                raise NoCluster("lost") from None
            is_alone = client.status == "running" and not client.nthreads()
            alone = alone + LOOK if is_alone else 0.0
            if alone >= WITHOUT_WORKERS:
                raise NoCluster("lost") from None
