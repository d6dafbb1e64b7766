"""Pictures: every letter is drawn, the same bytes each time, and names stay text."""

from __future__ import annotations

import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from sim.axes import Name
from sim.cube import Cube
from sim.plots.chances import dots, scenarios
from sim.plots.cities import heatmap
from sim.plots.pictures import PICTURES, pictures_of
from sim.plots.style import MissingGlyph, family, short, svg_and_png
from tests.pages import cubes_of

NAMES = ("baseline", "plan", "trade_friction")


@pytest.fixture(scope="module")
def cubes() -> tuple[Cube, ...]:
    return cubes_of(*NAMES)[0]


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
    assert svg_and_png(dots, cubes, lang) == (files[f"dots.{lang}.svg"], files[f"dots.{lang}.png"])
    assert svg_and_png(heatmap, cubes, lang) == (files[f"heatmap.{lang}.svg"], files[f"heatmap.{lang}.png"])


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


def test_more_scenarios_than_marks_are_drawn_as_far_as_they_can_be_told_apart(
    cubes: tuple[Cube, ...],
) -> None:
    many = tuple(replace(cubes[0], scenario=f"c{i}") for i in range(14))
    assert svg_and_png(scenarios, many, "en")[1].startswith(b"\x89PNG")


def test_titles_break_between_words_and_between_chinese_letters() -> None:
    assert (
        short("New technology small and medium enterprises", 15)
        == "New technology\nsmall and\nmedium\nenterprises"
    )
    assert short("研究与试验发展", 6) == "研究与\n试验发\n展"
