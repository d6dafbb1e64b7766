"""When a run began and how long its steps took: the only file that two equal runs do not share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class RunLog:
    """Steps with seconds since the start, by a clock that never runs backwards."""

    tick: Callable[[], float] = time.perf_counter
    started: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
    steps: list[tuple[float, str]] = field(default_factory=list)
    _begin: float = field(init=False)

    def __post_init__(self) -> None:
        self._begin = self.tick()

    def note(self, step: str) -> None:
        self.steps.append((self.tick() - self._begin, step))

    def content(self, last: str | None = None) -> bytes:
        """Return the log of one result: the steps that all share, and its own *last* step, done now."""
        own = [] if last is None else [(self.tick() - self._begin, last)]
        steps = [*self.steps, *own]
        lines = [f"started {self.started}", *(f"{seconds:10.3f} s  {step}" for seconds, step in steps)]
        return ("\n".join(lines) + "\n").encode("utf-8", "replace")
