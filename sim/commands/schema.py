"""``run.py schema``: refresh what is made from the shape of scenario files."""

from __future__ import annotations

import argparse

from sim.commands.console import OK, Console
from sim.commands.projects import SCENARIOS

PAGES = {"scenarios.md": "en", "scenarios.zh.md": "zh"}


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    """Nothing to ask for."""


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the JSON Schema for editors, and the tables of the reference pages where they are."""
    from sim.outputs.atomic import write_whole
    from sim.scenario.plans import PlanFolders
    from sim.scenario.reference import with_generated_parts
    from sim.scenario.schema import schema_text

    schema = console.root / SCENARIOS / "schema.json"
    write_whole(schema, schema_text(PlanFolders(console.root)).encode("utf-8"))
    console.show_text("cli.schema.done", file=f"{SCENARIOS}/{schema.name}")
    for name, lang in PAGES.items():
        page = console.root / "docs" / name
        if page.exists():
            text = with_generated_parts(page.read_text(encoding="utf-8"), lang)
            write_whole(page, text.encode("utf-8"))
            console.show_text("cli.schema.done", file=f"docs/{name}")
    return OK
