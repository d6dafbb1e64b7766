"""``run.py new NAME``: a commented scenario to start from."""

from __future__ import annotations

import argparse

from sim.commands.console import OK, Console
from sim.commands.projects import SCENARIOS, add_plan, plans
from sim.errors import COMMAND_LINE, BadInput, Mistake, Place
from sim.texts import say

PARENT = "baseline"


def add_arguments(parser: argparse.ArgumentParser, lang: str) -> None:
    parser.add_argument("name", metavar="NAME", help=say("cli.new.name", lang))
    add_plan(parser, lang)


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the template; it extends the shipped baseline unless a plan is asked for."""
    from sim.marked.text import file_system_name, readable_name
    from sim.outputs.atomic import write_whole
    from sim.outputs.safe_names import safe_name
    from sim.scenario.template import template

    name = readable_name(options.name).removesuffix(".yaml")
    if safe_name(name) != name:
        raise BadInput([Mistake(COMMAND_LINE, "bad-scenario-name", (("name", name),))])
    folder = console.root / SCENARIOS
    path = folder / file_system_name(f"{name}.yaml")
    shown = f"{SCENARIOS}/{name}.yaml"
    if path.exists():
        raise BadInput([Mistake(Place(shown), "scenario-exists")])
    parent = PARENT if options.plan is None and (folder / f"{PARENT}.yaml").exists() else None
    baseline = next(plans(options, console))
    write_whole(path, template(name, baseline, parent).encode("utf-8"))
    console.show_text("cli.new.done", file=shown)
    return OK
