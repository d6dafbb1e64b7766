"""The calibration of a panel that stands alone: the estimates of a plan's, without a plan's cities."""

from __future__ import annotations

from sim.baseline.calibration import Calibration, Estimate, IndicatorCalibration
from sim.baseline.load_panel import PanelFile
from sim.baseline.plan import Baseline
from sim.errors import BadInput, Found, Mistake, Place
from sim.scenario.choices import near
from sim.studies.calibrate import ESTIMATOR, check_mistakes, tails
from sim.studies.dependence_calibration import calibrated_loadings, common_drift
from sim.studies.hindcast.origin import known_at
from sim.studies.predictive_check import series_check
from sim.studies.reference_class import WINDOW, is_unit


def panel_calibration(
    panel: PanelFile, plan: Baseline, as_of: int, region: str = ""
) -> tuple[Calibration, tuple[Mistake, ...]]:
    """Return the calibration of *panel* as of a year, and why series have none; BadInput where none has one,
    where *region* is no unit, or where a predictive check fails.

    *plan* gives the assumptions that stand in where windows are few, and which series share a common drift.
    """
    place = Place(panel.name)
    units = sorted({f.region for f in panel.figures if is_unit(f.region)})
    if region and region not in units:
        details = (("name", region), ("near", near(region, units)))
        raise BadInput([Mistake(place, "unknown-region", details)])
    found = Found()
    fitted, evidence = known_at(panel, plan, as_of, found, region)
    if not fitted:
        raise BadInput(found.mistakes)
    checks = tuple(series_check(name, f) for name, f in sorted(fitted.items()))
    wrong = Found()
    check_mistakes(checks, place, wrong)
    wrong.raise_if_any()
    grade = "A" if region else "B"
    why = f"its own series; sizes and own growth are those of {region or 'the unit of median size'}"
    none = Estimate(1.0, 0.0, "C", "no cities in a panel")
    calibration = Calibration(
        estimator=ESTIMATOR,
        window=(as_of - WINDOW, as_of),
        hashes=panel.hashes,
        series={name: f.calibration for name, f in sorted(fitted.items())},
        indicators={
            name: IndicatorCalibration((name,), True, grade, "B", none, why) for name in sorted(fitted)
        },
        common_drift=common_drift(evidence, fitted),
        dof=tails(fitted),
        loadings=calibrated_loadings(evidence, fitted, {}),
        exits={},
        checks=checks,
    )
    return calibration, tuple(found.mistakes)
