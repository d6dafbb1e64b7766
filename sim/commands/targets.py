"""``run.py targets``: every target of the document, evaluated or not, and what is missing."""

from __future__ import annotations

import argparse

from sim.commands.console import OK, Console
from sim.commands.projects import add_plan, plans


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_plan(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    from sim.tables.targets_table import targets_text

    for baseline in plans(options, console):
        console.show(targets_text(baseline, console.lang))
    return OK
