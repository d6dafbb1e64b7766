"""Assumptions and numbers of pipelines that a scenario replaces."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from sim.baseline.calibration import ASSUMED, BLEND_WEIGHT, Calibration, Estimate
from sim.baseline.plan import Assumption, Baseline
from sim.errors import Place, as_written
from sim.pipelines import COUPLING, Need, pipeline
from sim.scenario.choices import near
from sim.scenario.layers import Steps
from sim.scenario.measures import LARGEST, UNREAD, Measure, shown
from sim.scenario.reading import Reading
from sim.scenario.written import DATES, ScenarioWritten

PURE, PERCENT = "1", "%"


def replaced_assumptions(reading: Reading, written: ScenarioWritten) -> dict[str, Assumption]:
    replaced: dict[str, Assumption] = {}
    written_at: dict[str, Steps] = {}
    used = _used_assumptions(reading.baseline, written)
    for word, entry in written.assumptions.items():
        steps: Steps = ("assumptions", word)
        id = reading.one(steps, word, reading.names.assumptions, is_key=True)
        if id is None:
            continue
        own = reading.baseline.assumptions[id]
        if id in replaced:
            reading.key_mistake(steps, "named-twice", name=word)
        if id not in used:
            reading.key_mistake(steps, "unused-assumption", name=word)
        if entry is UNREAD:
            continue
        need = _need_of(reading.baseline, id)
        low, central, high = _range(reading, steps, entry, own)
        _check_need(reading, steps, need, (low, central, high))
        if (low, central, high) == (own.low, own.central, own.high):
            reading.without_effect(steps, "assumption-as-planned", name=word)
        place = reading.place(steps)
        changed = dataclasses.replace(own, low=low, central=central, high=high)
        replaced[id] = _as_replaced(changed, place)
        written_at[id] = steps
    _pipelines(reading, written, replaced, written_at)
    _check_rooms(reading, replaced, written_at)
    return dict(sorted(replaced.items()))


def _pipelines(
    reading: Reading,
    written: ScenarioWritten,
    replaced: dict[str, Assumption],
    written_at: dict[str, Steps],
) -> None:
    """Add the numbers of pipelines that the scenario replaces to *replaced*, and where they stand."""
    for word, fields in written.pipelines.items():
        steps: Steps = ("pipelines", word)
        id = reading.one(steps, word, reading.names.pipelines, is_key=True)
        if id is None or fields is UNREAD:
            continue
        plan = reading.baseline.pipelines[id]
        needs = {need.name: need for need in pipeline[plan.kind].needs}
        for field, entry in fields.items():
            at = (*steps, field)
            if field == DATES and pipeline[plan.kind].dated:
                continue  # `replaced_rounds` reads them
            if field not in plan.numbers:
                legal = (*plan.numbers, DATES) if pipeline[plan.kind].dated else tuple(plan.numbers)
                reading.key_mistake(at, "unknown-field", field=field, near=near(field, legal))
                continue
            if isinstance(entry, list):
                reading.mistake(at, "not-a-range", value=shown(reading.node.at(at).plain()))
                continue
            own = reading.baseline.assumptions[plan.numbers[field]]
            if own.id in replaced:
                reading.key_mistake(at, "named-twice", name=own.id)
            if entry is UNREAD:
                continue
            low, central, high = _range(reading, at, entry, own)
            _check_need(reading, at, needs[field], (low, central, high))
            if (low, central, high) == (own.low, own.central, own.high):
                reading.without_effect(at, "assumption-as-planned", name=own.id)
            changed = dataclasses.replace(own, low=low, central=central, high=high)
            place = reading.place(at)
            replaced[own.id] = _as_replaced(changed, place)
            written_at[own.id] = at
            if field == COUPLING.name and high > 0.0 and plan.coupled_to is None:
                reading.mistake(at, "pipeline-uncoupled", name=word, value=as_written(high))


def _check_rooms(
    reading: Reading, replaced: Mapping[str, Assumption], written_at: Mapping[str, Steps]
) -> None:
    """Note every stock at the start that has no room in any draw, at the last number that makes it so."""
    for plan in reading.baseline.pipelines.values():
        numbers = {
            field: replaced.get(id, reading.baseline.assumptions[id]) for field, id in plan.numbers.items()
        }
        ranges = {field: (number.low, number.high) for field, number in numbers.items()}
        for room in pipeline[plan.kind].rooms:
            own = [numbers[field].id for field in room.fields() if numbers[field].id in written_at]
            misfit = room.misfit(ranges) if own else None
            if misfit is not None:
                code, details = misfit
                reading.mistake(written_at[own[-1]], code, **details)


def _as_replaced(changed: Assumption, place: Place) -> Assumption:
    return dataclasses.replace(changed, grade="C", source="scenario", source_zh="情景文件", place=place)


def _need_of(baseline: Baseline, assumption: str) -> Need | None:
    """Return what an assumption is to its pipeline; None if it belongs to none."""
    for plan in baseline.pipelines.values():
        for field, id in plan.numbers.items():
            if id == assumption:
                return next(need for need in pipeline[plan.kind].needs if need.name == field)
    return None


def _check_need(reading: Reading, steps: Steps, need: Need | None, ends: tuple[float, float, float]) -> None:
    """Note a number that makes no sense for its pipeline; text that is no number was noted before."""
    if need is None:
        return
    for value in dict.fromkeys(ends):
        if value == value and not need.allows(value):
            reading.mistake(steps, f"pipeline-{need.sort}", field=need.name, value=as_written(value))
            return
    low, _, high = ends
    if need.sort == "years" and low == low and (low != high or low != int(low)):
        reading.mistake(steps, "pipeline-years", field=need.name, value=as_written(low))


def _range(reading: Reading, steps: Steps, entry: Any, own: Assumption) -> tuple[float, float, float]:
    least, most = (0.0, 1.0) if own.unit == PURE else (0.0, LARGEST)
    if "." in own.id:  # a number of a pipeline: its kind says what it may be
        least, most = -LARGEST, LARGEST
    if isinstance(entry, Measure):
        value = _amount(reading, steps, entry, own.unit, least, most)
        return value, value, value
    low, central, high = (
        _amount(reading, (*steps, field), getattr(entry, field), own.unit, least, most)
        for field in ("low", "central", "high")
    )
    if low > central or central > high:
        details = {"low": as_written(low), "central": as_written(central), "high": as_written(high)}
        reading.mistake((*steps, "central"), "range-order", **details)
    return low, central, high


def _amount(
    reading: Reading, steps: Steps, entry: Measure, unit: str, least: float, most: float
) -> float:
    """Return a number, of a share in per cent too; none where its unit is a mistake, which says enough."""
    if unit == PURE and entry is not UNREAD and entry.unit == PERCENT:
        entry = Measure(entry.value / 100.0, "")
    value = reading.amount(steps, entry, unit, least, most)
    return value if entry is UNREAD or entry.unit in ("", unit) else math.nan


def _used_assumptions(baseline: Baseline, written: ScenarioWritten) -> set[str]:
    """Return the assumptions that some number of this scenario stands on."""
    sources = [source for derived in baseline.derived for source in (derived.base, derived.exit) if source]
    used = {id for kind, id in sources if kind == "assumption"}
    used |= {id for plan in baseline.pipelines.values() for id in plan.numbers.values()}
    if written.growth.source in ("blend", UNREAD) and written.growth.weight is None:
        used.add(BLEND_WEIGHT)
    if baseline.calibration is None:
        return used | set(baseline.assumptions) - {BLEND_WEIGHT}
    return used | set(_assumed(baseline.calibration))


def _assumed(part: Calibration | Any) -> Iterator[str]:
    """Yield the assumptions that estimates inside *part* stand for."""
    if isinstance(part, Estimate):
        if part.method.startswith(ASSUMED):
            yield part.method.removeprefix(ASSUMED)
    elif isinstance(part, Mapping):
        for inner in part.values():
            yield from _assumed(inner)
    elif dataclasses.is_dataclass(part):
        for field in dataclasses.fields(part):
            yield from _assumed(getattr(part, field.name))
