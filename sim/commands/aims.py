"""What a command line asks of the draws: how many, how precise, decided about which level."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from sim.commands.console import Console
from sim.texts import say

KINDS = ("plain", "sobol", "antithetic")
"""What a scenario may say of its design; here because reading the command line loads nothing heavy."""

if TYPE_CHECKING:
    from sim.baseline.plan import Baseline
    from sim.scenario.scenario import Scenario
    from sim.studies.precision import Look


def add_aims(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add ``--precision`` and ``--decide``, which ask for what a scenario file asks for."""
    precision, level = read_by("precision_from", lang), read_by("level_from", lang)
    parser.add_argument("--precision", type=precision, metavar="PP", help=say("cli.batch.precision", lang))
    parser.add_argument("--design", choices=KINDS, metavar="DESIGN", help=say("cli.run.design", lang))
    parser.add_argument("--decide", type=level, metavar="P", help=say("cli.batch.decide", lang))


def add_workers(parser: argparse._ActionsContainer, lang: str) -> None:
    """Add ``--workers``: how many processes to use."""
    workers = workers_in(lang)
    parser.add_argument("--workers", type=workers, default=1, metavar="N", help=say("cli.run.workers", lang))


def workers_in(lang: str) -> Callable[[str], int]:
    """Return the reader of a number of workers: 1 to 1024."""

    def workers(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1024):
            raise argparse.ArgumentTypeError(say("cli.batch.bad-workers", lang, text=text[:40]))
        return int(text)

    return workers


def as_asked(scenario: Scenario, options: argparse.Namespace) -> Scenario:
    """Return *scenario* with what the command line puts in place of its own."""
    named = {name: getattr(options, name) for name in ("draws", "precision", "decide", "design")}
    return replace(scenario, **{name: value for name, value in named.items() if value is not None})


def check_nets(scenarios: Iterable[Scenario], plans: Mapping[str, Baseline]) -> None:
    """Raise BadInput where the command line gives Sobol points draws or a plan that they cannot have."""
    sobol = [scenario for scenario in scenarios if scenario.design == "sobol"]
    if not sobol:
        return

    from sim.designs import is_whole_net
    from sim.errors import COMMAND_LINE, Found
    from sim.scenario.resolve import net_details
    from sim.streams import BLOCK

    found = Found()
    for draws in sorted({scenario.draws for scenario in sobol}):
        if not is_whole_net(draws // BLOCK):
            found.add(COMMAND_LINE, "draws-no-net", **net_details(draws))
    for plan in sorted({scenario.plan for scenario in sobol}):
        if not plans[plan].dimensions:
            found.add(COMMAND_LINE, "no-dimensions", plan=plan)
    found.raise_if_any()


def drawn_enough(
    scenarios: Sequence[Scenario], plans: Mapping[str, Baseline], workers: int, console: Console
) -> tuple[Scenario, ...]:
    """Return *scenarios* with the draws that their precision and decisions ask for.

    Scenarios that shared their luck still do: all take the number of the one that needs most.
    """
    if all(scenario.precision is None and scenario.decide is None for scenario in scenarios):
        return tuple(scenarios)

    from sim.executors import crew_of_processes, lone_crew
    from sim.studies.precision import with_enough_draws

    crew = crew_of_processes(workers) if workers > 1 else lone_crew
    enough = with_enough_draws(scenarios, plans, crew, partial(told_look, console))
    if len({scenario.draws for scenario in scenarios}) > 1:
        return enough
    most = max(scenario.draws for scenario in enough)
    return tuple(replace(scenario, draws=most) for scenario in enough)


def told_look(console: Console, look: Look) -> None:
    """Say what a look at the precision found."""
    from sim.scenario.measures import MAX_DRAWS
    from sim.streams import BLOCK

    draws = look.blocks * BLOCK
    widest = f"{100.0 * look.widest:.3g}"
    console.tell_text("cli.batch.look", draws=f"{draws:,}", widest=widest, open=look.open)
    if look.open and draws >= MAX_DRAWS:
        console.tell_text("cli.batch.not-reached", draws=f"{draws:,}", open=look.open)


def number_or_text(text: str) -> float | str:
    """Return *text* as a number where a file would read it as one."""
    try:
        return text if "_" in text else float(text)
    except ValueError:
        return text


def digits_or_text(text: str) -> int | str:
    """Return *text* as a whole number where it is digits, not so many that none could be meant."""
    return int(text) if re.fullmatch(r"[-+]?[0-9]{1,30}", text) else text


def read_by(
    reader: str, lang: str, written: Callable[[str], float | str] = number_or_text
) -> Callable[[str], Any]:
    """Return the reader of an option that asks for what a field of a scenario file asks for.

    *written*: what a file would have had for the option's text.
    """

    def read(text: str) -> Any:
        from pydantic_core import PydanticCustomError

        from sim.scenario import measures

        try:
            return getattr(measures, reader)(written(text))
        except PydanticCustomError as flaw:
            message = say(f"mistake.{flaw.type}", lang, **(flaw.context or {}))
            raise argparse.ArgumentTypeError(message) from None

    return read
