"""The same model under frameworks that call a function once for each draw: monaco and EMA Workbench.

Both keep every case's inputs and outputs, so that they can be looked at later; that is what they are for.
The function is the rival in plain NumPy for one draw, its seed the case's input.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.peers.plain_numpy import Analyst


class OneDraw:
    """The model for one draw: a seed in, the levels of the last year out."""

    def __init__(self, analyst: Analyst) -> None:
        self.analyst = analyst

    def __call__(self, seed: float) -> float:
        self.analyst.rng = np.random.Generator(np.random.SFC64(int(seed)))
        before = self.analyst.totals.province[0, -1]
        self.analyst.work(0, 1)
        return float(self.analyst.totals.province[0, -1] - before)


def with_monaco(model: OneDraw, draws: int) -> None:
    """Run *draws* cases in monaco, one process."""
    import monaco
    from scipy.stats import randint

    def before(case: Any) -> tuple[Any, ...]:
        return (case.invals["seed"].val,)

    def after(case: Any, value: float) -> None:
        case.addOutVal("level", value)

    functions = {"preprocess": before, "run": lambda seed: (model(seed),), "postprocess": after}
    sim = monaco.Sim(
        name="planodds", ndraws=draws, fcns=functions, singlethreaded=True, verbose=False, savesimdata=False,
        savecasedata=False,
    )  # fmt: skip
    sim.addInVar(name="seed", dist=randint, distkwargs={"low": 0, "high": 2**31})
    sim.runSim()


def with_ema(model: OneDraw, draws: int) -> None:
    """Run *draws* experiments in EMA Workbench, one process."""
    import ema_workbench

    made = ema_workbench.Model("planodds", function=lambda seed: {"level": model(seed)})
    made.uncertainties = [ema_workbench.IntegerParameter("seed", 0, 2**31)]
    made.outcomes = [ema_workbench.ScalarOutcome("level")]
    ema_workbench.perform_experiments(made, scenarios=draws)
