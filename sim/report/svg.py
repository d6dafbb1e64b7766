"""Drawing inside the page: text as text, colours by class, places by plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.axes import Name
from sim.report.markup import Html, Part, element, escaped

ROW = 10
"""Dots in a row of a dot array."""


def drawing(width: float, height: float, *parts: Part, labelled_by: str, class_: str | None = None) -> Html:
    """Return a drawing that is read aloud as the element *labelled_by* says."""
    box = f"0 0 {width:g} {height:g}"
    return element("svg", *parts, viewbox=box, role="img", aria_labelledby=labelled_by, class_=class_)


def words(x: float, y: float, part: Part, class_: str | None = None, anchor: str | None = None) -> Html:
    """Return text at a place; in two languages, of which the page shows one."""
    if isinstance(part, Name) and part.zh != part.en:
        return Html(
            "".join(
                element(
                    "text",
                    escaped(part.in_language(lang)),
                    x=x,
                    y=y,
                    class_=f"{lang} {class_}" if class_ else lang,
                    text_anchor=anchor,
                )
                for lang in ("zh", "en")
            )
        )
    inner = part.zh if isinstance(part, Name) else part
    return element("text", inner, x=x, y=y, class_=class_, text_anchor=anchor)


def path(points: Sequence[tuple[float, float]], class_: str, closed: bool = False) -> Html:
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return element("path", d=f"M{steps}{'Z' if closed else ''}", class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Html:
    return path(((x1, y1), (x2, y2)), class_)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return round numbers from *low* to *high*, about *count* of them."""
    step = nice_step((high - low) / max(count, 1))
    first = math.ceil(low / step - 1e-9)
    return [step * i for i in range(first, math.floor(high / step + 1e-9) + 1)]


def nice_step(step: float) -> float:
    """Return the 1, 2, 2.5 or 5 times a power of ten that is *step* or just above."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= step * (1 - 1e-9))


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return *places* moved, in their order, so that none is nearer than *gap* to the next."""
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    moved = list(places)
    for before, i in zip([None, *order], order, strict=False):
        moved[i] = max(moved[i], low if before is None else moved[before] + gap)
    limit = high
    for i in reversed(order):
        moved[i] = min(moved[i], limit)
        limit = moved[i] - gap
    return moved


def dots(first: int, last: int, size: float, labelled_by: str) -> Html:
    """Return a hundred dots: the first are full, those up to *last* half, the others empty."""
    step = size / ROW
    parts = [
        _rows(0, first, step, "d d1"),
        _rows(first, ROW * ROW, step, "d d0"),
        _rows(first, last, step, "d d2"),
        _rows(last, ROW * ROW, step, "d d3"),
    ]
    return drawing(size, size, *parts, labelled_by=labelled_by, class_="dots")


def _rows(start: int, stop: int, step: float, class_: str) -> Html:
    """Return the dots from *start* to *stop*: lines whose round dashes of no length are the dots.

    A line for each row, a little longer than to its last dot, so that rounding cannot lose that one.
    """
    if stop <= start:
        return Html("")
    parts = []
    while start < stop:
        end = min(stop, (start // ROW + 1) * ROW)
        length = step * (end - start - 1) + 0.5
        parts.append(f"M{step * (start % ROW + 0.5):g} {step * (start // ROW + 0.5):g}h{length:g}")
        start = end
    return element("path", d="".join(parts), class_=class_)
