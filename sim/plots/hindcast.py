"""Pictures of a hindcast: PIT histograms, coverage, reliability."""

from __future__ import annotations

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.plots.style import DEEP, GOAL, look, panels, short
from sim.studies.hindcast.study import Hindcast
from sim.studies.hindcast.summary import BINS, Summary
from sim.texts import say


def hindcast_pictures(result: Hindcast, lang: str) -> dict[str, bytes]:
    """Return SVG pictures by name; equal results give equal bytes."""
    drawn = {}
    with look():
        for name, figure in (
            ("pit", _pit(result, lang)),
            ("coverage", _coverage(result, lang)),
            ("reliability", _reliability(result, lang)),
        ):
            content = io.BytesIO()
            figure.savefig(content, format="svg", metadata={"Date": None, "Creator": "planodds"})
            drawn[name] = content.getvalue()
    return drawn


def _name(row: Summary, lang: str) -> str:
    return say("hindcast.all", lang) if row.series == "*" else row.series


def _pit(result: Hindcast, lang: str) -> Figure:
    figure, axes = panels(len(result.summaries), 3, 2.9, 2.0)
    for row, axis in zip(result.summaries, axes, strict=True):
        axis.bar([(b + 0.5) / BINS for b in range(BINS)], row.pit, width=0.09, color=DEEP)
        axis.axhline(row.cells / BINS, color=GOAL, ls="--", lw=1)
        axis.set_title(short(f"{_name(row, lang)} (p {row.pit_p:.2f})", 34), fontsize=9)
        axis.set_xlim(0, 1)
    figure.suptitle(say("hindcast.plot.pit", lang), x=0.01, ha="left", fontsize=11)
    return figure


def _coverage(result: Hindcast, lang: str) -> Figure:
    rows = result.summaries
    figure = Figure(figsize=(8.0, 1.4 + 0.36 * len(rows)), layout="constrained")
    axes = [figure.add_subplot(1, 3, j + 1) for j in range(3)]
    for j, axis in enumerate(axes):
        for y, row in enumerate(rows):
            c = row.coverages[j]
            axis.hlines(y, 100 * c.low, 100 * c.high, color="#b3cfe9", lw=5)
            axis.plot(100 * c.share, y, "o", color=DEEP, ms=5)
        axis.axvline(rows[0].coverages[j].nominal, color=GOAL, ls="--", lw=1)
        axis.set_xlim(-3, 103)
        axis.set_ylim(len(rows) - 0.5, -0.5)
        axis.set_yticks(range(len(rows)), [_name(row, lang) for row in rows] if j == 0 else [])
        axis.set_title(say("hindcast.coverage", lang, nominal=rows[0].coverages[j].nominal))
    figure.suptitle(say("hindcast.plot.coverage", lang), x=0.01, ha="left", fontsize=11)
    return figure


def _reliability(result: Hindcast, lang: str) -> Figure:
    figure = Figure(figsize=(4.6, 4.2), layout="constrained")
    axis: Axes = figure.add_subplot()
    bins = result.summaries[0].reliability
    x = [100 * b.forecast for b in bins]
    axis.fill_between(x, [100 * b.low for b in bins], [100 * b.high for b in bins], color="#dce9f5")
    axis.plot([0, 100], [0, 100], color=GOAL, ls="--", lw=1)
    axis.plot(x, [100 * b.observed for b in bins], "o-", color=DEEP, ms=4)
    for b in bins:
        axis.annotate(str(b.count), (100 * b.forecast, 100 * b.observed), (4, 4), textcoords="offset points")
    axis.set_xlabel(say("hindcast.plot.forecast", lang))
    axis.set_ylabel(say("hindcast.plot.observed", lang))
    figure.suptitle(say("hindcast.plot.reliability", lang), x=0.01, ha="left", fontsize=11)
    return figure
