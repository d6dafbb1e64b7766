"""What the screen shows of one scenario."""

from __future__ import annotations

from sim.cube import Cube


def screen_text(cube: Cube, lang: str) -> str:
    """Return the tables of one scenario."""
    rows = "\n".join(f"{row.target.id} {row.p}" for row in cube.headline())
    return f"{cube.title.in_language(lang)}\n{rows}"
