"""One self-contained page: what the cubes say, for people who must decide."""

from sim.report.material import Material
from sim.report.page import page_of

__all__ = ["Material", "page_of"]
