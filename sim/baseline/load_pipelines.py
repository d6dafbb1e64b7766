"""pipelines.yaml: stocks, rates, durations, capacities and dates of what no series grows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sim.axes import Name
from sim.baseline.fields import Fields, document_or_none
from sim.baseline.load_derived import check_id
from sim.baseline.load_indicators import GRADES
from sim.baseline.load_plan import ID
from sim.baseline.plan import Assumption, Derived, PipelinePlan
from sim.errors import Found, Place
from sim.marked.table import nearest_or_all
from sim.pipelines import COUPLING, LARGEST, Need, Pipeline, day_of_year, pipeline
from sim.texts import say
from sim.units import known_unit, units

FILE = "pipelines.yaml"


@dataclass(frozen=True, slots=True)
class Pipelines:
    """All pipelines of a plan: their *plans*, their numbers as *assumptions*, their outputs as *derived*."""

    plans: dict[str, PipelinePlan] = field(default_factory=dict)
    assumptions: dict[str, Assumption] = field(default_factory=dict)
    derived: tuple[Derived, ...] = ()


def load_pipelines(folder: Path, root: Path, found: Found) -> Pipelines:
    """Return the pipelines in the order of the file; none where there is no file."""
    path = folder / FILE
    document = document_or_none(path, root, found) if path.is_file() else None
    if document is None:
        return Pipelines()
    plans: dict[str, PipelinePlan] = {}
    assumptions: dict[str, Assumption] = {}
    derived: list[Derived] = []
    for id, fields in Fields(document, (), found).children():
        check_id(id, fields)
        name = fields.name()
        kind = fields.choice("kind", tuple(pipeline))
        if kind not in tuple(pipeline):
            continue
        numbers = _numbers(id, name, fields, pipeline[kind])
        assumptions |= {number.id: number for number in numbers.values()}
        plan, outputs = _plan(id, name, kind, numbers, fields)
        plans[id] = plan
        for output in outputs:
            if output.id in {other.id for other in derived}:
                found.add(output.place, "duplicate-name", column="id", value=output.id)
            derived.append(output)
        fields.finish()
    return Pipelines(plans, assumptions, tuple(derived))


def _plan(
    id: str, name: Name, kind: str, numbers: dict[str, Assumption], fields: Fields
) -> tuple[PipelinePlan, list[Derived]]:
    member = pipeline[kind]
    feeds = _feeds(member, fields)
    coupled_to = fields.text("coupled_to", "") or None
    coupling = numbers.get(COUPLING.name)
    if coupled_to is None and coupling is not None and coupling.high > 0.0:
        fields.found.add(coupling.place, "pipeline-uncoupled", name=id, value=f"{coupling.high:g}")
    inputs = tuple(dict.fromkeys((*feeds.values(), *((coupled_to,) if coupled_to else ()))))
    outputs = _outputs(id, member, inputs, numbers, fields)
    ids = {output.output: output.id for output in outputs}
    dates_place = fields.value_place("dates") if fields.has("dates") else fields.place
    dates = _dates(fields, dates_place) if member.dated else ()
    fields_of = {field: number.id for field, number in numbers.items()}
    plan = PipelinePlan(id, name, kind, fields_of, feeds, dates, coupled_to, ids, fields.place, dates_place)
    return plan, outputs


def _numbers(id: str, name: Name, fields: Fields, member: type[Pipeline]) -> dict[str, Assumption]:
    """Return the numbers of a pipeline by field; what the kind does not need is a mistake."""
    inner = fields.child("numbers")
    if inner is None:
        return {}
    numbers = {}
    for need in member.needs:
        part = inner.child(need.name)
        if part is not None:
            numbers[need.name] = _number(id, name, need, part)
    inner.finish()
    _check_rooms(member, numbers, found=fields.found)
    return numbers


def _check_rooms(member: type[Pipeline], numbers: dict[str, Assumption], found: Found) -> None:
    """Add every stock at the start that has no room in any draw."""
    ranges = {name: (number.low, number.high) for name, number in numbers.items()}
    for room in member.rooms:
        misfit = room.misfit(ranges) if set(room.fields()) <= set(numbers) else None
        if misfit is not None:
            code, details = misfit
            found.add(numbers[details.get("each", room.stock)].place, code, **details)


def _number(id: str, name: Name, need: Need, fields: Fields) -> Assumption:
    """Return one number: *value* alone, or low, central and high."""
    if fields.has("value"):
        low = central = high = fields.number("value")
        shown = {"value": central}
    else:
        low, central, high = (fields.number(end) for end in ("low", "central", "high"))
        shown = {"low": low, "central": central, "high": high}
        if low > central or central > high:
            fields.found.add(fields.place, "not-in-order", low=low, central=central, high=high)
    for column, value in shown.items():
        place = fields.value_place(column)
        if abs(value) > LARGEST:
            fields.found.add(place, "number-range", value=f"{value:g}")
        elif value == value and not need.allows(value):
            fields.found.add(place, f"pipeline-{need.sort}", field=need.name, value=f"{value:g}")
    if need.sort == "years" and low == low and (low != high or low != int(low)):
        fields.found.add(fields.place, "pipeline-years", field=need.name, value=f"{low:g}")
    unit = fields.text("unit")
    if unit in units() and unit != (need.only_unit() or unit):
        fields.found.add(fields.value_place("unit"), "wrong-unit", unit=unit, expected=need.only_unit())
    number = Assumption(
        id=f"{id}.{need.name}",
        name=Name(
            f"{name.zh}：{say('pipeline.number.' + need.name, 'zh')}",
            f"{name.en}: {say('pipeline.number.' + need.name, 'en')}",
        ),
        low=low,
        central=central,
        high=high,
        unit=known_unit(unit, fields.value_place("unit"), fields.found) or "" if unit else "",
        grade=fields.choice("grade", GRADES),
        source=fields.text("source"),
        place=fields.place,
        source_zh=fields.text("source_zh", ""),
    )
    fields.finish()
    return number


def _feeds(member: type[Pipeline], fields: Fields) -> dict[str, str]:
    if not member.feeds:
        return {}
    inner = fields.child("feeds")
    if inner is None:
        return {}
    feeds = {role: inner.text(role) for role in member.feeds}
    inner.finish()
    return feeds


def _outputs(
    id: str, member: type[Pipeline], inputs: tuple[str, ...], numbers: dict[str, Assumption], fields: Fields
) -> list[Derived]:
    inner = fields.child("outputs")
    outputs = []
    for output, part in inner.children() if inner is not None else ():
        if output not in member.outputs:
            near = nearest_or_all(output, member.outputs)
            fields.found.add(part.place, "unknown-field", field=output, near=near)
            continue
        outputs.append(_output(id, output, member, inputs, numbers, part))
    return outputs


def _output(
    id: str,
    output: str,
    member: type[Pipeline],
    inputs: tuple[str, ...],
    numbers: dict[str, Assumption],
    fields: Fields,
) -> Derived:
    own = fields.text("id")
    if own and not ID.fullmatch(own):
        fields.found.add(fields.value_place("id"), "bad-id", column="id", value=own)
    unit = fields.text("unit")
    sorts = {need.name: need.sort for need in member.needs}
    derived = Derived(
        id=own,
        name=fields.name(),
        unit=known_unit(unit, fields.value_place("unit"), fields.found) or "" if unit else "",
        kind="pipeline",
        numerator=None,
        denominator=None,
        lag=0,
        factor=1.0,
        inflow=None,
        base=None,
        exit=None,
        stock_series=None,
        inflow_series=None,
        grade_base=_worst(n.grade for f, n in numbers.items() if sorts[f] == "stock"),
        grade_definition=fields.choice("grade_definition", GRADES),
        place=fields.place,
        inputs=inputs,
        pipeline=id,
        output=output,
        grade_flow=_worst(n.grade for f, n in numbers.items() if sorts[f] != "stock"),
    )
    fields.finish()
    return derived


def _worst(grades: Iterable[str]) -> str:
    return max(grades, default="A")


def _dates(fields: Fields, place: Place) -> tuple[tuple[int, int], ...]:
    """Return the days of the year; each must exist, and stand once."""
    days: list[tuple[int, int]] = []
    items = fields.items("dates")
    if fields.data.get("dates") == []:
        fields.found.add(place, "pipeline-no-date")
    for item in items:
        day = day_of_year(str(item))
        if day is None:
            fields.found.add(place, "pipeline-date", value=str(item)[:20])
        elif day in days:
            fields.found.add(place, "pipeline-date-twice", value=str(item))
        else:
            days.append(day)
    return tuple(sorted(days)) or ((12, 31),)


def check_pipelines(plans: Iterable[PipelinePlan], indicators: Collection[str], found: Found) -> None:
    """Add every coupling to what is no indicator: only these have a province-wide noise."""
    for plan in plans:
        if plan.coupled_to is not None and plan.coupled_to not in indicators:
            near = nearest_or_all(plan.coupled_to, indicators)
            found.add(plan.place, "pipeline-coupled", name=plan.coupled_to, near=near)
