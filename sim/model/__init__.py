"""Scenario and baseline compiled to arrays."""

from sim.model.compile import compiled
from sim.model.model import Model
from sim.model.parameters import ParameterTable, drawn_parameters

__all__ = ["Model", "ParameterTable", "compiled", "drawn_parameters"]
