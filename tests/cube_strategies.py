"""Results made in memory: cubes with any probabilities, evaluated or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from sim.axes import Name
from sim.baseline.plan import Assumption, Baseline, Target
from sim.cube import QUANTILES, Cube, Driver, Grade, Joint, Probability, RunAssumption, Trajectory
from sim.streams import BLOCK, SET
from tests.strategies import NOWHERE, plan, target

CITIES = {"alder": "甲市", "birch": "乙市", "cedar": "丙市"}
QUANTITIES = {"firms": "企业数", "papers": "论文数"}


def made_up_plan(targets: tuple[Target, ...] = ()) -> Baseline:
    """Return a plan of three cities and two indicators."""
    blend = Assumption("made", Name("虚构的假设", "made-up"), 0.0, 1.0, 2.0, "1", "C", "", NOWHERE)
    cities = {city: dict.fromkeys(QUANTITIES, 100.0) for city in CITIES}
    return plan(cities, targets=targets, assumptions=(blend,))


def answered(row: Target, p: float, **changes: object) -> Probability:
    """Return the answer *p* to a target, changed as asked."""
    fields: dict[str, object] = {
        "target": row,
        "quantity": row.quantity or "",
        "p": p,
        "mc_low": max(0.0, p - 0.01),
        "mc_high": min(1.0, p + 0.01),
        "p10": max(0.0, p - 0.1),
        "p90": min(1.0, p + 0.1),
        "median": 110.0,
        "shortfall": 7.0,
        "reached": 2024,
        "required": 0.03,
        "ties": 0,
        "invalid": 0,
        "grade": Grade("A", "B", "C", "A"),
        "driver": None,
    }
    return Probability(**{**fields, **changes})  # type: ignore[arg-type]


def unanswered(row: Target) -> Probability:
    """Return the row of a target without an answer."""
    return Probability(row, row.quantity or "", *(None,) * 13)


def driver(low: float, high: float) -> Driver:
    return Driver("made", Name("虚构的假设", "made-up"), low, high)


def cube(rows: tuple[Probability, ...], **changes: object) -> Cube:
    """Return a cube of the given rows on the made-up plan, changed as asked."""
    fields: dict[str, object] = {
        "scenario": "scenario",
        "title": Name("情景", "scenario"),
        "about": Name("", ""),
        "plan": made_up_plan(tuple(row.target for row in rows)),
        "draws": BLOCK,
        "sets": BLOCK // SET,
        "seed": 1,
        "probabilities": rows,
        "joint": None,
        "trajectories": (),
        "run_assumptions": (
            RunAssumption("tails", Name("厚尾", "tails"), "∞", ""),
            RunAssumption("parameters", Name("参数", "parameters"), "drawn", ""),
        ),
        "floored": 0,
        "files": (),
        "cell": (),
    }
    return Cube(**{**fields, **changes})  # type: ignore[arg-type]


def joint(targets: tuple[str, ...], at_least: list[float], **changes: object) -> Joint:
    """Return the joint result with the given chances of at least k, k from 0 on."""
    fields: dict[str, object] = {
        "targets": targets,
        "p": at_least[-1],
        "low": max(0.0, at_least[-1] - 0.01),
        "high": min(1.0, at_least[-1] + 0.01),
        "at_least": tuple((p, max(0.0, p - 0.01), min(1.0, p + 0.01)) for p in at_least),
        "conditional": np.full((len(targets), len(targets)), 0.5),
        "independent": 0.1,
        "dependent": 0.3,
    }
    return Joint(**{**fields, **changes})  # type: ignore[arg-type]


def trajectory(area: str, quantity: str, year: int) -> Trajectory:
    return Trajectory(area, quantity, year, 1.5, 0.5, tuple(1.0 + level for level in QUANTILES))


chances = st.one_of(st.sampled_from([0.0, 1e-5, 0.5, 1.0 - 1e-5, 1.0]), st.floats(0.0, 1.0))
amounts = st.floats(1e-3, 1e6)
stated_values = st.integers(1, 10**6).map(lambda tenths: tenths / 10)
grades = st.builds(Grade, *(st.sampled_from("ABC") for _ in range(4)))


@st.composite
def answers(draw: st.DrawFn, row: Target) -> Probability:
    """Return any answer to *row*, or none."""
    if row.status != "evaluated" or draw(st.integers(0, 9)) == 0:
        return unanswered(row)
    p, low, high, p10, p90 = (draw(chances) for _ in range(5))
    return answered(
        row,
        p,
        mc_low=min(p, low),
        mc_high=max(p, high),
        p10=min(p10, p90),
        p90=max(p10, p90),
        median=draw(st.none() | amounts),
        shortfall=draw(st.none() | amounts),
        reached=draw(st.none() | st.integers(2021, 2025)),
        required=draw(st.none() | st.floats(0.001, 0.9)),
        grade=draw(grades),
        driver=draw(st.none() | st.builds(driver, chances, chances)),
    )


@st.composite
def target_rows(draw: st.DrawFn) -> tuple[Target, ...]:
    """Return targets of every group: several versions, every status."""
    targets = []
    for number in range(draw(st.integers(0, 4))):
        status = draw(st.sampled_from(["evaluated", "evaluated", "missing"]))
        for version in range(draw(st.integers(1, 3))):
            targets.append(
                target(
                    f"H{number:02}",
                    draw(st.sampled_from(sorted(QUANTITIES))),
                    draw(stated_values),
                    version=f"v{version}",
                    lead=version == 0,
                    unit=draw(st.sampled_from(["家", "件", "%", "1"])),
                    comparator=draw(st.sampled_from([">=", ">", "≈"])),
                    tolerance=draw(st.sampled_from([0.0, 2.5])),
                    kind=draw(st.sampled_from(["level", "mean_growth", "mean_of_rates"])),
                    status=status,
                    needs="缺的数据 | what is missing" if status == "missing" else "",
                )
            )
    for area in (*CITIES, "province"):
        for quantity in QUANTITIES:
            if draw(st.booleans()):
                ident = f"X-{quantity}-{area}"
                targets.append(target(ident, quantity, draw(stated_values), area=area, group="annex_2020"))
    targets.append(target("P01", "firms", 10.0, group="prose_2020", unit="家"))
    unknown = target("P02", "", np.nan, group="prose_2020", status="unquantified")
    return (*targets, replace(unknown, quantity=None))


@st.composite
def cubes(draw: st.DrawFn) -> Cube:
    """Return any cube: every mixture of answers and of what is missing."""
    rows = tuple(draw(answers(row)) for row in draw(target_rows()))
    headline = [row for row in rows if row.target.group == "headline" and row.target.lead]
    leads = tuple(row.target.id for row in headline if row.p is not None)
    together = None
    if len(leads) > 1:
        at_least = sorted((draw(chances) for _ in leads), reverse=True)
        together = joint(leads, [1.0, *at_least], independent=draw(chances), dependent=draw(chances))
    draws = BLOCK * draw(st.integers(1, 5))
    return cube(rows, joint=together, draws=draws, sets=draws // SET, floored=draw(st.integers(0, 3)))
