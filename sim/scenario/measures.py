"""Numbers as planners write them, some with their unit: shape and range, never arithmetic on text."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from sim.errors import as_written
from sim.streams import BLOCK

MAX_DRAWS = BLOCK * BLOCK
FINEST, COARSEST = 0.01, 50.0  # percentage points of half-width that may be asked for
MAX_SEED = 2**64 - 1
LARGEST = 1e15
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST_SPAN = 100

POINTS, PERCENT = "百分点", "%"
SPELLINGS = {
    "percent": PERCENT,
    "per cent": PERCENT,
    "pp": POINTS,
    "ppt": POINTS,
    "pct pt": POINTS,
    "个百分点": POINTS,
    "percentage point": POINTS,
    "percentage points": POINTS,
}
"""Other spellings of units, by their small letters."""

PLAIN = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)

WITH_UNIT = re.compile(rf"({PLAIN.pattern})\s*([^\d\s.].{{0,39}})", re.ASCII)

DECIMAL_COMMA = re.compile(r"([-+−]?\d+)[,，](\d+)(?![\d,，])")


class _Unread:
    """The class of `UNREAD`."""


UNREAD: Final[Any] = _Unread()
"""Stands for a value whose shape is wrong, which was reported: whoever meets it asks no more of it."""


class Measure(NamedTuple):
    """A number and the unit written with it; empty where none is."""

    value: float
    unit: str


def flaw(code: str, **details: object) -> PydanticCustomError:
    """Return the error of pydantic that becomes the mistake *code*."""
    return PydanticCustomError(code, code, details)


def shown(value: Any) -> str:
    """Return *value* as it stands in a file, cut short."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def unless_unread(read: Callable[[Any], Any]) -> PlainValidator:
    """Return the validator that reads with *read* and lets `UNREAD` through."""
    return PlainValidator(lambda value: value if value is UNREAD else read(value))


def is_read(value: Any) -> bool:
    """Say whether *value*, and all in it if it is a list or a map, has been read."""
    if isinstance(value, (list, dict)):
        return all(part is not UNREAD for part in (value.values() if isinstance(value, dict) else value))
    return value is not UNREAD


def _no_number(value: Any) -> PydanticCustomError:
    """Return the mistake of what is no number, with the point it may lack."""
    comma = DECIMAL_COMMA.match(value.strip()) if isinstance(value, str) else None
    if comma:
        return flaw("decimal-comma", value=shown(value), point=".".join(comma.groups()))
    if isinstance(value, str) and PLAIN.fullmatch(value.strip()):
        return flaw("quoted-number", value=shown(value))
    return flaw("not-a-number", value=shown(value))


def number_from(value: Any) -> float:
    """Return *value* as a float if it is a number within sane bounds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _no_number(value)
    if abs(value) > LARGEST or not math.isfinite(value):
        raise flaw("number-range", value=shown(value))
    return float(value)


def within(value: float, low: float, high: float) -> float:
    """Return *value* if it lies between *low* and *high*."""
    if not low <= value <= high:
        raise flaw("out-of-range", value=as_written(value), low=as_written(low), high=as_written(high))
    return value


def measure_from(value: Any) -> Measure:
    """Return a number, or a text such as ``2 百分点`` taken apart."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFKC", value).strip().replace("−", "-")
        match = WITH_UNIT.fullmatch(text)
        if match is None or DECIMAL_COMMA.match(text):
            raise _no_number(value)
        unit = match[2].strip()
        return Measure(number_from(float(match[1])), SPELLINGS.get(unit.lower(), unit))
    return Measure(number_from(value), "")


def share_from(value: Any) -> float:
    """Return a share between 0 and 1; ``30 %`` is one too."""
    number, unit = measure_from(value)
    if unit == PERCENT:
        number /= 100.0
    elif unit:
        raise flaw("wrong-unit", unit=unit, expected=PERCENT)
    return within(number, 0.0, 1.0)


def integer_from(value: Any, low: int, high: int) -> int:
    """Return a whole number between *low* and *high*."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise flaw("not-an-integer", value=shown(value))
    if not low <= value <= high:
        raise flaw("out-of-range", value=shown(value), low=low, high=high)
    return value


def year_from(value: Any) -> int:
    """Return a year."""
    return integer_from(value, FIRST_YEAR, LAST_YEAR)


def span_from(value: Any) -> int:
    """Return a number of years."""
    return integer_from(value, 1, LONGEST_SPAN)


def multiplier_from(value: Any) -> float:
    """Return what multiplies a part of the noise."""
    return within(number_from(value), 0.0, 10.0)


def dof_from(value: Any) -> float:
    """Return degrees of freedom above 2; ``gaussian`` is infinite."""
    if value == "gaussian":
        return math.inf
    if isinstance(value, str):
        raise flaw("not-dof", value=shown(value))
    dof = number_from(value)
    if not dof > 2:
        raise flaw("dof-too-small", dof=as_written(dof))
    return dof


def draws_from(value: Any) -> int:
    """Return a number of draws: whole blocks, within a sane bound."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise flaw("not-an-integer", value=shown(value))
    if not BLOCK <= value <= MAX_DRAWS or value % BLOCK:
        lower = min(max(BLOCK, value // BLOCK * BLOCK), MAX_DRAWS - BLOCK)
        near = {"lower": lower, "upper": lower + BLOCK}
        raise flaw("bad-draws", value=shown(value), block=BLOCK, most=MAX_DRAWS, **near)
    return value


def precision_from(value: Any) -> float:
    """Return a half-width of probabilities as a fraction; it is written in percentage points."""
    number, unit = measure_from(value)
    if unit not in ("", POINTS):
        raise flaw("wrong-unit", unit=unit, expected=f"{POINTS} (pp)")
    if not FINEST <= number <= COARSEST:
        raise flaw("bad-precision", value=shown(value), low=f"{FINEST:g}", high=f"{COARSEST:g}")
    return number / 100.0


def level_from(value: Any) -> float:
    """Return a level that probabilities can lie on one side of: above 0 and below 1."""
    level = share_from(value)
    if level in (0.0, 1.0):
        raise flaw("bad-level", value=shown(value))
    return level


def seed_from(value: Any) -> int:
    """Return a seed between 0 and 2**64 - 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise flaw("bad-seed", value=shown(value))
    return value


def text_from(value: Any) -> str:
    """Return a text of one line that is not blank."""
    if not isinstance(value, str):
        raise flaw("text-needed", value=shown(value))
    text = value.strip()
    if not text or "\n" in text:
        raise flaw("not-one-line")
    return text


def name_from(value: Any) -> str:
    """Return the name of an entry: one line, not too long for a table."""
    text = text_from(value)
    if len(text) > 80:
        raise flaw("name-too-long", limit=80)
    return text


def prose_from(value: Any) -> str:
    """Return a text of several lines as one."""
    if not isinstance(value, str) or not value.strip():
        raise flaw("text-needed", value=shown(value))
    return " ".join(value.split())


_AMOUNT = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[-+−]?[0-9０-９.].*$"}]}

Number = Annotated[float, unless_unread(number_from), WithJsonSchema({"type": "number"})]
Amounts = Annotated[Measure, unless_unread(measure_from), WithJsonSchema(_AMOUNT)]
Share = Annotated[
    float,
    PlainValidator(share_from),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": "%"}]}
    ),
]
YearNumber = Annotated[
    int,
    PlainValidator(year_from),
    WithJsonSchema({"type": "integer", "minimum": FIRST_YEAR, "maximum": LAST_YEAR}),
]
SpanNumber = Annotated[
    int, PlainValidator(span_from), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LONGEST_SPAN})
]
Multiplier = Annotated[
    float, PlainValidator(multiplier_from), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 10})
]
Dof = Annotated[
    float,
    PlainValidator(dof_from),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 2}, {"const": "gaussian"}]}),
]
Draws = Annotated[
    int,
    PlainValidator(draws_from),
    WithJsonSchema({"type": "integer", "multipleOf": BLOCK, "minimum": BLOCK, "maximum": MAX_DRAWS}),
]
Precision = Annotated[
    float,
    PlainValidator(precision_from),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": FINEST, "maximum": COARSEST}, {"type": "string"}]}
    ),
]
Level = Annotated[
    float,
    PlainValidator(level_from),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
                {"type": "string", "pattern": "%"},
            ]
        }
    ),
]
Seed = Annotated[
    int, PlainValidator(seed_from), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_SEED})
]
Text = Annotated[str, unless_unread(text_from), WithJsonSchema({"type": "string", "minLength": 1})]
Day = Annotated[Any, WithJsonSchema({"type": "string", "pattern": r"^[0-9]{2}-[0-9]{2}$"})]
"""A day of the year as ``MM-DD``; `sim.scenario.resolve_rounds` reads it."""

EntryName = Annotated[str, PlainValidator(name_from), WithJsonSchema({"type": "string", "maxLength": 80})]
Prose = Annotated[str, PlainValidator(prose_from), WithJsonSchema({"type": "string", "minLength": 1})]
