"""What the screen shows of one scenario: first what is not known, then the numbers."""

from __future__ import annotations

import math

from sim.cube import Cube, Joint, Probability, RunAssumption
from sim.streams import SET
from sim.tables.city_table import city_table
from sim.tables.figures import margin, percent, span
from sim.tables.headline_table import headline_table
from sim.tables.layout import WIDTH, paragraph
from sim.tables.readings import deciding_versions, ends_of_versions
from sim.tables.realism import realism_text
from sim.tables.target_lists import other_table, unanswered_list
from sim.tables.wording import unfolded
from sim.texts import counted, say

PARAMETERS, ENDLESS = "parameters", "∞"


def screen_text(cube: Cube, lang: str, listed: bool = True) -> str:
    """Return all tables of one scenario, without the list of targets that have no answer unless *listed*."""
    parts = [
        heading(cube, lang),
        assumptions_text(cube, lang),
        paragraph(say("execution.heading", lang)) if cube.without else "",
        headline_table(cube, lang) if cube.headline() else "",
        paragraph(say("screen.legend", lang)) if cube.headline() else "",
        joint_text(cube.joint, cube.draws, lang) if cube.joint is not None else "",
        city_table(cube, lang),
        other_table(cube, lang),
        realism_text(cube, lang),
        unanswered_list([cube], lang) if listed else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(cube: Cube, lang: str) -> str:
    """Return the title, then in two sentences what is not known, then what the scenario assumes."""
    title = say("screen.title", lang, title=cube.title.in_language(lang), scenario=cube.scenario)
    about = unfolded(cube.about.in_language(lang))
    lines = ["=" * WIDTH, title, paragraph(unknowns_text(cube, lang))]
    return "\n".join(lines + ([paragraph(about)] if about else []))


def unknowns_text(cube: Cube, lang: str) -> str:
    """Return the worst evidence of the headline targets, and the assumption that moves the answers most."""
    rows = [row for row in cube.headline() if row.grade is not None]
    if not rows:
        asked = any(row.target.group == "headline" for row in cube.probabilities)
        return say("screen.no-headline" if asked else "screen.headline-not-asked", lang)
    worst = max(row.grade.worst() for row in rows if row.grade is not None)
    on_it = [row.target.id for row in rows if row.grade is not None and row.grade.worst() == worst]
    evidence = say(
        "screen.only-grade" if len(rows) == 1 else "screen.worst-grade",
        lang,
        grade=worst,
        meaning=say(f"grade.{worst}", lang),
        count=len(rows),
        bad=len(on_it),
        ids=say("screen.listed", lang).join(on_it),
    )
    versions = versions_text(rows, cube, lang)
    moved = most_moved(rows)
    if moved is None or moved.driver is None:
        return evidence + (versions or say("screen.no-driver", lang))
    low, high = (percent(end, cube.draws) for end in (moved.driver.low, moved.driver.high))
    if low == high:
        return evidence + (versions or say("screen.no-driver", lang))
    return evidence + say(
        "screen.strongest-number" if versions else "screen.strongest-driver",
        lang,
        versions=versions,
        name=moved.driver.name.in_language(lang),
        target=moved.target.id,
        low=low,
        high=high,
    )


def versions_text(rows: list[Probability], cube: Cube, lang: str) -> str:
    """Return the targets that the choice of version decides, each with its range; nothing without any."""
    moved = [
        f"{row.target.id} {span(*ends_of_versions(row, cube), cube.draws)}"
        for row in deciding_versions(rows, cube)
    ]
    return say("screen.versions", lang, targets=say("screen.listed", lang).join(moved)) if moved else ""


def most_moved(rows: list[Probability]) -> Probability | None:
    """Return the row whose probability one assumption moves most, the first of equals."""
    driven = [row for row in rows if row.driver is not None]
    return max(driven, key=lambda row: row.driver.size() if row.driver is not None else 0.0, default=None)


def assumptions_text(cube: Cube, lang: str) -> str:
    """Return the assumptions of the run, draws and seed, printed once because no grade holds them."""
    parts = [_assumption(assumption, lang) for assumption in cube.run_assumptions]
    parts.append(say("screen.draws", lang, draws=f"{cube.draws:,}", sets=cube.sets, size=SET))
    if cube.design != "plain":
        parts.append(say(f"screen.design-{cube.design}", lang))
    parts.append(say("screen.seed", lang, seed=cube.seed))
    if cube.effective is not None:
        figures = counted(cube.actuals, "actual", lang)
        parts.append(say("screen.given", lang, figures=figures, effective=f"{cube.effective:,.0f}"))
    if cube.floored:
        parts.append(say("screen.floored", lang, draws=f"{cube.floored:,}"))
    joined = say("screen.semicolon", lang).join(parts) + say("screen.stop", lang)
    return paragraph(say("screen.assumptions", lang) + joined) + untold_text(cube, lang)


def untold_text(cube: Cube, lang: str) -> str:
    """Return which assumptions have no figure for what they move, in a line of its own."""
    if not cube.untold:
        return ""
    names = say("screen.listed", lang).join(name.in_language(lang) for name in cube.untold)
    return "\n" + paragraph(say("screen.untold", lang, names=names))


def _assumption(assumption: RunAssumption, lang: str) -> str:
    if assumption.id == PARAMETERS:
        return say(f"screen.parameters-{assumption.value}", lang)
    value = say("screen.gaussian", lang) if assumption.value == ENDLESS else assumption.value
    return f"{assumption.name.in_language(lang)} {value}"


def joint_text(joint: Joint, draws: int, lang: str) -> str:
    """Return p of all headline targets, with other dependence too, and of at least k of them."""
    count = len(joint.targets)
    together = say(
        "screen.joint", lang, count=count, p=percent(joint.p, draws), error=margin(joint.low, joint.high)
    )
    # Without any loading on a common factor both are the probability itself, and say nothing.
    is_told = not math.isnan(joint.independent) and not math.isnan(joint.dependent)
    if is_told and joint.independent != joint.dependent:
        together += say(
            "screen.joint-if",
            lang,
            independent=percent(joint.independent, draws),
            dependent=percent(joint.dependent, draws),
        )
    chances = [
        say("screen.at-least-k", lang, k=k, p=percent(p, draws))
        for k, (p, _, _) in enumerate(joint.at_least)
        if k > 0
    ]
    listed = say("screen.semicolon", lang).join(chances) + say("screen.stop", lang)
    return paragraph(together) + "\n" + paragraph(say("screen.at-least", lang, count=count) + listed)
