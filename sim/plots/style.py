"""The look of pictures, and how a figure becomes bytes that depend on nothing else."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from sim.cube import Cube

FONT = Path(__file__).parent / "font" / "NotoSansSC-GB2312.otf"
INK, SOFT, DEEP, GOAL, OTHER = "#17202b", "#4a5563", "#0b3c72", "#9a3400", "#5b2a86"
BANDS = ((0.025, 0.975, "#dce9f5"), (0.1, 0.9, "#b3cfe9"), (0.25, 0.75, "#7eaeda"))
DOTS_AN_INCH = 150

Draw = Callable[[Sequence[Cube], str], Figure]


class MissingGlyph(UserWarning):
    """A letter of a text is not in the shipped font; it is drawn as a box."""


@cache
def family() -> str:
    """Return the name of the shipped font, loaded by its path."""
    font_manager.fontManager.addfont(str(FONT))
    return font_manager.FontProperties(fname=str(FONT)).get_name()


@contextmanager
def look() -> Iterator[None]:
    """Draw with the shipped font and fixed names inside the SVG, whatever this machine is set to."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("font", family=family(), size=9.0)
        mpl.rc("svg", hashsalt="planodds", fonttype="path")
        mpl.rc("axes", edgecolor="#8793a1", labelcolor=INK, titlesize=10.0, titlelocation="left")
        mpl.rc("axes.spines", top=False, right=False)
        mpl.rc("text", color=INK, parse_math=False)  # a name is text, whatever signs are in it
        mpl.rc("xtick", color=SOFT)
        mpl.rc("ytick", color=SOFT)
        yield


def svg_and_png(draw: Draw, cubes: Sequence[Cube], lang: str) -> tuple[bytes, bytes]:
    """Return a picture twice. A letter that the font lacks is a `MissingGlyph` warning."""
    with look(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figure = draw(cubes, lang)
        svg, png = io.BytesIO(), io.BytesIO()
        figure.savefig(png, format="png", dpi=DOTS_AN_INCH, metadata={"Software": "planodds"})
        figure.set_layout_engine(None)  # laid out once, which takes as long as drawing twice
        figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": "planodds"})
    for each in caught:
        kind = MissingGlyph if "Glyph" in str(each.message) else each.category
        warnings.warn(str(each.message), kind, stacklevel=2)
    return svg.getvalue(), png.getvalue()


def panels(count: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure of *count* panels of so many inches each, unused places left blank."""
    columns = max(1, min(columns, count))
    rows = max(1, -(-count // columns))
    figure = Figure(figsize=(width * columns, height * rows + 0.5), layout="constrained")
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(h_pad=0.09, w_pad=0.06)
    axes = [figure.add_subplot(rows, columns, i + 1) for i in range(count)]
    return figure, axes


KEY_SIZE = 8
"""Points of the letters of a key."""
PLACE = 0.55 * KEY_SIZE / 72.0
"""Inches that a place of a key takes at most on average: a Latin letter has one, a Chinese one two."""
HANDLE = 0.55
"""Inches that the mark of an entry takes, with the gaps around it."""


def key_below(figure: Figure, handles: Sequence[Artist], most: int = 4) -> None:
    """Put a key below the panels, in as many columns as fit into the picture, long names in lines."""
    room = figure.get_figwidth() - 0.3
    widest = int((room - HANDLE) / PLACE)
    for handle in handles:
        handle.set_label(short(str(handle.get_label()), widest))
    longest = max((places(line) for h in handles for line in str(h.get_label()).split("\n")), default=1)
    columns = max(1, min(most, int(room / (HANDLE + PLACE * longest))))
    figure.legend(
        handles=list(handles),
        loc="outside lower center",
        ncols=columns,
        frameon=False,
        fontsize=KEY_SIZE,
        columnspacing=1.2,
    )


def places(text: str) -> int:
    """Return how many places *text* takes in a line: two for a Chinese letter."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def title_of(figure: Figure, text: str, size: float = 11.0) -> None:
    """Put a title above all panels, in lines that fit into the picture."""
    widest = int((figure.get_figwidth() - 0.3) / (0.55 * size / 72.0))
    figure.suptitle(short(text, widest), x=0.01, ha="left", fontsize=size)


def short(text: str, most: int) -> str:
    """Return *text* in lines of about *most* places, so that a title stays over its own panel."""
    lines, line, room = [], "", 0.0
    for word in _words(text):
        wanted = places(word)
        if line and room + wanted > most:
            lines.append(line.rstrip())
            line, room = "", 0.0
        line, room = line + word, room + wanted
    return "\n".join([*lines, line.rstrip()])


CLOSING = "，。；：、）〕”！？%"
"""What no line may begin with."""


def _words(text: str) -> Iterator[str]:
    """Yield what may not be broken: a word with its blank, a Chinese letter, either with what closes it."""
    word = ""
    for letter in text:
        may_break = ord(letter) > 0x2E80 or word[-1:] == " " or ord(word[-1:] or " ") > 0x2E80
        if word and may_break and letter not in CLOSING:
            yield word
            word = ""
        word += letter
    if word:
        yield word
