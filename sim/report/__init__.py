"""One self-contained page: what the cubes say, for people who must decide."""

from sim.report.material import Material
from sim.report.page import page_of
from sim.report.pages import PAGE, page_alone, page_together

__all__ = ["PAGE", "Material", "page_of", "page_together", "page_alone"]
