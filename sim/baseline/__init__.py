"""Plans as data: a folder is read, checked and frozen; its audit and its path."""

from sim.baseline.load import load_baseline

__all__ = ["load_baseline"]
