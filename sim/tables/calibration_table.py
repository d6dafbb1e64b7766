"""A calibration on the screen: a row for each series, every number with its standard error."""

from __future__ import annotations

from sim.baseline.calibration import Calibration, Estimate
from sim.outputs.text_table import text_table
from sim.texts import say

FIELDS = ("mu", "own", "lam", "damp", "phi", "sd", "tau", "year_sd", "slope")


def calibration_text(calibration: Calibration, lang: str) -> str:
    """Return the estimates by series, then the common drift, the tails and how to read them."""
    head = [say("calibration.series", lang), *(say(f"calibration.{field}", lang) for field in FIELDS)]
    rows = [
        [name, *(figure(getattr(series, field)) for field in FIELDS)]
        for name, series in calibration.series.items()
    ]
    drift = say("screen.semicolon", lang).join(
        f"{group} {figure(estimate)}" for group, estimate in calibration.common_drift.items()
    )
    window = "-".join(str(year) for year in calibration.window)
    return "\n".join(
        [
            say("calibration.heading", lang, window=window),
            "",
            text_table(head, rows),
            "",
            say("calibration.drift", lang, drift=drift),
            say("calibration.tails", lang, dof=figure(calibration.dof)),
            say("calibration.reading", lang),
        ]
    )


def figure(estimate: Estimate) -> str:
    """Return a number with its standard error and, where it is an assumption, its grade."""
    error = f" ±{estimate.se:.3g}" if estimate.se else ""
    return f"{estimate.value:.3g}{error}" + (f" {estimate.grade}" if estimate.grade == "C" else "")
