"""The command line: a table of commands, and one place where what went wrong becomes an exit code."""

from __future__ import annotations

import argparse
import errno
import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sim.bootstrap import language_of
from sim.commands import (
    actuals,
    audit,
    batch,
    calibrate,
    chances,
    check,
    compare,
    explain,
    fix_encoding,
    golden,
    hindcast,
    new,
    pipeline,
    plot,
    report,
    run,
    schema,
    targets,
    test,
    verify,
)
from sim.commands.console import BAD_INPUT, NO_SPACE, PARTIAL, PLAINER, Command, Console
from sim.commands.parser import Parser
from sim.errors import BadInput
from sim.outputs.problems import OutputProblem
from sim.texts import LANGUAGES, say

COMMANDS: Mapping[str, Command] = {
    "run": run,
    "report": report,
    "plot": plot,
    "pipeline": pipeline,
    "chances": chances,
    "compare": compare,
    "batch": batch,
    "test": test,
    "check": check,
    "explain": explain,
    "new": new,
    "actuals": actuals,
    "audit": audit,
    "targets": targets,
    "calibrate": calibrate,
    "hindcast": hindcast,
    "schema": schema,
    "golden": golden,
    "verify": verify,
    "fix-encoding": fix_encoding,
}
DEFAULT = "run"
ROOT = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str], root: Path = ROOT) -> int:
    """Do what *argv* asks for and return the exit code; planners' mistakes never show a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=PLAINER)
    console = Console(root, language_of(argv, os.environ), sys.stdout, sys.stderr)
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended is being interrupted
        options = parser_in(console.lang).parse_args(with_command(argv))
        code = COMMANDS[options.command].run(options, console)
        console.flush()
    except BadInput as bad:
        for mistake in bad.mistakes:
            console.tell(mistake.line(console.lang))
        return BAD_INPUT
    except OutputProblem as problem:
        console.tell(problem.line(console.lang))
        return problem.exit_code
    except KeyboardInterrupt:
        console.tell_text("cli.interrupted")
        return PARTIAL
    except MemoryError:
        console.tell_text("cli.no-memory")
        return PARTIAL
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        console.give_up_the_screen()
        console.tell_text("cli.screen-full")
        return NO_SPACE
    return code


def with_command(argv: Sequence[str]) -> list[str]:
    """Return *argv* with the main job as its command where it names none."""
    rest = list(argv)
    if rest and rest[0].startswith("--lang"):
        rest = rest[1:] if "=" in rest[0] else rest[2:]
    return list(argv) if rest else [*argv, DEFAULT]


def parser_in(lang: str) -> argparse.ArgumentParser:
    """Return the parser of all commands, its help in *lang*."""
    parser = Parser(
        lang=lang,
        prog="run.py",
        description=say("cli.about", lang),
        epilog=say("cli.epilog", lang),
        allow_abbrev=False,
    )
    parser.add_argument("--lang", choices=LANGUAGES, default=lang, help=say("cli.lang", lang))
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        about = say(f"cli.{name}", lang)
        # What follows "test" belongs to pytest, options and all.
        is_test = name == "test"
        made = commands.add_parser(
            name,
            lang=lang,
            help=about,
            description=about,
            allow_abbrev=False,
            add_help=not is_test,
            prefix_chars="\0" if is_test else "-",
        )
        if not is_test:
            made.add_argument("--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        command.add_arguments(made, lang)
    return parser
