"""planodds: the odds of a plan."""

__version__ = "0.1.0"
