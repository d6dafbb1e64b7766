"""Pipelines by themselves: calendar, conservation, capacities, and laws with a closed form."""
