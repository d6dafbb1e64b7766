"""``run.py audit``: the printed plan held against itself."""

from __future__ import annotations

import argparse

from sim.commands.console import OK, Console
from sim.commands.projects import add_plan, plans


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    add_plan(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    from sim.baseline.audit import audit_of
    from sim.tables.audit_table import audit_text

    for baseline in plans(options, console):
        console.show(audit_text(baseline, audit_of(baseline), console.lang))
    return OK
