"""planodds: the odds of a plan."""

import os

__version__ = "0.1.0"

# Matrices here are small: more threads of the linear algebra only wait for one another (the fit of a law to
# actuals took three times as long), and sums that they split have bits of their own on every machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
