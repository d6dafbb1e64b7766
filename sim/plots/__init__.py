"""Pictures of cubes as SVG and PNG, drawn with the font that comes with planodds."""

from sim.plots.pictures import pictures_of

__all__ = ["pictures_of"]
