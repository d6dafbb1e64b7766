"""In what two scenarios differ: what was written, resolved, not how the files say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from sim.axes import Name
from sim.baseline.plan import Assumption, Baseline
from sim.distributions import Distribution
from sim.scenario.scenario import Chance, Delay, Path, Scenario, Shock
from sim.shocks import Course

Footprint: TypeAlias = tuple[tuple[str, str, float], ...]
Value: TypeAlias = (
    float
    | str
    | tuple[str, ...]
    | Footprint
    | Distribution
    | Course
    | Chance
    | Delay
    | Path
    | Shock
    | Assumption
)

SHOCK_PARTS = ("effect", "size", "course", "chance", "footprint")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a scenario differs from another; None: it is not there.

    *kind*: ``growth``, ``weight``, ``drift`` (fraction a year), ``delay``, ``path``, ``shock``,
    ``shock.<part>`` (``shock.size.level`` where it is a share of the level), ``noise.<field>``,
    ``assumption``, ``dates`` (of a pipeline, as ``MM-DD``), ``targets.left`` (asked for before),
    ``targets.more`` (now), ``draws``, ``design``, ``precision`` (percentage points), ``decide``,
    ``execution`` or ``seed``; *name*: of the shock, the
    assumption or the pipeline. Areas, indicators and years: where it applies, as ids.
    """

    kind: str
    was: Value | None
    now: Value | None
    name: Name | None = None
    areas: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    years: tuple[int, ...] = ()


def differences(was: Scenario, now: Scenario, baseline: Baseline) -> tuple[Difference, ...]:
    """Return in what *now* differs from *was*; titles, words, names of entries and files do not count."""
    return (
        *_growth(was, now),
        *_drift(was, now),
        *_delays(was, now),
        *_paths(was, now),
        *_shocks(was, now),
        *_noise(was, now),
        *_assumptions(was, now, baseline),
        *_rounds(was, now, baseline),
        *_run(was, now),
    )


def _growth(was: Scenario, now: Scenario) -> Iterator[Difference]:
    if was.growth.source != now.growth.source:
        yield Difference("growth", was.growth.source, now.growth.source)
    if was.growth.weight != now.growth.weight:
        yield Difference("weight", was.growth.weight, now.growth.weight)


def _drift(was: Scenario, now: Scenario) -> Iterator[Difference]:
    """Yield what is added to growth: indicator by indicator, equal cities and years together."""
    before, after = _added(was), _added(now)
    years: dict[tuple[str, str, float, float], list[int]] = defaultdict(list)
    for area, indicator, year in sorted(before.keys() | after.keys()):
        pair = before.get((area, indicator, year), 0.0), after.get((area, indicator, year), 0.0)
        if pair[0] != pair[1]:
            years[area, indicator, *pair].append(year)
    areas: dict[tuple[str, tuple[int, ...], float, float], list[str]] = defaultdict(list)
    for (area, indicator, old, new), found in years.items():
        areas[indicator, tuple(found), old, new].append(area)
    for (indicator, found_years, old, new), found_areas in sorted(areas.items()):
        yield Difference("drift", old, new, None, tuple(found_areas), (indicator,), found_years)


def _added(scenario: Scenario) -> dict[tuple[str, str, int], float]:
    added: dict[tuple[str, str, int], float] = {}
    for adjustment in scenario.drift:
        for area, indicator in adjustment.cells.pairs:
            for year in adjustment.cells.years:
                key = area, indicator, year
                added[key] = added.get(key, 0.0) + adjustment.add
    return added


def _delays(was: Scenario, now: Scenario) -> Iterator[Difference]:
    """Yield delays, cities and indicators that are delayed alike together."""
    before, after = _delayed(was), _delayed(now)
    grouped: dict[tuple[tuple[int, float] | None, tuple[int, float] | None], list[tuple[str, str]]] = {}
    for pair in sorted(before.keys() | after.keys()):
        old, new = (_delay_content(side.get(pair)) for side in (before, after))
        if old != new:
            grouped.setdefault((old, new), []).append(pair)
    for pairs in grouped.values():
        areas, indicators = _sides(pairs)
        yield Difference("delay", before.get(pairs[0]), after.get(pairs[0]), None, areas, indicators)


def _delayed(scenario: Scenario) -> dict[tuple[str, str], Delay]:
    return {pair: delay for delay in scenario.delays for pair in delay.pairs}


def _delay_content(delay: Delay | None) -> tuple[int, float] | None:
    return None if delay is None else (delay.by, delay.meanwhile)


def _paths(was: Scenario, now: Scenario) -> Iterator[Difference]:
    before, after = ({(path.area, path.indicator): path for path in side.paths} for side in (was, now))
    for area, indicator in sorted(before.keys() | after.keys()):
        old, new = before.get((area, indicator)), after.get((area, indicator))
        levels = [None if path is None else dict(path.levels) for path in (old, new)]
        if levels[0] != levels[1]:
            yield Difference("path", old, new, None, (area,), (indicator,))


def _shocks(was: Scenario, now: Scenario) -> Iterator[Difference]:
    before, after = ({shock.name: shock for shock in side.shocks} for side in (was, now))
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        shown = new or old
        assert shown is not None
        if old is None or new is None:
            areas, indicators = _sides((area, indicator) for area, indicator, _ in shown.footprint)
            yield Difference("shock", old, new, shown.title, areas, indicators)
            continue
        for part in SHOCK_PARTS:
            if getattr(old, part) != getattr(new, part):
                of_level = part == "size" and shown.effect == "level"
                kind = f"shock.{part}" + (".level" if of_level else "")
                yield Difference(kind, getattr(old, part), getattr(new, part), shown.title)


def _noise(was: Scenario, now: Scenario) -> Iterator[Difference]:
    for part in ("province", "city", "dof", "dependence", "parameters"):
        old, new = getattr(was.noise, part), getattr(now.noise, part)
        if old != new:
            yield Difference(f"noise.{part}", old, new)


def _assumptions(was: Scenario, now: Scenario, baseline: Baseline) -> Iterator[Difference]:
    before, after = ({**baseline.assumptions, **side.assumptions} for side in (was, now))
    for ident in sorted(before.keys() | after.keys()):
        old, new = before[ident], after[ident]
        if (old.low, old.central, old.high) != (new.low, new.central, new.high):
            yield Difference("assumption", old, new, new.name)


def _rounds(was: Scenario, now: Scenario, baseline: Baseline) -> Iterator[Difference]:
    for ident in sorted(was.rounds.keys() | now.rounds.keys()):
        plan = baseline.pipelines[ident]
        old, new = (side.rounds[ident].days if ident in side.rounds else plan.dates for side in (was, now))
        if old != new:
            yield Difference("dates", days_as_text(old), days_as_text(new), plan.name)


def days_as_text(days: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """Return days of the year as a file writes them."""
    return tuple(f"{month:02d}-{day:02d}" for month, day in days)


def _run(was: Scenario, now: Scenario) -> Iterator[Difference]:
    if set(was.targets) != set(now.targets):
        gone = tuple(target for target in was.targets if target not in now.targets)
        come = tuple(target for target in now.targets if target not in was.targets)
        if gone:
            yield Difference("targets.left", gone, None)
        if come:
            yield Difference("targets.more", None, come)
    if was.draws != now.draws:
        yield Difference("draws", float(was.draws), float(now.draws))
    if was.precision != now.precision:
        old, new = (None if side is None else 100.0 * side for side in (was.precision, now.precision))
        yield Difference("precision", old, new)
    if was.design != now.design:
        yield Difference("design", was.design, now.design)
    if was.decide != now.decide:
        yield Difference("decide", was.decide, now.decide)
    if was.execution != now.execution:
        prior, later = (None if side is None else side.source for side in (was.execution, now.execution))
        yield Difference("execution", prior, later)
    if was.seed != now.seed:
        yield Difference("seed", str(was.seed), str(now.seed))


def _sides(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    areas, indicators = zip(*pairs, strict=True)
    return tuple(dict.fromkeys(areas)), tuple(dict.fromkeys(indicators))
