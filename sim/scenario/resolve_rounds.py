"""Dates of pipelines that a scenario replaces."""

from __future__ import annotations

from typing import Any

from sim.pipelines import day_of_year, pipeline
from sim.scenario.layers import Steps
from sim.scenario.measures import UNREAD, shown
from sim.scenario.reading import Reading
from sim.scenario.scenario import Rounds
from sim.scenario.written import DATES, ScenarioWritten


def replaced_rounds(reading: Reading, written: ScenarioWritten) -> dict[str, Rounds]:
    """Return the dates by pipeline; of an unknown pipeline or number `replaced_assumptions` tells."""
    replaced: dict[str, Rounds] = {}
    for word, fields in written.pipelines.items():
        id = reading.names.pipelines.id_of(word) if word is not UNREAD else None
        if id is None or fields is UNREAD or DATES not in fields or fields[DATES] is UNREAD:
            continue
        steps: Steps = ("pipelines", word, DATES)
        plan = reading.baseline.pipelines[id]
        if not pipeline[plan.kind].dated:
            continue
        if id in replaced:
            reading.key_mistake(steps, "named-twice", name=f"{id}.{DATES}")
        days = _days(reading, steps, fields[DATES])
        if days == plan.dates:
            reading.without_effect(steps, "assumption-as-planned", name=f"{id}.{DATES}")
        replaced[id] = Rounds(days, reading.place(steps))
    return replaced


def _days(reading: Reading, steps: Steps, entry: Any) -> tuple[tuple[int, int], ...]:
    """Return the days of the year in order; each must exist, and stand once."""
    if not isinstance(entry, list):
        reading.mistake(steps, "pipeline-not-dates", value=shown(reading.node.at(steps).plain()))
        return ()
    if not entry:
        reading.mistake(steps, "pipeline-no-date")
    days: list[tuple[int, int]] = []
    for number, item in enumerate(entry):
        if item is UNREAD:
            continue
        day = day_of_year(item) if isinstance(item, str) else None
        if day is None:
            reading.mistake((*steps, number), "pipeline-date", value=shown(item))
        elif day in days:
            reading.mistake((*steps, number), "pipeline-date-twice", value=shown(item))
        else:
            days.append(day)
    return tuple(sorted(days))
