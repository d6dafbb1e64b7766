"""Numbers as a page shows them: signs of print, and never 0 % or 100 %."""

from __future__ import annotations

import math

from sim.axes import Name
from sim.baseline.plan import Target
from sim.cube import Cube, Probability
from sim.report.markup import amount, text, unit_name
from sim.tables.figures import bare_percent, stated
from sim.tables.figures import number as plain_number
from sim.tables.readings import ends_with_versions
from sim.tables.selection import ends_of

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
SPACE = "\N{NO-BREAK SPACE}"


def bare(p: float, draws: int) -> str:
    """Return a chance in per cent without its sign, such as ``47`` or ``<0.1``."""
    return bare_percent(p, draws)


def chance(p: float, draws: int) -> str:
    return f"{bare(p, draws)}{SPACE}%"


def span(low: float, high: float, draws: int, sign: bool = True) -> str:
    """Return a range of chances such as ``36–68 %``."""
    first, last = bare(low, draws), bare(high, draws)
    dash = DASH if last[0] != ">" else f" {DASH} "
    both = first if first == last else first + dash + last
    return f"{both}{SPACE}%" if sign else both


def chance_of(row: Probability, draws: int, sign: bool = True) -> str:
    return span(*ends_of(row), draws, sign)


def told_chance(row: Probability, cube: Cube, sign: bool = True) -> str:
    """Return the chance of a target: a range where one assumption, or the choice of version, decides it."""
    return span(*ends_with_versions(row, cube), cube.draws, sign)


def margin(low: float, high: float) -> str:
    """Return half the width of an interval in points, such as ``±2.8``."""
    return f"±{max(50.0 * (high - low), 0.1):.1f}"


def number(value: float) -> str:
    return plain_number(value).replace("-", MINUS)


def roughly(value: float) -> str:
    """Return a mean of what varies widely, with two digits."""
    return number(float(f"{value:.2g}"))


def signed(value: float, decimals: int = 1) -> str:
    """Return *value* with its sign; more decimals where it would round to nothing, no sign where it is."""
    if value and abs(value) < 0.5 * 10.0**-decimals:
        decimals += 1
    shown = f"{abs(value):.{decimals}f}"
    sign = "" if float(shown) == 0.0 else "+" if value > 0.0 else MINUS
    return sign + shown


def growth(fraction: float) -> str:
    """Return growth a year such as ``4.6 %``; the ends of what was tried as signs."""
    return f"{100.0 * fraction:.1f}{SPACE}%".replace("-", MINUS) if math.isfinite(fraction) else ""


def aim_of(target: Target) -> Name:
    """Return what the target asks for, such as ``≥ 7,200 亿元``, in the document's own unit."""
    sign = {">=": "≥", ">": ">", "≈": "≈"}[target.comparator]
    told = stated(target.value).replace("-", MINUS)
    return amount(f"{sign}{SPACE}{told}", unit_name(target.unit))


def years_of(target: Target) -> Name:
    return text("by-year", year=target.year, aim=aim_of(target))
