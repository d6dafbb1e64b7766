"""Pictures: every letter is drawn, the same bytes each time, and names stay text."""

from __future__ import annotations

import math
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sim.axes import Name
from sim.cube import Cube
from sim.plots.chances import MOST, dots, exceedance, hit_point, scenarios
from sim.plots.cities import heatmap
from sim.plots.fan import OTHERS, fan
from sim.plots.pictures import PICTURES, pictures_of
from sim.plots.style import Draw, MissingGlyph, family, look, short, svg_and_png
from sim.tables.selection import cells_of, hit_edge, level_limits
from tests.pages import run_of
from tests.strategies import target

NAMES = ("baseline", "plan", "trade_friction")


@pytest.fixture(scope="module")
def cubes() -> tuple[Cube, ...]:
    return run_of(*NAMES)[0]


def written(told: str) -> bytes:
    """Return a picture of one text."""

    def draw(_: Sequence[Cube], lang: str) -> Figure:
        figure = Figure(figsize=(6, 1))
        figure.text(0.1, 0.5, told)
        return figure

    return svg_and_png(draw, (), "zh")[0]


def test_R12_the_letters_that_smaller_fonts_lack_are_drawn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        written("衢州 丽水 甬 瓯 ㎡ − % ‰ ≥ ≈ 亿元 “互联网+” 〔2016〕24号 ①②③ 鄞 嵊 缙 婺 暨")


def test_R12_a_letter_that_is_not_drawn_is_told() -> None:
    with pytest.warns(MissingGlyph):
        written("龘 \U00020000")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_R12_R13_all_pictures_are_drawn_with_every_letter_and_the_same_bytes(
    cubes: tuple[Cube, ...], lang: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        files = pictures_of(cubes, lang)
    assert sorted(files) == sorted(f"{name}.{lang}.{kind}" for name in PICTURES for kind in ("svg", "png"))
    for name, content in files.items():
        if name.endswith(".svg"):
            assert ET.fromstring(content).tag.endswith("svg")
            assert b"<dc:date>" not in content
        else:
            assert content.startswith(b"\x89PNG")
    again = {"zh": "dots", "en": "heatmap"}[lang]
    drawn_again = svg_and_png(PICTURES[again], cubes, lang)
    assert drawn_again == (files[f"{again}.{lang}.svg"], files[f"{again}.{lang}.png"])


def test_the_font_is_the_shipped_one_under_a_name_of_its_own() -> None:
    assert family() == "Planodds Sans SC"


def test_S13_hostile_names_are_drawn_and_never_markup(cubes: tuple[Cube, ...]) -> None:
    name = Name("<script>alert(1)</script> $\\frac{1}{2}$ --> ]]>", '"><img onerror=alert(1)> & $x')
    hostile = tuple(replace(cube, title=name) for cube in cubes)
    svg, _ = svg_and_png(scenarios, hostile, "zh")
    tags = {
        re.sub(r"\{.*\}", "", element.tag)
        for element in ET.fromstring(svg).iter()
        if isinstance(element.tag, str)
    }
    assert not tags & {"script", "img", "image", "foreignObject", "a"}


def test_S14_pictures_refer_to_nothing_outside_themselves(cubes: tuple[Cube, ...]) -> None:
    svg, _ = svg_and_png(dots, cubes, "zh")
    links = re.findall(rb'(?:href|src)="([^"]*)"', svg)
    assert all(link.startswith(b"#") for link in links)


def drawn(draw: Draw, cubes: Sequence[Cube], lang: str) -> tuple[Figure, list[str]]:
    """Return a figure laid out, nothing of which reaches out of the picture, and its texts."""
    with look():
        figure = draw(cubes, lang)
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
    wide, high = figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= wide + 0.01
    assert box.y1 <= high + 0.01
    return figure, [text.get_text() for text in figure.findobj(Text) if isinstance(text, Text)]


def swept(cube: Cube, count: int) -> tuple[Cube, ...]:
    """Return scenarios with names as long as those of a grid."""
    told = "(growth.weight = 0.25, shocks.slowdown.size = -1.5, shocks.other.probability = {})"
    return tuple(
        replace(
            cube,
            scenario=f"c{i}",
            title=Name(f"放缓扫描 {told.format(i)}", f"Slowdown sweep {told.format(i)}"),
        )
        for i in range(count)
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_scenarios_that_are_not_drawn_are_counted_and_the_key_fits_into_the_picture(
    cubes: tuple[Cube, ...], lang: str
) -> None:
    for draw, most in ((scenarios, MOST), (fan, OTHERS + 1)):
        _, told = drawn(draw, swept(cubes[0], 25), lang)
        count = str(25 - most)
        assert any(re.search(rf"(^|\D){count} (more scenarios|个情景)", text) for text in told)
    _, told = drawn(scenarios, swept(cubes[0], 3), lang)
    assert not any("not drawn" in text or "未画" in text for text in told)


def test_marks_at_the_ends_of_the_axis_are_whole_and_the_picture_has_a_title(cubes: tuple[Cube, ...]) -> None:
    figure, told = drawn(scenarios, cubes, "en")
    [axis] = figure.axes
    marks = [line for line in axis.lines if line.get_marker() not in ("", "None", None)]
    assert marks
    assert not any(mark.get_clip_on() for mark in marks)
    assert "Headline targets: probability of a hit, by scenario" in told


def test_the_target_stands_on_its_curve_at_its_probability_and_labels_lie_on_no_line(
    cubes: tuple[Cube, ...],
) -> None:
    cube = cubes[0]
    figure, _ = drawn(exceedance, cubes, "en")
    rows = [row for row in cube.headline_evaluated() if row.p is not None]
    for row, axis in zip(rows, figure.axes, strict=True):
        curve = axis.lines[0]
        level, chance = hit_point(cube, row) or (math.nan, math.nan)
        assert chance == 100.0 * (row.p or 0.0)
        x, y = (np.asarray(part, dtype=float) for part in curve.get_data())
        assert x[0] <= level <= x[-1]
        assert np.interp(level, x, y) == pytest.approx(chance, abs=4.0)  # straight between seven quantiles
        assert not axis.texts
    labels = {
        row.target.id: axis.get_xlabel().replace("\n", " ")
        for row, axis in zip(rows, figure.axes, strict=True)
    }
    assert "tolerance 2 %: hit from 2.744" in labels["H01"]
    assert "15 % a year, compounded" in labels["H04"]


@pytest.mark.parametrize(
    ("direction", "comparator", "edge"),
    [("up", ">=", 50.0), ("up", "≈", 49.0), ("down", "≈", 51.0), ("both", "≈", None)],
)
def test_a_target_of_about_is_hit_from_its_tolerance_on(
    direction: str, comparator: str, edge: float | None
) -> None:
    about = target("H01", "firms", 50.0, direction=direction, comparator=comparator, tolerance=2.0)
    assert hit_edge(about, 50.0) == edge


def test_dots_and_cells_carry_their_uncertainty_and_colours_a_key(cubes: tuple[Cube, ...]) -> None:
    rows = [row for row in cubes[0].headline_evaluated() if row.p is not None]
    _, told = drawn(dots, cubes, "en")
    assert sum("model uncertainty" in text and "simulation error" in text for text in told) >= len(rows)
    figure, told = drawn(heatmap, cubes, "en")
    [key] = figure.legends
    assert [text.get_text() for text in key.get_texts()] == [str(10 * i) for i in range(11)]
    ranges = [text for text in told if re.fullmatch(r"[<>\d.]+( ?- ?[<>\d.]+)?", text)]
    assert len(ranges) > 2 * len(cells_of(cubes[0]))


def test_fans_begin_at_zero_where_that_shows_more_and_near_the_levels_elsewhere(
    cubes: tuple[Cube, ...],
) -> None:
    assert level_limits([2.0, 10.0])[0] == 0.0
    assert level_limits([57.0, 68.0])[0] > 50.0
    figure, _ = drawn(fan, cubes[:1], "en")
    starts = {axis.get_title(loc="left")[:3]: axis.get_ylim()[0] for axis in figure.axes}
    assert starts["H08"] == 0.0
    assert starts["H09"] > 50.0
    assert any("target: 15 % a year, compounded" in axis.get_title(loc="left") for axis in figure.axes)


def test_titles_break_between_words_and_between_chinese_letters() -> None:
    assert (
        short("New technology small and medium enterprises", 15)
        == "New technology\nsmall and\nmedium\nenterprises"
    )
    assert short("研究与试验发展", 6) == "研究与\n试验发\n展"
    assert short("研究与试验，发展", 10) == "研究与试\n验，发展"
