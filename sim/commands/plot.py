"""``run.py plot A B ...``: pictures of scenarios as SVG and PNG."""

from __future__ import annotations

import argparse

from sim.commands.console import Console
from sim.commands.report import add_simulation, written


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_simulation(parser, lang, "plots")


def run(options: argparse.Namespace, console: Console) -> int:
    return written(options, console, with_page=False, with_pictures=True)
