"""Which pictures there are, and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.cube import Cube
from sim.plots.chances import dots, exceedance, scenarios
from sim.plots.cities import heatmap, tiles
from sim.plots.fan import fan
from sim.plots.style import Draw, svg_and_png

PICTURES: Mapping[str, Draw] = {
    "fan": fan,
    "heatmap": heatmap,
    "dots": dots,
    "exceedance": exceedance,
    "tiles": tiles,
    "scenarios": scenarios,
}


def pictures_of(cubes: Sequence[Cube], lang: str) -> dict[str, bytes]:
    """Return every picture as ``name.lang.svg`` and ``name.lang.png``.

    All but the comparison are about the first cube; fans show the others' medians.
    """
    files: dict[str, bytes] = {}
    for name, draw in PICTURES.items():
        files[f"{name}.{lang}.svg"], files[f"{name}.{lang}.png"] = svg_and_png(draw, cubes, lang)
    return files
