"""The only loop over draws."""

from sim.engine.run import run
from sim.engine.summary import Summary

__all__ = ["Summary", "run"]
