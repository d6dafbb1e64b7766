"""What others would take for the Gaussian job: JAX, monaco, EMA Workbench, where they are installed.

    python3 -m bench.peers_beside

They are in no requirement of planodds: install them into an environment of your own beside it.
One processor each; microseconds of processor time per draw, the least of several turns.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

from bench.engine import engine_blocks, jobs, rival_blocks
from bench.peers.per_case import OneDraw, with_ema, with_monaco
from bench.peers.plain_numpy import Analyst
from sim.streams import BLOCK, SET

TURNS, BLOCKS, CASES = 5, 4, 1000


def microseconds(work: Callable[[], object], draws: int, turns: int = TURNS) -> float:
    """Return microseconds of processor time per draw, the least of several turns after one not counted."""
    work()
    best = float("inf")
    for _ in range(turns):
        begin = time.process_time()
        work()
        best = min(best, (time.process_time() - begin) / draws * 1e6)
    return best


def main() -> None:
    model = jobs()["gaussian"]
    blocks = range(BLOCKS)
    engine = microseconds(lambda: engine_blocks(model, True, blocks), BLOCKS * BLOCK)
    rows = {
        "planodds, all of a report": engine,
        "planodds, probabilities": microseconds(lambda: engine_blocks(model, False, blocks), BLOCKS * BLOCK),
        "plain NumPy, 256 at a time": microseconds(lambda: rival_blocks(model, SET, blocks), BLOCKS * BLOCK),
    }
    if importlib.util.find_spec("jax"):
        from bench.peers.jax_model import JaxAnalyst, worked

        analyst = JaxAnalyst(model)
        rows["JAX, float64, 4,096 at a time"] = microseconds(lambda: worked(analyst, BLOCKS), BLOCKS * BLOCK)
    one = OneDraw(Analyst(model))
    if importlib.util.find_spec("monaco"):
        rows["monaco, one case a draw"] = microseconds(lambda: with_monaco(one, CASES), CASES, 1)
    if importlib.util.find_spec("ema_workbench"):
        rows["EMA Workbench, one case a draw"] = microseconds(lambda: with_ema(one, CASES), CASES, 1)
    for name, value in rows.items():
        print(f"{name:32s} {value:10.2f} us/draw {value / engine:9.1f} x planodds")


if __name__ == "__main__":
    main()
