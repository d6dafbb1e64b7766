"""What a command line asks of the draws: how many, how precise, decided about which level."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.commands.console import Console
from sim.texts import say

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario
    from sim.studies.precision import Look


def add_aims(parser: argparse.ArgumentParser, lang: str) -> None:
    """Add ``--precision`` and ``--decide``, which ask for what a scenario file asks for."""
    precision, level = read_by("precision_from", lang), read_by("level_from", lang)
    parser.add_argument("--precision", type=precision, metavar="PP", help=say("cli.batch.precision", lang))
    parser.add_argument("--decide", type=level, metavar="P", help=say("cli.batch.decide", lang))


def as_asked(scenario: Scenario, options: argparse.Namespace) -> Scenario:
    """Return *scenario* with what the command line puts in place of its own."""
    named = {name: getattr(options, name) for name in ("draws", "precision", "decide")}
    return replace(scenario, **{name: value for name, value in named.items() if value is not None})


def told_look(console: Console, look: Look) -> None:
    """Say what a look at the precision found."""
    from sim.scenario.measures import MAX_DRAWS
    from sim.streams import BLOCK

    draws = look.blocks * BLOCK
    widest = f"{100.0 * look.widest:.3g}"
    console.tell_text("cli.batch.look", draws=f"{draws:,}", widest=widest, open=look.open)
    if look.open and draws >= MAX_DRAWS:
        console.tell_text("cli.batch.not-reached", draws=f"{draws:,}", open=look.open)


def read_by(reader: str, lang: str) -> Callable[[str], float]:
    """Return the reader of an option that asks for what a field of a scenario file asks for."""

    def read(text: str) -> float:
        from pydantic_core import PydanticCustomError

        from sim.scenario import measures

        try:
            try:
                written: float | str = float(text)
            except ValueError:
                written = text
            value: float = getattr(measures, reader)(written)
        except PydanticCustomError as flaw:
            message = say(f"mistake.{flaw.type}", lang, **(flaw.context or {}))
            raise argparse.ArgumentTypeError(message) from None
        return value

    return read
