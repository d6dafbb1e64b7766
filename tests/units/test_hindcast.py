"""A hindcast uses nothing from after its origin, scores as the formulas say, and knows its own width."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from html import escape
from pathlib import Path

import numpy as np
import pytest
from scipy.special import chdtrc, expit, ndtri

from sim.axes import Floats
from sim.baseline.load_panel import PanelFile, load_panel
from sim.baseline.plan import Figure
from sim.cli import main
from sim.commands.console import BAD_INPUT
from sim.errors import BadInput
from sim.report.hindcast import variants_table
from sim.studies.hindcast import study
from sim.studies.hindcast.forecast import SHIPPED, VARIANTS, shared_draws, unit_draws
from sim.studies.hindcast.origin import Origin, origin_of
from sim.studies.hindcast.scores import energy_score, scores_of
from sim.studies.hindcast.study import hindcast
from sim.studies.hindcast.summary import rows_of, skill_of
from sim.texts import LANGUAGES, say
from tests.panels import UNITS, Truth, figure, plan_with_panels, simulated_growth, sizes

PLAN = plan_with_panels()
NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
HEAD = "indicator,region,year,value,unit,source\n"


def simulated_panel(truth: Truth, seed: int, years: int = 10, series: str = "research") -> PanelFile:
    """Return a panel of 2010 and *years* later, of 31 units."""
    growth = simulated_growth(truth, 1, years, seed)[0]
    level = 1000.0 * np.exp(
        sizes()[:, None] + np.concatenate([np.zeros((UNITS, 1)), growth.cumsum(axis=1)], axis=1)
    )
    rows = [
        figure(series, f"unit{u:02d}", 2010 + t, float(level[u, t]))
        for u in range(UNITS)
        for t in range(years + 1)
    ]
    return PanelFile("panel.csv", tuple(rows), (), {})


def written(folder: Path, panel: PanelFile, name: str = "panel.csv") -> Path:
    rows = [f"{f.series},{f.region},{f.year},{f.value!r},{f.unit},simulated\n" for f in panel.figures]
    path = folder / name
    path.write_text(HEAD + "".join(rows), encoding="utf-8")
    return path


def codes(bad: BadInput) -> set[str]:
    return {mistake.code for mistake in bad.mistakes}


def changed(panel: PanelFile, year: int, factor: float) -> PanelFile:
    """Return the panel with every value after *year* multiplied."""
    figures = [replace(f, value=f.value * factor) if f.year > year else f for f in panel.figures]
    return replace(panel, figures=tuple(figures))


def draws_of(origin: Origin, unit: str) -> Floats:
    return unit_draws(origin, shared_draws(origin, SHIPPED, 512), SHIPPED, unit)


def test_nothing_from_after_the_origin_reaches_the_forecast() -> None:
    panel = simulated_panel(Truth(), 3)
    origin = origin_of(panel, PLAN, 2015, 2020)
    other = origin_of(changed(panel, 2015, 3.0), PLAN, 2015, 2020)
    np.testing.assert_array_equal(draws_of(origin, "unit05"), draws_of(other, "unit05"))
    assert not np.allclose(origin.outcome, other.outcome)


def test_a_units_draws_do_not_depend_on_other_series() -> None:
    one, two = simulated_panel(Truth(), 3), simulated_panel(Truth(), 4, series="trade")
    both = replace(one, figures=(*one.figures, *two.figures))
    alone, beside = (origin_of(p, PLAN, 2015, 2020) for p in (one, both))
    assert alone.fitted["research"].calibration == beside.fitted["research"].calibration


def test_scores_are_those_of_the_formulas() -> None:
    import scoringrules  # here, since it compiles for seconds, and not every worker scores

    origin = origin_of(simulated_panel(Truth(), 5), PLAN, 2015, 2017)
    scores = scores_of(origin, SHIPPED, 512)
    x, y = draws_of(origin, "unit02")[0, 1], origin.outcome[2, 0, 1]
    pairs = np.abs(x[:, None] - x).sum()
    by_hand = np.abs(x - y).mean() - pairs / (2 * len(x) * (len(x) - 1))
    assert scores.crps[2, 0, 1] == pytest.approx(by_hand, rel=1e-9)
    assert scores.pit[2, 0, 1] == np.mean(x < y)
    assert scores.chance[0, 2, 0, 1] == np.mean(x >= scores.threshold[0, 2, 0, 1])
    sd = 0.3
    z = (0.2 - 0.05) / sd
    density, below = np.exp(-z * z / 2) / np.sqrt(2 * np.pi), 0.6914624612740131
    hand = sd * (z * (2 * below - 1) + 2 * density - 1 / np.sqrt(np.pi))
    assert scoringrules.crps_normal(0.2, 0.05, sd) == pytest.approx(hand, rel=1e-9)


def test_the_energy_score_is_that_of_scoringrules() -> None:
    import scoringrules

    random = np.random.Generator(np.random.Philox(1))
    ensemble, outcome = random.standard_normal((60, 4)), random.standard_normal(4)
    expected = float(scoringrules.es_ensemble(outcome, ensemble, backend="numpy"))
    assert energy_score(outcome, ensemble) == pytest.approx(expected, rel=1e-12)


def test_the_error_of_a_skill_comes_from_stretches_of_years_and_not_from_units() -> None:
    score, other = np.array([1.0, 1.0, 2.0, 2.0, 1.5, 1.5]), np.full(6, 2.0)
    stretch = np.array([0, 0, 1, 1, 2, 2])
    skill = skill_of("rival", score, other, stretch)
    assert skill.value == pytest.approx(0.25)
    assert skill.se == pytest.approx(np.sqrt(3 / 2 * 2 * (1.0 / 12) ** 2))
    many = skill_of("rival", np.tile(score, 50), np.tile(other, 50), np.tile(stretch, 50))
    assert many.se == pytest.approx(skill.se)


def test_fewer_than_three_stretches_give_no_error_of_a_skill() -> None:
    score, other = np.array([1.0, 1.0, 1.01, 1.01]), np.full(4, 2.0)
    for stretch in ([0, 0, 1, 1], [0, 0, 0, 0]):
        skill = skill_of("rival", score, other, np.array(stretch))
        assert skill.value == pytest.approx(0.4975)
        assert skill.se is None
    assert skill_of("rival", score, other, np.zeros(4, dtype=int)).se is None


def test_missing_units_and_years_cost_no_more_than_themselves() -> None:
    panel = simulated_panel(Truth(), 7)
    kept = [
        f
        for f in panel.figures
        if not (f.region == "unit03" and f.year == 2016) and not (f.region == "unit04" and f.year < 2014)
    ]
    result = hindcast(replace(panel, figures=tuple(kept)), PLAN, 2015, 2016, 512)
    known = ~np.isnan(result.scores[0].crps[:, 0, 0])
    assert known.sum() == UNITS - 2
    assert result.summaries[0].cells == UNITS - 2


def test_a_declared_break_hides_what_cannot_be_compared(tmp_path: Path) -> None:
    path = written(tmp_path, simulated_panel(Truth(), 8))
    broken = "indicator,region,year,note,source\nresearch,unit07,2018,census,made up\n"
    (tmp_path / "breaks.csv").write_text(broken, encoding="utf-8")
    origin = origin_of(load_panel(path, tmp_path), PLAN, 2015, 2020)
    row = origin.outcome[origin.units.index("unit07"), 0]
    assert np.isnan(row).tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("unit", ["%", "1", "%/yr"])
def test_percentages_are_scored_by_their_logit_and_rates_of_growth_as_they_are(unit: str) -> None:
    logits = simulated_growth(Truth(slope=0.0), 1, 7, 3)[0].cumsum(axis=1) - 3.0
    shares = expit(logits) if unit != "%/yr" else logits
    factor = 1.0 if unit == "1" else 100.0
    rows = [
        replace(figure("intensity", f"unit{u:02d}", 2011 + t, float(factor * shares[u, t])), unit=unit)
        for u in range(UNITS)
        for t in range(7)
    ]
    origin = origin_of(PanelFile("panel.csv", tuple(rows), (), {}), PLAN, 2016, 2017)
    scores = scores_of(origin, SHIPPED, 1024)

    assert origin.left_out == ()
    assert origin.groups == ("none",)  # no class of amounts has a shared drift in logits
    np.testing.assert_allclose(origin.outcome[:, 0, 0], logits[:, 6] - logits[:, 5], atol=1e-12)
    panel = origin.fitted["intensity"].panel
    np.testing.assert_allclose(panel.growth, np.diff(logits[:, :6], axis=1), atol=1e-12)
    assert np.all(panel.log_size == 0.0)
    assert not np.isnan(scores.crps).any()
    assert 0.5 < np.mean((scores.pit > 0.1) & (scores.pit < 0.9)) <= 1.0


def test_a_share_of_nothing_or_all_has_no_logit_and_leaves_its_series_out() -> None:
    panel = simulated_panel(Truth(), 3)
    shares = [replace(f, series="intensity", unit="%", value=f.value / 1e5) for f in panel.figures]
    shares[2] = replace(shares[2], value=100.0)
    both = replace(panel, figures=(*panel.figures, *shares))
    origin = origin_of(both, PLAN, 2015, 2016)
    assert origin.series == ("research",)
    assert [mistake.code for mistake in origin.left_out] == ["calibration-not-a-share"]


def simulation_ranks(panels: int, spread: float) -> Floats:
    """Return ranks ``[panel, unit]`` of outcomes of panels whose truth is drawn anew each time.

    Each panel's series has a name of its own, so that the luck of drawn parameters is its own too.
    """
    random = np.random.Generator(np.random.Philox(11))
    ranks = []
    for seed in range(panels):
        truth = Truth(
            mu=random.uniform(0.05, 0.2),
            tau=random.uniform(0.01, 0.03),
            sd=random.uniform(0.04, 0.09),
            phi=random.uniform(0.0, 0.4),
            year_sd=0.01,
        )
        panel = simulated_panel(truth, 100 + seed, 7, f"research{seed}")
        origin = origin_of(panel, PLAN, 2015, 2017)
        variant = replace(SHIPPED, spread=spread)
        shared = shared_draws(origin, variant, 2048)
        for unit in ("unit09", "unit16", "unit23"):
            draws = unit_draws(origin, shared, variant, unit)[0, 1]
            below = np.sum(draws < origin.outcome[origin.units.index(unit), 0, 1])
            ranks.append((below + 0.5) / (len(draws) + 1.0))
    return np.array(ranks).reshape(panels, -1)


def is_uniform(ranks: Floats) -> bool:
    """Say whether ten bins of one unit's ranks, which are independent, pass a chi-square test at 0.1 %."""
    counts = np.histogram(ranks[:, 0], 10, (0.0, 1.0))[0]
    expected = len(ranks) / 10.0
    return bool(chdtrc(9.0, np.sum((counts - expected) ** 2) / expected) > 0.001)


def test_N19_ranks_are_uniform_on_simulated_panels_and_a_planted_fault_is_caught() -> None:
    panels = 400 if NIGHTLY else 16
    ranks = [simulation_ranks(panels, spread) for spread in (1.0, 0.5)]
    right, wrong = (float(np.mean(ndtri(r) ** 2)) for r in ranks)
    # Mean square of 3 n standard normals, of which those of a panel share a little: 4.5 standard errors.
    tolerance = 4.5 * np.sqrt(2.0 / (2.0 * panels))
    assert abs(right - 1.0) < tolerance
    assert wrong - 1.0 > tolerance
    if NIGHTLY:
        assert is_uniform(ranks[0])
        assert not is_uniform(ranks[1])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("one unit", "calibration-few-units"),
        ("two years", "calibration-few-years"),
        ("zero", "panel-not-positive"),
        ("negative", "panel-not-positive"),
        ("twice", "duplicate-figure"),
        ("break", "panel-break-in-window"),
        ("no such region", "bad-choice"),
        ("other unit", "unit-mismatch"),
        ("later", "hindcast-years"),
        ("break ahead", "hindcast-break-ahead"),
        ("no outcome", "hindcast-no-outcome"),
        ("no file of breaks", "missing-file"),
    ],
)
def test_a_bad_panel_is_one_clear_line_and_nothing_is_written(
    change: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    panel = simulated_panel(Truth(), 9, 8)
    rows: list[Figure] = list(panel.figures)
    first = rows[0]
    if change == "one unit":
        rows = [f for f in rows if f.region == "unit00"]
    elif change == "two years":
        rows = [f for f in rows if f.year in (2014, 2015, 2016)]
    elif change in ("zero", "negative"):
        rows[0] = replace(first, value=0.0 if change == "zero" else -5.0)
    elif change == "twice":
        rows.append(replace(first, value=first.value * 1.01))
    elif change == "other unit":
        rows[3] = replace(rows[3], unit="万人")
    elif change == "no outcome":
        rows = [f for f in rows if f.year != 2016]
    path = written(tmp_path, replace(panel, figures=tuple(rows)))
    if change in ("break", "no such region", "break ahead"):
        region, year = ("unit99" if change == "no such region" else "*"), 2013 + 3 * (change == "break ahead")
        text = f"indicator,region,year,note,source\nresearch,{region},{year},new definition,made up\n"
        (tmp_path / "breaks.csv").write_text(text, encoding="utf-8")
    horizon = "2030" if change == "later" else "2016"
    out = tmp_path / "results"
    arguments = ["--panel", str(path), "--as-of", "2015", "--horizon", horizon, "--out", str(out)]
    arguments += ["--breaks", str(tmp_path / "none.csv")] * (change == "no file of breaks")
    assert main(["--lang", "en", "hindcast", *arguments]) == BAD_INPUT
    lines = [line for line in capsys.readouterr().err.splitlines() if f"[{code}]" in line]
    assert len(lines) == 1
    assert not out.exists() or not any(p.is_dir() for p in out.iterdir())


def test_equal_panels_give_equal_bytes(tmp_path: Path) -> None:
    path = written(tmp_path, simulated_panel(Truth(), 10, 7))
    pages = []
    for name in ("one", "two"):
        arguments = ["--panel", str(path), "--as-of", "2015", "--horizon", "2017", "--draws", "4096"]
        assert main(["hindcast", *arguments, "--out", str(tmp_path / name)]) == 0
        folder = tmp_path / name / "hindcast-panel-2015-2017"
        pages.append({p.name: p.read_bytes() for p in folder.iterdir() if p.name != "run.log"})
    assert pages[0] == pages[1]
    assert {"hindcast.html", "scores.csv", "summary.csv", "pit_en.svg"} <= set(pages[0])
    header = io.StringIO(pages[0]["scores.csv"].decode()).readline()
    assert header.startswith("as_of,region,indicator,year,outcome,crps,pit,")


def test_every_variant_is_scored_and_stands_on_the_page_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "VARIANTS", VARIANTS[:3:2])
    result = hindcast(simulated_panel(Truth(), 10, 7), PLAN, 2015, 2016, 512, variants=True)
    every = tuple(replace(result.variants[-1], variant=variant) for variant in VARIANTS)
    table = variants_table(replace(result, variants=every))

    assert [score.variant.id for score in result.variants] == ["shipped", "no_common_drift"]
    assert result.variants[1].against.value != 0.0
    for variant in VARIANTS:
        for lang in LANGUAGES:
            assert escape(say(f"hindcast.variant.{variant.id}", lang)) in table


def test_overlapping_origins_are_one_stretch() -> None:
    panel = simulated_panel(Truth(), 12, 8)
    scores = [scores_of(origin_of(panel, PLAN, y, y + 2), SHIPPED, 256) for y in (2013, 2014, 2015)]
    assert sorted(set(rows_of(scores).stretch.tolist())) == [0, 1]
