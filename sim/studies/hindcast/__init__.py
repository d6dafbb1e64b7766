"""Forecasts of years that are known, from earlier years alone, scored against what happened."""
